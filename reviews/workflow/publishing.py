"""What is public changes: what is approved becomes so and stays so, or is retracted."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.utils import timezone

from factcheck.accounts.models import User
from reviews import digests
from reviews.facts import Stage
from reviews.models import Draft, FactCheck, FactCheckRevision, Retraction, Review
from reviews.publication.documents import canonical
from reviews.stages import Action
from reviews.workflow.acting import acting
from reviews.workflow.documents import document_of, slug_of
from reviews.workflow.rating import void_round
from reviews.workflow.standing import current_approval, decision_of, latest_revision, open_proposal


def publish(review_id: UUID, *, actor: User, version: int | None = None) -> Review:
    """Make public what was approved, as the first revision of a fact-check."""
    with acting(review_id, Action.PUBLISH, actor=actor, version=version) as act:
        review = act.review
        decision, approval, draft = decision_of(review), current_approval(review), Draft.objects.get(review=review)
        assert decision is not None
        assert approval is not None
        at = _its_own_moment()
        fact_check = FactCheck(review=review, slug=slug_of(review, draft), changed_at=at)
        fact_check.save(force_insert=True)
        content = canonical(document_of(review, decision, draft, at))
        revision = FactCheckRevision(
            fact_check=fact_check,
            number=1,
            kind=FactCheckRevision.Kind.FIRST,
            content=content,
            digest=digests.revision_digest(content),
            approval=approval,
            published_by=actor,
            published_at=at,
        )
        revision.save(force_insert=True)
        act.data |= {"fact_check": str(fact_check.pk), "revision": revision.number, "digest": revision.digest}
        act.move(Stage.PUBLISHED)
    return review


def retract(review_id: UUID, *, actor: User, version: int | None = None) -> Review:
    """Follow another editor's proposal: of the fact-check, its address, its past and the reason are left."""
    with acting(review_id, Action.RETRACT, actor=actor, version=version) as act:
        review, revision = act.review, latest_revision(act.review)
        assert revision is not None
        proposal = open_proposal(revision)
        assert proposal is not None
        act.reason, act.note = proposal.reason, proposal.public_reason
        fact_check, at = revision.fact_check, _its_own_moment()
        Retraction(
            fact_check=fact_check,
            proposal=proposal,
            proposed_by_id=proposal.proposed_by_id,
            retracted_by=actor,
            retracted_at=at,
        ).save(force_insert=True)
        fact_check.changed_at = at
        fact_check.save(update_fields=["changed_at"])
        act.data |= {"fact_check": str(fact_check.pk), "proposal": str(proposal.pk)}
        if review.stage in (Stage.RATING, Stage.DISCUSSION, Stage.ADJUDICATION):
            void_round(act)
        review.handler = review.held_at = None
        act.move(Stage.RETRACTED)
    return review


def _its_own_moment() -> datetime:
    """Later than that of every publication before, whichever server wrote it, and until the commit nobody has a later one: whoever asks
    for what has changed since the last that they saw misses none and sees none twice.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('publication'))")
    last, now = FactCheck.last_change(), timezone.now()
    return max(now, last + timedelta(microseconds=1)) if last else now
