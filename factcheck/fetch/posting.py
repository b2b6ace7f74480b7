"""A message of ours to somebody else's server: guarded like everything that is fetched, and sent nowhere else than it was addressed to."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse

from django.conf import settings

from factcheck.fetch.problems import FetchProblem, FetchRefused
from factcheck.fetch.reaching import addresses_of, failing_as_told, retry_after
from factcheck.fetch.targets import Target, read_target
from factcheck.fetch.wire import Limits, ask

MAX_ANSWER_BYTES = 500
# For the body of an answer whose status is known: what it says is kept for people, and decides nothing.
BODY_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Answered:
    """`body` is the beginning of what was answered; `retry_after_seconds` is how long the server asked to be left alone, if it did."""

    status: int
    body: bytes
    retry_after_seconds: float | None
    seconds: float


def check_receiver(url: str) -> str:
    """The URL as it would be sent to, without asking anybody. Raises BadUrl, FetchRefused."""
    return _target(url).url


def post(url: str, body: bytes, headers: Mapping[str, str], *, timeout_seconds: float) -> Answered:
    """POST once to a public address over https, or to one of `FETCH_ALLOW` over either. A redirect is an answer like any other.

    Raises BadUrl, FetchRefused, FetchFailed, FetchTimedOut, FetchTooLarge for a head that does not end: never for a status.
    """
    limits, started = Limits(url, timeout_seconds), time.monotonic()
    target = _target(url)
    with failing_as_told(target):
        response = ask(target, addresses_of(target, limits), headers, limits, method="POST", body=body)
        with closing(response):
            limits.end_within(BODY_SECONDS)
            said = _beginning(response, limits)
            return Answered(response.status, said, retry_after(response), time.monotonic() - started)


def _target(url: str) -> Target:
    target = read_target(url, settings.FETCH_ALLOW)
    if target.scheme != "https" and not target.is_allowed:
        raise FetchRefused(target.url, "only https is sent to")
    return target


def _beginning(response: HTTPResponse, limits: Limits) -> bytes:
    limits.allow(4 * MAX_ANSWER_BYTES + 64 * 1024, "the body")
    said = b""
    try:
        while len(said) < MAX_ANSWER_BYTES and (chunk := response.read1(MAX_ANSWER_BYTES - len(said))):
            said += chunk
    except (OSError, HTTPException, ValueError, FetchProblem):
        return said
    return said
