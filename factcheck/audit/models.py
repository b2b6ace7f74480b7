"""Who did what to which row, when and why. Events and checkpoints are insert-only in the database itself."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Func, Q
from django.db.models.functions import Cast

from factcheck.ids import uuid7


def current_transaction() -> Cast:
    # xid8 has no cast to a number but through text.
    number = Cast(Func(function="pg_current_xact_id", output_field=models.TextField()), models.TextField())
    return Cast(number, models.BigIntegerField())


class AuditEvent(models.Model):
    """One change of one subject. Its hash covers everything here, but for the number of its transaction, which a restored dump makes
    meaningless, and the hash of the subject's event before it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    subject_type = models.CharField(
        max_length=40, help_text="What was changed: claim, article, import_run, user, token, job."
    )
    subject_id = models.UUIDField()
    number = models.PositiveIntegerField(help_text="Of the subject's events, from 1.")
    action = models.CharField(max_length=40)
    version = models.PositiveIntegerField(
        null=True, help_text="Of the subject after the change, if it counts its changes."
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,  # `audit_event_actor` begins with it
        help_text="Null for the system itself.",
    )
    origin = models.CharField(
        max_length=80, help_text="What carried the actor's will: `token <id>`, `session`, `job <id>`, `command <name>`."
    )
    request_id = models.CharField(max_length=64, blank=True)
    reason = models.CharField(max_length=60, blank=True)
    note = models.TextField(blank=True)
    data = models.JSONField(default=dict, help_text="What changed: field -> [before, after], or counts and digests.")
    at = models.DateTimeField()
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    transaction = models.BigIntegerField(
        db_default=current_transaction(),
        editable=False,
        help_text="Its number in the database, by which a reader of news knows what may still appear..",
    )

    class Meta:
        constraints = [
            # Two writers of one subject cannot both extend its chain, even if a verb forgot its lock.
            models.UniqueConstraint(fields=["subject_type", "subject_id", "number"], name="audit_event_number_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="audit_event_number_from_one"),
        ]
        indexes = [
            models.Index(fields=["actor", "id"], name="audit_event_actor"),
            models.Index(fields=["transaction", "id"], name="audit_event_order"),
            models.Index(fields=["action", "id"], name="audit_event_action"),
            models.Index(
                fields=["request_id", "id"], condition=~Q(request_id__in=["", "-"]), name="audit_event_request"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject_type} {self.subject_id} {self.number}: {self.action}"


class ChainHead(models.Model):
    """The last event of each subject, so that extending a chain is one look-up. Says nothing that the events do not say."""

    subject_type = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    number = models.PositiveIntegerField()
    hash = models.CharField(max_length=64)
    is_folded = models.BooleanField(default=False, help_text="A checkpoint has seen this head.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject_type", "subject_id"], name="chain_head_once")]
        indexes = [models.Index(fields=["id"], condition=Q(is_folded=False), name="chain_head_unfolded")]

    def __str__(self) -> str:
        return f"{self.subject_type} {self.subject_id} {self.number}"


class Checkpoint(models.Model):
    """What all chains looked like at one moment, itself a chain: a chain cut short afterwards no longer agrees with it."""

    number = models.PositiveIntegerField(primary_key=True)
    at = models.DateTimeField()
    heads = models.JSONField(
        help_text="[subject type, subject id, number, hash] of each chain that grew since the checkpoint before."
    )
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"checkpoint {self.number}"
