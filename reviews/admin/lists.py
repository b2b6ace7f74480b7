"""What the API lists below a review, made by the same serializers and all of it in one statement: what a serializer seals for the API is
sealed on the desk.
"""

from __future__ import annotations

from functools import cache
from typing import Any
from uuid import UUID

import orjson
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import OuterRef, QuerySet, TextField
from django.db.models.expressions import RawSQL
from rest_framework import serializers

from claims.models import ClaimMatch
from claims.serializers import MatchSerializer
from factcheck.api.events import EventSerializer
from factcheck.api.shape import as_text
from factcheck.audit.models import AuditEvent
from factcheck.audit.past import past_model
from factcheck.ids import uuid7
from reviews.admin.history import ITEM_FIELDS, PAST_DRAFTS
from reviews.models import (
    Comment,
    CorrectionRequest,
    Decision,
    Draft,
    Evidence,
    ReplyRequest,
    Review,
    Search,
    Seat,
    Verdict,
)
from reviews.serializers.comments import CommentSerializer
from reviews.serializers.corrections import CorrectionRequestItemSerializer
from reviews.serializers.evidence import EvidenceSerializer, SearchSerializer
from reviews.serializers.outcome import DecisionSerializer, DraftSerializer, ReplyRequestSerializer
from reviews.serializers.rating import FilledSeatSerializer, VerdictSerializer
from reviews.stages import Action

EVENTS_SHOWN = 100
DRAFT_EDITS_SHOWN = 1000  # an hour of writing at the least
EDITS_SHOWN = 40  # of evidence
MATCHES_SHOWN = 20
REQUESTS_SHOWN = 50


class DeskEventSerializer(EventSerializer):
    """By its transaction it is known what it made of which text."""

    class Meta(EventSerializer.Meta):
        fields = (*EventSerializer.Meta.fields, "transaction")


class PastEvidenceSerializer(serializers.ModelSerializer[Any]):
    """An item as it stood before an edit."""

    class Meta:
        model = past_model(Evidence)
        fields = ("pgh_obj", "transaction", *ITEM_FIELDS)


OF_IT = {"review": OuterRef("pk")}
EVENTS = AuditEvent.objects.filter(subject_type="review", subject_id=OuterRef("pk"))
# What the API lists below a review or its claim: the rows, and the serializer.
LISTS: dict[str, tuple[QuerySet[Any], type[Any]]] = {
    "evidence": (Evidence.objects.filter(**OF_IT).order_by("pk"), EvidenceSerializer),
    "searches": (Search.objects.filter(**OF_IT).order_by("pk"), SearchSerializer),
    "seats": (
        Seat.objects.filter(round__review=OuterRef("pk"), round__number=OuterRef("round_number"), vacated_at=None).order_by("number"),
        FilledSeatSerializer,
    ),
    "verdicts": (Verdict.objects.filter(seat__round__review=OuterRef("pk")).order_by("pk"), VerdictSerializer),
    "decisions": (Decision.objects.filter(**OF_IT).order_by("pk"), DecisionSerializer),
    "drafts": (Draft.objects.filter(**OF_IT), DraftSerializer),
    "replies": (ReplyRequest.objects.filter(**OF_IT).order_by("pk"), ReplyRequestSerializer),
    "comments": (Comment.objects.filter(**OF_IT).order_by("pk"), CommentSerializer),
    # Whoever may see the review may see its events: `reviews.visibility` asks the same question. A seat's are not among them.
    "events": (EVENTS.exclude(action=Action.EDIT_DRAFT).order_by("-number")[:EVENTS_SHOWN], DeskEventSerializer),
    # A draft is saved every few seconds while somebody writes: it must not crowd out whatever else was done.
    "draft_edits": (EVENTS.filter(action=Action.EDIT_DRAFT).order_by("-number")[:DRAFT_EDITS_SHOWN], DeskEventSerializer),
    "past_evidence": (
        past_model(Evidence).objects.filter(pgh_obj__review=OuterRef("pk")).order_by("-pgh_id")[:EDITS_SHOWN], PastEvidenceSerializer,
    ),
    "requests": (CorrectionRequest.objects.filter(**OF_IT).order_by("-pk")[:REQUESTS_SHOWN], CorrectionRequestItemSerializer),
    "matches": (ClaimMatch.objects.filter(claim=OuterRef("claim")).order_by("-similarity")[:MATCHES_SHOWN], MatchSerializer),
    "later_matches": (
        ClaimMatch.objects.filter(other_claim=OuterRef("claim")).order_by("-similarity")[:MATCHES_SHOWN], MatchSerializer,
    ),
}  # fmt: skip


@cache
def _statement() -> tuple[str, list[Any], int]:
    """The SQL of all lists, its parameters, and which of them is the review. Django takes longer to make it than PostgreSQL to answer."""
    found: list[Any] = [
        ArraySubquery(rows.annotate(_item=as_text(serializer, rows.model)).values("_item"))
        for rows, serializer in LISTS.values()
    ]
    found.append(RawSQL(PAST_DRAFTS, (), output_field=ArrayField(TextField())))
    key = uuid7()
    sql, params = Review.objects.filter(pk=key).values_list(*found).query.sql_with_params()
    return sql, list(params), params.index(key)


def lists_of(review: UUID) -> dict[str, list[dict[str, Any]]]:
    """What the API lists below a review, by name, in one query."""
    sql, params, place = _statement()
    with connection.cursor() as cursor:
        cursor.execute(sql, [*params[:place], review, *params[place + 1 :]])
        row = cursor.fetchone()
    return {
        name: [orjson.loads(item) for item in items] for name, items in zip((*LISTS, "past_drafts"), row, strict=True)
    }
