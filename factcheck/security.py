"""What every answer tells the browser to refuse. A page that needs more sets its own policy, which is then kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.conf import settings
from django.http import HttpRequest, HttpResponse

Policy = Mapping[str, str]

# No script or style stands in our pages themselves, so that nothing has to be let through by a nonce: whatever markup gets
# into a page, the browser runs none of it.
PAGES: Policy = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
# JSON, problems, files: opened by themselves they are shown and do nothing.
EVERYTHING_ELSE: Policy = {"default-src": "'none'", "base-uri": "'none'", "frame-ancestors": "'none'"}

POLICY_HEADER = "Content-Security-Policy"
HEADERS = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(
        f"{feature}=()"
        for feature in ("browsing-topics", "camera", "display-capture", "geolocation", "microphone", "payment", "usb")
    ),
    # What we answer depends on who asks. A client may keep it, and asks again before it shows it.
    "Cache-Control": "private, no-cache",
}


def written(policy: Policy) -> str:
    return "; ".join(f"{directive} {sources}" for directive, sources in policy.items())


class SecurityHeaders:
    """Stands before everything that answers, static files included; Django's own middlewares add the rest of the headers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.setdefault(name, value)
        # Django's report of an error while debugging is a page with scripts and styles of its own.
        if not (settings.DEBUG and response.status_code == 500):
            is_page = response.get("Content-Type", "").startswith("text/html")
            response.setdefault(POLICY_HEADER, written(PAGES if is_page else EVERYTHING_ELSE))
        return response
