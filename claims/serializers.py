"""The shapes of the API. Each list is made by the database from the same declaration (`factcheck.api.shape`)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from django.db.models import Case, F, Value, When
from django.db.models.functions import Cast, Greatest, Least, Substr
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from claims.access import ROUTES
from claims.extraction.base import Contribution, Gap, Hop, Quantity, TimeReference
from claims.models import Appearance, Article, ArticleVersion, Claim, ExtractionRun, FailedRow, ImportRun, Outlet
from claims.pipeline.editing import EDITED, MAX_TEXT_CHARS
from claims.pipeline.extracting import RunFailure
from claims.triage import (
    ACTION_CHOICES,
    REASON_CHOICES,
    RISK_CHOICES,
    STATUS_CHOICES,
    TRANSITIONS,
    TriageAction,
    TriageStatus,
    blocked_by,
)
from factcheck.accounts.models import User
from factcheck.accounts.permissions import granted_scopes
from factcheck.api.renderers import dumps
from factcheck.api.shape import PlainJSON
from factcheck.api.strict import StrictSerializer
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
    """A version with its text."""

    class Meta(ArticleVersionSerializer.Meta):
        fields = (*ArticleVersionSerializer.Meta.fields, "text")


class ArticleSerializer(serializers.ModelSerializer):
    outlet = OutletSerializer(allow_null=True)
    versions = ArticleVersionSerializer(many=True)

    class Meta:
        model = Article
        fields = (
            "id", "canonical_url", "outlet", "title", "byline", "language", "published_at", "versions", "created_at", "withdrawn_at",
        )  # fmt: skip


class ImportedArticleSerializer(ArticleSerializer):
    """The answer to a POST: `job` reads the new version; null where nothing is left to read."""

    job = serializers.UUIDField(allow_null=True)

    class Meta(ArticleSerializer.Meta):
        fields = (*ArticleSerializer.Meta.fields, "job")


class ArticleInputSerializer(StrictSerializer):
    """An article as text, as HTML, or as a url alone, whose page is then fetched: exactly one of them."""

    text = serializers.CharField(required=False, trim_whitespace=False)
    html = serializers.CharField(
        required=False, trim_whitespace=False, help_text="The page; its text is taken out of it."
    )
    title = serializers.CharField(required=False, allow_blank=True)
    url = serializers.CharField(
        required=False,
        allow_blank=True,
        help_text="Absolute; its normal form is the article's identity. Without text and html, the page is fetched.",
    )
    byline = serializers.CharField(required=False, allow_blank=True)
    language = serializers.CharField(required=False, allow_blank=True, help_text="BCP 47.")
    outlet = serializers.CharField(required=False, allow_blank=True, help_text="Name of who printed it.")
    published_at = serializers.CharField(required=False, allow_null=True, help_text="RFC 3339; null when unknown.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        given = [name for name in ("text", "html") if name in attrs]
        if len(given) == 2 or not (given or attrs.get("url")):
            raise serializers.ValidationError(
                {"text": "Give either text or html, or a url alone."}, code="text_or_html"
            )
        return attrs


class ArticleOfClaimSerializer(serializers.ModelSerializer):
    outlet = OutletSerializer(allow_null=True)

    class Meta:
        model = Article
        fields = ("id", "title", "canonical_url", "published_at", "outlet")


class PlaceSerializer(serializers.ModelSerializer):
    """Where an article version makes a claim: `text[start:end] == quote`, in Unicode code points of the version's text."""

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


MAX_NAME_CHARS = 1000  # of a claimant: as long as a title may be


class SpanSerializer(StrictSerializer):
    start = serializers.IntegerField(min_value=0, help_text="In Unicode code points.")
    end = serializers.IntegerField(min_value=1)
    quote = serializers.CharField(
        required=False, trim_whitespace=False, help_text="What stands there; checked when given."
    )


class NewClaimSerializer(StrictSerializer):
    """A claim by hand: a span of an article version, or free text."""

    text = serializers.CharField(
        required=False,
        max_length=MAX_TEXT_CHARS,
        help_text="The claim in a form that stands alone; the span's words when left out.",
    )
    kind = serializers.ChoiceField(choices=Claim.Kind.choices, default=Claim.Kind.STATEMENT)
    claimant = serializers.CharField(required=False, allow_blank=True, max_length=MAX_NAME_CHARS, default="")
    article_version = serializers.UUIDField(required=False)
    span = SpanSerializer(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("article_version" in attrs) != ("span" in attrs):
            raise serializers.ValidationError(
                {"span": "A span and its article_version go together."}, code="span_incomplete"
            )
        return attrs


class ClaimEditSerializer(StrictSerializer):
    """Merge patch: what is absent stays."""

    actions_instead = {
        "status": "POST to one of the actions accept, reject, defer, restore, merge, unmerge.",
        "triage_status": "POST to one of the actions accept, reject, defer, restore, merge, unmerge.",
        "merged_into": "POST to merge or unmerge.",
        "risk": "POST to accept.",
    }

    text = serializers.CharField(required=False, max_length=MAX_TEXT_CHARS)
    kind = serializers.ChoiceField(choices=Claim.Kind.choices, required=False)
    claimant = serializers.CharField(required=False, allow_blank=True, max_length=MAX_NAME_CHARS)
    span = SpanSerializer(required=False)


class NoteSerializer(StrictSerializer):
    note = serializers.CharField(required=False, allow_blank=True, max_length=MAX_TEXT_CHARS, default="")


class AcceptSerializer(NoteSerializer):
    risk = serializers.ChoiceField(
        choices=RISK_CHOICES, required=False, help_text="As it is when left out; normal at first."
    )


class ReasonSerializer(NoteSerializer):
    reason = serializers.ChoiceField(choices=REASON_CHOICES)


class MergeSerializer(ReasonSerializer):
    into = serializers.UUIDField(help_text="The claim that stays.")


BULK_FORMS: dict[TriageAction, type[NoteSerializer]] = {
    TriageAction.ACCEPT: AcceptSerializer,
    TriageAction.REJECT: ReasonSerializer,
    TriageAction.DEFER: ReasonSerializer,
    TriageAction.RESTORE: NoteSerializer,
    TriageAction.MERGE: MergeSerializer,
    TriageAction.UNMERGE: NoteSerializer,
}
BULK_ACTIONS = [(action.value, action.value) for action in BULK_FORMS]
MAX_BULK = 200  # as many as a page of a list


_FORMS = sorted({form.__name__.removesuffix("Serializer") for form in BULK_FORMS.values()})


@extend_schema_field({"anyOf": [{"$ref": f"#/components/schemas/{name}Request"} for name in _FORMS]})
class BulkParamsField(serializers.DictField):
    pass


class BulkItemSerializer(StrictSerializer):
    id = serializers.UUIDField()
    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1, help_text="The one that you saw.")


class BulkSerializer(StrictSerializer):
    """One action on several claims. Without `atomic`, each is taken or refused for itself."""

    action = serializers.ChoiceField(choices=BULK_ACTIONS)
    items = serializers.ListField(child=BulkItemSerializer(), min_length=1, max_length=MAX_BULK)
    params = BulkParamsField(required=False, default=dict, help_text="The body that the action itself takes.")
    atomic = serializers.BooleanField(default=False, help_text="All or none.")

    def validate_items(self, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        seen: set[Any] = set()
        for number, item in enumerate(items):
            if item["id"] in seen:
                repeated = ErrorDetail("It is here already.", code="repeated_item")
                raise serializers.ValidationError({str(number): {"id": [repeated]}})
            seen.add(item["id"])
        return items

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs["action"] = TriageAction(attrs["action"])
        form = BULK_FORMS[attrs["action"]](data=attrs["params"])
        if not form.is_valid():
            raise serializers.ValidationError({"params": form.errors})
        return attrs | {"params": form.validated_data}


class BulkResultSerializer(serializers.Serializer):
    """Either the claim as it is now, or the problem with which it was refused."""

    id = serializers.UUIDField()
    claim = ClaimSerializer(allow_null=True)
    problem = TypedJSONField(NotFound | StaleVersion | ActionNotAllowed | InvalidInput | None)


class BulkAnswerSerializer(serializers.Serializer):
    results = BulkResultSerializer(many=True, help_text="In the order of the items.")


class SplitSerializer(NoteSerializer):
    texts = serializers.ListField(
        child=serializers.CharField(max_length=MAX_TEXT_CHARS),
        min_length=2,
        max_length=10,
        help_text="The first stays with this claim; the others become claims.",
    )


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
