from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from factcheck.accounts.models import User
from factcheck.api.parsers import loads
from factcheck.audit.origin import acting_through
from factcheck.errors import Problem
from reviews.models import DeskMembership
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
            wanted = loads(file.read_bytes())
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}.") from None
        except Problem as problem:
            raise _refusal(file, problem) from None
        names = {word for word in members.split(",") if word}
        people = list(User.objects.filter(username__in=names))
        if unknown := names - {user.username for user in people}:
            raise CommandError(f"There is nobody called {', '.join(sorted(unknown))}.")
        try:
            with acting_through("command load_desk"):
                desk = desks.load_desk(wanted, joining=people, actor=None)
        except Problem as problem:
            raise _refusal(file, problem) from None
        count = DeskMembership.objects.filter(desk=desk).count()
        self.stdout.write(f"{desk.name}: {desk.policy}, {desk.scale}, {count} {'person' if count == 1 else 'people'}.")


def _refusal(file: Path, problem: Problem) -> CommandError:
    words = "; ".join(f"{error.pointer}: {error.detail}" for error in problem.errors)
    return CommandError(f"{file}: {words or f'{problem.detail} {LIKE_THIS}'}")
