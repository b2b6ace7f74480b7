"""From what stands on the command line to streams of bytes."""

from __future__ import annotations

import glob
import gzip
import io
import os
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import BinaryIO

from claims.sources import FORMATS, Format
from claims.sources.base import ArticleDraft, BadRow, Options, PageAddress, Place, Unreadable
from claims.sources.guess import format_by_content, format_by_name
from claims.sources.streams import Readable, read_up_to

STANDARD_INPUT = "-"
# As much as tells two files apart and shows the format.
HEAD_BYTES = 64 * 1024
_GZIP = b"\x1f\x8b"
_BUFFER_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something in a folder that is not read. `code` is unknown_format, not_a_file or unreadable_folder."""

    source: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Input:
    """An open source. `head` is its first 64 KiB, decompressed; `size_bytes` the size of the file, None for streams and compressed
    files: where it is known, `place.offset / size_bytes` is the progress."""

    source: str
    format: Format
    head: bytes
    size_bytes: int | None
    stream: BinaryIO

    def head_digest(self, count: int = HEAD_BYTES) -> str:
        """SHA-256 (hex) of the first `count` bytes, at most those of the head."""
        return sha256(self.head[:count]).hexdigest()

    def articles(self, options: Options, offset: int = 0) -> Iterator[ArticleDraft | BadRow | PageAddress]:
        """See `base.Reader`. To be called once. A source without a single byte is a bad row: it was meant to hold something.

        Raises Unreadable also when reading breaks off in the middle.
        """
        if not self.head:
            yield BadRow(Place(self.source, None, 0), "", "empty_file", "there is nothing in it")
            return
        try:
            yield from self.format.read(self.stream, self.source, options, offset)
        except (OSError, EOFError, zlib.error) as error:
            raise Unreadable(self.source, _reason(error)) from error


def is_address(source: str) -> bool:
    """Is this the address of a page or file on somebody's server?"""
    return source[:8].lower().startswith(("http://", "https://"))


def find_sources(arguments: Sequence[str], format: str = "auto") -> list[str | Skipped]:
    """The files that files, folders, globs and "-" stand for: in their order, a folder's in the order of their names. Addresses
    stand for themselves.

    Folders are walked to the bottom, links followed, each folder once; hidden names are passed over, and unless a format is
    said for all, files whose name tells none. A file that is named itself is always taken.
    Raises Unreadable for an argument that stands for nothing.
    """
    found: list[str | Skipped] = []
    for argument in arguments:
        if is_address(argument):
            found.append(argument)
            continue
        paths = [argument]
        if argument != STANDARD_INPUT and not os.path.lexists(argument):
            paths = sorted(glob.glob(argument, recursive=True))
        if not paths:
            raise Unreadable(argument, "there is no such file, and nothing matches it")
        before = len(found)
        for path in paths:
            found += _walk(path, format, set()) if os.path.isdir(path) else [path]
        if len(found) == before:
            raise Unreadable(argument, "the folder is empty")
    return found


def _walk(folder: str, format: str, seen: set[tuple[int, int]]) -> Iterator[str | Skipped]:
    try:
        status = os.stat(folder)
        # A link may lead back up.
        if (status.st_dev, status.st_ino) in seen:
            return
        seen.add((status.st_dev, status.st_ino))
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        yield Skipped(folder, "unreadable_folder", _reason(error))
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            yield from _walk(entry.path, format, seen)
        elif not entry.is_file():
            # Opening a pipe would wait for its writer for ever.
            yield Skipped(entry.path, "not_a_file", "neither a file nor a folder")
        elif format == "auto" and not format_by_name(entry.name):
            yield Skipped(
                entry.path, "unknown_format", "its name tells no format; name the file itself, or say --format"
            )
        else:
            yield entry.path


@contextmanager
def open_input(source: str, options: Options, standard_input: BinaryIO) -> Iterator[Input]:
    """Open a path from `find_sources`, or "-"; close what was opened. Compressed content (gzip) is read through.

    Raises Unreadable when it cannot be opened or is a folder.
    """
    file: BinaryIO | None = None
    try:
        if source == STANDARD_INPUT:
            raw, size = standard_input, None
        else:
            raw = file = open(source, "rb", buffering=0)  # noqa: SIM115
            size = os.fstat(raw.fileno()).st_size or None
        head, stream = _peek(raw)
        if head.startswith(_GZIP):
            size = None
            head, stream = _peek(gzip.GzipFile(fileobj=stream))
    except (OSError, EOFError, zlib.error) as error:
        if file:
            file.close()
        raise Unreadable(source, _reason(error)) from error
    name = options.format if options.format != "auto" else format_by_name(source) or format_by_content(head)
    try:
        yield Input(source, FORMATS[name], head, size, stream)
    finally:
        if file:
            file.close()


def _peek(stream: Readable) -> tuple[bytes, BinaryIO]:
    """The first 64 KiB, and the whole."""
    head = read_up_to(stream, HEAD_BYTES)
    return head, io.BufferedReader(_Rejoined(head, stream), _BUFFER_BYTES)


class _Rejoined(io.RawIOBase):
    """What was read ahead, then the rest: standard input cannot be wound back."""

    def __init__(self, head: bytes, rest: Readable) -> None:
        self._head = memoryview(head)
        # A row that stands in a pipe is read now, not when enough others have followed it.
        self._read_some = getattr(rest, "read1", rest.read)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        part = self._head[: len(buffer)] or self._read_some(len(buffer))
        self._head = self._head[len(part) :] if self._head else self._head
        buffer[: len(part)] = part
        return len(part)


def _reason(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
