"""Who may ask for what of reviews; `factcheck/access.py` says how to read it. Who may act on which review, the stage table says."""

from factcheck.accounts.needs import (
    ANYBODY,
    KEEP_ACCOUNTS,
    PUBLISH,
    READ,
    READ_ONLY,
    REVIEW,
    TRIAGE,
    Need,
    Table,
    page,
    pages,
)
from reviews.corrections import RequestAction
from reviews.publication import EXPORTS
from reviews.stages import Action
from reviews.workflow.publishing import PUBLISH as PUBLISH_DUE
from reviews.workflow.snapshots import RECHECK, SNAPSHOT

# Triagers have no other part in reviews than these; with another scope they are a researcher's or an editor's.
TRIAGE_OR_REVIEW = Need((*TRIAGE.scopes, *REVIEW.scopes))

_REVIEW = "/api/v1/reviews/{id}"
_ITEM = "/api/v1/evidence/{id}"


def _own(action: Action) -> str:
    return f"POST {_REVIEW}/{action.replace('_', '-')}"


# Every action of the stage table that a person may take on a review, the route that takes it, and what that asks for.
ACTIONS: dict[Action, tuple[str, Need]] = {
    Action.TAKE: (_own(Action.TAKE), REVIEW),
    Action.ASSIGN: (_own(Action.ASSIGN), TRIAGE_OR_REVIEW),
    Action.TAKE_OVER: (_own(Action.TAKE_OVER), REVIEW),
    Action.RENEW_LEASE: (_own(Action.RENEW_LEASE), REVIEW),
    Action.RELEASE: (_own(Action.RELEASE), REVIEW),
    Action.ADD_EVIDENCE: (f"POST {_REVIEW}/evidence", REVIEW),
    Action.EDIT_EVIDENCE: (f"PATCH {_ITEM}", REVIEW),
    Action.DECLARE_SEARCH: (f"POST {_REVIEW}/searches", REVIEW),
    Action.CONFIRM_NUMBERS: (_own(Action.CONFIRM_NUMBERS), REVIEW),
    Action.SUBMIT_FOR_RATING: (_own(Action.SUBMIT_FOR_RATING), REVIEW),
    Action.SUBMIT_VERDICT: (_own(Action.SUBMIT_VERDICT), REVIEW),
    Action.REVISE_VERDICT: (_own(Action.REVISE_VERDICT), REVIEW),
    Action.ESCALATE: (_own(Action.ESCALATE), REVIEW),
    Action.ADJUDICATE: (_own(Action.ADJUDICATE), REVIEW),
    Action.REQUEST_EVIDENCE: (_own(Action.REQUEST_EVIDENCE), REVIEW),
    Action.REPLACE_SEAT_HOLDER: (_own(Action.REPLACE_SEAT_HOLDER), REVIEW),
    Action.REPLACE_ADJUDICATOR: (_own(Action.REPLACE_ADJUDICATOR), REVIEW),
    Action.EDIT_DRAFT: (f"PATCH {_REVIEW}/draft", REVIEW),
    Action.REQUEST_REPLY: (_own(Action.REQUEST_REPLY), REVIEW),
    Action.RECORD_REPLY: (_own(Action.RECORD_REPLY), REVIEW),
    Action.WAIVE_REPLY: (_own(Action.WAIVE_REPLY), REVIEW),
    Action.SUBMIT_DRAFT: (_own(Action.SUBMIT_DRAFT), REVIEW),
    Action.SEND_BACK: (_own(Action.SEND_BACK), REVIEW),
    Action.APPROVE: (_own(Action.APPROVE), PUBLISH),
    Action.UNAPPROVE: (_own(Action.UNAPPROVE), PUBLISH),
    Action.PUBLISH: (_own(Action.PUBLISH), PUBLISH),
    Action.OPEN_REVISION: (_own(Action.OPEN_REVISION), REVIEW),
    Action.DISMISS_REVISION: (_own(Action.DISMISS_REVISION), REVIEW),
    Action.PUBLISH_MINOR: (_own(Action.PUBLISH_MINOR), PUBLISH),
    Action.REVERIFY: (_own(Action.REVERIFY), REVIEW),
    Action.ABANDON_REVERIFICATION: (_own(Action.ABANDON_REVERIFICATION), REVIEW),
    Action.PROPOSE_RETRACTION: (_own(Action.PROPOSE_RETRACTION), PUBLISH),
    Action.RETRACT: (_own(Action.RETRACT), PUBLISH),
    Action.MARK_UNRELIABLE: (f"POST {_ITEM}/mark-unreliable", REVIEW),
    Action.KEEP_EVIDENCE: (f"POST {_ITEM}/keep", REVIEW),
    Action.DECLARE_CONFLICT: (_own(Action.DECLARE_CONFLICT), TRIAGE_OR_REVIEW),
    Action.COMMENT: (f"POST {_REVIEW}/comments", TRIAGE_OR_REVIEW),
    Action.HOLD: (_own(Action.HOLD), REVIEW),
    Action.RESUME: (_own(Action.RESUME), REVIEW),
    Action.CLOSE: (_own(Action.CLOSE), TRIAGE_OR_REVIEW),
    Action.REOPEN: (_own(Action.REOPEN), REVIEW),
}

# Who of the desk may do what to a reader's request, `reviews/corrections.py` says.
REQUEST_NEED = REVIEW
_REQUEST = "/api/v1/correction-requests"

ROUTES: Table = {
    "GET /api/v1/desks": READ,
    "GET /api/v1/desks/{id}": READ,
    "GET /api/v1/rating-scales": READ,
    "GET /api/v1/rating-scales/{id}": READ,
    "GET /api/v1/policies": READ,
    "GET /api/v1/policies/{id}": READ,
    "GET /api/v1/queue": READ,
    "POST /api/v1/queue/next": REVIEW,
    "GET /api/v1/reviews": READ,
    "POST /api/v1/reviews": TRIAGE,
    f"GET {_REVIEW}": READ,
    **dict(ACTIONS.values()),
    f"GET {_REVIEW}/seat": READ,
    f"PATCH {_REVIEW}/seat/draft": REVIEW,
    **{
        f"GET {_REVIEW}/{rows}": READ
        for rows in (
            "evidence",
            "searches",
            "evidence-sets",
            "verdicts",
            "draft",
            "replies",
            "decisions",
            "comments",
            "events",
        )
    },
    f"POST {_REVIEW}/evidence-files": REVIEW,
    "GET /api/v1/evidence": READ,
    f"GET {_ITEM}": READ,
    f"POST {_ITEM}/take-snapshot": REVIEW,
    **{
        f"GET /api/v1/statistics/{found}": READ
        for found in ("agreement", "turnaround", "selection", "selection.csv", "stages.csv", "verdicts.csv")
    },
    **{
        f"GET /api/v1/public/fact-checks{rest}": ANYBODY
        for rest in ("", "/{id}", "/{id}/claim-review", "/{id}/revisions", "/{id}/revisions/{id}")
    },
    **{f"GET /api/v1/public/{export.name}": ANYBODY for export in EXPORTS},
    "GET /api/v1/public/corrections": ANYBODY,
    "GET /api/v1/public/corrections.atom": ANYBODY,
    f"GET {_REQUEST}": READ,
    f"GET {_REQUEST}/{{id}}": READ,
    **{f"POST {_REQUEST}/{{id}}/{action.replace('_', '-')}": REQUEST_NEED for action in RequestAction},
    "POST /api/v1/public/correction-requests": ANYBODY,
    "GET /api/v1/public/correction-requests/{id}": ANYBODY,
    "GET /api/v1/public/snapshots/{id}": ANYBODY,
    "GET /api/v1/public/statistics/corrections": ANYBODY,
    # Pages for readers
    **{
        f"* /{address}": ANYBODY
        for address in (
            "fact-checks",
            "fact-checks/{id}",
            "fact-checks/{id}/revisions/{id}",
            "fact-checks/{id}/correct",
            "correction-requests/{id}",
            "fact-checks{rest}",
            "snapshots/{id}",
            "snapshots{rest}",
            "corrections",
            "methodology",
            "sitemap.xml",
            "sitemap-{id}.xml",
            "robots.txt",
        )
    },
    # The desk. Who may take which action, its route of the API says.
    **pages("reviews/review", read=READ, add=TRIAGE),
    "* /admin/reviews/review/take-next/": page(REVIEW),
    "* /admin/reviews/review/{id}/act/{id}/": page(READ),
    "* /admin/reviews/review/{id}/act/{id}/{id}/": page(READ),
    "* /admin/reviews/review/{id}/keep-draft/": page(REVIEW),
    "* /admin/reviews/review/{id}/add-file/": page(READ),
    "* /admin/reviews/review/{id}/store-again/{id}/": page(REVIEW),
    "GET /admin/reviews/review/{id}/preview/": page(READ),
    "POST /admin/reviews/review/{id}/preview/": page(READ_ONLY),
    "GET /admin/reviews/review/{id}/revisions/": page(READ),
    "POST /admin/reviews/review/{id}/revisions/": page(READ_ONLY),
    **pages("reviews/correctionrequest", read=READ),
    "* /admin/reviews/correctionrequest/{id}/act/{id}/": page(READ),
    **pages("reviews/desk", read=READ, add=KEEP_ACCOUNTS),
    **{f"* /admin/reviews/desk/{{id}}/{step}/": page(KEEP_ACCOUNTS) for step in ("new-version", "use", "people")},
    "GET /admin/reviews/desk/statistics/": page(READ),
    "POST /admin/reviews/desk/statistics/": page(READ_ONLY),
    **pages("reviews/reviewpolicy", read=READ),
    "* /admin/reviews/reviewpolicy/{id}/new-version/": page(KEEP_ACCOUNTS),
    **pages("reviews/ratingscaleversion", read=READ),
    "* /admin/reviews/ratingscaleversion/{id}/new-version/": page(KEEP_ACCOUNTS),
    "GET /api/v1/snapshots/{id}": READ,
    "GET /api/v1/snapshots/{id}/content": READ,
    "POST /api/v1/snapshots/{id}/verify": REVIEW,
}

JOBS: Table = {SNAPSHOT: REVIEW, RECHECK: REVIEW, PUBLISH_DUE: PUBLISH}
