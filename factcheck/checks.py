"""Mistakes in our own declarations, found at start instead of by a request."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.core.files.storage import storages
from django.db import connections

from factcheck.database.pgvector import what_is_missing
from factcheck.errors import Problem


@register("api")
def check_api(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """Every route has its row in the tables of access, every shaped list can be made by the database, every ordering has its column."""
    return [
        Error(message, id=f"factcheck.{code}") for code, message in (*_of_access(), *_of_operations(), *_of_problems())
    ]


@register(Tags.security, deploy=True)
def check_fetching(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """Says which servers of our own network the fetcher was allowed to ask."""
    if not settings.FETCH_ALLOW:
        return []
    servers = ", ".join(sorted(f"{host}:{port}" for host, port in settings.FETCH_ALLOW))
    hint = (
        "Whoever may import articles can read what these servers answer, and admins can have webhooks sent there. "
        "Leave FETCH_ALLOW empty in production."
    )
    return [Warning(f"FETCH_ALLOW lets articles be fetched from {servers}.", hint=hint, id="factcheck.W001")]


@register(Tags.security, deploy=True)
def check_cache(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """A count that each process keeps for itself throttles nobody."""
    backend = str(settings.CACHES["default"]["BACKEND"])
    if not backend.endswith(("LocMemCache", "DummyCache")):
        return []
    hint = "Name a Valkey or Redis in CACHE_URL; with one as the broker it is the default."
    return [Error(f"Requests are counted in {backend}, by each process alone.", hint=hint, id="factcheck.E003")]


@register(Tags.security, deploy=True)
def check_email(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """Whoever listens between here and the server reads what the desk is told, and the password."""
    if not settings.EMAIL_HOST or settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL:
        return []
    hint = "Give EMAIL_URL ?tls=yes, or the scheme smtps."
    return [Warning(f"E-mails go to {settings.EMAIL_HOST} without TLS.", hint=hint, id="factcheck.W002")]


@register(Tags.files)
def check_evidence(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """Said at the start, and not by the first job that has something to keep."""
    try:
        storages["evidence"]
    except Exception as error:
        return [Error(f"EVIDENCE_STORAGE cannot be used: {type(error).__name__}: {error}"[:500], id="factcheck.E008")]
    return []


@register(Tags.database)
def check_vectors(app_configs: Any, databases: Collection[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Said by `migrate` before it begins, and by `check --database default`."""
    found: list[CheckMessage] = []
    for alias in databases or ():
        with connections[alias].cursor() as cursor:
            if missing := what_is_missing(cursor):
                found.append(Error(missing, id="factcheck.E009"))
    return found


def _of_access() -> Iterator[tuple[str, str]]:
    from factcheck import jobs, routes
    from factcheck.accounts.permissions import MeetsNeed

    unused = set(routes.table())
    for route in routes.walk():
        unused -= {str(route), f"* {route.address}"}
        try:
            routes.need_of(route.method, route.address)
        except ImproperlyConfigured as error:
            yield "E004", f"{error}"
        asked = getattr(route.callback, "initkwargs", {}).get("permission_classes")
        if route.cls and tuple(asked or route.cls.permission_classes) != (MeetsNeed,):
            yield "E005", f"{route}: {route.cls.__qualname__} decides by itself who may ask, instead of by its row"
    for row in sorted(unused):
        yield "E006", f"The row {row!r} speaks of no route"
    for kind in jobs.kinds().keys() ^ routes.jobs().keys():
        yield "E007", f"Jobs of the kind {kind!r} need a handler, and a row that says who may ask for them"


def _of_operations() -> Iterator[tuple[str, str]]:
    # Views need the URLs to be loaded, which need the settings checked: imported when the checks run.
    from drf_spectacular.generators import EndpointEnumerator

    from factcheck.api import pagination, shape

    for path, _, method, callback in EndpointEnumerator().get_api_endpoints():
        view: Any = callback.cls(**getattr(callback, "initkwargs", {}))
        view.request, view.format_kwarg, view.swagger_fake_view = None, None, True
        view.action = getattr(callback, "actions", {}).get(method.lower())
        view.kwargs = {}
        if view.action:
            setattr(view, method.lower(), getattr(view, view.action))
        try:
            if issubclass(callback.cls, shape.ShapedListMixin) and view.action == "list":
                model = view.queryset.model
                for column in pagination.orderings(view).values():
                    pagination.describe(model, column)
                shape.as_text(view.get_serializer_class(), model, {"request": None, "view": view})
        except (ImproperlyConfigured, FieldDoesNotExist) as error:
            yield "E001", f"{method} {path}: {error}"


def _of_problems() -> Iterator[tuple[str, str]]:
    seen: dict[str, type[Problem]] = {}
    waiting: list[type[Problem]] = [Problem]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        first = seen.setdefault(kind.code, kind)
        if (first.status, first.title) != (kind.status, kind.title):
            yield (
                "E002",
                f"{first.__qualname__} and {kind.__qualname__} share the code {kind.code!r} but not status and title",
            )
