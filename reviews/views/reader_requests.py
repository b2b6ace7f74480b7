"""Readers say what is wrong, and look what became of it: the same as over the API, on pages that need no script."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse

from factcheck import security, throttles
from factcheck.api.problems import answer
from factcheck.errors import InvalidInput, NotFound, Throttled
from reviews import workflow
from reviews.forms import MAX_REQUEST_CHARS
from reviews.models import FactCheck
from reviews.publication import documents
from reviews.views.readers import POLICY, no_other_method

ASKING = ("GET", "HEAD", "POST")


class CorrectionForm(forms.Form):
    text = forms.CharField(max_length=MAX_REQUEST_CHARS)
    contact = forms.EmailField(required=False)


def correct(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask for a correction of a fact-check. Whoever has asked is led to the address that tells what became of it."""
    if request.method not in ASKING:
        return no_other_method(request, ASKING)
    fact_check = get_object_or_404(FactCheck, slug=slug)
    form = CorrectionForm(request.POST if request.method == "POST" else None)
    if form.is_bound:
        if over := throttles.count_correction_request(request):
            return answer(request, Throttled(retry_after_seconds=over.reset_seconds))
        if form.is_valid():
            try:
                _, secret = workflow.request_correction(fact_check.pk, **form.cleaned_data)
                place = reverse("readers:correction-request", args=[secret])
                return _unkept(HttpResponseRedirect(place, status=303))
            except InvalidInput as refused:
                for error in refused.errors:
                    form.add_error(error.pointer.strip("/") if error.pointer else None, error.detail)
    said = documents.read(fact_check.revisions.latest("number").content)
    context = {"form": form, "fact_check": fact_check, "document": said, "max_chars": MAX_REQUEST_CHARS}
    return _page(request, "correct", context, status=422 if form.is_bound else 200)


def correction_request(request: HttpRequest, secret: str) -> HttpResponse:
    """What became of a request, for whoever has its address."""
    if request.method not in ("GET", "HEAD"):
        return no_other_method(request, ("GET", "HEAD"))
    try:
        found = workflow.request_of(secret)
    except NotFound:
        raise Http404 from None
    return _page(
        request, "correction_request", {"state": found.state, "answer": found.answer, "slug": found.fact_check.slug}
    )


def _page(request: HttpRequest, name: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    # With the request: the form has a token that is this browser's alone.
    page = _unkept(HttpResponse(render_to_string(f"readers/{name}.html", context, request), status=status))
    page[security.POLICY_HEADER] = POLICY
    return page


def _unkept(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    return response
