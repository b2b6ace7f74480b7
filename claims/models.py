"""Articles as they were published, and the claims found in them. Only `claims.pipeline` changes these rows."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length, Lower, Now
from pgvector.django import HalfVectorField, HnswIndex

from claims.matching.decisions import DECIDED, STATE_CHOICES, UNDECIDED, MatchState
from claims.matching.encoding import DIMENSIONS
from claims.triage import REASON_LABELS, STATUS_CHOICES, Reason, Risk, TriageStatus
from factcheck.audit.history import keeps_past
from factcheck.ids import uuid7


class Row(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        abstract = True


@keeps_past("name", "domain")
class Outlet(Row):
    """Who printed it."""

    name = models.CharField(max_length=200)
    domain = models.CharField(max_length=253, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(Lower("name"), name="outlet_name_once")]

    def __str__(self) -> str:
        return self.name


@keeps_past("outlet", "title", "byline", "language", "published_at", "withdrawn_at")
class Article(Row):
    """One published text. Its identity is its canonical URL; without one, outlet and fingerprint of the first text."""

    canonical_url = models.TextField(blank=True)
    outlet = models.ForeignKey(Outlet, null=True, on_delete=models.PROTECT, related_name="articles", db_index=False)
    identity = models.CharField(
        max_length=64,
        help_text="SHA-256 (hex) of the canonical URL, or of the outlet and the first text's fingerprint.",
    )
    title = models.TextField(blank=True)
    byline = models.TextField(blank=True)
    language = models.CharField(max_length=35, blank=True, help_text="BCP 47; empty when unknown.")
    published_at = models.DateTimeField(null=True, help_text="Null when unknown; never the time of the import.")
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["identity"], name="article_identity_once")]
        indexes = [
            models.Index(F("published_at").desc(nulls_last=True), F("id").desc(), name="article_published"),
            models.Index(F("published_at"), F("id"), name="article_published_up"),
            models.Index(fields=["outlet", "-id"], name="article_outlet"),
            GinIndex(SearchVector("title", config="simple"), name="article_title_words"),
        ]

    def __str__(self) -> str:
        return self.title or self.canonical_url or str(self.id)


class ArticleVersion(Row):
    """The text as it stood at one fetch. Never edited."""

    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="versions", db_index=False)
    number = models.PositiveIntegerField(help_text="1 for the first text of an article.")
    text = models.TextField()
    text_sha256 = models.CharField(max_length=64, help_text="Of the text as stored, in UTF-8; hex.")
    text_fingerprint = models.CharField(
        max_length=64, help_text="Of the normalised text: equal where only white space differs."
    )
    length = models.PositiveIntegerField(help_text="Unicode code points of the text.")
    fetched_at = models.DateTimeField()
    import_run = models.ForeignKey("ImportRun", null=True, on_delete=models.PROTECT, related_name="versions")

    class Meta:
        ordering = ("number",)
        constraints = [
            models.UniqueConstraint(fields=["article", "number"], name="version_number_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="version_number_from_one"),
            models.CheckConstraint(condition=Q(length__gte=1) & Q(length=Length("text")), name="version_text_present"),
        ]
        indexes = [models.Index(fields=["text_fingerprint"], name="version_fingerprint")]

    def __str__(self) -> str:
        return f"{self.article_id} version {self.number}"


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


# What people write and decide. An extractor that reads again refreshes the rest, which follows from the text.
@keeps_past(
    "text", "kind", "claimant", "triage_status", "triage_reason", "triage_note", "triaged_by", "triaged_at", "risk", "merged_into",
    "split_from", "is_manual", "edited_fields",
    exclude=("check_worthiness", "contributions", "rank_in_article", "has_number"),
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
            GinIndex(SearchVector("text", config="simple"), name="claim_words"),
            models.Index(fields=["merged_into"], name="claim_merged", condition=Q(merged_into__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.text


@keeps_past("claim", "article_version", "start", "end", "quotation", "is_manual")
class Appearance(Row):
    """Where an article version makes a claim. `text[start:end] == quotation` in code points: a trigger refuses anything else."""

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
                condition=Q(end=F("start") + Length("quotation")), name="appearance_span_as_long_as_quotation"
            ),
            models.UniqueConstraint(fields=["claim", "article_version", "start", "end"], name="appearance_once"),
        ]
        indexes = [models.Index(fields=["article_version", "start"], name="appearance_in_version")]

    def __str__(self) -> str:
        return self.quotation


# What people may correct of it; who checks facts says the rest.
@keeps_past("publisher", "url", "claim_text", "claimant", "rating", "published_on", "language", "withdrawn_at")
class EarlierFactCheck(Row):
    """What matching knows of a published fact-check, other people's or ours. Its identity is its address and the claim that it is about."""

    publisher = models.CharField(max_length=200)
    url = models.TextField(help_text="The normal form of the page's address.")
    identity = models.CharField(max_length=64, help_text="SHA-256 (hex) of the address and of the claim's fingerprint.")
    claim_text = models.TextField(help_text="The claim that was checked, in the publisher's words.")
    claimant = models.TextField(blank=True)
    rating = models.TextField(help_text="In the publisher's words.")
    published_on = models.DateField(null=True, help_text="Null when unknown.")
    language = models.CharField(max_length=35, blank=True, help_text="BCP 47; empty when unknown.")
    withdrawn_at = models.DateTimeField(null=True, help_text="Its publisher has taken it back.")
    import_run = models.ForeignKey(ImportRun, null=True, on_delete=models.PROTECT, related_name="fact_checks")
    version = models.PositiveIntegerField(default=1, help_text="Raised by every change of the row.")
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["identity"], name="earlier_fact_check_once"),
            models.CheckConstraint(condition=~Q(url="") & ~Q(publisher=""), name="earlier_fact_check_by_somebody"),
            models.CheckConstraint(
                condition=~Q(claim_text="") & ~Q(rating=""), name="earlier_fact_check_says_something"
            ),
        ]
        indexes = [models.Index(fields=["url"], name="earlier_fact_check_url")]

    def __str__(self) -> str:
        return f"{self.publisher}: {self.rating}"


# The inner product of vectors of length one is their cosine, and the cheapest to compute. News comes in dense clusters (the same wire,
# twenty times): with the usual 64 candidates for a neighbour, one claim in five beside them is not found any more.
NEAR: Any = {"opclasses": ["halfvec_ip_ops"], "m": 16, "ef_construction": 400}


class Indexed(models.Model):
    """What a text is found by: its vector, of length one, and its words. Follows from the text, which is at `revision`."""

    vector = HalfVectorField(dimensions=DIMENSIONS)
    words = SearchVectorField()
    encoder = models.CharField(max_length=60, help_text="What made the vector: those of two cannot be compared.")
    revision = models.PositiveIntegerField()

    class Meta:
        abstract = True


class IndexedClaim(Indexed):
    claim = models.OneToOneField(Claim, primary_key=True, on_delete=models.CASCADE, related_name="indexed")

    class Meta:
        indexes = [
            HnswIndex(fields=["vector"], name="indexed_claim_near", **NEAR),
            GinIndex(fields=["words"], name="indexed_claim_words"),
        ]


class IndexedFactCheck(Indexed):
    fact_check = models.OneToOneField(
        EarlierFactCheck, primary_key=True, on_delete=models.CASCADE, related_name="indexed"
    )

    class Meta:
        indexes = [
            HnswIndex(fields=["vector"], name="indexed_fact_check_near", **NEAR),
            GinIndex(fields=["words"], name="indexed_fact_check_words"),
        ]


@keeps_past(
    "state", "note", "decided_by", "decided_at", exclude=("similarity", "text_rank", "score", "reasons", "differences")
)
class ClaimMatch(Row):
    """A claim and what may be the same: an older claim, or an earlier fact-check. One row for a pair, whoever was found by whom."""

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="matches", db_index=False)
    other_claim = models.ForeignKey(
        Claim, null=True, on_delete=models.PROTECT, related_name="later_matches", db_index=False
    )
    fact_check = models.ForeignKey(
        EarlierFactCheck, null=True, on_delete=models.PROTECT, related_name="matches", db_index=False
    )
    similarity = models.FloatField(help_text="Of the whole, from -1.0 to 1.0.")
    text_rank = models.PositiveIntegerField(
        null=True, help_text="The place among those that share its rarest words; null for one far down."
    )
    score = models.FloatField(help_text="Of both rankings together; compares matches of one claim.")
    reasons = models.JSONField(default=list)
    differences = models.JSONField(default=list)
    state = models.CharField(max_length=9, choices=STATE_CHOICES, default=MatchState.SUGGESTED)
    note = models.TextField(blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1, help_text="Raised by every change of the row.")
    updated_at = models.DateTimeField(db_default=Now())
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(other_claim__isnull=True) ^ Q(fact_check__isnull=True), name="match_with_one_thing"
            ),
            # Keys rise with time: the later claim is the one that repeats.
            models.CheckConstraint(
                condition=Q(other_claim__isnull=True) | Q(other_claim__lt=F("claim")), name="match_with_an_older_claim"
            ),
            models.UniqueConstraint(fields=["claim", "other_claim"], name="match_of_claims_once"),
            models.UniqueConstraint(fields=["claim", "fact_check"], name="match_with_fact_check_once"),
            models.CheckConstraint(
                condition=Q(state__in=[s.value for s in UNDECIDED], decided_by__isnull=True, decided_at__isnull=True)
                | Q(state__in=[s.value for s in DECIDED], decided_by__isnull=False, decided_at__isnull=False),
                name="match_decided_by_somebody",
            ),
            # A link is made by nobody where something differs.
            models.CheckConstraint(
                condition=~Q(state="linked") | Q(differences=[]), name="match_linked_without_difference"
            ),
            models.CheckConstraint(
                condition=Q(similarity__gte=-1.01, similarity__lte=1.01), name="match_similarity_in_range"
            ),
        ]
        indexes = [
            models.Index(fields=["other_claim"], name="match_other", condition=Q(other_claim__isnull=False)),
            models.Index(fields=["fact_check"], name="match_fact_check", condition=Q(fact_check__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.claim_id} {self.state}"


class MatchingThresholds(Row):
    """What `tune_matching` learned, and from how many decisions. The newest row counts; without one the shipped thresholds do."""

    suggest = models.FloatField()
    link = models.FloatField()
    confirmed = models.PositiveIntegerField(help_text="Matches that people confirmed, of which it was learned.")
    rejected = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(suggest__gte=0, link__gte=F("suggest"), link__lte=1), name="matching_thresholds_in_order"
            )
        ]

    def __str__(self) -> str:
        return f"{self.suggest} {self.link}"
