"""What the desk says about a review. It changes nothing of the review, whose version stays: nobody's work goes stale by it."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from django.db import transaction

from claims.models import ArticleVersion
from factcheck.accounts.models import User
from factcheck.errors import FieldError, InvalidInput
from reviews.commenting import ANCHOR_FIELDS, mentioned
from reviews.models import Comment, Draft, Evidence, Mention, Review
from reviews.stages import Action
from reviews.words import has_words
from reviews.workflow.acting import begin, lock


@dataclass(frozen=True, slots=True)
class Anchor:
    """What a comment is about: one of `ANCHOR_FIELDS`, an item of evidence, or a text in which the claim appears; and a place in the
    text, in code points, whose `quote` is checked when given.
    """

    field: str = ""
    evidence: UUID | None = None
    article_version: UUID | None = None
    start: int | None = None
    end: int | None = None
    quote: str = ""


def comment(
    review_id: UUID, text: str, *, actor: User, reply_to: UUID | None = None, anchor: Anchor | None = None
) -> Comment:
    """Say something to the desk, in a thread or not. `@username` of somebody of the desk names them."""
    with transaction.atomic():
        act = begin(lock(review_id, actor), Action.COMMENT, actor=actor)
        anchor = anchor or Anchor()
        text_of_anchor, errors = _look_up(act.review, anchor)
        said = Comment(
            review=act.review,
            author=actor,
            text=text,
            reply_to=Comment.objects.filter(pk=reply_to, review=act.review).first() if reply_to else None,
            field=anchor.field,
            evidence_id=anchor.evidence,
            article_version_id=anchor.article_version,
            start=anchor.start,
            end=anchor.end,
            quote=text_of_anchor[anchor.start : anchor.end] if anchor.end else "",
        )
        if errors := _thread_errors(said, reply_to) + errors:
            raise InvalidInput(errors=errors)
        said.save(force_insert=True)
        named = mentioned(text, _colleagues(act.review)) if "@" in text else []
        Mention.objects.bulk_create([Mention(comment=said, user_id=pk) for pk in named])
        act.data |= {"comment": str(said.pk), "text_sha256": sha256(text.encode()).hexdigest()}
        act.data |= {"reply_to": str(reply_to)} if reply_to else {}
        act.data |= {"mentions": [str(pk) for pk in named]} if named else {}
        act.record()
    return said


def _colleagues(review: Review) -> dict[str, UUID]:
    """Who can be named: people of the desk, by username in lower case."""
    people = User.objects.filter(memberships__desk=review.desk_id, is_active=True, is_machine=False)
    return {username.lower(): pk for username, pk in people.values_list("username", "pk")}


def _thread_errors(said: Comment, reply_to: UUID | None) -> list[FieldError]:
    errors = []
    if not has_words(said.text):
        errors.append(FieldError("required", "Say something.", pointer="/text"))
    if reply_to and not said.reply_to:
        errors.append(FieldError("unknown_comment", "This review has no such comment.", pointer="/reply_to"))
    return errors


def _look_up(review: Review, anchor: Anchor) -> tuple[str, list[FieldError]]:
    """The text that it is pinned to, if it is, and what is wrong with it."""

    def wrong(code: str, detail: str, member: str = "") -> tuple[str, list[FieldError]]:
        return "", [FieldError(code, detail, pointer=f"/anchor{member}")]

    if len([each for each in (anchor.field, anchor.evidence, anchor.article_version) if each]) > 1:
        return wrong("exclude_each_other", "A comment is about one thing: a field, an item of evidence, or a text.")
    text = None
    if anchor.field:
        text = _text_of(review, anchor.field)
        if text is None:
            return wrong("unknown_field", f"There is no {anchor.field} yet.", "/field")
    elif anchor.article_version:
        text = _article_text(review, anchor.article_version)
        if text is None:
            return wrong("unknown_version", "The claim appears in no such text.", "/article_version")
        if anchor.end is None:
            return wrong("required", "Say where in the text.", "/span")
    elif anchor.evidence and not Evidence.objects.filter(pk=anchor.evidence, review=review).exists():
        return wrong("unknown_evidence", "This review has no such evidence.", "/evidence")
    if anchor.start is None or anchor.end is None:
        return "", []
    if text is None:
        return wrong("span_without_text", "A place stands in a field or in a text of an article.", "/span")
    if not anchor.start < anchor.end <= len(text):
        return wrong("span_outside", f"The text has {len(text)} characters.", "/span")
    if anchor.quote and text[anchor.start : anchor.end] != anchor.quote:
        return wrong("quote_differs", "The text does not say this there: read it again.", "/span/quote")
    return text, []


def _text_of(review: Review, field: str) -> str | None:
    if field not in ANCHOR_FIELDS:
        return None
    kind, _, name = field.partition(".")
    row = review.claim if kind == "claim" else Draft.objects.filter(review=review).first()
    return None if row is None else str(getattr(row, name))


def _article_text(review: Review, version_id: UUID) -> str | None:
    shown = ArticleVersion.objects.filter(pk=version_id, appearances__claim=review.claim_id)
    text: str | None = shown.values_list("text", flat=True).first()
    return text
