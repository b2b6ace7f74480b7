"""The request id: comes in with a sane `X-Request-Id` or is made here, goes out with every answer, stands in every log line.

Jobs carry the id of the request that queued them: their log lines and events have it too.
"""

from __future__ import annotations

import logging
import string
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponse

from factcheck import metrics
from factcheck.audit.origin import acting_through, current_origin
from factcheck.ids import uuid7

HEADER = "X-Request-Id"
_SANE = frozenset(string.ascii_letters + string.digits + "._-")
_LONGEST = 64
_PROBES = ("/healthz", "/readyz", "/metrics")

logger = logging.getLogger("factcheck.access")

_request_id: ContextVar[str] = ContextVar("request_id", default="-")


def current_request_id() -> str:
    """The id of the request being answered, or "-" outside of one."""
    return _request_id.get()


@contextmanager
def on_behalf_of(request_id: str) -> Iterator[None]:
    """Within it this is the request being answered; an empty id stands for none."""
    before = _request_id.set(request_id or "-")
    try:
        yield
    finally:
        _request_id.reset(before)


class RequestId:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get(HEADER, "")
        request_id = given if 1 <= len(given) <= _LONGEST and _SANE.issuperset(given) else str(uuid7())
        request.request_id = request_id  # type: ignore[attr-defined]
        started = time.perf_counter()
        # Whoever signs in with a token says so later on; threads serve one request after another.
        with on_behalf_of(request_id), acting_through("admin" if request.path.startswith("/admin/") else "session"):
            response = self.get_response(request)
            seconds = time.perf_counter() - started
            metrics.observe(request, response.status_code, seconds)
            _log(request, response, seconds)
        response[HEADER] = request_id
        return response


def _log(request: HttpRequest, response: HttpResponse, seconds: float) -> None:
    is_routine = request.path in _PROBES and response.status_code == 200
    fields = {
        "method": request.method,
        "path": request.path,  # not the query: people search for names
        "status": response.status_code,
        "milliseconds": round(seconds * 1000),
        "through": current_origin(),
    }
    logger.log(
        logging.DEBUG if is_routine else logging.INFO,
        "%(method)s %(path)s %(status)s in %(milliseconds)s ms",
        fields,
        extra={"fields": fields},
    )


class RequestIdFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        # Django logs a refusal when this middleware is done with the request.
        request = getattr(record, "request", None)
        record.request_id = getattr(request, "request_id", _request_id.get())
        return True
