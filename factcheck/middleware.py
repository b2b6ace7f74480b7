"""The request id: comes in with a sane `X-Request-Id` or is made here, goes out with every answer, stands in every log line."""

from __future__ import annotations

import logging
import string
from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponse

from factcheck.audit.origin import acting_through
from factcheck.ids import uuid7

HEADER = "X-Request-Id"
_SANE = frozenset(string.ascii_letters + string.digits + "._-")
_LONGEST = 64

_request_id: ContextVar[str] = ContextVar("request_id", default="-")


def current_request_id() -> str:
    """The id of the request being answered, or "-" outside of one."""
    return _request_id.get()


class RequestId:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get(HEADER, "")
        request_id = given if 1 <= len(given) <= _LONGEST and _SANE.issuperset(given) else str(uuid7())
        request.request_id = request_id  # type: ignore[attr-defined]
        reset = _request_id.set(request_id)
        try:
            # Whoever signs in with a token says so later on; threads serve one request after another.
            with acting_through("admin" if request.path.startswith("/admin/") else "session"):
                response = self.get_response(request)
        finally:
            _request_id.reset(reset)
        response[HEADER] = request_id
        return response


class RequestIdFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        # Django logs a refusal when this middleware is done with the request.
        request = getattr(record, "request", None)
        record.request_id = getattr(request, "request_id", _request_id.get())
        return True
