"""A POST that is sent again with the same `Idempotency-Key` acts once, and is answered as the first time. Source: the IETF draft
`Idempotency-Key` header field, and what Stripe made of it.

The answer is kept in the transaction of the write itself: there is never a write without its answer, nor the other way round. A
second request waits at the row that the first has not committed yet, and then finds the answer, or nothing if the first was
refused: refused requests are not kept and may be repeated.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import orjson
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from psycopg.errors import LockNotAvailable
from rest_framework.request import Request
from rest_framework.response import Response

from factcheck.accounts.models import Token
from factcheck.accounts.permissions import actor_of
from factcheck.api.concurrency import InvalidHeader, is_guarded, seen_tag
from factcheck.api.problems import Later
from factcheck.api.renderers import RawJSON, dumps
from factcheck.errors import FieldError, Problem
from factcheck.models import IdempotencyRecord

HEADER, REPLAYED = "Idempotency-Key", "Idempotency-Replayed"
KEPT_HOURS = 24
MAX_KEY_CHARS = 255
KEPT_HEADERS = ("Location", "ETag")
RETRY_AFTER_SECONDS = 2


class IdempotencyInProgress(Problem):
    code, status, title = "idempotency_in_progress", 409, "The first request with this key is still being answered"
    Extra = Later


class IdempotencyKeyReused(Problem):
    code, status, title = "idempotency_key_reused", 422, "This key was used for another body"


class Repeatable:
    """For views: gives every POST its `Idempotency-Key`. Whoever may not make the request is refused before the key is looked at,
    so that a kept answer is read by nobody who may not ask any more.

    Members of an answer named in `shown_once` are not kept: when the request is repeated they are null.
    """

    post: Callable[..., Response]
    shown_once: tuple[str, ...] = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        view: Any = super()
        view.initial(request, *args, **kwargs)
        # Nobody but its caller may read a kept answer: strangers, who cannot be told apart, have none.
        if request.method == "POST" and request.user.is_authenticated and (key := key_of(request)) is not None:
            self.post = partial(once, key, self.post, self.shown_once, is_guarded(self, request.method))


def key_of(request: Request) -> str | None:
    """The key of the request. Raises InvalidHeader for what is none."""
    key: str | None = request.headers.get(HEADER)
    if key is not None and not (1 <= len(key) <= MAX_KEY_CHARS and all("!" <= each <= "~" for each in key)):
        detail = f"{HEADER} has 1 to {MAX_KEY_CHARS} visible ASCII characters."
        raise InvalidHeader(detail, errors=[FieldError("invalid", detail, header=HEADER)])
    return key


def once(
    key: str,
    act: Callable[..., Response],
    shown_once: tuple[str, ...],
    needs_version: bool,
    request: Request,
    *args: Any,
    **kwargs: Any,
) -> Response:
    """The answer of `act`, or the one that it gave to this caller, address and key within a day, `shown_once` left out.

    Raises IdempotencyKeyReused (422) when that request had another body, IdempotencyInProgress (409) when it takes longer than a lock
    may be waited for. Without the If-Match that `act` needs, it is refused as the first would have been.
    """
    record_id, body = scope_of(request, key), hashlib.sha256(request._request.body).hexdigest()
    with transaction.atomic():
        if not _take(record_id, request, body):
            if needs_version:
                seen_tag(request)
            return _replay(record_id, body)
        response = act(request, *args, **kwargs)
        if response.status_code >= 400:
            transaction.set_rollback(True)
            return response
        if not isinstance(response.data, RawJSON):
            response.data = RawJSON(b"" if response.data is None else dumps(response.data))
        IdempotencyRecord.objects.filter(pk=record_id).update(
            status=response.status_code,
            answer=_without(shown_once, response.data),
            headers={name: response[name] for name in KEPT_HEADERS if name in response},
        )
    return response


def _without(members: tuple[str, ...], body: bytes) -> bytes:
    told = orjson.loads(bytes(body)) if members else {}
    hidden = dict.fromkeys(told.keys() & set(members))
    return dumps(told | hidden) if hidden else body


def scope_of(request: Request, key: str) -> str:
    """Where a key counts: for this user through this token (or a session), at this address."""
    through = str(request.auth.pk) if isinstance(request.auth, Token) else "session"
    return hashlib.sha256("\n".join([str(actor_of(request).pk), through, request.path, key]).encode()).hexdigest()


_TAKE = """
    INSERT INTO factcheck_idempotencyrecord (id, user_id, body_sha256, created_at, headers)
    VALUES (%(id)s, %(user)s, %(body)s, %(now)s, '{}')
    ON CONFLICT (id) DO UPDATE
        SET body_sha256 = EXCLUDED.body_sha256, created_at = EXCLUDED.created_at, status = NULL, answer = NULL, headers = '{}'
        WHERE factcheck_idempotencyrecord.created_at < %(oldest)s
"""


def _take(record_id: str, request: Request, body: str) -> bool:
    """Is this the first request of its kind, or the first after the day is over? Waits for one that is under way."""
    now = timezone.now()
    values = {"id": record_id, "user": actor_of(request).pk, "body": body, "now": now, "oldest": _oldest(now)}
    try:
        with connection.cursor() as cursor:
            cursor.execute(_TAKE, values)
            return cursor.rowcount == 1
    except OperationalError as error:
        if not isinstance(error.__cause__, LockNotAvailable):
            raise
        detail = "The first request with this key has not been answered yet. Ask again."
        raise IdempotencyInProgress(detail, retry_after_seconds=RETRY_AFTER_SECONDS) from None


def _replay(record_id: str, body: str) -> Response:
    record = IdempotencyRecord.objects.filter(pk=record_id).first()
    if record is None:  # forgotten between the two statements
        raise IdempotencyInProgress("This key is being forgotten. Ask again.", retry_after_seconds=RETRY_AFTER_SECONDS)
    if record.body_sha256 != body:
        detail = "Another body was sent with this key. A new request needs a new key."
        raise IdempotencyKeyReused(detail, errors=[FieldError("idempotency_key_reused", detail, header=HEADER)])
    return Response(RawJSON(record.answer or b""), status=record.status, headers=record.headers | {REPLAYED: "true"})


def forget() -> int:
    """Delete what is older than a day. Returns how many."""
    count, _ = IdempotencyRecord.objects.filter(created_at__lt=_oldest(timezone.now())).delete()
    return count


def _oldest(now: Any) -> Any:
    return now - timedelta(hours=KEPT_HOURS)
