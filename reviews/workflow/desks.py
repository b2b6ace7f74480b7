"""Desks, their people, and the versions of policies and scales: kept by whoever keeps the accounts, who has no editorial right by it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max

from factcheck.accounts.models import User
from factcheck.audit import events
from factcheck.audit.changes import changes, state_of
from factcheck.errors import ActionForbidden, FieldError, InvalidInput
from reviews.models import Desk, DeskMembership, RatingScale, RatingScaleVersion, ReviewPolicy

POINT = {"code": str, "label": str, "rank": int | None, "polarity": int | float}


def add_policy(name: str, numbers: Mapping[str, Any], *, actor: User | None) -> ReviewPolicy:
    """The next version of the policy of this name, with these numbers (columns of `ReviewPolicy`); what is left out has its default."""
    _check_keeper(actor)
    known = {field.name for field in ReviewPolicy._meta.concrete_fields} - {"id", "created_at", "name", "number"}
    if unknown := sorted(numbers.keys() - known):
        raise InvalidInput(
            errors=[FieldError("unknown_field", f"A policy has no {n!r}.", pointer=f"/{n}") for n in unknown]
        )
    with transaction.atomic():
        policy = ReviewPolicy(name=name, number=_next(ReviewPolicy.objects.filter(name=name)), **numbers)
        policy.save(force_insert=True)
        events.record(policy, "create", actor=actor, data={"name": name, "number": policy.number, **numbers})
    return policy


def add_scale_version(name: str, points: list[dict[str, Any]], *, actor: User | None) -> RatingScaleVersion:
    """The next version of the scale of this name. Raises InvalidInput unless ranks run from 1 and every code is there once."""
    _check_keeper(actor)
    _check_points(points)
    with transaction.atomic():
        scale, _ = RatingScale.objects.get_or_create(name=name)
        version = RatingScaleVersion(scale=scale, number=_next(scale.versions.all()), points=points)
        version.save(force_insert=True)
        events.record(version, "create", actor=actor, data={"name": name, "number": version.number})
    return version


def save_desk(desk: Desk, *, members: Collection[User], actor: User | None) -> Desk:
    """Keep a desk, new or changed, with exactly these people."""
    _check_keeper(actor)
    with transaction.atomic():
        is_new = desk._state.adding
        before = None if is_new else state_of(Desk.objects.select_for_update().get(pk=desk.pk))
        desk.save()
        present = set(desk.memberships.values_list("user", flat=True))
        wanted = {user.pk for user in members}
        desk.memberships.filter(user__in=present - wanted).delete()
        for user_id in sorted(wanted - present):
            DeskMembership(desk=desk, user_id=user_id).save(force_insert=True)
        told: dict[str, Any] = {"name": desk.name} if before is None else dict(changes(before, desk))
        if wanted != present:
            names = dict(User.objects.filter(pk__in=wanted | present).values_list("pk", "username"))
            told["members"] = [sorted(names[pk] for pk in present), sorted(names[pk] for pk in wanted)]
        if told:
            events.record(desk, "create" if is_new else "edit", actor=actor, data=told)
    return desk


def _check_keeper(actor: User | None) -> None:
    if actor is not None and not actor.keeps_accounts:
        raise ActionForbidden("This is for those who keep the accounts.")


def _next(rows: Any) -> int:
    return int(rows.aggregate(last=Max("number"))["last"] or 0) + 1


def _check_points(points: list[dict[str, Any]]) -> None:
    errors = []
    for number, point in enumerate(points):
        for name, kind in POINT.items():
            if name not in point or not isinstance(point[name], kind):
                detail = f"A point has code, label, rank (null off the scale) and polarity; {name!r} is wrong here."
                errors.append(FieldError("invalid_point", detail, pointer=f"/points/{number}/{name}"))
    if not errors:
        ranks = sorted(point["rank"] for point in points if point["rank"] is not None)
        if ranks != list(range(1, len(ranks) + 1)) or len(ranks) < 2:
            errors.append(FieldError("invalid_ranks", "Ranks run from 1, two at least.", pointer="/points"))
        if len({point["code"] for point in points}) < len(points):
            errors.append(FieldError("repeated_code", "Every code is there once.", pointer="/points"))
    if errors:
        raise InvalidInput(errors=errors)
