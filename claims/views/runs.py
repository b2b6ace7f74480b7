"""What imports and readings did."""

from __future__ import annotations

from claims import filters, serializers
from claims.models import (
    ExtractionRun,
    FailedRow,
    ImportRun,
)
from factcheck.api.viewsets import NestedList, ReadViewSet


class ExtractionRunViewSet(ReadViewSet):
    """Readings of versions by extractors, with what they found."""

    queryset = ExtractionRun.objects.all()
    serializer_class = serializers.ExtractionRunSerializer
    filterset_class = filters.ExtractionRunFilter
    ordering_fields = {"created_at": "id"}
    ordering = "-created_at"


class ImportRunViewSet(ReadViewSet):
    """Imports, with how far they came."""

    queryset = ImportRun.objects.select_related("started_by")
    serializer_class = serializers.ImportRunSerializer
    filterset_class = filters.ImportRunFilter
    ordering_fields = {"created_at": "id"}
    ordering = "-created_at"


class FailedRowsOfImportRun(NestedList):
    """What an import could not take, as it came."""

    queryset = FailedRow.objects.all()
    serializer_class = serializers.FailedRowSerializer
    parent, parent_field = ImportRun, "run"
    ordering_fields = {"created_at": "id"}
    ordering = "created_at"
