"""How often somebody may ask, counted in the cache that all processes share.

Windows are cut by the clock, so that a count needs no lock: whoever counts first makes the key, everybody else raises it. Where
the cache is away, nobody is refused.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, NamedTuple

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse

logger = logging.getLogger(__name__)

AWAY_SECONDS = 5  # that a cache which did not answer is left alone: each request would wait for it again
# One address may try this many times as often under several names, since a newsroom shares one; and one name may be tried this many
# times as often from several addresses, which is beyond what one stranger alone can use up to lock somebody out.
SEVERAL = 10


class Rate(NamedTuple):
    requests: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Where somebody stands with one limit. `left` is below zero for a request that is one too many."""

    name: str
    rate: Rate
    left: int
    reset_seconds: int

    @property
    def is_over(self) -> bool:
        return self.left < 0


_asked_again_at = 0.0


def count(name: str, who: str, rate: Rate) -> Standing | None:
    """Count one request of `who` against the limit `name`. None when the cache is away."""
    now = time.time()
    counted = _ask(lambda: _raise(_key(name, who, rate, now), rate))
    if counted is None:
        return None
    return Standing(name, rate, rate.requests - counted, rate.seconds - int(now) % rate.seconds)


def forgive(name: str, who: str, rate: Rate) -> None:
    """Take back every request counted in the present window."""
    key = _key(name, who, rate, time.time())
    _ask(lambda: cache.delete(key))


def forgive_one(name: str, who: str, rate: Rate) -> None:
    key = _key(name, who, rate, time.time())

    def lower() -> None:
        with suppress(ValueError):  # the window in which it was counted is over
            cache.decr(key)

    _ask(lower)


def _raise(key: str, rate: Rate) -> int:
    cache.add(key, 0, timeout=2 * rate.seconds)
    try:
        return int(cache.incr(key))
    except ValueError:  # gone between the two: it was evicted, or this cache keeps nothing
        return 1


def _key(name: str, who: str, rate: Rate, now: float) -> str:
    # What clients send may be long and of any characters.
    return (
        f"throttle:{name}:{hashlib.sha256(who.encode('utf-8', 'replace')).hexdigest()[:32]}:{int(now) // rate.seconds}"
    )


def _ask(question: Callable[[], Any]) -> Any:
    global _asked_again_at
    if time.monotonic() < _asked_again_at:
        return None
    try:
        return question()
    except Exception as error:  # whatever a cache's client raises
        _asked_again_at = time.monotonic() + AWAY_SECONDS
        logger.warning("The cache is away; nobody is throttled for %d s: %s", AWAY_SECONDS, type(error).__name__)
        return None


# Who asks


def address_of(request: HttpRequest) -> str:
    """The client's address as the outermost trusted proxy saw it. Of IPv6 the network: one client has 2^64 addresses."""
    seen = request.META.get("REMOTE_ADDR", "")
    forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    if 0 < settings.TRUSTED_PROXIES <= len(forwarded):
        seen = forwarded[-settings.TRUSTED_PROXIES]
    try:
        address: IPv4Address | IPv6Address = ip_address(seen)
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or IPv6Address(int(address) >> 64 << 64)
    return str(address)


def _rate(name: str) -> Rate:
    return Rate(*getattr(settings, f"THROTTLE_{name}"))


def count_request(request: HttpRequest) -> Standing | None:
    """Count a request to the API: a user's own limits, or the one of an address. The standing that refuses it, if one does."""
    user: Any = request.user
    if user.is_authenticated:
        standings = [count("user", str(user.pk), _rate("USER"))]
        if request.method not in ("GET", "HEAD", "OPTIONS"):
            standings.append(count("writes", str(user.pk), _rate("WRITES")))
    else:
        standings = [count("anonymous", address_of(request), _rate("ANONYMOUS"))]
    return _note(request, standings)


def is_counted(request: HttpRequest) -> bool:
    return hasattr(request, "standings")


def count_sign_in(request: HttpRequest, username: str) -> Standing | None:
    """Count an attempt to sign in before it is made, so that many at once are counted too. The standing that refuses it, if one does."""
    *of_this_address, of_all_addresses = _sign_in_limits(request, username)
    standings = [count(*limit) for limit in of_this_address]
    if not any(standing and standing.is_over for standing in standings):
        standings.append(count(*of_all_addresses))
    return _note(request, standings)


def count_correction_request(request: HttpRequest) -> Standing | None:
    """Count what somebody whom nobody knows asks to be corrected: of their address, and of all together, since a person reads each."""
    counted: list[Standing] = list(getattr(request, "standings", []))
    standings = [count("corrections", address_of(request), _rate("CORRECTIONS"))]
    if not any(standing and standing.is_over for standing in standings):
        standings.append(count("corrections-of-all", "all", _rate("CORRECTIONS_OF_ALL")))
    over = _note(request, standings)
    request.standings = [*counted, *request.standings]  # type: ignore[attr-defined]
    return over


def forgive_sign_in(request: HttpRequest, username: str) -> None:
    """The password was right: what was counted for it here is taken back."""
    under_this_name, *wider = _sign_in_limits(request, username)
    forgive(*under_this_name)
    # Not the guesses at other names, nor those from elsewhere: whoever has an account could go on guessing after each sign-in.
    for limit in wider:
        forgive_one(*limit)


def _sign_in_limits(request: HttpRequest, username: str) -> list[tuple[str, str, Rate]]:
    address, name, rate = address_of(request), username.casefold(), _rate("SIGN_IN")
    wide = Rate(rate.requests * SEVERAL, rate.seconds)
    return [("sign-in", f"{address} {name}", rate), ("sign-in-address", address, wide), ("sign-in-name", name, wide)]


def _note(request: HttpRequest, standings: Iterable[Standing | None]) -> Standing | None:
    noted = [standing for standing in standings if standing]
    request.standings = noted  # type: ignore[attr-defined]
    over = [standing for standing in noted if standing.is_over]
    return max(over, key=lambda standing: standing.reset_seconds, default=None)


# Edges


class Throttling:
    """Says in every answer how its caller stands.

    The API counts in `factcheck.api.throttles`, where it knows whose token came; attempts to sign in are counted by the verb. Source of
    the headers: IETF draft "RateLimit header fields for HTTP".
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        standings: list[Standing] = getattr(request, "standings", [])
        if standings:
            response["RateLimit-Policy"] = ", ".join(
                f'"{s.name}";q={s.rate.requests};w={s.rate.seconds}' for s in standings
            )
            response["RateLimit"] = ", ".join(f'"{s.name}";r={max(s.left, 0)};t={s.reset_seconds}' for s in standings)
        return response
