"""What of reviews and fact-checks is told outside, by ids and links: rows of the table of event types.

A desk's endpoint hears which stage its reviews are in, as everybody of the desk sees; of votes, events of reviews say nothing. What is
told to the public names the fact-check alone, never the review behind it.
"""

from __future__ import annotations

from factcheck.audit.models import AuditEvent
from factcheck.webhooks.types import Audience, EventType, Told
from reviews.models import CorrectionRequest, FactCheck, Review
from reviews.stages import Action


def _published(review: Review, event: AuditEvent) -> Told | None:
    return _revision(review, event) if event.data["revision"] == 1 else None


def _revised(review: Review, event: AuditEvent) -> Told | None:
    return _revision(review, event) if event.data["revision"] > 1 else None


def _revision(review: Review, event: AuditEvent) -> Told:
    told, number = _public(review), event.data["revision"]
    links = told.links | {"revision": f"{told.links['fact_check']}/revisions/{number}"}
    return Told(told.data | {"revision": number}, links, told.desk_id)


def _as_it_stands(review: Review, event: AuditEvent) -> Told:
    return _public(review)


def _public(review: Review) -> Told:
    fact_check = FactCheck.objects.only("pk").get(review=review)
    links = {"fact_check": f"/api/v1/public/fact-checks/{fact_check.pk}"}
    return Told({"fact_check": str(fact_check.pk)}, links, review.desk_id)


def _asked(request: CorrectionRequest, event: AuditEvent) -> Told:
    data = {"correction_request": str(request.pk), "fact_check": str(request.fact_check_id)}
    links = {
        "correction_request": f"/api/v1/correction-requests/{request.pk}",
        "fact_check": f"/api/v1/public/fact-checks/{request.fact_check_id}",
    }
    return Told(data, links, request.review.desk_id)


def _opened(review: Review, event: AuditEvent) -> Told:
    return _of_the_desk(review, {"stage": event.data["stage"][1]})


def _moved(review: Review, event: AuditEvent) -> Told | None:
    from_stage, stage = event.data.get("stage", (None, None))
    return _of_the_desk(review, {"from_stage": from_stage, "stage": stage}) if from_stage else None


def _of_the_desk(review: Review, more: dict[str, str]) -> Told:
    links = {"review": f"/api/v1/reviews/{review.pk}", "claim": f"/api/v1/claims/{review.claim_id}"}
    return Told({"review": str(review.pk), "claim": str(review.claim_id), **more}, links, review.desk_id)


EVENT_TYPES = (
    EventType(
        "fact_check.published", "A fact-check became public.",
        Audience.PUBLIC, "review", (Action.PUBLISH,), _published,
    ),
    EventType(
        "fact_check.revised", "Another revision of a fact-check became public.",
        Audience.PUBLIC, "review", (Action.PUBLISH, Action.PUBLISH_MINOR), _revised,
    ),
    EventType(
        "fact_check.doubted", "What is public is looked at again: readers see a notice.",
        Audience.PUBLIC, "review", (Action.OPEN_REVISION,), _as_it_stands,
    ),
    EventType(
        "fact_check.upheld", "What was doubted stands: the notice is gone.",
        Audience.PUBLIC, "review", (Action.DISMISS_REVISION,), _as_it_stands,
    ),
    EventType(
        "fact_check.retracted", "A fact-check was retracted: show it no more.",
        Audience.PUBLIC, "review", (Action.RETRACT,), _as_it_stands,
    ),
    EventType(
        "correction_request.received", "A reader said what is wrong: the desk has to acknowledge it.",
        Audience.DESK, "correctionrequest", ("receive",), _asked,
    ),
    EventType(
        "review.opened", "A review was opened.",
        Audience.DESK, "review", (Action.OPEN,), _opened,
    ),
    EventType(
        "review.stage_changed", "A review entered another stage, `from_stage` to `stage`.",
        Audience.DESK, "review", (), _moved,
    ),
)  # fmt: skip
