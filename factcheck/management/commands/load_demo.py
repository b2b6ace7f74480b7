from __future__ import annotations

import io
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from factcheck.accounts import demo
from factcheck.audit.origin import acting_through
from reviews.demo import load_fact_checks
from reviews.models import Desk

ARTICLES = settings.BASE_DIR / "seeds" / "articles"


class Command(BaseCommand):
    help = "Load demo users with every role, their desk, the demo articles, and fact-checks. Running it again adds nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("The passwords of the demo's users are public: not in production.")
        users = demo.load_cast()
        self._import_articles()
        if not Desk.objects.exists():
            self._load_desk([user.username for user in users])
        width = max(len(user.username) for user in users)
        self.stdout.write(f"{'user':{width}}  {'password':{len(demo.PASSWORD)}}  roles")
        for user in users:
            password = demo.PASSWORD if demo.has_demo_password(user) else "(changed)"
            self.stdout.write(f"{user.username:{width}}  {password:{len(demo.PASSWORD)}}  {', '.join(user.roles)}")

    @transaction.atomic
    def _load_desk(self, members: list[str]) -> None:
        """With what it has published: both or none."""
        call_command("load_desk", members=",".join(members), stdout=io.StringIO())
        with acting_through("command load_demo"):
            load_fact_checks(Desk.objects.get())

    def _import_articles(self) -> None:
        # Its report belongs to people who import; here it is heard only when something went wrong.
        report = io.StringIO()
        try:
            call_command("import_articles", str(ARTICLES), progress="never", stdout=report, stderr=report)
        except SystemExit as end:
            if end.code:
                raise CommandError(f"The demo articles were not imported.\n{report.getvalue()}") from None
