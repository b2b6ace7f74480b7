"""What may be the same as a claim: how it is found, and what people say of it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from pgvector.django import HalfVectorField, HnswIndex

from claims.matching.decisions import DECIDED, STATE_CHOICES, UNDECIDED, MatchState
from claims.matching.encoding import DIMENSIONS
from claims.models.base import Row
from claims.models.claims import Claim
from claims.models.runs import ImportRun
from factcheck.audit.history import keeps_past


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


class OwnFactCheck(models.Model):
    """The claim that a fact-check of ours came from: nobody has to be told that the two may be the same."""

    fact_check = models.OneToOneField(EarlierFactCheck, primary_key=True, on_delete=models.CASCADE, related_name="own")
    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="+")


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
