"""What clients may send: the bodies of the API. What they are answered stands in `claims/serializers.py`."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from claims.models import Claim
from claims.pipeline.asked import mapping_of
from claims.pipeline.editing import MAX_TEXT_CHARS
from claims.pipeline.rows import ON_DUPLICATE_CHOICES
from claims.pipeline.uploads import FORMAT_CHOICES, MAX_FILE_BYTES
from claims.sources.payload import MAX_TAGS
from claims.triage import REASON_CHOICES, RISK_CHOICES, TriageAction
from claims.withdrawal import REASON_CHOICES as WITHDRAWAL_CHOICES
from factcheck.api.strict import StrictSerializer
from factcheck.api.uploads import FileField, WrittenBoolean


class ArticleInputSerializer(StrictSerializer):
    """An article as text, as HTML, or as a url alone, whose page is then fetched: exactly one of them."""

    text = serializers.CharField(required=False, trim_whitespace=False)
    html = serializers.CharField(
        required=False,
        trim_whitespace=False,
        help_text=f"The page, of at most {MAX_TAGS:,} tags; its text is taken out of it.",
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


class ImportFileSerializer(StrictSerializer):
    """A file of articles, and what the command that imports one may be told too."""

    file = FileField(help_text=f"Of up to {MAX_FILE_BYTES} bytes, not compressed.")
    format = serializers.ChoiceField(
        choices=FORMAT_CHOICES, required=False, help_text="By its name and content when left out."
    )
    on_duplicate = serializers.ChoiceField(
        choices=ON_DUPLICATE_CHOICES,
        required=False,
        help_text="When an article that is here comes with another text: a new version when left out.",
    )
    outlet = serializers.CharField(required=False, max_length=200, help_text="Of articles that name none.")
    language = serializers.CharField(required=False, max_length=60, help_text="BCP 47, of articles that state none.")
    default_timezone = serializers.CharField(
        required=False, max_length=60, help_text="Of dates without one, like Europe/Kyiv; UTC when left out."
    )
    map = serializers.CharField(
        required=False,
        max_length=5_000,
        help_text="Which of their fields is which of ours, one a line, like headline=title.",
    )
    extract = WrittenBoolean(required=False, help_text="Read what is new for claims; true when left out.")

    def validate_map(self, value: str) -> dict[str, str]:
        try:
            return mapping_of(value)
        except ValueError as error:
            raise serializers.ValidationError(str(error), code="invalid") from None


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


class WithdrawSerializer(StrictSerializer):
    reason = serializers.ChoiceField(choices=WITHDRAWAL_CHOICES)
    note = serializers.CharField(max_length=MAX_TEXT_CHARS, help_text="Why, in words; none of the article's.")


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


class SplitSerializer(NoteSerializer):
    texts = serializers.ListField(
        child=serializers.CharField(max_length=MAX_TEXT_CHARS),
        min_length=2,
        max_length=10,
        help_text="The first stays with this claim; the others become claims.",
    )
