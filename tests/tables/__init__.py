"""Tables of sentences and what is to be found in them, one row a line: the files beside this one say how to read them."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).resolve().parent


def table(name: str, *, separator: str = "") -> list[list[str]]:
    """The rows of a table, each cut at the first `separator` if there is one; lines with # in front are titles."""
    lines = (FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line and not line.startswith("#")]
    return [row.split(separator, 1) if separator else [row] for row in rows]
