"""A saved web page: one article a file. The text of a long one is found by trafilatura; everything else is what the page states."""

from __future__ import annotations

from dataclasses import replace

from lxml import etree

from claims.charsets import encoding_of_page
from claims.sources.base import ArticleDraft, BadRow, Options, Place
from claims.sources.documents import decoded, one_article
from claims.sources.html_brief import brief_text
from claims.sources.html_metadata import PageMetadata
from claims.sources.rows import RowDrafter


@one_article
def read_html_page(content: bytes, place: Place, options: Options) -> ArticleDraft | BadRow:
    return draft_of_html(decoded_page(content), options, place)


def decoded_page(content: bytes, charset: str = "") -> str:
    """The page as text; `charset` is what its server said of it, and wins over what the page says. Raises Refused."""
    return decoded(content, encoding_of_page(content, charset))


def draft_of_html(page: str, options: Options, place: Place, **stated: str) -> ArticleDraft | BadRow:
    """The article of a page: its paragraphs with an empty line between them; navigation, comments and other stories are gone.

    A date counts only where the page states it (`html_metadata`); one that cannot be read is as good as none. `stated` holds
    fields that are known from elsewhere, such as `url`, and wins over the page.
    """
    # Half a second to import, which commands that read no pages need not wait for.
    import trafilatura

    try:
        metadata = PageMetadata(page, base=stated.get("url") or options.base)
        found = trafilatura.bare_extraction(page, with_metadata=True, include_comments=False)
    except UnicodeEncodeError as error:
        return BadRow(place, "text", "invalid_encoding", f"character {error.start + 1} is half of a surrogate pair")
    except etree.LxmlError as error:
        return BadRow(place, "text", "empty_text", f"the page cannot be read: {error}")
    text = "" if metadata.has_article_body() else brief_text(metadata.tree)
    text = text or _as_paragraphs(getattr(found, "text", None) or "")
    if not text.strip():
        return BadRow(place, "text", "empty_text", "no article was found on the page")
    published_at = metadata.published_at(options.default_timezone)
    row = {
        "text": text,
        "title": getattr(found, "title", None) or "",
        "byline": getattr(found, "author", None) or "",
        "outlet": metadata.site_name(),
        "language": metadata.language(),
        "url": metadata.url(),
        "published_at": published_at.isoformat() if published_at else "",
    }
    return RowDrafter(replace(options, mapping={})).draft(row | stated, place)


def _as_paragraphs(found: str) -> str:
    """What trafilatura wrote, a paragraph a line, without its signs for the rows of a table."""
    paragraphs: list[str] = []
    for line in found.split("\n"):
        if line.startswith("|") and line.rstrip().endswith("|"):
            line = "\t".join(cell.strip() for cell in line.strip(" |").split("|"))
            if not line.strip("-\t"):
                continue
        if line.strip():
            paragraphs.append(line)
    return "\n\n".join(paragraphs)
