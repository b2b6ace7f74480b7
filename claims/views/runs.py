"""What imports and readings did."""

from __future__ import annotations

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings

from claims import filters, forms, pipeline, serializers
from claims.models import (
    ExtractionRun,
    FailedRow,
    ImportRun,
)
from claims.pipeline.uploads import MAX_FILE_BYTES
from factcheck.accounts.permissions import actor_of
from factcheck.api.jobs import JobSerializer
from factcheck.api.strict import read, refuse_members
from factcheck.api.uploads import FormWithFile, TakesFile
from factcheck.api.viewsets import NestedList, ReadViewSet
from factcheck.errors import ActionNotAllowed
from factcheck.models import Job


class ExtractionRunViewSet(ReadViewSet):
    """Readings of versions by extractors, with what they found."""

    queryset = ExtractionRun.objects.all()
    serializer_class = serializers.ExtractionRunSerializer
    filterset_class = filters.ExtractionRunFilter
    ordering_fields = {"created_at": "id"}
    ordering = "-created_at"


class ImportRunViewSet(TakesFile, ReadViewSet):
    """Imports, with how far they came."""

    queryset = ImportRun.objects.select_related("started_by")
    serializer_class = serializers.ImportRunSerializer
    filterset_class = filters.ImportRunFilter
    ordering_fields = {"created_at": "id"}
    ordering = "-created_at"
    parser_classes = (FormWithFile,)
    max_file_bytes = MAX_FILE_BYTES
    if_match: ClassVar = {"retry_failed": None}  # a run of its own: this one stays as it is
    own_problems = {"retry_failed": (ActionNotAllowed,)}

    @extend_schema(request={FormWithFile.media_type: forms.ImportFileSerializer}, responses={202: JobSerializer})
    def create(self, request: Request) -> Response:
        """Import a file: the answer is the job, whose subject is the run. One that waits already is answered with the job that it has."""
        fields = read(forms.ImportFileSerializer, request)
        file = fields.pop("file")
        job = pipeline.request_import(file.name, file.payload, fields, started_by=actor_of(request))
        return _queued(job)

    @extend_schema(request=None, responses={202: JobSerializer})
    @action(detail=True, methods=["post"], url_path="retry-failed", parser_classes=api_settings.DEFAULT_PARSER_CLASSES)
    def retry_failed(self, request: Request, pk: str) -> Response:
        """Import the rows again that this run refused, as a run of their own. 409: it goes on, or refused none."""
        run = self.get_object()
        refuse_members(request)
        return _queued(pipeline.retry_failed_rows(run.pk, started_by=actor_of(request)))


def _queued(job: Job) -> Response:
    headers = {"Location": f"/api/v1/jobs/{job.pk}"}
    return Response(JobSerializer(job).data, status=status.HTTP_202_ACCEPTED, headers=headers)


class FailedRowsOfImportRun(NestedList):
    """What an import could not take, as it came."""

    queryset = FailedRow.objects.all()
    serializer_class = serializers.FailedRowSerializer
    parent, parent_field = ImportRun, "run"
    ordering_fields = {"created_at": "id"}
    ordering = "created_at"
