"""Which words of a text find others like it: the rarest, and no more of them than the database can look through at once."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

MOST_LEXEMES = 10  # more of them find hardly anything else
# Rows that one search may rank: they take some three milliseconds, however many claims there are.
MOST_ROWS = 1_000
TOGETHER = 3  # words that are frequent even one by one are looked for together

# PostgreSQL's dictionaries by language. Others are searched word by word as they stand.
CONFIGURATIONS = {
    "": "english", "ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "el": "greek", "en": "english", "es": "spanish",
    "et": "estonian", "eu": "basque", "fi": "finnish", "fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian", "hy": "armenian",
    "id": "indonesian", "it": "italian", "lt": "lithuanian", "ne": "nepali", "nb": "norwegian", "nl": "dutch", "no": "norwegian",
    "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian", "sv": "swedish", "ta": "tamil",
    "tr": "turkish", "yi": "yiddish",
}  # fmt: skip


def configuration(language: str) -> str:
    """PostgreSQL's text search configuration for a BCP 47 tag; English where nothing is known."""
    return CONFIGURATIONS.get(language.partition("-")[0].lower(), "simple")


@dataclass(frozen=True, slots=True)
class Frequencies:
    """In which share of `rows` texts a lexeme stands, as far as that is known; the others are rarer than all of these."""

    rows: float = 0.0
    shares: Mapping[str, float] = field(default_factory=dict)
    rarest: float = 0.0

    def rows_with(self, lexeme: str) -> float:
        return self.rows * self.shares.get(lexeme, self.rarest)


@dataclass(frozen=True, slots=True)
class Search:
    """A query of the database's full text search, and what each lexeme is worth where it is found."""

    query: str
    weights: tuple[tuple[str, float], ...]


def search_for(lexemes: Iterable[str], frequencies: Frequencies) -> Search | None:
    """What to look for; None where there is no word. Rare words count for more: the logarithm of how rare."""
    by_rarity = sorted(set(lexemes), key=lambda lexeme: (frequencies.rows_with(lexeme), -len(lexeme), lexeme))
    if not by_rarity:
        return None
    chosen, rows = [], 0.0
    for lexeme in by_rarity[:MOST_LEXEMES]:
        rows += frequencies.rows_with(lexeme)
        if rows > MOST_ROWS:
            break
        chosen.append(lexeme)
    joint = " | " if chosen else " & "
    chosen = chosen or by_rarity[:TOGETHER]
    weights = tuple((quoted(each), _weight(frequencies.rows_with(each), frequencies.rows)) for each in chosen)
    return Search(joint.join(lexeme for lexeme, _ in weights), weights)


def quoted(lexeme: str) -> str:
    """A lexeme as `tsquery` reads it, whatever stands in it."""
    escaped = lexeme.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def _weight(rows_with: float, rows: float) -> float:
    return 1.0 + math.log((rows + 1) / (min(rows_with, rows) + 1))
