"""What was done to a review, with the words that each edit changed. What somebody saved again and again while they wrote is one entry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import re2

from reviews.digests import DRAFT_FIELDS
from reviews.stages import Action

SITTING = timedelta(
    minutes=30
)  # between two edits by one person, without another's: longer than that it is another entry
DRAFTS_SHOWN = 20  # sittings: a draft may be long
ITEM_FIELDS = (
    "url", "title", "publisher", "origin", "stance", "quotation", "locator", "note", "is_confidential", "snapshot_exemption",
)  # fmt: skip

Rows = Sequence[Mapping[str, Any]]
Texts = dict[int, dict[str, list[Any]]]

# The draft as it stood before each sitting, the last one first; of the row of `reviews_review` beside which it stands.
PAST_DRAFTS = f"""
    ARRAY(SELECT json_build_object('transaction', transaction, {", ".join(f"'{name}', {name}" for name in DRAFT_FIELDS)})::text FROM (
        SELECT past.*, event.actor_id, lag(event.actor_id) OVER before AS actor_before, lag(past.pgh_created_at) OVER before AS at_before
        FROM reviews_draft draft JOIN reviews_pastdraft past ON past.pgh_obj_id = draft.id
        LEFT JOIN audit_auditevent event ON event.transaction = past.transaction AND event.subject_id = draft.review_id
            AND event.subject_type = 'review' AND event.action = '{Action.EDIT_DRAFT}'
        WHERE draft.review_id = reviews_review.id WINDOW before AS (ORDER BY past.pgh_id)
    ) AS edits
    WHERE at_before IS NULL OR actor_before IS DISTINCT FROM actor_id OR pgh_created_at - at_before > interval '{SITTING}'
    ORDER BY pgh_id DESC LIMIT {DRAFTS_SHOWN})
"""


def texts_of(now: Mapping[str, Any] | None, past: Rows, names: Iterable[str], key: str = "") -> Texts:
    """What each transaction made of one row, or of each of them by `key`; `past` the last one first: a row is what the next one found."""
    found: Texts = {}
    after: dict[Any, Any] = {None: now} if not key else dict(now or {})
    for row in past:
        which = row[key] if key else None
        then = after.get(which) or {}
        told = {name: [row[name], then[name]] for name in names if name in then and row[name] != then[name]}
        found.setdefault(row["transaction"], {}).update(told)
        after[which] = row
    return found


def told(events: Rows, texts: Texts, items: Mapping[str, Any]) -> list[SimpleNamespace]:
    """Each event, the last one first, with the item that it is `about` and what it changed: texts word by word, and the rest but for keys
    and hashes, which say nothing to people (the record has them).
    """
    found: list[SimpleNamespace] = []
    for event in events:
        edits = texts.get(event["transaction"], {})
        data = in_words(
            {name: value for name, value in event["changes"].items() if not edits or name not in _NAMES_ONLY}
        )
        about = items.get(str(event["changes"].get("evidence")))
        found.append(SimpleNamespace(data=data | edits, about=about, since=event["at"], times=1, **event))
    return found


def folded(history: Sequence[SimpleNamespace]) -> list[SimpleNamespace]:
    """With the edits of one sitting as one entry, at the place of the last."""
    found: list[SimpleNamespace] = []
    last: SimpleNamespace | None = None
    for event in history:
        if event.action != Action.EDIT_DRAFT:
            found.append(event)
        elif last and last.actor == event.actor and _at(last.since) - _at(event.at) <= SITTING:
            last.times, last.since, last.data = last.times + 1, event.at, _both(event.data, last.data)
        else:
            last = SimpleNamespace(**vars(event))
            found.append(last)
    return found


def _at(told: str) -> datetime:
    return datetime.fromisoformat(told)


def _both(first: Mapping[str, Any], then: Mapping[str, Any]) -> dict[str, Any]:
    pairs = {name: [first[name][0], then[name][1]] for name in first.keys() & then.keys() if name in DRAFT_FIELDS}
    told = {**first, **then} | pairs
    is_in_words = any(name in DRAFT_FIELDS for name in told)
    unsaid = {name for name, (before, after) in pairs.items() if before == after}
    return {
        name: value for name, value in told.items() if name not in unsaid and not (is_in_words and name in _NAMES_ONLY)
    }


_NAMES_ONLY = ("draft", "changed")  # which fields an edit changed, where the texts say it
_NAMELESS = re2.compile(r"(?i)[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32,}")


def in_words(changes: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: in_words(value) if isinstance(value, dict) else value for name, value in changes.items()}
    return {name: value for name, value in found.items() if value != {} and not _NAMELESS.search(str(value))}
