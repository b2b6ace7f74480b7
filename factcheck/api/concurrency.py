"""Nobody overwrites what they have not seen. Source: RFC 9110, sections 8.8.3 and 13; RFC 6585 for 428.

Every detail has a strong `ETag`; `If-None-Match` answers 304 while nothing has changed. Whatever changes a row that has a version
needs `If-Match`: missing is 428, stale is 412. The version is compared by the verb, under the lock that it writes under: here it is
only read from the header.

The tag of such a row is `"<version>.<digest of the body>"`. The body also tells of other rows (the title of the article) and of
what this reader may do, so the version alone would call different bodies equal. `If-Match` looks at the version alone, so that a
client may also write `"7"`, which lists have told it.

A view may take its tag from elsewhere than the row's own version: it shows what stands there before the dot (`tag_source`), says in
`if_match` what an action wants, and finds what the client sent in `self.seen_tag`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import HttpRequest
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags
from rest_framework.mixins import RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from factcheck.api.problems import Malformed
from factcheck.api.renderers import RawJSON, dumps
from factcheck.api.showing import shown
from factcheck.errors import FieldError, Problem
from factcheck.versions import is_versioned, version_of

CHANGING = ("POST", "PUT", "PATCH", "DELETE")
NO_VERSION = 0  # versions begin at 1: a tag that is none of ours is stale


class PreconditionRequired(Problem):
    code, status, title = "precondition_required", 428, "Say which version you saw"


class InvalidHeader(Malformed):
    code, title = "invalid_header", "A header is wrong"


def tag_of(body: bytes, version: int | str | None = None) -> str:
    """The strong entity tag of a body, in its quotes."""
    digest = hashlib.sha256(body).hexdigest()[:32]
    return f'"{digest}"' if version is None else f'"{version}.{digest}"'


def is_unchanged(request: Request | HttpRequest, tag: str) -> bool:
    """Does the client that asks hold this body already? Weak tags count: a proxy that compresses weakens ours."""
    if request.method not in ("GET", "HEAD"):
        return False
    held = parse_etags(request.headers.get("If-None-Match", ""))
    return "*" in held or tag in {each.removeprefix("W/") for each in held}


def seen_tag(request: Request) -> str:
    """What `If-Match` says before the dot. Raises PreconditionRequired (428) without one, InvalidHeader (400) for what is no single tag."""
    header = request.headers.get("If-Match", "").strip()
    if header in ("", "*"):
        why = "`*` would change a row that you have not seen." if header else "There is no If-Match."
        detail = f'{why} Send the ETag of what you saw, or its version in quotes: If-Match: "7".'
        raise PreconditionRequired(detail, errors=[FieldError("required", detail, header="If-Match")])
    tag = header.removeprefix("W/")
    if len(tag) < 2 or tag[0] != '"' or tag[-1] != '"' or '"' in tag[1:-1]:
        detail = "If-Match is one entity tag in double quotes."
        raise InvalidHeader(detail, errors=[FieldError("invalid", detail, header="If-Match")])
    return tag[1:-1].partition(".")[0]


def version_in(tag: str) -> int:
    return int(tag) if tag.isascii() and tag.isdigit() and len(tag) < 10 else NO_VERSION


OF_THE_ROW = "The ETag of what you saw, or its version in quotes."


def wanted_tag(view: Any) -> str | None:
    """What `If-Match` has to name for the present action, in words; None where the action needs none."""
    wanted: str | None = getattr(view, "if_match", {}).get(getattr(view, "action", ""), OF_THE_ROW)
    return wanted


def is_guarded(view: Any, method: str | None) -> bool:
    """Does this operation change one row that has a version?"""
    model = getattr(getattr(view, "queryset", None), "model", None)
    is_change = method in CHANGING and getattr(view, "detail", False) and wanted_tag(view) is not None
    return bool(is_change and model and is_versioned(model))


class Guarded:
    """For view sets. After `self.get_object()`, an operation that changes the row finds in `self.version` what the client saw, and
    hands it to the verb. Rows that are not there and people who may not act are refused before the header is looked at.
    """

    version: int
    seen_tag: str
    if_match: ClassVar[
        Mapping[str, str | None]
    ] = {}  # action -> what it wants in If-Match, where that is not the row's own tag

    def get_object(self) -> Any:
        row = self.find()
        request: Request = self.request  # type: ignore[attr-defined]
        if is_guarded(self, request.method):
            self.seen_tag = seen_tag(request)
            self.version = version_in(self.seen_tag)
        return row

    def find(self) -> Any:
        """The row of the address. Raises Http404."""
        view: Any = super()
        return view.get_object()

    def tag_source(self, row: Any) -> int | str | None:
        """What the tag of this row shows before the dot, and `If-Match` has to name."""
        return version_of(row)

    def answer(self, row: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
        """The row as this view's serializer shows it, with its ETag; 304 for a client that holds it."""
        view: Any = self
        body = dumps(shown(view.get_serializer_class(), row, view.get_serializer_context()))
        return tagged(view.request, body, self.tag_source(row), status=status, headers=headers)

    def handle_exception(self, error: Exception) -> Any:
        view: Any = super()
        return view.handle_exception(self.in_our_words(error) if isinstance(error, Problem) else error)

    def in_our_words(self, problem: Problem) -> Problem:
        """Verbs name columns, clients know the members of the body."""
        if "changed_fields" in problem.extra:
            view: Any = self
            told = view.get_serializer_class()().fields.items()
            names = {source: name for name, member in told for source in (member.source, f"{member.source}_id")}
            problem.extra["changed_fields"] = sorted({names.get(c, c) for c in problem.extra["changed_fields"]})
        return problem


class DetailMixin(RetrieveModelMixin):
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        view: Any = self
        answer: Response = view.answer(view.get_object())
        return answer


def tagged(
    request: Request,
    body: bytes,
    version: int | str | None = None,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response:
    """An answer that may be asked for again cheaply: with its tag, for this reader alone; 304 for one who holds it."""
    tag = tag_of(body, version)
    answer = Response(status=304) if is_unchanged(request, tag) else Response(RawJSON(body), status=status)
    for name, value in {"ETag": tag, "Cache-Control": "private, no-cache", **(headers or {})}.items():
        answer[name] = value
    patch_vary_headers(answer, ("Authorization", "Cookie"))
    return answer
