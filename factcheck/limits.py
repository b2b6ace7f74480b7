"""How long one statement may take: seconds for a page, a minute for a job, as long as it needs for a migration or an import."""

from django.conf import settings

WORKER_STATEMENT_SECONDS = 60


def limit_statements(seconds: int) -> None:
    """Bound every statement of the connections that this process makes from now on."""
    options = settings.DATABASES["default"]["OPTIONS"]
    options["options"] += f" -c statement_timeout={seconds}s"
