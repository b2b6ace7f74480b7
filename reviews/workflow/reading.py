"""What the guards look at, read from the rows. Of sealed verdicts it reads that they are there, and the asker's own."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import Subquery, Value
from django.utils import timezone

from claims.models import Claim
from claims.triage import TriageStatus
from factcheck.accounts.models import User
from factcheck.audit import events
from factcheck.database.prepared import Prepared
from reviews.attention import to_be_kept
from reviews.digests import DRAFT_FIELDS
from reviews.facts import OVER, Actor, EvidenceFact, Facts, Relation, RoundFact, Stage, Stance
from reviews.models import (
    Adjudicator,
    ConflictOfInterest,
    Decision,
    Draft,
    FactCheckRevision,
    Lead,
    RetractionProposal,
    Review,
    Round,
    Seat,
    Verdict,
)
from reviews.stages import Action
from reviews.words import has_words
from reviews.workflow.documents import Known, document_of, problems_of
from reviews.workflow.people import (
    find_adjudicator,
    find_seat_holder,
    is_at_work,
    may_not_write,
    roles_of,
    shortage_of,
    texts_of,
)
from reviews.workflow.standing import (
    as_origin,
    current_approval,
    current_evidence,
    current_round,
    decision_of,
    evidence_in_use,
    has_left_a_verdict,
    is_stale,
    lacks,
    latest_revision,
    open_proposal,
    unread_numbers,
    unsound_of,
    verdicts_of,
)

WITH_DECISION = (
    Stage.DRAFTING, Stage.COPY_EDIT, Stage.APPROVED, Stage.PUBLISHED, Stage.UNDER_REVISION, Stage.RETRACTED,
)  # fmt: skip
# From these on, an edit is somebody else's than the text.
TEXT_BEGINS = (Action.SUBMIT_DRAFT, Action.OPEN_REVISION, Action.ABANDON_REVERIFICATION)
IN_PUBLIC = (Stage.PUBLISHED, Stage.UNDER_REVISION)


def facts_of(
    review: Review, user: User | None, *, has_reason: bool = False, known: Mapping[str, Any] | None = None
) -> ReadFacts:
    """The present facts, as `user` (None: the system) has to do with them. Under the lock of the review when an action depends on them.

    `known` are facts that whoever asks has read already: a page that shows all evidence need not read it a second time.
    """
    found = ReadFacts(review, user, has_reason)
    vars(found).update(known or {})
    return found


class ReadFacts(Facts):
    """Facts that are read when a guard asks for them: an action costs what its own guards look at, and no more."""

    def __init__(self, review: Review, user: User | None, has_reason: bool) -> None:
        # The class is frozen, and what has to be read has no value yet.
        vars(self).update(
            _review=review,
            _user=user,
            stage=Stage(review.stage),
            is_on_hold=review.is_on_hold,
            has_reason=has_reason,
            single_origin_reason=review.single_origin_reason,
            min_origins=review.policy.min_origins,
            both_sides_required=review.policy.both_sides_required,
            discussion_rounds=review.policy.discussion_rounds,
            approver_may_edit_draft=review.policy.approver_may_edit_draft,
        )

    _review: Review
    _user: User | None

    @cached_property
    def actor(self) -> Actor:
        return _ReadActor(self, self._user) if self._user else Actor()

    @cached_property
    def claim_is_accepted(self) -> bool:
        return bool(_ACCEPTED.rows(claim=self._review.claim_id))

    @cached_property
    def has_other_review(self) -> bool:
        others = Review.objects.filter(claim_id=self._review.claim_id).exclude(pk=self._review.pk)
        return others.exclude(stage__in=OVER).exists()

    @cached_property
    def lease_is_over(self) -> bool:
        until = self._review.lease_until
        return until is None or until <= timezone.now() or self._review.lead_id in self.conflicted

    @cached_property
    def evidence(self) -> tuple[EvidenceFact, ...]:
        items = evidence_in_use(self._review)
        return tuple(
            EvidenceFact(
                Stance(item.stance), as_origin(item.origin), lacks(item), item.pk not in self.unsound, str(item.pk)
            )
            for item in items
        )

    @cached_property
    def has_news(self) -> bool:
        return bool(_NEWS.rows(review=self._review.pk))

    @cached_property
    def searched(self) -> frozenset[Stance]:
        return frozenset(map(Stance, self._review.searches.values_list("side", flat=True)))

    @cached_property
    def unread_numbers(self) -> int:
        is_confirmed = self._review.numbers_confirmed_revision == self._review.claim.revision
        return 0 if is_confirmed else unread_numbers(self._review)

    @cached_property
    def shortage(self) -> str:
        return shortage_of(self._review)

    @cached_property
    def round(self) -> RoundFact:
        return _round(self._review, self.round_row, self.seats, self._user)

    @cached_property
    def has_adjudicator(self) -> bool:
        return find_adjudicator(self._review) is not None

    @cached_property
    def has_substitute(self) -> bool:
        return find_seat_holder(self._review) is not None

    @cached_property
    def is_stale(self) -> bool:
        return self.decision is not None and is_stale(self._review, self.decision, self.unsound, self.seats)

    @cached_property
    def author_keeps_out(self) -> bool:
        return self.draft is not None and self.draft.author_id in self.conflicted

    @cached_property
    def draft_lacks(self) -> tuple[str, ...]:
        return tuple(name for name in DRAFT_FIELDS if not has_words(getattr(self.draft, name, "")))

    @cached_property
    def draft_rating_matches(self) -> bool:
        said = self.draft.rating if self.draft else ""
        return not said or self.decision is None or said == self.decision.rating

    @cached_property
    def reply(self) -> str:
        return _reply(self._review)

    @cached_property
    def approval_counts(self) -> bool:
        approval, decision, draft = current_approval(self._review), self.decision, self.draft
        if approval is None or decision is None or draft is None:
            return False
        given_for = (approval.decision_id, approval.draft_digest, approval.evidence_digest)
        return given_for == (decision.pk, draft.digest, current_evidence(decision.round.evidence_set, self.unsound))

    @cached_property
    def is_due(self) -> bool:
        approval = current_approval(self._review)
        return approval is None or approval.publish_at is None or approval.publish_at <= timezone.now()

    @cached_property
    def claim_review_problems(self) -> tuple[str, ...]:
        # What the draft lacks is told as such.
        if self.draft_lacks or self.draft is None or self.decision is None:
            return ()
        known = Known(self.unsound, self.revision)
        document = document_of(self._review, self.decision, self.draft, timezone.now(), known=known)
        return problems_of(document)

    @cached_property
    def is_public(self) -> bool:
        return self.revision is not None

    @cached_property
    def is_retraction_proposed(self) -> bool:
        return self.proposal is not None

    @cached_property
    def is_changed(self) -> bool:
        published = self.revision and self.revision.approved_digest  # type: ignore[attr-defined]  # annotated
        return self.draft is not None and self.draft.digest != published

    @cached_property
    def rounds_before(self) -> int:
        if self.revision is None:
            return 0
        # Those of a verification that was given up are no part of the next.
        told = events.events(self._review).filter(action=Action.REVERIFY).order_by("-number")
        began: int | None = told.values_list("data__rounds_before", flat=True).first()
        return self.revision.approval.decision.round.number if began is None else began

    # Rows behind several of them

    @cached_property
    def revision(self) -> FactCheckRevision | None:
        """That is public."""
        return latest_revision(self._review) if self._review.round_number else None

    @cached_property
    def proposal(self) -> RetractionProposal | None:
        """To retract it."""
        return open_proposal(self.revision) if self.revision else None

    @cached_property
    def unsound(self) -> set[UUID]:
        """Items that count no more."""
        return unsound_of(self._review.pk)

    @cached_property
    def conflicted(self) -> frozenset[UUID]:
        """Who declared a conflict of interest."""
        return frozenset(user for (user,) in _CONFLICTED.rows(review=self._review.pk))

    @cached_property
    def round_row(self) -> Round | None:
        return current_round(self._review) if self._review.round_number else None

    @cached_property
    def seats(self) -> list[Seat]:
        """Of all rounds."""
        return _SEATS.objects(review=self._review.pk) if self._review.round_number else []

    @cached_property
    def draft(self) -> Draft | None:
        return next(iter(_DRAFT.objects(review=self._review.pk)), None) if self._review.round_number else None

    @cached_property
    def decision(self) -> Decision | None:
        return decision_of(self._review, self.round_row) if self.stage in WITH_DECISION else None


class _ReadActor(Actor):
    def __init__(self, facts: ReadFacts, user: User) -> None:
        vars(self).update(_facts=facts, _user=user)

    _facts: ReadFacts
    _user: User

    @cached_property
    def roles(self) -> frozenset[str]:
        # Who only reads this desk's reviews has no role in them.
        return roles_of(self._user) if is_at_work(self._user, self._facts._review) else frozenset()

    @cached_property
    def relations(self) -> frozenset[Relation]:
        present = self._facts.round_row
        holders = {
            seat.holder_id
            for seat in self._facts.seats
            if present and seat.round_id == present.pk and seat.vacated_at is None
        }
        return _those(
            {
                Relation.LEAD: self._facts._review.lead_id == self._user.pk,
                Relation.SEAT_HOLDER: self._user.pk in holders,
                Relation.ADJUDICATOR: self._adjudicates,
                Relation.DRAFT_AUTHOR: self._writes,
                Relation.APPROVER: self._approved,
                Relation.HANDLER: self._facts._review.handler_id == self._user.pk,
            }
        )

    @cached_property
    def took_part_as(self) -> frozenset[Relation]:
        review, user = self._facts._review, self._user
        found = {Relation(part) for (part,) in _TOOK_PART.rows(review=review.pk, user=user.pk)}
        has_sat = any(seat.holder_id == user.pk for seat in self._facts.seats)
        return frozenset(found | {Relation.SEAT_HOLDER} if has_sat else found)

    @cached_property
    def is_conflicted(self) -> bool:
        return self._user.pk in self._facts.conflicted

    @cached_property
    def has_edited(self) -> bool:
        told = events.events(self._facts._review)
        began = told.filter(action__in=TEXT_BEGINS).order_by("-number").values("number")[:1]
        edits = told.filter(action=Action.EDIT_DRAFT, actor=self._user, number__gt=Subquery(began))
        return edits.exclude(data__draft=[]).exists()

    @cached_property
    def has_proposed(self) -> bool:
        proposal = self._facts.proposal
        return proposal is not None and proposal.proposed_by_id == self._user.pk

    @property
    def _approved(self) -> bool:
        """What is public, or what was before."""
        if self._facts.stage not in IN_PUBLIC:
            return False
        approved = FactCheckRevision.objects.filter(approval__approver=self._user)
        return approved.filter(fact_check__review=self._facts._review).exists()

    @property
    def _adjudicates(self) -> bool:
        return self._facts._review.adjudicator_id == self._user.pk

    @property
    def _writes(self) -> bool:
        draft, user_id = self._facts.draft, self._user.pk
        return draft is not None and draft.author_id == user_id and not may_not_write(self._facts._review, user_id)


def _those(known: dict[Relation, bool]) -> frozenset[Relation]:
    return frozenset(relation for relation, holds in known.items() if holds)


# Nearly every action, and whoever looks at a review, asks these.
_SEATS = Prepared(lambda review: Seat.objects.filter(round__review=review), review=UUID)
_DRAFT = Prepared(lambda review: Draft.objects.filter(review=review), review=UUID)


def _took_part(review: UUID, user: UUID) -> Any:
    """As what, other than as the holder of a seat."""
    them = {"review": review, "user": user}
    led, decided = Lead.objects.filter(**them), Adjudicator.objects.filter(**them)
    wrote = [texts.filter(author=user) for texts in texts_of(review)]
    parts = [(Relation.LEAD, led), (Relation.ADJUDICATOR, decided), *((Relation.DRAFT_AUTHOR, rows) for rows in wrote)]
    first, *others = (rows.annotate(part=Value(part.value)).values_list("part") for part, rows in parts)
    return first.union(*others)


_TOOK_PART = Prepared(_took_part, review=UUID, user=UUID)
_ACCEPTED = Prepared(
    lambda claim: Claim.objects.filter(pk=claim, triage_status=TriageStatus.ACCEPTED).values_list("pk"), claim=UUID
)
_NEWS = Prepared(lambda review: to_be_kept().filter(review=review).order_by().values_list("pk")[:1], review=UUID)
_CONFLICTED = Prepared(lambda review: ConflictOfInterest.objects.filter(review=review).values_list("user"), review=UUID)


def _round(review: Review, round_: Round | None, seats: list[Seat], user: User | None) -> RoundFact:
    if round_ is None or review.stage not in (Stage.RATING, Stage.DISCUSSION, Stage.ADJUDICATION):
        return RoundFact(number=review.round_number)
    counted = verdicts_of(review, round_, seats)
    own = next((seat for seat in seats if seat.round_id == round_.pk and user and seat.holder_id == user.pk), None)
    is_open = round_.closed_at is None
    return RoundFact(
        number=round_.number,
        seats=round_.seats_needed,
        verdicts=len(counted),
        ratings=None if is_open else tuple(verdict.rating for verdict in counted.values()),
        has_sat=own is not None,
        own_is_given=own is not None and (own.pk in counted or has_left_a_verdict(own)),
        own_revisions=0 if is_open else Verdict.objects.filter(seat=own, kind=Verdict.Kind.REVISED).count(),
    )


def _reply(review: Review) -> str:
    requests = list(review.reply_requests.all())
    if not requests:
        return "not_sought"
    now = timezone.now()
    is_settled = all(r.answered_at or r.waived_by_id or (r.due_at and r.due_at <= now) for r in requests)
    return "settled" if is_settled else "open"
