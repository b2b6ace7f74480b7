"""What clients may send: a body for each action. Which stage, person and words it takes, the verbs ask."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from claims.forms import SpanSerializer
from claims.sources.urls import MAX_URL_CHARS, canonical_url
from claims.triage import RISK_CHOICES
from factcheck.api.strict import StrictSerializer
from factcheck.api.uploads import FileField, WrittenBoolean
from reviews import stages
from reviews.commenting import ANCHOR_FIELD_CHOICES
from reviews.evidence import ACCEPTED, MAX_BYTES
from reviews.facts import SIDE_CHOICES, STANCE_CHOICES
from reviews.reasons import DECLINE_REASONS, REASONS, TAKE_OVER_REASONS, choices
from reviews.stages import Action
from reviews.workflow.publishing import MINOR

MINOR_CHOICES = [(kind.value, kind.label) for kind in MINOR]
MAX_LINE_CHARS = 1000
MAX_WORDS_CHARS = 10_000
MAX_BODY_CHARS = 200_000  # of a fact-check: ten times a long one
MAX_RATING_CHARS = 40
MAX_REQUEST_CHARS = 5_000  # of a reader's request, and of its answer
MAX_ITEMS = 200
MAX_QUERIES = 50
MOST = 32767  # of the column


def _line(**options: Any) -> serializers.CharField:
    return serializers.CharField(max_length=MAX_LINE_CHARS, **options)


def _words(**options: Any) -> serializers.CharField:
    return serializers.CharField(max_length=MAX_WORDS_CHARS, **options)


def _optional(**options: Any) -> dict[str, Any]:
    return {"required": False, "allow_blank": True, **options}


def because(action: Action) -> type[StrictSerializer]:
    """The body of an action that wants a code and words: its reasons are those of the table."""
    members = {"reason": serializers.ChoiceField(choices=choices(REASONS[action])), "note": _words()}
    name = "".join(part.capitalize() for part in action.split("_"))
    return type(f"{name}Serializer", (StrictSerializer,), members)


ReleaseSerializer = because(Action.RELEASE)
RequestEvidenceSerializer = because(Action.REQUEST_EVIDENCE)
ReplaceAdjudicatorSerializer = because(Action.REPLACE_ADJUDICATOR)
UnapproveSerializer = because(Action.UNAPPROVE)
MarkUnreliableSerializer = because(Action.MARK_UNRELIABLE)
DeclareConflictSerializer = because(Action.DECLARE_CONFLICT)
HoldSerializer = because(Action.HOLD)
ResumeSerializer = because(Action.RESUME)
CloseSerializer = because(Action.CLOSE)
ReverifySerializer = because(Action.REVERIFY)
AbandonReverificationSerializer = because(Action.ABANDON_REVERIFICATION)
ReopenSerializer = because(Action.REOPEN)


class OpenRevisionSerializer(StrictSerializer):
    """For a reader's request, or for a reason of one's own."""

    correction_request = serializers.UUIDField(
        required=False, help_text="One about it that you handle: this accepts it."
    )
    reason: Any = serializers.ChoiceField(
        choices=choices(REASONS[Action.OPEN_REVISION]),
        required=False,
        help_text="`requested` where a request is named.",
    )
    note = _words(**_optional(help_text="Why, for the desk; may be left out where a request is named."))


class DismissRevisionSerializer(because(Action.DISMISS_REVISION)):  # type: ignore[misc]
    answer = _words(
        **_optional(
            help_text="What readers are told whose requests opened it. Needed where there are any; the note is the desk's."
        )
    )


class NewReviewSerializer(StrictSerializer):
    claim = serializers.UUIDField(help_text="An accepted one.")
    desk = serializers.UUIDField()
    risk = serializers.ChoiceField(choices=RISK_CHOICES, required=False, help_text="The claim's when left out.")


class NextSerializer(StrictSerializer):
    desk = serializers.UUIDField(help_text="Whose queue.")


class AssignSerializer(StrictSerializer):
    to = serializers.UUIDField(help_text="A researcher of the desk.")


class TakeOverSerializer(StrictSerializer):
    """An editor who ends somebody's lease says why; whoever takes over one that has ended need not."""

    reason = serializers.ChoiceField(choices=choices(TAKE_OVER_REASONS), required=False)
    note = _words(**_optional())


class SubmitForRatingSerializer(StrictSerializer):
    single_origin_reason = _words(**_optional(help_text="Why one origin of evidence has to do."))


class JudgementSerializer(StrictSerializer):
    rating = serializers.CharField(max_length=MAX_RATING_CHARS, help_text="The code of a point of the review's scale.")
    rationale = _words(help_text="40 characters or more.")
    cites = serializers.ListField(
        child=serializers.UUIDField(), max_length=MAX_ITEMS, default=list, help_text="Items of the frozen set."
    )
    searches = _words(**_optional(default="", help_text="What was searched, where the rating lies on no scale."))


class VerdictDraftSerializer(StrictSerializer):
    """Merge patch: what is absent stays."""

    rating = serializers.CharField(max_length=MAX_RATING_CHARS, **_optional())
    rationale = _words(**_optional(trim_whitespace=False))
    cites = serializers.ListField(child=serializers.UUIDField(), max_length=MAX_ITEMS, required=False)
    searches = _words(**_optional(trim_whitespace=False))


class AnswerSerializer(StrictSerializer):
    verdict = serializers.UUIDField()
    answer = _words()


class AdjudicateSerializer(StrictSerializer):
    rating = serializers.CharField(max_length=MAX_RATING_CHARS)
    rationale = _words(help_text="40 characters or more.")
    answers = AnswerSerializer(many=True, help_text="One to each verdict that says otherwise.")

    def validate_answers(self, answers: list[dict[str, Any]]) -> dict[Any, str]:
        told = {each["verdict"]: each["answer"] for each in answers}
        if len(told) < len(answers):
            raise serializers.ValidationError("One answer to each verdict.", code="repeated_item")
        return told


class ReplaceSeatHolderSerializer(because(Action.REPLACE_SEAT_HOLDER)):  # type: ignore[misc]
    seat = serializers.IntegerField(min_value=1, max_value=MOST, help_text="Its number in the open round.")


def _public_addressee() -> serializers.CharField:
    return serializers.CharField(
        required=False, allow_blank=True, max_length=300, default="",
        help_text="As readers are told whom: an office, a company, a public person. Empty: they are not.",
    )  # fmt: skip


class RequestReplySerializer(StrictSerializer):
    addressee = serializers.CharField(max_length=300, help_text="Whom and where: a name, an office, an address.")
    public_addressee = _public_addressee()
    question = _words()


class RecordReplySerializer(StrictSerializer):
    request = serializers.UUIDField(help_text="One of the review's replies.")
    answer = _words(help_text="In their words; for the desk.")
    public_answer = serializers.CharField(
        required=False, allow_blank=True, max_length=MAX_WORDS_CHARS, default="",
        help_text="What of it was meant for readers, in their words: it is published.",
    )  # fmt: skip
    is_declined = serializers.BooleanField(default=False, help_text="They said that they do not answer.")


class WaiveReplySerializer(because(Action.WAIVE_REPLY)):  # type: ignore[misc]
    addressee = serializers.CharField(max_length=300)
    public_addressee = _public_addressee()


class PublishSerializer(StrictSerializer):
    public_note = _words(
        **_optional(
            help_text="What readers are told of the change, after the first revision; else what the approval says."
        )
    )


class PublishMinorSerializer(StrictSerializer):
    """What you have read, which you approve with this: `for_approval` of the review names the text."""

    kind = serializers.ChoiceField(choices=MINOR_CHOICES)
    draft_digest = serializers.CharField(max_length=64)
    public_note = _words(**_optional(help_text="What readers are told of the change; a typo needs none."))


class ProposeRetractionSerializer(because(Action.PROPOSE_RETRACTION)):  # type: ignore[misc]
    note = _words(help_text="Why, for readers: 40 characters or more.")


[_SENT_BACK] = [row for row in stages.TRANSITIONS if row.action is Action.SEND_BACK]
SENT_BACK_TO_CHOICES = [(stage.value, stage.value) for stage in _SENT_BACK.to_stages]


class SendBackSerializer(because(Action.SEND_BACK)):  # type: ignore[misc]
    to = serializers.ChoiceField(choices=SENT_BACK_TO_CHOICES)


class ApproveSerializer(StrictSerializer):
    """What you have read: `for_approval` of the review. It is refused if any of it has changed since."""

    decision = serializers.UUIDField()
    draft_digest = serializers.CharField(max_length=64)
    evidence_digest = serializers.CharField(max_length=64)
    publish_at = serializers.DateTimeField(
        required=False,
        help_text="Publish it then, and not before. An editor who wants it earlier takes the approval back.",
    )
    public_note = _words(
        **_optional(help_text="What readers are told of the change; needed with a time where a revision is public.")
    )


def _is_address(url: str) -> None:
    """Kept as it is written: what is refused is what no browser or fetcher would ask, and secrets that the desk would read."""
    if len(url) > MAX_URL_CHARS:
        return  # is told as such
    try:
        canonical_url(url)
    except ValueError as error:
        raise serializers.ValidationError(f"This is no address of a page: {error}.", code="bad_url") from None


class EvidenceEditSerializer(StrictSerializer):
    """Merge patch: what is absent stays."""

    url = serializers.CharField(
        max_length=MAX_URL_CHARS,
        validators=[_is_address],
        **_optional(help_text="Absolute, http or https, without a password. Its page is stored by a job."),
    )
    title = _line(**_optional())
    publisher = serializers.CharField(max_length=200, **_optional())
    origin = serializers.CharField(
        max_length=200, required=False, help_text="Where the report comes from: outlets that quote one wire have one."
    )
    stance = serializers.ChoiceField(choices=STANCE_CHOICES, required=False)
    quotation = _words(**_optional())
    locator = _line(**_optional(help_text="Where in the source: page, table, minute."))
    note = _words(**_optional())
    is_confidential = serializers.BooleanField(required=False)
    snapshot_exemption = _words(**_optional(help_text="Why there can be no snapshot."))
    is_withdrawn = serializers.BooleanField(required=False, help_text="Take it out of use, or bring it back.")


class KeepEvidenceSerializer(because(Action.KEEP_EVIDENCE)):  # type: ignore[misc]
    finding = serializers.UUIDField(help_text="The item's `live_check` that you have looked at.")


class NewEvidenceSerializer(EvidenceEditSerializer):
    """A source, what it says of the claim, and where."""

    is_withdrawn = None
    origin = serializers.CharField(
        max_length=200, help_text="Where the report comes from: outlets that quote one wire have one."
    )
    stance = serializers.ChoiceField(choices=STANCE_CHOICES)


class NewEvidenceFileSerializer(NewEvidenceSerializer):
    """A file, what it says of the claim, and where."""

    file = FileField(help_text=f"Of one of the types {', '.join(ACCEPTED)}, by its content; up to {MAX_BYTES} bytes.")
    is_confidential = WrittenBoolean(required=False)


class NewSearchSerializer(StrictSerializer):
    """What was looked for and not found."""

    side = serializers.ChoiceField(choices=SIDE_CHOICES)
    queries = serializers.ListField(
        child=_line(), min_length=1, max_length=MAX_QUERIES, help_text="As they were typed."
    )
    places = _words(help_text="Where: archives, search engines, people asked.")
    note = _words(**_optional(default=""))


class DraftEditSerializer(StrictSerializer):
    """Merge patch: what is absent stays."""

    headline = _line(**_optional())
    summary = _words(**_optional())
    rating = serializers.CharField(max_length=MAX_RATING_CHARS, **_optional())
    rating_explanation = _words(**_optional())
    body = serializers.CharField(max_length=MAX_BODY_CHARS, **_optional(trim_whitespace=False))


class CommentAnchorSerializer(StrictSerializer):
    """What it is about: one of field, evidence and article_version, with a span where it is a place in a text."""

    field = serializers.ChoiceField(choices=ANCHOR_FIELD_CHOICES, required=False)
    evidence = serializers.UUIDField(required=False, help_text="An item of the review.")
    article_version = serializers.UUIDField(required=False, help_text="A text in which the claim appears.")
    span = SpanSerializer(required=False)


class NewCommentSerializer(StrictSerializer):
    text = _words(help_text="`@username` names somebody of the desk.")
    reply_to = serializers.UUIDField(required=False, help_text="A comment of this review.")
    anchor = CommentAnchorSerializer(required=False)


class PublicCorrectionRequestSerializer(StrictSerializer):
    """What anybody may send."""

    fact_check = serializers.UUIDField()
    text = serializers.CharField(max_length=MAX_REQUEST_CHARS, help_text="What is wrong, and how you know.")
    contact = serializers.EmailField(
        required=False, allow_blank=True, default="", help_text="Read only by whoever handles it."
    )


class RequestAnswerSerializer(StrictSerializer):
    answer = serializers.CharField(max_length=MAX_REQUEST_CHARS, help_text="What whoever asked is told.")


class RequestDeclineSerializer(RequestAnswerSerializer):
    reason = serializers.ChoiceField(choices=choices(DECLINE_REASONS))


class RequestDuplicateSerializer(RequestAnswerSerializer):
    duplicate_of = serializers.UUIDField(help_text="Another request about the same fact-check.")
