"""Other people's fact-checks, from the shapes in which they are passed on, to drafts. Plain values.

schema.org's ClaimReview as JSON-LD (alone, in a list, in an @graph), Data Commons' DataFeed of them, the dump of Fact-Check Insights, and
the answer of Google's claims:search: a file of one of them, JSON Lines of any, or a page that embeds some.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, BinaryIO

import lxml.etree
import lxml.html
import orjson

from claims.charsets import encoding_of_page
from claims.sources.base import BAD_ROW_KEY, MAX_ROW_BYTES, BadRow, Place, Refused, Unreadable
from claims.sources.dates import FIRST_YEAR, LAST_YEAR
from claims.sources.languages import language_tag
from claims.sources.rows import address_of
from claims.sources.streams import lines, read_up_to

# A document is read whole: a feed of a hundred thousand. What is longer comes as JSON Lines.
MAX_FEED_BYTES = 256 * 1024 * 1024
MAX_PAGE_BYTES = 16 * 1024 * 1024
MAX_CHARS = {"publisher": 200, "claim_text": 10_000, "claimant": 1000, "rating": 1000}
# Where a document keeps its list. The members of DataFeed are wrapped once more, in `item`.
LISTS = ("@graph", "dataFeedElement", "claimReviews", "claims")


@dataclass(frozen=True, slots=True)
class FactCheckDraft:
    """A published fact-check as a source gave it, checked for form. `url` is in its normal form; `published_on` is None when unknown.

    Of one that its publisher took back only `url` is known, and `is_withdrawn`.
    """

    url: str
    place: Place
    publisher: str = ""
    claim_text: str = ""
    claimant: str = ""
    rating: str = ""
    published_on: date | None = None
    language: str = ""
    is_withdrawn: bool = False


Row = FactCheckDraft | BadRow


def read_document(stream: BinaryIO, source: str) -> Iterator[Row]:
    """The fact-checks of one JSON document; each is named by its place in it, `feed.json#/dataFeedElement/3`. Or those that a page embeds,
    by the number of its script.

    Raises Unreadable when it is neither, or too long.
    """
    raw = read_up_to(stream, MAX_FEED_BYTES + 1)
    if len(raw) > MAX_FEED_BYTES:
        raise Unreadable(source, f"longer than {MAX_FEED_BYTES:,} bytes; pass it on as JSON Lines")
    place = Place(source, None, len(raw))
    raw = raw.removeprefix(b"\xef\xbb\xbf").lstrip()
    if raw.startswith(b"<"):
        yield from _of_page(raw, place)
        return
    try:
        document = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise Unreadable(source, f"no JSON: {error}") from None
    yield from _rows(document, place, "")


def _of_page(raw: bytes, place: Place) -> Iterator[Row]:
    if len(raw) > MAX_PAGE_BYTES:
        raise Unreadable(place.source, f"a page of more than {MAX_PAGE_BYTES:,} bytes")
    page = raw.decode(encoding_of_page(raw), "replace").encode()
    try:
        tree = lxml.html.document_fromstring(page, parser=lxml.html.HTMLParser(encoding="utf-8"))
    except lxml.etree.ParserError as error:
        raise Unreadable(place.source, f"no page: {error}") from None
    scripts = tree.iterfind(".//script[@type='application/ld+json']")
    embedded = [script.text or "" for script in scripts]
    if not any("ClaimReview" in script for script in embedded):
        raise Unreadable(place.source, "neither JSON nor a page that embeds a ClaimReview")
    for number, script in enumerate(embedded):
        try:
            yield from _rows(orjson.loads(script), place, f"/{number}")
        except orjson.JSONDecodeError as error:
            yield BadRow(_at(place, f"/{number}", None), "", "invalid_json", str(error))


def read_lines(stream: BinaryIO, source: str) -> Iterator[Row]:
    """The fact-checks of JSON Lines, one by one, those among them that an earlier import refused."""
    for line, end, raw in lines(stream, 1, 0):
        place = Place(source, line, end, raw)
        if len(raw) > MAX_ROW_BYTES:
            yield BadRow(Place(source, line, end), "", "too_large", f"the line is longer than {MAX_ROW_BYTES:,} bytes")
        elif not raw.isspace():
            yield from _line(raw, place)


def _line(raw: bytes, place: Place) -> Iterator[Row]:
    try:
        row = orjson.loads(raw.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        yield BadRow(place, "", "invalid_json", str(error))
        return
    if isinstance(row, dict) and BAD_ROW_KEY in row:
        bad_row = row.pop(BAD_ROW_KEY)
        kept = bad_row.get("raw") if isinstance(bad_row, dict) and not row else None
        if isinstance(kept, str) and BAD_ROW_KEY not in kept:
            yield from _line(kept.encode(), place)
            return
    yield from _rows(row, place, "")


def _rows(value: Any, place: Place, path: str) -> Iterator[Row]:
    """What a value holds: itself, or those in its list, however deep. No shape here has more than one list in another."""
    waiting = [(value, path)]
    while waiting:
        found, path = waiting.pop()
        if isinstance(found, list):
            waiting += [(each, f"{path}/{number}") for number, each in reversed(list(enumerate(found)))]
        elif isinstance(found, dict) and (name := next((n for n in LISTS if isinstance(found.get(n), list)), "")):
            waiting.append((found[name], f"{path}/{name}"))
        else:
            yield from _members(found, _at(place, path, found))


def _at(place: Place, path: str, row: Any) -> Place:
    named = replace(place, source=f"{place.source}#{path}") if path and place.line is None else place
    return replace(named, row=row) if isinstance(row, dict) else named


def _members(row: Any, place: Place) -> Iterator[Row]:
    if not isinstance(row, dict):
        yield BadRow(place, "", "not_an_object", "a fact-check is a JSON object: {...}")
    elif isinstance(reviews := row.get("claimReview"), list):
        # claims:search: a claim with the reviews of several publishers.
        for review in reviews:
            yield _draft(_of_search(row, review), place)
    elif items := row.get("item"):
        for item in items if isinstance(items, list) else [items]:
            at = _at(place, "", item)
            yield _withdrawn(item, at) if "dateDeleted" in row and isinstance(item, dict) else _draft(item, at)
    elif "dateDeleted" in row:
        yield _withdrawn(row, place)
    elif _is_context(row):
        return
    else:
        yield _draft(row, place)


def _is_context(row: Mapping[str, Any]) -> bool:
    """An @graph also tells of the page, the site and the publisher."""
    kinds = _kinds(row)
    return bool(kinds) and "ClaimReview" not in kinds


def _kinds(row: Mapping[str, Any]) -> set[str]:
    kinds = row.get("@type")
    kinds = kinds if isinstance(kinds, list) else [kinds] if kinds else []
    return {str(kind).rpartition("/")[2].rpartition(":")[2] for kind in kinds}


def _of_search(claim: Mapping[str, Any], review: Any) -> dict[str, Any]:
    """A claim of claims:search and one of its reviews in the words of ClaimReview."""
    if not isinstance(review, dict):
        return {}
    publisher = _first(review.get("publisher"))
    return {
        "claimReviewed": claim.get("text"),
        "itemReviewed": {"author": {"name": claim.get("claimant")}},
        "author": {"name": publisher.get("name") or publisher.get("site")},
        "url": review.get("url"),
        "datePublished": review.get("reviewDate"),
        "reviewRating": {"alternateName": review.get("textualRating")},
        "inLanguage": review.get("languageCode"),
    }


def _draft(row: Any, place: Place) -> Row:
    try:
        if not isinstance(row, dict):
            raise Refused("", "not_an_object", "a fact-check is a JSON object: {...}")
        item = _first(row.get("itemReviewed"))
        return FactCheckDraft(
            url=_url(row.get("url")),
            place=place,
            publisher=_needed("publisher", _name(row.get("author")) or _name(row.get("publisher"))),
            claim_text=_needed("claim_text", _text(row.get("claimReviewed"), "claim_text")),
            claimant=_short("claimant", _name(item.get("author"))),
            rating=_needed("rating", _rating(_first(row.get("reviewRating")))),
            published_on=_date(row.get("datePublished")),
            language=_language(row.get("inLanguage")),
        )
    except Refused as refused:
        return BadRow(place, refused.field, refused.code, refused.detail)


def _withdrawn(row: Mapping[str, Any], place: Place) -> Row:
    try:
        return FactCheckDraft(_url(row.get("url") or row.get("@id")), place, is_withdrawn=True)
    except Refused as refused:
        return BadRow(place, refused.field, refused.code, refused.detail)


# The members of a row


def _first(value: Any) -> Mapping[str, Any]:
    value = value[0] if isinstance(value, list) and value else value
    return value if isinstance(value, dict) else {}


def _name(value: Any) -> str:
    """Of a person or an organisation: an object with a name, its address, or the name alone."""
    value = value[0] if isinstance(value, list) and value else value
    if isinstance(value, dict):
        return _text(value.get("name"), "publisher") or _text(value.get("url"), "publisher")
    return _text(value, "publisher")


def _text(value: Any, field: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Refused(field, "wrong_type", f"{field} is text")
    return " ".join(value.replace("\0", "").split())


def _needed(field: str, value: str) -> str:
    if not value:
        raise Refused(field, f"missing_{field}", MISSING[field])
    return _short(field, value)


MISSING = {
    "publisher": "nobody is named who checked it (author.name)",
    "claim_text": "it does not say which claim was checked (claimReviewed)",
    "rating": "it has no rating (reviewRating.alternateName, or ratingValue and bestRating)",
}


def _short(field: str, value: str) -> str:
    if len(value) > MAX_CHARS[field]:
        detail = f"{field} has {len(value):,} characters; at most {MAX_CHARS[field]:,} are taken"
        raise Refused(field, "too_long", detail)
    return value


def _url(value: Any) -> str:
    written = _text(value, "url")
    if not written:
        raise Refused("url", "missing_url", "it has no address (url)")
    return address_of(written)[0]


def _rating(rating: Mapping[str, Any]) -> str:
    if words := _text(rating.get("alternateName"), "rating"):
        return words
    value, best = rating.get("ratingValue"), rating.get("bestRating")
    if isinstance(value, (int, float, str)) and isinstance(best, (int, float, str)) and f"{value}{best}".strip():
        return f"{value} of {best}"
    return ""


def _date(value: Any) -> date | None:
    written = _text(value, "published_on")
    if not written:
        return None
    try:
        found = date.fromisoformat(written[:10])
    except ValueError:
        raise Refused("published_on", "invalid_date", f"{written[:40]!r} does not begin like 2025-07-02") from None
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise Refused("published_on", "invalid_date", f"the year {found.year} is outside {FIRST_YEAR} to {LAST_YEAR}")
    return found


def _language(value: Any) -> str:
    """Of a tag, a schema.org Language, or the first of several."""
    value = value[0] if isinstance(value, list) and value else value
    if isinstance(value, dict):
        value = value.get("alternateName") or value.get("name")
    try:
        return language_tag(_text(value, "language"))
    except ValueError as error:
        raise Refused("language", "invalid_language", str(error)) from None
