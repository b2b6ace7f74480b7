"""Fetches the pages that the rows of an import only name."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from itertools import islice

from claims.pipeline.feeds import Checkpoint, Fed, Feed, Item, Origin
from claims.pipeline.pages import PAGES, bad_row_of, draft_of_page
from claims.sources.base import Options, PageAddress
from factcheck.fetch import Fetched, FetchProblem
from factcheck.fetch.politely import Courtesy

# Pages that may be under way or wait for their turn: enough to find several hosts among them, and at most 160 MiB.
AHEAD = 16


class PageFeed:
    """The rows of another feed in their order, at most `limit` of them. A page that cannot be had is a bad row."""

    def __init__(self, feed: Feed, options: Options, courtesy: Courtesy, limit: int | None = None) -> None:
        self._feed, self._options, self._courtesy, self._limit = feed, options, courtesy, limit
        self.reads_database = feed.reads_database

    def rows(self, checkpoint: Checkpoint) -> Iterator[tuple[Item, Origin]]:
        """See `Feed`."""
        ahead: deque[tuple[Fed, Future[Fetched] | None]] = deque()
        for fed in islice(self._feed.rows(checkpoint), self._limit):
            item, origin = fed
            if isinstance(item, PageAddress):
                ahead.append((fed, self._courtesy.begin(item.url, accept=PAGES)))
            elif ahead:
                ahead.append((fed, None))
            else:
                yield item, origin
            if len(ahead) == AHEAD:
                yield self._here(*ahead.popleft())
        while ahead:
            yield self._here(*ahead.popleft())

    def _here(self, fed: Fed, page: Future[Fetched] | None) -> tuple[Item, Origin]:
        item, origin = fed
        if page is None or not isinstance(item, PageAddress):
            assert not isinstance(item, PageAddress)
            return item, origin
        try:
            return draft_of_page(page.result(), self._options, item.place), origin
        except FetchProblem as problem:
            return bad_row_of(problem, item.place), origin
