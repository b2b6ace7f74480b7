"""What the triage list tells of claims that were met before, in two queries for a whole page."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from uuid import UUID

from claims.matching.decisions import MatchState
from claims.models import ClaimMatch, EarlierFactCheck

PAIRS_READ = 5000  # of a page: of a wire story that was printed a thousand times nobody needs to know the last one


@dataclass(slots=True)
class Known:
    """What may be the same as one claim, but for what people said is not: fact-checks, the most similar first, and how many claims."""

    checked: list[EarlierFactCheck] = field(default_factory=list)
    similar: int = 0


def known_of(claims: Collection[UUID]) -> dict[UUID, Known]:
    found = {claim: Known() for claim in claims}
    matches = ClaimMatch.objects.exclude(state=MatchState.REJECTED)
    standing = matches.filter(claim__in=claims, fact_check__isnull=False, fact_check__withdrawn_at=None)
    for match in standing.select_related("fact_check").order_by("-similarity", "id"):
        if match.fact_check:
            found[match.claim_id].checked.append(match.fact_check)
    # Each side by its own index.
    older = matches.filter(claim__in=claims, other_claim__isnull=False).order_by().values_list("claim_id", flat=True)
    younger = matches.filter(other_claim__in=claims).order_by().values_list("other_claim_id", flat=True)
    for claim in older.union(younger, all=True)[:PAIRS_READ]:
        found[claim].similar += 1
    return found
