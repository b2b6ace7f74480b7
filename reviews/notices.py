"""Who is told of what: the table of notifications about reviews. Plain values.

An action without a row tells nobody, and costs nothing. Nobody is told what they did themselves. No row says who has voted, or what:
whatever a seat holder is told of an open round, all its seat holders are told.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reviews.facts import Stage
from reviews.stages import Action


class Party(StrEnum):
    """Whom a row speaks of. Who that is now, `reviews.workflow.telling` knows."""

    LEAD = "lead"
    FORMER_LEAD = "former_lead"  # who led it before the action
    SEAT_HOLDERS = "seat_holders"  # of the present round
    SEATED = "seated"  # whom the action gave a seat
    ADJUDICATOR = "adjudicator"
    NEW_ADJUDICATOR = "new_adjudicator"
    DRAFT_AUTHOR = "draft_author"
    APPROVERS = "approvers"  # editors of the desk who took no part
    ANSWERED = "answered"  # whose comment was answered
    REPLACED = "replaced"  # in whose place the action put somebody else
    HANDLER = "handler"  # of a revision that is or was under way
    ANSWERABLE = "answerable"  # who approved what is public
    EDITORS = "editors"  # of the desk who keep out of nothing
    NAMED = "named"  # whom a comment names


@dataclass(frozen=True, slots=True)
class Notice:
    """One row. `words` may name `{who}` did it and the `{claim}`; `by_system` are those where nobody did. `before` and `after` are the
    stages from which and into which the action led, where it matters.
    """

    action: Action
    to: Party
    kind: str
    words: str
    by_system: str = ""
    before: tuple[Stage, ...] = ()
    after: tuple[Stage, ...] = ()


A, P, S = Action, Party, Stage
_JUDGED = (S.RATING, S.DISCUSSION)

_SEAT = "You hold a seat and your verdict is asked for: {claim}"
_DIFFER = "The verdicts differ, and are open to be discussed: {claim}"
_DECIDED = "There is a decision, and the draft is yours to write: {claim}"
_FELL = "What was approved has changed, and the approval has fallen: {claim}"
_DUE = "This was published, since it was due: {claim}"
_STALE = "Evidence of your round was marked as unreliable, and a verdict that rests on it counts no more: look again: {claim}"

# Of several rows that find the same person, the first one is told.
NOTICES = (
    Notice(A.ASSIGN, P.LEAD, "assigned", "{who} gave you this to lead: {claim}"),
    Notice(A.TAKE_OVER, P.FORMER_LEAD, "taken_over", "{who} leads this in your place now: {claim}"),
    Notice(
        A.RELEASE, P.FORMER_LEAD, "released", "{who} put this back into the queue, which you led: {claim}",
        by_system="Your lease has ended, and this is back in the queue: {claim}",
    ),
    Notice(A.SUBMIT_FOR_RATING, P.SEAT_HOLDERS, "seat_given", _SEAT),
    Notice(A.DECLARE_CONFLICT, P.SEATED, "seat_given", _SEAT),
    Notice(A.FILL_SEAT, P.SEATED, "seat_given", _SEAT),
    *(
        Notice(action, P.REPLACED, "replaced", "Somebody else has your place in this now: {claim}")
        for action in (A.FILL_SEAT, A.REPLACE_SEAT_HOLDER, A.REPLACE_ADJUDICATOR)
    ),
    Notice(A.REPLACE_SEAT_HOLDER, P.SEATED, "seat_given", _SEAT),
    Notice(A.SEND_BACK, P.SEAT_HOLDERS, "seat_given", _SEAT, after=(S.RATING,)),
    Notice(A.CLOSE_ROUND, P.SEAT_HOLDERS, "verdicts_differ", _DIFFER, after=(S.DISCUSSION,)),
    Notice(A.CLOSE_ROUND, P.LEAD, "verdicts_differ", _DIFFER, after=(S.DISCUSSION,)),
    Notice(A.CLOSE_ROUND, P.DRAFT_AUTHOR, "decided", _DECIDED, after=(S.DRAFTING,)),
    Notice(A.SETTLE, P.DRAFT_AUTHOR, "decided", _DECIDED),
    Notice(A.ADJUDICATE, P.DRAFT_AUTHOR, "decided", _DECIDED),
    Notice(
        A.ESCALATE, P.NEW_ADJUDICATOR, "adjudication_asked", "{who} asks you to decide between verdicts that differ: {claim}",
        by_system="The discussion took too long: you decide between the verdicts: {claim}",
    ),
    *(
        Notice(action, P.NEW_ADJUDICATOR, "adjudication_asked", "You decide now, in somebody's place: {claim}")
        for action in (A.DECLARE_CONFLICT, A.REPLACE_ADJUDICATOR)
    ),
    Notice(A.REQUEST_EVIDENCE, P.LEAD, "evidence_asked", "{who} asks for more evidence: {claim}"),
    Notice(
        A.REQUEST_EVIDENCE, P.SEAT_HOLDERS, "round_void", "{who} asks for more evidence: no verdict is needed for now: {claim}",
        before=(S.RATING,),
    ),
    Notice(A.MARK_UNRELIABLE, P.SEAT_HOLDERS, "verdict_stale", _STALE, before=_JUDGED),
    Notice(A.MARK_UNRELIABLE, P.LEAD, "evidence_unreliable", "{who} marked evidence as unreliable: {claim}"),
    Notice(A.SUBMIT_DRAFT, P.APPROVERS, "approval_asked", "{who} handed in a draft that you may approve: {claim}"),
    Notice(A.SEND_BACK, P.DRAFT_AUTHOR, "sent_back", "{who} sent your draft back: {claim}", after=(S.DRAFTING,)),
    Notice(A.SEND_BACK, P.LEAD, "sent_back", "{who} sent this back to {stage}: {claim}", after=(S.RESEARCH, S.RATING)),
    *(
        row
        for to in (P.LEAD, P.DRAFT_AUTHOR)
        for row in (
            Notice(A.APPROVE, to, "approved", "{who} approved this: {claim}"),
            Notice(A.UNAPPROVE, to, "unapproved", "{who} took the approval back: {claim}", by_system=_FELL),
            Notice(A.PUBLISH, to, "published", "{who} published this: {claim}", by_system=_DUE),
        )
    ),
    *(
        row
        for action, kind, words, with_seats in (
            (A.HOLD, "held", "{who} put this on hold: {claim}", (*_JUDGED, S.ADJUDICATION)),
            (A.RESUME, "resumed", "{who} resumed this: {claim}", (*_JUDGED, S.ADJUDICATION)),
            (A.CLOSE, "closed", "{who} closed this: {claim}", (S.DISCUSSION, S.ADJUDICATION)),
        )
        for row in (
            Notice(action, P.LEAD, kind, words),
            Notice(action, P.SEAT_HOLDERS, kind, words, before=with_seats),
            Notice(action, P.ADJUDICATOR, kind, words, before=(S.ADJUDICATION,)),
        )
    ),
    *(
        row
        for to in (P.ANSWERABLE, P.LEAD)
        for row in (
            Notice(A.OPEN_REVISION, to, "doubted", "{who} doubts what is public: {claim}"),
            Notice(A.REVERIFY, to, "reverified", "{who} has this verified again: {claim}"),
            Notice(A.PUBLISH_MINOR, to, "published", "{who} published a small change of this: {claim}"),
            Notice(A.DISMISS_REVISION, to, "stands", "{who} lets stand what is public: {claim}"),
            Notice(A.RETRACT, to, "retracted", "{who} retracted this: {claim}"),
        )
    ),
    Notice(A.DISMISS_REVISION, P.HANDLER, "stands", "{who} lets stand what is public: {claim}"),
    Notice(A.PUBLISH_MINOR, P.HANDLER, "published", "{who} published a small change of this: {claim}"),
    Notice(A.PUBLISH, P.HANDLER, "published", "{who} published this: {claim}", by_system=_DUE),
    Notice(A.ABANDON_REVERIFICATION, P.HANDLER, "reverification_ended", "{who} gave up to verify this again: {claim}"),
    Notice(A.ABANDON_REVERIFICATION, P.LEAD, "reverification_ended", "{who} gave up to verify this again: {claim}"),
    Notice(A.RETRACT, P.HANDLER, "retracted", "{who} retracted this: {claim}"),
    # Nobody judges any further what is verified again.
    Notice(A.RETRACT, P.SEAT_HOLDERS, "retracted", "{who} retracted this: {claim}", before=(*_JUDGED, S.ADJUDICATION)),
    Notice(A.RETRACT, P.ADJUDICATOR, "retracted", "{who} retracted this: {claim}", before=(S.ADJUDICATION,)),
    Notice(A.PROPOSE_RETRACTION, P.EDITORS, "retraction_proposed", "{who} proposes to retract this: {claim}"),
    Notice(A.REOPEN, P.FORMER_LEAD, "reopened", "{who} reopened this, which you led: {claim}"),
    Notice(A.COMMENT, P.ANSWERED, "answered", "{who} answered your comment: {claim}"),
    Notice(A.COMMENT, P.NAMED, "named", "{who} names you in a comment: {claim}"),
)  # fmt: skip

# Of what no action of the table brings about: kind -> words.
EVIDENCE_NEEDS_ATTENTION = "evidence_needs_attention"
VERDICT_STALE = "verdict_stale"
LOOKED_AT = "Evidence was looked at again ({outcome}): {claim}"
BYTES_FAILED = (
    "Stored evidence of your round is not what it was, and a verdict that rests on it counts no more: {claim}"
)
CLAIM_EDITED = "The claim was edited, and a verdict of before counts no more: look again: {claim}"

# To the people of the desk who may handle it.
CORRECTION_REQUESTED = "correction_requested"
ASKED_TO_CORRECT = "A reader says that something is wrong with what you have published: {claim}"

KINDS = tuple(dict.fromkeys([*(row.kind for row in NOTICES), EVIDENCE_NEEDS_ATTENTION, VERDICT_STALE]))

_BY_ACTION = {action: tuple(row for row in NOTICES if row.action is action) for action in Action}


def of(action: Action, before: Stage | str, after: Stage | str) -> tuple[Notice, ...]:
    """The rows of an action that led from one stage into another, in the table's order."""
    return tuple(
        row
        for row in _BY_ACTION[action]
        if (not row.before or before in row.before) and (not row.after or after in row.after)
    )


MAX_CLAIM_CHARS = 200


def say(words: str, claim: str, **told: str) -> str:
    """The sentence, in one line."""
    line = " ".join(claim.split())
    shown = line if len(line) <= MAX_CLAIM_CHARS else line[: MAX_CLAIM_CHARS - 1].rstrip() + "…"
    return words.format(claim=shown, **told)
