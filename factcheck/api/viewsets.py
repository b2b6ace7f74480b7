"""What every view set of the API is made of: those that inherit from here get what `factcheck.api` promises of all endpoints."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework.generics import get_object_or_404
from rest_framework.viewsets import GenericViewSet

from factcheck.api.concurrency import DetailMixin, Guarded
from factcheck.api.idempotency import Repeatable
from factcheck.api.shape import ShapedListMixin


class ViewSet(Guarded, Repeatable, GenericViewSet):
    lookup_value_regex = "[^/.]+"


class DetailViewSet(DetailMixin, ViewSet):
    """One object at a time."""


class ReadViewSet(ShapedListMixin, DetailViewSet):
    """List and detail from one serializer; a list is one query, its rows made by the database."""


class NestedList(ShapedListMixin, ViewSet):
    """The rows under one parent, which must exist: `/parents/{parent}/rows`."""

    parent: type[Any]
    parent_field: str

    def parents(self) -> QuerySet[Any]:
        """Those whose rows may be asked for; a subclass narrows them to what the reader may see."""
        return self.parent._default_manager.all()

    def rows_of(self, parent: Any, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**{self.parent_field: parent.pk})

    def get_queryset(self) -> QuerySet[Any]:
        queryset = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):
            return queryset
        parent = get_object_or_404(self.parents().only("pk"), pk=self.kwargs["parent"])
        return self.rows_of(parent, queryset)
