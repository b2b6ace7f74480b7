"""The only writer of tokens."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from factcheck.accounts.models import Token, User
from factcheck.accounts.roles import SCOPES
from factcheck.accounts.secret_form import is_possible, new_secret
from factcheck.audit import events
from factcheck.database.prepared import Prepared
from factcheck.errors import ActionForbidden, ActionNotAllowed, FieldError, InvalidInput, StaleVersion

PREFIX_CHARS = 10  # of a secret: enough to recognise it, and nothing that a log line would hide
_USED_AT_RESOLUTION = timedelta(minutes=1)


class ScopeRefused(InvalidInput):
    code, title = "scope_refused", "These scopes cannot be given"


class Unchanged:
    """The `expires_at` of a rotation that leaves it as it was: None stands for never."""


UNCHANGED: Final = Unchanged()


def issue(
    user: User, *, name: str, scopes: Iterable[str], expires_at: datetime | None = None, actor: User | None = None
) -> tuple[Token, str]:
    """A new token of `user` and its secret, `fc_...`, which cannot be read again.

    Raises ActionForbidden when the actor may not make tokens for `user`, ScopeRefused when a scope is unknown or beyond what the
    owner's roles allow or when none is asked for, InvalidInput for an end that is over.
    """
    asked = list(dict.fromkeys(scopes))
    secret = new_secret()
    with transaction.atomic():
        # Under this lock the admin changes roles: whoever is demoted meanwhile is asked for what they hold afterwards.
        owner = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        _check_may_know_the_secret(actor, owner)
        _check_scopes(owner, asked)
        _check_end(expires_at)
        token = Token.objects.create(
            user=owner,
            name=name,
            prefix=secret[:PREFIX_CHARS],
            digest=_digest(secret),
            scopes=asked,
            expires_at=expires_at,
        )
        told = {"owner": owner.username, "name": name, "scopes": asked, "expires_at": _told(expires_at)}
        events.record(token, "issue", actor=actor, data=told)
    return token, secret


@transaction.atomic
def rotate(
    token: Token,
    *,
    expires_at: datetime | Unchanged | None = UNCHANGED,
    actor: User | None = None,
    version: int | None = None,
) -> tuple[Token, str]:
    """The same token under a new secret, which is returned beside it. The old secret is worth nothing from the next request on.

    Raises ActionForbidden when the actor may not know the secret, StaleVersion when the token moved since `version`, ActionNotAllowed when
    it is revoked, InvalidInput when its end, as it is or as it is to be, is over.
    """
    token = _locked(token)
    _check_may_know_the_secret(actor, token.user)
    _check_version(token, version)
    if token.revoked_at:
        raise ActionNotAllowed("This token is revoked for good. Make a new one.")
    end = token.expires_at if isinstance(expires_at, Unchanged) else expires_at
    _check_end(end)
    secret = new_secret()
    told: dict[str, list[str | None]] = {"prefix": [token.prefix, secret[:PREFIX_CHARS]]}
    if end != token.expires_at:
        told["expires_at"] = [_told(token.expires_at), _told(end)]
    token.prefix, token.digest, token.expires_at = secret[:PREFIX_CHARS], _digest(secret), end
    # Shows when the new secret has arrived where it is used.
    token.last_used_at = None
    _save(token, "prefix", "digest", "expires_at", "last_used_at")
    events.record(token, "rotate", actor=actor, data=told)
    return token, secret


@transaction.atomic
def revoke(token: Token, *, actor: User | None = None, version: int | None = None) -> Token:
    """Make the token useless from the next request on. Revoking twice keeps the first time.

    Raises ActionForbidden when it is somebody else's and the actor keeps no accounts, StaleVersion when it moved since `version`.
    """
    token = _locked(token)
    if actor and actor.pk != token.user_id and not actor.keeps_accounts:
        raise ActionForbidden("Only its owner and those who keep the accounts revoke a token.")
    _check_version(token, version)
    if token.revoked_at is None:
        token.revoked_at = timezone.now()
        _save(token, "revoked_at")
        events.record(token, "revoke", actor=actor, data={"revoked_at": [None, _told(token.revoked_at)]})
    return token


def visible_to(user: User) -> QuerySet[Token]:
    """One's own; everybody's for those who keep the accounts."""
    return Token.objects.all() if user.keeps_accounts else Token.objects.filter(user=user)


def live(now: datetime | None = None) -> Q:
    """Neither revoked nor at its end. What a live token may do is for its owner's roles to say."""
    return Q(revoked_at=None) & (Q(expires_at=None) | Q(expires_at__gt=now or timezone.now()))


_LIVE = Prepared(lambda digest, now: Token.objects.filter(live(now), digest=digest), digest=str, now=datetime)


def find(secret: str) -> Token | None:
    """The live token of this secret with its owner and the owner's roles, or None when unknown, expired, revoked or its owner inactive."""
    if not is_possible(secret):
        return None
    for token in _LIVE.objects(digest=_digest(secret), now=timezone.now()):
        owner = User.objects.find(token.user_id)
        if owner is not None and owner.is_active:
            token.user = owner
            return token
    return None


def record_use(token: Token) -> None:
    """Note that the token was used. Written once a minute at most, or every read would be a write."""
    now = timezone.now()
    stale = now - _USED_AT_RESOLUTION
    if token.last_used_at is None or token.last_used_at < stale:
        unknown = Q(last_used_at=None) | Q(last_used_at__lt=stale)
        # By its digest too: the last use of a secret that was rotated away meanwhile is not the new one's first.
        Token.objects.filter(unknown, pk=token.pk, digest=token.digest).update(last_used_at=now)


def _locked(token: Token) -> Token:
    return Token.objects.select_for_update(no_key=True, of=("self",)).select_related("user").get(pk=token.pk)


def _save(token: Token, *fields: str) -> None:
    token.version += 1
    token.save(update_fields=[*fields, "version"])


def _check_may_know_the_secret(actor: User | None, owner: User) -> None:
    """Whoever knows a secret acts under its owner's name: a person's is for them alone, a machine's for those who keep accounts."""
    if actor is None or actor.pk == owner.pk or (owner.is_machine and actor.keeps_accounts):
        return
    raise ActionForbidden("A person's tokens are made by themselves, a machine's by those who keep the accounts.")


def _check_scopes(owner: User, asked: list[str]) -> None:
    held = owner.scopes
    errors = [
        FieldError("unknown_scope", f"There is no scope {s!r}: {', '.join(SCOPES)}.", pointer="/scopes")
        for s in asked
        if s not in SCOPES
    ]
    errors += [
        FieldError("scope_exceeds_owner", f"{owner.username} does not hold the scope {s!r}.", pointer="/scopes")
        for s in asked
        if s in SCOPES and s not in held
    ]
    if not asked:
        errors = [FieldError("required", "A token needs at least one scope.", pointer="/scopes")]
    if errors:
        raise ScopeRefused(" ".join(error.detail for error in errors), errors=errors)


def _check_end(expires_at: datetime | None) -> None:
    if expires_at and expires_at <= timezone.now():
        detail = f"{expires_at.isoformat()} is over: give a time to come, or null for a token that works until it is revoked."
        raise InvalidInput(detail, errors=[FieldError("in_the_past", detail, pointer="/expires_at")])


def _check_version(token: Token, version: int | None) -> None:
    """Under the lock on the token."""
    if version is not None and token.version != version:
        last = events.events(token).select_related("actor").last()
        raise StaleVersion(
            f"You saw version {version}; it is at version {token.version} now.",
            current_version=token.version,
            changed_at=last.at if last else token.created_at,
            changed_by=last.actor.get_username() if last and last.actor else None,
            changed_fields=sorted({name for event in events.since(token, version) for name in event.data}),
        )


def _told(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
