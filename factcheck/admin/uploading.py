"""A form of the admin that takes a file: read as the API reads one (`factcheck.api.uploads`), by nothing of Django's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.datastructures import MultiValueDict

from factcheck import routes
from factcheck.accounts.permissions import meets
from factcheck.api.problems import TooLarge
from factcheck.api.uploads import MAX_FORM_BYTES, Upload, boundary_of, read_form
from factcheck.errors import Problem

# A browser that is answered while it still sends shows a broken connection, not the answer: so much is taken and dropped.
MOST_DROPPED_BYTES = 64 * 1024 * 1024
_CHUNK_BYTES = 1024 * 1024

Page = TypeVar("Page", bound=Callable[..., HttpResponse])


def takes_file(max_file_bytes: int) -> Callable[[Page], Page]:
    """For a page of a ModelAdmin: its request has `upload`, an `Upload` or None, beside the fields in POST, or `unread`: why it could not
    be read.
    """

    def mark(page: Page) -> Page:
        page.takes_file_bytes = max_file_bytes  # type: ignore[attr-defined]
        return page

    return mark


class FormsWithFiles:
    """Stands before the check of tokens against forged requests, whose token is in the body: nothing of Django's may read that. It is read
    of those alone who may send it; all others have sent no token.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: Any, view: Any, args: Any, kwargs: Any) -> None:
        most = getattr(view, "takes_file_bytes", 0)
        if not most or request.method != "POST":
            return
        request._post, request._files = QueryDict(), MultiValueDict()
        request.upload = request.unread = None
        if not meets(request, routes.need_of_page("POST", routes.template_of(request.resolver_match.route))):
            return
        try:
            _read(request, most)
        except TooLarge as problem:
            # Its token is unread as well. Whoever sees this does nothing but say so.
            request.unread, request.csrf_processing_done = problem, True
        except Problem as problem:
            request.unread = problem


def _read(request: Any, max_file_bytes: int) -> None:
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    if length > max_file_bytes + MAX_FORM_BYTES:
        _drop(request, length)
        raise TooLarge(f"That was {length:,} bytes. A file may have {max_file_bytes:,} here.")
    post = QueryDict(mutable=True)
    for name, value in read_form(request.read(), boundary_of(request.META.get("CONTENT_TYPE", ""))).items():
        if isinstance(value, Upload):
            request.upload = value
        else:
            post[name] = value
    request._post = post


def _drop(request: HttpRequest, length: int) -> None:
    left = min(length, MOST_DROPPED_BYTES)
    while left > 0 and (chunk := request.read(min(left, _CHUNK_BYTES))):
        left -= len(chunk)
