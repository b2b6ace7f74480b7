"""Which forms are saved while somebody writes (`static/reviews/keeping.js`), and where: by the API's routes, as everything here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reviews.stages import Action


@dataclass(frozen=True, slots=True)
class Saving:
    address: str
    words: str  # what whoever opens the form is told, where a script runs
    suffix: str = ""  # of "Saved 13:22 UTC"
    lists: str = ""  # members that are lists, with a space between
    is_versioned: bool = False  # If-Match names the version that was seen


_DRAFT = Saving("/api/v1/reviews/{id}/draft", "What you write is saved as you write it.", is_versioned=True)
_VERDICT = Saving(
    "/api/v1/reviews/{id}/seat/draft", "What you write is saved as you write it, for you alone.", ", for you alone", lists="cites"
)  # fmt: skip
SAVING: Mapping[Action, Saving] = {
    Action.EDIT_DRAFT: _DRAFT, Action.SUBMIT_VERDICT: _VERDICT, Action.REVISE_VERDICT: _VERDICT,
}  # fmt: skip


def saving_of(action: Action, review: Any) -> dict[str, str]:
    """As attributes of the form; none where nothing is saved before somebody says so."""
    found = SAVING.get(action)
    if found is None:
        return {}
    told = {
        "saves": found.address.replace("{id}", str(review)),
        "words": found.words,
        "suffix": found.suffix,
        "lists": found.lists,
    }
    return told | ({"versioned": ""} if found.is_versioned else {})
