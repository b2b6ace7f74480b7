"""Before every view that the REST framework does not guard: the admin's pages, probes, what leads elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from rest_framework.views import APIView

from factcheck import routes
from factcheck.accounts.permissions import must_meet
from factcheck.errors import ActionForbidden


class Gate:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Lets through, sends to the sign-in, or raises PermissionDenied in words that the page of the refusal shows."""
        if is_guarded_by_its_view(view):
            return None
        match = request.resolver_match
        need = routes.need_of_page(request.method or "GET", routes.template_of(match.route if match else request.path))
        user: Any = request.user
        if need.is_page and not (user.is_authenticated and user.is_staff):
            return redirect_to_login(request.get_full_path(), reverse("admin:login"))
        if need.is_signed_in and not user.is_authenticated:
            raise PermissionDenied("Sign in first.")
        try:
            must_meet(request, need)
        except ActionForbidden as refused:
            raise PermissionDenied(need.refusal or _in_roles(need.able_roles)) from refused
        return None


def _in_roles(roles: tuple[str, ...]) -> str:
    return f"This needs the role {' or '.join(roles)}. Nothing was changed."


def is_guarded_by_its_view(view: Any) -> bool:
    """Does it know tokens, and ask by itself?"""
    cls = getattr(view, "cls", None)
    return isinstance(cls, type) and issubclass(cls, APIView)
