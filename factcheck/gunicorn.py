"""How the web server is run everywhere: `gunicorn --config python:factcheck.gunicorn factcheck.wsgi:application`."""

import os
import shutil
import tempfile
from typing import Any

# Before anything asks for the settings, and so for the log, the requests and their counts: the library looks for it once.
_counts = tempfile.mkdtemp(prefix="factcheck-metrics-")
os.environ["PROMETHEUS_MULTIPROC_DIR"] = _counts

from django.conf import settings  # noqa: E402

# A filter takes up to 200 ids separated by commas; the default of 4,094 bytes ends at 110.
limit_request_line = 8190
workers = 2
threads = 4
graceful_timeout = 5
# Whether a proxy is believed is said in one place, TRUSTED_PROXIES: gunicorn believes any on its own machine.
secure_scheme_headers: dict[str, str] = {}
# Access lines are ours, with the request's id: gunicorn writes none.
logconfig_dict = settings.LOGGING


def on_exit(server: Any) -> None:
    shutil.rmtree(_counts, ignore_errors=True)
