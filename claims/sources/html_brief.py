"""The text of a short page, taken as it stands. Extractors weigh parts of a page against each other, and a brief weighs too little."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from typing import Any

from lxml import etree

# Up to here a page is too short to be weighed; a brief has one to four paragraphs.
BRIEF_MAX_CHARS = 1500

_DROPPED_TAGS = frozenset(
    """head title script style noscript template nav footer aside form button select textarea menu dialog iframe object
    embed video audio canvas svg math figcaption""".split()
)
_DROPPED_ROLES = frozenset("navigation banner contentinfo complementary search dialog alert menu".split())
# Classes and ids that stand for a part of the site, not of the article, where they are a name of their own.
_DROPPED_NAMES = frozenset(
    """nav navbar navigation menu breadcrumb breadcrumbs sidebar header footer site-header site-footer comments comment-list
    share sharing social related related-articles cookies cookie-banner cookie-notice newsletter advertisement skip-link
    byline""".split()
)
_BLOCKS = frozenset(
    """html body article main section header hgroup div p h1 h2 h3 h4 h5 h6 ul ol li dl dt dd blockquote pre address figure
    table caption thead tbody tfoot tr hr center details summary fieldset legend""".split()
)


def brief_text(page: Any) -> str:
    """The paragraphs of the page's article with an empty line between them, "" when it is longer than `BRIEF_MAX_CHARS`.

    The article is the `<article>` with the page's only `<h1>`, or the only `<article>` or `<main>` of a short page, else the body.
    Navigation, headers, footers, forms and what is hidden are left out; a table is one line a row, its cells apart by tabs. A line
    break stays one, and elements within a sentence break nothing.
    """
    body = next(page.iter("body"), page)
    root = _titled_article(page)
    if root is None:
        if _is_long(body):
            return ""
        root = next((found for tag in ("article", "main") if (found := _only(page, tag)) is not None), body)
    if _is_long(root):
        return ""
    text = "\n\n".join(_paragraphs(root))
    return text if len(text) <= BRIEF_MAX_CHARS else ""


def _is_long(root: Any) -> bool:
    """Of most pages the beginning tells."""
    return any(total > BRIEF_MAX_CHARS for total in accumulate(map(len, _paragraphs(root))))


def _titled_article(page: Any) -> Any:
    title, article = _only(page, "h1"), _only(page, "article")
    return article if title is not None and article is not None and article in title.iterancestors("article") else None


def _only(page: Any, tag: str) -> Any:
    found = list(page.iter(tag))
    return found[0] if len(found) == 1 else None


def _paragraphs(root: Any) -> Iterator[str]:
    """Cut at every element that begins a line of its own. Iterative: nothing limits how deep a page nests."""
    parts: list[str] = []
    walk = etree.iterwalk(root, events=("start", "end", "comment", "pi"))
    for event, element in walk:
        is_block = element.tag in _BLOCKS
        if event == "start":
            if element is not root and _is_dropped(element, root):
                walk.skip_subtree()
                continue
            if is_block:
                yield from _flushed(parts)
            if element.tag == "br":
                parts.append("\n")
            elif element.tag in ("td", "th") and parts:
                parts.append("\t")
            parts.append(_collapsed(element.text))
            continue
        if is_block:
            yield from _flushed(parts)
        if element is not root:
            parts.append(_collapsed(element.tail))
    yield from _flushed(parts)


def _is_dropped(element: Any, root: Any) -> bool:
    tag, attributes = element.tag, element.attrib
    # The header of an article holds its headline, that of a page the site's name.
    if tag in _DROPPED_TAGS or (tag == "header" and root.tag == "body"):
        return True
    if not attributes:
        return False
    names = f"{attributes.get('class', '')} {attributes.get('id', '')}".lower().split()
    return (
        "hidden" in attributes
        or attributes.get("aria-hidden") == "true"
        or attributes.get("role", "") in _DROPPED_ROLES
        or "display:none" in attributes.get("style", "").replace(" ", "").lower()
        or (tag not in ("article", "main", "body") and not _DROPPED_NAMES.isdisjoint(names))
    )


def _collapsed(text: str | None) -> str:
    """One space for any number of HTML's own. Others stay: a no-break space holds the parts of a number together."""
    if not text:
        return ""
    for space in "\t\n\r\f":
        text = text.replace(space, " ")
    # Ten times as fast as a pattern: of many runs each round leaves half.
    while "  " in text:
        text = text.replace("  ", " ")
    return text


def _flushed(parts: list[str]) -> Iterator[str]:
    """The paragraphs that were gathered; two line breaks in a row part them."""
    lines: list[str] = []
    for line in (*"".join(parts).split("\n"), ""):
        if line := "\t".join(_collapsed(cell).strip(" ") for cell in line.split("\t")).strip("\t "):
            lines.append(line)
        elif lines:
            yield "\n".join(lines)
            lines = []
    parts.clear()
