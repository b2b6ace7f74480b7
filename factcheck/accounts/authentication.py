"""Who is asking: a token of a script or machine, or the session of a browser."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpResponse, QueryDict
from django.utils.datastructures import MultiValueDict
from rest_framework import authentication
from rest_framework.request import Request

from factcheck.accounts import tokens
from factcheck.accounts.models import Token, User
from factcheck.audit.origin import set_origin
from factcheck.errors import Problem


class InvalidToken(Problem):
    """Also for expired and revoked tokens: the answer does not tell a finder which it was."""

    code, status, title = "invalid_token", 401, "The token is not valid"


class CsrfFailed(Problem):
    code, status, title = "csrf_failed", 403, "The CSRF check failed"


class TokenAuthentication(authentication.BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[User, Token] | None:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        token = tokens.find(secret.strip())
        if token is None:
            raise InvalidToken("The token is unknown, expired or revoked.")
        tokens.record_use(token)
        set_origin(f"token {token.pk}")
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class SessionAuthentication(authentication.SessionAuthentication):
    """DRF's own, with a code for a failed CSRF check."""

    def enforce_csrf(self, request: Request) -> None:
        # Our clients send the token in a header. Looking for a form's field as well, the check would read a body that is refused
        # unread, and use up one that is not: it finds an empty form.
        sent: Any = request._request
        sent._post, sent._files = QueryDict(), MultiValueDict()
        check = authentication.CSRFCheck(lambda _: None)  # type: ignore[arg-type, return-value]
        check.process_request(sent)
        if reason := check.process_view(sent, lambda _: HttpResponse(), (), {}):
            raise CsrfFailed(str(reason))


class BrowserAuthentication(SessionAuthentication):
    """For the session itself: who is not signed in yet is checked too, or another site could sign a browser in as somebody else."""

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        self.enforce_csrf(request)
        return super().authenticate(request)


class Backend(ModelBackend):
    """Users of sessions come with their roles in one query; machine accounts have no password sign-in."""

    def get_user(self, user_id: Any) -> User | None:
        user = User.objects.find(user_id)
        return user if user and self.user_can_authenticate(user) else None

    def user_can_authenticate(self, user: Any) -> bool:
        return super().user_can_authenticate(user) and not user.is_machine
