"""A form of the admin that takes a file: read as the API reads one (`factcheck.api.uploads`), by nothing of Django's."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.datastructures import MultiValueDict
from django.views.decorators.csrf import csrf_protect

from factcheck.api.problems import TooLarge
from factcheck.api.uploads import MAX_FORM_BYTES, Upload, boundary_of, read_form
from factcheck.errors import Problem

# A browser that is answered while it still sends shows a broken connection, not the answer: so much is taken and dropped.
MOST_DROPPED_BYTES = 64 * 1024 * 1024
_CHUNK_BYTES = 1024 * 1024

Page = Callable[..., HttpResponse]


def takes_file(max_file_bytes: int) -> Callable[[Page], Page]:
    """For a page of a ModelAdmin: its request has `upload`, an `Upload` or None, beside the fields in POST. A body that cannot be read is
    what the admin's `unread_form(request, problem)` answers to.

    The token against forged requests stands in the body, so it is asked for after reading; who sends was asked before.
    """

    def decorate(page: Page) -> Page:
        @wraps(page)
        def read_first(self: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method == "POST":
                try:
                    _read(request, max_file_bytes)
                except Problem as problem:
                    answer: HttpResponse = self.unread_form(request, problem)
                    answer.status_code = problem.status
                    return answer
            return csrf_protect(lambda sent: page(self, sent, *args, **kwargs))(request)

        read_first.csrf_exempt = True  # type: ignore[attr-defined]
        return read_first

    return decorate


def _read(request: Any, max_file_bytes: int) -> None:
    post = QueryDict(mutable=True)
    request._post, request._files, request.upload = post, MultiValueDict(), None
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    if length > max_file_bytes + MAX_FORM_BYTES:
        _drop(request, length)
        raise TooLarge(f"That was {length:,} bytes. A file may have {max_file_bytes:,} here.")
    for name, value in read_form(request.read(), boundary_of(request.META.get("CONTENT_TYPE", ""))).items():
        if isinstance(value, Upload):
            request.upload = value
        else:
            post[name] = value


def _drop(request: HttpRequest, length: int) -> None:
    left = min(length, MOST_DROPPED_BYTES)
    while left > 0 and (chunk := request.read(min(left, _CHUNK_BYTES))):
        left -= len(chunk)
