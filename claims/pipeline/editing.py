"""Claims by hand: written from a span or in free words, and edited. An edit of text, span, kind or claimant raises the revision."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction

from claims.models import Appearance, ArticleVersion, Claim
from claims.pipeline.queueing import queue_match
from claims.pipeline.standing import check_stands
from claims.pipeline.triaging import BOOKKEEPING, save
from claims.pipeline.words import read_own_words
from claims.text import places_of
from claims.triage import TriageStatus
from factcheck.accounts.models import User
from factcheck.audit import events
from factcheck.audit.changes import state_of
from factcheck.audit.staleness import check_version
from factcheck.errors import ActionNotAllowed, FieldError, InvalidInput, NotFound

EDITABLE = ("text", "kind", "claimant")
EDITED = (*EDITABLE, "span")  # what `edited_fields` may name
MAX_TEXT_CHARS = 10_000  # one assertion, however long its sentence; a whole article selected by mistake is refused


def add_claim(
    *,
    actor: User,
    text: str = "",
    kind: str = Claim.Kind.STATEMENT,
    claimant: str = "",
    version_id: UUID | None = None,
    start: int | None = None,
    end: int | None = None,
    quotation: str | None = None,
    words: str = "",
    occurrence: int | None = None,
) -> Claim:
    """A claim that a person found: a span of a version (then `text` may be left out), or free text without an article.

    `start` and `end` are code points of the version's text; `quotation`, when given, must be what stands there. Whoever cannot
    count code points gives the `words` as they stand in the text instead, and where they stand more than once, which
    `occurrence`, from 1. Raises InvalidInput (422) when the span does not fit the text, the words do not stand there or it is
    open which ones are meant, and when neither span nor text is given.
    """
    with transaction.atomic():
        claim = Claim(
            text=text.strip(), kind=kind, claimant=claimant.strip(), is_manual=True, updated_by=actor,
            edited_fields=sorted({"text", "kind", "claimant"}),
        )  # fmt: skip
        if version_id is None:
            if not claim.text:
                raise InvalidInput(
                    errors=[FieldError("required", "Give a text, or a span of an article version.", pointer="/text")]
                )
            _check_length(claim.text)
            read_own_words(claim)
            claim.save(force_insert=True)
        else:
            version = _version(version_id)
            if start is None and end is None and words:
                start, end = _find(version, words, occurrence)
            start, end, found = _cut(version, start, end, quotation)
            claim.text = claim.text or found
            _check_length(claim.text)
            claim.article_id, claim.language = version.article_id, version.article.language
            read_own_words(claim)
            claim.save(force_insert=True)
            Appearance.objects.create(
                claim=claim, article_version=version, start=start, end=end, quotation=found, is_manual=True
            )
        events.record(
            claim,
            "create",
            actor=actor,
            data={"text": claim.text, "article_version": str(version_id) if version_id else None},
        )
        queue_match(claim.pk)
    claim.refresh_from_db()
    return claim


def edit_claim(claim_id: UUID, changes: dict[str, Any], *, actor: User, version: int | None = None) -> Claim:
    """Change text, kind, claimant or the span (`{"start", "end", "quotation"}` in the newest version where it appears).

    Values equal to the present ones change nothing. Raises NotFound, StaleVersion (412), ActionNotAllowed (409) for a claim that is
    merged or superseded, InvalidInput (422).
    """
    with transaction.atomic():
        claim = Claim.objects.select_for_update(no_key=True).filter(pk=claim_id).first()
        if claim is None:
            raise NotFound("There is no such claim.")
        check_version(claim, version, BOOKKEEPING)
        if claim.triage_status in (TriageStatus.MERGED, TriageStatus.SUPERSEDED):
            raise ActionNotAllowed(f"A claim that is {claim.triage_status} cannot be edited.")
        before = state_of(claim)
        edited = {name for name in EDITABLE if name in changes and getattr(claim, name) != changes[name].strip()}
        for name in edited:
            setattr(claim, name, changes[name].strip())
        if not claim.text:
            raise InvalidInput(errors=[FieldError("blank", "A claim has a text.", pointer="/text")])
        if "text" in edited:
            _check_length(claim.text)
            read_own_words(claim)
        moved = {"span": spans} if (span := changes.get("span")) and (spans := _move(claim, span)) else {}
        edited |= moved.keys()
        if edited:
            claim.edited_fields = sorted({*claim.edited_fields, *edited})
            claim.revision += 1
            save(claim, actor, "edit", before, moved)
            queue_match(claim.pk)
    return claim


def _move(claim: Claim, span: dict[str, Any]) -> list[list[int]]:
    """Returns where it stood and where it stands now; nothing when it has not moved."""
    appearance = (
        claim.appearances.select_related("article_version__article").order_by("-article_version__number", "id").first()
    )
    if appearance is None:
        raise InvalidInput(errors=[FieldError("no_appearance", "This claim appears in no article.", pointer="/span")])
    check_stands(appearance.article_version.article)
    start, end, words = _cut(appearance.article_version, span["start"], span["end"], span.get("quotation"))
    before = [appearance.start, appearance.end]
    if before == [start, end]:
        return []
    others = claim.appearances.filter(article_version=appearance.article_version_id).exclude(pk=appearance.pk)
    if others.filter(start=start, end=end).exists():
        raise InvalidInput(
            errors=[FieldError("appears_there_already", "This claim appears there already.", pointer="/span")]
        )
    appearance.start, appearance.end, appearance.quotation, appearance.is_manual = start, end, words, True
    appearance.save(update_fields=["start", "end", "quotation", "is_manual"])
    return [before, [start, end]]


def _check_length(text: str) -> None:
    if len(text) > MAX_TEXT_CHARS:
        detail = f"A claim has at most {MAX_TEXT_CHARS} characters, not {len(text)}."
        raise InvalidInput(errors=[FieldError("too_long", detail, pointer="/text")])


def _version(version_id: UUID) -> ArticleVersion:
    version = ArticleVersion.objects.select_related("article").filter(pk=version_id).first()
    if version is None:
        raise InvalidInput(
            errors=[FieldError("unknown_version", "There is no such article version.", pointer="/article_version")]
        )
    check_stands(version.article)
    return version


def _find(version: ArticleVersion, words: str, occurrence: int | None) -> tuple[int, int]:
    places = places_of(version.text, words)
    if not places:
        detail = "These words do not stand in the text. Copy them as they stand there."
        raise InvalidInput(errors=[FieldError("words_not_found", detail, pointer="/words")])
    if occurrence is None and len(places) > 1:
        detail = f"These words stand in the text {len(places)} times: say which, from 1 to {len(places)}."
        raise InvalidInput(errors=[FieldError("words_ambiguous", detail, pointer="/occurrence")])
    if occurrence is not None and not 1 <= occurrence <= len(places):
        detail = f"These words stand in the text {len(places)} time{'s' if len(places) > 1 else ''}."
        raise InvalidInput(errors=[FieldError("no_such_occurrence", detail, pointer="/occurrence")])
    return places[(occurrence or 1) - 1]


def _cut(version: ArticleVersion, start: int | None, end: int | None, quotation: str | None) -> tuple[int, int, str]:
    if start is None or end is None or not 0 <= start < end <= version.length:
        detail = f"Give start and end in code points, 0 <= start < end <= {version.length}."
        raise InvalidInput(errors=[FieldError("span_outside_text", detail, pointer="/span/start")])
    words = version.text[start:end]
    if not words.strip():
        raise InvalidInput(
            errors=[FieldError("span_is_blank", "Only white space stands there.", pointer="/span/start")]
        )
    if quotation is not None and quotation != words:
        detail = (
            "Something else stands there. Offsets count Unicode code points; JavaScript strings count UTF-16 units."
        )
        raise InvalidInput(errors=[FieldError("quotation_differs", detail, pointer="/span/quote")])
    return start, end, words
