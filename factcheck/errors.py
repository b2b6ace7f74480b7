"""Every error that a client can meet is a class with a code, a status and its data. All leave in one shape (`factcheck.api.problems`)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, NotRequired, TypedDict


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with one place of the request: exactly one of `pointer` (JSON pointer into the body), `parameter`, `header`."""

    code: str
    detail: str
    pointer: str | None = None
    parameter: str | None = None
    header: str | None = None

    def as_json(self) -> dict[str, str]:
        places = {"pointer": self.pointer, "parameter": self.parameter, "header": self.header}
        return {"code": self.code, "detail": self.detail} | {k: v for k, v in places.items() if v is not None}


class Problem(Exception):
    """An error with a stable `code` (never translated), an HTTP `status` and a `title`; `detail` says what happened here.

    `extra` holds further members of the problem document, as the class's `Extra` names and types them. Source: RFC 9457.
    """

    class Extra(TypedDict):
        pass

    code: ClassVar[str] = "internal_error"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Internal error"
    # Would the same work, done again in a while, meet it again? Then a job is not tried a second time.
    is_final: bool = False

    def __init__(self, detail: str = "", *, errors: Iterable[FieldError] = (), **extra: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.errors = tuple(errors)
        self.extra = extra


class Later(TypedDict):
    """As the header Retry-After says."""

    retry_after_seconds: int


class NotFound(Problem):
    code, status, title = "not_found", 404, "Not found"


class InvalidInput(Problem):
    """The request is well formed but its meaning is refused."""

    code, status, title = "invalid_input", 422, "The input was refused"


class ActionNotAllowed(Problem):
    """The action is impossible in the present state."""

    code, status, title = "action_not_allowed", 409, "This action is not possible now"

    class Extra(TypedDict):
        allowed_actions: NotRequired[list[str]]


class ActionForbidden(Problem):
    code, status, title = "action_forbidden", 403, "You may not do this"


class StaleVersion(Problem):
    """Somebody changed it since the version that the client saw. `changed_by` (null: a job) and `changed_at` are of the last change,
    `changed_fields` of all since."""

    code, status, title = "stale_version", 412, "It was changed meanwhile"

    class Extra(TypedDict):
        current_version: int
        changed_by: str | None
        changed_at: datetime
        changed_fields: list[str]


class Throttled(Problem):
    """Asked too often."""

    code, status, title = "throttled", 429, "Too many requests"

    class Extra(Later):
        pass
