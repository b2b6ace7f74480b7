from __future__ import annotations

import io
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from factcheck.accounts import demo
from reviews.models import Desk

ARTICLES = settings.BASE_DIR / "seeds" / "articles"


class Command(BaseCommand):
    help = "Load demo users with every role, their desk, and the demo articles. Running it again adds nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("The passwords of the demo's users are public: not in production.")
        users = demo.load_cast()
        self._import_articles()
        if not Desk.objects.exists():
            call_command("load_desk", members=",".join(user.username for user in users), stdout=io.StringIO())
        width = max(len(user.username) for user in users)
        self.stdout.write(f"{'user':{width}}  {'password':{len(demo.PASSWORD)}}  roles")
        for user in users:
            password = demo.PASSWORD if demo.has_demo_password(user) else "(changed)"
            self.stdout.write(f"{user.username:{width}}  {password:{len(demo.PASSWORD)}}  {', '.join(user.roles)}")

    def _import_articles(self) -> None:
        # Its report belongs to people who import; here it is heard only when something went wrong.
        report = io.StringIO()
        try:
            call_command("import_articles", str(ARTICLES), progress="never", stdout=report, stderr=report)
        except SystemExit as end:
            if end.code:
                raise CommandError(f"The demo articles were not imported.\n{report.getvalue()}") from None
