"""Articles: what was published, with the claims found in it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db import OperationalError
from django.db.models import Count, F
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from claims import pipeline
from claims.access import KEEP_ARTICLES
from claims.admin.filters import OutletFilter
from claims.admin.forms import MissedForm, WithdrawForm
from claims.admin.highlighting import Piece, paragraphs, starts
from claims.admin.naming import OPENING_CHARS, name_of, openings
from claims.admin.reading import NEVER, readings_of
from claims.admin.searching import WordSearch
from claims.admin.triage import STEPS, Step, tell
from claims.models import Appearance, Article, ArticleVersion, Claim
from claims.triage import TriageStatus
from factcheck.accounts.permissions import actor_of, meets
from factcheck.admin.base import Pages, identifier
from factcheck.errors import Problem, StaleVersion
from factcheck.templatetags.desk import badge, moment

SHOWN = [status.value for status in TriageStatus]


class Counted(Pages):
    """Versions and claims are counted for the articles of the page, not for all that match."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows = self.result_list
        ids = [article.pk for article in rows]
        claims: dict[UUID, dict[str, int]] = defaultdict(dict)
        for article_id, status, count in (
            Claim.objects.filter(article__in=ids)
            .order_by()
            .values_list("article_id", "triage_status")
            .annotate(Count("id"))
        ):
            claims[article_id][status] = count
        versions = dict(
            ArticleVersion.objects.filter(article__in=ids).order_by().values_list("article_id").annotate(Count("id"))
        )
        readings, texts = readings_of(ids), openings(rows)
        for article in rows:
            article.reading = readings.get(article.pk, NEVER)
            article.shown_name = name_of(article, texts.get(article.pk, ""))
            article.claim_counts = claims[article.pk]
            article.version_count = versions.get(article.pk, 0)


@admin.register(Article)
class ArticleAdmin(WordSearch):
    page_template = "admin/claims/article/page.html"
    act_page = "/{id}/add-claim/"
    list_display = ("headline", "outlet", "published", "versions_held", "claims_by_status")
    list_display_links = ("headline",)
    list_filter = (OutletFilter,)
    list_select_related = ("outlet",)
    search_fields = ("title",)
    ordering = ("-id",)

    class Media:
        css = {"all": ("claims/admin.css",)}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return Counted

    @admin.display(description="title")
    def headline(self, article: Any) -> str:
        return str(article.shown_name)

    @admin.display(description="published", ordering="published_at")
    def published(self, article: Article) -> SafeString:
        return moment(article.published_at)

    @admin.display(description="versions")
    def versions_held(self, article: Any) -> str:
        return str(article.version_count)

    @admin.display(description="claims")
    def claims_by_status(self, article: Any) -> SafeString:
        counts: dict[str, int] = article.claim_counts
        badges = [badge(status, f"{counts[status]:,} {status}") for status in SHOWN if status in counts]
        # Where nothing is found, why; and where something is, that the newest text was not read yet.
        if not badges or not article.reading.is_finished:
            badges.append(badge(article.reading.state, article.reading.words))
        return format_html_join(" ", "{}", ((one,) for one in badges))

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "<path:object_id>/extract-again/",
            self.admin_site.admin_view(self.extract_again),
            name="claims_article_extract_again",
        )
        add = path(
            "<path:object_id>/add-claim/", self.admin_site.admin_view(self.add_claim), name="claims_article_add_claim"
        )
        withdraw = path(
            "<path:object_id>/withdraw/", self.admin_site.admin_view(self.withdraw), name="claims_article_withdraw"
        )
        return [own, add, withdraw, *super().get_urls()]

    def withdraw(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A page of its own: what it says is what will be erased, for good, and what stays."""
        row = get_object_or_404(self.get_queryset(request), pk=identifier(object_id))
        form = (
            WithdrawForm(request.POST) if request.method == "POST" else WithdrawForm(initial={"version": row.version})
        )
        conflict: dict[str, Any] = {}
        if form.is_valid():
            try:
                pipeline.withdraw_article(row.pk, actor=actor_of(request), **form.cleaned_data)
            except StaleVersion as stale:
                conflict = {"stale": stale.extra, "seen": form.cleaned_data["version"]}
            except Problem as problem:
                tell(form, problem)
            except OperationalError:
                form.add_error(None, "Somebody is changing this article at this moment. Try again.")
            else:
                self.message_user(request, "The article is withdrawn: its words are erased.", messages.SUCCESS)
                return HttpResponseRedirect(reverse("admin:claims_article_change", args=[row.pk]))
            row = self.get_queryset(request).get(pk=row.pk)
        own = list(row.claims.all())
        erased = len(pipeline.untouched(own))
        context = {
            "title": "Withdraw the article",
            "crumb": "Withdraw",
            "form": form,
            "conflict": conflict,
            "versions": row.versions.count(),
            "erased": erased,
            "kept": len(own) - erased,
        }
        response = self.render(request, "admin/claims/article/withdraw.html", row, context)
        response.status_code = 409 if conflict else 200
        return response

    def add_claim(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The claim that a reader of the article saw and the extractor did not."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        version_id = identifier(request.POST.get("version", ""))
        versions = ArticleVersion.objects.filter(pk=version_id, article=identifier(object_id)).select_related("article")
        version = get_object_or_404(versions)
        form = MissedForm(request.POST)
        if form.is_valid():
            try:
                claim = pipeline.add_claim(actor=actor_of(request), version_id=version.pk, **form.missed)
            except Problem as problem:
                tell(form, problem)
            else:
                self.message_user(request, "The claim is a candidate now.", messages.SUCCESS)
                here = reverse("admin:claims_article_change", args=[version.article_id])
                return HttpResponseRedirect(f"{here}?version={version.number}&claim={claim.pk}#claim-{claim.pk}")
        context = self.page_context(request, version.article, form=form, number=str(version.number))
        return self.render(request, self.page_template, version.article, context)

    def extract_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        version_id = identifier(request.POST.get("version", ""))
        version = ArticleVersion.objects.filter(pk=version_id, article=identifier(object_id)).only("number").first()
        if version is None:
            raise Http404
        try:
            run, job = pipeline.request_extraction(version_id, actor=actor_of(request))
        except Problem as problem:
            self.message_user(request, problem.detail, messages.ERROR)
        except OperationalError:
            self.message_user(request, "The version is busy; try again in a moment.", messages.ERROR)
        else:
            if job is None:
                words = f"{run.extractor} {run.extractor_version} has read version {version.number} already: nothing changed."
                self.message_user(request, words)
            else:
                self.message_user(request, f"Version {version.number} is queued for extraction.", messages.SUCCESS)
        return HttpResponseRedirect(
            f"{reverse('admin:claims_article_change', args=[object_id])}?version={version.number}"
        )

    def page_context(
        self, request: HttpRequest, row: Article, form: MissedForm | None = None, number: str | None = None
    ) -> dict[str, Any]:
        versions = list(row.versions.only("article_id", "number", "fetched_at", "length").order_by("-number"))
        version = row.versions.get(pk=_chosen(versions, number or request.GET.get("version")).pk) if versions else None
        in_focus = identifier(request.GET["claim"]) if request.GET.get("claim") else None
        entries = _entries(version, in_focus) if version else []
        return {
            "may_withdraw": meets(request, KEEP_ARTICLES) and row.withdrawn_at is None,
            "title": name_of(row, version.text[:OPENING_CHARS] if version else ""),
            "reading": readings_of([row.pk]).get(row.pk, NEVER),
            # An address of another scheme is shown, never linked.
            "has_web_address": row.canonical_url.startswith(("http://", "https://")),
            "versions": versions,
            "version": version,
            "entries": entries,
            "focus_is_elsewhere": in_focus is not None and not any(entry.is_focused for entry in entries),
            "in_focus": in_focus,
            "form": form or MissedForm(),
            "paragraphs": _shown(version, entries) if version else [],
            "starts": starts(version.text) if version else [],
            "runs": version.extraction_runs.order_by("-id") if version else [],
            "claims_elsewhere": row.claims.exclude(appearances__article_version=version).count(),
        }


def _chosen(versions: list[ArticleVersion], number: str | None) -> ArticleVersion:
    if number is None:
        return versions[0]
    for version in versions:
        if str(version.number) == number:
            return version
    raise Http404(f"There is no version {number[:20]}.")


@dataclass(slots=True)
class Entry:
    """One claim of the version shown, with its places in the text, and its number in the list beside it."""

    number: int
    claim: Claim
    places: list[Appearance]
    is_focused: bool
    back: str  # to this claim on this page

    @property
    def steps(self) -> list[Step]:
        return [step for step in STEPS if step.is_open_to(self.claim)]


def _entries(version: ArticleVersion, in_focus: UUID | None) -> list[Entry]:
    places: dict[UUID, list[Appearance]] = defaultdict(list)
    for place in version.appearances.order_by("start", "end", "id"):
        places[place.claim_id].append(place)
    claims = Claim.objects.filter(pk__in=places).order_by(F("check_worthiness").desc(nulls_last=True), "-id")
    here = f"{reverse('admin:claims_article_change', args=[version.article_id])}?version={version.number}"
    return [
        Entry(n, claim, places[claim.pk], claim.pk == in_focus, f"{here}#claim-{claim.pk}")
        for n, claim in enumerate(claims, 1)
    ]


@dataclass(frozen=True, slots=True)
class Shown:
    """A piece of text as the template needs it: the claim that it links to (the innermost), and the places that begin here."""

    text: str
    entry: Entry | None
    depth: int
    is_focused: bool
    opens: list[tuple[Entry, Appearance]]


def _shown(version: ArticleVersion, entries: list[Entry]) -> list[list[Shown]]:
    spans = [(entry, place) for entry in entries for place in entry.places]

    def show(piece: Piece) -> Shown:
        inside = [spans[n][0] for n in piece.inside]
        return Shown(
            piece.text,
            inside[-1] if inside else None,
            min(len(inside), 3),
            any(entry.is_focused for entry in inside),
            [spans[n] for n in piece.opens],
        )

    cut = paragraphs(version.text, [(place.start, place.end) for _, place in spans])
    return [[show(piece) for piece in paragraph] for paragraph in cut]
