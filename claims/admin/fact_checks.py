"""What others have checked before. Nothing here writes."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from claims.models import EarlierFactCheck
from factcheck.admin.base import RecordAdmin
from factcheck.templatetags.desk import age, badge

MATCHES_SHOWN = 50


@admin.register(EarlierFactCheck)
class EarlierFactCheckAdmin(RecordAdmin):
    page_template = "admin/claims/earlierfactcheck/page.html"
    list_display = ("claim_text", "rating", "publisher", "published_on", "state", "age")
    ordering = ("-id",)

    @admin.display(description="state")
    def state(self, row: EarlierFactCheck) -> SafeString:
        return badge("failed", "withdrawn") if row.withdrawn_at else badge("done", "stands")

    @admin.display(ordering="id")
    def age(self, row: EarlierFactCheck) -> SafeString:
        return age(row.created_at)

    def page_context(self, request: HttpRequest, row: EarlierFactCheck) -> dict[str, Any]:
        return {
            "title": "Earlier fact-check",
            "crumb": row.claim_text,
            "matches": row.matches.select_related("claim").order_by("-id")[:MATCHES_SHOWN],
        }
