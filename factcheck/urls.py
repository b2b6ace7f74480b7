"""Every address of the installation."""

from collections.abc import Callable

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import include, path, re_path
from django.views.decorators.csrf import csrf_exempt

from factcheck import health, metrics
from factcheck.accounts.views import Me
from factcheck.api import views
from factcheck.api.events import Events
from factcheck.api.jobs import JobViewSet
from factcheck.api.notifications import NotificationViewSet
from factcheck.api.problems import not_found
from factcheck.api.routers import Router
from factcheck.api.session import OwnPassword, Session
from factcheck.api.tokens import TokenViewSet
from factcheck.api.users import UserViewSet
from factcheck.api.webhooks import WebhookDeliveryViewSet, WebhookEndpointViewSet, WebhookEventTypes


def leads_to(address: str) -> Callable[[HttpRequest], HttpResponse]:
    """Whatever the method: Django's own answers some with an empty page instead of a problem."""
    return lambda request: redirect(address)


router = Router()
router.register("jobs", JobViewSet)
router.register("notifications", NotificationViewSet)
router.register("tokens", TokenViewSet)
router.register("users", UserViewSet)
router.register("webhook-deliveries", WebhookDeliveryViewSet)
router.register("webhook-endpoints", WebhookEndpointViewSet)

api = [
    path("session", Session.as_view(), name="session"),
    path("me", Me.as_view(), name="me"),
    path("me/password", OwnPassword.as_view(), name="own-password"),
    path("events", Events.as_view(), name="events"),
    path("webhook-event-types", WebhookEventTypes.as_view(), name="webhook-event-types"),
    path("problems", views.Problems.as_view(), name="problems"),
    path("schema", views.Document.as_view(), name="schema"),
    path("docs", views.Reference.as_view(), name="docs"),
    path("docs/try", views.TryOut.as_view(), name="docs-try"),
    *router.urls,
    path("", include("claims.urls")),
    path("", include("reviews.urls")),
]

admin.autodiscover()

urlpatterns = [
    path("", leads_to("admin:index")),
    re_path(r"^api(?:/v1)?/?$", leads_to("docs")),
    path("api/v1/", include(api)),
    # With DEBUG on, Django would answer with its own page; and a misspelt action is no question of CSRF.
    re_path(r"^api(/.*)?$", csrf_exempt(not_found)),
    path("", include("reviews.pages")),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", metrics.view),
    # Browsers ask for it whatever a page says.
    path("favicon.ico", leads_to(f"{settings.STATIC_URL}factcheck/favicon.svg")),
    path("admin", leads_to("admin:index")),
    path("admin/", admin.site.urls),
]

handler400 = "factcheck.api.problems.bad_request"
handler403 = "factcheck.api.problems.forbidden"
handler404 = "factcheck.api.problems.not_found"
handler500 = "factcheck.api.problems.server_error"
