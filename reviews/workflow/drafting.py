"""The public text, the right of reply, and a second pair of eyes on both."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, OuterRef, Subquery
from django.utils import timezone

from factcheck.accounts.models import User
from factcheck.errors import FieldError, InvalidInput
from reviews import digests
from reviews.digests import DRAFT_FIELDS
from reviews.facts import Stage
from reviews.guards import one_sided, too_few_origins, too_many_rounds, unstaffable
from reviews.models import Approval, Decision, Draft, Invalidation, ReplyRequest, Review
from reviews.reasons import Reason
from reviews.stages import Action
from reviews.words import has_words
from reviews.workflow.acting import acting, begin, blocked_by, lock
from reviews.workflow.evidence import invalidate
from reviews.workflow.people import has_conflict, must_yield
from reviews.workflow.rating import points_of, rate_again, void_round
from reviews.workflow.standing import current_approval, current_evidence, decision_of, is_stale


def edit_draft(review_id: UUID, fields: Mapping[str, str], *, actor: User, version: int | None = None) -> Draft:
    """Change parts of the text (`DRAFT_FIELDS`). Its author stays, unless a conflict of interest or the policy keeps them from it: then
    whoever changes something is.
    """
    with acting(review_id, Action.EDIT_DRAFT, actor=actor, version=version) as act:
        draft = Draft.objects.select_for_update(no_key=True).get(review=act.review)
        rating = fields.get("rating", "")
        if rating and rating not in points_of(act.review):
            detail = f"The scale has: {', '.join(points_of(act.review))}."
            raise InvalidInput(errors=[FieldError("unknown_rating", detail, pointer="/rating")])
        changed = sorted(name for name in DRAFT_FIELDS if name in fields and getattr(draft, name) != fields[name])
        for name in changed:
            setattr(draft, name, fields[name])
        draft.digest = digests.draft_digest(draft)
        if changed and must_yield(act.review, draft.author_id):
            draft.author = actor
            act.data["author"] = str(actor.pk)
        draft.save()
        act.data |= {"draft": changed, "draft_digest": draft.digest}
    return draft


def request_reply(
    review_id: UUID,
    *,
    addressee: str,
    question: str,
    public_addressee: str = "",
    actor: User,
    version: int | None = None,
) -> ReplyRequest:
    """Record that whom it is about was asked. After the policy's days, no answer is an answer. Readers are told that somebody was,
    and as `public_addressee` who.
    """
    with acting(review_id, Action.REQUEST_REPLY, actor=actor, version=version) as act:
        due_at = timezone.now() + timedelta(days=act.review.policy.reply_days)
        request = ReplyRequest(
            review=act.review,
            addressee=addressee,
            public_addressee=public_addressee,
            question=question,
            asked_by=actor,
            due_at=due_at,
        )
        request.save(force_insert=True)
        act.data |= {"reply": str(request.pk), "addressee": addressee}
    return request


def record_reply(
    review_id: UUID,
    request_id: UUID,
    *,
    answer: str,
    public_answer: str = "",
    is_declined: bool = False,
    actor: User,
    version: int | None = None,
) -> ReplyRequest:
    """Keep what they answered, in their words, or that they do not. What they say later comes below what they said before, which stays.
    Readers are told `public_answer` alone: what of it was meant for them.
    """
    with acting(review_id, Action.RECORD_REPLY, actor=actor, version=version) as act:
        request = ReplyRequest.objects.select_for_update(no_key=True).filter(pk=request_id, review=act.review).first()
        if request is None:
            raise InvalidInput(errors=[FieldError("unknown_request", "There is no such request.", pointer="/request")])
        if not has_words(answer):
            raise InvalidInput(errors=[FieldError("required", "Give their words.", pointer="/answer")])
        request.answer = "\n\n".join(filter(None, [request.answer, answer]))
        request.public_answer = "\n\n".join(filter(None, [request.public_answer, public_answer]))
        request.is_declined = is_declined
        request.answered_at = request.answered_at or timezone.now()
        request.save(update_fields=["answer", "public_answer", "is_declined", "answered_at"])
        act.data["reply"] = str(request.pk)
    return request


def waive_reply(
    review_id: UUID,
    *,
    addressee: str,
    reason: Reason | str,
    note: str,
    public_addressee: str = "",
    actor: User,
    version: int | None = None,
) -> ReplyRequest:
    """Do without a reply, and say why. Readers are told the reason's code."""
    with acting(review_id, Action.WAIVE_REPLY, actor=actor, version=version, reason=reason, note=note) as act:
        request = ReplyRequest(
            review=act.review,
            addressee=addressee,
            public_addressee=public_addressee,
            asked_by=actor,
            waived_by=actor,
            waived_reason=reason,
            waived_note=note,
        )
        request.save(force_insert=True)
        act.data |= {"reply": str(request.pk), "addressee": addressee}
    return request


def submit_draft(review_id: UUID, *, actor: User, version: int | None = None) -> Review:
    """Hand the text to the editors."""
    with acting(review_id, Action.SUBMIT_DRAFT, actor=actor, version=version) as act:
        act.data["draft_digest"] = Draft.objects.get(review=act.review).digest
        act.move(Stage.COPY_EDIT)
    return act.review


def send_back(
    review_id: UUID, to: Stage | str, *, reason: Reason | str, note: str, actor: User, version: int | None = None
) -> Review:
    """To whoever has to mend it: drafting, rating (a new round on what still counts of the evidence) or research."""
    with acting(review_id, Action.SEND_BACK, actor=actor, version=version, reason=reason, note=note) as act:
        if to not in act.row.to_stages:
            known = ", ".join(act.row.to_stages)
            raise InvalidInput(errors=[FieldError("unknown_stage", f"One of {known}.", pointer="/to")])
        if to == Stage.RATING:
            for guard in (too_few_origins, one_sided, unstaffable, too_many_rounds):
                if blocker := guard(act.facts):
                    raise blocked_by(act.facts, blocker.code, blocker.words)
            rate_again(act)
        else:
            if to == Stage.RESEARCH:
                void_round(act)
            act.move(Stage(to))
    return act.review


def approve(
    review_id: UUID,
    *,
    decision: UUID,
    draft_digest: str,
    evidence_digest: str,
    publish_at: datetime | None = None,
    public_note: str = "",
    actor: User,
    version: int | None = None,
) -> Review:
    """Answer for this decision, this text and this evidence: those that the actor names, if they are the present ones. With a time to
    publish at, nobody does before and the beat does then, with the note for readers where something is public already.
    """
    with acting(review_id, Action.APPROVE, actor=actor, version=version) as act:
        present = decision_of(act.review)
        draft = Draft.objects.get(review=act.review)
        assert present is not None
        evidence = current_evidence(present.round.evidence_set)
        seen = {
            "decision": (str(decision), str(present.pk)),
            "draft_digest": (draft_digest, draft.digest),
            "evidence_digest": (evidence_digest, evidence),
        }
        errors = [
            FieldError("not_the_present_one", f"It is {now} now: read it again.", pointer=f"/{name}")
            for name, (then, now) in seen.items()
            if then != now
        ]
        if publish_at is not None and publish_at <= timezone.now():
            errors.append(FieldError("in_the_past", "Give a time to come.", pointer="/publish_at"))
        errors += note_errors(public_note, act.facts.is_public, is_needed=publish_at is not None)
        if errors:
            raise InvalidInput(errors=errors)
        approval = Approval(
            review=act.review,
            approver=actor,
            decision=present,
            draft_digest=draft.digest,
            evidence_digest=evidence,
            publish_at=publish_at,
            public_note=public_note,
        )
        approval.save(force_insert=True)
        act.data |= {"approval": str(approval.pk), "draft_digest": draft.digest, "evidence_digest": evidence}
        if publish_at is not None:
            act.data["publish_at"] = publish_at.isoformat()
        act.move(Stage.APPROVED)
    return act.review


def note_errors(public_note: str, is_public: bool, *, is_needed: bool = True) -> list[FieldError]:
    """Of a first revision there is nothing to say; of a later one readers are told why it came."""
    if public_note and not is_public:
        detail = "Nothing is public yet: there is nothing to say of a change."
        return [FieldError("nothing_changed", detail, pointer="/public_note")]
    if is_public and is_needed and not has_words(public_note):
        return [FieldError("note_needed", "Tell readers why.", pointer="/public_note")]
    return []


def unapprove(
    review_id: UUID, *, reason: Reason | str, note: str, actor: User | None, version: int | None = None
) -> Review:
    """Take the approval back."""
    with acting(review_id, Action.UNAPPROVE, actor=actor, version=version, reason=reason, note=note) as act:
        approval = current_approval(act.review)
        if approval is not None:
            invalidate(act, Invalidation.Subject.APPROVAL, approval.pk)
        act.move(Stage.COPY_EDIT)
    return act.review


def fall_back(review_id: UUID) -> Review | None:
    """What follows when a decision is stale, or whoever approved it or wrote its text keeps out of the review: the approval falls by
    itself. The review, if it had one to lose.
    """
    with transaction.atomic():
        review = lock(review_id, None)
        if review.stage != Stage.APPROVED or review.is_on_hold:
            return None
        decision, approval = decision_of(review), current_approval(review)
        gave_it = [approval.approver_id] if approval else []
        wrote_it = Draft.objects.filter(review=review).values_list("author", flat=True)
        keeps_out = any(has_conflict(review, who) for who in (*gave_it, *wrote_it))
        if decision is None or not (keeps_out or is_stale(review, decision)):
            return None
        act = begin(review, Action.UNAPPROVE, actor=None, reason=Reason.CHANGED)
        if approval:
            note = "Who gave it or wrote the text keeps out." if keeps_out else "What it was given for has changed."
            invalidate(act, Invalidation.Subject.APPROVAL, approval.pk, note=note)
        act.move(Stage.COPY_EDIT)
        act.write()
    return review


def fall_back_all() -> int:
    """Approvals of claims that were edited since, which no verb of a review was told of. Returns how many fell."""
    judged = Decision.objects.filter(review=OuterRef("pk")).order_by("-id").values("claim_revision")[:1]
    approved = Review.objects.filter(stage=Stage.APPROVED, held_at=None).alias(judged=Subquery(judged))
    edited = approved.exclude(judged=F("claim__revision")).order_by("id").values_list("pk", flat=True)
    return sum(fall_back(review_id) is not None for review_id in edited)
