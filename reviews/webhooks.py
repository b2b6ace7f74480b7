"""What of reviews and fact-checks is told outside, by ids and links: rows of the table of event types.

A desk's endpoint hears which stage its reviews are in, as everybody of the desk sees; of votes, events of reviews say nothing. What is
told to the public names the fact-check alone, never the review behind it.
"""

from __future__ import annotations

from factcheck.audit.models import AuditEvent
from factcheck.webhooks.types import Audience, EventType, Told
from reviews.models import Review
from reviews.stages import Action


def _public(review: Review, event: AuditEvent) -> Told:
    fact_check, number = event.data["fact_check"], event.data["revision"]
    address = f"/api/v1/public/fact-checks/{fact_check}"
    links = {"fact_check": address, "revision": f"{address}/revisions/{number}"}
    return Told({"fact_check": fact_check, "revision": number}, links, review.desk_id)


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
        Audience.PUBLIC, "review", (Action.PUBLISH,), _public,
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
