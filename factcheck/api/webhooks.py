"""Endpoints that are told of events, what was sent to them, and which types of events there are."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Case, QuerySet, Value, When
from django.db.models.functions import Cast, Concat, Replace
from django_filters import filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from factcheck.accounts.permissions import actor_of
from factcheck.api.filters import AnyOfChoice, AnyOfUUID, FilterSet, Instant, TrueOrFalse, refuse_unknown
from factcheck.api.renderers import RawJSON, dumps
from factcheck.api.shape import Place
from factcheck.api.strict import StrictSerializer, read, refuse_members
from factcheck.api.tokens import TokenOwnerSerializer
from factcheck.api.viewsets import ReadViewSet
from factcheck.webhooks import endpoints, readers, types
from factcheck.webhooks.models import (
    SECRETS,
    DeliveryState,
    DisabledReason,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
)

MAX_URL_CHARS = 2000


class WebhookEventTypeSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    description = serializers.CharField()
    audience = serializers.ChoiceField(
        choices=types.AUDIENCE_CHOICES,
        help_text="public: told to every endpoint of the installation, and to those of its own desk; installation: to all; "
        "desk: to endpoints of that desk alone.",
    )


class WebhookEventTypes(APIView):
    @extend_schema(operation_id="list_webhook_event_types", responses=WebhookEventTypeSerializer(many=True))
    def get(self, request: Request) -> Response:
        """What an endpoint may be told of."""
        refuse_unknown(request, {"format"})
        return Response(WebhookEventTypeSerializer(types.all_types(), many=True).data)


def _is_enabled(at: Place) -> Case:
    yes, no = Value(True), Value(False)
    return Case(When(**{at("disabled_reason"): ""}, then=yes), default=no, output_field=models.BooleanField())


class WebhookEndpointSerializer(serializers.ModelSerializer[WebhookEndpoint]):
    event_types = serializers.ListField(child=serializers.ChoiceField(choices=types.choices()))
    desk = serializers.UUIDField(source="desk_id", allow_null=True, help_text="Null: of the whole installation.")
    owner = TokenOwnerSerializer(help_text="Who answers for it. It is told nothing that they may not see.")
    is_enabled = serializers.SerializerMethodField()
    disabled_reason = serializers.ChoiceField(
        choices=DisabledReason.choices, allow_blank=True, help_text="Empty while it is enabled."
    )
    secret_created_at = serializers.DateTimeField(source="secret_at")
    previous_secret_until = serializers.DateTimeField(
        source="previous_until", allow_null=True, help_text="Until then the secret before signs too."
    )
    failures = serializers.IntegerField(help_text="Attempts that failed since the last one that did not.")
    failing_since = serializers.DateTimeField(allow_null=True)
    resting_until = serializers.DateTimeField(allow_null=True, help_text="Nothing is sent before then.")
    last_delivered_at = serializers.DateTimeField(allow_null=True)

    sql = {"is_enabled": _is_enabled}

    class Meta:
        model = WebhookEndpoint
        fields = (
            "id", "url", "description", "event_types", "desk", "owner", "is_enabled", "disabled_reason", "secret_created_at",
            "previous_secret_until", "failures", "failing_since", "resting_until", "last_delivered_at", "created_at", "updated_at",
            "version",
        )  # fmt: skip

    def get_is_enabled(self, endpoint: WebhookEndpoint) -> bool:
        return not endpoint.disabled_reason


class NewWebhookEndpointSerializer(WebhookEndpointSerializer):
    """The only answer that has the secret."""

    secret = serializers.CharField(
        allow_null=True,
        help_text="`whsec_...`, shown this once. Null in the answer to a repeated request: then rotate it.",
    )

    class Meta(WebhookEndpointSerializer.Meta):
        fields = (*WebhookEndpointSerializer.Meta.fields, "secret")


def _event_types(**options: Any) -> serializers.ListField:
    one = serializers.ChoiceField(choices=types.choices())
    return serializers.ListField(
        child=one, min_length=1, max_length=50, help_text="Of `/webhook-event-types`.", **options
    )


class WebhookEndpointFormSerializer(StrictSerializer):
    url = serializers.CharField(
        max_length=MAX_URL_CHARS, help_text="A public https address. A redirect is not followed: name where it leads."
    )
    event_types = _event_types()
    desk = serializers.UUIDField(
        required=False, allow_null=True, help_text="One of mine; null or left out: of the whole installation."
    )
    description = serializers.CharField(max_length=200, required=False, allow_blank=True)


_INSTEAD = {"is_enabled": "use enable or disable.", "secret": "use rotate-secret.", "desk": "make another endpoint."}


class WebhookEndpointPatchSerializer(StrictSerializer):
    """Merge patch: what is absent stays."""

    actions_instead = _INSTEAD

    url = serializers.CharField(max_length=MAX_URL_CHARS, required=False)
    event_types = _event_types(required=False)
    description = serializers.CharField(max_length=200, required=False, allow_blank=True)


class RotateSecretSerializer(StrictSerializer):
    overlap_hours = serializers.IntegerField(
        min_value=0,
        max_value=endpoints.LONGEST_OVERLAP_HOURS,
        required=False,
        help_text=f"How long the secret of now signs beside the new one: {endpoints.OVERLAP_HOURS} when left out, 0 where it leaked.",
    )


class WebhookAttemptSerializer(serializers.ModelSerializer[WebhookAttempt]):
    status = serializers.IntegerField(allow_null=True, help_text="Of the answer; null: there was none.")

    class Meta:
        model = WebhookAttempt
        fields = ("number", "at", "seconds", "status", "error", "detail", "answer")


def _message_id(at: Place) -> Concat:
    words = {"output_field": models.TextField()}
    key = Replace(Cast(at("event_id"), **words), Value("-", **words), Value("", **words))
    return Concat(Value(types.MESSAGE, **words), key, **words)


class WebhookDeliverySerializer(serializers.ModelSerializer[WebhookDelivery]):
    message_id = serializers.SerializerMethodField(help_text="The header `webhook-id` of every attempt.")
    endpoint = serializers.UUIDField(source="endpoint_id")
    event_type = serializers.ChoiceField(source="event.type", choices=types.sent_choices())
    occurred_at = serializers.DateTimeField(source="event.occurred_at")
    body = serializers.CharField(source="event.body", help_text="As it is sent, byte for byte.")
    failure = serializers.CharField(help_text="Why it was given up; empty where it was not.")
    next_attempt_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    attempts = WebhookAttemptSerializer(many=True)

    sql = {"message_id": _message_id}

    class Meta:
        model = WebhookDelivery
        fields = (
            "id", "message_id", "endpoint", "event_type", "occurred_at", "state", "failure", "body", "created_at", "next_attempt_at",
            "ended_at", "attempts",
        )  # fmt: skip

    def get_message_id(self, delivery: WebhookDelivery) -> str:
        return delivery.event.message_id


class WebhookEndpointFilter(FilterSet):
    desk = AnyOfUUID(field_name="desk_id")
    is_enabled = TrueOrFalse(method="by_being_enabled")

    class Meta:
        model = WebhookEndpoint
        fields = ()

    def by_being_enabled(self, queryset: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        return queryset.filter(disabled_reason="") if value else queryset.exclude(disabled_reason="")


class WebhookEndpointViewSet(ReadViewSet):
    """Addresses that are told of events, signed as the Standard Webhooks specification says. They are kept in a session, by people:
    a token that leaked must not be able to have things sent elsewhere.
    """

    queryset = WebhookEndpoint.objects.select_related("owner").defer(*SECRETS)
    serializer_class = WebhookEndpointSerializer
    filterset_class = WebhookEndpointFilter
    ordering_fields = {"created_at": "id"}
    ordering = "-created_at"
    if_match = {"send_test": None}
    shown_once = ("secret",)

    def get_queryset(self) -> QuerySet[WebhookEndpoint]:
        rows: QuerySet[WebhookEndpoint] = self.queryset
        if getattr(self, "swagger_fake_view", False):
            return rows
        return rows.filter(pk__in=readers.visible_to(actor_of(self.request)).values("pk"))

    @extend_schema(request=WebhookEndpointFormSerializer, responses={201: NewWebhookEndpointSerializer})
    def create(self, request: Request) -> Response:
        """Have an address told of events from now on. This answer alone has the secret that they are signed with."""
        form = read(WebhookEndpointFormSerializer, request)
        endpoint, secret = endpoints.add_endpoint(
            form.pop("url"), form.pop("event_types"), desk_id=form.pop("desk", None), actor=actor_of(request), **form
        )
        location = {"Location": f"/api/v1/webhook-endpoints/{endpoint.pk}"}
        return self._answer_with(secret, endpoint, status.HTTP_201_CREATED, location)

    @extend_schema(request=WebhookEndpointPatchSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change the address, the types, or the description."""
        endpoint = self.get_object()
        form = read(WebhookEndpointPatchSerializer, request)
        changed = endpoints.edit_endpoint(endpoint.pk, form, actor=actor_of(request), version=self.version)
        return self.answer(changed)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def disable(self, request: Request, pk: str) -> Response:
        """Tell it nothing more. What waits is given up; it can be replayed once the endpoint is enabled."""
        endpoint = self.get_object()
        refuse_members(request)
        return self.answer(endpoints.disable_endpoint(endpoint.pk, actor=actor_of(request), version=self.version))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def enable(self, request: Request, pk: str) -> Response:
        """Tell it of what happens from now on. Whoever enables it is its owner."""
        endpoint = self.get_object()
        refuse_members(request)
        return self.answer(endpoints.enable_endpoint(endpoint.pk, actor=actor_of(request), version=self.version))

    @extend_schema(request=RotateSecretSerializer, responses=NewWebhookEndpointSerializer)
    @action(detail=True, methods=["post"])
    def rotate_secret(self, request: Request, pk: str) -> Response:
        """Give it a new secret. For a while the one before signs too, so that receivers can be changed without losing anything."""
        endpoint = self.get_object()
        form = read(RotateSecretSerializer, request)
        changed, secret = endpoints.rotate_secret(endpoint.pk, actor=actor_of(request), version=self.version, **form)
        return self._answer_with(secret, changed)

    @extend_schema(request=None, responses={202: WebhookDeliverySerializer})
    @action(detail=True, methods=["post"])
    def send_test(self, request: Request, pk: str) -> Response:
        """Send it a `webhook.test`, enabled or not. What came of it stands in the delivery."""
        endpoint = self.get_object()
        refuse_members(request)
        delivery = endpoints.send_test(endpoint.pk, actor=actor_of(request))
        return Response(
            WebhookDeliverySerializer(WebhookDelivery.objects.get(pk=delivery.pk)).data,
            status=status.HTTP_202_ACCEPTED,
            headers={"Location": f"/api/v1/webhook-deliveries/{delivery.pk}"},
        )

    def _answer_with(
        self,
        secret: str,
        endpoint: WebhookEndpoint,
        code: int = status.HTTP_200_OK,
        headers: dict[str, str] | None = None,
    ) -> Response:
        """Its ETag is the one of the endpoint as it can be read from now on."""
        answer = self.answer(endpoint, code, {"Cache-Control": "no-store", **(headers or {})})
        answer.data = RawJSON(dumps({**self.get_serializer(endpoint).data, "secret": secret}))
        return answer


class WebhookDeliveryFilter(FilterSet):
    endpoint = AnyOfUUID(field_name="endpoint_id")
    state = AnyOfChoice(choices=DeliveryState.choices)
    event_type = AnyOfChoice(field_name="event__type", choices=types.sent_choices())
    message_id = filters.CharFilter(method="by_message")
    created_after = Instant(field_name="created_at", lookup_expr="gte")
    created_before = Instant(field_name="created_at", lookup_expr="lt")

    class Meta:
        model = WebhookDelivery
        fields = ()

    def by_message(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        key = types.event_id_of(value)
        return queryset.filter(event=key) if key else queryset.none()


class WebhookDeliveryViewSet(ReadViewSet):
    """What was sent to my endpoints, attempt by attempt. Kept for WEBHOOK_KEPT_DAYS after its end."""

    queryset = WebhookDelivery.objects.select_related("event").prefetch_related("attempts")
    serializer_class = WebhookDeliverySerializer
    filterset_class = WebhookDeliveryFilter
    ordering_fields = {"created_at": "id"}
    ordering = "-created_at"

    def get_queryset(self) -> QuerySet[WebhookDelivery]:
        rows: QuerySet[WebhookDelivery] = self.queryset
        if getattr(self, "swagger_fake_view", False):
            return rows
        return rows.filter(endpoint__in=readers.visible_to(actor_of(self.request)))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, pk: str) -> Response:
        """Send it again, under its own id and with all attempts. One that waits for its next attempt is sent now."""
        found = self.get_object()
        refuse_members(request)
        endpoints.replay(found.pk, actor=actor_of(request))
        return self.answer(self.get_object())
