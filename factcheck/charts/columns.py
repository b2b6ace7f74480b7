"""Numbers by day, and their table. Plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 420, 120  # of the picture's own units
FOOT = 16  # of them for the names of the days
LEAST = 2  # what is more than nothing is seen


@dataclass(frozen=True, slots=True)
class Bar:
    series: int
    x: float
    y: float
    width: float
    height: float
    words: str


@dataclass(frozen=True, slots=True)
class Chart:
    """`rows` is its table: the name of a group, and the value of each series in it."""

    title: str
    series: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    bars: tuple[Bar, ...]
    ticks: tuple[tuple[float, str], ...]  # where a group's name is written below it
    top: str  # the greatest value, in words
    width: int = WIDTH
    height: int = HEIGHT
    floor: int = HEIGHT - FOOT


def chart(
    title: str,
    series: Sequence[str],
    groups: Sequence[tuple[str, Sequence[int]]],
    *,
    most: int | None = None,
    named: int = 1,
) -> Chart:
    """Each group of values as bars side by side; every `named`th group, counted from the last, has its name below. A value of `most`
    may be more, and says so."""

    def said(value: int) -> str:
        return f"{value:,}{'+' if most is not None and value >= most else ''}"

    top = max((value for _, values in groups for value in values), default=0)
    floor, step = HEIGHT - FOOT, WIDTH / max(len(groups), 1)
    width = round(step * 0.8 / len(series), 2)
    bars = []
    for number, (name, values) in enumerate(groups):
        for index, value in enumerate(values):
            height = round(max(value / top * (floor - FOOT), LEAST), 2) if value else 0
            x = round(number * step + step * 0.1 + index * width, 2)
            bars.append(
                Bar(index, x, round(floor - height, 2), width, height, f"{name}: {said(value)} {series[index]}")
            )
    ticks = tuple(
        (round(number * step + step / 2, 2), name)
        for number, (name, _) in enumerate(groups)
        if (len(groups) - 1 - number) % named == 0
    )
    rows = tuple((name, tuple(said(value) for value in values)) for name, values in groups)
    return Chart(title, tuple(series), rows, tuple(bars), ticks, said(top))
