from collections.abc import Iterator

from django.db.models import Sum
from prometheus_client.core import CounterMetricFamily, Metric

from claims.models import ImportRun
from factcheck.metrics import reads_database

OUTCOMES = ("created", "versioned", "unchanged", "skipped", "failed")


@reads_database
def import_rows() -> Iterator[Metric]:
    """Rows of all import runs by what became of them."""
    totals = ImportRun.objects.aggregate(**{f"{outcome}_rows": Sum(outcome) for outcome in OUTCOMES})
    rows = CounterMetricFamily("factcheck_import_rows", "Rows read by imports.", labels=["outcome"])
    for outcome in OUTCOMES:
        rows.add_metric([outcome], totals[f"{outcome}_rows"] or 0)
    yield rows
