"""The body of a fact-check as HTML: CommonMark, of which only what formats a text is left. Plain values.

Markup of HTML stays the text that it is. There are no images, which would tell their server who reads; links lead to whole addresses on the
web, and anything else that looks like one is text.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from reviews.publication.rules import host_of

FIRST_HEADING, LAST_HEADING = 3, 6  # the page has the first two levels for itself


@lru_cache(maxsize=64)  # a text that is all brackets takes seconds, and anybody may ask for its page again
def html(body: str) -> str:
    tokens = _PARSER.parse(body)
    _under_the_page(tokens)
    rendered: str = _PARSER.renderer.render(tokens, _PARSER.options, {})
    return rendered


def _under_the_page(tokens: Sequence[Token]) -> None:
    """Headings begin below those of the page, and none is more than one level deeper than the one before."""
    last = FIRST_HEADING - 1
    for token in tokens:
        if token.type == "heading_open":
            last = min(int(token.tag[1:]) + FIRST_HEADING - 1, last + 1, LAST_HEADING)
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{last}"


class _Parser(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # the library asks it by this name
        return bool(host_of(url))


_PARSER = _Parser("commonmark", {"html": False}).disable("image")
