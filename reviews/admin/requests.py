"""Readers' requests for a correction: the list of whoever handles them, and a page for each. What is done there the API's own routes do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from factcheck.accounts.models import User
from factcheck.accounts.permissions import actor_of
from factcheck.admin.base import RecordAdmin, identifier
from factcheck.audit.readers import visible_to
from factcheck.templatetags.desk import age, badge, moment
from reviews import forms, workflow
from reviews.admin import fields
from reviews.admin.asking import Answer, ask
from reviews.admin.history import in_words
from reviews.corrections import ANSWERED, BY_ACTION, RequestAction, RequestState
from reviews.facts import Stage
from reviews.models import CorrectionRequest
from reviews.serializers.corrections import CorrectionRequestSerializer

S = RequestState
OPEN = tuple(state for state in RequestState if state not in ANSWERED)
SHOWN_WITH = ("review__desk", "review__claim", "fact_check", "revision", "handler", "duplicate_of")
OTHERS_SHOWN = 50
EVENTS_SHOWN = 50
FORMS: dict[RequestAction, Any] = {
    RequestAction.DECLINE: forms.RequestDeclineSerializer,
    RequestAction.MARK_DUPLICATE: forms.RequestDuplicateSerializer,
    RequestAction.RESOLVE: forms.RequestAnswerSerializer,
}

LATE = Q(state=S.RECEIVED, acknowledge_due_at__lt=Now()) | Q(
    state__in=(S.ACKNOWLEDGED, S.ACCEPTED), answer_due_at__lt=Now()
)
PARTS: dict[str, tuple[str, Callable[[User], Q]]] = {
    "open": ("Open", lambda user: Q(state__in=OPEN)),
    "received": ("Nobody looks into it", lambda user: Q(state=S.RECEIVED)),
    "mine": ("Mine", lambda user: Q(handler=user, state__in=OPEN)),
    "overdue": ("Overdue", lambda user: LATE),
    "answered": ("Answered", lambda user: Q(state__in=ANSWERED)),
}


class RequestPartFilter(admin.SimpleListFilter):
    title = "part"
    parameter_name = "part"
    is_tabs = True

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("", "All"), *((name, label) for name, (label, _) in PARTS.items())]

    def choices(self, changelist: Any) -> Iterator[Any]:
        for value, words in self.lookup_choices:
            address = changelist.get_query_string({self.parameter_name: value or None})
            yield {"selected": value == (self.value() or ""), "query_string": address, "display": words}

    def queryset(self, request: HttpRequest, queryset: QuerySet[CorrectionRequest]) -> QuerySet[CorrectionRequest]:
        part = PARTS.get(self.value() or "")
        return queryset.filter(part[1](actor_of(request))) if part else queryset


@admin.register(CorrectionRequest)
class CorrectionRequestAdmin(RecordAdmin):
    page_template = "admin/reviews/correctionrequest/page.html"
    list_display = ("words", "standing", "who", "until", "about", "since")
    list_display_links = None
    list_filter = (RequestPartFilter,)
    list_select_related = SHOWN_WITH
    ordering = ("-id",)

    class Media:
        css = {"all": ("claims/admin.css", "reviews/desk.css")}

    def get_queryset(self, request: HttpRequest) -> QuerySet[CorrectionRequest]:
        return workflow.requests_visible_to(actor_of(request)).select_related(*SHOWN_WITH)

    # The list

    @admin.display(description="what a reader says")
    def words(self, row: CorrectionRequest) -> SafeString:
        return format_html('<a href="{}">{}</a>', _address(row), Truncator(row.text).chars(240))

    @admin.display(description="state", ordering="state")
    def standing(self, row: CorrectionRequest) -> SafeString:
        return badge(STATES[S(row.state)], row.state)

    @admin.display(description="handled by")
    def who(self, row: CorrectionRequest) -> str:
        return row.handler.get_username() if row.handler else "nobody"

    @admin.display(description="answer", ordering="answer_due_at")
    def until(self, row: CorrectionRequest) -> SafeString:
        words, at = ("given", row.answered_at) if row.answered_at else ("due", row.answer_due_at)
        return format_html("{} {}", words, moment(at))

    @admin.display(description="fact-check")
    def about(self, row: CorrectionRequest) -> str:
        return Truncator(row.review.claim.text).chars(120)

    @admin.display(description="sent", ordering="id")
    def since(self, row: CorrectionRequest) -> SafeString:
        return age(row.created_at)

    # The page

    def get_urls(self) -> list[URLPattern]:
        act = self.admin_site.admin_view(self.act)
        own = path("<path:object_id>/act/<str:action>/", act, name="reviews_correctionrequest_act")
        return [own, *super().get_urls()]

    def page(self, request: HttpRequest, row: CorrectionRequest) -> HttpResponse:
        return self._show(request, row)

    def act(self, request: HttpRequest, object_id: str, action: str) -> HttpResponse:
        """The page with the form of one action open; a POST takes it."""
        row = get_object_or_404(self.get_queryset(request), pk=identifier(object_id))
        if action not in FORMS and action not in list(RequestAction):
            raise Http404("There is no such action.")
        taken = RequestAction(action)
        if request.method != "POST":
            return self._show(request, row, taken, fields.form_of(FORMS.get(taken), _offers(row)))
        form = fields.form_of(FORMS.get(taken), _offers(row), request.POST)
        form.is_valid()
        address = f"/api/v1/correction-requests/{row.pk}/{taken.replace('_', '-')}"
        said, seen = fields.body_of(FORMS.get(taken), form), request.POST.get("seen", "")[:100]
        answer = ask(request, "POST", address, said, seen=seen, key=request.POST.get("key", "")[:100])
        if answer.is_done:
            self.message_user(request, f"{BY_ACTION[taken].label}: done.", messages.SUCCESS)
            return HttpResponseRedirect(_address(row))
        if not answer.is_stale:
            fields.tell(form, answer.told)
        response = self._show(request, self.get_queryset(request).get(pk=row.pk), taken, form, answer)
        response.status_code = 409 if answer.is_stale or answer.status == 403 else answer.status
        return response

    def _show(
        self,
        request: HttpRequest,
        row: CorrectionRequest,
        taken: RequestAction | None = None,
        form: Any = None,
        answer: Answer | None = None,
    ) -> HttpResponse:
        told = CorrectionRequestSerializer(row, context={"request": request}).data
        steps = [
            step | {"why": " ".join(each["words"] for each in step["blocked_by"])} for step in told["allowed_actions"]
        ]
        sent_version = request.POST.get("seen", "")[:100]
        is_sent = answer is not None and not answer.is_stale
        events = visible_to(actor_of(request)).filter(subject_type="correctionrequest", subject_id=row.pk)
        history = list(events.select_related("actor").order_by("-number")[:EVENTS_SHOWN])
        for event in history:
            event.data = in_words(event.data)
        context = {
            "title": "Request for a correction",
            "crumb": row.text,
            "request_": told,
            "state_badge": STATES[S(row.state)],
            "steps": steps,
            "taken": BY_ACTION[taken] if taken else None,
            "form": form,
            "why_not": next((step["why"] for step in steps if step["action"] == taken), ""),
            "conflict": {"stale": answer.stale, "seen": sent_version} if answer and answer.is_stale else None,
            "seen": sent_version if is_sent else str(row.version),
            "key": uuid4().hex,
            "may_doubt": row.state in (S.ACKNOWLEDGED, S.ACCEPTED) and row.review.stage == Stage.PUBLISHED,
            "history": history,
        }
        return self.render(request, self.page_template, row, context)


STATES: dict[RequestState, str] = {  # the badge of each
    S.RECEIVED: "queued", S.ACKNOWLEDGED: "running", S.ACCEPTED: "accepted", S.DECLINED: "rejected", S.DUPLICATE: "merged",
    S.RESOLVED: "done",
}  # fmt: skip


def _address(row: CorrectionRequest) -> str:
    return reverse("admin:reviews_correctionrequest_change", args=[row.pk])


def _offers(row: CorrectionRequest) -> dict[str, fields.Choices]:
    others = CorrectionRequest.objects.filter(fact_check=row.fact_check_id).exclude(pk=row.pk).order_by("-id")
    told = others.values_list("pk", "state", "text")[:OTHERS_SHOWN]
    return {"duplicate_of": [(str(pk), f"{Truncator(text).chars(160)} ({state})") for pk, state, text in told]}
