from __future__ import annotations

from typing import Any, cast

from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from factcheck.accounts.models import Token, User
from factcheck.errors import ActionForbidden


class InsufficientScope(ActionForbidden):
    """Neither the roles of a session's user nor the scopes of a token may do more than the owner's roles allow now."""

    code, title = "insufficient_scope", "A scope is missing"


class SessionRequired(ActionForbidden):
    code, title = "session_required", "This is not done with a token"


class BySession(BasePermission):
    """For what a token may not do, whatever its scopes: a leaked one must not be able to make itself a successor."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if isinstance(request.auth, Token):
            raise SessionRequired("Sign in: tokens are managed by people in a session of their own, never by a token.")
        return True


class HasScope(BasePermission):
    """Asks for the scope that the view names for its action in `required_scopes`: action (or lower-case method) -> scope.

    Reading asks for `read` unless the view says otherwise (None: any signed-in user will do). A writing action that names none is
    a mistake in the view; `factcheck.checks` finds it before a request does.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        if not request.user.is_authenticated:
            return False
        scope = required_scope(view, request.method or "GET")
        if scope is None:
            return True
        granted = granted_scopes(request)
        if scope not in granted:
            raise InsufficientScope(
                f"This needs the scope {scope!r}.",
                required_scope=scope,
                scopes=sorted(granted),
            )
        return True


def required_scope(view: Any, method: str) -> str | None:
    """Raises ImproperlyConfigured for a writing action without a declared scope."""
    declared = getattr(view, "required_scopes", {})
    for key in (getattr(view, "action", None), method.lower()):
        if key in declared:
            return declared[key]
    # A method that the view does not have is answered with 405 to people who may read.
    if method in SAFE_METHODS or not hasattr(view, method.lower()):
        return "read"
    raise ImproperlyConfigured(f"{type(view).__name__} declares no scope for {method}")


def granted_scopes(request: Request) -> frozenset[str]:
    """What this request may do: the roles of its user, narrowed by its token if it came with one."""
    held: frozenset[str] = request.user.scopes  # type: ignore[union-attr]
    return held & frozenset(request.auth.scopes) if isinstance(request.auth, Token) else held


def actor_of(request: Request | HttpRequest) -> User:
    """Who acts. Only behind a permission that lets nobody through who has not signed in."""
    return cast(User, request.user)
