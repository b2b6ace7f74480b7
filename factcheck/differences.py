"""What became of a text, word by word. Plain values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

import re2

MOST_PAIRS = 1_000_000  # of words, or of lines: what time goes with. With so many the worst texts take a second, and others a moment

Kind = Literal["same", "removed", "added"]


@dataclass(frozen=True, slots=True)
class Piece:
    kind: Kind
    text: str


def differences(before: str, after: str) -> list[Piece]:
    """Pieces in their order: those that are not `added` make up `before`, those that are not `removed` make up `after`.

    Long texts that have little in common are compared by line; where even that is too much, one stands whole after the other.
    """
    for cut in (_WORDS.findall, _lines):
        pieces = _compared(cut(before), cut(after))
        if pieces is not None:
            return list(_joined(pieces))
    return list(_whole(before, after))


_WORDS = re2.compile(r"[\pL\pM\pN_]+|\s+|[^\pL\pM\pN_\s]")


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def _whole(before: str, after: str) -> Iterator[Piece]:
    yield Piece("removed", before)
    yield Piece("added", after)


def _compared(a: Sequence[str], b: Sequence[str]) -> list[Piece] | None:
    """What they begin and end with is the same; what lies between is compared, if it is not too long for that."""
    head = _common(a, b)
    tail = _common(a[head:][::-1], b[head:][::-1])
    ours, theirs = a[head : len(a) - tail], b[head : len(b) - tail]
    if len(ours) * len(theirs) > MOST_PAIRS:
        return None
    pieces = [Piece("same", "".join(a[:head]))]
    # Spaces, which are everywhere, are no place to begin at; nor is what stands everywhere in a long text.
    for kind, i, j, k, m in SequenceMatcher(str.isspace, ours, theirs).get_opcodes():
        before, after = "".join(ours[i:j]), "".join(theirs[k:m])
        pieces += [Piece("same", before)] if kind == "equal" else _whole(before, after)
    return [*pieces, Piece("same", "".join(a[len(a) - tail :]))]


def _common(a: Sequence[str], b: Sequence[str]) -> int:
    return next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def _joined(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Changes that only a space keeps apart are one: "rose by" became "fell to", not two words twice."""
    removed = added = gap = ""
    for piece in (*pieces, Piece("same", "")):
        if piece.kind == "same" and piece.text and not piece.text.strip() and (removed or added):
            gap += piece.text
        elif piece.kind == "same":
            yield from (Piece(kind, text) for kind, text in _pair(removed, added) if text)
            removed = added = ""
            if gap + piece.text:
                yield Piece("same", gap + piece.text)
            gap = ""
        elif piece.text:
            removed += gap + (piece.text if piece.kind == "removed" else "")
            added += gap + (piece.text if piece.kind == "added" else "")
            gap = ""


def _pair(removed: str, added: str) -> tuple[tuple[Kind, str], tuple[Kind, str]]:
    return ("removed", removed), ("added", added)
