"""Words that compare: more than, at least, higher, the highest."""

from __future__ import annotations

from typing import Literal

from claims.extraction.base import Comparator
from claims.extraction.lexicon import words

Found = Comparator | Literal[""]  # "" where nothing compares

COMPARATORS: dict[tuple[str, ...], Comparator] = {
    ("more", "than"): "more_than",
    ("greater", "than"): "more_than",
    ("over",): "more_than",
    ("above",): "more_than",
    ("exceeding",): "more_than",
    ("in", "excess", "of"): "more_than",
    ("upwards", "of"): "more_than",
    ("well", "over"): "more_than",
    ("just", "over"): "more_than",
    ("slightly", "over"): "more_than",
    ("a", "little", "over"): "more_than",
    ("well", "above"): "more_than",
    ("just", "above"): "more_than",
    ("a", "little", "more", "than"): "more_than",
    ("slightly", "more", "than"): "more_than",
    ("just", "more", "than"): "more_than",
    ("far", "more", "than"): "more_than",
    ("north", "of"): "more_than",
    ("exceed",): "more_than",
    ("exceeds",): "more_than",
    ("exceeded",): "more_than",
    ("surpassed",): "more_than",
    ("surpasses",): "more_than",
    ("topped",): "more_than",
    ("tops",): "more_than",
    ("less", "than"): "less_than",
    ("fewer", "than"): "less_than",
    ("just", "under"): "less_than",
    ("well", "under"): "less_than",
    ("under",): "less_than",
    ("below",): "less_than",
    ("slightly", "under"): "less_than",
    ("a", "little", "under"): "less_than",
    ("a", "little", "less", "than"): "less_than",
    ("slightly", "less", "than"): "less_than",
    ("well", "below"): "less_than",
    ("just", "below"): "less_than",
    ("far", "less", "than"): "less_than",
    ("just", "shy", "of"): "less_than",
    ("at", "least"): "at_least",
    ("no", "fewer", "than"): "at_least",
    ("as", "few", "as"): "at_least",
    ("as", "little", "as"): "at_least",
    ("not", "fewer", "than"): "at_least",
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
    ("more", "or", "less"): "about",
    ("approaching",): "about",
    ("in", "the", "region", "of"): "about",
    ("somewhere", "around"): "about",
    ("an", "estimated"): "about",
    ("estimated",): "about",
    ("~",): "about",
    ("exactly",): "equal",
}

# Behind a verb these tell the level that was reached, not the size of the step: fell below 10 degrees.
LEVELS = words("below above under")

LONGEST_COMPARATOR = max(map(len, COMPARATORS))

COMPARATIVES_UP = words(
    "more higher greater larger bigger faster longer taller older heavier stronger better worse likelier better hotter "
    "costlier deadlier wider deeper dearer pricier warmer richer busier louder thicker brighter safer harder heavier"
)

COMPARATIVES_DOWN = words(
    "less fewer lower smaller slower shorter younger lighter weaker cheaper cooler colder narrower poorer quieter thinner"
)

SUPERLATIVES = words(
    "highest lowest largest biggest smallest fastest slowest worst deadliest oldest youngest longest shortest tallest "
    "richest poorest strongest weakest hottest coldest busiest greatest heaviest fewest wettest driest steepest bloodiest"
)
