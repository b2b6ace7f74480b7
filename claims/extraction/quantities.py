"""The numbers of a sentence: amounts, ranges, shares, multiples and relative change, with what they are measured against.

A grammar over tokens, read once from left to right: no rule looks further than a fixed number of tokens, so the time is
linear. English.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from claims.extraction.base import Baseline, Quantity, Span
from claims.extraction.lexicon import (
    AUXILIARIES,
    CONJUNCTIONS,
    DETERMINERS,
    MONTHS,
    PAST_VERBS,
    PREPOSITIONS,
    WEEKDAYS,
    words,
)
from claims.extraction.tokens import Token, read

UNITS = {
    word: value
    for value, word in enumerate(
        (
            "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
            "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
        )
    )
}  # fmt: skip
TENS = dict(
    zip(("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"), range(20, 100, 10), strict=True)
)
SCALES = {
    "hundred": 100,
    "thousand": 1_000,
    "k": 1_000,
    "lakh": 100_000,
    "million": 10**6,
    "m": 10**6,
    "mn": 10**6,
    "mln": 10**6,
    "crore": 10**7,
    "billion": 10**9,
    "b": 10**9,
    "bn": 10**9,
    "bln": 10**9,
    "trillion": 10**12,
    "tn": 10**12,
    "trn": 10**12,
    "dozen": 12,
}
# Read as a scale only when they touch the figure: "4.5bn", "30k".
GLUED_SCALES = words("k m b")
PLURAL_SCALES = words("dozens scores hundreds thousands millions billions trillions lakhs crores")
FRACTIONS = {
    "half": 1 / 2, "halves": 1 / 2, "third": 1 / 3, "thirds": 1 / 3, "quarter": 1 / 4, "quarters": 1 / 4,
    "fourth": 1 / 4, "fourths": 1 / 4, "fifth": 1 / 5, "fifths": 1 / 5, "sixth": 1 / 6, "sixths": 1 / 6,
    "seventh": 1 / 7, "eighth": 1 / 8, "eighths": 1 / 8, "ninth": 1 / 9, "tenth": 1 / 10, "tenths": 1 / 10,
}  # fmt: skip
ORDINALS = {
    word: value
    for value, word in enumerate(
        ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"), start=1
    )
}
# An ordinal in words counts something only before these; "first lady" and "second thoughts" count nothing.
COUNTED_BY_ORDINALS = words(
    "time straight consecutive successive year month week day largest biggest highest lowest smallest longest oldest "
    "deadliest busiest richest poorest most term place person case death victim attack round attempt such in country"
)

CURRENCIES = {
    "$": "USD",
    "€": "EUR",
    "£": "GBP",
    "¥": "JPY",
    "₽": "RUB",
    "₴": "UAH",
    "₩": "KRW",
    "₹": "INR",
    "₪": "ILS",
    "₺": "TRY",
}
DOLLARS = {
    "us": "USD",
    "u": "USD",
    "c": "CAD",
    "ca": "CAD",
    "a": "AUD",
    "au": "AUD",
    "nz": "NZD",
    "hk": "HKD",
    "s": "SGD",
}
CODES = words("usd eur gbp jpy chf cny rub uah krw inr cad aud sek nok dkk pln czk try brl zar")
CURRENCY_WORDS = {
    "dollar": "USD", "dollars": "USD", "euro": "EUR", "euros": "EUR", "pounds": "GBP", "sterling": "GBP", "yen": "JPY",
    "yuan": "CNY", "renminbi": "CNY", "rouble": "RUB", "roubles": "RUB", "ruble": "RUB", "rubles": "RUB", "won": "KRW",
    "rupee": "INR", "rupees": "INR", "hryvnia": "UAH", "hryvnias": "UAH", "francs": "CHF", "lira": "TRY", "zloty": "PLN",
    "shekels": "ILS", "cents": "cents", "cent": "cents", "pesos": "pesos", "krona": "SEK", "kroner": "kroner",
}  # fmt: skip

MEASURES = words(
    "second seconds minute minutes hour hours day days week weeks month months year years decade decades century centuries "
    "km kilometre kilometres kilometer kilometers metre metres meter meters m cm mm mile miles foot feet inch inches yards "
    "kg kilogram kilograms kilo kilos gram grams tonne tonnes ton tons pound lb lbs litre litres liter liters barrel barrels "
    "gallon gallons acre acres hectare hectares degree degrees celsius fahrenheit watt watts kw mw gw megawatt megawatts "
    "gigawatt gigawatts mph kph knots ounces ounce gb tb mb"
)
DISTANCES = words("km kilometre kilometres kilometer kilometers metre metres meter meters m mile miles foot feet yards")
APPROXIMATELY = words("about around almost nearly roughly some over")
# May stand between "by" and its amount.
AVERAGING = words("an a average of further another total combined estimated record")
DURATIONS = words(
    "second seconds minute minutes hour hours day days week weeks month months year years decade decades century centuries"
)

# Behind a verb these tell when or how, not what.
ADVERBIAL = DURATIONS | words(
    "again further sharply fast faster slightly even back out off since year-on-year overall twofold threefold"
)

COMPARATORS: dict[tuple[str, ...], str] = {
    ("more", "than"): "more_than",
    ("greater", "than"): "more_than",
    ("over",): "more_than",
    ("above",): "more_than",
    ("exceeding",): "more_than",
    ("in", "excess", "of"): "more_than",
    ("upwards", "of"): "more_than",
    ("well", "over"): "more_than",
    ("just", "over"): "more_than",
    ("less", "than"): "less_than",
    ("fewer", "than"): "less_than",
    ("just", "under"): "less_than",
    ("well", "under"): "less_than",
    ("under",): "less_than",
    ("below",): "less_than",
    ("at", "least"): "at_least",
    ("no", "fewer", "than"): "at_least",
    ("no", "less", "than"): "at_least",
    ("not", "less", "than"): "at_least",
    ("a", "minimum", "of"): "at_least",
    ("at", "most"): "at_most",
    ("no", "more", "than"): "at_most",
    ("not", "more", "than"): "at_most",
    ("as", "many", "as"): "at_most",
    ("as", "much", "as"): "at_most",
    ("up", "to"): "at_most",
    ("a", "maximum", "of"): "at_most",
    ("about",): "about",
    ("around",): "about",
    ("approximately",): "about",
    ("approx", "."): "about",
    ("approx",): "about",
    ("roughly",): "about",
    ("nearly",): "about",
    ("almost",): "about",
    ("some",): "about",
    ("circa",): "about",
    ("close", "to"): "about",
    ("an", "estimated"): "about",
    ("estimated",): "about",
    ("~",): "about",
    ("exactly",): "equal",
}
LONGEST_COMPARATOR = max(map(len, COMPARATORS))

MULTIPLY = {
    **dict.fromkeys(("double", "doubles", "doubled", "doubling"), 2.0),
    **dict.fromkeys(("triple", "triples", "tripled", "tripling", "treble", "trebles", "trebled", "trebling"), 3.0),
    **dict.fromkeys(("quadruple", "quadruples", "quadrupled", "quadrupling"), 4.0),
    **dict.fromkeys(("quintuple", "quintuples", "quintupled", "quintupling"), 5.0),
    **dict.fromkeys(("halve", "halves", "halved", "halving"), 0.5),
}
FOLD = {
    "twofold": 2.0, "threefold": 3.0, "fourfold": 4.0, "fivefold": 5.0, "sixfold": 6.0, "sevenfold": 7.0,
    "eightfold": 8.0, "ninefold": 9.0, "tenfold": 10.0, "hundredfold": 100.0, "thousandfold": 1000.0,
}  # fmt: skip
UP = words(
    "rise rises rose risen rising raise raises raised raising increase increases increased increasing grow grows grew grown "
    "growing climb climbs climbed climbing jump jumps jumped jumping surge surges surged surging soar soars soared soaring "
    "gain gains gained gaining leap leaps leapt leaped swell swells swelled swollen expand expands expanded expanding up "
    "spike spikes spiked rocketed skyrocketed ballooned accelerate accelerated accelerates widen widens widened advanced rallied"
)
DOWN = words(
    "fall falls fell fallen falling drop drops dropped dropping decline declines declined declining decrease decreases "
    "decreased decreasing shrink shrinks shrank shrunk shrinking plunge plunges plunged plunging slump slumps slumped tumble "
    "tumbles tumbled tumbling slide slides slid sliding sink sinks sank sunk dip dips dipped cut cuts cutting reduce reduces "
    "reduced reducing lower lowers lowered lowering contract contracts contracted contracting plummet plummets plummeted "
    "slash slashes slashed down ease eased eases slow slowed narrow narrowed narrows lost lose loses losing shed weakened"
)
CHANGE_NOUNS = {
    **dict.fromkeys(("rise", "increase", "growth", "jump", "surge", "gain", "spike", "hike", "uptick", "expansion", "leap"), "up"),
    **dict.fromkeys(("fall", "drop", "decline", "decrease", "reduction", "cut", "slump", "plunge", "contraction", "dip"), "down"),
}  # fmt: skip
COMPARATIVES_UP = words(
    "more higher greater larger bigger faster longer taller older heavier stronger better worse likelier better hotter "
    "costlier deadlier wider deeper"
)
COMPARATIVES_DOWN = words(
    "less fewer lower smaller slower shorter younger lighter weaker cheaper cooler colder narrower"
)
SUPERLATIVES = words(
    "highest lowest largest biggest smallest fastest slowest worst deadliest oldest youngest longest shortest tallest "
    "richest poorest strongest weakest hottest coldest busiest greatest heaviest fewest wettest driest steepest bloodiest"
)

# These say that a number changed only with a share behind them: "lost 30 per cent", not "lost 30 men".
NEEDS_SHARE = words("lost lose loses losing shed")

# A clause ends here: what stands behind belongs to another statement.
CLAUSE_ENDS = frozenset(";:.!?()[]—–") | words("while whereas but although though because which who")
# How many tokens behind a verb of change its amounts may stand, and how long a baseline in words may be.
REACH = 14
LONGEST_BASELINE = 8


@dataclass(frozen=True, slots=True)
class _Amount:
    """Tokens `first` up to `last` (exclusive); the bare number without comparator starts at `bare`."""

    first: int
    bare: int
    last: int
    form: str
    value: float | None
    maximum: float | None = None
    unit: str = ""
    comparator: str = "equal"
    counts: bool = True


def find(
    text: str, *, offset: int = 0, tokens: list[Token] | None = None, taken: Iterable[tuple[int, int]] = ()
) -> list[Quantity]:
    """Every quantity of a sentence in order of its place.

    `offset` is added to every span (the sentence's place in the article); `taken` are spans inside `text`, such as
    dates, whose numbers are no quantities. Spans do not overlap, save that a baseline's span may stand inside one.
    """
    return _Grammar(text, offset, read(text) if tokens is None else tokens, taken).run()


class _Grammar:
    def __init__(self, text: str, offset: int, tokens: list[Token], taken: Iterable[tuple[int, int]]):
        self.text, self.offset, self.tokens = text, offset, tokens
        self.count = len(tokens)
        self.dated = set()
        spans = sorted(taken)
        at = 0
        for index, token in enumerate(tokens):
            while at < len(spans) and spans[at][1] <= token.start:
                at += 1
            if at < len(spans) and spans[at][0] <= token.start:
                self.dated.add(index)

    def low(self, index: int) -> str:
        return self.tokens[index].low if 0 <= index < self.count else ""

    def touches(self, index: int) -> bool:
        """Whether no space stands before the token."""
        return 0 < index < self.count and self.tokens[index - 1].end == self.tokens[index].start

    def span(self, first: int, last: int) -> Span:
        start, end = self.tokens[first].start, self.tokens[last - 1].end
        return Span(start + self.offset, end + self.offset, self.text[start:end])

    def run(self) -> list[Quantity]:
        amounts = self.amounts()
        starts = {amount.first: amount for amount in amounts} | {amount.bare: amount for amount in amounts}
        used: set[int] = set()
        found = []
        for index in range(self.count):
            change = self.change(index, starts, used)
            if change is not None:
                found.append(change)
        found += [self.quantity(amount) for amount in amounts if amount.first not in used]
        return sorted(found, key=lambda quantity: quantity.span.start)

    # Amounts

    def amounts(self) -> list[_Amount]:
        found = []
        index = 0
        while index < self.count:
            amount = self.amount(index)
            if amount is None:
                index += 1
            else:
                found.append(amount)
                index = amount.last
        return found

    def amount(self, index: int) -> _Amount | None:
        token = self.tokens[index]
        if index in self.dated or not (token.is_number or token.low in AMOUNT_STARTS):
            return None
        if token.is_number and self.low(index - 1) in ("-", "–") and self.touches(index) and self.touches(index - 1):
            return None  # the second figure of a score
        bare, comparator = self.comparator(index)
        amount = self.bare_amount(bare, is_compared=bare > index)
        if amount is None:
            return None
        if comparator == "between" and amount.form != "range":
            return None
        last, comparator = self.comparator_behind(amount.last, comparator)
        return replace(amount, first=index, bare=bare, last=last, comparator=comparator or amount.comparator)

    def comparator(self, index: int) -> tuple[int, str]:
        low = self.low(index)
        if low == "between":
            return index + 1, "between"
        for length in range(LONGEST_COMPARATOR, 0, -1):
            name = COMPARATORS.get(tuple(self.low(index + step) for step in range(length)))
            if name is not None:
                return index + length, name
        return index, ""

    def comparator_behind(self, index: int, comparator: str) -> tuple[int, str]:
        pair = (self.low(index), self.low(index + 1))
        if pair == ("or", "more"):
            return index + 2, "at_least"
        if pair in (("or", "less"), ("or", "fewer")):
            return index + 2, "at_most"
        if pair == ("or", "so"):
            return index + 2, "about"
        if self.low(index) == "+" and self.touches(index):
            return index + 1, "at_least"
        return index, comparator

    def bare_amount(self, index: int, *, is_compared: bool) -> _Amount | None:
        return (
            self.share(index)
            or self.multiple(index)
            or self.ordinal(index)
            or self.figures(index, is_compared=is_compared)
            or self.vague(index)
            or self.superlative(index)
        )

    def figures(self, index: int, *, is_compared: bool) -> _Amount | None:
        first = self.single(index, is_compared=is_compared)
        if first is None:
            return None
        join = self.low(first.last)
        is_open = self.low(index - 1) in ("between", "from")
        joins = ("and",) if self.low(index - 1) == "between" else ("to", "-", "–", "—", "or")
        if join in joins or (join == "and" and is_open):
            second = self.single(first.last + 1, is_compared=True)
            # "by 40 per cent to 1,400" is a difference and a result.
            is_result = join == "to" and first.form.startswith("percentage") and second is not None and not second.unit
            if second is not None and second.value is not None and first.value is not None and not is_result:
                low, high = first.value, second.value
                if (
                    not first.unit
                    and second.form != "number"
                    and second.unit in ("%", "percentage points", "basis points")
                ):
                    first = replace(first, form=second.form, unit=second.unit)
                factor = self.borrowed_scale(index, second)
                if factor and low * factor < high:
                    low *= factor
                if low < high and (not second.unit or not first.unit or first.unit == second.unit):
                    unit = first.unit or second.unit
                    return replace(
                        second,
                        first=index,
                        bare=index,
                        form="range",
                        value=low,
                        maximum=high,
                        unit=unit,
                        comparator="between",
                    )
            if join in ("-", "–") and second is not None and self.touches(first.last) and self.touches(first.last + 1):
                return None  # a score or a reference
        if self.low(first.last) == "more" and self.low(first.last + 1) != "than":
            return replace(first, last=first.last + 1)
        return first

    def borrowed_scale(self, index: int, second: _Amount) -> float:
        """The scale that both ends of "5 to 6 million" share, 0 if the first has its own."""
        if any(token.low in SCALES for token in self.tokens[index : second.bare]):
            return 0
        for token in self.tokens[second.bare : second.last]:
            if token.low in SCALES and token.low not in ("hundred", "dozen"):
                return float(SCALES[token.low])
        return 0

    def single(self, index: int, *, is_compared: bool) -> _Amount | None:
        """One number with its unit: 40 per cent, $1.2 trillion, two dozen, 25 basis points."""
        if index >= self.count or index in self.dated:
            return None
        currency, at = self.currency_before(index)
        read_number = self.number(at, is_compared=is_compared or bool(currency))
        if read_number is None:
            return None
        value, last = read_number
        if currency:
            return _Amount(index, index, last, "money", value, unit=currency)
        if self.is_name(index):
            return None
        low, after = self.low(last), self.low(last + 1)
        if low in ("%", "percent", "pct", "percents"):
            if after == "point" or after == "points":
                return _Amount(index, index, last + 2, "percentage_points", value, unit="percentage points")
            return _Amount(index, index, last + 1, "percentage", value, unit="%")
        if low == "per" and after == "cent":
            return _Amount(index, index, last + 2, "percentage", value, unit="%")
        if low == "-" and after in ("percent", "pct"):
            return _Amount(index, index, last + 2, "percentage", value, unit="%")
        if low == "percentage" and after in ("point", "points"):
            return _Amount(index, index, last + 2, "percentage_points", value, unit="percentage points")
        if low in ("pp", "ppt", "ppts"):
            return _Amount(index, index, last + 1, "percentage_points", value, unit="percentage points")
        if low == "basis" and after in ("point", "points"):
            return _Amount(index, index, last + 2, "percentage_points", value, unit="basis points")
        if low in ("bps", "bp"):
            return _Amount(index, index, last + 1, "percentage_points", value, unit="basis points")
        if low in CURRENCY_WORDS:
            return _Amount(index, index, last + 1, "money", value, unit=CURRENCY_WORDS[low])
        if low == "us" and after in ("dollar", "dollars"):
            return _Amount(index, index, last + 2, "money", value, unit="USD")
        if low == "-" and after in MEASURES and self.touches(last):
            return _Amount(index, index, last + 2, "number", value, unit=after)
        if low in ("square", "cubic") and after in MEASURES:
            return _Amount(index, index, last + 2, "number", value, unit=f"{low} {after}")
        if low in MEASURES:
            return _Amount(index, index, last + 1, "number", value, unit=low)
        return _Amount(index, index, last, "number", value)

    def currency_before(self, index: int) -> tuple[str, int]:
        low = self.low(index)
        if low in CURRENCIES:
            return CURRENCIES[low], index + 1
        if low in DOLLARS and self.low(index + 1) == "$" and self.touches(index + 1):
            return DOLLARS[low], index + 2
        if low in CODES and index + 1 < self.count and self.tokens[index + 1].is_number:
            return low.upper(), index + 1
        return "", index

    def number(self, index: int, *, is_compared: bool = False) -> tuple[float, int] | None:
        """A number in figures or words and the token behind it."""
        if index >= self.count or index in self.dated:
            return None
        token = self.tokens[index]
        last = index + 1
        if token.is_number:
            figure = _figure(token.word)
            if figure is None or self.is_identifier(index):
                return None
            value = figure
        elif token.low in ("a", "an") and self.low(index + 1) in SCALES and self.low(index + 1) not in GLUED_SCALES:
            value = Decimal(1)
        elif token.low == "half" and self.low(index + 1) in ("a", "an") and self.low(index + 2) in SCALES:
            value, last = Decimal("0.5"), index + 2
        elif token.low in UNITS or token.low in TENS:
            spelled = self.spelled(index)
            value, last = spelled
            if value == 1 and not is_compared and self.low(last) not in SCALES:
                return None  # "one" is more often a pronoun
        else:
            return None
        if [self.low(last + step) for step in range(3)] == ["and", "a", "half"]:
            value, last = value + Decimal("0.5"), last + 3
        while self.low(last) in SCALES and (self.low(last) not in GLUED_SCALES or self.touches(last)):
            value *= SCALES[self.low(last)]
            last += 1
            # one hundred and fifty; two thousand five hundred
            at = last + 1 if self.low(last) == "and" else last
            if token.is_word and (self.low(at) in UNITS or self.low(at) in TENS):
                more, behind = self.spelled(at)
                while self.low(behind) in SCALES and SCALES[self.low(behind)] < value:
                    more *= SCALES[self.low(behind)]
                    behind += 1
                if self.low(behind) not in SCALES:
                    value, last = value + more, behind
        return float(value), last

    def spelled(self, index: int) -> tuple[Decimal, int]:
        """Number words below a hundred: seven, twenty-five, twenty five."""
        low = self.low(index)
        if low in TENS:
            at = index + 2 if self.low(index + 1) == "-" else index + 1
            if 0 < UNITS.get(self.low(at), 0) < 10:
                return Decimal(TENS[low] + UNITS[self.low(at)]), at + 1
            return Decimal(TENS[low]), index + 1
        return Decimal(UNITS[low]), index + 1

    def is_identifier(self, index: int) -> bool:
        """Whether the figure is part of a name or a clock time: F-16, Covid-19, 10:30, 5 p.m., #3."""
        before = self.low(index - 1)
        if before in ("-", "/", "#", "_") and self.touches(index) and self.touches(index - 1):
            return self.tokens[index - 2].is_word or before in ("#", "_", "/")
        if before == "#" and self.touches(index):
            return True
        after = self.low(index + 1)
        if after == ":" and index + 2 < self.count and self.tokens[index + 2].is_number and self.touches(index + 2):
            return True
        if before == ":" and index >= 2 and self.tokens[index - 2].is_number and self.touches(index):
            return True
        if after in ("p", "a", "pm", "am", "gmt", "utc"):
            return after in ("pm", "am", "gmt", "utc") or self.low(index + 3) == "m"
        return False

    def is_name(self, index: int) -> bool:
        """Whether the figure numbers a thing: Article 5, Boeing 737, Resolution 2758; or is a year on its own."""
        token = self.tokens[index]
        if not token.is_number:
            return False
        before = self.tokens[index - 1] if index else None
        if before is not None and before.is_capitalised and before.low in NUMBERED:
            return True
        is_year = token.word.isdigit() and len(token.word) == 4 and "1500" <= token.word <= "2100"
        if not is_year:
            return False
        after = self.low(index + 1)
        if after in SCALES or after in ("%", "percent", "per") or after in MEASURES or after in CURRENCY_WORDS:
            return False
        return (
            before is None or before.low in YEAR_AFTER or before.low in MONTHS or after in ("", ",", ".", ")", "-", "–")
        )

    def share(self, index: int) -> _Amount | None:
        """Two-thirds, half of, a third of, one in five, 9 out of 10."""
        low = self.low(index)
        is_step = self.low(index - 1) == "by" or (self.low(index - 1) in APPROXIMATELY and self.low(index - 2) == "by")
        if low == "half" and is_step:
            return _Amount(index, index, index + 1, "ratio", 0.5)
        if low in ("a", "one") and self.low(index + 1) in FRACTIONS and is_step:
            return _Amount(index, index, index + 2, "ratio", FRACTIONS[self.low(index + 1)])
        if low == "half" and self.low(index + 1) in ("of", "the", "its", "their", "his", "her", "all"):
            return _Amount(index, index, index + 2 if self.low(index + 1) == "of" else index + 1, "ratio", 0.5)
        if low in ("a", "one") and self.low(index + 1) in FRACTIONS and self.low(index + 2) == "of":
            return _Amount(index, index, index + 3, "ratio", FRACTIONS[self.low(index + 1)])
        numerator = UNITS.get(low, 0)
        if numerator:
            at = index + 2 if self.low(index + 1) == "-" else index + 1
            name = self.low(at)
            is_plural = name.endswith("s") and name != "halves"
            is_single = numerator == 1 and (self.low(index + 1) == "-" or self.low(at + 1) in ("of", "the"))
            if name in FRACTIONS and (is_plural or is_single):
                return _Amount(index, index, at + 1, "ratio", numerator * FRACTIONS[name])
        token = self.tokens[index] if index < self.count else None
        if token is None or not (numerator or token.is_number):
            return None
        over = index + 3 if (self.low(index + 1), self.low(index + 2)) == ("out", "of") else index + 2
        if over == index + 2 and self.low(index + 1) != "in":
            return None
        part = self.plain(index)
        whole = self.plain(over)
        if part is None or whole is None or not 0 < part < whole or over in self.dated:
            return None
        if over == index + 2 and self.tokens[over].is_number and whole >= 1000 and "," not in self.tokens[over].word:
            return None  # three in 2019
        if self.low(over + 1) in DURATIONS:
            return None  # the second attack in three days
        parsed = self.number(over, is_compared=True)
        whole, last = parsed or (whole, over + 1)
        return _Amount(index, index, last, "ratio", part / whole)

    def plain(self, index: int) -> float | None:
        if index >= self.count:
            return None
        token = self.tokens[index]
        if token.is_number:
            figure = _figure(token.word)
            return None if figure is None else float(figure)
        value = UNITS.get(token.low) or TENS.get(token.low)
        return float(value) if value else (100.0 if token.low == "hundred" else None)

    def multiple(self, index: int) -> _Amount | None:
        """Three times higher, twice as many, a threefold, 10-fold, double the number, half as much."""
        low = self.low(index)
        if low in FOLD:
            return _Amount(index, index, index + 1, "multiple", FOLD[low])
        if low in ("twice", "thrice", "half", "double", "triple", "treble", "quadruple"):
            factor = {"twice": 2.0, "thrice": 3.0, "half": 0.5}.get(low) or MULTIPLY[low]
            last = self.comparison(index + 1)
            if last:
                return _Amount(index, index, last, "multiple", factor)
            if low in ("twice", "double", "triple") and self.low(index + 1) in ("the", "that", "what", "its", "their"):
                return _Amount(index, index, index + 1, "multiple", factor)
            if low == "half" and self.low(index + 1) == "what":
                return _Amount(index, index, index + 1, "multiple", factor)
            return None
        number = self.number(index, is_compared=True)
        if number is None:
            return None
        value, last = number
        if self.low(last) == "-" and self.low(last + 1) in ("fold", "times"):
            return _Amount(index, index, last + 2, "multiple", value)
        if self.low(last) == "fold" or (self.low(last) == "x" and self.touches(last)):
            return _Amount(index, index, last + 1, "multiple", value)
        if self.low(last) == "times":
            end = self.comparison(last + 1)
            if end or self.low(last + 1) in ("the", "that", "its", "their", "what", "last", "this"):
                return _Amount(index, index, end or last + 1, "multiple", value)
        return None

    def comparison(self, index: int) -> int:
        """The end of "as many", "higher", "more" behind a multiple, 0 if there is none."""
        if self.low(index) == "as" and self.low(index + 1) not in ("a", "the", ""):
            return index + 2
        low = self.low(index)
        if low in COMPARATIVES_UP or low in COMPARATIVES_DOWN:
            return index + 1
        return 0

    def vague(self, index: int) -> _Amount | None:
        """Dozens, hundreds of thousands, several hundred, a handful of."""
        low = self.low(index)
        if low in ("tens", "scores") or low in PLURAL_SCALES:
            last = index + 1
            while self.low(last) == "of" and self.low(last + 1) in PLURAL_SCALES:
                last += 2
            if low in ("tens", "scores") and self.low(last) != "of" and last == index + 1:
                return None
            return _Amount(index, index, last, "vague", None)
        at = index + 1 if low == "several" else index + 2 if (low, self.low(index + 1)) == ("a", "few") else 0
        if at and self.low(at) in SCALES and self.low(at) not in GLUED_SCALES:
            return _Amount(index, index, at + 1, "vague", None)
        if low == "a" and self.low(index + 1) in ("handful", "majority", "minority") and self.low(index + 2) == "of":
            return _Amount(index, index, index + 3, "vague", None)
        return None

    def ordinal(self, index: int) -> _Amount | None:
        token = self.tokens[index] if index < self.count else None
        if token is None or index in self.dated:
            return None
        if (
            token.is_number
            and token.word.isdigit()
            and self.low(index + 1) in ("st", "nd", "rd", "th")
            and self.touches(index + 1)
        ):
            if self.low(index + 2) in ("century", "centuries"):
                return None
            return _Amount(index, index, index + 2, "ordinal", float(token.word))
        if (
            token.low == "no"
            and self.low(index + 1) == "."
            and index + 2 < self.count
            and self.tokens[index + 2].word.isdigit()
        ):
            return _Amount(index, index, index + 3, "ordinal", float(self.tokens[index + 2].word))
        if token.low in ORDINALS:
            at = index + 2 if self.low(index + 1) == "-" else index + 1
            if at == index + 2 and self.low(at) in SUPERLATIVES:
                return _Amount(index, index, at + 1, "ordinal", float(ORDINALS[token.low]))
            if self.low(at) in COUNTED_BY_ORDINALS:
                return _Amount(index, index, index + 1, "ordinal", float(ORDINALS[token.low]))
        return None

    def superlative(self, index: int) -> _Amount | None:
        low = self.low(index)
        if low in SUPERLATIVES:
            return _Amount(index, index, index + 1, "superlative", None)
        if low in ("most", "least") and self.low(index - 1) == "the" and self.low(index + 1) not in ("part", "of"):
            return _Amount(index, index, index + 1, "superlative", None)
        if low == "record" and self.low(index + 1) in ("high", "highs", "low", "lows", "number", "level", "levels"):
            return _Amount(index, index, index + 2, "superlative", None)
        return None

    # Change

    def change(self, index: int, starts: dict[int, _Amount], used: set[int]) -> Quantity | None:
        """A relative change whose word stands at `index`, with the amounts it governs (which become used)."""
        low = self.low(index)
        if index in self.dated or not (low in CHANGE_STARTS or index in starts):
            return None
        if low in MULTIPLY and self.low(index + 1) != "down" and not self.is_plain_double(index):
            return self.verb_change(index, "up" if MULTIPLY[low] > 1 else "down", MULTIPLY[low], starts, used)
        if index in starts and starts[index].bare == index and starts[index].first not in used:
            return self.amount_change(starts[index], used)
        if low in CHANGE_NOUNS and self.low(index + 1) == "of":
            amount = starts.get(index + 2)
            if (
                amount is not None
                and amount.first not in used
                and amount.form in ("percentage", "percentage_points", "number", "money", "range")
            ):
                used.add(amount.first)
                return self.changed(index, amount.last, CHANGE_NOUNS[low], amount, index)
            return None
        direction = "up" if low in UP else "down" if low in DOWN else ""
        return self.verb_change(index, direction, None, starts, used) if direction else None

    def is_plain_double(self, index: int) -> bool:
        low = self.low(index)
        if low not in ("double", "triple", "treble", "doubles", "triples", "halves", "quadruple"):
            return False
        return self.low(index - 1) not in (
            "to",
            "will",
            "would",
            "could",
            "may",
            "might",
            "can",
            "should",
            "must",
            "not",
            "than",
        )

    def amount_change(self, amount: _Amount, used: set[int]) -> Quantity | None:
        """An amount in front of its word of change: a 40% increase, threefold rise, 40 per cent higher than."""
        at = amount.last
        if self.low(at) == "year" and self.low(at + 1) == "-":
            return None
        for step in range(3):
            low = self.low(at + step)
            if low in CHANGE_NOUNS and amount.form in (
                "percentage",
                "percentage_points",
                "multiple",
                "number",
                "money",
            ):
                if amount.form in ("number", "money") and step > 1:
                    return None
                used.add(amount.first)
                return self.changed(amount.first, at + step + 1, CHANGE_NOUNS[low], amount, at + step)
            if step == 0 and (low in COMPARATIVES_UP or low in COMPARATIVES_DOWN):
                if amount.form not in ("percentage", "percentage_points", "money", "ratio"):
                    return None
                used.add(amount.first)
                return self.changed(amount.first, at + 1, "up" if low in COMPARATIVES_UP else "down", amount, at)
            if not low.isalpha() or low in PREPOSITIONS or low in AUXILIARIES:
                break
        return None

    def changed(self, first: int, last: int, direction: str, amount: _Amount, cue: int) -> Quantity:
        factor = amount.value if amount.form == "multiple" else _factor(amount, direction)
        if factor and amount.form == "multiple" and direction == "down" and factor > 1:
            factor = 1 / factor
        return Quantity(
            self.span(first, last),
            "change",
            value=None if amount.form == "multiple" else amount.value,
            maximum=amount.maximum,
            unit=amount.unit,
            comparator=amount.comparator,
            factor=factor,
            direction=direction,
            of=self.counted(last) if self.low(last) in ("in", "of") or self.low(cue) not in CHANGE_NOUNS else "",
            baseline=self.baseline(last),
            period=self.period(last),
            parts=(self.span(cue, cue + 1), *self.pieces(amount)),
        )

    def verb_change(
        self, index: int, direction: str, factor: float | None, starts: dict[int, _Amount], used: set[int]
    ) -> Quantity | None:
        delta, old, new = self.governed(index, starts, used)
        if factor is None and not (delta or old or new):
            return None
        if self.low(index) in NEEDS_SHARE and not (
            delta and delta.form in ("percentage", "ratio") and not (old or new)
        ):
            return None
        if self.low(index) in ("up", "down") and not (
            old or (delta and delta.first == index + 1) or self.low(index + 1) == "by"
        ):
            return None
        amounts = [amount for amount in (delta, old, new) if amount is not None]
        used.update(amount.first for amount in amounts)
        first, comparator = self.before_verb(index) if factor else (index, "")
        last = max([index + 1, *(amount.last for amount in amounts)])
        parts = [self.span(index, index + 1)] if amounts else []
        for amount in sorted(amounts, key=lambda each: each.first):
            parts += self.pieces(amount)
        if old and new and old.first < new.first:
            parts.append(self.span(old.first - 1, new.last))
        main = delta or new
        if factor is None:
            if delta is not None and delta.form == "multiple":
                factor = delta.value if direction == "up" else 1 / delta.value if delta.value else None
                main = new
            elif delta is not None:
                factor = _factor(delta, direction)
            elif old and new and old.value and new.value and not new.maximum:
                factor = round(new.value / old.value, 4)
        baseline: Baseline | None
        if old is not None:
            baseline = Baseline(
                self.span(old.first, old.last).quotation, old.value, True, self.span(old.first, old.last)
            )
        else:
            baseline = self.baseline(last)
            if factor is None and new and not delta and baseline and baseline.value and new.value and not new.maximum:
                factor = round(new.value / baseline.value, 4)
        return Quantity(
            self.span(first, last),
            "change",
            value=main.value if main else None,
            maximum=main.maximum if main else None,
            unit=main.unit if main else (old.unit if old else ""),
            comparator=comparator or (main.comparator if main else "equal"),
            factor=factor,
            direction=direction,
            of=self.changing(index, first),
            baseline=baseline,
            period=self.period(last),
            parts=tuple(parts),
        )

    def governed(
        self, index: int, starts: dict[int, _Amount], used: set[int]
    ) -> tuple[_Amount | None, _Amount | None, _Amount | None]:
        """The difference, the old and the new value that stand behind a verb of change."""
        delta = old = new = None
        at = index + 1
        end = min(self.count, index + REACH)
        joined = ""
        words_since = 0
        while at < end:
            low = self.low(at)
            if low in CLAUSE_ENDS and not (low == "." and self.touches(at) and self.touches(at + 1)):
                break
            if low == "," and self.low(at + 1) in ("from", "to"):
                at += 1
                continue
            if low in (",", "and") and words_since > 0:
                break
            amount = starts.get(at)
            if amount is not None and amount.unit in DURATIONS and self.low(at - 1) in ("in", "over", "within"):
                joined, at = "done", amount.last
                continue
            if amount is not None and amount.first == at:
                if amount.first in used or amount.form in ("ordinal", "superlative", "vague"):
                    if amount.form == "vague" and joined in ("by", "to") and amount.first not in used:
                        pass
                    else:
                        break
                if joined == "from" and amount.form == "range" and old is None and self.low(amount.first - 1) == "from":
                    split = self.split_range(amount)
                    if split:
                        old, new = split
                        used.add(amount.first)
                        at = amount.last
                        continue
                if joined == "from":
                    old = old or amount
                elif joined == "to":
                    new = new or amount
                elif joined == "by":
                    delta = delta or amount
                elif (
                    not joined
                    and words_since <= 1
                    and (
                        amount.form in ("percentage", "percentage_points", "money", "multiple", "range")
                        or at == index + 1
                    )
                ):
                    if (
                        amount.unit in DURATIONS
                        or amount.unit in DISTANCES
                        or (amount.form == "multiple" and self.comparison(amount.last - 1))
                    ):
                        break
                    delta = delta or amount
                else:
                    break
                at = amount.last
                joined = "done"
                words_since = 0
                continue
            if low in ("by", "from", "to"):
                joined = low
            elif joined in ("from", "to", "done"):
                if low in ("to", "from"):
                    joined = low
                elif joined == "done" and low not in ("per", "a", "an", "year", "month", "week", "day"):
                    words_since += 1
                elif joined != "done" and low not in AVERAGING:
                    break
            elif not (self.tokens[at].is_word or low == "-"):
                break
            else:
                words_since += 1
            at += 1
        return delta, old, new

    def split_range(self, amount: _Amount) -> tuple[_Amount, _Amount] | None:
        """The two ends of "from 11,000 to 30,000" as old and new value."""
        for at in range(amount.bare + 1, amount.last - 1):
            if self.low(at) == "to":
                new = self.single(at + 1, is_compared=True)
                if new is not None and amount.value is not None:
                    old = replace(amount, last=at, form="number", maximum=None, comparator="equal")
                    return old, new
        return None

    def before_verb(self, index: int) -> tuple[int, str]:
        """More than doubled, nearly tripled: where the comparator starts, and its name."""
        for length in (2, 1):
            start = index - length
            if start >= 0:
                name = COMPARATORS.get(tuple(self.low(start + step) for step in range(length)))
                if name is not None and self.low(start) not in ("up", "some", "over", "under", "above", "below"):
                    return start, name
        return index, ""

    def pieces(self, amount: _Amount) -> list[Span]:
        spans = [self.span(amount.first, amount.last)]
        if amount.bare > amount.first:
            spans.append(self.span(amount.bare, amount.last))
        return spans

    def subject(self, index: int) -> str:
        """What changed: the words in front of the verb, back to where its clause begins."""
        at = index - 1
        while at >= 0 and (
            self.low(at) in AUXILIARIES
            or self.low(at).endswith("ly")
            or self.low(at) in ("not", "also", "since", "more", "than", "gone", "went", "going", "come")
        ):
            at -= 1
        last = at + 1
        while at >= 0 and last - at <= 7:
            token = self.tokens[at]
            if not (token.is_word or token.is_number or token.word == "-") or (
                token.low in SUBJECT_STOPS and at in range(self.count)
            ):
                break
            at -= 1
        first = at + 1
        if self.low(first) in ("and", "or"):
            first += 1
        return self.span(first, last).quotation if first < last else ""

    def changing(self, index: int, first: int) -> str:
        """What changed: the object of the verb at `index` if it has one ("cut its rate"), else its subject."""
        at = index + 1
        while self.low(at).endswith("ly"):
            at += 1
        low = self.low(at)
        if (
            at < self.count
            and self.tokens[at].is_word
            and low not in PREPOSITIONS | ADVERBIAL | NOUN_STOPS - DETERMINERS
        ):
            found = "" if self.amount(at) else self.counted(at)
            if found:
                return found
        return self.subject(first)

    def counted(self, index: int) -> str:
        """What an amount counts: the noun phrase behind it."""
        at = index
        if self.low(at) in ("of", "in", "-"):
            at += 1
        first = at
        while at < self.count and at - first < 5:
            token = self.tokens[at]
            if not token.is_word and token.word != "-":
                break
            if token.low in NOUN_STOPS and not (
                at == first and token.low in DETERMINERS and self.low(at + 1) not in DURATIONS
            ):
                break
            if at > first and token.low in PAST_VERBS:
                break
            if at > first and token.low.endswith("ed") and len(token.low) > 4 and self.low(at - 1) not in DETERMINERS:
                break
            at += 1
        return self.span(first, at).quotation if at > first and self.low(first) != "what" else ""

    def baseline(self, index: int) -> Baseline | None:
        """What stands behind "compared to", "from", "than", "as": a number or words."""
        at, end = index, min(self.count, index + REACH)
        while at < end:
            low = self.low(at)
            if low in CLAUSE_ENDS or (
                low == "," and self.low(at + 1) not in ("compared", "up", "down", "from", "versus", "relative")
            ):
                return None
            pair = (low, self.low(at + 1))
            if pair in (("compared", "to"), ("compared", "with"), ("relative", "to"), ("in", "comparison")):
                return self.baseline_words(at + 2 + (pair[1] == "comparison"))
            if low in ("than", "versus", "vs") or (low == "as" and at > index):
                return self.baseline_words(at + 1 + (self.low(at + 1) == "." and low == "vs"))
            if low == "from" and at <= index + 3:
                return self.baseline_words(at + 1)
            if (
                low in ("on", "over")
                and self.low(at + 1) in ("the", "a", "last")
                and self.low(at + 2) in ("previous", "year", "prior", "month")
            ):
                return self.baseline_words(at + 1)
            at += 1
        return None

    def baseline_words(self, first: int) -> Baseline | None:
        at = first
        while at < self.count and at - first < LONGEST_BASELINE:
            low = self.low(at)
            if low == "," or (low in CLAUSE_ENDS and not (low == "." and self.touches(at + 1) and self.touches(at))):
                break
            if at > first and low in BASELINE_STOPS:
                break
            at += 1
        if at <= first:
            return None
        amount = self.single(first, is_compared=False) if first not in self.dated else None
        span = self.span(first, at)
        if amount is not None and amount.unit not in DURATIONS:
            return Baseline(span.quotation, amount.value, True, span)
        return Baseline(span.quotation, None, False, span)

    def period(self, index: int) -> str:
        """The time an amount covers, in the words that follow it closely: a year, per day, in the first quarter."""
        for at in range(index, min(self.count, index + 8)):
            low = self.low(at)
            if low in CLAUSE_ENDS or low in (",", "compared", "than", "from", "versus"):
                return ""
            if at in self.dated:
                last = at
                while last + 1 in self.dated or (self.low(last + 1) in ("and", "to") and last + 2 in self.dated):
                    last += 1
                return self.span(at, last + 1).quotation
            if (
                low in ("a", "per", "each", "every")
                and self.low(at + 1) in DURATIONS
                and self.low(at + 2) not in ("ago", "earlier", "later", "before", "after")
            ):
                return self.span(at, at + 2).quotation
            if (
                low in ("over", "in", "for", "within")
                and self.low(at + 1) in ("the", *UNITS)
                and self.low(at + 2) in DURATIONS
            ):
                return self.span(at, at + 3).quotation
        return ""

    def quantity(self, amount: _Amount) -> Quantity:
        span = self.span(amount.first, amount.last)
        is_comparison = amount.form == "multiple"
        direction = ""
        if is_comparison and self.low(amount.last - 1) in COMPARATIVES_DOWN:
            direction = "down"
        elif is_comparison and amount.value is not None:
            direction = "up" if amount.value > 1 else "down"
        return Quantity(
            span,
            amount.form,
            value=amount.value,
            maximum=amount.maximum,
            unit=amount.unit,
            comparator=amount.comparator,
            factor=amount.value if is_comparison else None,
            direction=direction,
            of=self.counted(amount.last),
            baseline=self.baseline(amount.last) if is_comparison else None,
            period=self.period(amount.last),
            parts=(self.span(amount.bare, amount.last),) if amount.bare > amount.first else (),
        )


NUMBERED = words(
    "article section resolution chapter boeing route flight room page level phase type formula group channel highway unit "
    "covid windows world apollo act title proposition line grade version part step airbus protocol directive"
)
YEAR_AFTER = words(
    "in since by of from until till to before after during through early late mid and or between the around about - – ("
)
SUBJECT_STOPS = (CONJUNCTIONS - words("and")) | words(
    "with said says say reported reports in on at by to from has have had was were is are"
)
BASELINE_STOPS = AUXILIARIES | words("and or to as according with after when on")
NOUN_STOPS = (
    AUXILIARIES
    | PREPOSITIONS
    | CONJUNCTIONS
    | DETERMINERS
    | WEEKDAYS
    | words("ago earlier later more less up down compared not it he she they we")
)


# What an amount can start with besides a figure: every other token is passed over at once.
AMOUNT_STARTS = frozenset(
    {sequence[0] for sequence in COMPARATORS}
    | UNITS.keys() | TENS.keys() | FOLD.keys() | MULTIPLY.keys() | ORDINALS.keys() | CURRENCIES.keys() | DOLLARS.keys()
    | CODES | PLURAL_SCALES | SUPERLATIVES | words("between a an half one twice thrice tens several no most least record")
)  # fmt: skip
CHANGE_STARTS = frozenset(MULTIPLY.keys() | CHANGE_NOUNS.keys() | UP | DOWN)


def _figure(word: str) -> Decimal | None:
    """11,000 and 3.5 and 1,234.5 as numbers; None for 1,2 and 1.2.3."""
    whole, _, fraction = word.partition(".")
    if "." in fraction or "," in fraction or not word.isascii():
        return None
    groups = whole.split(",")
    if len(groups) > 1 and not (0 < len(groups[0]) <= 3 and all(len(group) in (2, 3) for group in groups[1:])):
        return None
    # A number longer than any that news counts is a hostile string, and powers of ten that size are slow.
    return Decimal(whole.replace(",", "") + ("." + fraction if fraction else "")) if len(word) <= 40 else None


def _factor(amount: _Amount, direction: str) -> float | None:
    if amount.form not in ("percentage", "ratio") or amount.value is None or amount.maximum is not None:
        return None
    share = amount.value * 100 if amount.form == "ratio" else amount.value
    return round(1 + share / 100 * (1 if direction == "up" else -1), 6)
