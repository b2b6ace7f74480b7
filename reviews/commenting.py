"""What a comment may be about, and whom it names. Plain values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

import re2

T = TypeVar("T")

# Texts that a comment may be pinned to, as the API names them: the claim's, and the draft's once there is one.
ANCHOR_FIELDS = (
    "claim.text", "claim.claimant", "draft.headline", "draft.summary", "draft.rating", "draft.rating_explanation", "draft.body",
)  # fmt: skip
ANCHOR_FIELD_CHOICES = [(name, name) for name in ANCHOR_FIELDS]

# An address like ann@desk.example names nobody: the sign begins a word.
_OF_A_NAME = r"\pL\pM\pN_.+@-"  # as Django takes usernames
_MENTION = re2.compile(rf"(?:^|[^{_OF_A_NAME}])@([{_OF_A_NAME}]+)")


def mentioned(text: str, people: Mapping[str, T]) -> list[T]:
    """Who of `people` (usernames in lower case) is named as @username, each once, in the order of the text."""
    return list(dict.fromkeys(people[name] for name in _names(text, people)))


def _names(text: str, people: Mapping[str, object]) -> Iterator[str]:
    for match in _MENTION.finditer(text):
        name = match.group(1).lower()
        while name and name not in people and name[-1] in ".+@-":
            name = name[:-1]  # "ask @ben." means Ben, though a name may end in a point
        if name in people:
            yield name
