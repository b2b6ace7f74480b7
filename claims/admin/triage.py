"""The triage actions of the claim list and the claim page: first what would happen, then the verb for each claim.

Labels, arrows and reasons come from `claims.triage`; the verb decides. A claim is acted on at the version that the person saw.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.db import OperationalError
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from claims import pipeline
from claims.admin.searching import having_words
from claims.models import Claim
from claims.triage import MERGE_TARGETS, REASON_LABELS, TRANSITIONS, Reason, Risk, Transition, TriageAction
from factcheck.admin.base import RecordAdmin, identifier
from factcheck.errors import Problem
from factcheck.templatetags.desk import badge

ACTIONS = tuple(t.action for t in TRANSITIONS if t.action is not TriageAction.SPLIT)  # a split needs new texts
MAX_AT_ONCE = 200  # claims, as in the API
SUGGESTED = 20


def as_admin_action(transition: Transition) -> Callable[..., HttpResponse]:
    def run(model_admin: RecordAdmin, request: HttpRequest, queryset: QuerySet[Claim]) -> HttpResponse:
        return _take(model_admin, request, transition)

    run.__name__ = transition.action.value
    return admin.action(description=transition.label, permissions=["act"])(run)


class TriageForm(forms.Form):
    """What one action asks for: its fields follow from the transition."""

    def __init__(self, transition: Transition, targets: Sequence[Claim], *args: Any) -> None:
        super().__init__(*args)
        if transition.action is TriageAction.MERGE:
            self.fields["into"] = forms.ChoiceField(
                label="Merge into",
                required=False,
                choices=[(str(target.pk), _as_choice(target)) for target in targets],
                widget=forms.RadioSelect,
            )
            self.fields["into_id"] = forms.CharField(
                label="or its id or address", required=False, help_text="The claim's id, or the address of its page."
            )
        if transition.reasons:
            self.fields["reason"] = forms.ChoiceField(
                choices=[(reason.value, REASON_LABELS[reason]) for reason in transition.reasons],
                widget=forms.RadioSelect,
                error_messages={"required": "Choose one of these reasons."},
            )
        if transition.action is TriageAction.ACCEPT:
            self.fields["risk"] = forms.ChoiceField(
                choices=[("", "as it is"), *((risk.value, risk.value) for risk in Risk)], required=False
            )
        self.fields["note"] = forms.CharField(
            required=False, max_length=2_000, widget=forms.Textarea(attrs={"rows": 2})
        )

    def clean_into_id(self) -> str:
        given: str = self.cleaned_data["into_id"].strip()
        for part in reversed(given.split("?")[0].split("/")):
            try:
                return str(UUID(part))
            except ValueError:
                continue
        if given:
            raise forms.ValidationError("That is neither an id nor the address of a claim.")
        return ""

    @property
    def wishes(self) -> dict[str, Any]:
        """Keyword arguments for the verb."""
        given = self.cleaned_data
        into = given.get("into_id") or given.get("into")
        return {
            "reason": Reason(given["reason"]) if given.get("reason") else "",
            "note": given["note"],
            "risk": Risk(given["risk"]) if given.get("risk") else "",
            "into": UUID(into) if into else None,
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """What the action would do to one claim, or why it cannot. `version` is the one that the person saw."""

    id: UUID
    claim: Claim | None
    version: int | None
    blocked: str


def _take(model_admin: RecordAdmin, request: HttpRequest, transition: Transition) -> HttpResponse:
    selected = list(dict.fromkeys(identifier(v) for v in request.POST.getlist(helpers.ACTION_CHECKBOX_NAME)))
    if len(selected) > MAX_AT_ONCE:
        model_admin.message_user(request, f"At most {MAX_AT_ONCE} claims at once. Nothing was changed.", messages.ERROR)
        return HttpResponseRedirect(request.get_full_path())
    plans = _plan(request, selected, transition)
    is_confirmed = "confirm" in request.POST and all(_seen(request, claim_id) is not None for claim_id in selected)
    targets = _targets(request, plans) if transition.action is TriageAction.MERGE else []
    form = TriageForm(transition, targets, request.POST if is_confirmed else None)
    if is_confirmed and form.is_valid():
        # Of several ticked ones, the one that they are merged into stays as it is.
        moving = [plan for plan in plans if len(plans) == 1 or plan.id != form.wishes["into"]]
        outcomes = [(plan, _perform(request, plan, transition, form)) for plan in moving]
        if not _is_about_the_form(form, [problem for _, problem in outcomes]):
            _report(model_admin, request, transition, outcomes)
            return HttpResponseRedirect(_way_back(request))
    return model_admin.render(
        request,
        "admin/claims/claim/confirm.html",
        None,
        {
            "title": f"{transition.label}: what will happen",
            "transition": transition,
            "plans": plans,
            "ready": sum(1 for plan in plans if not plan.blocked),
            "form": form,
            "targets_asked": transition.action is TriageAction.MERGE,
            "one_stays": transition.action is TriageAction.MERGE and len(plans) > 1,
            "find": request.POST.get("find", ""),
            "back": _way_back(request),
        },
    )


def _seen(request: HttpRequest, claim_id: UUID) -> int | None:
    value = request.POST.get(f"version-{claim_id}", "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else None


def _plan(request: HttpRequest, selected: list[UUID], transition: Transition) -> list[Plan]:
    claims = Claim.objects.select_related("updated_by", "article__outlet").in_bulk(selected)
    plans = []
    for claim_id in selected:
        claim = claims.get(claim_id)
        version = _seen(request, claim_id) or (claim.version if claim else None)
        plans.append(Plan(claim_id, claim, version, _blocked(claim, version, transition)))
    return plans


def _blocked(claim: Claim | None, version: int | None, transition: Transition) -> str:
    if claim is None:
        return "There is no such claim."
    if claim.version != version:
        who = claim.updated_by.get_username() if claim.updated_by else "the extractor"
        return (
            f"You saw version {version}; {who} changed it since ({claim.updated_at:%H:%M} UTC, version {claim.version}). "
            "Look at it again."
        )
    if claim.triage_status not in transition.from_statuses:
        needed = " or ".join(sorted(transition.from_statuses))
        return f"It is {claim.triage_status}; this takes one that is {needed}."
    return ""


def _targets(request: HttpRequest, plans: list[Plan]) -> list[Claim]:
    """Claims to merge into: the ticked ones, if they are several; then those found by the words asked for, or those of the same
    articles; and the one chosen already."""
    open_claims = Claim.objects.filter(triage_status__in=MERGE_TARGETS).select_related("article__outlet")
    ticked = [plan.claim for plan in plans if plan.claim and plan.claim.triage_status in MERGE_TARGETS]
    others = open_claims.exclude(pk__in=[plan.id for plan in plans])
    by_worth = F("check_worthiness").desc(nulls_last=True), "-id"
    if words := request.POST.get("find", "").strip():
        found = having_words(others, "text", words)
    else:
        found = others.filter(article__in={plan.claim.article_id for plan in plans if plan.claim} - {None})
    targets = [*(ticked if len(plans) > 1 else []), *found.order_by(*by_worth)[:SUGGESTED]]
    chosen = request.POST.get("into")
    if chosen and chosen not in {str(target.pk) for target in targets}:
        targets += others.filter(Q(pk=identifier(chosen)))
    return targets


def _as_choice(claim: Claim) -> SafeString:
    article = claim.article
    about = [article.title or "an article without a title" if article else "no article"]
    about += [article.outlet.name] if article and article.outlet else []
    return format_html(
        '<span>{} {}<span class="about">{}</span></span>', claim.text, badge(claim.triage_status), " · ".join(about)
    )


def _perform(request: HttpRequest, plan: Plan, transition: Transition, form: TriageForm) -> Problem | None:
    try:
        pipeline.triage(plan.id, transition.action, actor=request.user, version=plan.version, **form.wishes)  # type: ignore[arg-type]
    except Problem as problem:
        return problem
    except OperationalError:
        return Problem("Somebody is changing it at this moment; try again.")
    return None


def _is_about_the_form(form: TriageForm, problems: list[Problem | None]) -> bool:
    """Did nothing happen because of what was filled in? Then the form says so, and may be mended."""
    told = [problem for problem in problems if problem and problem.errors]
    if not told or None in problems:
        return False
    tell(form, told[0])
    return True


def tell(form: forms.Form, problem: Problem) -> None:
    """Put what a verb refused beside the fields that it names."""
    for error in problem.errors:
        name = (error.pointer or "").lstrip("/")
        form.add_error(name if name in form.fields else None, error.detail)
    if not problem.errors:
        form.add_error(None, problem.detail)


def _report(
    model_admin: RecordAdmin, request: HttpRequest, transition: Transition, outcomes: list[tuple[Plan, Problem | None]]
) -> None:
    done = [plan for plan, problem in outcomes if problem is None]
    refused = [(plan, problem) for plan, problem in outcomes if problem is not None]
    if done:
        words = format_html(
            "{}: now {}.{}", transition.label, transition.to_status, _listed((plan, "") for plan in done)
        )
        model_admin.message_user(request, words, messages.SUCCESS)
    if refused:
        # What the plan had found says more than the verb's refusal, which found the same.
        rows = ((plan, plan.blocked or " ".join(e.detail for e in p.errors) or p.detail) for plan, p in refused)
        words = format_html("{}: nothing was changed for{}", transition.label, _listed(rows))
        model_admin.message_user(request, words, messages.ERROR)


def _listed(rows: Any) -> SafeString:
    items = format_html_join(
        "",
        '<li><a href="{}">{}</a> {}</li>',
        (
            (
                reverse("admin:claims_claim_change", args=[plan.id]),
                Truncator(plan.claim.text).chars(90) if plan.claim else plan.id,
                why,
            )
            for plan, why in rows
        ),
    )
    return format_html("<ul>{}</ul>", items)


def _way_back(request: HttpRequest) -> str:
    """The page that the action was taken from: a path of this admin, or the list."""
    given = request.POST.get("back", "")
    is_ours = given.startswith(reverse("admin:index")) and url_has_allowed_host_and_scheme(given, allowed_hosts=None)
    return given if is_ours else request.get_full_path()
