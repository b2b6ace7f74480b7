"""How long a process waits: seconds for a page, a minute for a job, as long as it needs for a migration or an import."""

from django.conf import settings

WORKER_STATEMENT_SECONDS = 60
MARGIN_SECONDS = 1  # after which a server that has not even ended the statement is taken for hung
NUDGE_SECONDS = 1  # that an answer waits for the broker; the sweeper finds the work anyway


def limit_statements(seconds: int) -> None:
    """Bound every statement of the connections that this process makes from now on."""
    options = settings.DATABASES["default"]["OPTIONS"]
    options["options"] += f" -c statement_timeout={seconds}s"
    options["answer_seconds"] = seconds + MARGIN_SECONDS


def limit_nudges() -> None:
    """Bound what this process, which only sends, waits for the broker."""
    options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    for name in ("socket_connect_timeout", "socket_timeout", "read_timeout", "write_timeout"):
        if name in options:
            options[name] = NUDGE_SECONDS
    settings.CELERY_BROKER_CONNECTION_TIMEOUT = NUDGE_SECONDS
