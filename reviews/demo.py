"""The fact-checks of the demo: claims of its articles, taken through the whole process by its cast."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from claims import pipeline
from claims.models import ArticleVersion
from claims.triage import TriageAction
from factcheck.accounts.demo import CAST
from factcheck.accounts.models import User
from reviews import workflow
from reviews.facts import Stage
from reviews.models import Decision, Desk, EvidenceSet, FactCheckRevision, Review, Seat, Verdict
from reviews.workflow import snapshots

SEED = settings.BASE_DIR / "seeds" / "fact-checks.json"
Told = Mapping[str, Any]


@transaction.atomic
def load_fact_checks(desk: Desk) -> None:
    """Publish what the file tells, correct and retract what turned out wrong. The cast has to be of the desk, its articles imported."""
    cast = {user.username: user for user in User.objects.filter(username__in=CAST)}
    for told in json.loads(SEED.read_text(encoding="utf-8")):
        review = _rated(desk, told, cast)
        _publish(review, told, cast)
        if "doubt" in told:
            _revise(review, told, cast)


def _rated(desk: Desk, told: Told, cast: Mapping[str, User]) -> Review:
    """With a decision, by agreement or by Dana."""
    ada, finn = cast["ada"], cast["finn"]
    version = ArticleVersion.objects.filter(article__canonical_url=told["article"]).latest("id")
    claim = pipeline.add_claim(
        actor=ada, text=told["claim"], claimant=told["claimant"], version_id=version.pk, words=told["words"]
    )
    pipeline.triage(claim.pk, TriageAction.ACCEPT, actor=ada)
    review = workflow.open_review(claim.pk, desk.pk, actor=ada)
    workflow.take(review.pk, actor=finn)
    for item in told["evidence"]:
        fields = {name: value for name, value in item.items() if name != "file"}
        snapshots.add_file(review.pk, item["file"].encode(), "source.txt", fields, actor=finn)
    workflow.submit_for_rating(review.pk, actor=finn)
    cites = [UUID(item["id"]) for item in EvidenceSet.objects.get(review=review).items]
    for seat, rating in zip(
        Seat.objects.filter(round__review=review).order_by("number"), told["verdicts"], strict=True
    ):
        judgement = workflow.Judgement(rating, told["rationale"], cites)
        workflow.submit_verdict(review.pk, judgement, actor=seat.holder)
    if word := told.get("adjudication"):
        workflow.escalate(review.pk, actor=cast["emil"])
        dissent = Verdict.objects.filter(seat__round__review=review).exclude(rating=word["rating"])
        answers = {verdict.pk: word["answer"] for verdict in dissent}
        workflow.adjudicate(
            review.pk, rating=word["rating"], rationale=word["rationale"], answers=answers, actor=cast["dana"]
        )
    return review


def _publish(review: Review, told: Told, cast: Mapping[str, User]) -> None:
    finn, emil, gwen = cast["finn"], cast["emil"], cast["gwen"]
    decision = Decision.objects.get(review=review)
    workflow.edit_draft(review.pk, told["draft"] | {"rating": decision.rating}, actor=finn)
    if asked := told.get("reply"):
        request = workflow.request_reply(review.pk, actor=finn, **asked["asked"])
        workflow.record_reply(review.pk, request.pk, actor=finn, **asked["said"])
    else:
        workflow.waive_reply(review.pk, actor=finn, **told["waiver"])
    workflow.submit_draft(review.pk, actor=finn)
    workflow.approve(
        review.pk,
        decision=decision.pk,
        draft_digest=review.draft.digest,
        evidence_digest=decision.evidence_digest,
        actor=emil,
    )
    workflow.publish(review.pk, actor=gwen)
    review.refresh_from_db()
    assert review.stage == Stage.PUBLISHED


def _revise(review: Review, told: Told, cast: Mapping[str, User]) -> None:
    """What comes of a doubt that Hal looked into."""
    hal, emil, gwen = cast["hal"], cast["emil"], cast["gwen"]
    workflow.open_revision(review.pk, actor=hal, **told["doubt"])
    if why := told.get("retraction"):
        workflow.propose_retraction(review.pk, actor=emil, **why)
        workflow.retract(review.pk, actor=gwen)
    else:
        draft = workflow.edit_draft(review.pk, told["correction"]["draft"], actor=hal)
        kind, note = FactCheckRevision.Kind.UPDATE, told["correction"]["public_note"]
        workflow.publish_minor(review.pk, kind, draft_digest=draft.digest, public_note=note, actor=gwen)
