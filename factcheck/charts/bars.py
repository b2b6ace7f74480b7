"""Bars, as numbers that a template writes into an SVG. Plain values: the table beside each says the same, and is what is read aloud."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

WIDTH = 640
LABEL_WIDTH = 205
VALUE_WIDTH = 90  # behind the longest bar
BAR_HEIGHT = 16
GAP = 12
LABEL_CHARS = 30


@dataclass(frozen=True, slots=True)
class Bar:
    series: int  # which of the chart's, from 1
    x: float
    y: float
    width: float
    words: str
    words_x: float
    words_y: float


@dataclass(frozen=True, slots=True)
class Group:
    label: str
    label_y: float
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """`zero` is where bars begin. `series` are the names for a legend, none where there is one series only."""

    width: int
    height: int
    zero: float
    label_x: int
    groups: tuple[Group, ...]
    series: tuple[str, ...]


def bars(rows: Iterable[tuple[str, Mapping[str, tuple[float | None, str]]]], *, most: float | None = None) -> Chart:
    """A group of bars for each row: its label, and by series a value and how it is said. Without a value there are only the words.

    They reach from zero, or from the least where that is below it, to `most`, or the greatest.
    """
    given = [(label, dict(values)) for label, values in rows]
    numbers = [value for _, values in given for value, _ in values.values() if value is not None]
    low, high = min([0.0, *numbers]), max([0.0 if most is None else most, *numbers])
    scale = (WIDTH - LABEL_WIDTH - VALUE_WIDTH) / ((high - low) or 1)
    zero = LABEL_WIDTH - low * scale
    groups, y = [], float(GAP)
    names = tuple(dict.fromkeys(name for _, values in given for name in values))
    for label, values in given:
        groups.append(_group(label, values, names, zero, scale, y))
        y += BAR_HEIGHT * max(len(values), 1) + GAP
    return Chart(WIDTH, round(y), round(zero, 1), LABEL_WIDTH - 8, tuple(groups), names if len(names) > 1 else ())


def _group(
    label: str,
    values: Mapping[str, tuple[float | None, str]],
    names: Sequence[str],
    zero: float,
    scale: float,
    y: float,
) -> Group:
    found = []
    for number, (name, (value, words)) in enumerate(values.items()):
        length, top = (value or 0) * scale, y + number * BAR_HEIGHT
        end = max(zero, zero + length)
        place = round(top + BAR_HEIGHT - 4, 1)
        found.append(
            Bar(
                names.index(name) + 1, round(min(zero, zero + length), 1), round(top, 1), round(abs(length), 1), words,
                round(end + 6, 1), place,
            )
        )  # fmt: skip
    middle = y + BAR_HEIGHT * max(len(values), 1) / 2 + 4
    shown = label if len(label) <= LABEL_CHARS else label[: LABEL_CHARS - 1] + "…"
    return Group(shown, round(middle, 1), tuple(found))
