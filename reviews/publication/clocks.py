"""How readers' requests are dealt with, in numbers that anybody may know. Plain values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KeptInTime:
    """`in_time` of the `n` whose time is over or that were done; the share is None, with a `reason`, where there are none."""

    in_time: int
    n: int
    share: float | None
    reason: str | None = None  # `none_yet`


@dataclass(frozen=True, slots=True)
class CorrectionClocks:
    received: int
    acknowledged_in_time: KeptInTime
    resolved_in_time: KeptInTime
