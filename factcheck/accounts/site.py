"""The doors of the admin: its sign-in, sign-out and change of password are the verbs of the API in another form."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from factcheck import throttles
from factcheck.accounts import people, signing_in
from factcheck.accounts.permissions import actor_of
from factcheck.errors import Throttled


class SignInForm(AdminAuthenticationForm):
    def clean(self) -> dict[str, Any]:
        return self.cleaned_data  # the verb asks for the password


class SignInPage(LoginView):
    form_class = SignInForm
    template_name = "factcheck/login.html"

    def form_valid(self, form: SignInForm) -> HttpResponse:
        try:
            signing_in.sign_in(self.request, **form.cleaned_data, staff_only=True)
        except Throttled as refused:
            return _too_many(self.request, refused.extra["retry_after_seconds"])
        except signing_in.WrongCredentials:
            form.add_error(None, form.get_invalid_login_error())
        except signing_in.SecondStepNeeded as refused:
            form.add_error(None, refused.detail)
        return self.form_invalid(form) if form.errors else HttpResponseRedirect(self.get_success_url())


def _too_many(request: HttpRequest, seconds: int) -> HttpResponse:
    page = TemplateResponse(request, "429.html", {"minutes": -(-seconds // 60)}, status=429)
    page["Retry-After"] = str(seconds)
    return page


class Desk(AdminSite):
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        index = reverse("admin:index", current_app=self.name)
        if request.method == "GET" and self.has_permission(request):
            return HttpResponseRedirect(index)
        target = request.POST.get(REDIRECT_FIELD_NAME, request.GET.get(REDIRECT_FIELD_NAME, ""))
        context = {
            **self.each_context(request),
            "title": "Log in",
            "app_path": request.get_full_path(),
            "username": request.user.get_username(),
            **({} if target else {REDIRECT_FIELD_NAME: index}),
            **(extra_context or {}),
        }
        request.current_app = self.name
        return SignInPage.as_view(extra_context=context, next_page=index)(request)

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method == "POST":
            signing_in.sign_out(request)
        return super().logout(request, extra_context)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        person = actor_of(request)
        if request.method == "POST":
            try:
                signing_in.count_attempt(request, person.get_username())
            except Throttled as refused:
                return _too_many(request, refused.extra["retry_after_seconds"])
        with people.watching_password(person.pk, actor=person):
            page = super().password_change(request, extra_context)
        if isinstance(page, HttpResponseRedirect):
            throttles.forgive_sign_in(request, person.get_username())
        return page
