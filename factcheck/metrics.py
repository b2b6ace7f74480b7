"""`/metrics` for Prometheus. Requests are counted by the web processes together; the queue is read from the database when asked.

An app adds what it knows with `reads_database`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from ipaddress import ip_address

from django.conf import settings
from django.db import DatabaseError
from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # where the web processes keep their counts; `factcheck.gunicorn` makes one
BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)  # seconds; a statement ends after 5
METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})

# In no registry of the library's own: each scrape makes one of what applies to it.
_requests = Counter("factcheck_requests", "Requests answered.", ["method", "route", "status"], registry=None)
_seconds = Histogram(
    "factcheck_request_seconds", "Time to answer.", ["method", "route"], buckets=BUCKETS, registry=None
)


def observe(request: HttpRequest, status: int, seconds: float) -> None:
    # Clients choose methods and addresses: neither may make a new series.
    method = request.method if request.method in METHODS else "other"
    route = _route(request)
    _requests.labels(method, route, status).inc()
    _seconds.labels(method, route).observe(seconds)


def _route(request: HttpRequest) -> str:
    if request.resolver_match:
        return _readable(request.resolver_match.route)
    return "static" if request.path.startswith(settings.STATIC_URL) else "none"


@lru_cache
def _readable(route: str) -> str:
    # It imports the admin, for which it is too early while the log is configured.
    from django.contrib.admindocs.views import simplify_regex

    return simplify_regex(route)


# What the database knows

Read = Callable[[], Iterable[Metric]]
_reads: list[Read] = []


def reads_database(read: Read) -> Read:
    """Register what gives metrics of the database when somebody asks."""
    _reads.append(read)
    return read


class _Database(Collector):
    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("factcheck_database_up", "Did the database answer?")
        try:
            # All or nothing: half of them would look like an empty queue.
            found = [metric for read in _reads for metric in read()]
        except DatabaseError:
            found = []
        up.add_metric([], bool(found))
        yield up
        yield from found


@reads_database
def _queue() -> Iterator[Metric]:
    from factcheck.jobs import waiting
    from factcheck.models import Job
    from factcheck.workers import living

    now = timezone.now()
    jobs = GaugeMetricFamily("factcheck_jobs", "Jobs.", labels=["kind", "state"])
    for kind, state, count in Job.objects.values_list("kind", "state").annotate(Count("id")).order_by():
        jobs.add_metric([kind, state], count)
    yield jobs
    due = waiting(now).aggregate(Min("due_at"))["due_at__min"]
    age = (now - due).total_seconds() if due else 0
    yield GaugeMetricFamily("factcheck_oldest_due_job_age_seconds", "How long work has been waiting.", value=age)
    concurrencies = living(now).values_list("concurrency", flat=True)
    yield GaugeMetricFamily("factcheck_workers", "Workers heard of in the last minute.", value=len(concurrencies))
    yield GaugeMetricFamily("factcheck_worker_processes", "Their processes.", value=sum(concurrencies))


# Who may look


def exposition() -> bytes:
    registry = CollectorRegistry(auto_describe=False)
    if os.environ.get(FOLDER):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(_requests)
        registry.register(_seconds)
    registry.register(_Database())
    return generate_latest(registry)


def view(request: HttpRequest) -> HttpResponse:
    """With METRICS_TOKEN for whoever sends it; without one for this machine alone, and for nobody whom a proxy lets through."""
    from factcheck.api.problems import NotAuthenticated, not_found, respond

    if settings.METRICS_TOKEN:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not constant_time_compare(token.strip(), settings.METRICS_TOKEN):
            return respond(NotAuthenticated("This needs `Authorization: Bearer` with the METRICS_TOKEN."))
    elif not _is_of_this_machine(request):
        return not_found(request)
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)


def _is_of_this_machine(request: HttpRequest) -> bool:
    if {"X-Forwarded-For", "Forwarded", "X-Forwarded-Proto", "Via"} & set(request.headers):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
