"""Imports and extractions: what they did and what they could not do; the form that starts one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from claims import pipeline
from claims.admin.forms import ImportForm
from claims.admin.naming import name_of, opening
from claims.models import ExtractionRun, ImportRun
from claims.pipeline.fetching import FETCH
from claims.pipeline.queueing import EXTRACT
from claims.pipeline.runs import FACT_CHECKS, QUEUED
from claims.pipeline.uploads import IMPORT, MAX_FILE_BYTES
from claims.sources.inputs import STANDARD_INPUT
from factcheck.accounts.permissions import actor_of
from factcheck.admin.base import CodeFilter, RecordAdmin, identifier
from factcheck.admin.jobs import describes
from factcheck.admin.uploading import takes_file
from factcheck.errors import ActionNotAllowed, InvalidInput, Problem
from factcheck.models import Job
from factcheck.templatetags.desk import age, badge, counted, spaced

FAILED_ROWS_SHOWN = 50


COUNTS = {
    "rows": "rows", "created": "new articles", "versioned": "new versions", "unchanged": "unchanged", "skipped": "skipped",
    "failed": "failed rows",
}  # fmt: skip
DUPLICATES = {"version": "becomes a new version", "skip": "is skipped", "fail": "is refused"}


def source_in_words(source: str) -> str:
    return {STANDARD_INPUT: "standard input", "api": "the API"}.get(source, source)


def _count(name: str, words: str) -> Callable[[ImportRun], str]:
    def count(run: ImportRun) -> str:
        return f"{getattr(run, name):,}"

    count.__name__ = name
    return admin.display(description=words)(count)


@admin.register(ImportRun)
class ImportRunAdmin(RecordAdmin):
    page_template = "admin/claims/importrun/page.html"
    shows_workers = True
    add_label = "Import articles"
    list_display = ("origin", "state_badge", *(_count(name, words) for name, words in COUNTS.items()), "started")
    list_filter = (("state", CodeFilter),)
    list_select_related = ("started_by",)
    ordering = ("-id",)

    @admin.display(description="source")
    def origin(self, run: ImportRun) -> str:
        return source_in_words(run.source)

    @admin.display(description="state")
    def state_badge(self, run: ImportRun) -> SafeString:
        return state_of(run)

    @admin.display(description="age", ordering="id")
    def started(self, run: ImportRun) -> SafeString:
        return age(run.created_at)

    def get_urls(self) -> list[URLPattern]:
        def own(address: str, view: Any, name: str) -> URLPattern:
            return path(
                f"<path:object_id>/{address}", self.admin_site.admin_view(view), name=f"claims_importrun_{name}"
            )

        return [
            own("failed-rows.jsonl", self.download, "failed_rows"),
            own("retry-failed/", self.retry_failed, "retry_failed"),
            *super().get_urls(),
        ]

    # Starting one

    @takes_file(MAX_FILE_BYTES)
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        return self.add_page(request)

    def add_page(self, request: HttpRequest) -> HttpResponse:
        """A file, and what is said of it: the run is one like every other."""
        if request.method != "POST":
            return self._form(request, ImportForm())
        sent: Any = request
        if sent.unread:
            return self._form(request, ImportForm(), status=sent.unread.status, unread=sent.unread)
        form, upload = ImportForm(request.POST), sent.upload
        if not form.is_valid():
            return self._form(request, form, status=422)
        try:
            job = pipeline.request_import(
                upload.name if upload else "",
                upload.payload if upload else b"",
                form.asked,
                started_by=actor_of(request),
            )
        except InvalidInput as refused:
            for error in refused.errors:
                form.add_error((error.pointer or "").lstrip("/"), error.detail)
            return self._form(request, form, status=refused.status)
        self.message_user(request, "The file is queued to be imported.", messages.SUCCESS)
        return HttpResponseRedirect(_address(job.subject_id))

    def _form(
        self, request: HttpRequest, form: ImportForm, *, status: int = 200, unread: Problem | None = None
    ) -> HttpResponse:
        context = {"title": "Import articles", "form": form, "unread": unread}
        page = self.render(request, "admin/claims/importrun/add.html", None, context)
        page.status_code = status
        return page

    def retry_failed(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A run of the rows that this one refused."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        run = get_object_or_404(ImportRun, pk=identifier(object_id))
        try:
            job = pipeline.retry_failed_rows(run.pk, started_by=actor_of(request))
        except ActionNotAllowed as refused:
            self.message_user(request, refused.detail, messages.ERROR)
            return HttpResponseRedirect(_address(run.pk))
        self.message_user(request, "The rows that were refused are queued to be imported.", messages.SUCCESS)
        return HttpResponseRedirect(_address(job.subject_id))

    # What came of it

    def download(self, request: HttpRequest, object_id: str) -> StreamingHttpResponse:
        """The failed rows as they can be mended and fed back: the file that the command writes with --errors."""
        run = get_object_or_404(ImportRun, pk=identifier(object_id))
        lines = run.failed_rows.order_by("id").values_list("raw", flat=True).iterator(chunk_size=500)
        response = StreamingHttpResponse((line.encode() for line in lines), content_type="application/jsonl")
        response["Content-Disposition"] = f'attachment; filename="failed-rows-{run.pk}.jsonl"'
        return response

    def page_context(self, request: HttpRequest, row: ImportRun) -> dict[str, Any]:
        # The run itself counted its failed rows: they need not be counted again.
        failed = Paginator(row.failed_rows.order_by("id"), FAILED_ROWS_SHOWN)
        failed.count = row.failed
        shown = failed.get_page(request.GET.get("page"))
        return {
            "title": "Import",
            "crumb": source_in_words(row.source),
            "source": source_in_words(row.source),
            "state": state_of(row),
            "failed_rows": shown,
            "places": [(failed_row, source_in_words(failed_row.source)) for failed_row in shown],
            "counts": [(words, getattr(row, name)) for name, words in COUNTS.items()],
            "terms": list(_terms(row.options)),
            "stopped_at": _stopped_at(row),
            "is_running": row.state == ImportRun.State.RUNNING,
            "percent": _percent(row),
            "job": _job_of(row),
            "may_retry": row.failed
            and row.state != ImportRun.State.RUNNING
            and FACT_CHECKS not in row.options
            and self.has_add_permission(request),
        }


def _address(run_id: UUID) -> str:
    return reverse("admin:claims_importrun_change", args=[run_id])


def _percent(run: ImportRun) -> int | None:
    """How far a file that is being read was read, where its length is known."""
    size = run.options.get("bytes")
    if run.state != ImportRun.State.RUNNING or not size:
        return None
    return min(100, 100 * run.checkpoint.get("offset", 0) // size)


def _job_of(run: ImportRun) -> Job | None:
    if QUEUED not in run.options:
        return None
    return Job.objects.filter(kind=IMPORT, subject_id=run.pk).order_by("-id").first()


def state_of(run: ImportRun) -> SafeString:
    """A run that came to its end although rows failed is not simply done."""
    if run.state == ImportRun.State.DONE and run.failed:
        return badge("interrupted", f"done, {counted(run.failed, 'row')} failed")
    return badge(run.state)


def _terms(options: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What was asked of the run, without what is usual."""
    if sources := options.get("sources"):
        yield "Files", ", ".join(map(source_in_words, sources))
    if options.get("sha256"):
        yield "SHA-256 of the file", options["sha256"]
    if options.get("bytes"):
        yield "Bytes", f"{options['bytes']:,}"
    if options.get("folder") and sources != [STANDARD_INPUT]:
        yield "Folder", options["folder"]
    if retried := options.get("retry_failed"):
        yield "Rows of the run", format_html('<a href="{}">{}</a>', _address(retried), retried)
    if options.get("format"):
        yield "Format", "told by each file" if options["format"] == "auto" else options["format"]
    if options.get("map"):
        yield "Fields", ", ".join(f"{theirs} is our {ours}" for theirs, ours in options["map"].items())
    for name in ("outlet", "language"):
        if options.get(name):
            yield f"{name.capitalize()} where a row states none", options[name]
    if options.get("default_timezone") not in (None, "UTC"):
        yield "Time zone of dates without one", options["default_timezone"]
    if options.get("on_duplicate"):
        yield "A changed text", DUPLICATES.get(options["on_duplicate"], options["on_duplicate"])
    if options.get("extract") is False:
        yield "Read for claims", "no"
    if options.get("atomic"):
        yield "All or nothing", "yes"
    for name, value in (options.get("stated") or {}).items():
        yield f"{spaced(name).capitalize()}, as stated", str(value)


def _stopped_at(run: ImportRun) -> str:
    at = run.checkpoint
    if run.state == ImportRun.State.DONE or not at.get("source"):
        return ""
    line = f", line {at['line']:,}" if at.get("line") else ""
    return source_in_words(at["source"]) + line


@describes(EXTRACT)
def articles_of_runs(ids: Collection[UUID]) -> dict[UUID, str]:
    runs = ExtractionRun.objects.filter(pk__in=ids).select_related("version__article").defer("version__text")
    return {run.pk: link_to_version(run) for run in runs.annotate(opening=opening("version__text"))}


@describes(IMPORT)
@describes(FETCH)
def addresses_of_runs(ids: Collection[UUID]) -> dict[UUID, str]:
    return {
        run.pk: format_html('<a href="{}">{}</a>', _address(run.pk), run.source)
        for run in ImportRun.objects.filter(pk__in=ids)
    }


def link_to_version(run: Any) -> SafeString:
    """`run` has the `opening` of its text."""
    return format_html(
        '<a href="{}?version={}">{}</a> (version {})',
        reverse("admin:claims_article_change", args=[run.version.article_id]),
        run.version.number,
        name_of(run.version.article, run.opening),
        run.version.number,
    )


@admin.register(ExtractionRun)
class ExtractionRunAdmin(RecordAdmin):
    page_template = "admin/claims/extractionrun/page.html"
    shows_workers = True
    list_display = ("reading", "article", "status_badge", "candidates", "created_claims", "attached_claims", "age")
    list_filter = (("status", CodeFilter),)
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> Any:
        # Without the texts: fifty of them may be megabytes.
        found = super().get_queryset(request).select_related("version__article").defer("version__text")
        return found.annotate(opening=opening("version__text"))

    @admin.display(description="extractor")
    def reading(self, run: ExtractionRun) -> str:
        return f"{run.extractor} {run.extractor_version}"

    @admin.display
    def article(self, run: ExtractionRun) -> SafeString:
        return link_to_version(run)

    @admin.display(description="status")
    def status_badge(self, run: ExtractionRun) -> SafeString:
        return badge(run.status)

    @admin.display(ordering="id")
    def age(self, run: ExtractionRun) -> SafeString:
        return age(run.created_at)

    def page_context(self, request: HttpRequest, row: ExtractionRun) -> dict[str, Any]:
        return {
            "title": f"Extraction by {row.extractor} {row.extractor_version}",
            "article": link_to_version(row),
            "jobs": Job.objects.filter(kind=EXTRACT, subject_id=row.pk).order_by("-id")[:10],
        }
