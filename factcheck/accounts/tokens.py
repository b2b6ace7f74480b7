"""The only writer of tokens."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from factcheck.accounts.models import Token, User, role_names
from factcheck.accounts.roles import SCOPES
from factcheck.audit import events
from factcheck.errors import FieldError, InvalidInput

SECRET_BYTES = 32
_USED_AT_RESOLUTION = timedelta(minutes=1)


class ScopeRefused(InvalidInput):
    code, title = "scope_refused", "These scopes cannot be given"


def issue(
    user: User, *, name: str, scopes: Iterable[str], expires_at: datetime | None = None, actor: User | None = None
) -> tuple[Token, str]:
    """A new token of `user` and its secret, `fc_...`, which cannot be read again.

    Raises ScopeRefused when a scope is unknown or beyond what the owner's roles allow, or when none is asked for.
    """
    asked = list(dict.fromkeys(scopes))
    held = user.scopes
    errors = [
        FieldError("unknown_scope", f"There is no scope {s!r}.", pointer="/scopes") for s in asked if s not in SCOPES
    ]
    errors += [
        FieldError(
            "scope_exceeds_owner",
            f"{user.username} does not hold the scope {s!r}.",
            pointer="/scopes",
        )
        for s in asked
        if s in SCOPES and s not in held
    ]
    if not asked:
        errors = [FieldError("required", "A token needs at least one scope.", pointer="/scopes")]
    if errors:
        raise ScopeRefused(" ".join(error.detail for error in errors), errors=errors)
    secret = "fc_" + secrets.token_urlsafe(SECRET_BYTES)
    with transaction.atomic():
        owner = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        token = Token.objects.create(
            user=user,
            name=name,
            prefix=secret[:10],
            digest=_digest(secret),
            scopes=asked,
            expires_at=expires_at,
        )
        events.record(owner, "issue_token", actor=actor, data={"token": str(token.pk), "name": name, "scopes": asked})
    return token, secret


@transaction.atomic
def revoke(token: Token, *, actor: User | None = None) -> Token:
    """Make the token useless from the next request on. Revoking twice keeps the first time."""
    owner = User.objects.select_for_update(no_key=True).get(pk=token.user_id)
    if Token.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
        events.record(owner, "revoke_token", actor=actor, data={"token": str(token.pk), "name": token.name})
    token.refresh_from_db(fields=["revoked_at"])
    return token


def find(secret: str) -> Token | None:
    """The live token of this secret with its owner and the owner's roles, or None when unknown, expired, revoked or its owner inactive."""
    now = timezone.now()
    live = Token.objects.filter(digest=_digest(secret), revoked_at=None, user__is_active=True)
    found = live.filter(Q(expires_at=None) | Q(expires_at__gt=now)).select_related("user")
    for token in found.annotate(owner_roles=role_names("user_id")).order_by():
        token.user.remember_roles(token.owner_roles)
        return token
    return None


def record_use(token: Token) -> None:
    """Note that the token was used. Written once a minute at most, or every read would be a write."""
    now = timezone.now()
    stale = now - _USED_AT_RESOLUTION
    if token.last_used_at is None or token.last_used_at < stale:
        Token.objects.filter(Q(last_used_at=None) | Q(last_used_at__lt=stale), pk=token.pk).update(last_used_at=now)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
