"""What the form of an action begins with, which version it has seen, and what becomes of it where somebody else saved first."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest

from factcheck.admin import conflicts
from factcheck.admin.base import identifier
from reviews.admin import fields
from reviews.admin.asking import Answer
from reviews.admin.doing import Doing
from reviews.admin.panels import Panels
from reviews.stages import Action

# What a link to a form says of it.
NAMED_IN_ADDRESS = {Action.COMMENT: ("reply_to", "anchor"), Action.OPEN_REVISION: ("correction_request",)}
EDITS = (Action.EDIT_DRAFT, Action.EDIT_EVIDENCE)  # what their forms begin with is what is there already


def of_files(form: Any) -> Any:
    """The file first, and no address: there is no page."""
    form.fields.pop("url", None)
    form.order_fields(["file"])
    return form


def answered(panels: Panels, form: Any) -> Any:
    """The comment that this one replies to."""
    key = form["reply_to"].value()
    return next((comment for comment in panels.lists["comments"] if comment["id"] == key), None)


def item_of(panels: Panels, key: str) -> dict[str, Any]:
    wanted = str(identifier(key))
    for item in panels.evidence:
        if item["id"] == wanted:
            return item
    raise Http404("There is no such piece of evidence.")


def offers_of(panels: Panels, asked: Doing) -> dict[str, fields.Choices]:
    offers = panels.offers()
    return offers | {"to": panels.colleagues()} if asked.action is Action.ASSIGN else offers


def blank(panels: Panels, asked: Doing, item: Any) -> tuple[Doing, Any, Any]:
    return asked, fields.form_of(asked.form, offers_of(panels, asked), initial=_initial(panels, asked, item)), item


def _initial(panels: Panels, asked: Doing, item: Any) -> dict[str, Any]:
    """What a form begins with: what is there already, and what the page has shown to whoever acts."""
    approval = panels.for_approval if asked.action in (Action.APPROVE, Action.PUBLISH_MINOR) else None
    if approval:
        return {
            "decision": approval.decision, "draft_digest": approval.draft_digest, "evidence_digest": approval.evidence_digest,
        }  # fmt: skip
    if asked.action is Action.EDIT_DRAFT and panels.draft:
        return {name: panels.draft[name] for name in fields.members_of(asked.form)}
    if asked.is_of_seat and panels.seat:
        written = panels.seat.draft or panels.seat.verdict
        return {
            name: getattr(written, name) if name != "cites" else [str(pk) for pk in written.cites]
            for name in ("rating", "rationale", "cites", "searches")
        } if written else {}  # fmt: skip
    if asked.action in NAMED_IN_ADDRESS:
        return {name: panels.request.GET[name] for name in NAMED_IN_ADDRESS[asked.action] if name in panels.request.GET}
    if item is not None:
        return item | {"finding": (item["live_check"] or {}).get("id", "")}
    if asked.action is Action.SUBMIT_FOR_RATING:
        return {"single_origin_reason": panels.review.single_origin_reason}
    return {}


def seen_of(panels: Panels, asked: Doing, item: Any) -> str:
    """What If-Match is to name."""
    if asked.is_of_seat:
        return panels.seat.tag if panels.seat else ""
    return str(item["version"] if item is not None else panels.review.version)


def conflict_of(
    request: HttpRequest, panels: Panels, asked: Doing, form: Any, item: Any, answer: Answer
) -> dict[str, Any]:
    """What the form of an action that came too late shows: who was first, what they did, and what it holds now."""
    stored, seen = _stored(panels, asked, item), request.POST.get("seen", "")
    return {
        "stale": answer.stale,
        "seen": seen,
        "why_not": panels.why_not(asked.action),
        "compared": conflicts.compare(form, request.POST, stored),
        "data": conflicts.merged(form, request.POST, stored),
        "since": [] if asked.is_of_seat or asked.is_of_item else panels.since(seen),
    }


def _stored(panels: Panels, asked: Doing, item: Any) -> dict[str, Any]:
    """What stands there already of what a form asks; nothing of a form whose answers are new."""
    named = (Action.APPROVE, Action.PUBLISH_MINOR, Action.KEEP_EVIDENCE)
    return _initial(panels, asked, item) if asked.action in (*EDITS, *named) else {}


def bases_of(request: HttpRequest, panels: Panels, asked: Doing, form: Any, item: Any, is_fresh: bool) -> list[Any]:
    if asked.action not in EDITS:
        return []
    return conflicts.bases(form, _initial(panels, asked, item), None if is_fresh else request.POST)
