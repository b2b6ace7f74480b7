"""Nobody asks for anything but by a row of the tables of access (`factcheck/access.py`)."""

from __future__ import annotations

from typing import Any, TypedDict, cast

from django.http import HttpRequest
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from factcheck import routes
from factcheck.accounts.models import Token, User
from factcheck.accounts.needs import ANYBODY, READ, Need
from factcheck.errors import ActionForbidden


class InsufficientScope(ActionForbidden):
    """Neither the roles of a session's user nor the scopes of a token may do more than the owner's roles allow now."""

    code, title = "insufficient_scope", "A scope is missing"

    class Extra(TypedDict):
        required_scopes: list[str]
        scopes: list[str]


class InsufficientRole(ActionForbidden):
    code, title = "insufficient_role", "A role is missing"

    class Extra(TypedDict):
        required_roles: list[str]


class SessionRequired(ActionForbidden):
    code, title = "session_required", "This is not done with a token"


class MeetsNeed(BasePermission):
    """Asks for what the table says of the route. A route that it does not mention is answered to nobody: `factcheck.checks` finds it
    before a request does.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        need = need_of(request, view)
        if need.is_signed_in and not request.user.is_authenticated:
            return False
        must_meet(request, need)
        return True


def need_of(request: Request, view: Any) -> Need:
    method, match = request.method or "GET", request.resolver_match
    address = routes.template_of(match.route if match else request.path)
    if method != "HEAD" and (method == "OPTIONS" or not hasattr(view, method.lower())):
        # A method that the view does not have is answered with 405 to people who may read, or send without having signed in.
        rows = routes.table()
        is_for_anybody = rows.get(f"POST {address}") is ANYBODY
        return rows.get(f"GET {address}", ANYBODY if is_for_anybody else READ)
    return routes.need_of(method, address)


def must_meet(request: Request | HttpRequest, need: Need) -> None:
    """Raises ActionForbidden when somebody who has signed in lacks what is needed."""
    if need.refusal:
        raise ActionForbidden(need.refusal)
    if not need.is_signed_in:
        return
    if need.is_in_session and isinstance(getattr(request, "auth", None), Token):
        raise SessionRequired("Sign in: people do this in a session of their own, never a token.")
    granted, user = granted_scopes(request), actor_of(request)
    missing = need.missing(granted, user.roles if need.roles else (), is_superuser=user.is_superuser)
    if missing == "scope":
        wanted = " or ".join(map(repr, need.scopes))
        raise InsufficientScope(
            f"This needs the scope {wanted}.", required_scopes=list(need.scopes), scopes=sorted(granted)
        )
    if missing == "role":
        raise InsufficientRole(f"This needs the role {' or '.join(need.roles)}.", required_roles=list(need.roles))


def meets(request: Request | HttpRequest, need: Need) -> bool:
    """Would somebody be let through? For what is shown or not; strangers and people outside the admin meet no page."""
    user: Any = request.user
    if (need.is_signed_in and not user.is_authenticated) or (need.is_page and not user.is_staff):
        return False
    try:
        must_meet(request, need)
    except ActionForbidden:
        return False
    return True


def granted_scopes(request: Request | HttpRequest) -> frozenset[str]:
    """What this request may do: the roles of its user, narrowed by its token if it came with one."""
    held: frozenset[str] = request.user.scopes  # type: ignore[union-attr]
    token = getattr(request, "auth", None)
    return held & frozenset(token.scopes) if isinstance(token, Token) else held


def actor_of(request: Request | HttpRequest) -> User:
    """Who acts. Only behind a permission that lets nobody through who has not signed in."""
    return cast(User, request.user)
