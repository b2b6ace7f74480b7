"""Who may ask for what: every route of the platform has a row here. Those of an app stand in its own `access.py`.

`METHOD address: what it asks for`, with `*` for any method and `{id}` for any key. A route without a row is an error at start, and is
answered to nobody. Views declare nothing: `factcheck.accounts.permissions` asks for the API, `factcheck.accounts.gate` for all else.
"""

from dataclasses import replace

from factcheck.accounts.needs import (
    ANYBODY,
    AUDIT,
    IMPORT_OR_TRIAGE,
    IN_SESSION,
    KEEP_ACCOUNTS,
    READ,
    READ_ONLY,
    REVIEW,
    SIGNED_IN,
    STAFF,
    Need,
    Table,
    nobody,
    page,
    pages,
)
from factcheck.notifications.telling import EMAIL
from factcheck.webhooks.queueing import DELIVER

# Whoever may ask for a kind of work may ask for it again or call it off: the tables of the apps name the scopes of their kinds.
OF_ITS_KIND = Need((*IMPORT_OR_TRIAGE.scopes, *REVIEW.scopes), decided_by="by kind of job")
# Sent again or called off by whom it is for, who alone is shown it.
EMAILS = Need((*IMPORT_OR_TRIAGE.scopes, *REVIEW.scopes))
# As tokens: one that leaked must not be able to have things sent elsewhere.
KEEP_ENDPOINTS = replace(KEEP_ACCOUNTS, is_in_session=True)
OPERATORS = Need(is_signed_in=False, decided_by="this machine, or METRICS_TOKEN")

ROUTES: Table = {
    "GET /api/v1/session": ANYBODY,
    "POST /api/v1/session": ANYBODY,
    "DELETE /api/v1/session": ANYBODY,
    "GET /api/v1/me": SIGNED_IN,
    "PATCH /api/v1/me": IN_SESSION,
    "PUT /api/v1/me/password": IN_SESSION,
    "GET /api/v1/notifications": READ,
    "POST /api/v1/notifications/{id}/read": READ,
    "POST /api/v1/notifications/read-all": READ,
    # A token that leaked must not be able to make itself a successor. Whose tokens they are, their verbs ask.
    "GET /api/v1/tokens": IN_SESSION,
    "POST /api/v1/tokens": IN_SESSION,
    "GET /api/v1/tokens/{id}": IN_SESSION,
    "POST /api/v1/tokens/{id}/rotate": IN_SESSION,
    "POST /api/v1/tokens/{id}/revoke": IN_SESSION,
    "GET /api/v1/users": READ,
    "GET /api/v1/users/{id}": READ,
    "GET /api/v1/events": READ,
    "GET /api/v1/jobs": READ,
    "GET /api/v1/jobs/{id}": READ,
    "POST /api/v1/jobs/{id}/retry": OF_ITS_KIND,
    "POST /api/v1/jobs/{id}/cancel": OF_ITS_KIND,
    "GET /api/v1/webhook-event-types": READ,
    "GET /api/v1/webhook-endpoints": AUDIT,
    "POST /api/v1/webhook-endpoints": KEEP_ENDPOINTS,
    "GET /api/v1/webhook-endpoints/{id}": AUDIT,
    "PATCH /api/v1/webhook-endpoints/{id}": KEEP_ENDPOINTS,
    **{
        f"POST /api/v1/webhook-endpoints/{{id}}/{action}": KEEP_ENDPOINTS
        for action in ("disable", "enable", "rotate-secret", "send-test")
    },
    "GET /api/v1/webhook-deliveries": AUDIT,
    "GET /api/v1/webhook-deliveries/{id}": AUDIT,
    "POST /api/v1/webhook-deliveries/{id}/replay": KEEP_ENDPOINTS,
    "GET /api/v1/problems": ANYBODY,
    "GET /api/v1/schema": ANYBODY,
    "GET /api/v1/docs": ANYBODY,
    "GET /api/v1/docs/try": ANYBODY,
    # Whatever else begins like the API: a problem tells that there is nothing.
    "* /api{rest}": ANYBODY,
    # They lead elsewhere.
    "* /": ANYBODY,
    "* /api/": ANYBODY,
    "* /admin": ANYBODY,
    "* /favicon.ico": ANYBODY,
    # Probes
    "* /healthz": ANYBODY,
    "* /readyz": ANYBODY,
    "* /metrics": OPERATORS,
    # The admin
    "* /admin/login/": ANYBODY,
    "* /admin/logout/": ANYBODY,
    "* /admin/": STAFF,
    "* /admin/{id}/": STAFF,
    "* /admin/{rest}": STAFF,
    "* /admin/password_change/": STAFF,
    "* /admin/password_change/done/": STAFF,
    "* /admin/autocomplete/": nobody("No form here completes what is typed."),
    "* /admin/jsi18n/": STAFF,
    "* /admin/r/{id}/{id}/": STAFF,
    **pages("factcheck/job", read=READ, act=OF_ITS_KIND),
    **pages("audit/auditevent", read=AUDIT),
    **pages("accounts/token", read=KEEP_ACCOUNTS, act=KEEP_ACCOUNTS),
    **pages("accounts/user", read=KEEP_ACCOUNTS, add=KEEP_ACCOUNTS, change=KEEP_ACCOUNTS, past=KEEP_ACCOUNTS),
    **pages("notifications/notification", read=READ, act=READ),
    **pages("webhooks/webhookendpoint", read=AUDIT, act=KEEP_ENDPOINTS),
    **pages("webhooks/webhookdelivery", read=AUDIT, act=KEEP_ENDPOINTS),
    "GET /admin/accounts/user/roles/": page(READ),
    "POST /admin/accounts/user/roles/": page(READ_ONLY),
    "* /admin/accounts/user/{id}/password/": page(KEEP_ACCOUNTS),
}

JOBS: Table = {EMAIL: EMAILS, DELIVER: KEEP_ENDPOINTS}
