"""The cast of the demo: enough people to take a claim through a disagreement to a correction."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.models import Group
from django.db import transaction

from factcheck.accounts.models import User

PASSWORD = "factcheck-demo"  # of every demo user; printed by load_demo

CAST: dict[str, tuple[str, ...]] = {
    "ada": ("importer", "triager"),
    "finn": ("researcher",),
    "ben": ("reviewer",),
    "cleo": ("reviewer",),
    "ivy": ("reviewer",),
    "dana": ("adjudicator",),
    "emil": ("editor",),
    "gwen": ("editor",),
    "hal": ("corrections",),
    "uma": ("auditor",),
    "admin": ("admin",),
}


@transaction.atomic
def load_cast() -> list[User]:
    """The demo users with their roles. One that exists keeps what it has; only its missing roles are added."""
    # A hash takes a third of a second. One for all of them tells nobody what everybody knows.
    hashed = cache(partial(make_password, PASSWORD))
    return [_load(username, roles, hashed) for username, roles in CAST.items()]


def _load(username: str, roles: tuple[str, ...], hashed: Callable[[], str]) -> User:
    is_admin = "admin" in roles
    user, is_new = User.objects.get_or_create(
        username=username,
        defaults={
            "first_name": "" if is_admin else username.title(),
            "email": f"{username}@example.org",
            "is_staff": True,
            "is_superuser": is_admin,
        },
    )
    if is_new:
        user.password = hashed()
        user.save(update_fields=["password"])
    user.groups.add(*Group.objects.filter(name__in=roles))
    return user


def has_demo_password(user: User) -> bool:
    return _is_of_all(user.password)


@cache
def _is_of_all(encoded: str) -> bool:
    return check_password(PASSWORD, encoded)
