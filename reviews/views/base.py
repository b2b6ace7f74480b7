"""What the views of reviews share: whose reviews are there at all, and the rows under one."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404

from factcheck.accounts.permissions import actor_of
from factcheck.api.viewsets import NestedList
from reviews import workflow
from reviews.models import Review


def reviews_for(view: Any) -> QuerySet[Review]:
    """The reviews that whoever asks may see; of another desk there is none."""
    if getattr(view, "swagger_fake_view", False):
        return Review.objects.none()
    return workflow.visible_to(actor_of(view.request))


def there(view: Any, key: str) -> UUID:
    """The key of a review that whoever asks may see. Raises Http404."""
    with suppress(ValueError):
        review_id = UUID(key)
        if workflow.is_there(review_id, actor_of(view.request)):
            return review_id
    raise Http404


class RowsOfReview(NestedList):
    """The rows under one review."""

    parent, parent_field = Review, "review"
    ordering_fields = {"created_at": "id"}
    ordering = "created_at"

    def parents(self) -> QuerySet[Any]:
        return reviews_for(self)

    def review_id(self) -> UUID:
        """Of the review in the address. Raises Http404."""
        return there(self, self.kwargs["parent"])
