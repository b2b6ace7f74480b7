"""The triage actions of the claim list and the claim page: first what would happen, then the verb for each claim.

Labels, arrows and reasons come from `claims.triage`; the verb decides. A claim is acted on at the version that the person saw. What asks
for nothing is done at once for a single row of the list, and can be taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.db import OperationalError
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from claims import pipeline
from claims.admin.searching import having_words
from claims.matching.decisions import MatchState
from claims.models import Claim, ClaimMatch
from claims.triage import MERGE_TARGETS, REASON_LABELS, TRANSITIONS, Reason, Risk, Transition, TriageAction, undone_by
from factcheck.admin.base import RecordAdmin, identifier
from factcheck.errors import Problem
from factcheck.templatetags.desk import badge

A = TriageAction
# The key of each; a split needs new texts, and has a page of its own.
KEYS: Mapping[TriageAction, str] = {
    A.ACCEPT: "y", A.REJECT: "r", A.DEFER: "d", A.MERGE: "m", A.RESTORE: "b", A.UNMERGE: "u",
}  # fmt: skip
MAX_AT_ONCE = 200  # claims, as in the API
SUGGESTED = 20


@dataclass(frozen=True, slots=True)
class Step:
    """An action as a button."""

    transition: Transition

    @property
    def action(self) -> TriageAction:
        return self.transition.action

    @property
    def label(self) -> str:
        return self.transition.label

    @property
    def key(self) -> str:
        return KEYS[self.action]

    def is_open_to(self, claim: Claim) -> bool:
        return claim.triage_status in self.transition.from_statuses


STEPS = tuple(Step(transition) for transition in TRANSITIONS if transition.action in KEYS)


def as_admin_action(transition: Transition) -> Callable[..., HttpResponse]:
    def run(model_admin: RecordAdmin, request: HttpRequest, queryset: QuerySet[Claim]) -> HttpResponse:
        return _take(model_admin, request, transition)

    run.__name__ = transition.action.value
    return admin.action(description=transition.label, permissions=["act"])(run)


class Numbered(forms.RadioSelect):
    """Each choice is picked by the key of its number."""

    def create_option(
        self, name: str, value: Any, label: Any, selected: bool, index: int, **more: Any
    ) -> dict[str, Any]:
        option: dict[str, Any] = super().create_option(name, value, label, selected, index, **more)
        option["attrs"]["data-key"] = str(index + 1)
        return option | {"label": format_html("<span>{} <kbd>{}</kbd></span>", label, index + 1)}


class Rows(forms.RadioSelect):
    """Choices that are too long to be numbered: keys walk through them as through the rows of a list."""

    option_template_name = "admin/claims/claim/row.html"


class TriageForm(forms.Form):
    """What one action asks for: its fields follow from the transition."""

    def __init__(self, transition: Transition, targets: Sequence[Claim], *args: Any) -> None:
        super().__init__(*args)
        if transition.action is TriageAction.MERGE:
            self.fields["into"] = forms.ChoiceField(
                label="Merge into",
                required=False,
                choices=[(str(target.pk), _as_choice(target)) for target in targets],
                widget=Rows,
            )
            self.fields["into_id"] = forms.CharField(
                label="or its id or address", required=False, help_text="The claim's id, or the address of its page."
            )
        if transition.reasons:
            self.fields["reason"] = forms.ChoiceField(
                choices=[(reason.value, REASON_LABELS[reason]) for reason in transition.reasons],
                widget=Numbered,
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
    is_asked = not _is_done_at_once(request, selected, transition) and "confirm" not in request.POST
    is_confirmed = not is_asked and all(_seen(request, claim_id) is not None for claim_id in selected)
    targets = _targets(request, plans) if transition.action is TriageAction.MERGE else []
    form = TriageForm(transition, targets, request.POST if is_confirmed else None)
    if is_confirmed and form.is_valid():
        # Of several ticked ones, the one that they are merged into stays as it is.
        moving = [plan for plan in plans if len(plans) == 1 or plan.id != form.wishes["into"]]
        outcomes = [(plan, _perform(request, plan, transition, form)) for plan in moving]
        if not _is_about_the_form(form, [outcome for _, outcome in outcomes]):
            _report(model_admin, request, transition, outcomes)
            return HttpResponseRedirect(_way_back(request))
    return model_admin.render(
        request,
        "admin/claims/claim/confirm.html",
        None,
        {
            "title": f"{transition.label}: what will happen",
            "transition": transition,
            "key": KEYS[transition.action],
            "plans": plans,
            "ready": sum(1 for plan in plans if not plan.blocked),
            "form": form,
            "targets_asked": transition.action is TriageAction.MERGE,
            "one_stays": transition.action is TriageAction.MERGE and len(plans) > 1,
            "find": request.POST.get("find", ""),
            "back": _way_back(request),
        },
    )


def _is_done_at_once(request: HttpRequest, selected: list[UUID], transition: Transition) -> bool:
    return "at_once" in request.POST and len(selected) == 1 and not transition.reasons


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
    """Claims to merge into: the ticked ones, if they are several; then those found by the words asked for, or those that are like them
    and those of the same articles; and the one chosen already."""
    open_claims = Claim.objects.filter(triage_status__in=MERGE_TARGETS).select_related("article__outlet")
    ticked = [plan.claim for plan in plans if plan.claim and plan.claim.triage_status in MERGE_TARGETS]
    others = open_claims.exclude(pk__in=[plan.id for plan in plans])
    by_worth = F("check_worthiness").desc(nulls_last=True), "-id"
    if words := request.POST.get("find", "").strip():
        found = list(having_words(others, "text", words).order_by(*by_worth)[:SUGGESTED])
    else:
        of_the_same = others.filter(article__in={plan.claim.article_id for plan in plans if plan.claim} - {None})
        found = [*_alike(others, plans), *of_the_same.order_by(*by_worth)[:SUGGESTED]]
    targets = list(dict.fromkeys([*(ticked if len(plans) > 1 else []), *found]))
    chosen = request.POST.get("into")
    if chosen and chosen not in {str(target.pk) for target in targets}:
        targets += others.filter(Q(pk=identifier(chosen)))
    return targets


def _alike(claims: QuerySet[Claim], plans: list[Plan]) -> list[Claim]:
    """Those that matching found to be like the claims of these plans, the most similar first."""
    ids = [plan.id for plan in plans]
    matches = ClaimMatch.objects.filter(Q(claim__in=ids) | Q(other_claim__in=ids), other_claim__isnull=False)
    pairs = matches.exclude(state=MatchState.REJECTED).order_by("-similarity", "id").values_list("claim", "other_claim")
    found = claims.in_bulk({claim for pair in pairs[:SUGGESTED] for claim in pair})
    return [found[claim] for pair in pairs[:SUGGESTED] for claim in pair if claim in found]


def _as_choice(claim: Claim) -> SafeString:
    article = claim.article
    about = [article.title or "an article without a title" if article else "no article"]
    about += [article.outlet.name] if article and article.outlet else []
    return format_html(
        '<span>{} {}<span class="about">{}</span></span>', claim.text, badge(claim.triage_status), " · ".join(about)
    )


def _perform(request: HttpRequest, plan: Plan, transition: Transition, form: TriageForm) -> Claim | Problem:
    try:
        return pipeline.triage(plan.id, transition.action, actor=request.user, version=plan.version, **form.wishes)  # type: ignore[arg-type]
    except Problem as problem:
        return problem
    except OperationalError:
        return Problem("Somebody is changing it at this moment; try again.")


def _is_about_the_form(form: TriageForm, outcomes: list[Claim | Problem]) -> bool:
    """Did nothing happen because of what was filled in? Then the form says so, and may be mended."""
    told = [outcome for outcome in outcomes if isinstance(outcome, Problem) and outcome.errors]
    if not told or any(isinstance(outcome, Claim) for outcome in outcomes):
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
    model_admin: RecordAdmin, request: HttpRequest, transition: Transition, outcomes: list[tuple[Plan, Claim | Problem]]
) -> None:
    done = [(plan, outcome) for plan, outcome in outcomes if isinstance(outcome, Claim)]
    refused = [(plan, outcome) for plan, outcome in outcomes if isinstance(outcome, Problem)]
    if done:
        words = format_html(
            "{}: now {}.{}{}",
            transition.label,
            transition.to_status,
            _listed((plan, "") for plan, _ in done),
            _undo(request, transition, [claim for _, claim in done]),
        )
        model_admin.message_user(request, words, messages.SUCCESS)
    if refused:
        # What the plan had found says more than the verb's refusal, which found the same.
        rows = ((plan, plan.blocked or " ".join(e.detail for e in p.errors) or p.detail) for plan, p in refused)
        words = format_html("{}: nothing was changed for{}", transition.label, _listed(rows))
        model_admin.message_user(request, words, messages.ERROR)


def _undo(request: HttpRequest, transition: Transition, claims: list[Claim]) -> str:
    back = undone_by(transition)
    if back is None:
        return ""
    context = {"step": back, "claims": claims, "back": _way_back(request), "token": get_token(request)}
    return render_to_string("admin/claims/claim/undo.html", context)


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
