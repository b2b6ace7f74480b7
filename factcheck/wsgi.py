"""The web process: `gunicorn factcheck.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "factcheck.settings")
application = get_wsgi_application()

from django.conf import settings  # noqa: E402  settings are read by the line above
from django.urls import get_resolver  # noqa: E402

from factcheck.limits import limit_nudges, limit_statements  # noqa: E402

limit_statements(settings.STATEMENT_TIMEOUT_SECONDS)
limit_nudges()
# Loads every view: here, not in the first request of each process.
views = get_resolver().url_patterns
