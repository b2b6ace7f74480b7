from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from factcheck import throttles


class PerCaller(BaseThrottle):
    """Every endpoint has it. One that wants a narrower limit names its own classes beside this one."""

    over: throttles.Standing | None = None
    count = staticmethod(throttles.count_request)

    def allow_request(self, request: Request, view: Any) -> bool:
        # DRF has told Django's request who is asking.
        self.over = self.count(request._request)
        return self.over is None

    def wait(self) -> float | None:
        return float(self.over.reset_seconds) if self.over else None


class PerCorrectionRequest(PerCaller):
    """For what strangers ask of people."""

    count = staticmethod(throttles.count_correction_request)
