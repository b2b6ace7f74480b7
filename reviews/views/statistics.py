"""How desks work, counted from what is open to everybody of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from factcheck.api import spreadsheets
from factcheck.api.viewsets import ViewSet
from reviews import filters, statistics
from reviews.models import Review
from reviews.serializers.statistics import (
    AgreementStatisticsSerializer,
    SelectionStatisticsSerializer,
    TurnaroundStatisticsSerializer,
)
from reviews.views.base import reviews_for


class StatisticsViewSet(ViewSet):
    """Of the reviews of your desks, or of those that the parameters leave of them."""

    queryset = Review.objects.all()
    filterset_class = filters.StatisticsFilter
    pagination_class = None

    def get_queryset(self) -> QuerySet[Review]:
        return reviews_for(self)

    def _reviews(self) -> Any:
        return self.filter_queryset(self.get_queryset())

    @extend_schema(filters=True, responses=AgreementStatisticsSerializer)
    @action(detail=False)
    def agreement(self, request: Request) -> Response:
        """How far first verdicts agree that were given without knowing of each other. No open or void round is among them."""
        reviews = self._reviews()
        by_scale = statistics.agreement_by_scale(reviews)
        told = {
            "rounds": statistics.rounds_closed(reviews),
            "scales": [{"scale": scale, "found": found} for scale, found in by_scale.items()],
        }
        return Response(AgreementStatisticsSerializer(told).data)

    @extend_schema(filters=True, responses=TurnaroundStatisticsSerializer)
    @action(detail=False)
    def turnaround(self, request: Request) -> Response:
        """How long reviews stay in each stage."""
        found = statistics.turnaround(self._reviews())
        stages = [{"stage": stage, "hours": hours} for stage, hours in found.items()]
        return Response(TurnaroundStatisticsSerializer({"stages": stages}).data)

    @extend_schema(filters=True, responses=SelectionStatisticsSerializer)
    @action(detail=False, filterset_class=filters.SelectionFilter)
    def selection(self, request: Request) -> Response:
        """Whose claims were chosen, beside how many of theirs were found: both in the time that is asked for."""
        by, groups = self._selection()
        return Response(SelectionStatisticsSerializer({"by": by, "groups": groups}).data)

    def _selection(self) -> tuple[statistics.Group, tuple[statistics.Selection, ...]]:
        reviews = self._reviews()
        asked = filters.SelectionFilter(self.request.query_params, queryset=reviews, request=self.request)
        assert asked.is_valid()  # the filters of the view have refused what is wrong
        return asked.group, statistics.selection(reviews, asked.claims, asked.group)

    @extend_schema(
        filters=True, operation_id="export_verdicts", responses={(200, spreadsheets.MEDIA_TYPE): OpenApiTypes.STR}
    )
    def verdicts(self, request: Request) -> StreamingHttpResponse:
        """The verdicts that agreement is computed from, a line each: of no open or void round, nor who gave them.

        A cell that a spreadsheet would take for a formula has an apostrophe before it.
        """
        rows = (row.as_strings() for row in statistics.verdict_rows(self._reviews()))
        return _file("verdicts.csv", statistics.COLUMNS, rows, numbers=statistics.NUMBERS)

    @extend_schema(
        filters=True, operation_id="export_stages", responses={(200, spreadsheets.MEDIA_TYPE): OpenApiTypes.STR}
    )
    def stages(self, request: Request) -> StreamingHttpResponse:
        """The times from which turnaround is computed, a line for each time that a review left a stage."""
        rows = (row.as_strings() for row in statistics.stage_rows(self._reviews()))
        return _file("stages.csv", statistics.STAGE_COLUMNS, rows)

    @extend_schema(
        filters=True, operation_id="export_selection", responses={(200, spreadsheets.MEDIA_TYPE): OpenApiTypes.STR}
    )
    def groups(self, request: Request) -> StreamingHttpResponse:
        """The counts from which the shares of `selection` are computed, a line for each group; an empty name is unknown."""
        _, groups = self._selection()
        rows = (group.as_strings() for group in groups)
        return _file("selection.csv", statistics.SELECTION_COLUMNS, rows, numbers=statistics.SELECTION_NUMBERS)


def _file(
    name: str, columns: Sequence[str], rows: Iterable[Mapping[str, str]], *, numbers: Collection[str] = ()
) -> StreamingHttpResponse:
    lines = spreadsheets.as_csv(columns, rows, numbers=numbers)
    answer = StreamingHttpResponse(lines, content_type=f"{spreadsheets.MEDIA_TYPE}; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
