"""When a sentence says it happened: the words, their precision, and the days they name once the publication date is known.

A year is never invented: where the text leaves it open and nothing is known of the publication, the days stay None; where
the publication date decides it, the reference is marked as resolved. English.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

from claims.extraction.base import Precision, Span, TimeReference
from claims.extraction.lexicon import AUXILIARIES, MONTHS, WEEKDAYS, words
from claims.extraction.quantities.numerals import UNITS
from claims.extraction.tokens import Token, read

WEEKDAY_NUMBERS = {name.lower(): number for number, name in enumerate(calendar.day_name)}
QUARTERS = {"first": 1, "second": 2, "third": 3, "fourth": 4}
SEASONS = words("spring summer autumn fall winter")
# "May" and "March" are also verbs: a month only when a number, a preposition or one of these stands beside them.
BEFORE_MONTH = words(
    "in since by last this next until till from to of early late mid through during before after and or between around end "
    "beginning on every each"
)
FIRST_NAMES = words("april may june august")
AGO: dict[str, Precision] = {"day": "day", "week": "range", "month": "month", "year": "year"}
# Three days ago is a day; more than three days ago is none.
BOUNDING = words("than over under about around nearly almost some least most roughly approximately - up")
YEARS = ("1500", "2100")
# A date without a year in a statement about the past may lie this far ahead of the publication: time zones, embargoes.
TOLERANCE = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class _Found:
    first: int
    last: int
    precision: Precision
    start_on: date | None
    end_on: date | None
    is_resolved: bool = False


def find(
    text: str,
    *,
    offset: int = 0,
    tokens: list[Token] | None = None,
    published_on: date | None = None,
    is_future: bool = False,
) -> list[TimeReference]:
    """Every time that a sentence names, in order.

    `offset` is added to the spans. `published_on` is the day of publication where the outlet is, or None when unknown.
    `is_future` says that the clause is about what will be: "in July" is then the next one, otherwise the last one.
    """
    return _Calendar(text, offset, read(text) if tokens is None else tokens, published_on, is_future).run()


class _Calendar:
    def __init__(self, text: str, offset: int, tokens: list[Token], published_on: date | None, is_future: bool):
        self.text, self.offset, self.tokens = text, offset, tokens
        # A date at the ends of the calendar is a mistake, and has no years before or behind it to resolve anything to.
        is_plausible = published_on is not None and 200 < published_on.year < 9_000
        self.published_on, self.is_future = published_on if is_plausible else None, is_future

    def low(self, index: int) -> str:
        return self.tokens[index].low if 0 <= index < len(self.tokens) else ""

    def word(self, index: int) -> str:
        return self.tokens[index].word if 0 <= index < len(self.tokens) else ""

    def run(self) -> list[TimeReference]:
        found = []
        index = 0
        while index < len(self.tokens):
            match = self.at(index)
            if match is None:
                index += 1
                continue
            start, end = self.tokens[match.first].start, self.tokens[match.last - 1].end
            words_found = self.text[start:end]
            span = Span(start + self.offset, end + self.offset, words_found)
            found.append(
                TimeReference(words_found, span, match.precision, match.start_on, match.end_on, match.is_resolved)
            )
            index = match.last
        return found

    def at(self, index: int) -> _Found | None:
        token = self.tokens[index]
        if token.low in AGO_STARTS:
            return self.ago(index)
        if not (token.is_number or token.low in DATE_STARTS):
            return None
        return (
            self.ago(index)
            or self.iso(index)
            or self.day_first(index)
            or self.month(index)
            or self.relative(index)
            or self.quarter(index)
            or self.decade(index)
            or self.year(index)
        )

    # Reading

    def year_at(self, index: int) -> int | None:
        word = self.word(index)
        if len(word) == 4 and word.isascii() and word.isdigit() and YEARS[0] <= word <= YEARS[1]:
            return int(word)
        return None

    def day_at(self, index: int) -> tuple[int, int] | None:
        """A day of the month (2, 2nd) and the token behind it."""
        word = self.word(index)
        if not (word.isascii() and word.isdigit() and len(word) <= 2 and 1 <= int(word) <= 31):
            return None
        if self.low(index + 1) in ("st", "nd", "rd", "th") and self.tokens[index].end == self.tokens[index + 1].start:
            return int(word), index + 2
        return int(word), index + 1

    def month_at(self, index: int) -> tuple[int, int] | None:
        """A month and the token behind it, its full stop included: July, Oct."""
        low = self.low(index)
        number = MONTHS.get(low)
        if number is None or not self.tokens[index].is_capitalised:
            return None
        last = index + 1
        if low in FIRST_NAMES and self.low(index - 1) not in BEFORE_MONTH and self.is_surname(last):
            return None
        if (
            len(low) <= 4
            and low not in ("may", "june", "july")
            and self.low(last) == "."
            and last + 1 < len(self.tokens)
        ):
            last += 1
        return number, last

    def is_surname(self, index: int) -> bool:
        is_name = index < len(self.tokens) and self.tokens[index].is_capitalised
        return is_name and self.low(index) not in WEEKDAYS and self.low(index) not in MONTHS

    def year_behind(self, index: int) -> tuple[int | None, int, bool]:
        """The year that follows a day or month: ", 2024", "2024", "of this year"; the token behind; resolved or not."""
        at = index + 1 if self.low(index) == "," else index
        year = self.year_at(at)
        if year is not None:
            return year, at + 1, False
        at = index + 1 if self.low(index) == "of" else index
        if self.low(at + 1) == "year" and self.low(at) in ("this", "last", "next"):
            if self.published_on is None:
                return None, at + 2, False
            return self.published_on.year + {"this": 0, "last": -1, "next": 1}[self.low(at)], at + 2, True
        if at > index and self.year_at(at) is not None:
            return self.year_at(at), at + 1, False
        return None, index, False

    def iso(self, index: int) -> _Found | None:
        """2024-07-02, 2024/07/02."""
        year = self.year_at(index)
        if year is None or self.low(index + 1) not in ("-", "/") or self.low(index + 3) != self.low(index + 1):
            return None
        month, day = self.word(index + 2), self.word(index + 4)
        if not (
            month.isascii()
            and month.isdigit()
            and len(month) <= 2
            and day.isascii()
            and day.isdigit()
            and len(day) <= 2
        ):
            return None
        on = _date(year, int(month), int(day))
        return _Found(index, index + 5, "day", on, on) if on else None

    def ago(self, index: int) -> _Found | None:
        """Three days ago, a month ago; not more than a year ago, which says no more than before what it was."""
        count = 1 if self.low(index) in ("a", "an") else UNITS.get(self.low(index), 0)
        if self.word(index).isdecimal() and len(self.word(index)) <= 2:
            count = int(self.word(index))
        unit = self.low(index + 1).removesuffix("s")
        if not count or self.low(index + 2) != "ago" or unit not in AGO or self.low(index - 1) in BOUNDING:
            return None
        precision = AGO[unit]
        if self.published_on is None:
            return _Found(index, index + 3, precision, None, None)
        year, month = self.published_on.year, self.published_on.month
        if unit == "year":
            start, end = date(year - count, 1, 1), date(year - count, 12, 31)
        elif unit == "month":
            total = year * 12 + month - 1 - count
            start, end = date(total // 12, total % 12 + 1, 1), _month_end(total // 12, total % 12 + 1)
        elif unit == "week":
            start = self.published_on - timedelta(days=self.published_on.weekday(), weeks=count)
            end = start + timedelta(days=6)
        else:
            start = end = self.published_on - timedelta(days=count)
        return _Found(index, index + 3, precision, start, end, True)

    def day_first(self, index: int) -> _Found | None:
        """2 July 2024, 2nd of July."""
        first = index
        if self.low(index) in WEEKDAYS:
            first = index + 2 if self.low(index + 1) == "," else index + 1
        day = self.day_at(first)
        if day is None:
            return None
        at = day[1] + 1 if self.low(day[1]) == "of" else day[1]
        stop = self.day_at(day[1] + 1) if self.low(day[1]) in ("-", "–", "to") else None
        if stop is not None and stop[0] > day[0] and (month := self.month_at(stop[1])) is not None:
            return self.days(index, month[0], day[0], stop[0], month[1])  # 4–6 June
        month = self.month_at(at)
        if month is None:
            return None
        return self.day(index, day[0], month[0], month[1])

    def day(self, first: int, day: int, month: int, last: int) -> _Found | None:
        year, end, is_resolved = self.year_behind(last)
        if year is None and self.published_on is not None:
            on = self.nearest_day(month, day)
            return _Found(first, end, "day", on, on, True) if on else None
        if year is None:
            return _Found(first, end, "day", None, None) if _date(2024, month, day) else None
        on = _date(year, month, day)
        return _Found(first, end, "day", on, on, is_resolved) if on else None

    def month(self, index: int) -> _Found | None:
        """July 2, July 2, 2024, July 2-5, July, July 2024, July or August of this year."""
        month = self.month_at(index)
        if month is None:
            return None
        number, last = month
        day = self.day_at(last)
        if day is not None and self.word(day[1]) != "%":
            return self.day_range(index, number, day[0], day[1]) or self.day(index, day[0], number, day[1])
        year, _end, _is_resolved = self.year_behind(last)
        if (
            self.low(index) in ("may", "march", "mar", "sep", "dec", "jan")
            and year is None
            and self.low(index - 1) not in BEFORE_MONTH
        ):
            return None
        if year is None and self.low(last) in ("or", "and", "to", "-", "–", "through", "until"):
            second = self.month_at(last + 1)
            if second is not None and self.day_at(second[1]) is None:
                return self.months(index, number, second)
        return self.months(index, number, (number, last))

    def day_range(self, first: int, month: int, day: int, at: int) -> _Found | None:
        """July 2-5, July 2 to 5, 2024."""
        if self.low(at) not in ("-", "–", "to", "and") or self.day_at(at + 1) is None:
            return None
        last_day, last = self.day_at(at + 1) or (0, 0)
        if last_day <= day or (self.low(at) in ("to", "and") and self.word(last) and self.tokens[last].is_word):
            return None
        return self.days(first, month, day, last_day, last)

    def days(self, first: int, month: int, day: int, last_day: int, last: int) -> _Found | None:
        year, end, is_resolved = self.year_behind(last)
        if year is None and self.published_on is not None:
            start = self.nearest_day(month, day)
            year, is_resolved = start.year if start else None, True
        if year is None:
            return _Found(first, end, "range", None, None)
        start, stop = _date(year, month, day), _date(year, month, last_day)
        return _Found(first, end, "range", start, stop, is_resolved) if start and stop else None

    def months(self, index: int, number: int, last_month: tuple[int, int]) -> _Found:
        last_number, last = last_month
        year, end, is_resolved = self.year_behind(last)
        precision: Precision = "month" if last_number == number else "range"
        if year is None:
            if end > last or self.published_on is None:
                return _Found(index, end, precision, None, None)
            year, is_resolved = self.nearest_year(number, last_number), True
        last_year = year if last_number >= number else year + 1
        return _Found(index, end, precision, date(year, number, 1), _month_end(last_year, last_number), is_resolved)

    def is_title(self, index: int) -> bool:
        """The Today programme, USA Today: a capital inside the sentence."""
        before = self.tokens[index - 1] if index else None
        return self.tokens[index].is_capitalised and before is not None and (before.is_word or before.is_number)

    def relative(self, index: int) -> _Found | None:
        """Yesterday, on Tuesday, last month, this year."""
        low = self.low(index)
        on = self.published_on
        if low in ("yesterday", "today", "tomorrow", "tonight"):
            if self.is_title(index):
                return None
            if on is None:
                return _Found(index, index + 1, "day", None, None)
            day = on + timedelta(days={"yesterday": -1, "tomorrow": 1}.get(low, 0))
            return _Found(index, index + 1, "day", day, day, True)
        if low in ("last", "this", "next"):
            return self.named(index, low)
        if low in WEEKDAYS and self.tokens[index].is_capitalised:
            after = self.month(index + 2 if self.low(index + 1) == "," else index + 1)
            if after is not None and after.precision == "day":
                return _Found(index, after.last, "day", after.start_on, after.end_on, after.is_resolved)
            return self.weekday(index, index + 1, "next" if self.is_future else "last")
        return None

    def named(self, index: int, which: str) -> _Found | None:
        on, unit = self.published_on, self.low(index + 1)
        if unit in WEEKDAYS:
            return self.weekday(index, index + 2, which)
        step = {"last": -1, "this": 0, "next": 1}[which]
        if unit in MONTHS and self.tokens[index + 1].is_capitalised:
            number, last = self.month_at(index + 1) or (0, 0)
            if on is None:
                return _Found(index, last, "month", None, None)
            year = self.nearest_year(number, number, is_future=which == "next") if step else on.year
            return _Found(index, last, "month", date(year, number, 1), _month_end(year, number), True)
        if unit in SEASONS:
            return _Found(index, index + 2, "range", None, None)
        if unit not in ("year", "month", "week", "quarter", "decade", "century"):
            return None
        precision: Precision = "year" if unit == "year" else "month" if unit == "month" else "range"
        if on is None or unit in ("decade", "century"):
            return _Found(index, index + 2, precision, None, None)
        if unit == "year":
            start, end = date(on.year + step, 1, 1), date(on.year + step, 12, 31)
        elif unit == "month":
            total = on.year * 12 + on.month - 1 + step
            start, end = date(total // 12, total % 12 + 1, 1), _month_end(total // 12, total % 12 + 1)
        elif unit == "week":
            start = on - timedelta(days=on.weekday()) + timedelta(weeks=step)
            end = start + timedelta(days=6)
        else:
            total = on.year * 4 + (on.month - 1) // 3 + step
            start, end = date(total // 4, total % 4 * 3 + 1, 1), _month_end(total // 4, total % 4 * 3 + 3)
        return _Found(index, index + 2, precision, start, end, True)

    def weekday(self, first: int, last: int, which: str) -> _Found:
        if self.published_on is None:
            return _Found(first, last, "day", None, None)
        number = WEEKDAY_NUMBERS[self.low(last - 1)]
        if which == "last":
            # News says "on Tuesday" on that same Tuesday too, "last Tuesday" never.
            back = (self.published_on.weekday() - number) % 7
            day = self.published_on - timedelta(days=back or (7 if last - first == 2 else 0))
        else:
            ahead = (number - self.published_on.weekday()) % 7
            day = self.published_on + timedelta(days=ahead or (7 if which == "next" and last - first == 2 else 0))
        return _Found(first, last, "day", day, day, True)

    def quarter(self, index: int) -> _Found | None:
        """The first quarter of 2024, the second half of this year, Q1 2024."""
        low = self.low(index)
        if len(low) == 2 and low[0] in "qh" and low[1] in "1234" and self.tokens[index].is_capitalised:
            part, count, last = int(low[1]), 4 if low[0] == "q" else 2, index + 1
        elif low in QUARTERS and self.low(index + 1) in ("quarter", "half"):
            part, count, last = QUARTERS[low], 4 if self.low(index + 1) == "quarter" else 2, index + 2
        else:
            return None
        if part > count:
            return None
        year, end, is_resolved = self.year_behind(last)
        if year is None:
            return _Found(index, end, "range", None, None)
        length = 12 // count
        return _Found(
            index, end, "range", date(year, (part - 1) * length + 1, 1), _month_end(year, part * length), is_resolved
        )

    def decade(self, index: int) -> _Found | None:
        """The 1990s, 2019-20, 2019 to 2021."""
        year = self.year_at(index)
        if year is None:
            return None
        after = self.low(index + 1)
        if after == "s" and self.tokens[index].end == self.tokens[index + 1].start:
            return (
                _Found(index, index + 2, "range", date(year, 1, 1), date(year + 9, 12, 31)) if year % 10 == 0 else None
            )
        if after in ("-", "–", "/"):
            word = self.word(index + 2)
            end = self.year_at(index + 2)
            if end is None and len(word) == 2 and word.isascii() and word.isdigit():
                end = year // 100 * 100 + int(word)
            if end is not None and end > year and self.tokens[index + 1].start == self.tokens[index].end:
                return _Found(index, index + 3, "range", date(year, 1, 1), date(end, 12, 31))
        return None

    def year(self, index: int) -> _Found | None:
        """2019, where nothing says that it counts things."""
        year = self.year_at(index)
        if year is None:
            return None
        before = self.low(index - 1)
        before_that = self.low(index - 2)
        is_introduced = before in YEAR_AFTER or before_that in ("between", "from") or before in MONTHS
        is_clear = self.low(index + 1) in ("", ",", ".", ")", ";") and before not in NUMBER_WORDS
        # In 2015, 2016 and 2017.
        is_listed = before == "," and self.year_at(index - 2) is not None and self.low(index + 1) in (",", "and", "or")
        if not is_introduced and not is_clear and not is_listed and before not in ("(", "the", "'s"):
            return None
        after = self.low(index + 1)
        if after in (
            "people",
            "percent",
            "%",
            "per",
            "million",
            "soldiers",
            "troops",
            "dollars",
            "euros",
            "times",
        ) or before in ("$", "€", "£"):
            return None
        if before == "the" and after not in WITH_YEAR:
            return None
        is_noun = after.endswith("s") and after not in WITH_YEAR | AUXILIARIES
        if before in ("for", "of", "or", "about", "around") and is_noun:
            return None  # for 1900 believers
        return _Found(index, index + 1, "year", date(year, 1, 1), date(year, 12, 31))

    # Resolving

    def nearest_day(self, month: int, day: int) -> date | None:
        assert self.published_on is not None
        options = [on for step in range(-8, 9) if (on := _date(self.published_on.year + step, month, day))]
        if self.is_future:
            return next((on for on in options if on >= self.published_on), None)
        return next((on for on in reversed(options) if on <= self.published_on + TOLERANCE), None)

    def nearest_year(self, first: int, last: int, *, is_future: bool | None = None) -> int:
        """The year of a month without one: of the last such month that has begun, or of the next that has not ended."""
        assert self.published_on is not None
        year, month = self.published_on.year, self.published_on.month
        if self.is_future if is_future is None else is_future:
            return year if (last if last >= first else 12) >= month else year + 1
        return year if first <= month else year - 1


YEAR_AFTER = words(
    "in since by of from until till to before after during through early late mid and or between around about than for – -"
)
NUMBER_WORDS = words("$ € £ % some than nearly almost over least most no nearly roughly approximately")
AGO_STARTS = frozenset(UNITS.keys()) | words("a an")
DATE_STARTS = frozenset(MONTHS.keys() | WEEKDAYS | QUARTERS.keys()) | words(
    "yesterday today tomorrow tonight last this next q1 q2 q3 q4 h1 h2"
)
WITH_YEAR = words(
    "election elections census war crisis attack attacks report budget season olympics protests vote referendum summit"
)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _month_end(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])
