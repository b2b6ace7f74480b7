"""What is public is doubted: it stands, is verified again, or is proposed to be retracted. What is published of it, `publishing` has."""

from __future__ import annotations

from uuid import UUID

from factcheck.accounts.models import User
from factcheck.errors import FieldError, InvalidInput
from reviews import digests
from reviews.digests import DRAFT_FIELDS
from reviews.facts import Stage
from reviews.models import Draft, RetractionProposal, Review
from reviews.models.publication import MIN_PUBLIC_REASON_CHARS
from reviews.reasons import Reason
from reviews.stages import Action
from reviews.words import readable
from reviews.workflow.acting import Act, acting
from reviews.workflow.corrections import accept_for, answer_requests
from reviews.workflow.rating import void_round
from reviews.workflow.standing import latest_revision

FOR_A_REQUEST = "A reader asks for a correction."


def open_revision(
    review_id: UUID,
    *,
    reason: Reason | str = "",
    note: str = "",
    correction_request: UUID | None = None,
    actor: User,
    version: int | None = None,
) -> Review:
    """Doubt what is public. It stays so, with a notice, until another revision comes or somebody lets it stand. Who opens it handles it.

    For a reader's request, which is accepted with it, no other reason is needed.
    """
    if correction_request:
        reason, note = reason or Reason.REQUESTED, note or FOR_A_REQUEST
    with acting(review_id, Action.OPEN_REVISION, actor=actor, version=version, reason=reason, note=note) as act:
        if correction_request:
            accept_for(act.review, correction_request, actor=actor)
            act.data["correction_request"] = str(correction_request)
        act.review.handler = actor
        act.move(Stage.UNDER_REVISION)
    return act.review


def dismiss_revision(
    review_id: UUID, *, reason: Reason | str, note: str, answer: str = "", actor: User, version: int | None = None
) -> Review:
    """Let what is public stand as it is. What was edited meanwhile is dropped, and readers whose requests opened it are told `answer`:
    what the desk notes is no answer to them.
    """
    with acting(review_id, Action.DISMISS_REVISION, actor=actor, version=version, reason=reason, note=note) as act:
        _restore_draft(act)
        act.data |= answer_requests(act.review, answer, actor=actor)
        act.review.handler = None
        act.move(Stage.PUBLISHED)
    return act.review


def reverify(review_id: UUID, *, reason: Reason | str, note: str, actor: User, version: int | None = None) -> Review:
    """Check the finding itself again, from research on. What is public stays so, with its notice."""
    with acting(review_id, Action.REVERIFY, actor=actor, version=version, reason=reason, note=note) as act:
        act.review.adjudicator = None
        act.data["rounds_before"] = act.review.round_number
        act.move(Stage.RESEARCH)
    return act.review


def abandon_reverification(
    review_id: UUID, *, reason: Reason | str, note: str, actor: User, version: int | None = None
) -> Review:
    """Give up to check it again: what was decided meanwhile counts no more, and what was edited is dropped."""
    with acting(
        review_id, Action.ABANDON_REVERIFICATION, actor=actor, version=version, reason=reason, note=note
    ) as act:
        if act.review.stage == Stage.DRAFTING:
            void_round(act)
        _restore_draft(act)
        act.move(Stage.UNDER_REVISION)
    return act.review


def _restore_draft(act: Act) -> None:
    """To the text that is public."""
    revision, draft = latest_revision(act.review), Draft.objects.select_for_update(no_key=True).get(review=act.review)
    assert revision is not None
    said = revision.document
    text = {name: said[name] for name in DRAFT_FIELDS if name in said}
    text |= {"rating": said["rating"]["code"], "rating_explanation": said["rating"]["explanation"]}
    dropped = sorted(name for name, words in text.items() if getattr(draft, name) != words)
    if dropped:
        for name in dropped:
            setattr(draft, name, text[name])
        draft.digest = digests.draft_digest(draft)
        draft.save()
        act.data |= {"dropped": dropped, "draft_digest": draft.digest}


def propose_retraction(
    review_id: UUID, *, reason: Reason | str, note: str, actor: User, version: int | None = None
) -> RetractionProposal:
    """Say why the revision that is public should not stand: `note` is for readers. Another editor decides; the last proposal counts."""
    with acting(review_id, Action.PROPOSE_RETRACTION, actor=actor, version=version, reason=reason, note=note) as act:
        if len(readable(note)) < MIN_PUBLIC_REASON_CHARS:
            detail = f"Readers are told why, in {MIN_PUBLIC_REASON_CHARS} characters or more."
            raise InvalidInput(errors=[FieldError("too_short", detail, pointer="/note")])
        revision = latest_revision(act.review)
        assert revision is not None
        proposal = RetractionProposal(revision=revision, reason=reason, public_reason=note, proposed_by=actor)
        proposal.save(force_insert=True)
        act.data |= {"proposal": str(proposal.pk), "revision": revision.number}
    return proposal
