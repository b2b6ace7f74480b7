"""What others have checked before. Nothing here writes."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from claims.admin.runs import articles_of_runs
from claims.models import Claim, EarlierFactCheck
from claims.pipeline.queueing import MATCH
from factcheck.admin.base import RecordAdmin
from factcheck.admin.jobs import describes
from factcheck.templatetags.desk import age, badge

MATCHES_SHOWN = 50


@describes(MATCH)
def compared(ids: Collection[UUID]) -> dict[UUID, str]:
    """Claims and fact-checks that are compared with what is here, by their words; of a whole reading its article."""
    found = {**articles_of_runs(ids)}
    for model, name, words in ((Claim, "claim", "text"), (EarlierFactCheck, "earlierfactcheck", "claim_text")):
        for pk, said in model.objects.filter(pk__in=ids).values_list("pk", words):
            address = reverse(f"admin:claims_{name}_change", args=[pk])
            found[pk] = format_html('<a href="{}">{}</a>', address, Truncator(said).chars(90))
    return found


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
