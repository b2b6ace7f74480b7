from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import IO, Any

import orjson
from django.conf import settings
from rest_framework.parsers import BaseParser

from factcheck.api.problems import Malformed, TooLarge, UnsupportedMediaType
from factcheck.errors import FieldError, InvalidInput

MAX_DEPTH = 64  # lists and objects inside each other
MAX_VALUES = 100_000  # members and items of one body


class UnstorableText(InvalidInput):
    """JSON can carry characters that PostgreSQL (NUL) and UTF-8 (half a surrogate pair) cannot."""

    code, title = "unstorable_text", "Some characters cannot be stored"


class JSONParser(BaseParser):
    """Reads JSON in bounded time and memory: size, then nesting and count, before a value is built.

    Raises TooLarge (413), Malformed (400), UnsupportedMediaType (415, a compressed body) and UnstorableText (422). Of members
    with the same name the last counts.
    """

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        request = (parser_context or {}).get("request")
        if request is not None and request.headers.get("Content-Encoding", "identity") != "identity":
            raise UnsupportedMediaType("Send the body uncompressed.")
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        # A body is as long as it says (`factcheck.api.chunks`): one that is refused is not read at all.
        if request is not None and int(request.META.get("CONTENT_LENGTH") or 0) > limit:
            raise TooLarge(f"A body may have {limit} bytes.")
        return loads(stream.read())


def loads(raw: bytes) -> Any:
    """The value of a JSON text in UTF-8. Raises Malformed and UnstorableText; numbers beyond a double are malformed."""
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    _check_structure(raw)
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        _refuse_half_surrogates(raw)
        raise Malformed(f"The body is not JSON: {error.msg}, line {error.lineno} column {error.colno}.") from None
    if b"\\u0000" in raw:
        _refuse(value, "nul_character", "Contains the character NUL.", lambda text: "\0" in text)
    return value


def _check_structure(raw: bytes) -> None:
    if raw.count(b",") <= MAX_VALUES and raw.count(b"[") + raw.count(b"{") <= MAX_DEPTH:
        return
    # Without escapes every quote opens or closes a string, so each second piece is structure.
    bare = raw.replace(b"\\\\", b"").replace(b'\\"', b"")
    if bare.count(b'"') > 4 * MAX_VALUES:
        raise TooLarge(f"A body may hold {MAX_VALUES} values.")
    structure = b"".join(bare.split(b'"')[::2])
    brackets = structure.translate(None, bytes(set(range(256)) - set(b"[]{}")))
    if structure.count(b",") > MAX_VALUES or len(brackets) > 2 * MAX_VALUES:
        raise TooLarge(f"A body may hold {MAX_VALUES} values.")
    if max(accumulate(1 if bracket in b"[{" else -1 for bracket in brackets), default=0) > MAX_DEPTH:
        raise Malformed(f"A body may nest {MAX_DEPTH} levels.")


def _refuse_half_surrogates(raw: bytes) -> None:
    if b"\\ud" in raw.lower():
        try:
            value = json.loads(raw)
        except ValueError:
            return
        _refuse(
            value,
            "lone_surrogate",
            "Contains half of a surrogate pair.",
            lambda t: any("\ud800" <= c <= "\udfff" for c in t),
        )


def _refuse(value: Any, code: str, detail: str, is_wrong: Any) -> None:
    errors = [FieldError(code, detail, pointer=pointer) for pointer, text in _texts(value) if is_wrong(text)]
    if errors:
        raise UnstorableText(errors=errors[:100])


def _texts(value: Any) -> Iterator[tuple[str, str]]:
    """Every string of a JSON value, member names included, with its JSON pointer."""
    waiting = [("", value)]
    while waiting:
        pointer, item = waiting.pop()
        if isinstance(item, str):
            yield pointer, item
        elif isinstance(item, dict):
            for name, member in item.items():
                # A pointer has to be printable itself.
                step = name.encode("utf-8", "replace").decode().replace("\0", "?").replace("~", "~0").replace("/", "~1")
                yield f"{pointer}/{step}", name
                waiting.append((f"{pointer}/{step}", member))
        elif isinstance(item, list):
            waiting += [(f"{pointer}/{index}", member) for index, member in enumerate(item)]
