"""What imports and readings did, and what they could not."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from claims.models.articles import ArticleVersion
from claims.models.base import Row


class ImportRun(Row):
    """One import: how far it came, what it counted, and the rows it could not take."""

    class State(models.TextChoices):
        RUNNING = "running"
        INTERRUPTED = "interrupted"
        DONE = "done"
        FAILED = "failed"

    source = models.TextField(help_text="The sources as given on the command line, or `api`.")
    source_key = models.CharField(
        max_length=64, help_text="SHA-256 (hex) of what identifies the sources; one running import each."
    )
    options = models.JSONField(default=dict)
    state = models.CharField(max_length=12, choices=State, default=State.RUNNING)
    checkpoint = models.JSONField(default=dict, help_text="Where the next batch begins: file, byte offset, line.")
    rows = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    versioned = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    updated_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)
    error = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["running", "interrupted", "done", "failed"]), name="import_run_state_known"
            ),
            models.CheckConstraint(
                condition=Q(rows=F("created") + F("versioned") + F("unchanged") + F("skipped") + F("failed")),
                name="import_run_counts_add_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} ({self.state})"


class ImportFile(models.Model):
    """An uploaded file until its run has read it: whichever machine the worker is on, the file is there with the run."""

    run = models.OneToOneField(ImportRun, primary_key=True, on_delete=models.CASCADE, related_name="file")
    payload = models.BinaryField()

    def __str__(self) -> str:
        return self.run.source


class FailedRow(Row):
    """A row that an import could not take, as it came, so that it can be mended and fed back."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="failed_rows", db_index=False)
    source = models.TextField()
    line = models.PositiveIntegerField(null=True)
    field = models.CharField(max_length=100, blank=True)
    code = models.CharField(max_length=60)
    detail = models.TextField()
    raw = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["run", "id"], name="failed_row_run")]

    def __str__(self) -> str:
        return f"{self.source}:{self.line or ''} {self.field} {self.code}"


class ExtractionRun(Row):
    """One reading of one version by one extractor; its job does the work. A failed run is retried in its row."""

    class Status(models.TextChoices):
        QUEUED = "queued"
        DONE = "done"
        FAILED = "failed"

    version = models.ForeignKey(
        ArticleVersion, on_delete=models.PROTECT, related_name="extraction_runs", db_index=False
    )
    extractor = models.CharField(max_length=40)
    extractor_version = models.CharField(max_length=40)
    status = models.CharField(max_length=8, choices=Status, default=Status.QUEUED)
    candidates = models.PositiveIntegerField(default=0)
    created_claims = models.PositiveIntegerField(default=0)
    attached_claims = models.PositiveIntegerField(default=0)
    superseded_claims = models.PositiveIntegerField(default=0)
    seconds = models.FloatField(null=True, help_text="Time spent reading, without the database.")
    error = models.JSONField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version", "extractor", "extractor_version"], name="extraction_once_per_version"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["queued", "done", "failed"]), name="extraction_status_known"
            ),
            models.CheckConstraint(
                condition=~Q(status="done") | Q(error__isnull=True), name="extraction_done_without_error"
            ),
            models.CheckConstraint(
                condition=Q(status="queued", finished_at__isnull=True)
                | (~Q(status="queued") & Q(finished_at__isnull=False)),
                name="extraction_finished_when_final",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.extractor} {self.extractor_version}: {self.status}"
