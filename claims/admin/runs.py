"""Imports and extractions: what they did and what they could not do. Nothing here writes."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from claims.models import ExtractionRun, ImportRun
from claims.pipeline.importing import EXTRACT
from factcheck.admin.base import RecordAdmin
from factcheck.models import Job
from factcheck.templatetags.desk import age, badge

FAILED_ROWS_SHOWN = 50


@admin.register(ImportRun)
class ImportRunAdmin(RecordAdmin):
    page_template = "admin/claims/importrun/page.html"
    list_display = (
        "source",
        "state_badge",
        "rows",
        "created",
        "versioned",
        "unchanged",
        "skipped",
        "failed",
        "started",
    )
    list_filter = ("state",)
    list_select_related = ("started_by",)
    ordering = ("-id",)

    @admin.display(description="state")
    def state_badge(self, run: ImportRun) -> SafeString:
        return badge(run.state)

    @admin.display(description="age", ordering="id")
    def started(self, run: ImportRun) -> SafeString:
        return age(run.created_at)

    def page_context(self, request: HttpRequest, row: ImportRun) -> dict[str, Any]:
        # The run itself counted its failed rows: they need not be counted again.
        failed = Paginator(row.failed_rows.order_by("id"), FAILED_ROWS_SHOWN)
        failed.count = row.failed
        return {
            "title": "Import",
            "crumb": row.source,
            "failed_rows": failed.get_page(request.GET.get("page")),
            "counts": [
                (name, getattr(row, name))
                for name in ("rows", "created", "versioned", "unchanged", "skipped", "failed")
            ],
        }


@admin.register(ExtractionRun)
class ExtractionRunAdmin(RecordAdmin):
    page_template = "admin/claims/extractionrun/page.html"
    list_display = ("reading", "article", "status_badge", "candidates", "created_claims", "attached_claims", "age")
    list_filter = ("status",)
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> Any:
        # Without the texts: fifty of them may be megabytes.
        return super().get_queryset(request).select_related("version__article").defer("version__text")

    @admin.display(description="extractor")
    def reading(self, run: ExtractionRun) -> str:
        return f"{run.extractor} {run.extractor_version}"

    @admin.display
    def article(self, run: ExtractionRun) -> SafeString:
        return format_html(
            '<a href="{}?version={}">{}</a> (version {})',
            reverse("admin:claims_article_change", args=[run.version.article_id]),
            run.version.number,
            run.version.article,
            run.version.number,
        )

    @admin.display(description="status")
    def status_badge(self, run: ExtractionRun) -> SafeString:
        return badge(run.status)

    @admin.display(ordering="id")
    def age(self, run: ExtractionRun) -> SafeString:
        return age(run.created_at)

    def page_context(self, request: HttpRequest, row: ExtractionRun) -> dict[str, Any]:
        return {
            "title": f"Extraction by {row.extractor} {row.extractor_version}",
            "jobs": Job.objects.filter(kind=EXTRACT, subject_id=row.pk).order_by("-id")[:10],
        }
