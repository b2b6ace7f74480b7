"""A text cut into paragraphs, and these into pieces that lie in the same claims. Plain values; offsets are code points."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a paragraph. `inside` holds the numbers of the spans that cover it, the innermost last; `opens` those that begin here."""

    text: str
    inside: tuple[int, ...] = ()
    opens: tuple[int, ...] = ()


def paragraphs(text: str, spans: Sequence[tuple[int, int]]) -> list[list[Piece]]:
    """The paragraphs of `text` (blank lines lie between them), each as pieces whose texts join to it.

    Spans may nest, overlap, repeat and run over paragraphs; a piece names them by their position in `spans`. Of two that cover the
    same piece, the shorter one counts as inner.
    """
    opening: dict[int, list[int]] = defaultdict(list)
    closing: dict[int, list[int]] = defaultdict(list)
    for number, (start, end) in enumerate(spans):
        opening[start].append(number)
        closing[end].append(number)
    cuts = sorted(opening.keys() | closing.keys())

    found = []
    active: set[int] = set()
    waiting: list[int] = []  # opened where nothing is shown (between paragraphs): they begin with the next piece
    position = 0
    for start, end in _blocks(text):
        pieces = []
        at = start
        while at < end:
            while position < len(cuts) and cuts[position] <= at:
                active.difference_update(closing[cuts[position]])
                active.update(opening[cuts[position]])
                waiting += opening[cuts[position]]
                position += 1
            until = min(cuts[position], end) if position < len(cuts) else end
            inside = tuple(sorted(active, key=lambda n: (spans[n][0] - spans[n][1], n)))
            pieces.append(Piece(text[at:until], inside, tuple(n for n in waiting if n in active)))
            waiting = []
            at = until
        found.append(pieces)
    return found


def starts(text: str) -> list[int]:
    """Where each of the paragraphs begins."""
    return [start for start, _ in _blocks(text)]


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """Where the paragraphs are: between runs of two or more line feeds, as the stored text has them."""
    start = 0
    while start < len(text):
        if text[start] == "\n":
            start += 1
            continue
        end = text.find("\n\n", start)
        end = len(text) if end < 0 else end
        yield start, end
        start = end
