"""From a frozen set of evidence to a decision: sealed verdicts, discussion, adjudication."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from factcheck.accounts.models import User
from factcheck.audit import events
from factcheck.database import prepared
from factcheck.errors import FieldError, InvalidInput, StaleVersion
from reviews import digests
from reviews.facts import Stage
from reviews.guards import NO_ADJUDICATOR
from reviews.models import Decision, Draft, EvidenceSet, Invalidation, Review, Round, Seat
from reviews.policy import settle
from reviews.reasons import Reason
from reviews.sealed import MIN_RATIONALE_CHARS, SealedVerdict, VerdictDraft
from reviews.stages import Action
from reviews.words import has_words, readable
from reviews.workflow.acting import Act, acting, begin, blocked_by, lock, losing_races
from reviews.workflow.evidence import freeze, invalidate
from reviews.workflow.people import find_adjudicator, find_draft_author, seats_needed
from reviews.workflow.seats import fill, my_seat, told_under_seal
from reviews.workflow.standing import bound_to, current_round, last_verdicts, unsound_of, verdicts_of

System = None  # the actor of what follows by itself


@dataclass(frozen=True, slots=True)
class Judgement:
    """What somebody who judges says: a point of the scale, why, and on which items of the frozen set.

    `searches` says what was searched, where the rating lies on no scale ("unverifiable").
    """

    rating: str
    rationale: str
    cites: Sequence[UUID] = ()
    searches: str = ""


def submit_for_rating(
    review_id: UUID, *, actor: User, version: int | None = None, single_origin_reason: str = ""
) -> Review:
    """Freeze the evidence and hand it to reviewers who see neither each other's verdicts nor who else has voted."""
    with transaction.atomic():
        review = lock(review_id, actor)
        before = review.single_origin_reason
        # The reason is among what the guards look at.
        review.single_origin_reason = single_origin_reason or before
        act = begin(review, Action.SUBMIT_FOR_RATING, actor=actor, version=version)
        act.before["single_origin_reason"] = before
        open_round(act, freeze(review, leaving_out=unsound_of(review.pk)))
        act.write()
    return review


def open_round(act: Act, evidence_set: EvidenceSet) -> Round:
    """A new vote on this set. The review goes to rating."""
    review = act.review
    review.round_number += 1
    review.adjudicator = None
    round_ = Round(
        review=review, number=review.round_number, evidence_set=evidence_set, seats_needed=seats_needed(review)
    )
    round_.save(force_insert=True)
    fill(review, round_)
    act.data["evidence_digest"] = evidence_set.digest
    if review.single_origin_reason:
        # Said with every round that rests on it, not only with the first.
        act.data["single_origin_reason"] = review.single_origin_reason
    act.move(Stage.RATING)
    return round_


def submit_verdict(review_id: UUID, judgement: Judgement, *, actor: User, tag: str | None = None) -> Review:
    """Seal a verdict. The last one of the round opens them all.

    `tag` is the seat's that the actor saw (`MySeat.tag`): it has changed when evidence, claim or scale have (StaleVersion). Until the
    round closes, nothing that others can see changes but how many are in: neither the review's version nor its events.
    """
    with transaction.atomic():
        act = begin(lock(review_id, actor), Action.SUBMIT_VERDICT, actor=actor)
        review = act.review
        mine = my_seat(review, actor)
        _check_tag(tag, mine.tag, mine.round)
        _check_judgement(review, mine.round, judgement)
        _keep_verdict(review, mine.round, mine.seat, SealedVerdict.Kind.FIRST, judgement, actor)
        VerdictDraft.objects.filter(seat=mine.seat).delete()
        close_round_if_complete(review)
    return review


def close_round_if_complete(review: Review) -> None:
    """Under the lock of the review: once every seat has a verdict that counts, the seals are broken."""
    round_ = current_round(review)
    assert round_ is not None
    seats = list(Seat.objects.filter(round=round_, vacated_at=None))
    counted = verdicts_of(review, round_, seats)
    if len(counted) < round_.seats_needed:
        return
    act = begin(review, Action.CLOSE_ROUND, actor=System)
    agreed = settle([verdict.rating for verdict in counted.values()])
    _end(act, round_, Round.Outcome.CONSENSUS if agreed else Round.Outcome.DISAGREEMENT)
    act.data |= {"round": round_.number, "outcome": str(round_.outcome)}
    if agreed:
        decide(act, round_, agreed, Decision.Basis.CONSENSUS)
    else:
        act.move(Stage.DISCUSSION)
    act.write()


def _end(act: Act, round_: Round, outcome: Round.Outcome) -> None:
    round_.closed_at, round_.outcome = timezone.now(), outcome
    round_.save(update_fields=["closed_at", "outcome"])
    if told := told_under_seal(round_):
        act.data["conflicts"] = told


def decide(act: Act, round_: Round, rating: str, basis: str, **more: Any) -> Decision:
    """A decision, and a draft for it whose author is the lead, or somebody else where the policy says so; the review goes to drafting."""
    review = act.review
    evidence, revision, scale = bound_to(review, round_)
    decision = Decision(
        review=review,
        round=round_,
        rating=rating,
        basis=basis,
        evidence_digest=evidence,
        claim_revision=revision,
        scale_id=scale,
        **more,
    )
    decision.save(force_insert=True)
    assert review.lead is not None
    draft = Draft.objects.filter(review=review).first() or Draft(review=review)
    draft.author_id = find_draft_author(review, decision.adjudicator_id)
    draft.digest = digests.draft_digest(draft)
    draft.save()
    told = {"decision": str(decision.pk), "rating": rating, "basis": str(basis), "author": str(draft.author_id)}
    act.data |= told
    act.move(Stage.DRAFTING)
    return decision


def revise_verdict(review_id: UUID, judgement: Judgement, *, actor: User, tag: str | None = None) -> Review:
    """Say something else after the discussion, once. The sealed verdict stays. When all say the same now, that is the decision."""
    with transaction.atomic():
        act = begin(lock(review_id, actor), Action.REVISE_VERDICT, actor=actor)
        review = act.review
        mine = my_seat(review, actor)
        _check_tag(tag, mine.tag, mine.round)
        _check_judgement(review, mine.round, judgement)
        _keep_verdict(review, mine.round, mine.seat, SealedVerdict.Kind.REVISED, judgement, actor)
        act.data |= {"rating": judgement.rating, "round": mine.round.number}
        act.write()
        settle_if_agreed(review, mine.round)
    return review


def settle_if_agreed(review: Review, round_: Round) -> None:
    """Under the lock of the review: once all say the same after the discussion, that is the decision."""
    counted = verdicts_of(review, round_, Seat.objects.filter(round=round_))
    agreed = settle([verdict.rating for verdict in counted.values()])
    if agreed and len(counted) == round_.seats_needed:
        act = begin(review, Action.SETTLE, actor=System)
        decide(act, round_, agreed, Decision.Basis.DISCUSSION)
        act.write()


def escalate(review_id: UUID, *, actor: User | None, version: int | None = None) -> Review:
    """Have somebody decide who has taken no part so far."""
    with acting(review_id, Action.ESCALATE, actor=actor, version=version) as act:
        act.review.adjudicator_id = adjudicator_for(act)
        act.move(Stage.ADJUDICATION)
    return act.review


def adjudicator_for(act: Act) -> UUID:
    """Who adjudicates. Raises ActionBlocked: the guard has asked already, but nobody locks the people, and somebody may have left since."""
    found = find_adjudicator(act.review)
    if found is None:
        raise blocked_by(act.facts, NO_ADJUDICATOR.code, NO_ADJUDICATOR.words)
    return found


def escalate_overdue() -> int:
    """Discussions that took longer than the policy allows. Returns how many."""
    done = 0
    overdue = Review.objects.filter(stage=Stage.DISCUSSION, held_at=None, due_at__lt=timezone.now())
    for review_id, version in overdue.values_list("pk", "version"):
        with losing_races():
            escalate(review_id, actor=System, version=version)
            done += 1
    return done


def adjudicate(
    review_id: UUID,
    *,
    rating: str,
    rationale: str,
    answers: dict[UUID, str],
    actor: User,
    version: int | None = None,
) -> Review:
    """Decide, with one answer to each verdict that said otherwise."""
    with acting(review_id, Action.ADJUDICATE, actor=actor, version=version) as act:
        review = act.review
        round_ = current_round(review)
        assert round_ is not None
        # Also those that went stale since: marking evidence must not spare anybody an answer.
        dissenting = {verdict.pk for verdict in last_verdicts(round_).values() if verdict.rating != rating}
        errors = _rating_errors(review, rating)
        if len(readable(rationale)) < MIN_RATIONALE_CHARS:
            errors.append(_too_short())
        for verdict in dissenting - {pk for pk, words in answers.items() if has_words(words)}:
            errors.append(
                FieldError("answer_missing", f"Verdict {verdict} says otherwise: answer it.", pointer="/answers")
            )
        for verdict in answers.keys() - dissenting:
            errors.append(FieldError("answer_to_nobody", f"Verdict {verdict} does not dissent.", pointer="/answers"))
        if errors:
            raise InvalidInput(errors=errors)
        told = [{"verdict": str(pk), "answer": words} for pk, words in sorted(answers.items())]
        decide(act, round_, rating, Decision.Basis.ADJUDICATION, rationale=rationale, adjudicator=actor, answers=told)
    return act.review


def request_evidence(
    review_id: UUID, *, reason: Reason | str, note: str, actor: User, version: int | None = None
) -> Review:
    """Back to research: what was judged is not enough. An open round is void, and what was said in it stays sealed."""
    with acting(review_id, Action.REQUEST_EVIDENCE, actor=actor, version=version, reason=reason, note=note) as act:
        void_round(act)
        act.move(Stage.RESEARCH)
    return act.review


def void_round(act: Act) -> None:
    """The present round counts no more."""
    act.review.adjudicator = None
    round_ = current_round(act.review)
    if round_ is None or Invalidation.objects.filter(subject_type="round", subject_id=round_.pk).exists():
        return
    if round_.closed_at is None:
        _end(act, round_, Round.Outcome.VOID)
    invalidate(act, Invalidation.Subject.ROUND, round_.pk)


def rate_again(act: Act) -> None:
    """Another round on what still counts of the last set."""
    round_ = current_round(act.review)
    assert round_ is not None
    void_round(act)
    unsound = {UUID(item["id"]) for item in round_.evidence_set.items} & unsound_of(round_.review_id)
    open_round(act, freeze(act.review, leaving_out=unsound) if unsound else round_.evidence_set)


def _keep_verdict(
    review: Review, round_: Round, seat: Seat, kind: str, judgement: Judgement, actor: User
) -> SealedVerdict:
    evidence, revision, scale = bound_to(review, round_)
    said: dict[str, Any] = {
        "seat": str(seat.pk),
        "kind": str(kind),
        "rating": judgement.rating,
        "rationale": judgement.rationale,
        "cites": sorted(map(str, judgement.cites)),
        "searches": judgement.searches,
        "evidence_digest": evidence,
        "claim_revision": revision,
        "scale": str(scale),
    }
    salt = secrets.token_hex(16)
    verdict = SealedVerdict(
        seat=seat,
        author=actor,
        kind=kind,
        rating=judgement.rating,
        rationale=judgement.rationale,
        cites=sorted(judgement.cites),
        searches=judgement.searches,
        evidence_digest=evidence,
        claim_revision=revision,
        scale_id=scale,
        salt=salt,
        commitment=digests.commitment(said, salt),
    )
    prepared.insert(verdict)
    # On the seat's own chain, which nobody reads while the round is open: only that it was bound, not to what.
    events.record(seat, Action.SUBMIT_VERDICT, actor=actor, data={"commitment": verdict.commitment, "kind": str(kind)})
    return verdict


def _check_tag(seen: str | None, tag: str, round_: Round) -> None:
    if seen is not None and seen != tag:
        raise StaleVersion(
            "Evidence, claim or scale have changed since you looked, or this is not the ETag of your seat: read `/seat` again.",
            current_version=round_.number,
            changed_at=round_.created_at,
            changed_by=None,
            changed_fields=["evidence", "claim"],
        )


def _check_judgement(review: Review, round_: Round, judgement: Judgement) -> None:
    errors = _rating_errors(review, judgement.rating)
    if len(readable(judgement.rationale)) < MIN_RATIONALE_CHARS:
        errors.append(_too_short())
    frozen = {UUID(item["id"]) for item in round_.evidence_set.items}
    usable = frozen - unsound_of(round_.review_id)
    for number, cited in enumerate(judgement.cites):
        if cited not in frozen:
            errors.append(FieldError("not_in_the_set", "It is not in the frozen set.", pointer=f"/cites/{number}"))
        elif cited not in usable:
            errors.append(FieldError("not_reliable", "It no longer counts as evidence.", pointer=f"/cites/{number}"))
    point = points_of(review).get(judgement.rating)
    if point is not None and point["rank"] is None:
        if not has_words(judgement.searches):
            errors.append(FieldError("searches_needed", "Say what was searched.", pointer="/searches"))
    elif not judgement.cites:
        errors.append(FieldError("evidence_needed", "Name the evidence that it rests on.", pointer="/cites"))
    if errors:
        raise InvalidInput(errors=errors)


def points_of(review: Review) -> dict[str, dict[str, Any]]:
    return {point["code"]: point for point in review.scale.points}


def _rating_errors(review: Review, rating: str) -> list[FieldError]:
    points = points_of(review)
    if rating in points:
        return []
    return [FieldError("unknown_rating", f"The scale has: {', '.join(points)}.", pointer="/rating")]


def _too_short() -> FieldError:
    return FieldError("too_short", f"Give reasons, in {MIN_RATIONALE_CHARS} characters or more.", pointer="/rationale")
