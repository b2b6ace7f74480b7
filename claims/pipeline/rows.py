"""Rows on their way in: a draft made ready to land, and what may become of it. Plain values: nothing here knows the database."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from claims.identity import identity_of_text, identity_of_url
from claims.sources.base import ArticleDraft
from claims.text import fingerprint, normalise_text


class OnDuplicate(StrEnum):
    """What to do with a text that differs from the one we have. An unchanged text is never written again."""

    VERSION = "version"
    SKIP = "skip"
    FAIL = "fail"


ON_DUPLICATE_CHOICES = [(choice.value, choice.value) for choice in OnDuplicate]


class Status(StrEnum):
    CREATED = "created"
    VERSIONED = "versioned"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    FAILED = "failed"


class Outcome(NamedTuple):
    """What became of one draft. `version_id` is the new version, or the one that it equals; in a preview it is None for a new one."""

    status: Status
    article_id: UUID
    version_id: UUID | None


@dataclass(slots=True)
class Row:
    """A draft made ready to land: `text` as it is stored, its fingerprint and the article's identity."""

    draft: ArticleDraft
    text: str
    sha256: str
    fingerprint: str
    identity: str
    outlet_id: UUID | None = None


def prepare(draft: ArticleDraft) -> Row:
    """What landing needs to know of a draft and can be found out without the database. Raises ValueError on lone surrogates."""
    text = normalise_text(draft.text)
    mark = fingerprint(text)
    url = draft.canonical_url
    identity = identity_of_url(url) if url else identity_of_text(draft.outlet, mark)
    return Row(draft, text, hashlib.sha256(text.encode()).hexdigest(), mark, identity)
