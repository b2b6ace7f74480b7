"""Claims: the triage list, a claim's page with its form, and a claim written by hand."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db import OperationalError
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Greatest, Substr
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from claims import pipeline
from claims.admin import triage
from claims.admin.figures import gap_in_words, how_known, in_short, understood, when
from claims.admin.filters import (
    ArticleOutletFilter,
    LanguageFilter,
    NumberFilter,
    ScoreFilter,
    StatusFilter,
    WaitingFilter,
)
from claims.admin.forms import ClaimForm, EditForm, SplitForm
from claims.admin.known import known_of
from claims.admin.naming import name_of, opening
from claims.admin.searching import WordSearch
from claims.models import Appearance, Claim, ClaimMatch
from claims.triage import BY_ACTION, TriageAction, TriageStatus
from factcheck.accounts.models import User
from factcheck.admin import conflicts
from factcheck.admin.base import CodeFilter, Pages, identifier
from factcheck.audit import events
from factcheck.audit.past import Past, past_of
from factcheck.errors import Problem, StaleVersion
from factcheck.templatetags.desk import age, badge

APPEARANCES_SHOWN = 30
EVENTS_SHOWN = 50
MATCHES_SHOWN = 20
CONTEXT = 160  # code points before and after a quotation
NOT_EDITABLE = (TriageStatus.MERGED, TriageStatus.SUPERSEDED)


class Met(Pages):
    """What may be the same is looked up for the claims of the page."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        known = known_of([claim.pk for claim in self.result_list])
        for claim in self.result_list:
            claim.known = known[claim.pk]


@admin.register(Claim)
class ClaimAdmin(WordSearch):
    page_template = "admin/claims/claim/page.html"
    add_page_template = "admin/claims/claim/add.html"
    shows_workers = True
    actions = tuple(triage.as_admin_action(step.transition) for step in triage.STEPS)
    action_keys = {step.action: step.key for step in triage.STEPS}

    list_display = ("assertion", "worth", "numbers", "met_before", "age")
    list_display_links = None
    list_filter = (
        StatusFilter,
        ScoreFilter,
        NumberFilter,
        WaitingFilter,
        LanguageFilter,
        ArticleOutletFilter,
        "kind",
        ("modality", CodeFilter),
        ("risk", CodeFilter),
    )
    list_select_related = ("article__outlet",)
    search_fields = ("text",)
    ordering = ("-check_worthiness",)

    class Media:
        css = {"all": ("claims/admin.css",)}

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return lookup == "article__id__exact" or super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]

    # The list

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return Met

    def get_action_choices(self, request: HttpRequest, *args: Any) -> list[tuple[str, str]]:
        """Above a list of one status stand the actions that start there; whatever is sent is looked at by the verb."""
        choices = super().get_action_choices(request, *args)
        shown = request.GET.get(StatusFilter.parameter_name) or TriageStatus.CANDIDATE
        if request.method == "POST" or shown not in list(TriageStatus):
            return choices
        fitting = {step.action for step in triage.STEPS if shown in step.transition.from_statuses}
        return [(name, label) for name, label in choices if name in fitting]

    @admin.display(description="claim")
    def assertion(self, claim: Claim) -> SafeString:
        # The version goes with the ticked row, so that an action on what somebody else changed since is refused.
        return format_html(
            '<a href="{}">{}</a><span class="about">{} {}</span><input type="hidden" name="version-{}" value="{}">',
            reverse("admin:claims_claim_change", args=[claim.pk]),
            claim.text,
            badge(claim.triage_status),
            " · ".join(_about(claim)),
            claim.pk,
            claim.version,
        )

    @admin.display(description="worth", ordering="check_worthiness")
    def worth(self, claim: Claim) -> SafeString:
        if claim.check_worthiness is None:
            return format_html('<span class="quiet">{}</span>', "by hand")
        return render_to_string("admin/claims/claim/worth.html", {"claim": claim, "sum": log_odds(claim)})

    @admin.display(description="quantities")
    def numbers(self, claim: Claim) -> str:
        return "; ".join(in_short(quantity) for quantity in claim.quantities) or "–"

    @admin.display(description="met before")
    def met_before(self, claim: Any) -> SafeString:
        return render_to_string("admin/claims/claim/known.html", {"claim": claim, "known": claim.known})

    @admin.display(ordering="id")
    def age(self, claim: Claim) -> SafeString:
        return age(claim.created_at)

    # The page

    def get_queryset(self, request: HttpRequest) -> QuerySet[Claim]:
        return super().get_queryset(request).select_related("article__outlet", "triaged_by", "updated_by")

    def add_page(self, request: HttpRequest) -> HttpResponse:
        form = ClaimForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                claim = pipeline.add_claim(actor=request.user, **form.cleaned_data)  # type: ignore[arg-type]
            except Problem as problem:
                triage.tell(form, problem)
            else:
                self.message_user(request, "The claim is a candidate now.", messages.SUCCESS)
                return HttpResponseRedirect(reverse("admin:claims_claim_change", args=[claim.pk]))
        return self.render(request, self.add_page_template, None, {"title": "Add a claim", "form": form})

    def get_urls(self) -> list[URLPattern]:
        own = path("<path:object_id>/split/", self.admin_site.admin_view(self.split), name="claims_claim_split")
        return [own, *super().get_urls()]

    def split(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A page of its own: what it says is at once what will happen."""
        row = get_object_or_404(self.get_queryset(request), pk=identifier(object_id))
        shown = {"texts": row.text, "version": row.version}
        form = SplitForm(request.POST) if request.method == "POST" else SplitForm(initial=shown)
        conflict: dict[str, Any] = {}
        if form.is_valid():
            try:
                parts = pipeline.split(row.pk, actor=request.user, **form.cleaned_data)  # type: ignore[arg-type]
            except StaleVersion as stale:
                row = self.get_queryset(request).get(pk=row.pk)
                form, conflict = _conflict(request, form, stale, {"texts": row.text})
            except Problem as problem:
                triage.tell(form, problem)
            except OperationalError:
                form.add_error(None, "Somebody is changing this claim at this moment. Try again.")
            else:
                self.message_user(request, f"The claim is {len(parts)} claims now.", messages.SUCCESS)
                return HttpResponseRedirect(reverse("admin:claims_claim_change", args=[row.pk]))
        context = {"title": "Split the claim", "crumb": row.text, "form": form, "conflict": conflict}
        context["bases"] = _bases(request, form, {"texts": row.text}, conflict)
        response = self.render(request, "admin/claims/claim/split.html", row, context)
        response.status_code = 409 if conflict else 200
        return response

    def page(self, request: HttpRequest, row: Claim) -> HttpResponse:
        if request.method in ("GET", "HEAD"):
            return self._show(request, row, EditForm(initial=_present(row)))
        form = EditForm(request.POST)
        conflict: dict[str, Any] = {}
        if form.is_valid():
            changes = {name: form.cleaned_data[name] for name in _said(row)}
            version = form.cleaned_data["version"]
            try:
                after = pipeline.edit_claim(row.pk, changes, actor=request.user, version=version)  # type: ignore[arg-type]
            except StaleVersion as stale:
                row = self.get_queryset(request).get(pk=row.pk)
                form, conflict = _conflict(request, form, stale, _said(row))
            except Problem as problem:
                triage.tell(form, problem)
            except OperationalError:
                form.add_error(None, "Somebody is changing this claim at this moment. Save again.")
            else:
                words = "Nothing was changed." if after.version == version else f"Saved as revision {after.revision}."
                self.message_user(request, words, messages.SUCCESS)
                return HttpResponseRedirect(request.path)
        row = self.get_queryset(request).get(pk=row.pk)
        return self._show(request, row, form, conflict, status=409 if conflict else 200)

    def _show(
        self, request: HttpRequest, row: Claim, form: EditForm, conflict: Any = None, status: int = 200
    ) -> HttpResponse:
        context = self.page_context(request, row) | {"form": form, "conflict": conflict}
        context["bases"] = _bases(request, form, _said(row), conflict)
        response = self.render(request, self.page_template, row, context)
        response.status_code = status
        return response

    def past_of(self, pk: UUID, *, reader: User) -> list[Past]:
        moved = past_of(Appearance, claim=pk, reader=reader)
        return sorted(
            [*super().past_of(pk, reader=reader), *moved], key=lambda past: (past.at, past.transaction), reverse=True
        )

    def page_context(self, request: HttpRequest, row: Claim) -> dict[str, Any]:
        may_act = self.has_act_permission(request)
        return {
            "title": "Claim",
            "crumb": row.text,
            "may_edit": may_act and row.triage_status not in NOT_EDITABLE,
            "back": request.path,
            "may_split": may_act and row.triage_status in BY_ACTION[TriageAction.SPLIT].from_statuses,
            "steps": [step for step in triage.STEPS if step.is_open_to(row)] if may_act else [],
            "blocked_steps": [step for step in triage.STEPS if not step.is_open_to(row)],
            "sum": log_odds(row),
            "quantities": [(quantity, understood(quantity)) for quantity in row.quantities],
            "times": [(time, when(time), how_known(time)) for time in row.time_references],
            "gaps": [gap_in_words(gap) for gap in row.gaps],
            "appearances": _appearances(row),
            "matches": list(_matches(row)),
            "history": events.events(row).select_related("actor").order_by("-number")[:EVENTS_SHOWN],
            "merged_claims": row.merged_claims.order_by("id")[:APPEARANCES_SHOWN],
            "split_claims": row.split_claims.order_by("id")[:APPEARANCES_SHOWN],
        }


def _said(claim: Claim) -> dict[str, Any]:
    return {"text": claim.text, "kind": claim.kind, "claimant": claim.claimant}


def _present(claim: Claim) -> dict[str, Any]:
    return _said(claim) | {"version": claim.version}


def _conflict(
    request: HttpRequest, form: Any, stale: StaleVersion, stored: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    """The form as it is to be sent again, knowing what somebody else has saved, and what it shows of that."""
    data = conflicts.merged(form, request.POST, stored)
    compared = conflicts.compare(form, request.POST, stored)
    told = {"stale": stale.extra, "seen": form.cleaned_data["version"], "compared": compared}
    return type(form)(data), told


def _bases(request: HttpRequest, form: Any, stored: dict[str, Any], conflict: Any) -> list[tuple[str, str]]:
    return conflicts.bases(form, stored, request.POST if form.is_bound and not conflict else None)


def _about(claim: Claim) -> list[str]:
    """Who said it, who printed it, and what is special about it."""
    outlet = claim.article.outlet if claim.article else None
    words = [claim.claimant or "claimant not known", outlet.name if outlet else "outlet not known"]
    words += [] if claim.kind == Claim.Kind.STATEMENT else [claim.get_kind_display()]
    words += [] if claim.modality == Claim.Modality.ASSERTED else [claim.modality]
    words += ["high risk"] if claim.risk == "high" else []
    return words


def log_odds(claim: Claim) -> float:
    return math.fsum(contribution["weight"] for contribution in claim.contributions)


def _matches(claim: Claim) -> Iterator[tuple[ClaimMatch, Claim | None, str, str]]:
    """Each with the claim on its other side, what speaks for it and what against it, in words."""
    rows = ClaimMatch.objects.filter(Q(claim=claim.pk) | Q(other_claim=claim.pk))
    for match in rows.select_related("claim", "other_claim", "fact_check", "decided_by").order_by("-similarity", "id")[
        :MATCHES_SHOWN
    ]:
        other = match.claim if match.other_claim_id == claim.pk else match.other_claim
        told = [f"{reason['code'].replace('_', ' ')} {', '.join(reason['words'])}" for reason in match.reasons]
        yield match, other, "; ".join(told), ", ".join(found["code"] for found in match.differences)


def _appearances(claim: Claim) -> list[Any]:
    # Cut by the database, in code points as we count: the texts around may be long.
    before = Greatest(F("start") - CONTEXT, 0)
    found = (
        claim.appearances.select_related("article_version__article__outlet")
        .defer("article_version__text")
        .annotate(
            before=Substr("article_version__text", before + 1, F("start") - before),
            after=Substr("article_version__text", F("end") + 1, CONTEXT),
            opening=opening("article_version__text"),
        )
        .order_by("-article_version__id", "start", "id")[:APPEARANCES_SHOWN]
    )
    return [(place, name_of(place.article_version.article, place.opening)) for place in found]
