"""The OpenAPI document: the contract with front ends, committed as tests/snapshots/openapi.yaml and reviewed like code.

manage.py spectacular --validate --fail-on-warn --file tests/snapshots/openapi.yaml
"""

from __future__ import annotations

from itertools import groupby
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import build_parameter_type
from drf_spectacular.utils import OpenApiParameter

from factcheck import routes
from factcheck.accounts.authentication import CsrfFailed, InvalidToken
from factcheck.accounts.needs import Need
from factcheck.accounts.permissions import InsufficientRole, InsufficientScope, SessionRequired
from factcheck.api import pagination, problems
from factcheck.api.concurrency import DetailMixin, Guarded, InvalidHeader, PreconditionRequired, is_guarded, wanted_tag
from factcheck.api.filters import UnknownParameter
from factcheck.api.idempotency import (
    HEADER,
    KEPT_HOURS,
    MAX_KEY_CHARS,
    REPLAYED,
    IdempotencyInProgress,
    IdempotencyKeyReused,
    Repeatable,
)
from factcheck.api.parsers import UnstorableText
from factcheck.api.strict import StrictSerializer
from factcheck.api.typed import problem_schema
from factcheck.errors import ActionForbidden, ActionNotAllowed, InvalidInput, NotFound, StaleVersion

DESCRIPTION = """
From an imported article to a published, correctable fact-check.

**Positions** (`start`, `end`) count Unicode code points of the version's text, so that `text[start:end]` is the quotation in
Python. JavaScript strings are UTF-16: there, cut `Array.from(text).slice(start, end).join("")`.

**Times** are RFC 3339 in UTC; `*_at` is an instant, `*_on` a date. **Lists** are pages by key: follow `next` until it is null.
An unknown query parameter is refused; a comma between values means any of them.

**Errors** are `application/problem+json` (RFC 9457) with a stable `code`; all are listed at `/api/v1/problems`. Send
`X-Request-Id`, or take it from the answer, to find the request in our logs.

**Limits**: answers carry `RateLimit` and `RateLimit-Policy`; beyond them comes 429 with `Retry-After`.

**Concurrency**: details have an `ETag`; send it as `If-None-Match` to be answered 304 while nothing has changed. What changes a row that
has a `version` needs `If-Match`: that ETag, or the version in quotes. 412 says who has changed what since.

**Repetition**: send an `Idempotency-Key` of your own with a POST, and again with it when no answer came: it acts once and is answered
as the first time, with `Idempotency-Replayed: true`, for a day. The key counts for you and that address; a refused request may be repeated.

**Sign in** with a session (browsers) or `Authorization: Bearer fc_...` (programs). `GET /api/v1/session` has the CSRF token that
every unsafe method of a browser sends as `X-CSRFToken`; `POST /api/v1/session` signs in.
"""

TAG_PATTERN = r'^(W/)?"[^"]*"$'  # RFC 9110, section 8.8.3
KEY_PATTERN = "^[!-~]+$"
_VERBS = {"GET": "get", "POST": "create", "PUT": "replace", "PATCH": "update", "DELETE": "delete"}


class Schema(AutoSchema):
    """Names operations verb_noun (`list_claims`, `get_claim`, `accept_claim`), and gives every one its problems and its scope."""

    def get_operation_id(self) -> str:
        static = [step.replace("-", "_") for step in self._tokenize_path()]
        steps = [step for step in self.path.split("/") if step]
        is_below_one = any(step.startswith("{") for step in steps[:-1]) and not steps[-1].startswith("{")
        is_action = self.method == "POST" and len(static) > 1 and getattr(self.view, "action", "") != "create"
        if is_action:
            noun = _singular(static[0]) if is_below_one else static[0]
            return "_".join([*static[1:], noun])
        if self.method == "GET" and self._is_list_view():
            return "_".join(["list", *(_singular(step) for step in static[:-1]), static[-1]])
        names = (
            static if self.method == "GET" and not steps[-1].startswith("{") else [_singular(step) for step in static]
        )
        if is_below_one:
            names = [*(_singular(step) for step in static[:-1]), static[-1]]
        return "_".join([_VERBS[self.method], *(_singular(n) if self.method == "POST" else n for n in names)])

    def get_tags(self) -> list[str]:
        return [self._tokenize_path()[0]]

    def get_auth(self) -> list[dict[str, Any]]:
        if self._is_public():
            return []
        requirements: list[dict[str, Any]] = super().get_auth()
        # OpenAPI 3.1 lets a requirement of any kind name what the caller must hold; of several requirements, one is enough.
        need = self._need()
        ways = [[scope] for scope in need.scopes] or [[]]
        if need.is_in_session:
            requirements = [requirement for requirement in requirements if "token" not in requirement]
        return [dict.fromkeys(requirement, held) for held in ways for requirement in requirements]

    def get_description(self) -> str:
        own, need = super().get_description(), self._need()
        words = [" or ".join(f"`{scope}`" for scope in need.scopes), need.decided_by]
        told = ", ".join(filter(None, words))
        scopes = f"\n\nScope: {told}." if need.scopes else ""
        roles = f"\n\nRole: {' or '.join(f'`{role}`' for role in need.roles)}." if need.roles else ""
        return f"{own}{scopes}{roles}"

    def get_override_parameters(self) -> list[Any]:
        return [*super().get_override_parameters(), *self._headers()]

    def _headers(self) -> list[OpenApiParameter]:
        headers = []
        if is_guarded(self.view, self.method):
            headers.append(_header("If-Match", wanted_tag(self.view) or "", required=True, pattern=TAG_PATTERN))
        if self._is_repeatable():
            about = f"1 to {MAX_KEY_CHARS} visible ASCII characters; kept for {KEPT_HOURS} hours."
            headers.append(_header(HEADER, about, pattern=KEY_PATTERN, minLength=1, maxLength=MAX_KEY_CHARS))
            headers.append(
                _header(REPLAYED, "`true`: the answer to an earlier request.", response=["200", "201", "202"])
            )
        if self._has_tag():
            headers.append(_header("If-None-Match", "The ETag that you hold."))
            headers.append(_header("ETag", "Of this body, for this reader.", response=["200", "304"]))
        return headers

    def _is_repeatable(self) -> bool:
        return self.method == "POST" and isinstance(self.view, Repeatable) and not self._is_public()

    def _has_tag(self) -> bool:
        tagged = ("retrieve", *getattr(self.view, "tagged", ()))
        is_detail = isinstance(self.view, DetailMixin) and getattr(self.view, "action", "") in tagged
        return is_detail or getattr(self.view, "is_polled", False)

    def problem_kinds(self) -> list[type[problems.Problem]]:
        """What this operation may answer besides its result."""
        kinds: list[type[problems.Problem]] = [
            problems.Malformed,
            problems.NotAcceptable,
            problems.Problem,
            problems.Throttled,
            problems.Unavailable,
        ]
        if not self._is_public():
            kinds += [problems.NotAuthenticated, InvalidToken, ActionForbidden]
        need = self._need()
        if need.scopes:
            kinds.append(InsufficientScope)
        if need.roles:
            kinds.append(InsufficientRole)
        if need.is_in_session:
            kinds.append(SessionRequired)
        if "{" in self.path:
            kinds.append(NotFound)
        # The documentation takes any parameter; rows for anybody are asked for like all others.
        if self.method == "GET" and (isinstance(self.view, Guarded) or not self._is_public()):
            kinds += [problems.InvalidParameter, UnknownParameter]
        if self._is_cut_into_pages():
            kinds.append(pagination.InvalidCursor)
        if self.method in ("POST", "PUT", "PATCH", "DELETE"):
            kinds += [ActionNotAllowed, CsrfFailed]
        if is_guarded(self.view, self.method):
            kinds += [StaleVersion, PreconditionRequired, InvalidHeader]
        if self.method in ("POST", "PUT", "PATCH"):
            kinds += [problems.TooLarge, problems.UnsupportedMediaType, InvalidInput, UnstorableText]
        if self._is_repeatable():
            kinds += [IdempotencyInProgress, IdempotencyKeyReused, InvalidHeader]
        kinds += getattr(self.view, "own_problems", {}).get(
            getattr(self.view, "action", None) or self.method.lower(), ()
        )
        return sorted(set(kinds), key=lambda kind: (kind.status, kind.code))

    def _resolve_path_parameters(self, variables: list[str]) -> list[dict[str, Any]]:
        """`parent` is the row above a nested list; no column of the list's own model tells its type."""
        own: list[dict[str, Any]] = super()._resolve_path_parameters([name for name in variables if name != "parent"])
        key = {"type": "string", "format": "uuid"}
        return own + [build_parameter_type("parent", key, "path") for name in variables if name == "parent"]

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> dict[str, Any]:
        """What we send is always whole: a model's default makes a member optional in requests only."""
        schema: dict[str, Any] = super()._map_basic_serializer(serializer, direction)
        if not vars(type(serializer)).get("__doc__"):
            schema.pop("description", None)  # of a class that it inherits from
        if direction == "request" and isinstance(serializer, StrictSerializer):
            schema["additionalProperties"] = False
        if direction == "response":
            schema["required"] = [n for n in schema["properties"] if n not in getattr(serializer, "may_be_absent", ())]
        return schema

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        answers = super()._get_response_bodies(direction)
        if self._has_tag():
            answers["304"] = {"description": "What you hold is what stands here", **_headers_of(answers["200"])}
        for status, kinds in groupby(self.problem_kinds(), key=lambda kind: kind.status):
            alike = list(kinds)
            told = [problem_schema(kind, self) for kind in alike]
            content = {problems.MEDIA_TYPE: {"schema": {"oneOf": told} if len(told) > 1 else told[0]}}
            titles = " / ".join(dict.fromkeys(kind.title for kind in alike))
            answers.setdefault(str(status), {"description": titles, "content": content})
        return answers

    def _need(self) -> Need:
        return routes.need_of(self.method, routes.template_of(self.path))

    def _is_cut_into_pages(self) -> bool:
        is_list = self._is_list_view() and not self._is_public()
        return self.method == "GET" and (is_list or getattr(self.view, "is_polled", False))

    def _is_public(self) -> bool:
        return not self._need().is_signed_in


def _header(
    name: str, description: str, *, required: bool = False, response: list[str] | bool = False, **schema: Any
) -> OpenApiParameter:
    return OpenApiParameter(
        name,
        {"type": "string", **schema},
        OpenApiParameter.HEADER,
        description=description,
        required=required,
        response=response,
    )


def _headers_of(answer: dict[str, Any]) -> dict[str, Any]:
    return {"headers": answer["headers"]} if "headers" in answer else {}


def describe(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """drf-spectacular's hook for the finished document."""
    result["info"]["description"] = DESCRIPTION.strip()
    for methods in result["paths"].values():
        for operation in methods.values():
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "query" and not _takes_any_text(parameter["schema"]):
                    parameter["allowEmptyValue"] = True  # as if it were left out
    for schema in result["components"]["schemas"].values():
        for member in schema.get("properties", {}).values():
            if member.get("oneOf") == [{}, {"type": "null"}]:
                del member["oneOf"]  # null is anything too, and would be both
            if member.get("format") == "email" and member.get("readOnly"):
                del member["format"]  # who has none is told of with an empty one
    return result


def _takes_any_text(schema: dict[str, Any]) -> bool:
    """An empty one too, without being told."""
    schema = schema["items"] if schema["type"] == "array" else schema
    return schema["type"] == "string" and not schema.keys() & {"enum", "format", "pattern", "minLength"}


def _singular(word: str) -> str:
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith("ches"):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "factcheck.accounts.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "description": "`manage.py create_token` prints one: `fc_...`."}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "factcheck.accounts.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "sessionid",
            "description": "`__Host-sessionid` in production.",
        }
