"""The tokens of whoever is signed in: list, make, rotate, revoke. Never with a token."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from factcheck.accounts import tokens
from factcheck.accounts.models import Token, User
from factcheck.accounts.permissions import actor_of
from factcheck.accounts.roles import SCOPE_CHOICES
from factcheck.api.filters import AnyOfUUID, FilterSet, TrueOrFalse
from factcheck.api.renderers import RawJSON, dumps
from factcheck.api.strict import StrictSerializer, read, refuse_members
from factcheck.api.viewsets import ReadViewSet
from factcheck.errors import ActionForbidden, FieldError, InvalidInput


class TokenOwnerSerializer(serializers.ModelSerializer[User]):
    class Meta:
        model = User
        fields = ("id", "username")


class TokenSerializer(serializers.ModelSerializer[Token]):
    owner = TokenOwnerSerializer(source="user")
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=SCOPE_CHOICES))
    last_used_at = serializers.DateTimeField(
        allow_null=True, help_text="Of its present secret, exact to the minute; null: never yet."
    )
    expires_at = serializers.DateTimeField(allow_null=True, help_text="Null: it works until it is revoked.")

    class Meta:
        model = Token
        fields = (
            "id", "name", "prefix", "scopes", "owner", "created_at", "expires_at", "last_used_at", "revoked_at", "version",
        )  # fmt: skip


class IssuedTokenSerializer(TokenSerializer):
    """The only answer that has the secret."""

    secret = serializers.CharField(
        allow_null=True, help_text="Shown this once. Null in the answer to a repeated request: then rotate the token."
    )

    class Meta(TokenSerializer.Meta):
        fields = (*TokenSerializer.Meta.fields, "secret")


class NewTokenSerializer(StrictSerializer):
    """A token never may more than its owner, now and later: who is demoted takes the scopes from it."""

    name = serializers.CharField(max_length=100, help_text="What it is for, to recognise it in a list.")
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=SCOPE_CHOICES),
        min_length=1,
        max_length=len(SCOPE_CHOICES),
        help_text="None that its owner does not hold.",
    )
    expires_at = serializers.DateTimeField(
        required=False, allow_null=True, help_text="Null or left out: until it is revoked."
    )
    owner = serializers.UUIDField(
        required=False, help_text="A machine account, for those who keep the accounts; else me."
    )


class RotationSerializer(StrictSerializer):
    """What may change with the secret."""

    expires_at = serializers.DateTimeField(
        required=False, allow_null=True, help_text="A new end, null for none; left out, the end stays as it was."
    )


class TokenFilter(FilterSet):
    owner = AnyOfUUID(field_name="user_id")
    everybody = TrueOrFalse(method="of_everybody", label="Everybody's that you may see, not mine alone.")
    is_live = TrueOrFalse(method="by_life", label="Neither revoked nor expired.")

    class Meta:
        model = Token
        fields = ()

    def filter_queryset(self, queryset: QuerySet[Token]) -> QuerySet[Token]:
        asked = self.form.cleaned_data
        if not (asked["owner"] or asked["everybody"]):
            queryset = queryset.filter(user=self.request.user)
        return super().filter_queryset(queryset)

    def of_everybody(self, queryset: QuerySet[Token], name: str, value: bool) -> QuerySet[Token]:
        return queryset

    def by_life(self, queryset: QuerySet[Token], name: str, value: bool) -> QuerySet[Token]:
        return queryset.filter(tokens.live()) if value else queryset.exclude(tokens.live())


class TokenViewSet(ReadViewSet):
    """API tokens. They are managed in a session, by people: a token that leaked must not be able to make itself a successor."""

    queryset = Token.objects.select_related("user").defer("digest")
    serializer_class = TokenSerializer
    filterset_class = TokenFilter
    ordering_fields = {"created_at": "id"}
    ordering = "-created_at"
    own_problems = {"create": (tokens.ScopeRefused,)}
    shown_once = ("secret",)

    def get_queryset(self) -> QuerySet[Token]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return tokens.visible_to(actor_of(self.request)).select_related("user").defer("digest")

    @extend_schema(request=NewTokenSerializer, responses={201: IssuedTokenSerializer})
    def create(self, request: Request) -> Response:
        """Make a token of mine, or of a machine account that I keep.

        This answer alone has its secret, which is not kept for an `Idempotency-Key` either: a repeated request is answered with null.
        """
        form = read(NewTokenSerializer, request)
        owner = _owner(form.pop("owner", None), actor_of(request))
        token, secret = tokens.issue(owner, actor=actor_of(request), **form)
        return self._answer_with(secret, token, status.HTTP_201_CREATED, {"Location": f"/api/v1/tokens/{token.pk}"})

    @extend_schema(request=RotationSerializer, responses=IssuedTokenSerializer)
    @action(detail=True, methods=["post"])
    def rotate(self, request: Request, pk: str) -> Response:
        """Give it a new secret. The old one stops at once; who needs both for a while makes a second token and revokes the first."""
        token = self.get_object()
        form = read(RotationSerializer, request)
        token, secret = tokens.rotate(token, actor=actor_of(request), version=self.version, **form)
        return self._answer_with(secret, token)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, pk: str) -> Response:
        """Make it useless, for good. It stays in the list."""
        token = self.get_object()
        refuse_members(request)
        return self.answer(tokens.revoke(token, actor=actor_of(request), version=self.version))

    def _answer_with(
        self, secret: str, token: Token, code: int = status.HTTP_200_OK, headers: dict[str, str] | None = None
    ) -> Response:
        """Its ETag is the one of the token as it can be read from now on."""
        answer = self.answer(token, code, {"Cache-Control": "no-store", **(headers or {})})
        answer.data = RawJSON(dumps({**self.get_serializer(token).data, "secret": secret}))
        return answer


def _owner(asked: Any, actor: User) -> User:
    if asked is None or asked == actor.pk:
        return actor
    if not actor.keeps_accounts:
        raise ActionForbidden("Tokens of others are made by those who keep the accounts, for machine accounts.")
    owner = User.objects.filter(pk=asked).first()
    if owner is None:
        detail = "There is no such account."
        raise InvalidInput(detail, errors=[FieldError("unknown_owner", detail, pointer="/owner")])
    return owner
