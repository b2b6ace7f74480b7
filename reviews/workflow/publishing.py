"""What is public changes: what is approved becomes so and stays so, or is retracted."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TypedDict
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from claims import pipeline
from factcheck import jobs
from factcheck.accounts.models import User
from factcheck.errors import FieldError, InvalidInput
from factcheck.models import Job
from reviews import digests
from reviews.facts import Stage
from reviews.models import Approval, Draft, FactCheck, FactCheckRevision, Invalidation, Retraction, Review
from reviews.publication import documents
from reviews.reasons import Reason
from reviews.stages import Action
from reviews.workflow.acting import Act, ActionBlocked, acting, begin, lock
from reviews.workflow.corrections import answer_requests
from reviews.workflow.documents import changed, document_of, slug_of
from reviews.workflow.drafting import note_errors
from reviews.workflow.evidence import invalidate
from reviews.workflow.exporting import keep_elements, keep_tombstones, one_at_a_time
from reviews.workflow.rating import void_round
from reviews.workflow.standing import current_approval, current_evidence, decision_of, latest_revision, open_proposal

Kind = FactCheckRevision.Kind
MINOR = (Kind.TYPO, Kind.UPDATE)
MENDED = "A slip of the pen was mended."  # of a typo readers are told no more


PUBLISH = "publish"  # the kind of job that publishes what is due


class Published(TypedDict):
    """The result of its job: whether this one published it. Otherwise somebody was faster, or it fell back."""

    published: bool


def publish(review_id: UUID, *, public_note: str = "", actor: User, version: int | None = None) -> Review:
    """Make public what was approved: as the first revision of a fact-check, or as the next once it was verified again. Then readers are
    told why, with the approval's words where there are no others.
    """
    with acting(review_id, Action.PUBLISH, actor=actor, version=version) as act:
        approval = current_approval(act.review)
        assert approval is not None
        note = public_note or approval.public_note
        if errors := note_errors(note, act.facts.is_public):
            raise InvalidInput(errors=errors)
        _make_public(act, approval, _kind_of(act), note)
    return act.review


def queue_due() -> int:
    """Have jobs publish what is approved for a time that has come. Returns how many there are."""
    void = Invalidation.objects.filter(subject_type=Invalidation.Subject.APPROVAL).values("subject_id")
    published = FactCheckRevision.objects.filter(approval=OuterRef("pk"))
    due = Approval.objects.filter(~Exists(published), publish_at__lte=timezone.now(), review__stage=Stage.APPROVED)
    waiting = (
        due.filter(review__held_at=None).exclude(pk__in=void).order_by("publish_at").values_list("review", flat=True)
    )
    for review_id in waiting:
        jobs.enqueue(PUBLISH, review_id)
    return len(waiting)


def publish_scheduled(job: Job) -> None:
    """Do the job of a publication that is due. However often it is done, the review is published once."""
    with jobs.finishing(job) as result:
        result["published"] = publish_due(job.subject_id)


def publish_due(review_id: UUID) -> bool:
    """Publish what was approved for this time, if that still holds. What cannot be published falls back, or it would be tried for ever."""
    with transaction.atomic():
        review = lock(review_id, None)
        approval = current_approval(review)
        if review.stage != Stage.APPROVED or review.is_on_hold or approval is None or not _is_due(approval):
            return False
        try:
            act = begin(review, Action.PUBLISH, actor=None)
        except ActionBlocked as refusal:
            act = begin(review, Action.UNAPPROVE, actor=None, reason=Reason.CHANGED)
            invalidate(act, Invalidation.Subject.APPROVAL, approval.pk, note=f"It was due. {refusal.detail}")
            act.move(Stage.COPY_EDIT)
            act.write()
            return False
        _make_public(act, approval, _kind_of(act), approval.public_note)
        act.write()
    return True


def _is_due(approval: Approval) -> bool:
    return approval.publish_at is not None and approval.publish_at <= timezone.now()


def _kind_of(act: Act) -> Kind:
    return Kind.REVERIFIED if act.facts.is_public else Kind.FIRST


def publish_minor(
    review_id: UUID, kind: str, *, draft_digest: str, public_note: str = "", actor: User, version: int | None = None
) -> Review:
    """Make a change public that leaves the rating as it is (`MINOR`): it is approved with that, by whoever publishes the text that they
    name. Readers are told why, but of a typo.
    """
    with acting(review_id, Action.PUBLISH_MINOR, actor=actor, version=version) as act:
        review, decision = act.review, decision_of(act.review)
        draft = Draft.objects.get(review=review)
        assert decision is not None
        if kind not in MINOR:
            raise InvalidInput(errors=[FieldError("invalid_choice", f"One of {', '.join(MINOR)}.", pointer="/kind")])
        if draft_digest != draft.digest:
            detail = f"It is {draft.digest} now: read it again."
            raise InvalidInput(errors=[FieldError("not_the_present_one", detail, pointer="/draft_digest")])
        if errors := note_errors(public_note, is_public=True, is_needed=kind != Kind.TYPO):
            raise InvalidInput(errors=errors)
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
    keep_elements(revision)
    act.data |= {"fact_check": str(fact_check.pk), "revision": revision.number, "digest": revision.digest}
    act.note = note
    if last is not None and (url := documents.read(last.content).url) != document.url:
        pipeline.withdraw_fact_check(url)
    pipeline.record_fact_check(
        url=document.url,
        publisher=document.publisher.name,
        claim_text=document.claim.text,
        claimant=document.claim.speaker.name if document.claim.speaker else "",
        rating=document.rating.label,
        published_on=date.fromisoformat(document.published_at[:10]),
        language=document.language,
        claim_id=review.claim_id,
    )
    if last is not None:
        act.data |= {"kind": str(kind), "changed": what_changed}
        act.data |= answer_requests(review, note or MENDED, actor=act.actor)
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
        keep_tombstones(revision, at)
        act.data |= {"fact_check": str(fact_check.pk), "proposal": str(proposal.pk)}
        pipeline.withdraw_fact_check(documents.read(revision.content).url)
        act.data |= answer_requests(review, proposal.public_reason, actor=actor)
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
