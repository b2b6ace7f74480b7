"""What I was told."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from factcheck.accounts.permissions import actor_of
from factcheck.api.filters import FilterSet, TrueOrFalse
from factcheck.api.shape import ShapedListMixin
from factcheck.api.strict import refuse_members
from factcheck.api.typed import TypedJSONField
from factcheck.api.viewsets import ViewSet
from factcheck.notifications import readers, telling
from factcheck.notifications.models import Notification


class NotificationSerializer(serializers.ModelSerializer[Notification]):
    kind = TypedJSONField(lambda: StrEnum("NotificationKind", readers.kinds()))

    class Meta:
        model = Notification
        fields = ("id", "kind", "subject_type", "subject_id", "words", "created_at", "read_at")


class AllReadSerializer(serializers.Serializer[Any]):
    read = serializers.IntegerField(min_value=0, help_text="How many were not.")


class NotificationFilter(FilterSet):
    unread = TrueOrFalse(field_name="read_at", lookup_expr="isnull")

    class Meta:
        model = Notification
        fields = ()


class NotificationViewSet(ShapedListMixin, ViewSet):
    """My own notifications, of what I may see now. They are forgotten after 90 days."""

    queryset = Notification.objects.all()
    serializer_class = NotificationSerializer
    filterset_class = NotificationFilter
    ordering_fields = {"created_at": "id"}
    ordering = "-created_at"

    def get_queryset(self) -> QuerySet[Notification]:
        if getattr(self, "swagger_fake_view", False):
            return Notification.objects.none()
        return readers.visible_to(actor_of(self.request))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def read(self, request: Request, pk: str) -> Response:
        """Mark it as read; one that was keeps its time."""
        found = self.get_object()
        refuse_members(request)
        telling.mark_read(found.pk, user=actor_of(request))
        return self.answer(self.get_object())

    @extend_schema(request=None, responses=AllReadSerializer)
    @action(detail=False, methods=["post"])
    def read_all(self, request: Request) -> Response:
        """Mark all of them as read."""
        refuse_members(request)
        return Response(AllReadSerializer({"read": telling.mark_all_read(user=actor_of(request))}).data)
