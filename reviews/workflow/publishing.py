"""What is public changes: what is approved becomes so and stays so, or is retracted."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from factcheck.accounts.models import User
from factcheck.errors import FieldError, InvalidInput
from reviews import digests
from reviews.facts import Stage
from reviews.models import Approval, Draft, FactCheck, FactCheckRevision, Retraction, Review
from reviews.publication import documents
from reviews.stages import Action
from reviews.words import has_words
from reviews.workflow.acting import Act, acting
from reviews.workflow.documents import changed, document_of, slug_of
from reviews.workflow.exporting import keep_elements, one_at_a_time
from reviews.workflow.rating import void_round
from reviews.workflow.standing import current_approval, current_evidence, decision_of, latest_revision, open_proposal

Kind = FactCheckRevision.Kind
MINOR = (Kind.TYPO, Kind.UPDATE)


def publish(review_id: UUID, *, public_note: str = "", actor: User, version: int | None = None) -> Review:
    """Make public what was approved: as the first revision of a fact-check, or as the next once it was verified again. Then readers are
    told why.
    """
    with acting(review_id, Action.PUBLISH, actor=actor, version=version, note=public_note) as act:
        last, approval = latest_revision(act.review), current_approval(act.review)
        assert approval is not None
        if last is None and public_note:
            detail = "Nothing was public before: there is nothing to say of a change."
            raise InvalidInput(errors=[FieldError("nothing_changed", detail, pointer="/public_note")])
        if last is not None:
            _must_say_why(public_note)
        _make_public(act, approval, Kind.REVERIFIED if last else Kind.FIRST, public_note)
    return act.review


def publish_minor(
    review_id: UUID, kind: str, *, draft_digest: str, public_note: str = "", actor: User, version: int | None = None
) -> Review:
    """Make a change public that leaves the rating as it is (`MINOR`): it is approved with that, by whoever publishes the text that they
    name. Readers are told why, but of a typo.
    """
    with acting(review_id, Action.PUBLISH_MINOR, actor=actor, version=version, note=public_note) as act:
        review, decision = act.review, decision_of(act.review)
        draft = Draft.objects.get(review=review)
        assert decision is not None
        if kind not in MINOR:
            raise InvalidInput(errors=[FieldError("invalid_choice", f"One of {', '.join(MINOR)}.", pointer="/kind")])
        if draft_digest != draft.digest:
            detail = f"It is {draft.digest} now: read it again."
            raise InvalidInput(errors=[FieldError("not_the_present_one", detail, pointer="/draft_digest")])
        if kind != Kind.TYPO:
            _must_say_why(public_note)
        approval = Approval(
            review=review,
            approver=actor,
            decision=decision,
            draft_digest=draft.digest,
            evidence_digest=current_evidence(decision.round.evidence_set),
        )
        approval.save(force_insert=True)
        act.data["approval"] = str(approval.pk)
        _make_public(act, approval, Kind(kind), public_note)
    return act.review


def _must_say_why(public_note: str) -> None:
    if not has_words(public_note):
        raise InvalidInput(errors=[FieldError("note_needed", "Tell readers why.", pointer="/public_note")])


def _make_public(act: Act, approval: Approval, kind: Kind, note: str) -> None:
    review, last, decision = act.review, latest_revision(act.review), decision_of(act.review)
    draft = Draft.objects.get(review=review)
    assert decision is not None
    at = _its_own_moment()
    document = document_of(review, decision, draft, at, note)
    if last is None:
        fact_check, what_changed = FactCheck(review=review, slug=slug_of(review, draft), changed_at=at), []
        fact_check.save(force_insert=True)
    else:
        fact_check, what_changed = last.fact_check, changed(documents.read(last.content), document)
        fact_check.changed_at = at
        fact_check.save(update_fields=["changed_at"])
    content = documents.canonical(document)
    revision = FactCheckRevision(
        fact_check=fact_check,
        number=last.number + 1 if last else 1,
        kind=kind,
        content=content,
        digest=digests.revision_digest(content),
        changed=what_changed,
        public_note=note,
        approval=approval,
        published_by=act.actor,
        published_at=at,
    )
    revision.save(force_insert=True)
    keep_elements(fact_check.revisions.all())
    act.data |= {"fact_check": str(fact_check.pk), "revision": revision.number, "digest": revision.digest}
    if last is not None:
        act.data |= {"kind": str(kind), "changed": what_changed}
    review.handler = None
    act.move(Stage.PUBLISHED)


def retract(review_id: UUID, *, actor: User, version: int | None = None) -> Review:
    """Follow another editor's proposal: of the fact-check, its address, its past and the reason are left."""
    with acting(review_id, Action.RETRACT, actor=actor, version=version) as act:
        review, revision = act.review, latest_revision(act.review)
        assert revision is not None
        proposal = open_proposal(revision)
        assert proposal is not None
        act.reason, act.note = proposal.reason, proposal.public_reason
        fact_check, at = revision.fact_check, _its_own_moment()
        Retraction(
            fact_check=fact_check,
            proposal=proposal,
            proposed_by_id=proposal.proposed_by_id,
            retracted_by=actor,
            retracted_at=at,
        ).save(force_insert=True)
        fact_check.changed_at = at
        fact_check.save(update_fields=["changed_at"])
        keep_elements(fact_check.revisions.all())
        act.data |= {"fact_check": str(fact_check.pk), "proposal": str(proposal.pk)}
        if review.stage in (Stage.RATING, Stage.DISCUSSION, Stage.ADJUDICATION):
            void_round(act)
        review.handler = review.held_at = None
        act.move(Stage.RETRACTED)
    return review


def _its_own_moment() -> datetime:
    """Later than that of every publication before, whichever server wrote it, and until the commit nobody has a later one: whoever asks
    for what has changed since the last that they saw misses none and sees none twice.
    """
    one_at_a_time()
    last, now = FactCheck.last_change(), timezone.now()
    return max(now, last + timedelta(microseconds=1)) if last else now
