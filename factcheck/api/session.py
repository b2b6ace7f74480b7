"""The session of a browser: who is signed in, signing in and out, and changing one's password."""

from __future__ import annotations

from typing import Any

from django.middleware.csrf import get_token
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from factcheck.accounts import signing_in
from factcheck.accounts.authentication import BrowserAuthentication
from factcheck.accounts.views import MeSerializer, who_asks
from factcheck.api.strict import StrictSerializer, read

LONGEST = 1000  # characters of a password


class SessionSerializer(serializers.Serializer[Any]):
    user = MeSerializer(allow_null=True, help_text="Null while nobody is signed in.")
    csrf_token = serializers.CharField(
        help_text="Send it as `X-CSRFToken` with every POST, PUT, PATCH and DELETE. Signing in makes a new one."
    )


class SignInSerializer(StrictSerializer):
    """Of a person; machines send tokens."""

    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=LONGEST, trim_whitespace=False, style={"input_type": "password"})


class ChangePasswordSerializer(StrictSerializer):
    """Both as they were typed: white space counts."""

    current_password = serializers.CharField(max_length=LONGEST, trim_whitespace=False)
    new_password = serializers.CharField(max_length=LONGEST, trim_whitespace=False)


class Session(APIView):
    authentication_classes = (BrowserAuthentication,)
    own_problems = {"post": (signing_in.WrongCredentials, signing_in.SecondStepNeeded)}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """A method that this address does not have is that, whether the CSRF token came along or not."""
        if request.method not in self.allowed_methods:
            self.http_method_not_allowed(request)
        super().initial(request, *args, **kwargs)

    @extend_schema(operation_id="get_session", responses=SessionSerializer)
    def get(self, request: Request) -> Response:
        """Who is signed in in this browser, if somebody is, and the CSRF token, whose cookie is set. Ask this first."""
        return self._answer(request)

    @extend_schema(operation_id="sign_in", request=SignInSerializer, responses=SessionSerializer)
    def post(self, request: Request) -> Response:
        """Sign in. Whoever was signed in in this browser is signed out. Needs the CSRF token."""
        request.user = signing_in.sign_in(request._request, **read(SignInSerializer, request))
        return self._answer(request)

    @extend_schema(operation_id="sign_out", request=None, responses={204: None})
    def delete(self, request: Request) -> Response:
        """Sign out. The session is gone when this answers; nobody signed in is no error. Needs the CSRF token."""
        signing_in.sign_out(request._request)
        return Response(status=204)

    def _answer(self, request: Request) -> Response:
        user = who_asks(request) if request.user.is_authenticated else None
        return Response(SessionSerializer({"user": user, "csrf_token": get_token(request._request)}).data)


class OwnPassword(APIView):
    @extend_schema(operation_id="change_password", request=ChangePasswordSerializer, responses={204: None})
    def put(self, request: Request) -> Response:
        """Change my password. This browser stays signed in, every other one is signed out; tokens stay."""
        sent = read(ChangePasswordSerializer, request)
        signing_in.change_password(request._request, sent["current_password"], sent["new_password"])
        return Response(status=204)
