"""Desks, their people, and the versions of policies and scales: kept by whoever keeps the accounts, who has no editorial right by it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from django.db import connection, transaction
from django.db.models import Max

from claims.sources.urls import canonical_url
from factcheck.accounts.models import User
from factcheck.audit import events
from factcheck.audit.chain import digest
from factcheck.audit.changes import changes, state_of
from factcheck.errors import ActionForbidden, ActionNotAllowed, FieldError, InvalidInput
from reviews.facts import Stage
from reviews.models import Desk, DeskMembership, RatingScale, RatingScaleVersion, ReviewPolicy
from reviews.staffing import Person, Shortage, can_staff
from reviews.workflow.people import terms_of

POINT = {"code": (str,), "label": (str,), "rank": (int, type(None)), "polarity": (int, float)}
MOST_CHARS = {"code": 40, "label": 100}  # a verdict's rating is a code
LEAST = {
    "seats": 2, "seats_high_risk": 2, "min_origins": 1, "lease_hours": 1, "reply_days": 1, "discussion_rounds": 1, "correction_ack_days": 1,
    "correction_resolve_days": 1,
}  # fmt: skip
MOST = 32767  # of the database's columns
MOST_ADDRESS_CHARS = 200
MEMBERS = ("name", "publisher_name", "publisher_url", "policy", "scale")


def add_policy(name: str, numbers: Mapping[str, Any], *, actor: User | None) -> ReviewPolicy:
    """The next version of the policy of this name, with these numbers (columns of `ReviewPolicy`); what is left out has its default."""
    _check_keeper(actor)
    _check_numbers(numbers)
    with _alone_with_versions_of(ReviewPolicy, name):
        policy = ReviewPolicy(name=name, number=_next(ReviewPolicy.objects.filter(name=name)), **numbers)
        policy.save(force_insert=True)
        events.record(policy, "create", actor=actor, data={"name": name, "number": policy.number, **numbers})
    return policy


def add_scale_version(name: str, points: list[dict[str, Any]], *, actor: User | None) -> RatingScaleVersion:
    """The next version of the scale of this name. Raises InvalidInput unless ranks run from 1 and every code is there once."""
    _check_keeper(actor)
    _check_points(points)
    with _alone_with_versions_of(RatingScale, name):
        scale, _ = RatingScale.objects.get_or_create(name=name)
        version = RatingScaleVersion(scale=scale, number=_next(scale.versions.all()), points=points)
        version.save(force_insert=True)
        events.record(version, "create", actor=actor, data={"name": name, "number": version.number})
    return version


def add_other_policy(name: str, numbers: Mapping[str, Any], *, actor: User | None) -> ReviewPolicy:
    """The same, and InvalidInput where there is one with exactly these numbers: a second click makes no second version."""
    with _alone_with_versions_of(ReviewPolicy, name):
        if same := same_policy(name, numbers):
            raise InvalidInput(f"{same} has exactly these numbers.")
        return add_policy(name, numbers, actor=actor)


def add_other_scale_version(name: str, points: list[dict[str, Any]], *, actor: User | None) -> RatingScaleVersion:
    with _alone_with_versions_of(RatingScale, name):
        if same := same_scale(name, points):
            raise InvalidInput(f"{same} has exactly these points.")
        return add_scale_version(name, points, actor=actor)


def load_desk(wanted: Any, *, joining: Collection[User] = (), actor: User | None) -> Desk:
    """A desk as `seeds/desk.json` has one, with those who are there and those who join: new, or with its next versions where they differ.

    A version that is equal to an earlier one is not made again. Raises InvalidInput, whose errors point into `wanted`.
    """
    try:
        policy, scale = dict(wanted["policy"]), wanted["scale"]
        name, policy_name, points = wanted["name"], policy.pop("name"), scale["points"]
        scale_name = scale["name"]
    except KeyError as error:
        raise InvalidInput(f"there is no {error}.") from None
    except (TypeError, AttributeError, ValueError):
        raise InvalidInput("it is no object, or its policy or scale is none.") from None
    _check_members({"": (wanted, MEMBERS), "/scale": (scale, ("name", "points"))})
    told = {"/name": name, "/policy/name": policy_name, "/scale/name": scale_name}
    told |= {f"/{part}": wanted.get(part, "") for part in ("publisher_name", "publisher_url")}
    _check_words(told)
    _check_keeper(actor)
    with transaction.atomic():
        desk = Desk.objects.filter(name=name).first()
        if desk is None:
            _wait_for(Desk, name)
            desk = Desk.objects.filter(name=name).first() or Desk(name=name)
        desk.publisher_name, desk.publisher_url = told["/publisher_name"], told["/publisher_url"]
        with _below("/policy"), _alone_with_versions_of(ReviewPolicy, policy_name):
            desk.policy = same_policy(policy_name, policy) or add_policy(policy_name, policy, actor=actor)
        with _below("/scale"), _alone_with_versions_of(RatingScale, scale_name):
            desk.scale = same_scale(scale_name, points) or add_scale_version(scale_name, points, actor=actor)
        present = [] if desk._state.adding else User.objects.filter(memberships__desk=desk)
        return save_desk(desk, members=[*present, *joining], actor=actor)


def definition_of(desk: Desk) -> dict[str, Any]:
    """What `load_desk` takes, of a desk that is there."""
    return {
        "name": desk.name,
        "publisher_name": desk.publisher_name,
        "publisher_url": desk.publisher_url,
        "policy": {"name": desk.policy.name, **numbers_of(desk.policy)},
        "scale": {"name": desk.scale.scale.name, "points": desk.scale.points},
    }


def tag_of(desk: Desk) -> str:
    """Changes with whatever `save_desk` keeps."""
    people = sorted(str(pk) for pk in desk.memberships.values_list("user", flat=True))
    kept = [desk.name, desk.publisher_name, desk.publisher_url, str(desk.policy_id), str(desk.scale_id), people]
    return digest(kept)


@contextmanager
def changing(desk_id: Any, seen: str) -> Iterator[Desk]:
    """The desk under its lock, if it is as its `tag_of` said when somebody looked. Raises ActionNotAllowed."""
    with transaction.atomic():
        desk = Desk.objects.select_for_update(of=("self",)).select_related("policy", "scale__scale").get(pk=desk_id)
        if tag_of(desk) != seen:
            raise ActionNotAllowed("Somebody changed this desk after you had opened the page. Nothing was saved.")
        yield desk


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


def staffing_of(desk: Desk, policy: ReviewPolicy) -> dict[str, Shortage | None]:
    """By risk, what the desk's present people lack to take a claim through a disagreement under this policy."""
    users = User.objects.with_roles().filter(memberships__desk=desk, is_active=True, is_machine=False)
    people = [Person(str(user.pk), frozenset(user.roles)) for user in users]
    seats = {"normal": policy.seats, "high": policy.seats_high_risk}
    return {risk: can_staff(people, seats=number, lead=None, **terms_of(policy)) for risk, number in seats.items()}


NUMBERS = tuple(
    field.name
    for field in ReviewPolicy._meta.concrete_fields
    if field.name not in ("id", "created_at", "name", "number")
)


def numbers_of(policy: ReviewPolicy) -> dict[str, Any]:
    return {name: getattr(policy, name) for name in NUMBERS}


def same_policy(name: str, numbers: Mapping[str, Any]) -> ReviewPolicy | None:
    """The newest version with exactly these numbers; what is left out is the default."""
    wanted = numbers_of(ReviewPolicy()) | dict(numbers)
    # Another desk's file may have given this name its last version.
    versions = ReviewPolicy.objects.filter(name=name).order_by("-number")
    return next((version for version in versions if numbers_of(version) == wanted), None)


def same_scale(name: str, points: Any) -> RatingScaleVersion | None:
    versions = RatingScaleVersion.objects.filter(scale__name=name).order_by("-number")
    return next((version for version in versions if version.points == points), None)


@contextmanager
def _alone_with_versions_of(model: type[Any], name: str) -> Iterator[None]:
    """Two at once would look for an equal version before either has made one, and count to the same number."""
    with transaction.atomic():
        _wait_for(model, name)
        yield


def _wait_for(model: type[Any], name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"{model._meta.db_table} {name}"])


@contextmanager
def _below(place: str) -> Iterator[None]:
    """Errors of a part point into the whole."""
    try:
        yield
    except InvalidInput as problem:
        raise InvalidInput(errors=[replace(e, pointer=f"{place}{e.pointer}") for e in problem.errors]) from None


def _check_members(told: Mapping[str, tuple[Mapping[str, Any], Collection[str]]]) -> None:
    """What is misspelt would count as left out, and erase what a desk has."""
    errors = [
        FieldError("unknown_field", f"There is no {name!r}.", pointer=f"{pointer}/{name}")
        for pointer, (members, known) in told.items()
        for name in members
        if name not in known
    ]
    if errors:
        raise InvalidInput(errors=errors)


def _check_words(told: Mapping[str, Any]) -> None:
    errors = []
    for pointer, words in told.items():
        most = 100 if pointer.endswith("/name") else 200
        is_optional = pointer.startswith("/publisher")
        if pointer == "/publisher_url" and isinstance(words, str) and "\0" not in words:
            continue  # see `_check_address`
        if not isinstance(words, str) or not (is_optional or words.strip()) or len(words) > most or "\0" in words:
            errors.append(FieldError("invalid", f"It is a text of up to {most} characters.", pointer=pointer))
    if errors:
        raise InvalidInput(errors=errors)


def _check_keeper(actor: User | None) -> None:
    if actor is not None and not actor.keeps_accounts:
        raise ActionForbidden("This is for those who keep the accounts.")


def _check_address(url: str) -> None:
    """Pages of fact-checks have theirs below it."""
    detail = (
        "It is the beginning of addresses: http or https, a host, perhaps a path, and nothing of `user@`, `?` or `#`, "
        f"in up to {MOST_ADDRESS_CHARS} characters."
    )
    try:
        is_short = len(url) <= MOST_ADDRESS_CHARS
        is_right = not url or (is_short and bool(canonical_url(url)) and not {"?", "#"} & set(url))
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
    if not errors:
        told = numbers_of(ReviewPolicy()) | dict(numbers)
        if told["correction_resolve_days"] < told["correction_ack_days"]:
            words = "Nothing is resolved before it is acknowledged: not less than correction_ack_days."
            errors.append(FieldError("invalid", words, pointer="/correction_resolve_days"))
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
        for name in sorted(point.keys() - POINT.keys()):
            words = f"A point has no {name!r}."
            errors.append(FieldError("unknown_field", words, pointer=f"/points/{number}/{name}"))
        for name, kind in POINT.items():
            if name not in point or type(point[name]) not in kind:
                detail = f"A point has code, label, rank (null off the scale) and polarity; {name!r} is wrong here."
                errors.append(FieldError("invalid_point", detail, pointer=f"/points/{number}/{name}"))
            elif name in MOST_CHARS and not 1 <= len(point[name].strip()) <= len(point[name]) <= MOST_CHARS[name]:
                detail = f"A {name} is a text of up to {MOST_CHARS[name]} characters."
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
