"""What a rating rests on, in a form that anybody can replicate."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from claims.models import Row
from factcheck.audit.history import keeps_past
from reviews.facts import STANCE_CHOICES, Stance
from reviews.models.review import Review
from reviews.reasons import REASON_CHOICES


class Snapshot(Row):
    """What we stored of a page or an upload. Insert-only: it is what it was."""

    url = models.TextField(blank=True, help_text="As it was asked; empty for an upload.")
    url_final = models.TextField(blank=True, help_text="Where that led.")
    name = models.CharField(max_length=255, blank=True, help_text="Of an uploaded file.")
    taken_at = models.DateTimeField()
    media_type = models.CharField(max_length=100, help_text="By the content, not by what a header said.")
    size_bytes = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64, help_text="Of the bytes.")
    text = models.TextField(null=True, help_text="Extracted; null where the bytes have none, or too much to read.")  # noqa: DJ001  # empty text is another thing
    text_sha256 = models.CharField(max_length=64, blank=True)
    key = models.CharField(max_length=200, help_text="Where the record is stored.")

    class Meta:
        indexes = [models.Index(fields=["sha256"], name="snapshot_by_hash")]

    def __str__(self) -> str:
        return self.url or self.name


OUTCOMES = [
    "sound", "corrupt", "missing", "unchanged", "text_changed", "quotation_missing", "gone", "unreachable",
]  # fmt: skip


# Of which a person has to be told: the bytes or the page are not what they were.
NOT_AS_IT_WAS = ["corrupt", "missing", "text_changed", "quotation_missing", "gone"]


class SnapshotCheck(Row):
    """What a later look found: at the stored bytes, or at the live page. Insert-only."""

    class Outcome(models.TextChoices):
        SOUND = "sound", "the stored bytes are what they were"
        CORRUPT = "corrupt", "the stored bytes fail their hash"
        MISSING = "missing", "the stored bytes are not there"
        UNCHANGED = "unchanged", "the live page says the same"
        TEXT_CHANGED = "text_changed", "the live page changed, the quotation is still there"
        QUOTATION_MISSING = "quotation_missing", "the live page no longer has the quotation"
        GONE = "gone", "the live page is gone"
        UNREACHABLE = "unreachable", "the live page did not answer this time"

    UNSOUND = (Outcome.CORRUPT, Outcome.MISSING)

    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="checks", db_index=False)
    outcome = models.CharField(max_length=20, choices=Outcome)
    detail = models.TextField(blank=True)
    found_sha256 = models.CharField(
        max_length=64,
        blank=True,
        help_text="Of what the page said then: tells a change from the next.",
    )
    checked_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome__in=OUTCOMES),
                name="snapshot_check_known",
            )
        ]
        indexes = [
            models.Index(fields=["snapshot", "-id"], name="snapshot_check_of"),
            models.Index(
                fields=["snapshot"], name="snapshot_check_not_as_it_was", condition=Q(outcome__in=NOT_AS_IT_WAS)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.snapshot_id}: {self.outcome}"


@keeps_past(
    "url", "title", "publisher", "origin", "stance", "quotation", "locator", "note", "is_confidential", "snapshot", "snapshot_exemption",
    "withdrawn_at",
)  # fmt: skip
class Evidence(Row):
    """A source with a quotation, where to find it there, and what it says of the claim."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="evidence", db_index=False)
    url = models.TextField(blank=True, help_text="Empty for an uploaded file and for what is on no page.")
    title = models.TextField(blank=True)
    publisher = models.CharField(max_length=200, blank=True)
    origin = models.CharField(
        max_length=200, help_text="Where the report comes from: five outlets that quote one wire have one origin."
    )
    stance = models.CharField(max_length=8, choices=STANCE_CHOICES)
    quotation = models.TextField(blank=True)
    locator = models.TextField(blank=True, help_text="Where in the source: page, table, minute.")
    note = models.TextField(blank=True)
    is_confidential = models.BooleanField(default=False, help_text="Never to be published.")
    snapshot = models.ForeignKey(Snapshot, null=True, on_delete=models.PROTECT, related_name="evidence")
    snapshot_exemption = models.TextField(blank=True, help_text="Why there can be no snapshot.")
    snapshot_error = models.TextField(blank=True, help_text="Why the last attempt to take one failed.")
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, help_text="Since when it is no longer used.")
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("id",)
        constraints = [
            models.CheckConstraint(condition=Q(stance__in=[s.value for s in Stance]), name="evidence_stance_known"),
            models.CheckConstraint(condition=~Q(origin=""), name="evidence_origin_present"),
        ]
        indexes = [models.Index(fields=["review", "id"], name="evidence_of_review")]

    def __str__(self) -> str:
        return self.title or self.url or str(self.pk)


class Keeping(Row):
    """That somebody has seen what became of an item's page, and keeps the item. Insert-only; it covers this finding and no other."""

    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="keepings", db_index=False)
    finding = models.ForeignKey(SnapshotCheck, on_delete=models.PROTECT, related_name="keepings")
    kept_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=20, choices=REASON_CHOICES)
    note = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["evidence", "finding"], name="keeping_once"),
            models.CheckConstraint(condition=~Q(reason="") & ~Q(note=""), name="keeping_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.kept_by} keeps {self.evidence_id}: {self.reason}"


class Search(Row):
    """What somebody looked for and did not find, signed. Insert-only."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="searches", db_index=False)
    side = models.CharField(max_length=8, choices=STANCE_CHOICES)
    queries = ArrayField(models.TextField(), help_text="As they were typed.")
    places = models.TextField(help_text="Where: archives, search engines, people asked.")
    note = models.TextField(blank=True)
    searched_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("id",)
        constraints = [
            models.CheckConstraint(condition=Q(side__in=["supports", "refutes"]), name="search_side_known"),
            models.CheckConstraint(condition=Q(queries__len__gte=1), name="search_says_its_queries"),
        ]
        indexes = [models.Index(fields=["review", "id"], name="search_of_review")]

    def __str__(self) -> str:
        return f"{self.side}: {', '.join(self.queries)}"


class EvidenceSet(Row):
    """The evidence of one round, frozen. Insert-only; `digest` is that of `items` and `searches`."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="evidence_sets", db_index=False)
    number = models.PositiveSmallIntegerField()
    items = models.JSONField(help_text="The rows as they stood, with the SHA-256 of their snapshots.")
    searches = models.JSONField()
    digest = models.CharField(max_length=64, help_text="SHA-256 of items and searches as canonical JSON.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["review", "number"], name="evidence_set_number_once")]

    def __str__(self) -> str:
        return f"{self.review_id} {self.number}"
