"""What the guards look at, read from the rows. Of sealed verdicts it reads that they are there, and the asker's own."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any, TypedDict
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from claims.models import Claim
from claims.text import as_read
from claims.triage import TriageStatus
from factcheck.accounts.models import User
from factcheck.accounts.roles import ROLES
from factcheck.audit.past import past_model
from factcheck.database.prepared import Prepared
from reviews import digests
from reviews.digests import DRAFT_FIELDS
from reviews.facts import Actor, EvidenceFact, Facts, Relation, RoundFact, Stage, Stance
from reviews.models import (
    ConflictOfInterest,
    Decision,
    DeskMembership,
    Draft,
    Evidence,
    EvidenceSet,
    Invalidation,
    Lead,
    Review,
    ReviewPolicy,
    Round,
    Seat,
    SnapshotCheck,
    Verdict,
)
from reviews.sealed import SealedVerdict
from reviews.staffing import Person, Unstaffable, can_staff, choose_adjudicator, choose_draft_author

WITH_DECISION = (Stage.DRAFTING, Stage.COPY_EDIT, Stage.APPROVED)
# Numbers of these forms carry their value elsewhere: a change in its factor, a superlative in its word.
WITHOUT_VALUE = ("change", "vague", "superlative")


def facts_of(review: Review, user: User | None, *, has_reason: bool = False) -> Facts:
    """The present facts, as `user` (None: the system) has to do with them. Under the lock of the review when an action depends on them."""
    return _Read(review, user, has_reason)


class _Read(Facts):
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
        return others.exclude(stage=Stage.CLOSED).exists()

    @cached_property
    def lease_is_over(self) -> bool:
        until = self._review.lease_until
        return until is None or until <= timezone.now() or self._review.lead_id in self.conflicted

    @cached_property
    def evidence(self) -> tuple[EvidenceFact, ...]:
        items = evidence_in_use(self._review)
        unsound = unsound_of(self._review.pk)
        return tuple(
            EvidenceFact(Stance(item.stance), as_origin(item.origin), lacks(item), item.pk not in unsound)
            for item in items
        )

    @cached_property
    def searched(self) -> frozenset[Stance]:
        return frozenset(map(Stance, self._review.searches.values_list("side", flat=True)))

    @cached_property
    def unread_numbers(self) -> int:
        is_confirmed = self._review.numbers_confirmed_revision == self._review.claim.revision
        return 0 if is_confirmed else unread_numbers(self._review)

    @cached_property
    def shortage(self) -> str:
        return _shortage(self._review)

    @cached_property
    def round(self) -> RoundFact:
        return _round(self._review, self.round_row, self.seats, self._user)

    @cached_property
    def has_adjudicator(self) -> bool:
        return find_adjudicator(self._review) is not None

    @cached_property
    def is_stale(self) -> bool:
        return self._decision is not None and is_stale(self._review, self._decision)

    @cached_property
    def draft_lacks(self) -> tuple[str, ...]:
        return tuple(name for name in DRAFT_FIELDS if not getattr(self.draft, name, "").strip())

    @cached_property
    def draft_rating_matches(self) -> bool:
        said = self.draft.rating if self.draft else ""
        return not said or self._decision is None or said == self._decision.rating

    @cached_property
    def reply(self) -> str:
        return _reply(self._review)

    # Rows behind several of them

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
    def _decision(self) -> Decision | None:
        return decision_of(self._review) if self.stage in WITH_DECISION else None


class _ReadActor(Actor):
    def __init__(self, facts: _Read, user: User) -> None:
        vars(self).update(_facts=facts, _user=user)

    _facts: _Read
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
            }
        )

    @cached_property
    def took_part_as(self) -> frozenset[Relation]:
        review, user = self._facts._review, self._user
        return _those(
            {
                Relation.LEAD: bool(_LED.rows(review=review.pk, user=user.pk)),
                Relation.SEAT_HOLDER: any(seat.holder_id == user.pk for seat in self._facts.seats),
                Relation.ADJUDICATOR: self._adjudicates or bool(_ADJUDICATED.rows(review=review.pk, user=user.pk)),
                Relation.DRAFT_AUTHOR: user.pk in set(_authors_of(review)),
            }
        )

    @cached_property
    def is_conflicted(self) -> bool:
        return self._user.pk in self._facts.conflicted

    @property
    def _adjudicates(self) -> bool:
        return self._facts._review.adjudicator_id == self._user.pk

    @property
    def _writes(self) -> bool:
        draft, user_id = self._facts.draft, self._user.pk
        return draft is not None and draft.author_id == user_id and not _may_not_write(self._facts._review, user_id)


def _those(known: dict[Relation, bool]) -> frozenset[Relation]:
    return frozenset(relation for relation, holds in known.items() if holds)


# Nearly every action, and whoever looks at a review, asks these.
_SEATS = Prepared(lambda review: Seat.objects.filter(round__review=review), review=UUID)
_DRAFT = Prepared(lambda review: Draft.objects.filter(review=review), review=UUID)
_LED = Prepared(
    lambda review, user: Lead.objects.filter(review=review, user=user).values_list("pk"), review=UUID, user=UUID
)
_ADJUDICATED = Prepared(
    lambda review, user: Decision.objects.filter(review=review, adjudicator=user).values_list("pk"),
    review=UUID,
    user=UUID,
)
_ACCEPTED = Prepared(
    lambda claim: Claim.objects.filter(pk=claim, triage_status=TriageStatus.ACCEPTED).values_list("pk"), claim=UUID
)
_CONFLICTED = Prepared(lambda review: ConflictOfInterest.objects.filter(review=review).values_list("user"), review=UUID)


def roles_of(user: User) -> frozenset[str]:
    return frozenset(ROLES) if user.is_superuser else frozenset(user.roles)


def has_conflict(review: Review, user_id: UUID) -> bool:
    return ConflictOfInterest.objects.filter(review=review, user=user_id).exists()


# Evidence


def unsound_of(review_id: UUID) -> set[UUID]:
    """Items that a person marked unreliable, or whose stored bytes fail their hash."""
    return {pk for (pk,) in _UNSOUND.rows(review=review_id)}


def _unsound(review: UUID) -> QuerySet[Evidence, Any]:
    latest = SnapshotCheck.objects.filter(
        snapshot=OuterRef("snapshot"), outcome__in=["sound", *SnapshotCheck.UNSOUND]
    ).order_by("-id")
    marked = Invalidation.objects.filter(subject_type=Invalidation.Subject.EVIDENCE, subject_id=OuterRef("pk"))
    found = Evidence.objects.filter(review=review).alias(
        stored=Subquery(latest.values("outcome")[:1]), is_marked=Exists(marked)
    )
    return found.filter(Q(is_marked=True) | Q(stored__in=SnapshotCheck.UNSOUND)).order_by().values_list("pk")


_UNSOUND = Prepared(_unsound, review=UUID)


def evidence_in_use(review: Review) -> list[Evidence]:
    return list(review.evidence.filter(withdrawn_at=None).select_related("snapshot").order_by("id"))


def as_origin(name: str) -> str:
    """By which origins are told apart: not by what nobody sees, nor by how it was typed."""
    return as_read(name).strip().casefold()


def lacks(item: Evidence) -> tuple[str, ...]:
    """What an item needs before it can be rated."""
    has = {
        "quotation": item.quotation.strip(),
        "locator": item.locator.strip(),
        "snapshot": item.snapshot_id or item.snapshot_exemption.strip(),
    }
    return tuple(name for name, value in has.items() if not value)


def current_evidence(evidence_set: EvidenceSet) -> str:
    """The digest of what still counts of a frozen set."""
    frozen = {UUID(item["id"]) for item in evidence_set.items}
    return digests.current_digest(evidence_set.digest, frozen & unsound_of(evidence_set.review_id))


def unread_numbers(review: Review) -> int:
    return sum(
        1
        for quantity in review.claim.quantities
        if quantity["value"] is None and quantity["factor"] is None and quantity["form"] not in WITHOUT_VALUE
    )


# Rounds


def current_round(review: Review) -> Round | None:
    for round_ in _ROUND.objects(review=review.pk):
        round_.evidence_set = _set_of(round_)
        return round_
    return None


def decision_of(review: Review) -> Decision | None:
    """The last one; an earlier one was made before the review went back."""
    for decision in _DECISION.objects(review=review.pk):
        [decision.round] = _ROUND_BY_KEY.objects(key=decision.round_id)
        decision.round.evidence_set = _set_of(decision.round)
        return decision
    return None


def _set_of(round_: Round) -> EvidenceSet:
    [found] = _SET.objects(key=round_.evidence_set_id)
    return found


_ROUND = Prepared(lambda review: Round.objects.filter(review=review).order_by("-number")[:1], review=UUID)
_ROUND_BY_KEY = Prepared(lambda key: Round.objects.filter(pk=key), key=UUID)
_SET = Prepared(lambda key: EvidenceSet.objects.filter(pk=key), key=UUID)
_DECISION = Prepared(lambda review: Decision.objects.filter(review=review).order_by("-id")[:1], review=UUID)


def is_stale(review: Review, decision: Decision) -> bool:
    """Whether it was made on other evidence or another claim than the present ones, or by somebody who has a conflict of interest."""
    on_others = (decision.evidence_digest, decision.claim_revision) != (
        current_evidence(decision.round.evidence_set),
        review.claim.revision,
    )
    if decision.adjudicator_id:
        return on_others or has_conflict(review, decision.adjudicator_id)
    seats = Seat.objects.filter(round=decision.round_id, vacated_at=None)
    return on_others or seats.count() < decision.round.seats_needed


def bound_to(review: Review, round_: Round) -> tuple[str, int, UUID]:
    """Evidence, claim revision and scale on which a verdict of this round is given now."""
    return current_evidence(round_.evidence_set), review.claim.revision, review.scale_id


def verdicts_of(review: Review, round_: Round, seats: Iterable[Seat]) -> dict[UUID, SealedVerdict]:
    """The verdict that counts of each filled seat, revised before first: given on what is current."""
    evidence, revision, scale = bound_to(review, round_)
    filled = [seat.pk for seat in seats if seat.round_id == round_.pk and seat.vacated_at is None]
    found = SealedVerdict.objects.filter(
        seat__in=filled, evidence_digest=evidence, claim_revision=revision, scale=scale
    ).order_by("kind", "id")  # `first` before `revised`: the later one stays
    return {verdict.seat_id: verdict for verdict in found}


def last_verdicts(round_: Round) -> dict[UUID, Verdict]:
    """Of a closed round: what each filled seat said last, whether or not it would still count."""
    found = Verdict.objects.filter(seat__round=round_, seat__vacated_at=None).order_by("kind", "id")
    return {verdict.seat_id: verdict for verdict in found}


def _round(review: Review, round_: Round | None, seats: list[Seat], user: User | None) -> RoundFact:
    if round_ is None or review.stage not in (Stage.RATING, Stage.DISCUSSION, Stage.ADJUDICATION):
        return RoundFact(number=review.round_number)
    counted = verdicts_of(review, round_, seats)
    own = next((seat.pk for seat in seats if seat.round_id == round_.pk and user and seat.holder_id == user.pk), None)
    is_open = round_.closed_at is None
    return RoundFact(
        number=round_.number,
        seats=round_.seats_needed,
        verdicts=len(counted),
        ratings=None if is_open else tuple(verdict.rating for verdict in counted.values()),
        has_sat=own is not None,
        own_is_given=own in counted,
        own_is_revised=not is_open and Verdict.objects.filter(seat=own, kind=Verdict.Kind.REVISED).exists(),
    )


# People


def people_of(review: Review) -> list[Person]:
    """Who is present at the desk, and what they hold already. Whoever took part in this review before comes after whoever did not."""
    conflicted = set(ConflictOfInterest.objects.filter(review=review).values_list("user", flat=True))
    seated = Seat.objects.filter(round__review=review).values_list("holder", flat=True)
    led = Lead.objects.filter(review=review).values_list("user", flat=True)
    adjudicated = Decision.objects.filter(review=review).values_list("adjudicator", flat=True)
    involved = set(seated.union(led, adjudicated, _authors_of(review)))
    users = User.objects.with_roles().filter(memberships__desk=review.desk_id, is_active=True, is_machine=False)
    held = Count("seats", filter=Q(seats__vacated_at=None, seats__round__closed_at=None), distinct=True)
    return [
        Person(
            id=str(user.pk),
            roles=frozenset(user.roles),
            load=user.held + 1000 * (user.pk in involved),
            is_conflicted=user.pk in conflicted,
            took_part=user.pk in involved,
        )
        for user in users.annotate(held=held)
    ]


def _authors_of(review: Review) -> Any:
    """Of its draft, the present one and those before."""
    past = past_model(Draft).objects.filter(pgh_obj__review=review).values_list("author", flat=True)
    return past.union(Draft.objects.filter(review=review).values_list("author", flat=True))


def approvers_of(review: Review) -> list[UUID]:
    """Editors of the desk who took no part and keep out of nothing: those who may approve."""
    involved = {str(review.lead_id), str(review.adjudicator_id)}
    free = [who for who in people_of(review) if not (who.took_part or who.is_conflicted or who.id in involved)]
    return [UUID(who.id) for who in free if "editor" in who.roles]


def seats_needed(review: Review) -> int:
    return review.policy.seats_high_risk if review.risk == "high" else review.policy.seats


class Terms(TypedDict):
    """What a policy says of who may hold which place, as `reviews.staffing` is told."""

    lead_may_hold_seat: bool
    draft_author_may_be_lead: bool


def terms_of(policy: ReviewPolicy) -> Terms:
    return {
        "lead_may_hold_seat": policy.lead_may_hold_seat,
        "draft_author_may_be_lead": policy.draft_author_may_be_lead,
    }


def _shortage(review: Review) -> str:
    found = can_staff(
        people_of(review),
        seats=seats_needed(review),
        lead=str(review.lead_id),
        **terms_of(review.policy),
    )
    return f"The desk cannot staff it: {found}." if found else ""


def find_adjudicator(review: Review) -> UUID | None:
    """Who would adjudicate now, or None."""
    holders = Seat.objects.filter(round__review=review, round__number=review.round_number)
    try:
        chosen = choose_adjudicator(
            people_of(review),
            holders={str(pk) for pk in holders.values_list("holder", flat=True)},
            lead=str(review.lead_id),
            draft_author_may_be_lead=review.policy.draft_author_may_be_lead,
        )
    except Unstaffable:
        return None
    return UUID(chosen)


def find_draft_author(review: Review, adjudicator: UUID | None) -> UUID:
    """Who writes the text of a new decision: the lead, or where the policy says so somebody who took no part in it.

    Where there is nobody, it is the lead's until an editor edits it: see `must_yield`.
    """
    lead: UUID = review.lead_id  # type: ignore[assignment]  # there is one once there is a decision
    if review.policy.draft_author_may_be_lead:
        return lead
    holders = Seat.objects.filter(round__review=review, round__number=review.round_number, vacated_at=None)
    present = Draft.objects.filter(review=review).values_list("author", flat=True).first()
    try:
        chosen = choose_draft_author(
            people_of(review),
            judges={str(pk) for pk in (*holders.values_list("holder", flat=True), adjudicator)},
            lead=str(lead),
            present=str(present),
        )
    except Unstaffable:
        return lead
    return UUID(chosen)


def must_yield(review: Review, author_id: UUID) -> bool:
    """Whether this author writes no further, so that the next editor who edits the text becomes its author."""
    return has_conflict(review, author_id) or _may_not_write(review, author_id)


def _may_not_write(review: Review, author_id: UUID) -> bool:
    return author_id == review.lead_id and not review.policy.draft_author_may_be_lead


READS_EVERYTHING = "auditor"


def reads_everything(user: User) -> bool:
    return user.is_superuser or READS_EVERYTHING in user.roles


def is_at_work(user: User, review: Review) -> bool:
    """Whether somebody who sees the review is of its desk, or a superuser: an auditor reads those of all desks."""
    if user.is_superuser or not reads_everything(user):
        return True
    return DeskMembership.objects.filter(desk=review.desk_id, user=user).exists()


# Replies


def _reply(review: Review) -> str:
    requests = list(review.reply_requests.all())
    if not requests:
        return "not_sought"
    now = timezone.now()
    is_settled = all(r.answered_at or r.waived_by_id or (r.due_at and r.due_at <= now) for r in requests)
    return "settled" if is_settled else "open"
