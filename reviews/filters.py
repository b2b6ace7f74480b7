"""What the lists may be filtered by."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django_filters import CharFilter, ChoiceFilter

from claims.models import Claim
from claims.triage import RISK_CHOICES
from factcheck.accounts.permissions import actor_of
from factcheck.api.filters import AnyOfChoice, AnyOfUUID, FilterSet, Instant, TrueOrFalse
from reviews.attention import needing_attention
from reviews.corrections import STATE_CHOICES as REQUEST_STATE_CHOICES
from reviews.facts import STAGE_CHOICES
from reviews.models import Change, CorrectionRequest, Evidence, FactCheck, Review, Seat
from reviews.publication import PROFILES
from reviews.statistics import GROUP_CHOICES, Group


class ReviewFilter(FilterSet):
    desk = AnyOfUUID(field_name="desk_id")
    stage = AnyOfChoice(choices=STAGE_CHOICES)
    lead = AnyOfUUID(field_name="lead_id")
    claim = AnyOfUUID(field_name="claim_id")
    risk = AnyOfChoice(choices=RISK_CHOICES)
    is_on_hold = TrueOrFalse(field_name="held_at", lookup_expr="isnull", exclude=True)
    overdue = TrueOrFalse(method="by_due", label="Past its time, and not on hold.")
    mine = TrueOrFalse(method="by_part", label="Yours to lead, to judge or to adjudicate now.")
    updated_since = Instant(field_name="updated_at", lookup_expr="gte")

    def by_due(self, queryset: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        late = Q(due_at__isnull=False, due_at__lt=timezone.now(), held_at__isnull=True)
        return queryset.filter(late if value else ~late)

    def by_part(self, queryset: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        user = actor_of(self.request)
        seats = Seat.objects.filter(holder=user, vacated_at=None, round__closed_at=None).values("round__review")
        # Each part has its index; one condition for all three would read every review.
        leads, adjudicates = (Review.objects.filter(part).values("pk") for part in (Q(lead=user), Q(adjudicator=user)))
        mine = leads.union(adjudicates, seats)
        return queryset.filter(pk__in=mine) if value else queryset.exclude(pk__in=mine)

    class Meta:
        model = Review
        fields = ()


class EvidenceFilter(FilterSet):
    desk = AnyOfUUID(field_name="review__desk_id")
    needs_attention = TrueOrFalse(
        method="by_checks",
        label="In use, and its stored bytes are corrupt or missing, or its page is gone or says something else.",
    )

    def by_checks(self, queryset: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        found = needing_attention().values("pk")
        return queryset.filter(pk__in=found) if value else queryset.exclude(pk__in=found)

    class Meta:
        model = Evidence
        fields = ()


class FactCheckFilter(FilterSet):
    updated_since = Instant(
        field_name="changed_at",
        lookup_expr="gt",
        label="Changed later than this: `changed_at` of the last one that you saw.",
    )

    class Meta:
        model = FactCheck
        fields = ()


class ChangeFilter(FilterSet):
    updated_since = Instant(
        field_name="changed_at", lookup_expr="gt",
        label="Happened later than this: `changed_at` of the last one that you saw.",
    )  # fmt: skip

    class Meta:
        model = Change
        fields = ()


class ExportFilter(FilterSet):
    """What of everything goes into a file; the moments are those of changes, so no query set is narrowed by them."""

    updated_since = Instant(method="moment", label="Only what changed later: `until` of what you have.")
    until = Instant(
        method="moment", label="As it stood then. Now when left out; `Content-Location` says when that was."
    )
    after = CharFilter(
        method="words",
        label="With `until`: go on after this one, the `url` of the last that you have whole.",
    )  # fmt: skip

    def moment(self, queryset: QuerySet[Any], name: str, value: datetime) -> QuerySet[Any]:
        return queryset

    def words(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset

    class Meta:
        model = FactCheck
        fields = ()


class ProfiledExportFilter(ExportFilter):
    profile = ChoiceFilter(
        choices=[(name, name) for name in PROFILES], method="words", label="schemaorg when left out."
    )


class CorrectionRequestFilter(FilterSet):
    desk = AnyOfUUID(field_name="review__desk_id")
    review = AnyOfUUID(field_name="review_id")
    fact_check = AnyOfUUID(field_name="fact_check_id")
    state = AnyOfChoice(choices=REQUEST_STATE_CHOICES)
    handler = AnyOfUUID(field_name="handler_id")
    overdue = TrueOrFalse(method="by_due", label="Past its time to be looked into, or to be answered.")
    updated_since = Instant(field_name="updated_at", lookup_expr="gte")

    def by_due(self, queryset: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        now = timezone.now()
        late = Q(acknowledged_at=None, acknowledge_due_at__lt=now) | Q(
            acknowledged_at__isnull=False, answered_at=None, answer_due_at__lt=now
        )
        return queryset.filter(late if value else ~late)

    class Meta:
        model = CorrectionRequest
        fields = ()


class StatisticsFilter(FilterSet):
    desk = AnyOfUUID(field_name="desk_id")
    opened_after = Instant(field_name="created_at", lookup_expr="gte")
    opened_before = Instant(field_name="created_at", lookup_expr="lt")

    class Meta:
        model = Review
        fields = ()


class SelectionFilter(StatisticsFilter):
    by = ChoiceFilter(choices=GROUP_CHOICES, method="grouped", label="Of whom; claimants when left out.")

    def grouped(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset

    @property
    def group(self) -> Group:
        return self.form.cleaned_data["by"] or GROUP_CHOICES[0][0]

    @property
    def claims(self) -> QuerySet[Claim]:
        """Beside the reviews that were opened in a time, those found in it."""
        asked = {
            "created_at__gte": self.form.cleaned_data["opened_after"],
            "created_at__lt": self.form.cleaned_data["opened_before"],
        }
        return Claim.objects.filter(**{lookup: at for lookup, at in asked.items() if at is not None})
