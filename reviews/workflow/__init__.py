"""The verbs of the review process, and the only code that changes its rows. Each is one transaction: lock, ask the table, change, record.

    open_review -> take -> add_evidence ... -> submit_for_rating -> submit_verdict (sealed) -> [discussion -> adjudicate]
        -> edit_draft -> submit_draft -> approve -> publish
        -> open_revision -> dismiss_revision | edit_draft -> publish_minor | reverify -> ... -> publish
        -> propose_retraction -> retract

Every verb takes the acting user and, but for verdicts, the `version` of the review that they saw. Raises NotFound (404, also for a
review of another desk), StaleVersion (412), ActionForbidden (403) when the table does not let the actor, ActionBlocked (409) when the
stage or a guard lets nobody, InvalidInput (422). None leaves a trace.
"""

from reviews.workflow.acting import ActionBlocked, desks_of, facts_of, is_there, visible_to
from reviews.workflow.comments import Anchor, comment
from reviews.workflow.conflicts import declare_conflict
from reviews.workflow.corrections import accept as accept_request
from reviews.workflow.corrections import (
    acknowledge,
    decline,
    mark_duplicate,
    request_correction,
    request_of,
    requests_visible_to,
    resolve,
    take_over_request,
)
from reviews.workflow.drafting import (
    approve,
    edit_draft,
    fall_back_all,
    record_reply,
    request_reply,
    send_back,
    submit_draft,
    unapprove,
    waive_reply,
)
from reviews.workflow.evidence import (
    add_evidence,
    declare_search,
    edit_evidence,
    keep_evidence,
    keep_snapshot,
    mark_unreliable,
    record_check,
    record_snapshot_failure,
    take_snapshot,
)
from reviews.workflow.opening import (
    assign,
    confirm_numbers,
    open_review,
    release,
    renew_lease,
    take,
    take_next,
    take_over,
)
from reviews.workflow.overlays import close, hold, reopen, resume
from reviews.workflow.publishing import publish, publish_minor, retract
from reviews.workflow.rating import (
    Judgement,
    adjudicate,
    escalate,
    request_evidence,
    revise_verdict,
    submit_for_rating,
    submit_verdict,
)
from reviews.workflow.replacing import replace_adjudicator, replace_seat_holder
from reviews.workflow.revising import (
    abandon_reverification,
    dismiss_revision,
    open_revision,
    propose_retraction,
    reverify,
)
from reviews.workflow.seats import MySeat, my_seat, save_verdict_draft, to_be_judged_by, verdicts_submitted
from reviews.workflow.standing import current_round

__all__ = [
    "ActionBlocked",
    "Anchor",
    "Judgement",
    "MySeat",
    "abandon_reverification",
    "accept_request",
    "acknowledge",
    "add_evidence",
    "adjudicate",
    "approve",
    "assign",
    "close",
    "comment",
    "confirm_numbers",
    "current_round",
    "declare_conflict",
    "declare_search",
    "decline",
    "desks_of",
    "dismiss_revision",
    "edit_draft",
    "edit_evidence",
    "escalate",
    "facts_of",
    "fall_back_all",
    "hold",
    "is_there",
    "keep_evidence",
    "keep_snapshot",
    "mark_duplicate",
    "mark_unreliable",
    "my_seat",
    "open_review",
    "open_revision",
    "propose_retraction",
    "publish",
    "publish_minor",
    "record_check",
    "record_reply",
    "record_snapshot_failure",
    "release",
    "renew_lease",
    "reopen",
    "replace_adjudicator",
    "replace_seat_holder",
    "request_correction",
    "request_evidence",
    "request_of",
    "request_reply",
    "requests_visible_to",
    "resolve",
    "resume",
    "retract",
    "reverify",
    "revise_verdict",
    "save_verdict_draft",
    "send_back",
    "submit_draft",
    "submit_for_rating",
    "submit_verdict",
    "take",
    "take_next",
    "take_over",
    "take_over_request",
    "take_snapshot",
    "to_be_judged_by",
    "unapprove",
    "verdicts_submitted",
    "visible_to",
    "waive_reply",
]
