"""Rows of every kind, in every state that an action leads from, and the two who ask for them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from claims import pipeline
from claims.models import (
    Appearance,
    Article,
    ArticleVersion,
    Claim,
    ClaimMatch,
    EarlierFactCheck,
    ExtractionRun,
    ImportRun,
    Outlet,
)
from claims.sources.base import BadRow, Place
from claims.triage import TriageAction
from factcheck import jobs
from factcheck.accounts import tokens
from factcheck.accounts.models import Token, User
from factcheck.models import Job
from factcheck.notifications.models import Notification
from factcheck.webhooks import endpoints
from factcheck.webhooks.models import WebhookDelivery, WebhookEndpoint
from reviews import access, stages, workflow
from reviews.attention import needing_attention
from reviews.corrections import BY_ACTION, TRANSITIONS, RequestAction
from reviews.facts import OVER, Stage
from reviews.models import (
    CorrectionRequest,
    Desk,
    DeskMembership,
    Draft,
    Evidence,
    FactCheck,
    RatingScale,
    Review,
    ReviewPolicy,
    Seat,
    Snapshot,
)
from reviews.stages import Action
from reviews.workflow.corrections import facts_of_request, why_not
from tests import make
from tests.api import signed_in
from tests.reviewing import DO, full_review


@dataclass(frozen=True, slots=True)
class Identity:
    """A token, and a session for what no token may do."""

    token_id: str
    token: str
    session: str


def identity(user: User, *scopes: str) -> Identity:
    token, secret = tokens.issue(user, name="fuzz", scopes=scopes)
    return Identity(str(token.pk), secret, signed_in(user).cookies["sessionid"].value)


def build(*owners: User) -> dict[str, list[str]]:
    """The keys of the rows, by the first step of their addresses, and by the label of an operation those that it is for.

    Each of `owners` has some of the tokens; the first one has a part in the reviews.
    """
    ada = make.user("ada", "importer", "triager")
    for number in range(6):
        text = f"Prices rose by {number + 20} per cent last year, the bank said. Nine of ten mines in Lund are closed."
        make.article(text, title=f"Prices {number}", url=f"https://wire.example/{number}", outlet="Wire", language="en")
    while jobs.work("fuzz"):
        pass
    for number in range(8):
        make.fact_check(f"Prices rose by {number + 20} per cent last year.", url=f"https://checks.example/{number}")
    while jobs.work("fuzz"):
        pass
    run = pipeline.start_run("feed.jsonl", {}, started_by=ada)
    bad = BadRow(Place("feed.jsonl", 7, 0), "", "invalid_json", "This line is no JSON.")
    pipeline.land_batch([*(make.draft(f"Rents fell by {number} per cent.") for number in range(6)), bad], run=run)
    pipeline.finish_run(run)
    _triage(ada)
    _cancel(ada)
    for owner in owners:
        for name in ("feed", "desk", "script"):
            tokens.issue(owner, name=name, scopes=["read"])
    researchers = _review(owners[0])
    _webhooks(owners[0])
    _requests(owners[0])
    kinds: dict[str, Any] = {
        "articles": Article,
        "article-versions": ArticleVersion,
        "appearances": Appearance,
        "claims": Claim,
        "correction-requests": CorrectionRequest,
        "desks": Desk,
        "earlier-fact-checks": EarlierFactCheck,
        "evidence": Evidence,
        "extraction-runs": ExtractionRun,
        "import-runs": ImportRun,
        "jobs": Job,
        "matches": ClaimMatch,
        "outlets": Outlet,
        "policies": ReviewPolicy,
        "public": FactCheck,
        "rating-scales": RatingScale,
        "reviews": Review,
        "snapshots": Snapshot,
        "tokens": Token,
        "users": User,
        "webhook-deliveries": WebhookDelivery,
        "webhook-endpoints": WebhookEndpoint,
    }
    rows = {step: _keys(kind.objects.all()) for step, kind in kinds.items()}
    rows["notifications"] = _keys(Notification.objects.filter(user=owners[0]))
    accepted = Claim.objects.filter(triage_status="accepted", reviews=None)
    return rows | {"accepted claims": _keys(accepted), "researchers": researchers} | _rows_for(owners[0])


def _keys(rows: Any) -> list[str]:
    return [str(key) for key in rows.order_by("pk").values_list("pk", flat=True)]


def _triage(ada: User) -> None:
    """Claims of every status, besides those that were found."""
    written = [make.claim(f"Rents in street {number} doubled.", actor=ada) for number in range(40)]
    steps: list[dict[str, Any]] = [
        {"action": TriageAction.ACCEPT},
        {"action": TriageAction.REJECT, "reason": "opinion"},
        {"action": TriageAction.DEFER, "reason": "no_capacity"},
        {"action": TriageAction.MERGE, "reason": "duplicate", "into": written[0].pk},
    ]
    for claim, step in zip(written[1:13], steps * 3, strict=True):
        pipeline.triage(claim.pk, actor=ada, **step)


def _cancel(ada: User) -> None:
    """Of the jobs that wait for a worker, which will not come, every second one."""
    for job in Job.objects.filter(state="queued").order_by("pk")[::2]:
        jobs.cancel(job.pk, actor=ada)


def _webhooks(root: User) -> None:
    """Endpoints, every second one disabled, each with a delivery that waits."""
    for number in range(6):
        endpoint, _ = endpoints.add_endpoint(f"https://wire.example/{number}", ["claim.accepted"], actor=root)
        if number % 2:
            endpoints.disable_endpoint(endpoint.pk, actor=root)
        endpoints.send_test(endpoint.pk, actor=root)


def _review(root: User) -> list[str]:
    """Reviews at every stage, which Root has taken part in as reviewer, adjudicator and lead, or not at all. Who could lead one."""
    room = make.newsroom()
    root = make.user(root.username, "reviewer", "adjudicator")
    night = make.desk("Night desk", room.ada, room.finn, room.ben, room.cleo, room.emil, room.gwen, room.hal, root)
    DeskMembership.objects.create(desk=room.desk, user=root)
    # Without another adjudicator Root is kept for that.
    casts = (room, replace(room, desk=night), replace(room, finn=root))
    for number in range(3):
        for cast_number, cast in enumerate(casts):
            for stage in Stage:
                text = f"Fares at stop {number} of line {cast_number} doubled, {stage} said."
                _go_on(cast, full_review(cast, stage, text=text), number)
        for stage in (Stage.QUEUED, Stage.RESEARCH):
            make.review(casts[-1], stage, text=f"Fares at stop {number} halved, {stage} said.")
        free = make.claim(f"Fares at stop {number} are what they were.")
        pipeline.triage(free.pk, TriageAction.ACCEPT, actor=room.ada)
    return [str(person.pk) for person in (root, room.finn)]


def _go_on(cast: make.Newsroom, review: Review, number: int) -> None:
    """The first of a kind stays as it is."""
    if number == 1 and review.stage in (Stage.RESEARCH, Stage.DRAFTING):
        DO[Action.REQUEST_REPLY](cast, review, cast.finn)
        if review.stage == Stage.RESEARCH:
            DO[Action.DECLARE_SEARCH](cast, review, cast.finn)
            make.evidence(cast, review, url="https://wire.example/1")
            make.upload(cast, review)
    if number == 2 and review.stage not in OVER:
        DO[Action.HOLD](cast, review, cast.emil)


def _requests(root: User) -> None:
    """Of readers, about whatever is public: one that nobody looks into yet, one that Hal does and one that Root does, where they may."""
    hal = User.objects.get(username="hal")
    for public in FactCheck.objects.order_by("pk"):
        requests = [workflow.request_correction(public.pk, text=f"Page {page} says otherwise.")[0] for page in range(3)]
        for handler, request in zip((hal, root), requests[1:], strict=True):
            if not why_not(BY_ACTION[RequestAction.ACKNOWLEDGE], facts_of_request(request, handler)):
                workflow.acknowledge(request.pk, actor=handler)


def _rows_for(root: User) -> dict[str, list[str]]:
    """Those on which Root may take an action, by the label of its operation; and Root's seats."""
    rows: dict[str, list[str]] = {}
    reviews = list(Review.objects.select_related("policy", "scale", "claim").order_by("pk"))
    may = {review.pk: stages.allowed(workflow.facts_of(review, root, has_reason=True)) for review in reviews}
    for action, (label, _) in access.ACTIONS.items():
        open_to = [review for review, actions in may.items() if action in actions]
        is_for_items = label.partition("/api/v1/")[2].startswith("evidence")
        rows[label] = _keys(Evidence.objects.filter(review__in=open_to)) if is_for_items else list(map(str, open_to))
    requests = list(CorrectionRequest.objects.select_related("review").order_by("pk"))
    for row in TRANSITIONS:
        open_to = [str(each.pk) for each in requests if not why_not(row, facts_of_request(each, root))]
        rows[f"POST /api/v1/correction-requests/{{id}}/{row.action.replace('_', '-')}"] = open_to
    keeps = [review for review, actions in may.items() if Action.KEEP_EVIDENCE in actions]
    seats = Seat.objects.filter(holder=root, vacated_at=None).order_by("pk").values_list("round__review", flat=True)
    seats_of_root = list(map(str, seats))
    return rows | {
        "GET /api/v1/reviews/{id}/seat": seats_of_root,
        "PATCH /api/v1/reviews/{id}/seat/draft": seats_of_root,
        "GET /api/v1/reviews/{id}/draft": [
            str(pk) for pk in Draft.objects.order_by("pk").values_list("review", flat=True)
        ],
        "POST /api/v1/evidence/{id}/keep": _keys(needing_attention().filter(review__in=keeps)),
        "POST /api/v1/evidence/{id}/take-snapshot": _keys(Evidence.objects.exclude(url="")),
    }
