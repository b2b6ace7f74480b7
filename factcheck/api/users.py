"""Who works here: the directory that front ends take names from. People are kept in the admin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, CharField, F, QuerySet, Value, When
from django.db.models.functions import Concat, Trim
from django_filters import filters
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from factcheck.accounts.models import User, role_names
from factcheck.accounts.permissions import actor_of
from factcheck.accounts.roles import ROLE_CHOICES
from factcheck.api.filters import AnyOfChoice, FilterSet, TrueOrFalse
from factcheck.api.shape import Place
from factcheck.api.viewsets import ReadViewSet


def _roles(at: Place) -> ArraySubquery:
    return role_names(at("pk"))


def _name(at: Place) -> Trim:
    return Trim(Concat(at("first_name"), Value(" "), at("last_name")), output_field=CharField())


def _email(at: Place) -> Any:
    reader = _reader(at.context)
    if reader and reader.keeps_accounts:
        return F(at("email"))
    return Case(When(**{at("pk"): reader and reader.pk}, then=F(at("email"))), default=None)


def _reader(context: Mapping[str, Any]) -> User | None:
    """None while the installation checks at its start that the list can be made."""
    return actor_of(context["request"]) if context["request"] else None


class UserSerializer(serializers.ModelSerializer[User]):
    name = serializers.SerializerMethodField(help_text="First and last name; empty where neither was given.")
    roles = serializers.ListField(child=serializers.ChoiceField(choices=ROLE_CHOICES))
    email = serializers.SerializerMethodField(
        help_text="My own; everybody's for those who keep the accounts; else null."
    )

    sql = {"name": _name, "roles": _roles, "email": _email}

    class Meta:
        model = User
        fields = ("id", "username", "name", "email", "roles", "is_machine", "is_active")

    def get_name(self, user: User) -> str:
        return f"{user.first_name} {user.last_name}".strip(" ")

    @extend_schema_field(serializers.EmailField(allow_null=True))
    def get_email(self, user: User) -> str | None:
        reader = _reader(self.context)
        return user.email if reader and (reader.pk == user.pk or reader.keeps_accounts) else None


class UserFilter(FilterSet):
    username = filters.CharFilter(lookup_expr="iexact")
    role = AnyOfChoice(method="by_role", choices=ROLE_CHOICES, label="Who has any of these roles.")
    is_active = TrueOrFalse()
    is_machine = TrueOrFalse()

    class Meta:
        model = User
        fields = ()

    def by_role(self, queryset: QuerySet[User], name: str, value: list[str]) -> QuerySet[User]:
        # Not a join: who has two of the roles would be listed twice.
        members = User.groups.through._default_manager.filter(group__name__in=value)
        return queryset.filter(pk__in=members.values("user_id"))


class UserViewSet(ReadViewSet):
    """People and machine accounts, with their roles. What is personal stays with those who keep the accounts."""

    queryset = User.objects.with_roles()
    serializer_class = UserSerializer
    filterset_class = UserFilter
    ordering_fields = {"username": "username"}
    ordering = "username"
