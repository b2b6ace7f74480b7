"""What is bound to what: hashes of evidence, texts and verdicts, which a stranger can recompute from their export."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any
from uuid import UUID

from factcheck.audit.chain import digest

DRAFT_FIELDS = ("headline", "summary", "rating", "rating_explanation", "body")


def evidence_digest(items: list[Any], searches: list[Any]) -> str:
    """Of a frozen set, as it stands in `EvidenceSet`."""
    return digest({"items": items, "searches": searches})


def current_digest(set_digest: str, unsound: Iterable[UUID]) -> str:
    """Of what is left of a frozen set once items of it no longer count: its own digest while all do."""
    left_out = sorted(map(str, unsound))
    return digest([set_digest, left_out]) if left_out else set_digest


def draft_digest(draft: Any) -> str:
    return digest({name: getattr(draft, name) for name in DRAFT_FIELDS})


def seat_tag(seat: UUID, evidence: str, claim_revision: int, scale: UUID) -> str:
    """What a verdict is given on: while it is the same, so is this."""
    return digest([str(seat), evidence, claim_revision, str(scale)])[:32]


def revision_digest(content: str) -> str:
    """Of a revision of a fact-check, byte for byte as it is handed out."""
    return sha256(content.encode()).hexdigest()


def commitment(verdict: Mapping[str, Any], salt: str) -> str:
    """What the record holds of a sealed verdict; once the round has closed, anybody can see that nothing was changed since."""
    return digest([verdict, salt])
