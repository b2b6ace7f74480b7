"""Number words: what counts, scales, divides and orders; and figures as numbers."""

from __future__ import annotations

from decimal import Decimal

from claims.extraction.lexicon import words

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
    "woman man female person people nation state city company team player president minister woman european asian african black "
    "deadliest busiest richest poorest most term place person case death victim attack round attempt such in country"
)


# Where 1.200 is more than a thousand and 5,8 less than six.
COMMA_DECIMALS = words(
    "de fr es it pt nl pl sv da no nb nn fi is cs sk hu ro bg el tr ru uk be sr hr bs sl mk lt lv et ca gl eu id vi az kk ka hy"
)
# And where people who speak one of these write as the English do.
POINT_DECIMALS = words("es-mx es-us es-gt es-hn es-ni es-sv es-pa es-do es-pr de-ch de-li it-ch")


def is_comma_decimal(language: str) -> bool:
    """Whether a comma stands in front of the decimals in this language, a BCP 47 tag."""
    tag = language.lower()
    return tag.partition("-")[0] in COMMA_DECIMALS and tag not in POINT_DECIMALS


_SWAPPED = str.maketrans(".,", ",.")


def read_figure(word: str, *, is_comma_decimal: bool = False) -> Decimal | None:
    """11,000 and 3.5 and 1,234.5 and 3,50 as numbers; None for 1,2 and 1.2.3. `is_comma_decimal`: 11.000 and 3,5 and 1.234,5."""
    if is_comma_decimal:
        word = word.translate(_SWAPPED)
    whole, _, fraction = word.partition(".")
    if "." in fraction or "," in fraction or not word.isascii():
        return None
    groups = whole.split(",")
    if len(groups) == 2 and len(groups[1]) == 2 and not fraction and not is_comma_decimal:
        return Decimal(f"{groups[0]}.{groups[1]}") if len(word) <= 40 else None  # 3,50 euros
    is_grouped = 0 < len(groups[0]) <= 3 and len(groups[-1]) == 3 and all(len(group) in (2, 3) for group in groups[1:])
    if len(groups) > 1 and not is_grouped:
        return None
    # A number longer than any that news counts is a hostile string, and powers of ten that size are slow.
    return Decimal(whole.replace(",", "") + ("." + fraction if fraction else "")) if len(word) <= 40 else None
