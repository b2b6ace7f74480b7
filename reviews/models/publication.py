"""What is public of a review. A revision never changes and never disappears."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Case, F, Max, Q, TextField, Value, When
from django.db.models.functions import Length, Trim
from django.db.models.lookups import GreaterThanOrEqual

from claims.models import Row
from reviews.facts import Stage
from reviews.models.outcome import Approval
from reviews.models.review import Review
from reviews.reasons import REASON_CHOICES

MIN_PUBLIC_REASON_CHARS = 40


class Status(models.TextChoices):
    """What readers are told of a fact-check beside what it says. Follows from the stage of its review."""

    PUBLISHED = "published"
    UNDER_REVISION = "under_revision"  # what it says is in doubt, and stays public with this notice
    RETRACTED = "retracted"


# At every other stage that a review with a fact-check comes to it is verified again.
_STATUS = {Stage.PUBLISHED: Status.PUBLISHED, Stage.RETRACTED: Status.RETRACTED}


def status_at(stage: str) -> Status:
    return _STATUS.get(Stage(stage), Status.UNDER_REVISION)


def status_of(stage: str = "review__stage") -> Case:
    """The same as SQL. `stage` is the path of the review's stage from the query's model."""
    told = [When(**{stage: known}, then=Value(status.value)) for known, status in _STATUS.items()]
    return Case(*told, default=Value(Status.UNDER_REVISION.value), output_field=TextField())


class FactCheck(Row):
    """The public result of a review, whose address stays. What it says is its latest revision, until it is retracted."""

    review = models.OneToOneField(Review, on_delete=models.PROTECT, related_name="fact_check")
    slug = models.CharField(max_length=120, help_text="The last part of its address; never changes.")
    changed_at = models.DateTimeField(
        help_text="When its last revision came, or it was retracted. No two fact-checks changed at the same time."
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["slug"], name="fact_check_slug_once")]
        indexes = [models.Index(F("changed_at"), F("id"), name="fact_check_by_change")]

    def __str__(self) -> str:
        return self.slug

    @property
    def status(self) -> Status:
        return status_at(self.review.stage)

    @property
    def retracted_at(self) -> datetime | None:
        retraction = Retraction.objects.filter(fact_check=self).first()
        return retraction.retracted_at if retraction else None

    @classmethod
    def last_change(cls) -> datetime | None:
        """The moment up to which everything public is known: nothing is published or retracted at it or before any more."""
        last: datetime | None = cls.objects.aggregate(last=Max("changed_at"))["last"]
        return last


class FactCheckRevision(Row):
    """One numbered state of a fact-check, byte for byte. Insert-only; it is what an editor approved."""

    fact_check = models.ForeignKey(FactCheck, on_delete=models.PROTECT, related_name="revisions", db_index=False)

    class Kind(models.TextChoices):
        FIRST = "first"
        TYPO = "typo"  # nothing that anybody could have relied on
        UPDATE = "update"  # says more or says it better, and rates as before
        REVERIFIED = "reverified"  # the finding itself was checked again, in another round

    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=Kind)
    content = models.TextField(help_text="All that is public of it, as canonical JSON.")
    digest = models.CharField(max_length=64, help_text="SHA-256 (hex) of the content.")
    changed = ArrayField(
        models.CharField(max_length=40),
        default=list,
        help_text="Members of the content that say something else than before.",
    )
    public_note = models.TextField(blank=True, help_text="Why it was changed, for readers.")
    approval = models.ForeignKey(Approval, on_delete=models.PROTECT, related_name="+")
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", help_text="Null: it was due."
    )
    published_at = models.DateTimeField()

    class Meta:
        ordering = ("number",)
        indexes = [models.Index(fields=["published_at"], name="revision_by_moment")]
        constraints = [
            models.UniqueConstraint(fields=["fact_check", "number"], name="revision_number_once"),
            models.CheckConstraint(
                condition=Q(number=1, changed=[], public_note="") | Q(number__gt=1) & ~Q(changed=[]),
                name="revision_says_what_it_changed",
            ),
            models.CheckConstraint(
                condition=Q(number=1, kind="first")
                | Q(number__gt=1, kind="typo")
                | Q(number__gt=1, kind__in=["update", "reverified"]) & ~Q(public_note=""),
                name="revision_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.fact_check} revision {self.number}"

    @property
    def document(self) -> Any:
        """The content, read."""
        return orjson.loads(self.content)


class RetractionProposal(Row):
    """An editor's word that a revision should not stand. It is open until it is followed, another is made, or another revision comes.
    Insert-only.
    """

    revision = models.ForeignKey(FactCheckRevision, on_delete=models.PROTECT, related_name="proposals")
    reason = models.CharField(max_length=20, choices=REASON_CHOICES)
    public_reason = models.TextField(help_text="For readers.")
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=GreaterThanOrEqual(Length(Trim("public_reason")), MIN_PUBLIC_REASON_CHARS),
                name="proposal_says_why",
            )
        ]

    def __str__(self) -> str:
        return f"to retract {self.revision}"


class Retraction(Row):
    """That a fact-check stands no more, as one editor proposed and another decided. Insert-only, and the end of it."""

    fact_check = models.OneToOneField(FactCheck, on_delete=models.PROTECT, related_name="retraction")
    proposal = models.OneToOneField(RetractionProposal, on_delete=models.PROTECT, related_name="retraction")
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    retracted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    retracted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(proposed_by=F("retracted_by")), name="retracted_by_somebody_else_than_proposed"
            )
        ]

    def __str__(self) -> str:
        return f"{self.fact_check} retracted"


class Change(models.Model):
    """What happened to a fact-check after it was published: a revision after the first, or its retraction. A view of the database."""

    RETRACTED = "retracted"
    KINDS = tuple(kind for kind in FactCheckRevision.Kind.choices if kind[0] != FactCheckRevision.Kind.FIRST)
    KINDS += ((RETRACTED, "Retracted"),)

    id = models.UUIDField(primary_key=True, editable=False)
    fact_check = models.ForeignKey(FactCheck, on_delete=models.DO_NOTHING, related_name="changes")
    changed_at = models.DateTimeField()
    kind = models.CharField(max_length=10, choices=KINDS)
    revision = models.PositiveIntegerField(help_text="The one that came, or that was retracted.")
    changed = ArrayField(
        models.CharField(max_length=40), help_text="Members of the content that say something else than before."
    )
    note = models.TextField(help_text="Why, for readers. Only a typo may go without.")
    url = models.TextField(help_text="Where the fact-check stands.")
    headline = models.TextField(help_text="Of this revision.")
    publisher = models.TextField()
    rating_before = models.TextField()
    rating_after = models.TextField(help_text="Empty once it is retracted: nothing is rated any more.")

    class Meta:
        managed = False
        db_table = "reviews_change"

    def __str__(self) -> str:
        return f"{self.url}: {self.kind}"


class ExportElement(Row):
    """What one export says of a revision, made of its content when it was published; or, as a tombstone, that the fact-check was retracted.

    Never more than a copy: whatever is missing, or was made by another version of the export, is made anew. An export is read from one
    index of one table: what came by a moment, and was not superseded by then.
    """

    revision = models.ForeignKey(FactCheckRevision, on_delete=models.PROTECT, related_name="elements", db_index=False)
    export = models.CharField(max_length=40)
    is_tombstone = models.BooleanField(default=False)
    version = models.PositiveIntegerField()
    changed_at = models.DateTimeField(help_text="When the fact-check came to say so.")
    superseded_at = models.DateTimeField(
        null=True, help_text="When it came to say something else; of what is retracted, at once."
    )
    body = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["revision", "export", "is_tombstone"], name="element_once")]
        indexes = [models.Index(fields=["export", "changed_at"], name="elements_of_an_export")]

    def __str__(self) -> str:
        return f"{self.revision_id} in {self.export}"
