"""How pages for readers write days, stances and texts."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from reviews import reasons as review_reasons
from reviews.agreement import MIN_UNITS, Reason
from reviews.corrections import RequestState
from reviews.facts import Stance
from reviews.models import FactCheckRevision, Status
from reviews.publication import markup
from reviews.publication.documents import Reply

register = template.Library()

STANCES = {
    Stance.SUPPORTS: "Supports the claim",
    Stance.REFUTES: "Speaks against the claim",
    Stance.CONTEXT: "Gives context",
}
# Members of what a revision says that readers are told of by name. The others follow from these.
MEMBERS = {
    "headline": "the headline",
    "claim": "the claim",
    "rating": "the rating",
    "summary": "the summary",
    "body": "the text",
    "sources": "the evidence",
    "replies": "what those concerned say",
    "language": "the language",
    "publisher": "the publisher",
    "url": "the address",
}

# What becomes of a reader's request, as they are told.
STATES: dict[str, str] = {
    RequestState.RECEIVED: "It has come, and nobody has looked into it yet",
    RequestState.ACKNOWLEDGED: "Somebody looks into it",
    RequestState.ACCEPTED: "You are right: a correction is under way",
    RequestState.DECLINED: "Nothing is corrected",
    RequestState.DUPLICATE: "Somebody has asked for the same before",
    RequestState.RESOLVED: "It has been dealt with",
}
UNSAID = {
    Reason.NO_PAIRS: "nothing was rated twice",
    Reason.TOO_FEW: f"fewer than {MIN_UNITS} claims say nothing",
    Reason.NO_VARIANCE: "everything was rated the same, which shows nothing",
}

# What a revision is to the one before, and what may become of the last.
KINDS: dict[str, str] = {
    FactCheckRevision.Kind.FIRST: "First published",
    FactCheckRevision.Kind.TYPO: "A slip was mended",
    FactCheckRevision.Kind.UPDATE: "Updated",
    FactCheckRevision.Kind.REVERIFIED: "Checked again",
    Status.RETRACTED: "Retracted",
}


@register.filter
def day(told: str | datetime) -> SafeString:
    """Of a day or a moment as documents write them: "1 November 2026"."""
    at = told if isinstance(told, datetime) else datetime.fromisoformat(told)
    written = told if isinstance(told, str) else f"{told:%Y-%m-%dT%H:%M:%SZ}"
    return format_html('<time datetime="{}">{}</time>', written, at.strftime("%-d %B %Y"))


@register.filter
def kind(code: str) -> str:
    return KINDS[code]


@register.filter
def stance(code: str) -> str:
    return STANCES[Stance(code)]


REPLIES = {
    "answered": "{who} answered.",
    "declined": "{who} did not want to comment.",
    "no_answer": "{who} did not answer.",
    "not_asked": "{who} was not asked.",
}
# Why not, where that says something to readers.
NOT_ASKED: dict[str, str] = {
    review_reasons.Reason.UNREACHABLE: "{who} could not be reached.",
    review_reasons.Reason.NO_INTERESTS: "Nobody was asked: the claim touches nobody's interests.",
}


@register.filter
def reply(told: Reply) -> str:
    """Who had their say, and whether they did."""
    words: str = NOT_ASKED.get(told.reason, REPLIES[told.outcome])
    return words.format(who=told.addressee or "Somebody whom it concerns")


@register.filter
def members(changed: list[str]) -> str:
    """ "the rating and the text"."""
    *first, last = [words for name, words in MEMBERS.items() if name in changed] or ["nothing that readers see"]
    return f"{', '.join(first)} and {last}" if first else last


@register.filter
def state(code: str) -> str:
    return STATES[code]


@register.filter
def percent(share: float) -> str:
    return f"{share:.0%}"


@register.filter
def unsaid(reason: str) -> str:
    """Why a coefficient has no value."""
    return UNSAID[Reason(reason)]


@register.filter
def formatted(body: str) -> SafeString:
    return mark_safe(markup.html(body))  # markup of its own is none: `reviews.publication.markup`
