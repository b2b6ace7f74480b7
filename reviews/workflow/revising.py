"""What is public is doubted: it is looked at again, let stand, or proposed to be retracted."""

from __future__ import annotations

from uuid import UUID

from factcheck.accounts.models import User
from factcheck.errors import FieldError, InvalidInput
from reviews.facts import Stage
from reviews.models import RetractionProposal, Review
from reviews.models.publication import MIN_PUBLIC_REASON_CHARS
from reviews.reasons import Reason
from reviews.stages import Action
from reviews.words import readable
from reviews.workflow.acting import acting
from reviews.workflow.standing import latest_revision


def open_revision(
    review_id: UUID, *, reason: Reason | str, note: str, actor: User, version: int | None = None
) -> Review:
    """Doubt what is public. It stays so, with a notice, until another revision comes or somebody lets it stand. Who opens it handles it."""
    with acting(review_id, Action.OPEN_REVISION, actor=actor, version=version, reason=reason, note=note) as act:
        act.review.handler = actor
        act.move(Stage.UNDER_REVISION)
    return act.review


def dismiss_revision(
    review_id: UUID, *, reason: Reason | str, note: str, actor: User, version: int | None = None
) -> Review:
    """Let what is public stand as it is."""
    with acting(review_id, Action.DISMISS_REVISION, actor=actor, version=version, reason=reason, note=note) as act:
        act.review.handler = None
        act.move(Stage.PUBLISHED)
    return act.review


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
