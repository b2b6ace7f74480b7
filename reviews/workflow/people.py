"""Who is there, what they are to a review, and who could take which place in it."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any, TypedDict
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from factcheck.accounts.models import User
from factcheck.accounts.roles import ROLES
from factcheck.audit.past import past_model
from factcheck.database.prepared import Prepared
from reviews.models import Adjudicator, ConflictOfInterest, DeskMembership, Draft, Lead, Review, ReviewPolicy, Seat
from reviews.staffing import (
    WRITERS,
    Person,
    Unstaffable,
    can_staff,
    choose_adjudicator,
    choose_draft_author,
    replace_seat,
)


def roles_of(user: User) -> frozenset[str]:
    return frozenset(ROLES) if user.is_superuser else frozenset(user.roles)


def has_conflict(review: Review, user_id: UUID) -> bool:
    return ConflictOfInterest.objects.filter(review=review, user=user_id).exists()


def people_of(review: Review) -> list[Person]:
    """Who is present at the desk, and what they hold already. Whoever took part in this review before comes after whoever did not."""
    return [
        Person(str(pk), frozenset(roles), held + 1000 * took_part, is_conflicted, took_part=took_part)
        for pk, roles, held, is_conflicted, took_part in _PRESENT.rows(review=review.pk, desk=review.desk_id)
    ]


def _present(review: UUID, desk: UUID) -> QuerySet[User, Any]:
    """At the desk: id, roles, seats held in open rounds, conflict of interest, part taken in the review."""
    them = {"review": review, "user": OuterRef("pk")}
    seats = Seat.objects.filter(holder=OuterRef("pk"))
    held = seats.filter(vacated_at=None, round__closed_at=None).values("holder").annotate(number=Count("pk"))
    took_part = (
        seats.filter(round__review=review),
        Lead.objects.filter(**them),
        Adjudicator.objects.filter(**them),
        *(texts.filter(author=OuterRef("pk")) for texts in texts_of(review)),
    )
    users = User.objects.with_roles().filter(memberships__desk=desk, is_active=True, is_machine=False)
    return users.values_list(
        "pk",
        "loaded_roles",
        Coalesce(Subquery(held.values("number")), 0),
        Exists(ConflictOfInterest.objects.filter(**them)),
        reduce(or_, map(Exists, took_part)),
    )


_PRESENT = Prepared(_present, review=UUID, desk=UUID)


def texts_of(review: UUID) -> tuple[QuerySet[Any], QuerySet[Any]]:
    """Its drafts, those before and the present one."""
    return past_model(Draft).objects.filter(pgh_obj__review=review), Draft.objects.filter(review=review)


def approvers_of(review: Review) -> list[UUID]:
    """Editors of the desk who took no part and keep out of nothing: those who may approve."""
    involved = {str(review.lead_id), str(review.adjudicator_id)}
    free = [who for who in people_of(review) if not (who.took_part or who.is_conflicted or who.id in involved)]
    return [UUID(who.id) for who in free if "editor" in who.roles]


def editors_of(review: Review) -> list[UUID]:
    """Of its desk, who keep out of nothing."""
    return [UUID(who.id) for who in people_of(review) if "editor" in who.roles and not who.is_conflicted]


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


def shortage_of(review: Review) -> str:
    found = can_staff(
        people_of(review),
        seats=seats_needed(review),
        lead=str(review.lead_id),
        **terms_of(review.policy),
    )
    return f"The desk cannot staff it: {found}." if found else ""


def find_seat_holder(review: Review) -> UUID | None:
    """Who would take a seat of the present round that somebody leaves, or None. Whoever holds or held one of it gets no other."""
    try:
        chosen = replace_seat(
            people_of(review),
            holders={str(pk) for pk in _holders(review).values_list("holder", flat=True)},
            lead=str(review.lead_id),
            **terms_of(review.policy),
        )
    except Unstaffable:
        return None
    return UUID(chosen)


def find_adjudicator(review: Review) -> UUID | None:
    """Who would adjudicate now, or None. Whoever was asked in this round is not asked again."""
    in_the_round = _IN_THE_ROUND.rows(review=review.pk, number=review.round_number)
    try:
        chosen = choose_adjudicator(
            people_of(review),
            holders={str(pk) for (pk,) in in_the_round},
            lead=str(review.lead_id),
            draft_author_may_be_lead=review.policy.draft_author_may_be_lead,
        )
    except Unstaffable:
        return None
    return UUID(chosen)


_IN_THE_ROUND = Prepared(
    lambda review, number: (
        Seat.objects.filter(round__review=review, round__number=number)
        .values_list("holder")
        .union(Adjudicator.objects.filter(review=review, round_number=number).values_list("user"))
    ),
    review=UUID,
    number=int,
)


def _holders(review: Review) -> QuerySet[Seat]:
    """Of the present round, those who left among them."""
    return Seat.objects.filter(round__review=review, round__number=review.round_number)


def find_draft_author(review: Review, adjudicator: UUID | None) -> UUID:
    """Who writes the text of a new decision: the lead, or where the policy says so somebody who took no part in it.

    Where there is nobody, it is the lead's until an editor edits it: see `must_yield`.
    """
    lead: UUID = review.lead_id  # type: ignore[assignment]  # there is one once there is a decision
    if review.policy.draft_author_may_be_lead:
        return lead
    holders = _holders(review).filter(vacated_at=None)
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
    return (
        has_conflict(review, author_id)
        or may_not_write(review, author_id)
        or not is_present(review, author_id, *WRITERS)
    )


def may_not_write(review: Review, author_id: UUID) -> bool:
    return author_id == review.lead_id and not review.policy.draft_author_may_be_lead


def is_present(review: Review, user_id: UUID, *roles: str) -> bool:
    """Whether somebody is at the desk still and may do, with one of these roles, what their place asks of them."""
    at_the_desk = User.objects.filter(memberships__desk=review.desk_id, is_active=True, is_machine=False)
    return at_the_desk.filter(pk=user_id, groups__name__in=roles).exists()


READS_EVERYTHING = "auditor"


def reads_everything(user: User) -> bool:
    return user.is_superuser or READS_EVERYTHING in user.roles


def is_at_work(user: User, review: Review) -> bool:
    """Whether somebody who sees the review is of its desk, or a superuser: an auditor reads those of all desks."""
    if user.is_superuser or not reads_everything(user):
        return True
    return DeskMembership.objects.filter(desk=review.desk_id, user=user).exists()
