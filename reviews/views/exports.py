"""Everything that is public in one file, in each format of `reviews.publication.EXPORTS`.

It is told as it stood at one moment, which `Content-Location` names: whoever asks there again, `after` the last that they have whole,
is told the rest of the same, whatever was published meanwhile; and `updated_since` that moment what has changed since, each change once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from factcheck.api.concurrency import is_unchanged, tag_of
from factcheck.api.pagination import InvalidCursor
from factcheck.api.shape import ShapedListMixin
from factcheck.api.viewsets import ViewSet
from factcheck.errors import FieldError
from reviews import feed, filters
from reviews.models import Change, FactCheck
from reviews.publication import EXPORTS, Export, corrections
from reviews.publication.documents import Feed, in_utc
from reviews.serializers.public import PublicChangeSerializer
from reviews.views.public import JSON_LD, KEPT, Public

THE_BEGINNING = datetime.min.replace(tzinfo=UTC)


class ChangeViewSet(Public, ShapedListMixin, ViewSet):
    """What was corrected or retracted after it was published. Whoever asks for those since the last that they saw sees each once."""

    queryset = Change.objects.all()
    serializer_class = PublicChangeSerializer
    filterset_class = filters.ChangeFilter
    ordering_fields = {"changed_at": "changed_at"}
    ordering = "changed_at"

    @extend_schema(
        filters=True, operation_id="export_corrections",
        responses={(200, corrections.MEDIA_TYPE): OpenApiTypes.STR},
    )  # fmt: skip
    def atom(self, request: Request) -> HttpResponseBase:
        """Every correction and retraction as an Atom feed, the last one first."""
        wanted, last = self.filter_queryset(self.get_queryset()), FactCheck.last_change()
        told = _feed(request, last)
        pieces = corrections.written(told, feed.corrections(wanted.filter(changed_at__lte=last or THE_BEGINNING)))
        return _file(request, corrections.MEDIA_TYPE, pieces, told, last)


class ExportViewSet(Public, ViewSet):
    queryset = FactCheck.objects.all()
    exports: tuple[Export, ...]  # of this address; of several, `profile` says which
    filterset_class: type[filters.ExportFilter]

    def export(self, request: Request) -> HttpResponseBase:
        queryset = self.filter_queryset(self.get_queryset())
        asked: Any = self.filterset_class(request.query_params, queryset=queryset, request=request)
        assert asked.is_valid()  # the filters of the view have refused what is wrong
        wanted = asked.form.cleaned_data
        export = next(
            each for each in self.exports if each.profile == (wanted.get("profile") or self.exports[0].profile)
        )
        last = FactCheck.last_change() or THE_BEGINNING
        until = min(wanted["until"] or last, last)
        told = replace(_feed(request, until), goes_on=bool(wanted["after"]))
        since = max(wanted["updated_since"] or THE_BEGINNING, self._reached(wanted, until))
        pieces = export.written(told, feed.batches(export, since, until))
        answer = _file(request, export.media_type, pieces, export.version, until, last, told)
        for name, value in self._headers(export, until).items():
            answer[name] = value
        return answer

    def _reached(self, wanted: dict[str, Any], until: datetime) -> datetime:
        """Where it goes on. Raises InvalidCursor (422) where `after` names nothing that was public at `until`, or there is no `until`."""
        if not wanted["after"]:
            return THE_BEGINNING
        # As things stand now, what has changed since the first part might have moved behind that which the client has, and be left out.
        reached = feed.moment_of(wanted["after"], until) if wanted["until"] else None
        if reached is None:
            detail = (
                "Nothing at that address was public then."
                if wanted["until"]
                else "Say `until` too, as Content-Location did."
            )
            raise InvalidCursor(detail, errors=[FieldError("invalid", detail, parameter="after")])
        return reached

    def _headers(self, export: Export, until: datetime) -> dict[str, str]:
        headers = {}
        if until > THE_BEGINNING:
            query = self.request.query_params.dict() | {
                "until": f"{until.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"
            }
            headers["Content-Location"] = f"{self.request.path}?{urlencode(query)}"
        if export.is_attachment:
            name = f"fact-checks-{until.date()}.{export.name.rpartition('.')[2]}"
            headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return headers


def _feed(request: Request, until: datetime | None) -> Feed:
    return Feed(
        name=", ".join(feed.publishers()),
        modified_at=in_utc(until) if until and until > THE_BEGINNING else "",
        license=settings.PUBLIC_LICENCE,
        address=request.build_absolute_uri(request.path),
    )


def _file(request: Request, media_type: str, pieces: Iterator[bytes], *known: Any) -> HttpResponseBase:
    """Nothing of it is read for whoever holds it, or asks for its head."""
    # Of what is asked for and of the moment, instead of the bytes, which are not there yet.
    tag = tag_of(repr((request.get_full_path(), *known)).encode())
    pieces = pieces if request.method == "GET" else iter(())
    answer: HttpResponseBase = StreamingHttpResponse(pieces, content_type=media_type)
    if is_unchanged(request, tag):
        answer = HttpResponse(status=304)
    for name, value in (KEPT | {"ETag": tag}).items():
        answer[name] = value
    return answer


def _view(name: str, exports: tuple[Export, ...]) -> type[ExportViewSet]:
    """A view for one address, documented by what stands in the registry."""
    first = exports[0]

    @extend_schema(
        filters=True,
        operation_id=f"export_{name.replace('.', '_')}",
        description=first.words,
        responses={(200, first.media_type): JSON_LD if first.media_type.endswith("json") else OpenApiTypes.STR},
    )
    def file(self: ExportViewSet, request: Request) -> HttpResponseBase:
        return self.export(request)

    filterset = filters.ProfiledExportFilter if first.profile else filters.ExportFilter
    return type("ExportViewSet", (ExportViewSet,), {"file": file, "exports": exports, "filterset_class": filterset})


VIEWS = {name: _view(name, tuple(exports)) for name, exports in groupby(EXPORTS, key=lambda export: export.name)}
