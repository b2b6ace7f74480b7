"""Figures that count nothing: parts of names, clock times, telephone numbers, addresses, years."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from claims.extraction.lexicon import AUXILIARIES, MONTHS, PREPOSITIONS, WEEKDAYS, words
from claims.extraction.quantities.numerals import SCALES, read_figure
from claims.extraction.quantities.units import CURRENCY_WORDS, MEASURES
from claims.extraction.tokens import Token, TokenReader

# With a capital, these are numbered: Article 5, Boeing 737, FTSE 100.
NUMBERED = words(
    "article section resolution chapter boeing route flight room page level phase type formula group channel highway unit "
    "covid windows world apollo act title proposition line grade version part step airbus protocol directive ftse nasdaq "
    "fortune dax nikkei stoxx russell psalm area bus tram train gate platform terminal pier camp block district ward zone "
    "order bill case decree law rule exhibit item lot squad "
    "force falcon leopard challenger mark model series season episode volume appendix annex table figure python java "
    "android galaxy playstation xbox euro expo agenda vision interstate autobahn studio dock sector"
)
STREETS = words(
    "street road avenue lane drive square boulevard way place court terrace crescent parkway highway st rd ave blvd row gardens"
)
STREETS_BEFORE = words("rue via calle avenida plaza piazza rua ulica strada corso")
YEAR_AFTER = words(
    "in since by of from until till to before after during through early late mid and or between the around about - – ("
)
# May touch a figure without making it a name: 30km, 4th, 2x, 40pc.
TOUCHING = (
    MEASURES | CURRENCY_WORDS.keys() | SCALES.keys() | words("x st nd rd th s pc pct pp ppt bps bp fold percent p c f")
)


class Identifiers(TokenReader):
    """Tells figures that count from those that name. Tokens inside `taken` spans belong to dates."""

    def __init__(
        self,
        text: str,
        offset: int,
        tokens: list[Token],
        taken: Iterable[tuple[int, int]],
        *,
        is_comma_decimal: bool = False,
    ):
        super().__init__(text, offset, tokens)
        self.is_comma_decimal = is_comma_decimal
        self.dated = set()
        spans = sorted(taken)
        at = 0
        for index, token in enumerate(tokens):
            while at < len(spans) and spans[at][1] <= token.start:
                at += 1
            if at < len(spans) and spans[at][0] <= token.start:
                self.dated.add(index)

    def figure(self, word: str) -> Decimal | None:
        return read_figure(word, is_comma_decimal=self.is_comma_decimal)

    def is_figure(self, index: int) -> bool:
        return 0 <= index < self.count and self.tokens[index].is_number

    def is_identifier(self, index: int) -> bool:
        """Whether the figure at `index` is part of a name, an address, a telephone number or a clock time."""
        return (
            self.is_glued(index)
            or self.is_clock(index)
            or self.is_telephone(index)
            or self.is_address(index)
            or (self.low(index - 1) == "." and self.low(index - 2) in ("no", "nos") and self.touches(index - 1))
        )

    def is_glued(self, index: int) -> bool:
        """F-16, Covid-19, #3, 9/11, 5G, number two."""
        before = self.low(index - 1)
        if before == "number":
            return True
        if before in ("#", "_") and self.touches(index):
            return True
        if before in ("'", "’", "‘") and self.touches(index) and len(self.tokens[index].word) == 2:
            return True  # the '80s
        if before == "." and self.touches(index) and self.touches(index - 1) and self.tokens[index - 2].is_word:
            return True  # BA.5
        if before in ("-", "/") and self.touches(index) and self.touches(index - 1):
            return before == "/" or self.tokens[index - 2].is_word
        if self.low(index + 1) == "/" and self.is_figure(index + 2) and self.touches(index + 1):
            return True
        return self.touches(index + 1) and self.tokens[index + 1].is_word and self.low(index + 1) not in TOUCHING

    def is_clock(self, index: int) -> bool:
        """10:30, 5 p.m., half past nine, nine o'clock."""
        after = self.low(index + 1)
        if after == ":" and self.is_figure(index + 2) and self.touches(index + 2):
            return True
        if self.low(index - 1) == ":" and self.is_figure(index - 2) and self.touches(index):
            return True
        if after in ("pm", "am", "gmt", "utc", "o'clock"):
            return True
        if self.low(index - 1) in ("past", "to") and self.low(index - 2) in ("half", "quarter"):
            return self.low(index - 1) == "past" or self.low(index - 3) in ("at", "a", "until", "by")
        return after in ("p", "a") and self.low(index + 2) == "." and self.low(index + 3) == "m"

    def is_telephone(self, index: int) -> bool:
        """0800 555 0199, +44 20 7946 0958: figures that follow each other, a zero in front, a plus."""
        word = self.tokens[index].word
        if word[0] == "0" and len(word) > 1 and word.isdigit():
            return True
        if self.low(index - 1) == "+" and self.touches(index):
            return True
        if (
            self.low(index + 1) == "-"
            and self.touches(index + 1)
            and self.is_figure(index + 2)
            and self.touches(index + 2)
        ):
            return self.tokens[index + 2].word[0] == "0" or self.low(index + 3) == "-"  # 555-0123, 978-3-16
        is_first = self.is_figure(index + 1) and index + 1 not in self.dated
        return is_first or (self.is_figure(index - 1) and index - 1 not in self.dated)

    def is_address(self, index: int) -> bool:
        """221 Baker Street."""
        if not (self.tokens[index].word.isdigit() and len(self.tokens[index].word) <= 5):
            return False
        if self.low(index + 1) in STREETS_BEFORE and self.tokens[index + 1].is_capitalised:
            return True
        for at in range(index + 1, min(self.count, index + 5)):
            if not self.tokens[at].is_capitalised:
                return False
            if self.low(at) in STREETS and at > index + 1:
                return True
        return False

    def is_name(self, index: int) -> bool:
        """Whether the figure numbers a thing: Article 5, Boeing 737, iPhone 15, S&P 500; or is a year on its own."""
        token = self.tokens[index]
        if not token.is_number:
            return self.is_named_word(index)
        before = self.tokens[index - 1] if index else None
        after = self.low(index + 1)
        is_measured = (
            after in SCALES or after in ("%", "percent", "per") or after in MEASURES or after in CURRENCY_WORDS
        )
        if before is not None and before.is_capitalised and before.low in NUMBERED:
            return True
        is_bare = before is not None and not is_measured and token.word.isdigit()
        if is_bare and (self.is_brand(index - 1) or self.is_numbered_name(index)):
            return True
        is_year = token.word.isdigit() and len(token.word) == 4 and "1500" <= token.word <= "2100"
        if not is_year or is_measured:
            return False
        if before is not None and before.low.endswith("'s"):
            return True
        return (
            before is None or before.low in YEAR_AFTER or before.low in MONTHS or after in ("", ",", ".", ")", "-", "–")
        )

    def is_brand(self, index: int) -> bool:
        """A word with capitals inside it, which a number right behind it belongs to: MAX, iPhone, S&P."""
        token = self.tokens[index]
        if token.is_capitalised and len(token.word) == 1:
            return self.low(index - 1) == "&"
        return token.is_word and token.word[1:] != token.word[1:].lower() and token.low not in CURRENCY_WORDS

    def is_numbered_name(self, index: int) -> bool:
        """Internet Explorer 6 is, Sweden 1 – 0: a small number that closes a name, before no word that it could count."""
        name, after = self.tokens[index - 1], self.tokens[index + 1] if index + 1 < self.count else None
        if index < 2 or len(self.tokens[index].word) > 3 or not name.is_capitalised or name.low in MONTHS:
            return False
        if self.low(index - 2) in PREPOSITIONS or name.low in WEEKDAYS or not self.tokens[index - 2].is_word:
            return False
        if after is not None and after.word in ("%", "-", "+", "$", "€", "£"):
            return False
        return after is None or not (after.is_word or after.is_number) or after.low in AUXILIARIES | PREPOSITIONS

    def is_named_word(self, index: int) -> bool:
        """The Group of Seven, the Three Gorges Dam: a number word with a capital inside the sentence, beside another."""
        if index == 0 or not self.tokens[index].is_capitalised or not self.tokens[index - 1].is_word:
            return False
        is_group = self.low(index - 1) == "of" and index > 1 and self.tokens[index - 2].is_capitalised
        behind = self.tokens[index + 1] if index + 1 < self.count else None
        return is_group or (behind is not None and behind.is_capitalised)
