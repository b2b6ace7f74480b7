"""What stands under a review: evidence, searches, verdicts, decisions, the draft, replies, one's own seat."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from factcheck.accounts.permissions import actor_of
from factcheck.api.events import EventsOf
from factcheck.api.jobs import JobSerializer
from factcheck.api.strict import read, refuse_members
from factcheck.api.uploads import FormWithFile, TakesFile
from factcheck.api.viewsets import DetailViewSet, ReadViewSet
from factcheck.errors import NotFound
from reviews import filters, forms, workflow
from reviews.evidence import MAX_BYTES
from reviews.models import Comment, Decision, Draft, Evidence, EvidenceSet, ReplyRequest, Review, Search, Verdict
from reviews.serializers.comments import CommentSerializer
from reviews.serializers.evidence import EvidenceSerializer, EvidenceSetSerializer, SearchSerializer
from reviews.serializers.outcome import DecisionSerializer, DraftSerializer, ReplyRequestSerializer
from reviews.serializers.rating import MySeatSerializer, OwnDraftSerializer, VerdictSerializer
from reviews.views.base import RowsOfReview, reviews_for
from reviews.workflow import snapshots

ITEMS = Evidence.objects.select_related("snapshot", "added_by")


class EvidenceOfReview(RowsOfReview):
    """Sources with a quotation, where to find it, and what it says of the claim."""

    queryset = ITEMS
    serializer_class = EvidenceSerializer
    own_problems = {"create": (workflow.ActionBlocked,)}

    @extend_schema(request=forms.NewEvidenceSerializer, responses={201: EvidenceSerializer})
    def create(self, request: Request, parent: str) -> Response:
        """Add an item. Of a page, a job stores a snapshot."""
        review_id = self.review_id()
        fields = read(forms.NewEvidenceSerializer, request)
        item = workflow.add_evidence(review_id, fields, actor=actor_of(request))
        location = {"Location": f"/api/v1/evidence/{item.pk}"}
        return self.answer(ITEMS.get(pk=item.pk), status.HTTP_201_CREATED, location)


class EvidenceFilesOfReview(TakesFile, RowsOfReview):
    """Files as evidence."""

    queryset = ITEMS
    serializer_class = EvidenceSerializer
    parser_classes = (FormWithFile,)
    max_file_bytes = MAX_BYTES
    own_problems = {"create": (workflow.ActionBlocked,)}

    @extend_schema(
        request={FormWithFile.media_type: forms.NewEvidenceFileSerializer}, responses={201: EvidenceSerializer}
    )
    def create(self, request: Request, parent: str) -> Response:
        """Add an item of a file that comes along. It is stored as it is."""
        review_id = self.review_id()
        fields = read(forms.NewEvidenceFileSerializer, request)
        file = fields.pop("file")
        item = snapshots.add_file(review_id, file.payload, file.name, fields, actor=actor_of(request))
        location = {"Location": f"/api/v1/evidence/{item.pk}"}
        return self.answer(ITEMS.get(pk=item.pk), status.HTTP_201_CREATED, location)


class EvidenceViewSet(ReadViewSet):
    """Evidence of your desks' reviews."""

    queryset = ITEMS
    serializer_class = EvidenceSerializer
    filterset_class = filters.EvidenceFilter
    ordering_fields = {"created_at": "id"}
    ordering = "created_at"
    own_problems = dict.fromkeys(
        ("partial_update", "mark_unreliable", "keep", "take_snapshot"), (workflow.ActionBlocked,)
    )
    if_match: ClassVar = {"take_snapshot": None}  # it changes nothing that anybody wrote

    def get_queryset(self) -> QuerySet[Evidence]:
        return ITEMS.filter(review__in=reviews_for(self))

    @extend_schema(request=forms.EvidenceEditSerializer, responses=EvidenceSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Edit it, take it out of use or bring it back. Another address gets another snapshot."""
        item = self.get_object()
        fields = read(forms.EvidenceEditSerializer, request)
        is_withdrawn = fields.pop("is_withdrawn", None)
        workflow.edit_evidence(
            item.pk, fields, actor=actor_of(request), version=self.version, is_withdrawn=is_withdrawn
        )
        return self.answer(ITEMS.get(pk=item.pk))

    @extend_schema(request=forms.MarkUnreliableSerializer)
    @action(detail=True, methods=["post"])
    def mark_unreliable(self, request: Request, pk: str) -> Response:
        """Let it count no more: what rests on it goes stale."""
        item = self.get_object()
        form = forms.MarkUnreliableSerializer
        fields = read(form, request)
        workflow.mark_unreliable(item.pk, actor=actor_of(request), version=self.version, **fields)
        return self.answer(ITEMS.get(pk=item.pk))

    @extend_schema(request=forms.KeepEvidenceSerializer)
    @action(detail=True, methods=["post"])
    def keep(self, request: Request, pk: str) -> Response:
        """Say that it stands all the same, whatever became of its page. It is a task again once something else is found there."""
        item = self.get_object()
        fields = read(forms.KeepEvidenceSerializer, request)
        workflow.keep_evidence(item.pk, actor=actor_of(request), version=self.version, **fields)
        return self.answer(ITEMS.get(pk=item.pk))

    @extend_schema(request=None, responses={202: JobSerializer})
    @action(detail=True, methods=["post"])
    def take_snapshot(self, request: Request, pk: str) -> Response:
        """Have its page stored again."""
        item = self.get_object()
        refuse_members(request)
        job = workflow.take_snapshot(item.pk, actor=actor_of(request))
        body, location = JobSerializer(job).data, {"Location": f"/api/v1/jobs/{job.pk}"}
        return Response(body, status=status.HTTP_202_ACCEPTED, headers=location)


class SearchesOfReview(RowsOfReview):
    """What was looked for and not found, signed."""

    queryset = Search.objects.select_related("searched_by")
    serializer_class = SearchSerializer
    own_problems = {"create": (workflow.ActionBlocked,)}

    @extend_schema(request=forms.NewSearchSerializer, responses={201: SearchSerializer})
    def create(self, request: Request, parent: str) -> Response:
        """Sign that evidence for one side was looked for, with which queries and where, and that there was none."""
        review_id = self.review_id()
        fields = read(forms.NewSearchSerializer, request)
        search = workflow.declare_search(review_id, actor=actor_of(request), **fields)
        return self.answer(self.queryset.get(pk=search.pk), status.HTTP_201_CREATED)


class EvidenceSetsOfReview(RowsOfReview):
    """The evidence of each round, frozen."""

    queryset = EvidenceSet.objects.all()
    serializer_class = EvidenceSetSerializer


class VerdictsOfReview(RowsOfReview):
    """The verdicts of rounds that have closed, first and revised.

    Those of an open round, or of one that ended before all had voted, are sealed.
    """

    queryset = Verdict.objects.select_related("seat__round", "author")
    serializer_class = VerdictSerializer
    parent_field = "seat__round__review"


class DecisionsOfReview(RowsOfReview):
    """What its rounds led to, the last one last."""

    queryset = Decision.objects.select_related("round", "adjudicator")
    serializer_class = DecisionSerializer


class RepliesOfReview(RowsOfReview):
    """Whom it is about, asked to reply."""

    queryset = ReplyRequest.objects.select_related("asked_by", "waived_by")
    serializer_class = ReplyRequestSerializer


class CommentsOfReview(RowsOfReview):
    """What the desk says about it."""

    queryset = Comment.objects.select_related("author").prefetch_related("mentions__user")
    serializer_class = CommentSerializer
    own_problems = {"create": (workflow.ActionBlocked,)}

    @extend_schema(request=forms.NewCommentSerializer, responses={201: CommentSerializer})
    def create(self, request: Request, parent: str) -> Response:
        """Say something to the desk. It changes nothing of the review, not even its version."""
        review_id = self.review_id()
        said = read(forms.NewCommentSerializer, request)
        anchor = said.pop("anchor", {})
        span = anchor.pop("span", {})
        comment = workflow.comment(review_id, actor=actor_of(request), anchor=workflow.Anchor(**anchor, **span), **said)
        return self.answer(self.queryset.get(pk=comment.pk), status.HTTP_201_CREATED)


class EventsOfReview(EventsOf):
    parent = Review

    def parents(self) -> QuerySet[Any]:
        return reviews_for(self)


class OneOfReview(DetailViewSet):
    """The one thing of its kind that a review has for whoever asks."""

    queryset = Review.objects.select_related("policy", "scale", "claim")
    lookup_url_kwarg = "parent"

    def get_queryset(self) -> QuerySet[Review]:
        return reviews_for(self).select_related("policy", "scale", "claim")

    def found(self, review: Review) -> Any:
        raise NotImplementedError

    def retrieve(self, request: Request, parent: str) -> Response:
        return self.answer(self.found(self.get_object()))


class DraftOfReview(OneOfReview):
    """The public text so far."""

    serializer_class = DraftSerializer
    own_problems = {"partial_update": (workflow.ActionBlocked,)}

    def found(self, review: Review) -> Draft:
        draft = Draft.objects.select_related("author", "review").filter(review=review).first()
        if draft is None:
            raise NotFound("There is no draft before there is a decision.")
        return draft

    def tag_source(self, row: Draft) -> int:
        return row.review.version

    @extend_schema(request=forms.DraftEditSerializer, responses=DraftSerializer)
    def partial_update(self, request: Request, parent: str) -> Response:
        """Edit the text. Its version is the review's."""
        review, form = self.get_object(), forms.DraftEditSerializer
        fields = read(form, request)
        workflow.edit_draft(review.pk, fields, actor=actor_of(request), version=self.version)
        return self.answer(self.found(review))


class SeatOfReview(OneOfReview):
    """Your own seat in the present round: what to judge, your verdict, your draft of it. 404 for whoever holds none."""

    serializer_class = MySeatSerializer

    def found(self, review: Review) -> workflow.MySeat:
        return workflow.my_seat(review, actor_of(self.request))

    def tag_source(self, row: workflow.MySeat) -> str:
        return row.tag


class SeatDraft(OneOfReview):
    """What you have written of your verdict so far."""

    serializer_class = OwnDraftSerializer
    if_match: ClassVar = {"partial_update": None}  # nobody else writes it

    @extend_schema(request=forms.VerdictDraftSerializer, responses=OwnDraftSerializer)
    def partial_update(self, request: Request, parent: str) -> Response:
        """Keep what you have written, for you alone: a front end calls this while you write."""
        review = self.get_object()
        said = read(forms.VerdictDraftSerializer, request)
        draft = workflow.save_verdict_draft(review, said, actor=actor_of(request))
        return Response(OwnDraftSerializer(type(draft).objects.get(pk=draft.pk)).data)
