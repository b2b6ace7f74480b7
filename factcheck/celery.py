"""The Celery application: `celery -A factcheck worker`, `celery -A factcheck beat`."""

import logging
import os

from celery import Celery, bootsteps
from celery.signals import celeryd_init, setup_logging, worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "factcheck.settings")
# A worker would load every view for them, and pass over what they find: `migrate` and CI ask them.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

app = Celery("factcheck")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

HEARTBEAT_SECONDS = 10
NODE = "FACTCHECK_WORKER_NODE"


def node_of(hostname: str) -> str:
    """This life of the worker of that name, in its main process."""
    return f"{hostname}/{os.getpid()}"


class Heartbeat(bootsteps.StartStopStep):
    """Tells the database, not the broker, that this worker lives: /readyz and the sweeper read it there."""

    requires = ("celery.worker.components:Timer",)

    def __init__(self, worker, **kwargs):  # type: ignore[no-untyped-def]
        self.entry = None
        super().__init__(worker, **kwargs)

    def start(self, worker):  # type: ignore[no-untyped-def]
        from django.db import close_old_connections

        from factcheck import workers

        self.node = node_of(worker.hostname)

        def beat() -> None:
            # A server that hangs would hold up all that this process does: asked first whether it is there, it costs a second.
            close_old_connections()
            workers.heartbeat(self.node, worker.concurrency)

        self.entry = worker.timer.call_repeatedly(HEARTBEAT_SECONDS, beat)

    def stop(self, worker):  # type: ignore[no-untyped-def]
        from factcheck import workers

        if self.entry:
            self.entry.cancel()
            workers.stopped(self.node)


app.steps["worker"].add(Heartbeat)


@setup_logging.connect
def _keep_our_lines(loglevel, **_):  # type: ignore[no-untyped-def]
    # Celery would write lines of another form beside ours, and what is printed as lines of the log.
    logging.getLogger().setLevel(loglevel)


@celeryd_init.connect
def _begin(sender, **_):  # type: ignore[no-untyped-def]
    # The pool's processes are forked later and say by it which worker they belong to.
    os.environ[NODE] = node_of(sender)
    from factcheck.limits import WORKER_STATEMENT_SECONDS, limit_statements

    limit_statements(WORKER_STATEMENT_SECONDS)


@worker_ready.connect
def _announce(sender, **_):  # type: ignore[no-untyped-def]
    from factcheck import jobs

    jobs.worker_started(node_of(sender.hostname), sender.controller.concurrency)
