"""Background work as clients see it: state, progress, result or problem; retry and cancel."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar, Union
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from factcheck import jobs, routes
from factcheck.accounts.permissions import InsufficientRole, SessionRequired, actor_of, must_meet
from factcheck.api.filters import AnyOfChoice, AnyOfText, FilterSet
from factcheck.api.strict import refuse_members
from factcheck.api.typed import TypedJSONField
from factcheck.api.viewsets import ReadViewSet
from factcheck.models import Job, JobState


class ProgressSerializer(serializers.Serializer):
    done = serializers.IntegerField()
    total = serializers.IntegerField(allow_null=True)
    unit = serializers.CharField()


class JobSerializer(serializers.ModelSerializer):
    kind = TypedJSONField(lambda: StrEnum("JobKind", list(jobs.kinds())))
    progress = ProgressSerializer(source="*")
    result = TypedJSONField(lambda: Union[(*jobs.kinds().values(), None)], help_text="Null until the job is done.")
    error = TypedJSONField(jobs.Failure | None, help_text="The last failure; a job that is queued again keeps it.")

    class Meta:
        model = Job
        fields = (
            "id", "kind", "subject_id", "state", "attempts", "losses", "due_at", "progress", "result", "error", "created_at",
            "started_at", "finished_at",
        )  # fmt: skip


class JobFilter(FilterSet):
    state = AnyOfChoice(choices=JobState.choices)
    kind = AnyOfText()
    subject_id = django_filters.UUIDFilter()

    class Meta:
        model = Job
        fields = ()


class JobViewSet(ReadViewSet):
    """The queue. A job's row is what counts; messages of the broker are hints."""

    queryset = Job.objects.all()
    serializer_class = JobSerializer
    filterset_class = JobFilter
    ordering_fields = {"created_at": "id"}
    ordering = "-created_at"
    # Each kind of job has a need of its own.
    own_problems: ClassVar = dict.fromkeys(("retry", "cancel"), (InsufficientRole, SessionRequired))

    def get_queryset(self) -> QuerySet[Job]:
        return (
            Job.objects.all() if getattr(self, "swagger_fake_view", False) else jobs.visible_to(actor_of(self.request))
        )

    def _chosen(self, request: Request) -> UUID:
        job = self.get_object()
        must_meet(request, routes.need_of_job(job.kind))
        refuse_members(request)
        return job.pk

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: str) -> Response:
        """Queue a job that failed or was cancelled again, with all its attempts."""
        return self.answer(jobs.retry(self._chosen(request), actor=actor_of(request)))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """End a job that has not ended."""
        return self.answer(jobs.cancel(self._chosen(request), actor=actor_of(request)))
