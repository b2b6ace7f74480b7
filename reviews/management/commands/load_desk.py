from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from factcheck.accounts.models import User
from factcheck.audit.origin import acting_through
from factcheck.errors import InvalidInput, Problem
from reviews.models import Desk, DeskMembership, RatingScaleVersion, ReviewPolicy
from reviews.workflow import desks

SEED = settings.BASE_DIR / "seeds" / "desk.json"
LIKE_THIS = "seeds/desk.json shows what is expected."


class Command(BaseCommand):
    help = (
        "Make a desk, or give one that is there its next policy and scale: from a JSON file like seeds/desk.json. Versions that are "
        "equal to earlier ones are not made again. Reviews that are open keep theirs."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, default=SEED, help="seeds/desk.json when left out")
        parser.add_argument("--members", default="", help="user names, comma separated, who join those who are there")

    def handle(self, *args: Any, file: Path, members: str, **options: Any) -> None:
        try:
            wanted = json.loads(file.read_text())
            policy, scale = dict(wanted["policy"]), wanted["scale"]
            name, policy_name, points = wanted["name"], policy.pop("name"), scale["points"]
            scale_name = scale["name"]
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}.") from None
        except KeyError as error:
            raise CommandError(f"{file}: there is no {error}. {LIKE_THIS}") from None
        except ValueError as error:
            raise CommandError(f"{file}: {error}. {LIKE_THIS}") from None
        except (TypeError, AttributeError):
            raise CommandError(f"{file}: it is no object, or its policy or scale is none. {LIKE_THIS}") from None
        names = {word for word in members.split(",") if word}
        people = list(User.objects.filter(username__in=names))
        if unknown := names - {user.username for user in people}:
            raise CommandError(f"There is nobody called {', '.join(sorted(unknown))}.")
        try:
            with acting_through("command load_desk"), transaction.atomic():
                desk = Desk.objects.filter(name=name).first() or Desk(name=name)
                desk.publisher_name = wanted.get("publisher_name", "")
                desk.publisher_url = wanted.get("publisher_url", "")
                with _below("/policy"):
                    desk.policy = _policy(policy_name, policy)
                with _below("/scale"):
                    desk.scale = _scale(scale_name, points)
                present = [] if desk._state.adding else User.objects.filter(memberships__desk=desk)
                desks.save_desk(desk, members=[*present, *people], actor=None)
        except Problem as problem:
            words = "; ".join(f"{error.pointer}: {error.detail}" for error in problem.errors) or problem.detail
            raise CommandError(f"{file}: {words}") from None
        count = DeskMembership.objects.filter(desk=desk).count()
        self.stdout.write(f"{desk.name}: {desk.policy}, {desk.scale}, {count} {'person' if count == 1 else 'people'}.")


@contextmanager
def _below(place: str) -> Iterator[None]:
    """Errors of a part point into the file."""
    try:
        yield
    except InvalidInput as problem:
        raise InvalidInput(errors=[replace(e, pointer=f"{place}{e.pointer}") for e in problem.errors]) from None


_DEFAULTS = {
    field.name: field.get_default()
    for field in ReviewPolicy._meta.concrete_fields
    if field.name not in ("id", "created_at", "name", "number")
}


def _policy(name: str, numbers: dict[str, Any]) -> ReviewPolicy:
    # Another desk's file may have given this name its last version.
    for version in ReviewPolicy.objects.filter(name=name).order_by("-number"):
        if numbers.keys() <= _DEFAULTS.keys() and all(
            getattr(version, field) == numbers.get(field, default) for field, default in _DEFAULTS.items()
        ):
            return version
    return desks.add_policy(name, numbers, actor=None)


def _scale(name: str, points: list[dict[str, Any]]) -> RatingScaleVersion:
    versions = RatingScaleVersion.objects.filter(scale__name=name).order_by("-number")
    return next((v for v in versions if v.points == points), None) or desks.add_scale_version(name, points, actor=None)
