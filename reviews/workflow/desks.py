"""Desks, their people, and the versions of policies and scales: kept by whoever keeps the accounts, who has no editorial right by it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max

from claims.sources.urls import canonical_url
from factcheck.accounts.models import User
from factcheck.audit import events
from factcheck.audit.changes import changes, state_of
from factcheck.errors import ActionForbidden, FieldError, InvalidInput
from reviews.facts import Stage
from reviews.models import Desk, DeskMembership, RatingScale, RatingScaleVersion, ReviewPolicy

POINT = {"code": str, "label": str, "rank": int | None, "polarity": int | float}
LEAST = {
    "seats": 2, "seats_high_risk": 2, "min_origins": 1, "lease_hours": 1, "reply_days": 1, "discussion_rounds": 1, "correction_ack_days": 1,
    "correction_resolve_days": 1,
}  # fmt: skip
MOST = 32767  # of the database's columns
MAX_URL_CHARS = 200  # of the database's column


def add_policy(name: str, numbers: Mapping[str, Any], *, actor: User | None) -> ReviewPolicy:
    """The next version of the policy of this name, with these numbers (columns of `ReviewPolicy`); what is left out has its default."""
    _check_keeper(actor)
    _check_numbers(numbers)
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
    """Keep a desk, new or changed, with exactly these people. Raises InvalidInput where no address can stand below its publisher's."""
    _check_keeper(actor)
    _check_address(desk.publisher_url)
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


def _check_address(url: str) -> None:
    """Pages of fact-checks have theirs below it."""
    detail = (
        "It is the beginning of addresses: http or https, a host, perhaps a path, and nothing of `user@`, `?` or `#`."
    )
    try:
        is_right = not url or (bool(canonical_url(url)) and not {"?", "#"} & set(url) and len(url) <= MAX_URL_CHARS)
    except ValueError as error:
        is_right, detail = False, f"{detail} This one: {error}."
    if not is_right:
        raise InvalidInput(errors=[FieldError("invalid", detail, pointer="/publisher_url")])


def _next(rows: Any) -> int:
    return int(rows.aggregate(last=Max("number"))["last"] or 0) + 1


def _check_numbers(numbers: Mapping[str, Any]) -> None:
    known = {field.name for field in ReviewPolicy._meta.concrete_fields} - {"id", "created_at", "name", "number"}
    errors = []
    for name, value in sorted(numbers.items()):
        if name not in known:
            errors.append(FieldError("unknown_field", f"A policy has no {name!r}.", pointer=f"/{name}"))
        elif name == "hours_by_stage":
            errors += _hours_that_are_wrong(value)
        elif name not in LEAST and type(value) is not bool:
            errors.append(FieldError("invalid", f"It is true or false, not {value!r}.", pointer=f"/{name}"))
        elif name in LEAST and not (type(value) is int and LEAST[name] <= value <= MOST):
            words = f"It is a whole number from {LEAST[name]} to {MOST}, not {value!r}."
            errors.append(FieldError("invalid", words, pointer=f"/{name}"))
    if errors:
        raise InvalidInput(errors=errors)


def _hours_that_are_wrong(hours: Any) -> list[FieldError]:
    if not isinstance(hours, dict):
        return [FieldError("invalid", "It has hours for stages.", pointer="/hours_by_stage")]
    errors = []
    for stage, value in hours.items():
        if stage not in list(Stage):
            words = f"There is no stage {stage!r}: {', '.join(Stage)}."
        elif type(value) not in (int, float) or not 0 < value <= MOST:
            words = f"It is a number of hours from 0 to {MOST}, not {value!r}."
        else:
            continue
        errors.append(FieldError("invalid", words, pointer=f"/hours_by_stage/{stage}"))
    return errors


def _check_points(points: list[dict[str, Any]]) -> None:
    if not (isinstance(points, list) and all(isinstance(point, dict) for point in points)):
        raise InvalidInput(errors=[FieldError("invalid", "It is a list of points.", pointer="/points")])
    errors = []
    for number, point in enumerate(points):
        for name, kind in POINT.items():
            if name not in point or not isinstance(point[name], kind):
                detail = f"A point has code, label, rank (null off the scale) and polarity; {name!r} is wrong here."
                errors.append(FieldError("invalid_point", detail, pointer=f"/points/{number}/{name}"))
            elif name == "polarity" and not -1 <= point[name] <= 1:
                detail = f"Polarity is from -1 to 1, not {point[name]}."
                errors.append(FieldError("invalid_point", detail, pointer=f"/points/{number}/{name}"))
    if not errors:
        ranks = sorted(point["rank"] for point in points if point["rank"] is not None)
        if ranks != list(range(1, len(ranks) + 1)) or len(ranks) < 2:
            detail = "Ranks run 1, 2, 3 ... without a gap or a repetition, two at least."
            errors.append(FieldError("invalid_ranks", detail, pointer="/points"))
        if len({point["code"] for point in points}) < len(points):
            errors.append(FieldError("repeated_code", "Every code is there once.", pointer="/points"))
    if errors:
        raise InvalidInput(errors=errors)
