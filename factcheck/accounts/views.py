from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from factcheck.accounts import people
from factcheck.accounts.models import Token, User
from factcheck.accounts.permissions import actor_of, granted_scopes
from factcheck.accounts.roles import ROLE_CHOICES, SCOPE_CHOICES, SCOPES
from factcheck.api.strict import StrictSerializer, read
from factcheck.notifications import readers


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
    unread_notifications = serializers.IntegerField(
        min_value=0,
        max_value=readers.MAX_COUNTED,
        read_only=True,
        help_text=f"{readers.MAX_COUNTED}: so many or more.",
    )
    token = CurrentTokenSerializer(allow_null=True, read_only=True, help_text="Null in a browser's session.")

    class Meta:
        model = User
        fields = (
            "id", "username", "name", "email", "is_machine", "email_notifications", "unread_notifications", "roles", "scopes", "token",
        )  # fmt: skip


class MeEditSerializer(StrictSerializer):
    """Merge patch: what is absent stays."""

    email_notifications = serializers.BooleanField(required=False)


def who_asks(request: Request) -> Any:
    """What `MeSerializer` tells of somebody who has signed in."""
    user, token = request.user, request.auth
    told = ("id", "username", "get_full_name", "email", "is_machine", "email_notifications", "roles")
    return {
        **{name: getattr(user, name) for name in told},
        "unread_notifications": readers.unread(actor_of(request)),
        "scopes": sorted(granted_scopes(request), key=list(SCOPES).index),
        "token": token if isinstance(token, Token) else None,
    }


class Me(APIView):
    @extend_schema(operation_id="get_me", responses=MeSerializer)
    def get(self, request: Request) -> Response:
        """Who I am, my roles, and what this request may do."""
        return Response(MeSerializer(who_asks(request)).data)

    @extend_schema(operation_id="update_me", request=MeEditSerializer, responses=MeSerializer)
    def patch(self, request: Request) -> Response:
        """Choose whether notifications come by e-mail too."""
        form = read(MeEditSerializer, request)
        if "email_notifications" in form:
            me, wanted = actor_of(request), form["email_notifications"]
            me.email_notifications = people.choose_emails(me, wanted).email_notifications
        return Response(MeSerializer(who_asks(request)).data)
