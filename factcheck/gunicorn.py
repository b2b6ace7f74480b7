"""How the web server is run everywhere: `gunicorn --config python:factcheck.gunicorn factcheck.wsgi:application`."""

import ctypes
import gc
import logging
import os
import shutil
import tempfile
from contextlib import suppress
from typing import Any

# Before anything asks for the settings, and so for the log, the requests and their counts: the library looks for it once.
_counts = tempfile.mkdtemp(prefix="factcheck-metrics-")
os.environ["PROMETHEUS_MULTIPROC_DIR"] = _counts

from django.conf import settings  # noqa: E402
from gunicorn import util  # noqa: E402
from gunicorn.http.errors import InvalidResponseHeader, InvalidResponseHeaderName, ParseException  # noqa: E402
from gunicorn.workers.gthread import ThreadWorker  # noqa: E402

worker_class = "factcheck.gunicorn.Worker"

# A filter takes up to 200 ids separated by commas; the default of 4,094 bytes ends at 110.
limit_request_line = 8190
workers = 2
threads = 4
# Everything is loaded once for all workers, and those that follow one that died begin at once. SIGHUP therefore loads no new code.
preload_app = True
graceful_timeout = 5
# Whether a proxy is believed is said in one place, TRUSTED_PROXIES: gunicorn believes any on its own machine.
secure_scheme_headers: dict[str, str] = {}
# Access lines are ours, with the request's id: gunicorn writes none.
logconfig_dict = settings.LOGGING


def pre_fork(server: Any, worker: Any) -> None:
    # What was loaded stays shared: looking through it for garbage writes to every page of it.
    gc.freeze()


def on_exit(server: Any) -> None:
    shutil.rmtree(_counts, ignore_errors=True)


_M_MMAP_THRESHOLD = -3


def post_fork(server: Any, worker: Any) -> None:
    # glibc keeps blocks up to the size of the largest that was ever freed: after a few large bodies at once, 50 MB for good.
    with suppress(AttributeError):  # another libc
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, 128 * 1024)


class Worker(ThreadWorker):
    """What it cannot read for a request is refused as a problem, like anything else: gunicorn's own words are a page."""

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        is_ours = isinstance(exc, (InvalidResponseHeader, InvalidResponseHeaderName))
        if is_ours or not isinstance(exc, ParseException):
            super().handle_error(req, client, addr, exc)
            return
        from factcheck.api.problems import Malformed, respond
        from factcheck.ids import uuid7
        from factcheck.middleware import HEADER, on_behalf_of

        with on_behalf_of(request_id := str(uuid7())):
            logging.getLogger("factcheck.access").warning("What %s sent is no request: %s", addr and addr[0], exc)
            answer = respond(Malformed(f"It is refused before it is read: {exc}."))
        answer[HEADER], answer["Content-Length"], answer["Connection"] = request_id, str(len(answer.content)), "close"
        head = f"HTTP/1.1 {answer.status_code} {answer.reason_phrase}\r\n".encode() + answer.serialize_headers()
        try:
            util.write_nonblock(client, head + b"\r\n\r\n" + answer.content)
        except OSError:
            self.log.debug("Whoever sent it is gone.")
