"""What clients are answered; what they send stands in `claims/forms.py`.

Each list is made by the database from the same declaration (`factcheck.api.shape`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from django.db.models import Case, F, Value, When
from django.db.models.functions import Cast, Greatest, Least, Substr
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from claims.access import ROUTES
from claims.extraction.base import Contribution, Gap, Hop, Quantity, TimeReference
from claims.matching.decisions import STATE_CHOICES as MATCH_STATE_CHOICES
from claims.matching.reasons import Against, Reason
from claims.models import (
    Appearance,
    Article,
    ArticleVersion,
    Claim,
    ClaimMatch,
    EarlierFactCheck,
    ExtractionRun,
    FailedRow,
    ImportRun,
    Outlet,
)
from claims.pipeline.editing import EDITED
from claims.pipeline.extracting import RunFailure
from claims.triage import (
    ACTION_CHOICES,
    REASON_CHOICES,
    STATUS_CHOICES,
    TRANSITIONS,
    TriageStatus,
    blocked_by,
)
from claims.withdrawal import REASON_CHOICES as WITHDRAWAL_CHOICES
from factcheck.accounts.models import User
from factcheck.accounts.permissions import granted_scopes
from factcheck.api.renderers import dumps
from factcheck.api.shape import PlainJSON
from factcheck.api.typed import TypedJSONField
from factcheck.errors import ActionNotAllowed, InvalidInput, NotFound, StaleVersion

# A claim's numbers and dates say in which text they were found.


@dataclass(frozen=True, slots=True)
class ClaimQuantity(Quantity):
    """One number of a claim. Spans count in the text of `article_version`; in the claim's own where that is null."""

    article_version: UUID | None = None


@dataclass(frozen=True, slots=True)
class ClaimTimeReference(TimeReference):
    """When the claim says it happened. Spans count in the text of `article_version`; in the claim's own where that is null."""

    article_version: UUID | None = None


class OutletSerializer(serializers.ModelSerializer):
    class Meta:
        model = Outlet
        fields = ("id", "name", "domain")


class PersonSerializer(serializers.ModelSerializer):
    class Meta:
        model = User
        fields = ("id", "username")


class ExtractionRunSerializer(serializers.ModelSerializer):
    article_version = serializers.UUIDField(source="version_id")
    error = TypedJSONField(RunFailure | None)

    class Meta:
        model = ExtractionRun
        fields = (
            "id", "article_version", "extractor", "extractor_version", "status", "candidates", "created_claims", "attached_claims",
            "superseded_claims", "seconds", "error", "created_at", "finished_at",
        )  # fmt: skip


class QueuedExtractionSerializer(ExtractionRunSerializer):
    """The answer to a request to read again: `job` does it; null where this reading is done already."""

    job = serializers.UUIDField(allow_null=True)

    class Meta(ExtractionRunSerializer.Meta):
        fields = (*ExtractionRunSerializer.Meta.fields, "job")


class ArticleVersionSerializer(serializers.ModelSerializer):
    """A version without its text, which `GET /article-versions/{id}` has."""

    article = serializers.UUIDField(source="article_id")

    class Meta:
        model = ArticleVersion
        fields = ("id", "article", "number", "text_sha256", "length", "fetched_at")


class ArticleVersionTextSerializer(ArticleVersionSerializer):
    """A version with its text, which is empty where the article was withdrawn."""

    class Meta(ArticleVersionSerializer.Meta):
        fields = (*ArticleVersionSerializer.Meta.fields, "text")


class ArticleSerializer(serializers.ModelSerializer):
    outlet = OutletSerializer(allow_null=True)
    versions = ArticleVersionSerializer(many=True)
    withdrawn_at = serializers.DateTimeField(
        allow_null=True,
        help_text="Since when nothing is left of it but its address, dates, hashes and what people made of it.",
    )
    withdrawn_reason = serializers.ChoiceField(
        choices=WITHDRAWAL_CHOICES, allow_blank=True, help_text="Empty for one that stands."
    )

    class Meta:
        model = Article
        fields = (
            "id", "canonical_url", "outlet", "title", "byline", "language", "published_at", "versions", "withdrawn_at", "withdrawn_reason",
            "version", "created_at", "updated_at",
        )  # fmt: skip


class ImportedArticleSerializer(ArticleSerializer):
    """The answer to a POST: `job` reads the new version; null where nothing is left to read."""

    job = serializers.UUIDField(allow_null=True)

    class Meta(ArticleSerializer.Meta):
        fields = (*ArticleSerializer.Meta.fields, "job")


class ArticleOfClaimSerializer(serializers.ModelSerializer):
    outlet = OutletSerializer(allow_null=True)

    class Meta:
        model = Article
        fields = ("id", "title", "canonical_url", "published_at", "outlet")


class PlaceSerializer(serializers.ModelSerializer):
    """Where an article version makes a claim: `text[start:end] == quote`, in Unicode code points of the version's text.

    Of an article that was withdrawn both are empty.
    """

    article_version = serializers.UUIDField(source="article_version_id")
    text_sha256 = serializers.CharField(source="article_version.text_sha256")
    quote = serializers.CharField(source="quotation")
    attribution = TypedJSONField(list[Hop], help_text="From the origin towards this article.")

    class Meta:
        model = Appearance
        fields = ("id", "article_version", "text_sha256", "start", "end", "quote", "attribution", "is_manual")


CONTEXT_CHARS = 32  # of the text before and after a quotation, as W3C's text quote selectors usually carry


class AppearanceSerializer(PlaceSerializer):
    """With what stands before and after it, to find the place again in a text that has moved."""

    claim = serializers.UUIDField(source="claim_id")
    article = serializers.UUIDField(source="article_version.article_id")
    prefix = serializers.SerializerMethodField()
    suffix = serializers.SerializerMethodField()

    sql = {
        "prefix": lambda at: Substr(
            at("article_version__text"),
            Greatest(F(at("start")) - CONTEXT_CHARS + 1, 1),
            Least(F(at("start")), CONTEXT_CHARS),
        ),
        "suffix": lambda at: Substr(at("article_version__text"), F(at("end")) + 1, CONTEXT_CHARS),
    }

    class Meta(PlaceSerializer.Meta):
        fields = ("claim", "article", *PlaceSerializer.Meta.fields, "prefix", "suffix")

    def get_prefix(self, appearance: Appearance) -> str:
        return appearance.article_version.text[max(0, appearance.start - CONTEXT_CHARS) : appearance.start]

    def get_suffix(self, appearance: Appearance) -> str:
        return appearance.article_version.text[appearance.end : appearance.end + CONTEXT_CHARS]


NEEDS = {each.action: ROUTES[f"POST /api/v1/claims/{{id}}/{each.action}"] for each in TRANSITIONS}
BLOCKERS = [
    *(f"status_is_{status}" for status in TriageStatus),
    *(f"scope_{scope}_missing" for scope in sorted({scope for need in NEEDS.values() for scope in need.scopes})),
]


class AllowedActionSerializer(serializers.Serializer):
    action = serializers.ChoiceField(choices=ACTION_CHOICES)
    label = serializers.CharField()
    allowed = serializers.BooleanField()
    blocked_by = serializers.ListField(child=serializers.ChoiceField(choices=[(code, code) for code in BLOCKERS]))


@cache
def allowed_actions(status: TriageStatus, scopes: frozenset[str]) -> list[dict[str, Any]]:
    """The triage table as this person sees it from here."""
    answers = []
    for transition in TRANSITIONS:
        need = NEEDS[transition.action]
        missing = [f"scope_{scope}_missing" for scope in need.scopes if need.missing(scopes, ())]
        codes = [*blocked_by(transition.action, status), *missing]
        answers.append(
            {"action": str(transition.action), "label": transition.label, "allowed": not codes, "blocked_by": codes}
        )
    return answers


def _scopes(context: Any) -> frozenset[str]:
    request = context.get("request")
    return granted_scopes(request) if request is not None and request.user.is_authenticated else frozenset()


def _allowed_actions_sql(at: Any) -> Case:
    scopes = _scopes(at.context)

    def answer(status: TriageStatus) -> Cast:
        return Cast(Value(dumps(allowed_actions(status, scopes)).decode()), PlainJSON())

    return Case(
        *(When(**{at("triage_status"): status.value}, then=answer(status)) for status in TriageStatus),
        output_field=PlainJSON(),
    )


class ClaimSerializer(serializers.ModelSerializer):
    article = ArticleOfClaimSerializer(allow_null=True)
    appearances = PlaceSerializer(many=True)
    status = serializers.ChoiceField(source="triage_status", choices=STATUS_CHOICES)
    reason = serializers.ChoiceField(
        source="triage_reason", choices=REASON_CHOICES, allow_blank=True, help_text="Empty where none was given."
    )
    note = serializers.CharField(source="triage_note")
    triaged_by = PersonSerializer(allow_null=True)
    merged_into = serializers.UUIDField(source="merged_into_id", allow_null=True)
    split_from = serializers.UUIDField(source="split_from_id", allow_null=True)
    contributions = TypedJSONField(list[Contribution], help_text="Named addends of the score's log-odds.")
    quantities = TypedJSONField(list[ClaimQuantity])
    time_references = TypedJSONField(list[ClaimTimeReference])
    gaps = TypedJSONField(list[Gap], name="ClaimGap", help_text="What the claim leaves open.")
    edited_fields = serializers.ListField(
        child=serializers.ChoiceField(choices=[(name, name) for name in EDITED]),
        help_text="What a person has edited: no extractor overwrites it.",
    )
    allowed_actions = serializers.SerializerMethodField()

    sql = {"allowed_actions": _allowed_actions_sql}
    sql_varies_by = staticmethod(_scopes)

    class Meta:
        model = Claim
        fields = (
            "id", "text", "kind", "modality", "claimant", "language", "check_worthiness", "contributions", "rank_in_article",
            "quantities", "has_number", "time_references", "entities", "gaps", "article", "appearances", "status", "reason", "note",
            "triaged_by", "triaged_at", "risk", "merged_into", "split_from", "is_manual", "edited_fields", "revision", "version",
            "created_at", "updated_at", "allowed_actions",
        )  # fmt: skip

    @extend_schema_field(AllowedActionSerializer(many=True))
    def get_allowed_actions(self, claim: Claim) -> list[dict[str, Any]]:
        return allowed_actions(TriageStatus(claim.triage_status), _scopes(self.context))


class BulkResultSerializer(serializers.Serializer):
    """Either the claim as it is now, or the problem with which it was refused."""

    id = serializers.UUIDField()
    claim = ClaimSerializer(allow_null=True)
    problem = TypedJSONField(NotFound | StaleVersion | ActionNotAllowed | InvalidInput | None)


class BulkAnswerSerializer(serializers.Serializer):
    results = BulkResultSerializer(many=True, help_text="In the order of the items.")


class EarlierFactCheckSerializer(serializers.ModelSerializer):
    """What is known of a published fact-check, other people's or ours."""

    class Meta:
        model = EarlierFactCheck
        fields = (
            "id", "publisher", "url", "claim_text", "claimant", "rating", "published_on", "language", "withdrawn_at", "version",
            "created_at", "updated_at",
        )  # fmt: skip


class ClaimOfMatchSerializer(serializers.ModelSerializer):
    status = serializers.ChoiceField(source="triage_status", choices=STATUS_CHOICES)

    class Meta:
        model = Claim
        fields = ("id", "text", "status")


NEAR_DUPLICATE, EARLIER_FACT_CHECK = "near_duplicate", "earlier_fact_check"
MATCH_KIND_CHOICES = [(kind, kind) for kind in (NEAR_DUPLICATE, EARLIER_FACT_CHECK)]


class MatchSerializer(serializers.ModelSerializer):
    """A claim and what may be the same: an older claim, or an earlier fact-check. One of the two is null."""

    kind = serializers.SerializerMethodField()
    claim = ClaimOfMatchSerializer()
    other_claim = ClaimOfMatchSerializer(allow_null=True, help_text="The older one.")
    fact_check = EarlierFactCheckSerializer(allow_null=True)
    reasons = TypedJSONField(list[Reason], name="MatchReason", help_text="What speaks for it.")
    differences = TypedJSONField(list[Against], name="MatchDifference", help_text="What speaks against it.")
    state = serializers.ChoiceField(
        choices=MATCH_STATE_CHOICES,
        help_text="suggested, or linked where nothing but the form differs; confirmed or rejected by a person.",
    )
    decided_by = PersonSerializer(allow_null=True)

    sql = {
        "kind": lambda at: Case(
            When(**{at("fact_check__isnull"): True}, then=Value(NEAR_DUPLICATE)), default=Value(EARLIER_FACT_CHECK)
        )
    }

    class Meta:
        model = ClaimMatch
        fields = (
            "id", "kind", "claim", "other_claim", "fact_check", "similarity", "text_rank", "score", "reasons", "differences", "state",
            "note", "decided_by", "decided_at", "version", "created_at", "updated_at",
        )  # fmt: skip

    @extend_schema_field(serializers.ChoiceField(choices=MATCH_KIND_CHOICES))
    def get_kind(self, match: ClaimMatch) -> str:
        return EARLIER_FACT_CHECK if match.fact_check_id else NEAR_DUPLICATE


class ImportRunSerializer(serializers.ModelSerializer):
    started_by = PersonSerializer(allow_null=True)
    options = TypedJSONField(dict[str, Any], help_text="As they were given.")
    checkpoint = TypedJSONField(dict[str, Any], help_text="Where the next batch begins: file, byte offset, line.")
    error = TypedJSONField(RunFailure | None)

    class Meta:
        model = ImportRun
        fields = (
            "id", "source", "options", "state", "checkpoint", "rows", "created", "versioned", "unchanged", "skipped", "failed",
            "started_by", "created_at", "updated_at", "finished_at", "error",
        )  # fmt: skip


class FailedRowSerializer(serializers.ModelSerializer):
    class Meta:
        model = FailedRow
        fields = ("id", "source", "line", "field", "code", "detail", "raw")
