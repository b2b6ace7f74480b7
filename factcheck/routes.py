"""The addresses of the installation as Django resolves them, and the row of the tables of access that speaks of each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import import_module
from typing import Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.urls import URLPattern, get_resolver
from django.utils.module_loading import module_has_submodule

from factcheck.accounts.needs import Need, Table, nobody
from factcheck.accounts.roles import ROLES

SAFE = ("GET", "HEAD", "OPTIONS")
UNKNOWN_KIND = nobody("No table says who may ask for jobs of this kind.")


@cache
def table() -> Table:
    """The rows of all apps. Raises ImproperlyConfigured where two speak of one route."""
    return _together("ROUTES")


@cache
def jobs() -> Table:
    """Who may ask for work, again or no more, by kind of job."""
    return _together("JOBS")


def _together(name: str) -> Table:
    found: Table = {}
    for app in apps.get_app_configs():
        if module_has_submodule(app.module, "access"):
            rows: Table = getattr(import_module(f"{app.name}.access"), name, {})
            if twice := found.keys() & rows.keys():
                raise ImproperlyConfigured(f"{app.name}.access: another app has rows for {sorted(twice)}")
            found |= rows
    return found


def need_of(method: str, address: str) -> Need:
    """What a request asks for, by its method and the address's template. Raises ImproperlyConfigured for one without a row."""
    rows, wanted = table(), "GET" if method == "HEAD" else method
    if need := rows.get(f"{wanted} {address}") or rows.get(f"* {address}"):
        return need
    raise ImproperlyConfigured(f"No row of the tables of access speaks of {method} {address}")


def need_of_page(method: str, address: str) -> Need:
    """The same, for views that may not look at the method: to them, all that is not GET is POST."""
    return need_of("GET" if method in SAFE else "POST", address)


def need_of_job(kind: str) -> Need:
    return jobs().get(kind, UNKNOWN_KIND)


@lru_cache(maxsize=1024)
def template_of(route: str) -> str:
    """A route of Django's, or a path of the OpenAPI document, as the tables write it: `/api/v1/claims/{id}`."""
    # It imports the admin, for which it is too early while the apps are loaded.
    from django.contrib.admindocs.views import simplify_regex

    shown = re.sub(r"<(?:var|url)>", "{rest}", simplify_regex(route)) if "{" not in route else route
    return re.sub(r"<[^>]+>|\{(?!rest\})[^}]+\}", "{id}", shown)


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one address. `cls` is the view of the REST framework behind it, which knows its methods; other views take any."""

    method: str
    address: str
    callback: Callable[..., Any]
    cls: type[Any] | None

    def __str__(self) -> str:
        return f"{self.method} {self.address}"


def walk(patterns: Any = None, prefix: str = "") -> Iterator[Route]:
    """Every route of the installation, as the resolver has them."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(pattern.pattern)
        if not isinstance(pattern, URLPattern):
            yield from walk(pattern.url_patterns, route)
            continue
        cls = getattr(pattern.callback, "cls", None)
        for method in _methods(pattern.callback, cls) if cls else ("GET", "POST"):
            yield Route(method, template_of(route), pattern.callback, cls)


def _methods(callback: Any, cls: Any) -> list[str]:
    # The REST framework adds HEAD to the actions at the first request.
    known = getattr(callback, "actions", None) or [name for name in cls.http_method_names if hasattr(cls, name)]
    return [name.upper() for name in known if name.upper() not in ("HEAD", "OPTIONS")]


def by_need() -> dict[str, tuple[tuple[str, ...], list[str]]]:
    """The rows of the API by what they ask for: the roles that have it (none: no role is asked), and the routes."""
    base = "/api/v1"
    found: dict[str, tuple[tuple[str, ...], list[str]]] = {}
    for row, need in table().items():
        method, _, address = row.partition(" ")
        if address.startswith(f"{base}/"):
            able = need.able_roles if need.scopes else ()
            found.setdefault(str(need), (able, []))[1].append(f"{method} {address.removeprefix(base)}")
    return {need: (able, sorted(rows)) for need, (able, rows) in sorted(found.items())}


def as_markdown() -> str:
    """The same for the README."""
    rows = [
        f"| {need} | {_names(able)} | {', '.join(f'`{row}`' for row in found)} |"
        for need, (able, found) in by_need().items()
    ]
    return "\n".join(["| asks for | roles that have it | routes |", "| --- | --- | --- |", *rows])


def _names(roles: tuple[str, ...]) -> str:
    return "all" if roles == tuple(ROLES) else ", ".join(roles) or "–"
