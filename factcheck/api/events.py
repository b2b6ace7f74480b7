"""What has changed since: the audit events that a reader may see, in an order that loses none. `GET /events?after=`.

Neither ids nor times tell the order in which events become visible: a slow transaction makes its event early and commits it late,
behind the back of a poller who has passed it. So events are ordered by the number of their transaction, and only those are shown
before which no transaction is still running: whatever commits later stands behind them. An event waits for the slowest
writer that is under way in this database, which the timeouts of the settings bound.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core import signing
from django.db import connection
from django.db.models import BigIntegerField, F, Q, QuerySet, Value
from django.db.models.expressions import RawSQL
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView, get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from factcheck.accounts.models import User
from factcheck.accounts.permissions import actor_of
from factcheck.api import pagination
from factcheck.api.concurrency import tagged
from factcheck.api.filters import refuse_unknown
from factcheck.api.problems import InvalidParameter
from factcheck.api.renderers import dumps
from factcheck.api.typed import TypedJSONField
from factcheck.audit.models import AuditEvent
from factcheck.audit.readers import visible_to
from factcheck.errors import FieldError


class EventActorSerializer(serializers.ModelSerializer[User]):
    class Meta:
        model = User
        fields = ("id", "username")


class EventSerializer(serializers.ModelSerializer[AuditEvent]):
    actor = EventActorSerializer(allow_null=True)
    changes = TypedJSONField(
        dict[str, Any], source="data", help_text="Field -> [before, after], or counts and digests."
    )

    class Meta:
        model = AuditEvent
        fields = (
            "id",
            "subject_type",
            "subject_id",
            "number",
            "action",
            "version",
            "actor",
            "reason",
            "note",
            "changes",
            "at",
        )


class EventPageSerializer(serializers.Serializer[Any]):
    """Ask again with `after` when the page has been read; while nothing has happened, `If-None-Match` is answered 304."""

    results = EventSerializer(many=True)
    after = serializers.CharField(help_text="The cursor behind these events. Never null: more will come.")
    has_more = serializers.BooleanField(help_text="Is there more to read at once?")


_NEXT = "pg_snapshot_xmax(pg_current_snapshot())::text::bigint"  # the first transaction that has not begun
# The oldest that is still running and may write an event: not those seen to be in another database, nor autovacuum, which is nobody.
# One that ended since the snapshot was taken is seen nowhere and counts. The server's views show the last 32 bits of its number.
# The snapshots of a standby name none that is running, only the oldest.
_OLDEST = f"""(
    SELECT coalesce(
        min(number::text::bigint), CASE WHEN pg_is_in_recovery() THEN pg_snapshot_xmin(pg_current_snapshot())::text::bigint ELSE {_NEXT} END
    )
    FROM pg_snapshot_xip(pg_current_snapshot()) AS number
    WHERE NOT EXISTS (
        SELECT FROM pg_stat_activity
        WHERE backend_xid::text::bigint = number::text::bigint & 4294967295
        AND (usesysid IS NULL OR datid <> (SELECT oid FROM pg_database WHERE datname = current_database()))
    )
)"""


def settled(events: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
    """Those before which none will appear any more, in their final order."""
    oldest, following = (RawSQL(sql, [], BigIntegerField()) for sql in (_OLDEST, _NEXT))
    # Beyond the following are events that a dump brought from a database whose transactions had higher numbers.
    return events.filter(Q(transaction__lt=oldest) | Q(transaction__gte=following)).order_by("transaction", "id")


_AFTER = OpenApiParameter(
    "after", OpenApiTypes.STR, description="`after` of the page before; from the beginning when left out."
)
_SIZE = OpenApiParameter(
    "page_size",
    {"type": "integer", "minimum": 1, "maximum": pagination.MAX_PAGE_SIZE, "default": pagination.PAGE_SIZE},
    description="Events of a page.",
)
_SUBJECT = OpenApiParameter(
    "subject", OpenApiTypes.UUID, description="Only of this claim, article, run, job or review."
)


class _Feed(GenericAPIView[AuditEvent]):
    queryset = AuditEvent.objects.all()
    serializer_class = EventSerializer
    pagination_class = None
    filter_backends = ()
    is_polled = True  # with an ETag and 304

    def _page(self, request: Request, events: QuerySet[AuditEvent]) -> Response:
        size = pagination.page_size(request)
        position = self._position(request)
        found = settled(events).select_related("actor")
        if position:
            mark = [Value(position[0], BigIntegerField()), Value(position[1], AuditEvent._meta.pk)]
            found = found.filter(pagination.RowComparison(">", F("transaction"), F("pk"), *mark))
        rows = list(found[: size + 1])
        page = rows[:size]
        if page:
            position = (page[-1].transaction, page[-1].pk)
        body = {
            "results": EventSerializer(page, many=True).data,
            "after": self._signer(request).sign_object([position[0], str(position[1])] if position else []),
            "has_more": len(rows) > size,
        }
        return tagged(request, dumps(body))

    def _position(self, request: Request) -> tuple[int, UUID] | None:
        cursor = request.query_params.get("after", "")
        if not cursor:
            return None
        try:
            read = self._signer(request).unsign_object(cursor)
            position = (int(read[0]), UUID(read[1])) if read else None
        except (signing.BadSignature, ValueError):
            raise _invalid("This cursor was not given out here.") from None
        if position and position[0] >= _next_transaction():
            raise _invalid("This cursor is from another life of the database. Begin anew, without one.")
        return position

    def _signer(self, request: Request) -> signing.Signer:
        return signing.Signer(salt=f"events {request.path}")


class Events(_Feed):
    """What happened to articles, claims, runs, jobs and the reviews of one's desks; auditors and admins also see what happened to
    people and their tokens."""

    @extend_schema(parameters=[_AFTER, _SIZE, _SUBJECT], responses=EventPageSerializer, operation_id="list_events")
    def get(self, request: Request) -> Response:
        """Events in the order in which they became final. Keep `after` and ask again with it: none is missed, none comes twice."""
        refuse_unknown(request, {"after", "page_size", "subject", "format"})
        events = visible_to(actor_of(request))
        if subject := request.query_params.get("subject"):
            events = events.filter(subject_id=_uuid(subject))
        return self._page(request, events)


class EventsOf(_Feed):
    """The events of one row: a subclass names its model."""

    parent: type[Any]

    def parents(self) -> QuerySet[Any]:
        """Those whose events may be asked for; a subclass narrows them to what the reader may see."""
        return self.parent._default_manager.all()

    @extend_schema(parameters=[_AFTER, _SIZE], responses=EventPageSerializer)
    def get(self, request: Request, parent: str) -> Response:
        """What happened to it, first to last."""
        refuse_unknown(request, {"after", "page_size", "format"})
        row = get_object_or_404(self.parents().only("pk"), pk=parent)
        kind = self.parent._meta.model_name or ""
        return self._page(request, visible_to(actor_of(request)).filter(subject_type=kind, subject_id=row.pk))


def _next_transaction() -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_NEXT}")
        number: int = cursor.fetchone()[0]
    return number


def _invalid(detail: str) -> pagination.InvalidCursor:
    kind = pagination.InvalidCursor
    return kind(detail, errors=[FieldError(kind.code, detail, parameter="after")])


def _uuid(value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError:
        detail = "Give the id of what changed."
        raise InvalidParameter(detail, errors=[FieldError("invalid", detail, parameter="subject")]) from None
