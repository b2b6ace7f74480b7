from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from factcheck.accounts import tokens
from factcheck.accounts.models import User
from factcheck.accounts.roles import SCOPES


class Command(BaseCommand):
    help = "Make an API token and print its secret, once, on standard output."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="username of its owner, whose rights it never exceeds")
        parser.add_argument("--name", required=True, help="what it is for, to recognise it in a list")
        parser.add_argument("--scopes", required=True, help=f"comma separated, of: {', '.join(SCOPES)}")
        parser.add_argument(
            "--expires-days", type=int, metavar="N", help="days until it stops working; never when left out"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"There is no user {options['user']!r}.")
        days = options["expires_days"]
        if days is not None and days < 1:
            raise CommandError("--expires-days must be 1 or more.")
        scopes = [scope.strip() for scope in options["scopes"].split(",") if scope.strip()]
        try:
            token, secret = tokens.issue(
                user,
                name=options["name"],
                scopes=scopes,
                expires_at=None if days is None else timezone.now() + timedelta(days=days),
            )
        except tokens.ScopeRefused as refused:
            raise CommandError(refused.detail) from None
        until = f"until {token.expires_at:%Y-%m-%d}" if token.expires_at else "until it is revoked"
        self.stderr.write(f"Works {until}. It is not shown again.")
        self.stdout.write(secret)
