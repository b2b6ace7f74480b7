"""Whom the table of notices means, and telling them: with the event of an action, or of what no action brought about."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.db.models import OuterRef, Subquery

from factcheck.accounts.models import User
from factcheck.audit.models import AuditEvent
from factcheck.notifications.telling import Message, notify
from reviews import notices
from reviews.attention import NEWS, OF_THE_BYTES, OF_THE_PAGE, latest_check
from reviews.facts import OVER, Stage
from reviews.models import Comment, Draft, FactCheckRevision, Invalidation, Review, Round, Seat, SnapshotCheck
from reviews.notices import Notice, Party
from reviews.workflow.people import approvers_of, editors_of

if TYPE_CHECKING:
    from reviews.workflow.acting import Act


def tell(act: Act, event: AuditEvent) -> None:
    """Everybody whom the table names for what was done, in the transaction of it."""
    rows = notices.of(act.row.action, str(act.before["stage"]), act.review.stage)
    found = {pk: row for row in reversed(rows) for pk in _WHO[row.to](act)}
    if found.keys() - {event.actor_id}:
        messages = {pk: _message(row, act) for pk, row in found.items()}
        notify(act.review, messages, cause=event.pk, actor=event.actor_id)


def _message(row: Notice, act: Act) -> Message:
    words = row.words if act.actor else row.by_system or row.words
    who = act.actor.get_username() if act.actor else ""
    stage = act.review.stage.replace("_", " ")
    return Message(row.kind, notices.say(words, act.review.claim.text, who=who, stage=stage))


def seat_holders(review: Review) -> list[UUID]:
    """Of the present round."""
    seats = Seat.objects.filter(round__review=review, round__number=review.round_number, vacated_at=None)
    return list(seats.values_list("holder", flat=True))


def _draft_author(act: Act) -> Iterable[UUID]:
    return Draft.objects.filter(review=act.review).values_list("author", flat=True)


def _answerable(act: Act) -> Iterable[UUID]:
    public = FactCheckRevision.objects.filter(fact_check__review=act.review).order_by("-number")
    return public.values_list("approval__approver", flat=True)[:1]


def _answered(act: Act) -> Iterable[UUID]:
    answered = act.data.get("reply_to")
    return Comment.objects.filter(pk=answered).values_list("author", flat=True) if answered else ()


def _those(*people: object) -> list[UUID]:
    return [UUID(str(pk)) for pk in people if pk]


_WHO: dict[Party, Callable[[Act], Iterable[UUID]]] = {
    Party.LEAD: lambda act: _those(act.review.lead_id),
    Party.FORMER_LEAD: lambda act: _those(act.before["lead_id"]),
    Party.SEAT_HOLDERS: lambda act: seat_holders(act.review),
    Party.SEATED: lambda act: _those(*act.data.get("seated", {}).values()),
    # Who adjudicated what is closed is no longer named there.
    Party.ADJUDICATOR: lambda act: _those(act.review.adjudicator_id or act.before["adjudicator_id"]),
    Party.NEW_ADJUDICATOR: lambda act: [
        pk for pk in _those(act.review.adjudicator_id) if str(pk) != act.before["adjudicator_id"]
    ],
    Party.DRAFT_AUTHOR: _draft_author,
    Party.APPROVERS: lambda act: approvers_of(act.review),
    Party.HANDLER: lambda act: _those(act.review.handler_id or act.before["handler_id"]),
    Party.ANSWERABLE: _answerable,
    Party.EDITORS: lambda act: editors_of(act.review),
    Party.ANSWERED: _answered,
    Party.REPLACED: lambda act: _those(*act.data.get("replaced", ())),
    Party.NAMED: lambda act: _those(*act.data.get("mentions", ())),
}

ANSWERED = tuple(outcome for outcome in OF_THE_PAGE if outcome != SnapshotCheck.Outcome.UNREACHABLE)


def tell_of_check(check: SnapshotCheck, actor: User | None = None) -> None:
    """Leads of reviews that rest on it, once a look finds something else than the one before. Where stored bytes fail, verdicts do too."""
    if check.outcome not in (*SnapshotCheck.UNSOUND, *NEWS):
        return
    before = latest_check(OF_THE_BYTES if check.outcome in OF_THE_BYTES else ANSWERED, check.snapshot_id)
    if before.exclude(pk=check.pk).values_list("outcome", "found_sha256").first() == (
        check.outcome,
        check.found_sha256,
    ):
        return
    marked = Invalidation.objects.filter(subject_type=Invalidation.Subject.EVIDENCE).values("subject_id")
    used = check.snapshot.evidence.filter(withdrawn_at=None).exclude(pk__in=marked).values("review")
    found = Review.objects.filter(pk__in=used).exclude(stage__in=OVER).select_related("claim").order_by("pk")
    for review in found:
        told = notices.say(notices.LOOKED_AT, review.claim.text, outcome=check.outcome.replace("_", " "))
        messages = {pk: Message(notices.EVIDENCE_NEEDS_ATTENTION, told) for pk in _those(review.lead_id)}
        if check.outcome in SnapshotCheck.UNSOUND and review.stage in (Stage.RATING, Stage.DISCUSSION):
            stale = Message(notices.VERDICT_STALE, notices.say(notices.BYTES_FAILED, review.claim.text))
            messages |= dict.fromkeys(seat_holders(review), stale)
        notify(review, messages, cause=check.pk, actor=actor.pk if actor else None)


def tell_of_edited_claims() -> int:
    """Seat holders whose claim was edited since their round began, once of each edit: claims tell no review. Returns how many people."""
    began = Round.objects.filter(review=OuterRef(OuterRef("pk")), number=OuterRef(OuterRef("round_number")))
    edits = AuditEvent.objects.filter(
        subject_type="claim", subject_id=OuterRef("claim"), at__gt=Subquery(began.values("created_at")), data__has_key="revision"
    ).order_by("-number")  # fmt: skip
    judged = Review.objects.filter(stage__in=(Stage.RATING, Stage.DISCUSSION), held_at=None).select_related("claim")
    told = 0
    for review in judged.annotate(edit=Subquery(edits.values("pk")[:1])).exclude(edit=None).order_by("pk"):
        event = AuditEvent.objects.get(pk=review.edit)
        words = notices.say(notices.CLAIM_EDITED, review.claim.text)
        with transaction.atomic():
            messages = dict.fromkeys(seat_holders(review), Message(notices.VERDICT_STALE, words))
            told += notify(review, messages, cause=event.pk, actor=event.actor_id)
    return told
