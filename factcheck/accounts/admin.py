"""Who may sign in, and with which roles. Tokens are shown and revoked; their secrets nobody can see."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any
from uuid import UUID

import allauth.account.admin  # noqa: F401  which registers what is taken back below
from allauth.account.models import EmailAddress
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import ReadOnlyPasswordHashField, ReadOnlyPasswordHashWidget, UserChangeForm
from django.contrib.auth.models import Group
from django.db.models import Count, QuerySet
from django.forms import CheckboxSelectMultiple, ModelMultipleChoiceField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from factcheck import routes
from factcheck.accounts import people, tokens
from factcheck.accounts.models import Token, User
from factcheck.accounts.permissions import actor_of
from factcheck.accounts.roles import ROLES, SCOPES
from factcheck.admin.base import ByTable, Pages, RecordAdmin, identifier
from factcheck.templatetags.desk import badge, moment

# Roles are a table in the code (accounts/roles.py): editing a group here would last until the next migrate.
admin.site.unregister(Group)
# A person's address is a column of the account; nothing here verifies it.
admin.site.unregister(EmailAddress)


# What else an app says of people, in words, asked once for all that a page shows.
Words = Callable[[Collection[UUID]], Mapping[UUID, str]]
_desks: list[Words] = []


def desks_are_named(words: Words) -> Words:
    """Registers how an app names the desks that people are of."""
    _desks[:] = [words]
    return words


class WithDesks(Pages):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        names = _desks[0]([user.pk for user in self.result_list]) if _desks else {}
        for user in self.result_list:
            user.desks = names.get(user.pk, "")


class Secret(ReadOnlyPasswordHashWidget):
    """Whether there is a password: how it is kept is nobody's business on a page."""

    def get_context(self, name: str, value: str, attrs: Any) -> dict[str, Any]:
        told = super().get_context(name, value, attrs)
        # What has no value says that there is none, or that nothing here can check it.
        return told | {"summary": [{"label": "set"}]} if any("value" in part for part in told["summary"]) else told


class RoleChoice(ModelMultipleChoiceField):
    def label_from_instance(self, group: Any) -> str:
        return f"{group.name}: {ROLES[group.name].description}" if group.name in ROLES else group.name


class PersonForm(UserChangeForm):
    password = ReadOnlyPasswordHashField(label="Password", widget=Secret)
    groups = RoleChoice(Group.objects.order_by("pk"), label="Roles", required=False, widget=CheckboxSelectMultiple)


@admin.register(User)
class PersonAdmin(ByTable, UserAdmin):
    change_list_template = "admin/accounts/user/change_list.html"
    change_user_password_template = "factcheck/user_password.html"
    list_display = (
        "username",
        "person",
        "role_names",
        "desk_names",
        "standing",
        "signed_in",
    )
    list_filter = ("groups", "is_machine", "is_active")
    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email", "email_notifications")}),
        ("Rights", {"fields": ("groups", "is_active", "is_staff", "is_machine", "is_superuser")}),
        ("Dates", {"fields": ("signed_in", "joined")}),
    )
    readonly_fields = ("signed_in", "joined")
    filter_horizontal = ()
    form = PersonForm

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return User.objects.with_roles()

    class Media:
        css = {"all": ("factcheck/admin.css",)}

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "Users"} | (extra_context or {}))

    @admin.display(description="name", ordering="last_name")
    def person(self, user: User) -> str:
        return user.get_full_name() or "–"

    @admin.display(description="roles")
    def role_names(self, user: User) -> str:
        return ", ".join(user.roles) or "none"

    @admin.display(description="account")
    def standing(self, user: User) -> SafeString:
        marks = [("modality", "superuser")] if user.is_superuser else []
        marks += [("queued", "machine")] if user.is_machine else []
        marks += [] if user.is_active else [("cancelled", "switched off")]
        return format_html_join(" ", "{}", ((badge(*mark),) for mark in marks)) or badge("done", "active")

    @admin.display(description="joined")
    def joined(self, user: User) -> SafeString:
        return moment(user.date_joined)

    @admin.display(description="last signed in", ordering="last_login")
    def signed_in(self, user: User) -> SafeString:
        return moment(user.last_login, "never")

    @admin.display(description="desks")
    def desk_names(self, user: Any) -> str:
        return user.desks or "–"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return WithDesks

    def get_urls(self) -> list[URLPattern]:
        return [path("roles/", self.admin_site.admin_view(self.roles), name="accounts_user_roles"), *super().get_urls()]

    def roles(self, request: HttpRequest) -> HttpResponse:
        """What each role may do, from the tables that say so."""
        held = dict(Group.objects.filter(user__is_active=True).values_list("name").annotate(n=Count("user")))
        context = {
            **self.admin_site.each_context(request),
            "title": "Roles",
            "opts": self.opts,
            "media": self.media,
            "scopes": SCOPES,
            "roles": [
                (role, held.get(name, 0), [scope in role.scopes for scope in SCOPES]) for name, role in ROLES.items()
            ],
            "needs": [
                (need, [not able or name in able for name in ROLES], rows)
                for need, (able, rows) in routes.by_need().items()
            ],
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/accounts/user/roles.html", context)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """The record's: Django's own knows only of what was saved in this admin."""
        return HttpResponseRedirect(f"{reverse('admin:audit_auditevent_changelist')}?q={identifier(object_id)}")

    # What is saved here, by Django's own forms, leaves its event in the same transaction.

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> User | None:
        # The lock before the row is read: its form writes every column back, a password too that its owner has changed meanwhile.
        if request.method == "POST":
            people.locked(object_id)
        return super().get_object(request, object_id, from_field)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        before = User.objects.filter(pk=obj.pk).first() if change else None
        form.state_before = people.state_of_person(before) if before else None
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        people.record_saved(form.instance, form.state_before, actor=actor_of(request))

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        with people.watching_password(id, actor=actor_of(request)):
            return super().user_change_password(request, id, form_url)

    # Only a superuser makes superusers, or gets at their passwords.

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        own = super().get_readonly_fields(request, obj)
        return own if request.user.is_superuser else (*own, "is_superuser")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:  # type: ignore[override]
        is_beyond = obj is not None and obj.is_superuser and not request.user.is_superuser
        return super().has_change_permission(request, obj) and not is_beyond


@admin.register(Token)
class TokenAdmin(RecordAdmin):
    page_template = "admin/accounts/token/page.html"
    list_display = ("prefix", "name", "user", "scope_names", "made", "ends", "used", "standing")
    list_select_related = ("user",)
    search_fields = ("name", "prefix", "user__username")
    actions = ("revoke",)
    consequences = {
        "revoke": "Whatever uses these tokens is refused from the next request on, for good. Their owners may make new ones."
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Token]:
        return Token.objects.select_related("user").defer("digest")

    @admin.display(description="scopes")
    def scope_names(self, token: Token) -> str:
        return ", ".join(token.scopes)

    @admin.display(description="made", ordering="created_at")
    def made(self, token: Token) -> SafeString:
        return moment(token.created_at)

    @admin.display(description="ends", ordering="expires_at")
    def ends(self, token: Token) -> SafeString:
        return moment(token.expires_at, "never")

    @admin.display(description="last used", ordering="last_used_at")
    def used(self, token: Token) -> SafeString:
        return moment(token.last_used_at, "never")

    @admin.display(description="state", ordering="revoked_at")
    def standing(self, token: Token) -> SafeString:
        if token.revoked_at:
            return badge("cancelled", "revoked")
        is_over = token.expires_at is not None and token.expires_at <= timezone.now()
        return badge("cancelled", "ended") if is_over else badge("enabled", "works")

    @admin.action(description="Revoke", permissions=["act"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Token]) -> None:
        for token in queryset:
            tokens.revoke(token, actor=actor_of(request))
            self.message_user(request, f"{token} works no more.", messages.SUCCESS)
