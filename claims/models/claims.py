"""Claims, and where articles make them."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length, Now

from claims.models.articles import Article, ArticleVersion
from claims.models.base import Row
from claims.triage import REASON_LABELS, STATUS_CHOICES, Reason, Risk, TriageStatus
from claims.withdrawal import ERASED_TEXT
from factcheck.audit.history import keeps_past

# What is left of a claim's own columns where its words were an article's that was withdrawn: in SQL, by name.
ERASED = {
    "text": f"'{ERASED_TEXT}'", "claimant": "''", "quantities": "'[]'", "time_references": "'[]'", "entities": "'{}'", "gaps": "'{}'",
}  # fmt: skip


# What people write and decide. An extractor that reads again refreshes the rest, which follows from the text.
@keeps_past(
    "text", "kind", "claimant", "triage_status", "triage_reason", "triage_note", "triaged_by", "triaged_at", "risk", "merged_into",
    "split_from", "is_manual", "edited_fields",
    exclude=("check_worthiness", "contributions", "rank_in_article", "has_number"),
    erased=ERASED,
)  # fmt: skip
class Claim(Row):
    """One checkable assertion, in a form that stands alone."""

    class Kind(models.TextChoices):
        CHANGE = "change", "change of a number"
        NUMBER = "number", "number"
        STATEMENT = "statement", "statement"

    class Modality(models.TextChoices):
        ASSERTED = "asserted"
        FORECAST = "forecast"
        CONDITIONAL = "conditional"
        DENIED = "denied"

    text = models.TextField()
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.STATEMENT)
    modality = models.CharField(max_length=12, choices=Modality, default=Modality.ASSERTED)
    claimant = models.TextField(blank=True, help_text="Who asserted it; not the outlet that printed it.")
    language = models.CharField(max_length=35, blank=True)
    check_worthiness = models.FloatField(null=True, help_text="0.0 to 1.0; null for a claim written by hand.")
    contributions = models.JSONField(default=list, help_text="Named addends of the score's log-odds.")
    rank_in_article = models.PositiveIntegerField(null=True)
    quantities = models.JSONField(default=list)
    time_references = models.JSONField(default=list)
    entities = ArrayField(models.TextField(), default=list)
    gaps = ArrayField(models.CharField(max_length=60), default=list)
    has_number = models.GeneratedField(
        expression=~Q(quantities=[]),  # type: ignore[arg-type]  # the stubs know expressions only, Django conditions too
        output_field=models.BooleanField(),
        db_persist=True,
    )
    article = models.ForeignKey(
        Article,
        null=True,
        on_delete=models.PROTECT,
        related_name="claims",
        db_index=False,
        help_text="Of the first appearance.",
    )
    triage_status = models.CharField(max_length=10, choices=STATUS_CHOICES, default=TriageStatus.CANDIDATE)
    triage_reason = models.CharField(max_length=30, choices=[(r.value, REASON_LABELS[r]) for r in Reason], blank=True)
    triage_note = models.TextField(blank=True)
    triaged_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    triaged_at = models.DateTimeField(null=True)
    risk = models.CharField(max_length=6, choices=[(r.value, r.value) for r in Risk], default=Risk.NORMAL)
    merged_into = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="merged_claims", db_index=False
    )
    split_from = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="split_claims")
    is_manual = models.BooleanField(default=False, help_text="Written by a person, not found by an extractor.")
    edited_fields = ArrayField(
        models.CharField(max_length=40), default=list, help_text="What a person has edited: no extractor overwrites it."
    )
    revision = models.PositiveIntegerField(default=1, help_text="Raised by every edit of text, span, kind or claimant.")
    version = models.PositiveIntegerField(default=1, help_text="Raised by every change of the row.")
    updated_at = models.DateTimeField(db_default=Now())
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="claim_text_present"),
            models.CheckConstraint(condition=Q(kind__in=["change", "number", "statement"]), name="claim_kind_known"),
            models.CheckConstraint(
                condition=Q(modality__in=["asserted", "forecast", "conditional", "denied"]), name="claim_modality_known"
            ),
            models.CheckConstraint(
                condition=Q(triage_reason__in=["", *(r.value for r in Reason)]), name="claim_triage_reason_known"
            ),
            models.CheckConstraint(
                condition=Q(triage_status__in=[TriageStatus.CANDIDATE, TriageStatus.SUPERSEDED])
                | Q(triaged_by__isnull=False, triaged_at__isnull=False),
                name="claim_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(triage_status__in=[s.value for s in TriageStatus]), name="claim_triage_status_known"
            ),
            models.CheckConstraint(condition=Q(risk__in=[r.value for r in Risk]), name="claim_risk_known"),
            models.CheckConstraint(
                condition=Q(check_worthiness__isnull=True) | Q(check_worthiness__gte=0, check_worthiness__lte=1),
                name="claim_check_worthiness_in_range",
            ),
            models.CheckConstraint(
                condition=Q(triage_status=TriageStatus.MERGED, merged_into__isnull=False)
                | (~Q(triage_status=TriageStatus.MERGED) & Q(merged_into__isnull=True)),
                name="claim_merged_into_something",
            ),
            models.CheckConstraint(condition=~Q(merged_into=F("id")), name="claim_not_merged_into_itself"),
            models.CheckConstraint(
                condition=~Q(triage_status__in=[TriageStatus.REJECTED, TriageStatus.DEFERRED, TriageStatus.MERGED])
                | ~Q(triage_reason=""),
                name="claim_triage_reason_given",
            ),
        ]
        indexes = [
            models.Index(F("check_worthiness").desc(nulls_last=True), F("id").desc(), name="claim_by_worth"),
            models.Index(
                F("article"), F("check_worthiness").desc(nulls_last=True), F("id").desc(), name="claim_by_article"
            ),
            models.Index(
                F("triage_status"), F("check_worthiness").desc(nulls_last=True), F("id").desc(), name="claim_by_status"
            ),
            # A null comes last in both directions, so each direction has its index.
            models.Index(F("check_worthiness"), F("id"), name="claim_by_worth_up"),
            models.Index(F("updated_at"), F("id"), name="claim_by_change"),
            models.Index(fields=["triaged_at"], condition=Q(triaged_at__isnull=False), name="claim_by_decision"),
            # What few claims have is looked up: who asks for it would walk past all others.
            models.Index(
                F("language"), F("check_worthiness").desc(nulls_last=True), F("id").desc(), name="claim_by_language"
            ),
            models.Index(
                F("check_worthiness").desc(nulls_last=True),
                F("id").desc(),
                name="claim_high_risk",
                condition=Q(risk=Risk.HIGH),
            ),
            # Those that no review is about are found by walking this beside the reviews' own, instead of past every claim.
            models.Index(fields=["id"], condition=Q(triage_status=TriageStatus.ACCEPTED), name="claim_accepted"),
            GinIndex(SearchVector("text", config="simple"), name="claim_words"),
            models.Index(fields=["merged_into"], name="claim_merged", condition=Q(merged_into__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.text


@keeps_past(
    "claim",
    "article_version",
    "start",
    "end",
    "quotation",
    "is_manual",
    erased={"quotation": "''", "attribution": "'[]'"},
)
class Appearance(Row):
    """Where an article version makes a claim. `text[start:end] == quotation` in code points: a trigger refuses anything else.

    The quotation is the article's, and empty once that was withdrawn.
    """

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="appearances", db_index=False)
    article_version = models.ForeignKey(
        ArticleVersion, on_delete=models.PROTECT, related_name="appearances", db_index=False
    )
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    quotation = models.TextField()
    attribution = models.JSONField(default=list, help_text="Hops from the origin towards this article.")
    is_manual = models.BooleanField(default=False)

    class Meta:
        ordering = ("id",)
        constraints = [
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="appearance_span_not_empty"),
            # `substr` of the trigger stops at the end of the text, wherever the span ends.
            models.CheckConstraint(
                condition=Q(end=F("start") + Length("quotation")) | Q(quotation=""),
                name="appearance_span_as_long_as_quotation",
            ),
            models.UniqueConstraint(fields=["claim", "article_version", "start", "end"], name="appearance_once"),
        ]
        indexes = [models.Index(fields=["article_version", "start"], name="appearance_in_version")]

    def __str__(self) -> str:
        return self.quotation
