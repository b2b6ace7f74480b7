"""What is recorded when an account is made or changed. A password is never told, only that it changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction

from factcheck.accounts.models import User
from factcheck.audit import events
from factcheck.audit.changes import state_of

UNTOLD = frozenset({"id", "password", "last_login", "date_joined"})

State = dict[str, Any]


def state_of_person(user: User) -> State:
    """Columns and roles of an account, without what nobody may read."""
    roles = sorted(user.groups.values_list("name", flat=True))
    return {name: value for name, value in state_of(user).items() if name not in UNTOLD} | {"roles": roles}


def record_saved(user: User, before: State | None, *, actor: User) -> None:
    """The event of an account that was made (`before` is None) or changed; nothing when nothing differs."""
    after = state_of_person(user)
    if before is None:
        events.record(user, "create", actor=actor, data={name: value for name, value in after.items() if value})
    elif changed := {name: [before[name], after[name]] for name in after if before[name] != after[name]}:
        events.record(user, "edit", actor=actor, data=changed)


def choose_emails(user: User, wanted: bool) -> User:
    """Whether somebody gets their notifications by e-mail too: for themselves to say."""
    with transaction.atomic():
        found = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        before = state_of_person(found)
        found.email_notifications = wanted
        found.save(update_fields=["email_notifications"])
        record_saved(found, before, actor=user)
    return found


@contextmanager
def watching_password(user_id: UUID | str, *, actor: User) -> Iterator[None]:
    """Whatever sets the password of this account within it is recorded, in one transaction with it."""
    with transaction.atomic():
        before = locked(user_id)
        yield
        if before and (after := User.objects.get(pk=before.pk)).password != before.password:
            words = "changed" if after.has_usable_password() else "removed"
            events.record(after, "change_password", actor=actor, data={"password": words})


def locked(user_id: UUID | str) -> User | None:
    """The account, which nobody else changes until this transaction is over; None where there is none, or no such key."""
    try:
        return User.objects.select_for_update(no_key=True).filter(pk=user_id).first()
    except ValidationError:
        return None
