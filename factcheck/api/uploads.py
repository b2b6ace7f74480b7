"""A form with a file, for the one view that takes one. Source: RFC 7578; RFC 2046, section 5.1.

Django's own limits, of size and of no file at all, hold everywhere else: nothing of hers reads this body. It is read once it is known who
sends it and that they may, and kept in memory, so that a repeated request can be told from another one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import IO, Any

from django.utils.http import parse_header_parameters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from factcheck.api.parsers import UnstorableText
from factcheck.api.problems import Malformed, TooLarge, UnsupportedMediaType
from factcheck.errors import FieldError

MAX_FORM_BYTES = 1024 * 1024  # of all that is not the file: fields, heads of parts, boundaries
MAX_PARTS = 50
MAX_HEAD_BYTES = 4096
MAX_BOUNDARY_CHARS = 70  # RFC 2046
AS_IT_IS = ("7bit", "8bit", "binary")


@dataclass(frozen=True, slots=True)
class Upload:
    name: str
    payload: bytes = field(repr=False)


class TakesFile:
    """For a view whose `parser_classes` has `FormWithFile`. Whoever takes the file checks `max_file_bytes`; a body that is too long for a
    form with such a file is refused unread."""

    max_file_bytes: int

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        view: Any = super()
        view.initial(request, *args, **kwargs)
        sent, limit = request._request, self.max_file_bytes + MAX_FORM_BYTES
        if int(sent.META.get("CONTENT_LENGTH") or 0) > limit:
            raise TooLarge(f"A body may have {limit} bytes here.")
        # Where Django would keep it, had it not more bytes than other bodies may have.
        sent._body = sent.read()
        sent._stream = BytesIO(sent._body)


class FormWithFile(BaseParser):
    """Fields as text and files as `Upload`, by their names. Raises Malformed (400), TooLarge (413), UnsupportedMediaType (415, an encoded
    body), UnstorableText (422)."""

    media_type = "multipart/form-data"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, str | Upload]:
        request = (parser_context or {})["request"]
        if request.headers.get("Content-Encoding", "identity") != "identity":
            raise UnsupportedMediaType("Send the body as it is, uncompressed.")
        return read_form(stream.read(), boundary_of(media_type or ""))


def read_form(body: bytes, boundary: bytes) -> dict[str, str | Upload]:
    """The parts by their names, each of which stands there once."""
    found: dict[str, str | Upload] = {}
    text_bytes = 0
    for head, content in _parts(body, boundary):
        name, filename = _names(head)
        if name in found:
            raise Malformed(f"The form has two parts named {name[:100]!r}.")
        if filename is not None:
            found[name] = Upload(filename, content)
            continue
        text_bytes += len(content)
        if text_bytes > MAX_FORM_BYTES:
            raise TooLarge(f"The fields of a form may have {MAX_FORM_BYTES} bytes.")
        found[name] = _text(name, content)
    return found


def _parts(body: bytes, boundary: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Head and content of each. What stands in the content is never looked at but for the boundary: the bytes are exact."""
    delimiter = b"--" + boundary
    if not body.startswith(delimiter):
        raise Malformed("The form does not begin with its boundary.")
    at = len(delimiter)
    for _ in range(MAX_PARTS + 1):
        if body[at : at + 2] == b"--":
            return
        head_end = body.find(b"\r\n\r\n", at, at + MAX_HEAD_BYTES)
        if body[at : at + 2] != b"\r\n" or head_end < 0:
            raise Malformed("A part of the form has no head.")
        content = head_end + 4
        end = body.find(b"\r\n" + delimiter, content)
        if end < 0:
            raise Malformed("The form does not end with its boundary.")
        yield body[at + 2 : head_end], body[content:end]
        at = end + 2 + len(delimiter)
    raise TooLarge(f"A form may have {MAX_PARTS} parts.")


def _names(head: bytes) -> tuple[str, str | None]:
    """The part's name, and its file's if it is one."""
    headers = {}
    try:
        for line in head.decode().split("\r\n"):
            title, colon, value = line.partition(":")
            headers[title.strip().lower()] = value.strip() if colon else None
        kind, said = parse_header_parameters(headers.get("content-disposition") or "")
    except (ValueError, LookupError):  # not UTF-8 too
        raise Malformed("The head of a part of the form cannot be read.") from None
    if kind != "form-data" or not said.get("name") or "\0" in said["name"]:
        raise Malformed("A part of the form has no name.")
    if headers.get("content-transfer-encoding", "binary") not in AS_IT_IS:
        raise Malformed("Send each part as it is, without a transfer encoding.")
    return said["name"], said.get("filename", said.get("filename*"))


def _text(name: str, content: bytes) -> str:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise Malformed(f"The field {name[:100]!r} is not UTF-8.") from None
    if "\0" in text:
        raise UnstorableText(errors=[FieldError("nul_character", "Contains the character NUL.", pointer=f"/{name}")])
    return text


def boundary_of(media_type: str) -> bytes:
    """Raises Malformed (400) without one."""
    try:
        boundary = str(parse_header_parameters(media_type)[1].get("boundary", "")).encode("ascii")
    except (ValueError, LookupError):
        boundary = b""
    if not 1 <= len(boundary) <= MAX_BOUNDARY_CHARS or boundary.splitlines() != [boundary]:
        raise Malformed("The Content-Type of a form names its boundary.")
    return boundary


# Members of such forms


# As OpenAPI 3.1 says it of raw bytes: they are no JSON string.
@extend_schema_field({"contentMediaType": "application/octet-stream"})
class FileField(serializers.Field):
    default_error_messages = {"invalid": "Not a file: give it a filename."}

    def to_internal_value(self, data: Any) -> Upload:
        if not isinstance(data, Upload):
            self.fail("invalid")
        return data

    def to_representation(self, value: Upload) -> str:
        return value.name


@extend_schema_field(OpenApiTypes.BOOL)
class WrittenBoolean(serializers.Field):
    """`true` or `false`: in a form everything is text."""

    default_error_messages = {"not_boolean": "Must be true or false."}

    def to_internal_value(self, data: Any) -> bool:
        if data not in ("true", "false"):
            self.fail("not_boolean")
        return bool(data == "true")
