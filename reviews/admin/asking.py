"""The desk as a client of the API: what is done here is asked of the route that everybody else asks, in the same process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from typing import Any

import orjson
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest
from django.urls import resolve

from factcheck.api.renderers import dumps
from factcheck.api.uploads import Upload


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
    return _asked(request, method, address, dumps(said), "application/json", seen, key)


def ask_with_file(
    request: HttpRequest, address: str, said: Mapping[str, str], file: Upload | None, *, key: str = ""
) -> Answer:
    """The same of a form with a file: a POST of multipart/form-data."""
    # The same form has the same bytes, by which a second click is known.
    boundary = sha256(b"\0".join([*map(str.encode, said.values()), file.payload if file else b""])).hexdigest()
    parts = [_part(boundary, f'name="{name}"', value.encode()) for name, value in said.items()]
    if file is not None:
        name = file.name.replace("\\", "\\\\").replace('"', '\\"').replace("\r", " ").replace("\n", " ")
        parts.append(_part(boundary, f'name="file"; filename="{name}"', file.payload))
    body = b"".join(parts) + f"--{boundary}--\r\n".encode()
    return _asked(request, "POST", address, body, f"multipart/form-data; boundary={boundary}", "", key)


def _part(boundary: str, disposition: str, content: bytes) -> bytes:
    return f"--{boundary}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n".encode() + content + b"\r\n"


def _asked(
    request: HttpRequest, method: str, address: str, body: bytes, content_type: str, seen: str, key: str
) -> Answer:
    headers = {"HTTP_IF_MATCH": f'"{seen}"'} if seen else {}
    headers |= {"HTTP_IDEMPOTENCY_KEY": key} if key else {}
    inner: Any = WSGIRequest(
        {name: value for name, value in request.META.items() if not name.startswith(("HTTP_IF_", "HTTP_AUTHORIZATION"))}
        | {
            "REQUEST_METHOD": method, "PATH_INFO": address, "QUERY_STRING": "", "CONTENT_TYPE": content_type,
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
