from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from factcheck.accounts.models import Token, User
from factcheck.accounts.permissions import granted_scopes
from factcheck.accounts.roles import ROLE_CHOICES, SCOPE_CHOICES, SCOPES


class CurrentTokenSerializer(serializers.ModelSerializer[Token]):
    class Meta:
        model = Token
        fields = ("id", "name", "prefix", "expires_at")


class MeSerializer(serializers.ModelSerializer[User]):
    name = serializers.CharField(source="get_full_name", read_only=True)
    roles = serializers.ListField(child=serializers.ChoiceField(choices=ROLE_CHOICES), read_only=True)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=SCOPE_CHOICES),
        read_only=True,
        help_text="What this request may do.",
    )
    token = CurrentTokenSerializer(allow_null=True, read_only=True, help_text="Null in a browser's session.")

    class Meta:
        model = User
        fields = ("id", "username", "name", "email", "is_machine", "roles", "scopes", "token")


def who_asks(request: Request) -> Any:
    """What `MeSerializer` tells of somebody who has signed in."""
    user, token = request.user, request.auth
    return {
        **{name: getattr(user, name) for name in ("id", "username", "get_full_name", "email", "is_machine", "roles")},
        "scopes": sorted(granted_scopes(request), key=list(SCOPES).index),
        "token": token if isinstance(token, Token) else None,
    }


class Me(APIView):
    @extend_schema(operation_id="get_me", responses=MeSerializer)
    def get(self, request: Request) -> Response:
        """Who I am, my roles, and what this request may do."""
        return Response(MeSerializer(who_asks(request)).data)
