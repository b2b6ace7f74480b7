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
from django.contrib.auth.signals import user_logged_in
from django.core.cache import cache
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

logger = logging.getLogger(__name__)

AWAY_SECONDS = 5  # that a cache which did not answer is left alone: each request would wait for it again
ADDRESSES_PER_NAME = 10  # one address may try this many times as often under several names: a newsroom shares one


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
    """Count an attempt to sign in before it is made, so that many at once are counted too."""
    return _note(request, [count(*limit) for limit in _sign_in_limits(request, username)])


def _sign_in_limits(request: HttpRequest, username: str) -> Iterable[tuple[str, str, Rate]]:
    address, rate = address_of(request), _rate("SIGN_IN")
    yield "sign-in", f"{address} {username.casefold()}", rate
    yield "sign-in-address", address, Rate(rate.requests * ADDRESSES_PER_NAME, rate.seconds)


def _note(request: HttpRequest, standings: Iterable[Standing | None]) -> Standing | None:
    noted = [standing for standing in standings if standing]
    request.standings = noted  # type: ignore[attr-defined]
    over = [standing for standing in noted if standing.is_over]
    return max(over, key=lambda standing: standing.reset_seconds, default=None)


@receiver(user_logged_in)
def _forgive_who_signed_in(request: HttpRequest | None = None, user: Any = None, **_: Any) -> None:
    if request is not None:
        under_this_name, of_this_address = _sign_in_limits(request, user.get_username())
        forgive(*under_this_name)
        # Not the guesses at other names: whoever has an account here could go on guessing after each sign-in of their own.
        forgive_one(*of_this_address)


# Edges


class Throttling:
    """Refuses guessing at the admin's sign-in, and says in every answer how its caller stands.

    The API counts in `factcheck.api.throttles`, where it knows whose token came. Source of the headers: IETF draft
    "RateLimit header fields for HTTP".
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        over = None
        if request.method == "POST" and request.path == reverse("admin:login"):
            over = count_sign_in(request, request.POST.get("username", ""))
        response = _refusal(request, over) if over else self.get_response(request)
        standings: list[Standing] = getattr(request, "standings", [])
        if standings:
            response["RateLimit-Policy"] = ", ".join(
                f'"{s.name}";q={s.rate.requests};w={s.rate.seconds}' for s in standings
            )
            response["RateLimit"] = ", ".join(f'"{s.name}";r={max(s.left, 0)};t={s.reset_seconds}' for s in standings)
        return response


def _refusal(request: HttpRequest, over: Standing) -> HttpResponse:
    minutes = -(-over.reset_seconds // 60)
    page = TemplateResponse(request, "429.html", {"minutes": minutes}, status=429)
    page["Retry-After"] = str(over.reset_seconds)
    return page.render()
