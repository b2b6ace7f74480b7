"""Reviews and their actions. Each action is named as in the stage table, and answers with the review."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from factcheck.accounts.permissions import actor_of
from factcheck.api.strict import read
from factcheck.api.viewsets import ReadViewSet
from reviews import filters, forms, workflow
from reviews.models import Review
from reviews.serializers.rating import SubmittedSerializer
from reviews.serializers.reviews import ReviewItemSerializer, ReviewSerializer
from reviews.stages import Action
from reviews.views.base import reviews_for, there

SHOWN_WITH = ("claim", "desk", "lead", "adjudicator")
OF_THE_SEAT = "The ETag of `GET /reviews/{id}/seat`, or its `tag` in quotes."


def takes(form: Any) -> Callable[[Any], Any]:
    """An action of the table: `form` is its body, None where it has none."""

    def decorate(method: Any) -> Any:
        # This way round: `action` throws away what the document was told before it.
        return extend_schema(request=form)(action(detail=True, methods=["post"])(method))

    return decorate


class ReviewViewSet(ReadViewSet):
    """Reviews of your desks; every desk's for auditors. A review's stage changes only through the actions."""

    queryset = Review.objects.all()
    serializer_class = ReviewSerializer
    filterset_class = filters.ReviewFilter
    ordering_fields = {"created_at": "id", "updated_at": "updated_at", "due_at": "due_at"}
    ordering = "-created_at"
    own_problems = dict.fromkeys(("create", *map(str, Action)), (workflow.ActionBlocked,))
    if_match: ClassVar = {"submit_verdict": OF_THE_SEAT, "revise_verdict": OF_THE_SEAT}

    def get_queryset(self) -> QuerySet[Review]:
        return self.shown()

    def find(self) -> Review:
        # Whoever acts is shown the review afterwards; before, only whether it is there.
        return Review(pk=there(self, self.kwargs["pk"])) if self.request.method == "POST" else super().find()

    def shown(self) -> QuerySet[Review]:
        return reviews_for(self).select_related(*SHOWN_WITH)

    def get_serializer_class(self) -> Any:
        return ReviewItemSerializer if self.action == "list" else ReviewSerializer

    @extend_schema(request=forms.NewReviewSerializer, responses={201: ReviewSerializer})
    def create(self, request: Request) -> Response:
        """Put an accepted claim into a desk's queue."""
        said = read(forms.NewReviewSerializer, request)
        review = workflow.open_review(said.pop("claim"), said.pop("desk"), actor=actor_of(request), **said)
        location = {"Location": f"/api/v1/reviews/{review.pk}"}
        return self.answer(self.shown().get(pk=review.pk), status.HTTP_201_CREATED, location)

    def _act(self, verb: Callable[..., Any], form: Any = None) -> Response:
        review = self.get_object()
        verb(review.pk, actor=actor_of(self.request), version=self.version, **read(form, self.request))
        return self.answer(self.shown().get(pk=review.pk))

    # From the queue to the frozen evidence

    @takes(None)
    def take(self, request: Request, pk: str) -> Response:
        """Lead it from now on, for as long as the lease runs."""
        return self._act(workflow.take)

    @takes(forms.AssignSerializer)
    def assign(self, request: Request, pk: str) -> Response:
        """Give it to somebody else to lead."""
        return self._act(workflow.assign, forms.AssignSerializer)

    @takes(forms.TakeOverSerializer)
    def take_over(self, request: Request, pk: str) -> Response:
        """Lead it in somebody's place whose lease has ended. An editor may do so earlier, and says why."""
        return self._act(workflow.take_over, forms.TakeOverSerializer)

    @takes(None)
    def renew_lease(self, request: Request, pk: str) -> Response:
        """Keep it for another lease, from now."""
        return self._act(workflow.renew_lease)

    @takes(forms.ReleaseSerializer)
    def release(self, request: Request, pk: str) -> Response:
        """Give it back to the queue. The evidence stays."""
        return self._act(workflow.release, forms.ReleaseSerializer)

    @takes(None)
    def confirm_numbers(self, request: Request, pk: str) -> Response:
        """Confirm that the numbers of the claim that have no value cannot be given one."""
        return self._act(workflow.confirm_numbers)

    @takes(forms.SubmitForRatingSerializer)
    def submit_for_rating(self, request: Request, pk: str) -> Response:
        """Freeze the evidence and hand it to the reviewers."""
        return self._act(workflow.submit_for_rating, forms.SubmitForRatingSerializer)

    # Verdicts

    def _judge(self, verb: Callable[..., Review]) -> Review:
        review = self.get_object()
        judgement = workflow.Judgement(**read(forms.JudgementSerializer, self.request))
        return verb(review.pk, judgement, actor=actor_of(self.request), tag=self.seen_tag)

    @extend_schema(request=forms.JudgementSerializer, responses=SubmittedSerializer)
    @action(detail=True, methods=["post"])
    def submit_verdict(self, request: Request, pk: str) -> Response:
        """Seal a verdict. The last one of the round opens them all. The answer says nothing of what it says."""
        review = self._judge(workflow.submit_verdict)
        round_ = workflow.current_round(review)
        assert round_ is not None
        told = {
            "submitted": workflow.verdicts_submitted(review),
            "needed": round_.seats_needed,
            "closed": round_.closed_at is not None,
        }
        return Response(SubmittedSerializer(told).data)

    @takes(forms.JudgementSerializer)
    def revise_verdict(self, request: Request, pk: str) -> Response:
        """Say something else after the discussion, once. The sealed verdict stays."""
        review = self._judge(workflow.revise_verdict)
        return self.answer(self.shown().get(pk=review.pk))

    @takes(None)
    def escalate(self, request: Request, pk: str) -> Response:
        """Have somebody decide who has taken no part so far."""
        return self._act(workflow.escalate)

    @takes(forms.AdjudicateSerializer)
    def adjudicate(self, request: Request, pk: str) -> Response:
        """Decide, with one answer to each verdict that says otherwise."""
        return self._act(workflow.adjudicate, forms.AdjudicateSerializer)

    @takes(forms.RequestEvidenceSerializer)
    def request_evidence(self, request: Request, pk: str) -> Response:
        """Back to research. An open round is void, and what was said in it stays sealed."""
        return self._act(workflow.request_evidence, forms.RequestEvidenceSerializer)

    @takes(forms.ReplaceSeatHolderSerializer)
    def replace_seat_holder(self, request: Request, pk: str) -> Response:
        """Give a seat of the open round to somebody else, who is found by load. A verdict that was given on it counts no more."""
        return self._act(workflow.replace_seat_holder, forms.ReplaceSeatHolderSerializer)

    @takes(forms.ReplaceAdjudicatorSerializer)
    def replace_adjudicator(self, request: Request, pk: str) -> Response:
        """Have somebody else decide, who is found by load."""
        return self._act(workflow.replace_adjudicator, forms.ReplaceAdjudicatorSerializer)

    # The text, and a second pair of eyes

    @takes(forms.RequestReplySerializer)
    def request_reply(self, request: Request, pk: str) -> Response:
        """Record that whom it is about was asked. After the policy's days, no answer is an answer."""
        return self._act(workflow.request_reply, forms.RequestReplySerializer)

    @takes(forms.RecordReplySerializer)
    def record_reply(self, request: Request, pk: str) -> Response:
        """Keep what they answered, in their words."""

        def record(review_id: UUID, *, request: UUID, **more: Any) -> Any:
            return workflow.record_reply(review_id, request, **more)

        return self._act(record, forms.RecordReplySerializer)

    @takes(forms.WaiveReplySerializer)
    def waive_reply(self, request: Request, pk: str) -> Response:
        """Do without a reply, and say why."""
        return self._act(workflow.waive_reply, forms.WaiveReplySerializer)

    @takes(None)
    def submit_draft(self, request: Request, pk: str) -> Response:
        """Hand the text to the editors."""
        return self._act(workflow.submit_draft)

    @takes(forms.SendBackSerializer)
    def send_back(self, request: Request, pk: str) -> Response:
        """To whoever has to mend it: drafting, rating or research."""
        return self._act(workflow.send_back, forms.SendBackSerializer)

    @takes(forms.ApproveSerializer)
    def approve(self, request: Request, pk: str) -> Response:
        """Answer for this decision, this text and this evidence."""
        return self._act(workflow.approve, forms.ApproveSerializer)

    @takes(forms.UnapproveSerializer)
    def unapprove(self, request: Request, pk: str) -> Response:
        """Take the approval back."""
        return self._act(workflow.unapprove, forms.UnapproveSerializer)

    @takes(forms.PublishSerializer)
    def publish(self, request: Request, pk: str) -> Response:
        """Make it public as the next revision of its fact-check, which never changes and never disappears."""
        return self._act(workflow.publish, forms.PublishSerializer)

    @takes(forms.OpenRevisionSerializer)
    def open_revision(self, request: Request, pk: str) -> Response:
        """Doubt what is public. It stays so, with a notice, until another revision comes or somebody lets it stand."""
        return self._act(workflow.open_revision, forms.OpenRevisionSerializer)

    @takes(forms.DismissRevisionSerializer)
    def dismiss_revision(self, request: Request, pk: str) -> Response:
        """Let what is public stand as it is."""
        return self._act(workflow.dismiss_revision, forms.DismissRevisionSerializer)

    @takes(forms.PublishMinorSerializer)
    def publish_minor(self, request: Request, pk: str) -> Response:
        """Make a change of the text public that somebody else made, and that leaves the rating as it is. You approve it with this."""
        return self._act(workflow.publish_minor, forms.PublishMinorSerializer)

    @takes(forms.ReverifySerializer)
    def reverify(self, request: Request, pk: str) -> Response:
        """Check the finding itself again, from research on. What is public stays so, with its notice."""
        return self._act(workflow.reverify, forms.ReverifySerializer)

    @takes(forms.AbandonReverificationSerializer)
    def abandon_reverification(self, request: Request, pk: str) -> Response:
        """Give up to check it again: what was decided meanwhile counts no more, and what was edited is dropped."""
        return self._act(workflow.abandon_reverification, forms.AbandonReverificationSerializer)

    @takes(forms.ProposeRetractionSerializer)
    def propose_retraction(self, request: Request, pk: str) -> Response:
        """Say why what is public should not stand. Another editor decides; the last proposal counts, until another revision comes."""
        return self._act(workflow.propose_retraction, forms.ProposeRetractionSerializer)

    @takes(None)
    def retract(self, request: Request, pk: str) -> Response:
        """Follow another editor's proposal: of the fact-check, its address, its past and the reason are left. This is final."""
        return self._act(workflow.retract)

    # At any stage

    @takes(forms.DeclareConflictSerializer)
    def declare_conflict(self, request: Request, pk: str) -> Response:
        """Keep out of this review for good. Whoever holds a seat leaves it to somebody else."""
        return self._act(workflow.declare_conflict, forms.DeclareConflictSerializer)

    @takes(forms.HoldSerializer)
    def hold(self, request: Request, pk: str) -> Response:
        """Let its clocks stand still; nothing can be done until it is resumed or closed."""
        return self._act(workflow.hold, forms.HoldSerializer)

    @takes(forms.ResumeSerializer)
    def resume(self, request: Request, pk: str) -> Response:
        """Let its clocks go on."""
        return self._act(workflow.resume, forms.ResumeSerializer)

    @takes(forms.CloseSerializer)
    def close(self, request: Request, pk: str) -> Response:
        """End it unpublished."""
        return self._act(workflow.close, forms.CloseSerializer)

    @takes(forms.ReopenSerializer)
    def reopen(self, request: Request, pk: str) -> Response:
        """Back into the queue, with its evidence."""
        return self._act(workflow.reopen, forms.ReopenSerializer)
