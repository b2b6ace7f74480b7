"""What is promised, and whether it is kept.

`make bench` measures on a quiet machine. With BENCH_DRY=1 it only shows that every benchmark still runs: it takes few rounds of small
sizes, whose figures mean nothing, and prints instead of failing.
"""

from __future__ import annotations

import os

DRY = os.environ.get("BENCH_DRY") == "1"


def size(name: str, usual: int, dry: int) -> int:
    """As the environment says, else the usual one."""
    return int(os.environ.get(name, dry if DRY else usual))


def met(is_met: bool, what: object) -> None:
    assert is_met or DRY, what
