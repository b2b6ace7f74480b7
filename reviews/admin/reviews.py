"""Reviews: their list, the desk of each, and what can be done there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

from django.contrib import admin, messages
from django.db.models import Exists, F, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from claims.models import Claim
from claims.triage import TriageStatus
from factcheck.accounts.permissions import actor_of
from factcheck.admin.base import CodeFilter, RecordAdmin, identifier
from factcheck.admin.uploading import takes_file
from factcheck.templatetags.desk import age, badge, moment
from reviews import forms, publication, workflow
from reviews.access import ACTIONS
from reviews.admin import fields
from reviews.admin.asking import Answer, ask, ask_with_file
from reviews.admin.beginnings import answered, bases_of, blank, conflict_of, item_of, of_files, offers_of, seen_of
from reviews.admin.doing import Doing, doing
from reviews.admin.panels import Panels
from reviews.admin.parts import DeskFilter, PartFilter
from reviews.admin.revisions import side_by_side
from reviews.admin.saving import saving_of
from reviews.evidence import MAX_BYTES
from reviews.models import FactCheckRevision, Review
from reviews.publication import documents
from reviews.stages import Action
from reviews.workflow.documents import document_of

SHOWN_WITH = ("claim", "desk", "lead", "adjudicator", "handler")
CLAIMS_SHOWN = 50
ADDED = {Action.ADD_EVIDENCE: "evidence", Action.COMMENT: "comment"}
STATUS = {403: 409}  # whoever may see the page is not refused the page


@admin.register(Review)
class ReviewAdmin(RecordAdmin):
    page_template = "admin/reviews/review/desk.html"
    list_display = ("assertion", "state", "who", "due", "desk", "since")
    list_display_links = None
    list_filter = (PartFilter, ("stage", CodeFilter), ("risk", CodeFilter), DeskFilter)
    list_select_related = ("claim", "desk", "lead")
    ordering = ("-id",)

    class Media:
        css = {"all": ("claims/admin.css", "reviews/desk.css")}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Review]:
        return workflow.visible_to(actor_of(request)).select_related(*SHOWN_WITH)

    # The list

    @admin.display(description="claim")
    def assertion(self, review: Review) -> SafeString:
        return format_html('<a href="{}">{}</a>', _address("change", review.pk), review.claim.text)

    @admin.display(description="stage", ordering="stage")
    def state(self, review: Review) -> SafeString:
        words = badge(review.stage, review.stage.replace("_", " "))
        risk = badge("blocked", "high risk") if review.risk == "high" else ""
        hold = badge("deferred", "on hold") if review.is_on_hold else ""
        return format_html("{} {} {}", words, risk, hold)

    @admin.display(description="lead")
    def who(self, review: Review) -> str:
        return review.lead.get_username() if review.lead else "nobody"

    @admin.display(ordering="due_at")
    def due(self, review: Review) -> SafeString:
        return moment(review.due_at, "no limit")

    @admin.display(description="in this stage for", ordering="entered_stage_at")
    def since(self, review: Review) -> SafeString:
        return age(review.entered_stage_at)

    # The desk

    def get_urls(self) -> list[URLPattern]:
        def own(address: str, view: Any, name: str) -> URLPattern:
            return path(address, self.admin_site.admin_view(view), name=f"reviews_review_{name}")

        return [
            own("take-next/", self.take_next, "take_next"),
            own("<path:object_id>/act/<str:action>/", self.act, "act"),
            own("<path:object_id>/act/<str:action>/<str:item>/", self.act, "act_on"),
            own("<path:object_id>/keep-draft/", self.keep_draft, "keep_draft"),
            own("<path:object_id>/add-file/", self.add_file, "add_file"),
            own("<path:object_id>/store-again/<str:item>/", self.store_again, "store_again"),
            own("<path:object_id>/preview/", self.preview, "preview"),
            own("<path:object_id>/revisions/", self.revisions, "revisions"),
            *super().get_urls(),
        ]

    def page(self, request: HttpRequest, row: Review) -> HttpResponse:
        panels = Panels(row, request)
        main = panels.main_action
        return self._desk(request, panels, *blank(panels, doing(main), None) if main else ())

    def act(self, request: HttpRequest, object_id: str, action: str, item: str = "") -> HttpResponse:
        """The desk with the form of one action open; a POST takes it."""
        panels = Panels(get_object_or_404(self.get_queryset(request), pk=identifier(object_id)), request)
        if action not in ACTIONS:
            raise Http404("There is no such action.")
        asked = doing(Action(action))
        if item and not asked.is_of_item:
            raise Http404("It is no action on a piece of evidence.")
        subject = item_of(panels, item) if asked.is_of_item else None
        if request.method != "POST":
            return self._desk(request, panels, *blank(panels, asked, subject))
        form = fields.form_of(asked.form, offers_of(panels, asked), request.POST)
        form.is_valid()
        answer = ask(
            request,
            asked.method,
            asked.address_of(item or panels.review.pk),
            fields.body_of(asked.form, form),
            seen=request.POST.get("seen", "")[:100],
            key=request.POST.get("key", "")[:100],
        )
        if answer.is_done:
            self.message_user(request, f"{asked.label}: done.", messages.SUCCESS)
            return HttpResponseRedirect(self._onwards(request, panels.review, asked) + _place_of(asked, answer))
        # Whatever was read before is not what was refused.
        panels = Panels(self.get_queryset(request).get(pk=panels.review.pk), request)
        subject = item_of(panels, item) if asked.is_of_item else None
        conflict = conflict_of(request, panels, asked, form, subject, answer) if answer.is_stale else None
        if conflict:
            form = fields.form_of(asked.form, offers_of(panels, asked), conflict["data"])
            form.is_valid()
        else:
            fields.tell(form, answer.told)
        response = self._desk(request, panels, asked, form, subject, conflict=conflict)
        response.status_code = STATUS.get(answer.status, 409 if answer.is_stale else answer.status)
        return response

    def _onwards(self, request: HttpRequest, review: Review, taken: Doing) -> str:
        """After a verdict to the next one that waits, where whoever gave it asked for that."""
        if taken.action is Action.SUBMIT_VERDICT and request.POST.get("then") == "next":
            waiting = workflow.to_be_judged_by(actor_of(request)).order_by("due_at", "pk").first()
            if waiting is not None:
                return _address("change", waiting.pk)
            self.message_user(request, "No other review waits for your verdict.")
        return _address("change", review.pk)

    def _desk(
        self,
        request: HttpRequest,
        panels: Panels,
        asked: Doing | None = None,
        form: Any = None,
        item: Any = None,
        conflict: dict[str, Any] | None = None,
    ) -> HttpResponse:
        review = panels.review
        # Whoever mends a form has seen what they saw when they opened it, whatever happened since.
        is_fresh = conflict is not None or (form is not None and not form.is_bound)
        context = {
            "title": "Review",
            "crumb": review.claim.text,
            "panels": panels,
            "review": review,
            "asked": asked,
            "form": form,
            "item": item,
            "answered": answered(panels, form) if asked and asked.action is Action.COMMENT else None,
            "seen": seen_of(panels, asked, item) if asked and is_fresh else request.POST.get("seen", "")[:100],
            "key": uuid4().hex,
            "bases": bases_of(request, panels, asked, form, item, is_fresh) if asked else [],
            "conflict": conflict,
            # Over what somebody else has saved nobody writes without saying so.
            "saving": saving_of(asked.action, review.pk) if asked and not conflict else {},
        }
        return self.render(request, self.page_template, review, context)

    def keep_draft(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What is written of a verdict so far, for its author alone."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        panels = Panels(get_object_or_404(self.get_queryset(request), pk=identifier(object_id)), request)
        form = fields.form_of(forms.JudgementSerializer, panels.offers(), request.POST)
        form.is_valid()
        said = fields.body_of(forms.VerdictDraftSerializer, form)
        answer = ask(request, "PATCH", f"/api/v1/reviews/{panels.review.pk}/seat/draft", said)
        words = "Kept, for you alone." if answer.is_done else answer.told["detail"]
        self.message_user(request, words, messages.SUCCESS if answer.is_done else messages.ERROR)
        return HttpResponseRedirect(_address("change", panels.review.pk))

    @takes_file(MAX_BYTES)
    def add_file(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The desk with the form of a file as evidence open; a POST adds it."""
        panels = Panels(get_object_or_404(self.get_queryset(request), pk=identifier(object_id)), request)
        asked = replace(doing(Action.ADD_EVIDENCE), form=forms.NewEvidenceFileSerializer)
        offers = panels.offers()
        if request.method != "POST":
            return self._desk(request, panels, asked, of_files(fields.form_of(asked.form, offers)))
        form = of_files(fields.form_of(asked.form, offers, request.POST))
        form.is_valid()
        sent: Any = request
        if sent.unread:
            answer = Answer(sent.unread.status, {"detail": sent.unread.detail})
        else:
            said = fields.parts_of(asked.form, form)
            address = f"/api/v1/reviews/{panels.review.pk}/evidence-files"
            # A browser sends an empty file where none was chosen.
            file = sent.upload if sent.upload and sent.upload.name else None
            answer = ask_with_file(request, address, said, file, key=request.POST.get("key", "")[:100])
        if answer.is_done:
            self.message_user(request, f"{asked.label}: done.", messages.SUCCESS)
            return HttpResponseRedirect(_address("change", panels.review.pk) + _place_of(asked, answer))
        fields.tell(form, answer.told)
        response = self._desk(request, panels, asked, form)
        response.status_code = STATUS.get(answer.status, answer.status)
        return response

    def store_again(self, request: HttpRequest, object_id: str, item: str) -> HttpResponse:
        """Have the page of an item fetched once more."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        key = identifier(item)
        answer = ask(request, "POST", f"/api/v1/evidence/{key}/take-snapshot", {})
        words = "Its page is fetched again." if answer.is_done else answer.told["detail"]
        self.message_user(request, words, messages.SUCCESS if answer.is_done else messages.ERROR)
        return HttpResponseRedirect(f"{_address('change', identifier(object_id))}#evidence-{key}")

    def preview(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The public text and its ClaimReview as they would be now."""
        review = get_object_or_404(self.get_queryset(request), pk=identifier(object_id))
        panels = Panels(review, request)
        decision, draft = panels.facts.decision, panels.facts.draft
        if decision is None or draft is None:
            raise Http404("There is no draft before there is a decision.")
        document = document_of(review, decision, draft, timezone.now())
        profiles = [
            (
                name,
                documents.without_nothing(profile.make(document)),
                publication.problems(profile.make(document), profile),
            )
            for name, profile in publication.PROFILES.items()
        ]
        context = {"title": "Preview", "crumb": "Preview", "review": review, "document": document, "profiles": profiles}
        return self.render(request, "admin/reviews/review/preview.html", review, context)

    def revisions(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Two of what was ever public of it, side by side: the last two, or those that the address names."""
        review = get_object_or_404(self.get_queryset(request), pk=identifier(object_id))
        rows = FactCheckRevision.objects.filter(fact_check__review=review)
        found = list(rows.select_related("published_by", "approval__approver").order_by("-number"))
        if not found:
            raise Http404("Nothing of it is public.")
        numbers = {str(row.number): row for row in found}
        after = numbers.get(request.GET.get("after", ""), found[0])
        before = numbers.get(request.GET.get("before", ""), numbers.get(str(after.number - 1), after))
        context = {
            "title": "Revisions",
            "crumb": "Revisions",
            "review": review,
            "fact_check": review.fact_check,
            "revisions": found,
            "before": before,
            "after": after,
            "shown": [after] if before == after else [before, after],
            "sides": side_by_side(before, after),
        }
        return self.render(request, "admin/reviews/review/revisions.html", review, context)

    def take_next(self, request: HttpRequest) -> HttpResponse:
        """The best queued review of a desk."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        answer = ask(request, "POST", "/api/v1/queue/next", {"desk": request.POST.get("desk", "")})
        if answer.is_done and answer.told:
            self.message_user(request, "You lead this one now.", messages.SUCCESS)
            return HttpResponseRedirect(_address("change", answer.told["id"]))
        words = "Nothing waits in this queue." if answer.is_done else answer.told["detail"]
        self.message_user(request, words, messages.INFO if answer.is_done else messages.ERROR)
        return HttpResponseRedirect(reverse("admin:index"))

    # Opening one

    def add_page(self, request: HttpRequest) -> HttpResponse:
        """An accepted claim that no review is about, and whose desk shall look at it."""
        desks = [(str(pk), name) for pk, name in workflow.desks_of(actor_of(request)).values_list("pk", "name")]
        claims = list(ready_claims()[:CLAIMS_SHOWN])
        offers = {"claim": [(str(claim.pk), claim.text) for claim in claims], "desk": desks}
        asked = forms.NewReviewSerializer
        first = {
            "claim": request.GET.get("claim") or (offers["claim"][0][0] if claims else ""),
            "desk": desks[0][0] if desks else "",
        }
        form = fields.form_of(asked, offers, request.POST if request.method == "POST" else None, first)
        if request.method == "POST":
            form.is_valid()
            key = request.POST.get("key", "")[:100]
            answer = ask(request, "POST", "/api/v1/reviews", fields.body_of(asked, form), key=key)
            if answer.is_done:
                self.message_user(request, "The claim is in the queue.", messages.SUCCESS)
                return HttpResponseRedirect(_address("change", answer.told["id"]))
            fields.tell(form, answer.told)
        context = {"title": "Open a review", "form": form, "key": uuid4().hex, "claims": claims, "desks": desks}
        return self.render(request, "admin/reviews/review/add.html", None, context)


def ready_claims() -> QuerySet[Claim]:
    """Accepted ones that no review was ever about (a closed one is reopened), the most check-worthy first."""
    accepted = Claim.objects.filter(triage_status=TriageStatus.ACCEPTED)
    fresh = accepted.filter(~Exists(Review.objects.filter(claim=OuterRef("pk"))))
    return fresh.order_by(F("check_worthiness").desc(nulls_last=True), "-id")


def _address(page: str, *keys: Any) -> str:
    return reverse(f"admin:reviews_review_{page}", args=keys)


def _place_of(asked: Doing, answer: Answer) -> str:
    """Where on the desk what was added stands."""
    kind = ADDED.get(asked.action)
    return f"#{kind}-{answer.told['id']}" if kind else ""
