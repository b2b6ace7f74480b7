"""Rows of the platform itself: the queue and who works on it."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from factcheck.ids import uuid7


class JobState(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Job(models.Model):
    """One row of work. The row is the queue; the broker's message is only a hint that there is something in it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=40)
    subject_id = models.UUIDField(help_text="The row that the work is about; its model follows from the kind.")
    state = models.CharField(max_length=10, choices=JobState, default=JobState.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="Times a worker started it.")
    losses = models.PositiveSmallIntegerField(default=0, help_text="Times its worker disappeared.")
    due_at = models.DateTimeField()
    lease_id = models.UUIDField(null=True, help_text="Names the present attempt; a worker that lost it writes nothing.")
    lease_until = models.DateTimeField(null=True)
    worker = models.CharField(max_length=200, blank=True)
    request_id = models.CharField(
        max_length=64,
        blank=True,
        default="",
        db_default="",
        help_text="Of the request that queued it; empty for a command.",
    )
    lane = models.CharField(
        max_length=40, blank=True, default="", db_default="", help_text="Jobs of one lane are done one after the other."
    )
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(null=True)
    unit = models.CharField(max_length=20, blank=True)
    result = models.JSONField(null=True)
    error = models.JSONField(null=True, help_text="The last failure: code, detail, attempt.")
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=JobState.values), name="job_state_known"),
            models.CheckConstraint(
                condition=Q(state=JobState.RUNNING, lease_id__isnull=False, lease_until__isnull=False)
                | (~Q(state=JobState.RUNNING) & Q(lease_id__isnull=True, lease_until__isnull=True)),
                name="job_leased_while_running",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[JobState.QUEUED, JobState.RUNNING]) ^ Q(finished_at__isnull=False),
                name="job_finished_when_final",
            ),
            models.CheckConstraint(
                condition=Q(total__isnull=True) | Q(done__lte=F("total")), name="job_done_within_total"
            ),
            # One piece of work is in the queue once, however often it is asked for.
            models.UniqueConstraint(
                fields=["kind", "subject_id"],
                condition=Q(state__in=[JobState.QUEUED, JobState.RUNNING]),
                name="job_active_once",
            ),
            models.UniqueConstraint(
                fields=["lane"], condition=Q(state=JobState.RUNNING) & ~Q(lane=""), name="job_running_once_in_lane"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], condition=Q(state=JobState.QUEUED), name="job_due"),
            models.Index(fields=["lease_until"], condition=Q(state=JobState.RUNNING), name="job_leases"),
            models.Index(fields=["kind", "subject_id"], name="job_subject"),
            models.Index(fields=["lane"], condition=Q(state=JobState.QUEUED) & ~Q(lane=""), name="job_of_lane"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id} ({self.state})"


class WorkerHeartbeat(models.Model):
    """A worker that said it is alive. A node not seen for a minute counts as gone."""

    node = models.CharField(primary_key=True, max_length=200)
    concurrency = models.PositiveSmallIntegerField(default=1)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.node


class IdempotencyRecord(models.Model):
    """What a POST was answered, for when it is sent again. Written by `factcheck.api.idempotency` alone, in the transaction of the POST."""

    id = models.CharField(primary_key=True, max_length=64, help_text="SHA-256 of caller, address and key.")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    body_sha256 = models.CharField(max_length=64, help_text="Of what was sent.")
    created_at = models.DateTimeField(db_index=True)
    status = models.PositiveSmallIntegerField(null=True, help_text="Null inside the first request's transaction only.")
    answer = models.BinaryField(null=True)
    headers = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.created_at}: {self.status}"
