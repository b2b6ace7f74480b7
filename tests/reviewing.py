"""What tests of the review verbs share: every action with valid input, and a look at all rows that a refusal must not change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any
from unittest import mock
from uuid import UUID

from django.db import connection
from django.utils import timezone

from factcheck.accounts.models import User
from factcheck.audit.models import AuditEvent
from reviews import stages, workflow
from reviews.facts import Stage
from reviews.models import Decision, Draft, Evidence, EvidenceSet, Review, Seat, Snapshot, SnapshotCheck, Verdict
from reviews.reasons import REASONS
from reviews.stages import Action, find
from reviews.workflow import acting
from tests import make
from tests.remembering import remembered

A = Action


def why(action: Action) -> dict[str, Any]:
    """The first reason of an action, and words; and of which seat, where it asks for one."""
    return {"reason": REASONS[action][0], "note": "As the desk agreed."} | _WHICH.get(action, {})


_WHICH: dict[Action, dict[str, Any]] = {
    A.REPLACE_SEAT_HOLDER: {"seat": 1},
    A.PROPOSE_RETRACTION: {"note": make.PUBLIC_REASON},
}


def judgement(review: Review, rating: str = "false") -> workflow.Judgement:
    items = EvidenceSet.objects.filter(review=review).order_by("-number").values_list("items", flat=True).first() or []
    return workflow.Judgement(rating, make.WHY, [UUID(item["id"]) for item in items])


def answers_to(review: Review, rating: str) -> dict[UUID, str]:
    """One to each verdict of the present round that says otherwise, the last of each seat."""
    seats = Seat.objects.filter(round__review=review, round__number=review.round_number, vacated_at=None)
    last = {v.seat_id: v for v in Verdict.objects.filter(seat__in=seats).order_by("kind", "id")}
    return {verdict.pk: "The tables say otherwise." for verdict in last.values() if verdict.rating != rating}


def what_an_editor_sees(review: Review) -> dict[str, Any]:
    decision = Decision.objects.filter(review=review).order_by("-id").first()
    draft = Draft.objects.filter(review=review).first()
    if decision is None or draft is None:
        return {"decision": review.pk, "draft_digest": "", "evidence_digest": ""}
    return {"decision": decision.pk, "draft_digest": draft.digest, "evidence_digest": decision.evidence_digest}


def by_the_system(action: Action) -> Callable[..., Any]:
    """No verb does it for a person: asked as the verbs ask."""

    def ask(room: make.Newsroom, review: Review, who: User) -> None:
        with acting.acting(review.pk, action, actor=who):
            pass

    return ask


def _item(review: Review) -> UUID:
    """One that nobody has marked: `evidence` of the matrix has two."""
    pk: UUID = Evidence.objects.filter(review=review).order_by("id").values_list("pk", flat=True)[0]
    return pk


def _news(review: Review) -> dict[str, Any]:
    """What somebody sees who looks at the item whose page has changed."""
    look = SnapshotCheck.objects.filter(snapshot__evidence__review=review).latest("id")
    return {"evidence_id": look.snapshot.evidence.get().pk, "finding": look.pk}


def _request(review: Review) -> UUID:
    return review.reply_requests.filter(waived_by=None).latest("id").pk


ITEM = {
    "title": "Tables", "quotation": "33,000", "locator": "page 3", "snapshot_exemption": "A paper archive.", "stance": "context",
    "origin": "Library",
}  # fmt: skip

# Everything anybody can do, with input that nothing but the table refuses.
DO: dict[Action, Callable[[make.Newsroom, Review, User], Any]] = {
    A.OPEN: lambda room, r, who: workflow.open_review(r.claim_id, r.desk_id, actor=who),
    A.TAKE: lambda room, r, who: workflow.take(r.pk, actor=who),
    A.ASSIGN: lambda room, r, who: workflow.assign(r.pk, room.finn.pk, actor=who),
    A.TAKE_OVER: lambda room, r, who: workflow.take_over(r.pk, actor=who, reason="absent", note="On leave."),
    A.RENEW_LEASE: lambda room, r, who: workflow.renew_lease(r.pk, actor=who),
    A.RELEASE: lambda room, r, who: workflow.release(r.pk, actor=who, **why(A.RELEASE)),
    A.ADD_EVIDENCE: lambda room, r, who: workflow.add_evidence(r.pk, ITEM, actor=who),
    A.EDIT_EVIDENCE: lambda room, r, who: workflow.edit_evidence(_item(r), {"note": "Read twice."}, actor=who),
    A.DECLARE_SEARCH: lambda room, r, who: workflow.declare_search(
        r.pk, side="supports", queries=["prices doubled"], places="archives", actor=who
    ),
    A.CONFIRM_NUMBERS: lambda room, r, who: workflow.confirm_numbers(r.pk, actor=who),
    A.SUBMIT_FOR_RATING: lambda room, r, who: workflow.submit_for_rating(r.pk, actor=who),
    A.SUBMIT_VERDICT: lambda room, r, who: workflow.submit_verdict(r.pk, judgement(r), actor=who),
    A.CLOSE_ROUND: by_the_system(A.CLOSE_ROUND),
    A.REVISE_VERDICT: lambda room, r, who: workflow.revise_verdict(r.pk, judgement(r), actor=who),
    A.SETTLE: by_the_system(A.SETTLE),
    A.ESCALATE: lambda room, r, who: workflow.escalate(r.pk, actor=who),
    A.ADJUDICATE: lambda room, r, who: workflow.adjudicate(
        r.pk, rating="false", rationale=make.WHY, answers=answers_to(r, "false"), actor=who
    ),
    A.REQUEST_EVIDENCE: lambda room, r, who: workflow.request_evidence(r.pk, actor=who, **why(A.REQUEST_EVIDENCE)),
    A.REPLACE_SEAT_HOLDER: lambda room, r, who: workflow.replace_seat_holder(
        r.pk, actor=who, **{"seat": 1} | why(A.REPLACE_SEAT_HOLDER)
    ),
    A.REPLACE_ADJUDICATOR: lambda room, r, who: workflow.replace_adjudicator(
        r.pk, actor=who, **why(A.REPLACE_ADJUDICATOR)
    ),
    A.EDIT_DRAFT: lambda room, r, who: workflow.edit_draft(r.pk, {"summary": "In short."}, actor=who),
    A.REQUEST_REPLY: lambda room, r, who: workflow.request_reply(
        r.pk, addressee="The ministry", question="Why?", actor=who
    ),
    A.RECORD_REPLY: lambda room, r, who: workflow.record_reply(r.pk, _request(r), answer="No comment.", actor=who),
    A.WAIVE_REPLY: lambda room, r, who: workflow.waive_reply(
        r.pk, addressee="The bank", actor=who, **why(A.WAIVE_REPLY)
    ),
    A.SUBMIT_DRAFT: lambda room, r, who: workflow.submit_draft(r.pk, actor=who),
    A.SEND_BACK: lambda room, r, who: workflow.send_back(r.pk, Stage.DRAFTING, actor=who, **why(A.SEND_BACK)),
    A.APPROVE: lambda room, r, who: workflow.approve(r.pk, actor=who, **what_an_editor_sees(r)),
    A.UNAPPROVE: lambda room, r, who: workflow.unapprove(r.pk, actor=who, **why(A.UNAPPROVE)),
    A.PUBLISH: lambda room, r, who: workflow.publish(r.pk, actor=who),
    A.OPEN_REVISION: lambda room, r, who: workflow.open_revision(r.pk, actor=who, **why(A.OPEN_REVISION)),
    A.PUBLISH_MINOR: lambda room, r, who: workflow.publish_minor(
        r.pk, "typo", draft_digest=Draft.objects.filter(review=r).values_list("digest", flat=True).first(), actor=who
    ),
    A.REVERIFY: lambda room, r, who: workflow.reverify(r.pk, actor=who, **why(A.REVERIFY)),
    A.ABANDON_REVERIFICATION: lambda room, r, who: workflow.abandon_reverification(
        r.pk, actor=who, **why(A.ABANDON_REVERIFICATION)
    ),
    A.DISMISS_REVISION: lambda room, r, who: workflow.dismiss_revision(r.pk, actor=who, **why(A.DISMISS_REVISION)),
    A.PROPOSE_RETRACTION: lambda room, r, who: workflow.propose_retraction(
        r.pk, actor=who, **why(A.PROPOSE_RETRACTION)
    ),
    A.RETRACT: lambda room, r, who: workflow.retract(r.pk, actor=who),
    A.MARK_UNRELIABLE: lambda room, r, who: workflow.mark_unreliable(_item(r), actor=who, **why(A.MARK_UNRELIABLE)),
    A.KEEP_EVIDENCE: lambda room, r, who: workflow.keep_evidence(actor=who, **_news(r), **why(A.KEEP_EVIDENCE)),
    A.DECLARE_CONFLICT: lambda room, r, who: workflow.declare_conflict(r.pk, actor=who, **why(A.DECLARE_CONFLICT)),
    A.FILL_SEAT: by_the_system(A.FILL_SEAT),
    A.COMMENT: lambda room, r, who: workflow.comment(r.pk, "Which year is meant, @finn?", actor=who),
    A.HOLD: lambda room, r, who: workflow.hold(r.pk, actor=who, **why(A.HOLD)),
    A.RESUME: lambda room, r, who: workflow.resume(r.pk, actor=who, **why(A.RESUME)),
    A.CLOSE: lambda room, r, who: workflow.close(r.pk, actor=who, **why(A.CLOSE)),
    A.REOPEN: lambda room, r, who: workflow.reopen(r.pk, actor=who, **why(A.REOPEN)),
}  # fmt: skip


def fill_in(room: make.Newsroom, review: Review) -> None:
    """All that a draft must say, and a reply that was waived."""
    rating = Decision.objects.filter(review=review).latest("id").rating
    text = {name: f"The {name}." for name in make.DRAFT_FIELDS} | {"rating": rating}
    workflow.edit_draft(review.pk, text, actor=room.finn)
    if not review.reply_requests.exists():
        DO[A.WAIVE_REPLY](room, review, room.finn)


def page_that_changed(room: make.Newsroom, review: Review) -> Evidence:
    """An item of a page that says something else by now."""
    stored = Snapshot(
        url="https://ministry.example/", taken_at=timezone.now(), media_type="text/html", size_bytes=5, sha256="0" * 64, key="k",
    )  # fmt: skip
    item = workflow.add_evidence(review.pk, ITEM, actor=room.finn, snapshot=stored)
    workflow.record_check(stored, SnapshotCheck.Outcome.TEXT_CHANGED, found_sha256="1" * 64)
    return item


@remembered
def full_review(room: make.Newsroom, stage: Stage, **fields: Any) -> Review:
    """A review at this stage that has all that an action could need: items of evidence, an answered request, a full draft."""
    review = make.review(room, Stage.RESEARCH, **fields)
    for stance, origin in (("refutes", "Ministry"), ("supports", "Bank"), ("refutes", "Office")):
        make.evidence(room, review, stance, origin)
    page_that_changed(room, review)
    asked = workflow.request_reply(review.pk, addressee="The ministry", question="Why?", actor=room.finn)
    workflow.record_reply(review.pk, asked.pk, answer="Because.", actor=room.finn)
    if stage in (Stage.QUEUED, Stage.CLOSED):
        workflow.release(review.pk, actor=room.finn, **why(A.RELEASE))
    if stage is Stage.CLOSED:
        workflow.close(review.pk, actor=room.ada, **why(A.CLOSE))
    if stage in (Stage.QUEUED, Stage.RESEARCH, Stage.CLOSED):
        return at(review, stage)
    workflow.submit_for_rating(review.pk, actor=room.finn)
    if stage is Stage.RATING:
        return at(review, stage)
    differ = stage in (Stage.DISCUSSION, Stage.ADJUDICATION)
    for number, who in enumerate(room.holders(at(review))):
        room.vote(review, who, "true" if differ and number else "false")
    if stage is Stage.ADJUDICATION:
        workflow.escalate(review.pk, actor=room.emil)
    if differ:
        return at(review, stage)
    fill_in(room, review)
    if stage is Stage.DRAFTING:
        return at(review, stage)
    workflow.submit_draft(review.pk, actor=room.finn)
    if stage is Stage.COPY_EDIT:
        return at(review, stage)
    make.approve(room.emil, at(review))
    if stage is Stage.APPROVED:
        return at(review, stage)
    workflow.publish(review.pk, actor=room.emil)
    if stage is Stage.PUBLISHED:
        return at(review, stage)
    DO[A.OPEN_REVISION](room, review, room.hal)
    workflow.edit_draft(review.pk, {"body": "The body, mended."}, actor=room.hal)
    make.propose(room.emil, review)
    if stage is Stage.RETRACTED:
        workflow.retract(review.pk, actor=room.gwen)
    return at(review, stage)


def at(review: Review, stage: Stage | None = None) -> Review:
    found = Review.objects.get(pk=review.pk)
    assert stage in (None, found.stage), found.stage
    return found


def allowed_by_the_table(review: Review, who: User, action: Action) -> bool:
    row = find(Stage(review.stage), action)
    facts = workflow.facts_of(review, who)
    return row is not None and not row.lacks(facts) and not row.blocked_by(facts)


@contextmanager
def without_alternatives() -> Iterator[None]:
    """Refusals do not list what may be done instead, which costs more than all else about them: for tests that refuse by the thousand.
    The random walk holds each list against what the review told.
    """
    with mock.patch.object(stages, "allowed", return_value=()):
        yield


# A look at everything


def tables() -> list[str]:
    """Of reviews, their past, the record, the jobs, and what people were told: whatever a verb could have left a trace in."""
    names = connection.introspection.table_names()
    return [
        name
        for name in names
        if name.startswith(("reviews_", "audit_", "factcheck_job", "claims_claim", "notifications_"))
    ]


def snapshot(names: list[str]) -> dict[str, str]:
    """The hash of each table's rows, in one statement."""
    one = "SELECT '{0}', md5(coalesce(string_agg(row::text, '|' ORDER BY row::text), '')) FROM {0} row"
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(one.format(name) for name in names))
        return dict(cursor.fetchall())


def stages_told(review: Review) -> list[str]:
    """The stages that a review went through, as its events tell it."""
    found = AuditEvent.objects.filter(subject_type="review", subject_id=review.pk, data__has_key="stage")
    told = [event.data["stage"] for event in found.order_by("number")]
    assert all(before[1] == after[0] for before, after in pairwise(told)), told
    return [pair[1] for pair in told]
