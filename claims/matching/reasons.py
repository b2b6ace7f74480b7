"""Why two claims are offered as one, and what speaks against it, in words that a person can check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from claims.matching.guard import Difference, Kind, Statement, facts
from claims.matching.wording import stem

For = Literal["wording", "words_shared", "same_numbers", "same_dates", "names_shared"]
MOST_WORDS = 5


@dataclass(frozen=True, slots=True)
class Reason:
    """`words` are what both have in common; for `wording` the similarity of the whole, as a number from 0.00 to 1.00."""

    code: For
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Against:
    """A kind of difference, with the words that have no partner: `ours` of the claim, `theirs` of what it was compared with."""

    code: Kind
    ours: tuple[str, ...]
    theirs: tuple[str, ...]


def reasons(ours: Statement, theirs: Statement, similarity: float, text_rank: int | None) -> tuple[Reason, ...]:
    """What speaks for it. `text_rank` is the place among those that share its rarest words, None for a place far down."""
    one, other = facts(ours), facts(theirs)
    numbers = [f.words for f in one.figures if any(f.equals(g) for g in other.figures)]
    dates = [m.words for m in one.moments if any(m.equals(n) for n in other.moments)]
    known = {stem(low) for low in other.lows}
    names = [name for name in one.names if all(stem(part) in known for part in name.lower().split())]
    named = {stem(part) for name in one.names for part in name.lower().split()}
    shared = [word for word in one.words if word in other.words and word not in named] if text_rank else []
    found = [
        ("wording", [f"{similarity:.2f}"]),
        ("same_numbers", numbers),
        ("same_dates", dates),
        ("names_shared", names),
    ]
    found.append(("words_shared", shared))
    return tuple(Reason(code, tuple(dict.fromkeys(words))[:MOST_WORDS]) for code, words in found if words)  # type: ignore[arg-type]


def against(differences: Sequence[Difference]) -> tuple[Against, ...]:
    """What speaks against it."""
    return tuple(Against(each.kind, each.ours[:MOST_WORDS], each.theirs[:MOST_WORDS]) for each in differences)
