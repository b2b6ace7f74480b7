"""The desk as a client of the API: what is done here is asked of the route that everybody else asks, in the same process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

import orjson
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest
from django.urls import resolve

from factcheck.api.renderers import dumps


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    told: Mapping[str, Any]  # the body; of a refusal, its problem document

    @property
    def is_done(self) -> bool:
        return self.status < 400

    @property
    def is_stale(self) -> bool:
        return self.told.get("code") == "stale_version"

    @property
    def stale(self) -> dict[str, Any]:
        """Who was first, as `factcheck/conflict.html` shows it."""
        return {**self.told, "changed_at": datetime.fromisoformat(self.told["changed_at"])}


def ask(
    request: HttpRequest, method: str, address: str, said: Mapping[str, Any], *, seen: str = "", key: str = ""
) -> Answer:
    """What the API answers to whoever sent `request`, whose CSRF token was checked when it came in.

    `seen` is what If-Match names; `key` makes a second click answer as the first.
    """
    body = dumps(said)
    headers = {"HTTP_IF_MATCH": f'"{seen}"'} if seen else {}
    headers |= {"HTTP_IDEMPOTENCY_KEY": key} if key else {}
    inner: Any = WSGIRequest(
        {name: value for name, value in request.META.items() if not name.startswith(("HTTP_IF_", "HTTP_AUTHORIZATION"))}
        | {
            "REQUEST_METHOD": method, "PATH_INFO": address, "QUERY_STRING": "", "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)), "HTTP_ACCEPT": "application/json", "wsgi.input": BytesIO(body),
        }
        | headers
    )  # fmt: skip
    inner.user, inner.session, inner.csrf_processing_done = request.user, request.session, True
    inner.resolver_match = match = resolve(address)
    response = match.func(inner, *match.args, **match.kwargs)
    if hasattr(response, "render"):
        response.render()
    return Answer(response.status_code, orjson.loads(response.content or b"{}"))
