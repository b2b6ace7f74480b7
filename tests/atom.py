"""What RFC 4287 asks of an Atom feed, by the sections that ask it."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from lxml import etree

ATOM = "{http://www.w3.org/2005/Atom}"
ONCE = ("id", "title", "updated")  # 4.1.1, 4.1.2
KNOWN = {
    "feed": {*ONCE, "author", "link", "rights", "entry"},
    "entry": {*ONCE, "author", "link", "published", "category", "summary", "content"},
    "author": {"name", "uri"},
}


def read(document: bytes) -> etree._Element:
    """Its feed. Raises AssertionError for what is no valid one."""
    feed = etree.fromstring(document, etree.XMLParser(resolve_entities=False))
    assert feed.tag == f"{ATOM}feed"  # 2
    entries = feed.findall(f"{ATOM}entry")
    for holder in (feed, *entries):
        _check(holder)
    assert feed.find(f"{ATOM}author") is not None or all(
        entry.find(f"{ATOM}author") is not None for entry in entries
    )  # 4.1.1
    assert [link.get("rel") for link in feed.findall(f"{ATOM}link")] == ["self"]  # 4.1.1: should
    ids = [(text(entry, "id"), text(entry, "updated")) for entry in entries]
    assert len(set(ids)) == len(ids)  # 4.1.1
    return feed


def text(holder: etree._Element, name: str) -> str:
    return str(holder.findtext(f"{ATOM}{name}"))


def _check(holder: etree._Element) -> None:
    kind = etree.QName(holder).localname
    assert {etree.QName(child).localname for child in holder} <= KNOWN[kind]
    for name in ONCE:
        assert len(holder.findall(f"{ATOM}{name}")) == 1, (kind, name)
        assert text(holder, name), (kind, name)
    assert _is_absolute(text(holder, "id"))  # 4.2.6
    for name in ("updated", "published"):  # 3.3
        for date in holder.findall(f"{ATOM}{name}"):
            assert datetime.fromisoformat(str(date.text)).tzinfo is not None
    for author in holder.findall(f"{ATOM}author"):  # 3.2
        assert {etree.QName(child).localname for child in author} <= KNOWN["author"]
        assert len(author.findall(f"{ATOM}name")) == 1
        assert text(author, "name")
    links = holder.findall(f"{ATOM}link")
    assert all(_is_absolute(link.get("href", "")) for link in links)  # 4.2.7.1
    assert all(category.get("term") for category in holder.findall(f"{ATOM}category"))  # 4.2.2.1
    if kind == "entry" and holder.find(f"{ATOM}content") is None:
        assert "alternate" in [link.get("rel", "alternate") for link in links]  # 4.1.2


def _is_absolute(address: str) -> bool:
    parts = urlsplit(address)
    return bool(parts.scheme and (parts.netloc or parts.path))
