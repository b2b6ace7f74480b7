"""What an export is made of: one element for each fact-check, with something before, between and after them. Plain values.

An element is made of one document alone, so that it can be made once, when that is published, and handed out as it is ever after.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from reviews.publication.documents import FactCheckDocument, Feed


def _nothing(*_: object) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some elements, with what stands between them."""

    count: int
    written: bytes


@dataclass(frozen=True)
class Export:
    """`name` is the last part of its address, `profile` the one of ClaimReview where there is a choice.

    `version` is raised whenever `element` or `tombstone` makes something else of a document than before: whatever was kept is made anew.
    """

    name: str
    media_type: str
    words: str
    version: int
    element: Callable[[FactCheckDocument], str]
    profile: str = ""
    opening: Callable[[Feed], str] = _nothing
    between: str = ""
    closing: Callable[[Feed, int], str] = _nothing  # told how many elements there were
    tombstone: Callable[[FactCheckDocument, str], str] | None = None  # of the last document, and when it was retracted
    is_attachment: bool = False

    @property
    def key(self) -> str:
        """Its own among all exports."""
        return f"{self.name}?profile={self.profile}" if self.profile else self.name

    def written(self, feed: Feed, batches: Iterable[Batch]) -> Iterator[bytes]:
        """The file, piece by piece: one of any length takes no more memory."""
        before, count = self.opening(feed), 0
        for batch in batches:
            if before:
                yield before.encode()
            yield batch.written
            before, count = self.between, count + batch.count
        yield (("" if count else before) + self.closing(feed, count)).encode()
