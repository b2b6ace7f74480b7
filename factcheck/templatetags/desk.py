"""Small pieces that many pages of the admin show."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
import re2
from django import template
from django.contrib.admin.templatetags.admin_list import result_list
from django.contrib.admin.views.main import ChangeList
from django.db.models import Min
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.timesince import timesince

from factcheck import workers
from factcheck.differences import Piece, differences
from factcheck.models import Job, JobState

register = template.Library()


@register.inclusion_tag("factcheck/workers.html")
def worker_state() -> dict[str, Any]:
    """Who works on the queue; when nobody does, since when something waits."""
    alive = list(workers.living().order_by("node"))
    oldest = None
    if not alive:
        oldest = Job.objects.filter(state=JobState.QUEUED).aggregate(at=Min("due_at"))["at"]
    return {"workers": alive, "oldest_due_at": oldest, "start": workers.START}


# Those that do the same everywhere; `static/factcheck/keys.js` is what they do. What is a button's own stands on it.
KEYS = {
    "j": "the next row or card",
    "k": "the one before",
    "Enter": "open it",
    "x": "tick it",
    "a": "to what can be done",
    "[": "the claim before, in the text of an article",
    "]": "the next one",
    "/": "search",
    "?": "this sheet",
}


@register.inclusion_tag("factcheck/keys.html")
def key_sheet() -> dict[str, Any]:
    return {"keys": KEYS}


@register.inclusion_tag("admin/change_list_results.html")
def cards(cl: ChangeList) -> dict[str, Any]:
    """Django's rows, each cell with the name of its column: on a phone a row is a card, and has no head above it."""
    told: dict[str, Any] = result_list(cl)
    names = [str(header["text"]) for header in told["result_headers"]]
    told["results"] = [[_named(*pair) for pair in zip(row, names, strict=True)] for row in told["results"]]
    return told


def _named(cell: SafeString, name: str) -> SafeString:
    # A name that is markup is the box that ticks all.
    label = format_html(' data-label="{}">', name[:1].upper() + name[1:])
    return cell if name.startswith("<") else mark_safe(cell.replace(">", label, 1))


@register.simple_tag
def badge(status: str, words: str = "") -> SafeString:
    """A state as a word; its colour only repeats it."""
    return format_html('<span class="badge badge-{}">{}</span>', status, words or status)


@register.simple_tag
def moment(at: datetime | None, unknown: str = "unknown") -> SafeString:
    """An instant in UTC, to the minute; `unknown` where there is none."""
    if at is None:
        return format_html('<span class="quiet">{}</span>', unknown)
    return format_html('<time datetime="{}">{}</time>', at.isoformat(), to_the_minute(at))


def to_the_minute(at: datetime) -> str:
    return f"{at.astimezone(UTC):%-d %b %Y, %H:%M} UTC"


@register.simple_tag
def age(at: datetime) -> SafeString:
    """How long ago, in its largest unit; the instant on hovering."""
    words = timesince(at, timezone.now(), depth=1).replace("\xa0", " ")
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        at.isoformat(),
        to_the_minute(at),
        "less than a minute" if words.startswith("0 ") else words,
    )


@register.filter
def thousands(number: float) -> str:
    """A number as people read it: at most three decimals, and commas between the thousands."""
    return f"{number:,}" if isinstance(number, int) else f"{round(number, 3):,.3f}".rstrip("0").rstrip(".")


@register.simple_tag
def counted(number: int, one: str, many: str = "") -> str:
    """ "1 article", "60,028 articles"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


@register.filter
def at(told: Mapping[str, str], name: str) -> str:
    return told.get(name, "")


@register.filter
def spaced(name: str) -> str:
    """A name of the code as words."""
    return str(name).replace("_", " ")


@register.filter
def past_tense(change: str) -> str:
    """What was done to a row."""
    return {"insert": "put in", "update": "changed", "delete": "deleted"}[change]


@register.filter
def as_stored(value: Any) -> str:
    """A column's value in full: words as they are, everything else as JSON."""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


CONTEXT = 80  # characters around what changed
MOST_SHOWN = 400  # of one change

_MARKS = {"removed": ("del", "removed: "), "added": ("ins", "added: ")}


@register.simple_tag
def diff(before: str, after: str, is_whole: bool = False) -> SafeString:
    """What became of a text, for eyes and for ears. What stayed is cut down to what stands around a change, unless it `is_whole`."""
    pieces = differences(before, after)
    if not is_whole:
        last = len(pieces) - 1
        pieces = [Piece(piece.kind, _shortened(piece, n > 0, n < last)) for n, piece in enumerate(pieces)]
    return format_html_join("", "{}", ((_marked(piece),) for piece in pieces))


def _marked(piece: Piece) -> SafeString | str:
    if piece.kind == "same":
        return piece.text
    element, words = _MARKS[piece.kind]
    return format_html('<{0}><span class="visually-hidden">{1}</span>{2}</{0}>', element, words, piece.text)


def _shortened(piece: Piece, is_after_change: bool, is_before_change: bool) -> str:
    text = piece.text
    if piece.kind != "same":
        return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]} …"
    head, tail = CONTEXT * is_after_change, CONTEXT * is_before_change
    return text if len(text) <= head + tail + CONTEXT else f"{text[:head]} … {text[len(text) - tail :]}"


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of an event's data. `before` is None where only what is now was recorded."""

    name: str
    before: str | None
    after: str

    @property
    def is_text(self) -> bool:
        """Of which it is worth to show the words that changed, instead of both."""
        return self.before is not None and min(len(self.before.split()), len(self.after.split())) > 2


def told(data: dict[str, Any]) -> list[Change]:
    """An audit event's data in words."""
    return [
        Change(spaced(name).removesuffix(" id"), _said(value[0], name), _said(value[1], name))
        if isinstance(value, list) and len(value) == 2
        else Change(spaced(name), None, _said(value, name))
        for name, value in data.items()
        if value is not None
    ]


@register.simple_tag
def changes_of(event: Any) -> list[Change]:
    return told(event.data)


# Whose values are codes, and are said as words; a person's name or a title may be spelled like one.
_OF_CODES = {"basis", "code", "kind", "modality", "outcome", "reason", "result", "stage", "stance", "state", "status"}
_CODE = re2.compile(r"[a-z0-9]+(_[a-z0-9]+)*")
_INSTANT = re2.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def _said(value: Any, name: str = "") -> str:
    if isinstance(value, str):
        if _INSTANT.fullmatch(value):
            # People may write one that no calendar has.
            with suppress(ValueError, OverflowError):
                return to_the_minute(datetime.fromisoformat(value))
        is_code = name.rpartition("_")[2] in _OF_CODES and _CODE.fullmatch(value)
        return spaced(value) if is_code else value
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: ""}[value]
    if isinstance(value, list):
        nested = any(isinstance(part, dict | list) for part in value)
        return counted(len(value), "entry", "entries") if nested else ", ".join(_said(part, name) for part in value)
    if isinstance(value, dict):
        return "; ".join(f"{spaced(key)} {_said(part, key)}" for key, part in value.items())
    return thousands(value) if isinstance(value, int | float) else str(value)
