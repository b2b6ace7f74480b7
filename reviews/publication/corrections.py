"""Every correction and retraction as an Atom feed, the last one first. Plain values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reviews.publication import atom
from reviews.publication.documents import Feed

MEDIA_TYPE = atom.EXPORT.media_type


@dataclass(frozen=True, slots=True)
class Correction:
    """What happened at an address, and when. `rating_after` is empty of what was retracted."""

    url: str
    revision: int
    kind: str
    at: str
    headline: str
    publisher: str
    note: str
    rating_before: str
    rating_after: str


def written(feed: Feed, corrections: Iterable[Correction]) -> Iterator[bytes]:
    yield atom.head(feed, f"Corrections: {feed.name}" if feed.name else "Corrections").encode()
    for correction in corrections:
        yield _entry(correction).encode()
    yield atom.closing(feed, 0).encode()


def _entry(told: Correction) -> str:
    is_retracted = not told.rating_after
    key = f"{told.url}#{'retracted' if is_retracted else f'revision-{told.revision}'}"
    title = f"{'Retracted' if is_retracted else 'Corrected'}: {told.headline}"
    return (
        f"<entry>{atom.tag('title', title)}{atom.tag('id', key)}<link href={atom.attribute(told.url)}/>"
        f"{atom.tag('published', told.at)}{atom.tag('updated', told.at)}<author>{atom.tag('name', told.publisher)}</author>"
        f"<category term={atom.attribute(told.kind)}/>{atom.tag('summary', _summary(told))}</entry>\n"
    )


def _summary(told: Correction) -> str:
    if not told.rating_after:
        rating = f"It was rated: {told.rating_before}. Nothing of it stands any more."
    elif told.rating_after != told.rating_before:
        rating = f"Rated before: {told.rating_before}. Now: {told.rating_after}."
    else:
        rating = f"Rated as before: {told.rating_after}."
    return "\n".join(filter(None, (told.note, rating)))
