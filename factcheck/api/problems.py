"""All errors leave in one shape, `application/problem+json`, whoever raised them: a verb, DRF, Django or the database. Source: RFC 9457."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

from django import db, http
from django.core import exceptions as core
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views import csrf, defaults
from rest_framework import exceptions as drf
from rest_framework.fields import get_error_detail
from rest_framework.settings import api_settings

from factcheck import throttles
from factcheck.api.renderers import dumps
from factcheck.errors import (
    ActionForbidden,
    FieldError,
    InvalidInput,
    Later,
    NotFound,
    Problem,
    Throttled,
)
from factcheck.middleware import current_request_id

MEDIA_TYPE = "application/problem+json"
LIST_PATH = "/api/v1/problems"


class Malformed(Problem):
    code, status, title = "malformed", 400, "The request cannot be read"


class InvalidParameter(Problem):
    code, status, title = "invalid_parameter", 400, "A query parameter is wrong"


class NotAuthenticated(Problem):
    code, status, title = "not_authenticated", 401, "Sign in or send a token"


class MethodNotAllowed(Problem):
    code, status, title = (
        "method_not_allowed",
        405,
        "This address does not have that method",
    )


class NotAcceptable(Problem):
    code, status, title = (
        "not_acceptable",
        406,
        "The answer does not exist in that format",
    )


class TooLarge(Problem):
    code, status, title = "too_large", 413, "The body is too large"


class UnsupportedMediaType(Problem):
    code, status, title = (
        "unsupported_media_type",
        415,
        "Bodies of that type are not read here",
    )


class Unavailable(Problem):
    """The database is away, or too busy to answer in time. The same request may succeed later."""

    code, status, title = "unavailable", 503, "Out of service for a moment"
    Extra = Later


RETRY_AFTER_SECONDS = 2


def exception_handler(error: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """DRF's hook. None for what nobody foresaw: Django then logs it and answers through `server_error`."""
    problem = as_problem(error)
    if problem is None:
        return None
    if problem.status in (NotAuthenticated.status, ActionForbidden.status, MethodNotAllowed.status):
        # DRF counts only whom it lets in: guessing would be free.
        request = context["request"]._request
        over = None if throttles.is_counted(request) else throttles.count_request(request)
        problem = Throttled(retry_after_seconds=over.reset_seconds) if over else problem
    return respond(problem)


def respond(problem: Problem) -> HttpResponse:
    """The problem as an answer; `retry_after_seconds` and `allow` among its extra members become headers too."""
    response = HttpResponse(dumps(document_of(problem)), status=problem.status, content_type=MEDIA_TYPE)
    if problem.status == NotAuthenticated.status:
        response["WWW-Authenticate"] = "Bearer"
    if seconds := problem.extra.get("retry_after_seconds"):
        response["Retry-After"] = str(seconds)
    if methods := problem.extra.get("allow"):
        response["Allow"] = ", ".join(methods)
    return response


def document_of(problem: Problem) -> dict[str, Any]:
    return problem.extra | {
        "type": f"{LIST_PATH}#{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
        "request_id": current_request_id(),
        "errors": [error.as_json() for error in problem.errors],
    }


def as_problem(error: Exception) -> Problem | None:
    """The problem that tells a client about `error`, or None for a fault of ours."""
    match error:
        case Problem():
            return error
        case http.Http404() | drf.NotFound():
            return NotFound("There is nothing at this address, or you may not see it.")
        case drf.ValidationError():
            return _refused(error.detail)
        case core.ValidationError():
            return _refused(get_error_detail(error))
        case (
            drf.ParseError()
            | drf.UnsupportedMediaType()
            | drf.NotAcceptable()
            | drf.MethodNotAllowed()
            | drf.Throttled()
        ):
            return _from_drf(error)
        case drf.NotAuthenticated() | drf.AuthenticationFailed():
            return NotAuthenticated("This needs a signed-in user or a token: `Authorization: Bearer fc_...`.")
        case drf.PermissionDenied():
            return ActionForbidden(str(error.detail))
        case core.PermissionDenied():
            return ActionForbidden(str(error))
        case core.RequestDataTooBig():
            return TooLarge("The body is larger than this installation reads.")
        case core.SuspiciousOperation() | core.BadRequest() | http.UnreadablePostError():
            return Malformed("The request was refused as malformed.")
        case db.OperationalError() | db.InterfaceError():
            return Unavailable(
                "The database did not answer in time. Try again.",
                retry_after_seconds=RETRY_AFTER_SECONDS,
            )
    return None


def _from_drf(error: drf.APIException) -> Problem:
    detail = str(error.detail)
    match error:
        case drf.UnsupportedMediaType():
            return UnsupportedMediaType(detail)
        case drf.NotAcceptable():
            return NotAcceptable(detail)
        case drf.MethodNotAllowed():
            return MethodNotAllowed(detail)
        case drf.Throttled():
            return Throttled(detail, retry_after_seconds=getattr(error, "wait", None) or 1)
    return Malformed(detail)


def _refused(detail: Any) -> InvalidInput:
    return InvalidInput("Some fields were refused.", errors=_field_errors(detail, ""))


def _field_errors(detail: Any, pointer: str) -> Iterator[FieldError]:
    """DRF's nested lists and mappings of messages, flat, each with the JSON pointer (RFC 6901) of its place in the body."""
    if isinstance(detail, Mapping):
        for key, value in detail.items():
            is_whole = key in (api_settings.NON_FIELD_ERRORS_KEY, core.NON_FIELD_ERRORS)
            step = str(key).replace("~", "~0").replace("/", "~1")
            yield from _field_errors(value, pointer if is_whole else f"{pointer}/{step}")
    elif isinstance(detail, (list, tuple)):
        for index, value in enumerate(detail):
            # A list of messages is about one place; a list of mappings is about the items of a list.
            yield from _field_errors(value, pointer if isinstance(value, str) else f"{pointer}/{index}")
    else:
        yield FieldError(getattr(detail, "code", "invalid"), str(detail), pointer=pointer)


# Django's own hooks: what goes wrong before a view is found, or in a view nobody foresaw


# What says it in words, by the namespace that an address belongs to.
PAGES = {"admin": "problem.html", "readers": "readers/problem.html"}


def _page_of(request: HttpRequest) -> str | None:
    """The template that says it in words, where there are pages and one is asked for."""
    match = request.resolver_match
    # Of what is below /admin/ and nowhere, the resolver says nothing.
    namespace = "admin" if request.path.startswith("/admin/") else match.namespace if match else ""
    return PAGES.get(namespace) if request.accepts("text/html") else None


def _is_for_the_desk(request: HttpRequest) -> bool:
    return _page_of(request) == PAGES["admin"]


def answer(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The problem as a document, or in words where pages are asked for."""
    template = _page_of(request)
    if template is None:
        return respond(problem)
    # Rendered without the request: its user would be asked of a database that may be away, and the form that it carries may be
    # what cannot be read. Django's own pages ask both.
    page = HttpResponse(render_to_string(template, {"problem": problem}), status=problem.status)
    if seconds := problem.extra.get("retry_after_seconds"):
        page["Retry-After"] = str(seconds)
    return page


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return answer(request, as_problem(exception) or Malformed())


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return (
        defaults.permission_denied(request, exception)
        if _is_for_the_desk(request)
        else answer(request, ActionForbidden(str(exception)))
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return answer(request, NotFound("There is nothing at this address, or you may not see it."))


def server_error(request: HttpRequest) -> HttpResponse:
    # Django calls it while it handles the error, and does not say which.
    problem = as_problem(error) if isinstance(error := sys.exc_info()[1], Exception) else None
    if not isinstance(problem, Unavailable):
        problem = Problem("Something broke here; it was logged.")
    return answer(request, problem)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    from factcheck.accounts.authentication import CsrfFailed

    return csrf.csrf_failure(request, reason) if _is_for_the_desk(request) else answer(request, CsrfFailed(reason))


def catalogue() -> list[type[Problem]]:
    """Every kind of problem, by code. One code has one status and one title, wherever it is raised."""
    found: dict[str, type[Problem]] = {}
    waiting = [Problem]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        found.setdefault(kind.code, kind)
    return [found[code] for code in sorted(found)]
