"""What readers see: plain pages made of what is published. No script is needed, and none may run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language_info
from django.views.decorators.csrf import csrf_exempt

from factcheck import security
from factcheck.api.concurrency import is_unchanged, tag_of
from factcheck.api.problems import MethodNotAllowed, answer
from reviews import copies, readers, statistics
from reviews.models import FactCheck, FactCheckRevision, Status
from reviews.publication import EXPORTS, documents, embedding, method, schemaorg, sitemap
from reviews.publication.documents import FactCheckDocument
from reviews.views.public import KEPT

T = TypeVar("T")

POLICY = security.written({**security.PAGES, "script-src": "'none'", "connect-src": "'none'"})
METHODS = ("GET", "HEAD")
FEEDS = tuple({export.name: export for export in EXPORTS}.values())
View = Callable[..., HttpResponseBase]


def no_other_method(request: HttpRequest, methods: Iterable[str]) -> HttpResponse:
    refusal = answer(request, MethodNotAllowed("There is nothing to be done here in that way."))
    refusal["Allow"] = ", ".join(methods)
    return refusal


def reading(view: View) -> View:
    """Whoever asks is shown the same, and nothing changes: a form that is sent here is no question of its token."""

    @csrf_exempt
    @wraps(view)
    def read(request: HttpRequest, *rest: Any, **keys: Any) -> HttpResponseBase:
        if request.method not in METHODS:
            return no_other_method(request, METHODS)
        return view(request, *rest, **keys)

    return read


@reading
def fact_checks(request: HttpRequest) -> HttpResponseBase:
    """What was published last, a page at a time."""
    before = _before(request, UUID)
    return _page(request, "fact_checks", page=readers.latest(before), is_first=not before)


@reading
def fact_check(request: HttpRequest, slug: str) -> HttpResponseBase:
    """As it stands, at the address that its ClaimReview names."""
    return _fact_check(request, slug, None)


@reading
def revision(request: HttpRequest, slug: str, number: int) -> HttpResponseBase:
    """As it stood."""
    return _fact_check(request, slug, number)


def _fact_check(request: HttpRequest, slug: str, number: int | None) -> HttpResponseBase:
    found = get_object_or_404(FactCheck.objects.select_related("review", "retraction__proposal"), slug=slug)
    revisions: list[FactCheckRevision] = list(found.revisions.all())
    if number is not None and not 1 <= number <= len(revisions):
        raise Http404
    asked = revisions[(number or len(revisions)) - 1]
    document = documents.read(asked.content)
    is_retracted = found.status is Status.RETRACTED
    is_current = number is None
    is_tombstone = is_retracted and is_current
    return _page(
        request,
        "retracted" if is_tombstone else "fact_check",
        **_tongue(document),
        fact_check=found,
        document=document,
        revision=asked,
        shown=None if is_tombstone else asked,
        revisions=revisions[::-1],
        # Earlier ones too are known by the address of the one that stands.
        canonical=document.url if asked is revisions[-1] else documents.read(revisions[-1].content).url,
        is_earlier=asked is not revisions[-1],
        is_current=is_current,
        is_doubted=found.status is Status.UNDER_REVISION,
        retraction=found.retraction if is_retracted else None,
        json_ld=mark_safe(embedding.script(schemaorg.claim_review(document))) if is_current else "",
        scale=range(1, (document.rating.best or 0) + 1),
    )


@reading
def snapshot(request: HttpRequest, sha256: str) -> HttpResponseBase:
    """What we keep of a source, at the address that ClaimReview calls its `archivedAt`."""
    copy = copies.of(sha256)
    if copy is None:
        raise Http404
    return _page(request, "snapshot", copy=copy)


@reading
def methodology(request: HttpRequest) -> HttpResponseBase:
    """How fact-checks come about: the stages and the numbers of each desk, and how far its people agree."""
    steps = [words for stage, words in method.STEPS.items() if stage not in method.OTHERWISE]
    otherwise = [method.STEPS[stage] for stage in method.OTHERWISE]
    return _page(
        request,
        "methodology",
        steps=steps,
        otherwise=otherwise,
        desks=readers.desks(),
        agreement=readers.agreement().items(),
        lately=readers.LATELY,
    )


@reading
def corrections(request: HttpRequest) -> HttpResponseBase:
    """Whatever was changed or retracted after it was published, the last change first."""
    before = _before(request, _instant)
    page = readers.changes(before)
    return _page(request, "corrections", page=page, is_first=not before, clocks=statistics.corrections())


def _before(request: HttpRequest, read: Callable[[str], T]) -> T | None:
    """Where the page that was asked for begins; there is none of a place that cannot be read."""
    words = request.GET.get("before")
    try:
        return read(words) if words else None
    except ValueError:
        raise Http404 from None


def _instant(words: str) -> datetime:
    at = datetime.fromisoformat(words)
    if at.tzinfo is None:
        raise ValueError("no offset")
    return at


@reading
def sitemap_index(request: HttpRequest) -> HttpResponseBase:
    """One file while one is enough, else where there are several."""
    count = readers.sitemaps()
    if count == 1:
        return _sitemap(request, 1)
    places = [request.build_absolute_uri(reverse("readers:sitemap-part", args=[n + 1])) for n in range(count)]
    return _kept(request, sitemap.index(places), sitemap.MEDIA_TYPE)


@reading
def sitemap_part(request: HttpRequest, number: int) -> HttpResponseBase:
    if not 1 <= number <= readers.sitemaps():
        raise Http404
    return _sitemap(request, number)


def _sitemap(request: HttpRequest, number: int) -> HttpResponseBase:
    # Of the moment instead of the bytes, which are not there yet.
    tag = tag_of(f"{number} {FactCheck.last_change()}".encode())
    if is_unchanged(request, tag):
        return _told(HttpResponse(status=304), tag)
    pieces = sitemap.written(readers.addresses(number))
    return _told(StreamingHttpResponse(pieces, content_type=sitemap.MEDIA_TYPE), tag)


@reading
def robots(request: HttpRequest) -> HttpResponseBase:
    """Whatever is public may be read by programs too; the desk is no place for them."""
    rules = ["User-agent: *", "Allow: /api/v1/public/", "Disallow: /api/", "Disallow: /admin/", ""]
    place = f"Sitemap: {request.build_absolute_uri(reverse('readers:sitemap'))}"
    return _kept(request, "\n".join([*rules, place, ""]).encode(), "text/plain; charset=utf-8")


@reading
def nothing_here(request: HttpRequest, rest: str) -> HttpResponseBase:
    """Said on a page for readers, as everything below this address is."""
    raise Http404


def _page(request: HttpRequest, name: str, **context: Any) -> HttpResponseBase:
    written = render_to_string(f"readers/{name}.html", {"feeds": FEEDS, **context})
    page = _kept(request, written.encode(), "text/html; charset=utf-8")
    page[security.POLICY_HEADER] = POLICY
    return page


def _kept(request: HttpRequest, body: bytes, media_type: str) -> HttpResponseBase:
    tag = tag_of(body)
    return _told(HttpResponse(status=304) if is_unchanged(request, tag) else HttpResponse(body, media_type), tag)


def _told(response: HttpResponseBase, tag: str) -> HttpResponseBase:
    for name, value in (KEPT | {"ETag": tag}).items():
        response[name] = value
    return response


def _tongue(document: FactCheckDocument) -> dict[str, Any]:
    """The language of a page is that of its fact-check; what we say ourselves is English."""
    language = document.language or "en"
    main = language.partition("-")[0].lower()
    try:
        is_from_the_right = bool(get_language_info(main)["bidi"])
    except KeyError:
        is_from_the_right = False
    ours = "" if main == "en" else SafeString(' lang="en" dir="ltr"')
    return {"language": language, "is_from_the_right": is_from_the_right, "ours": ours}
