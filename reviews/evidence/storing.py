"""Where captures are kept: each under the hash of its whole record, written once, never overwritten, never deleted.

The address is the record's hash and not the payload's. Two captures of the same page are two pieces of evidence, with times and headers of
their own; and a file's name alone says whether any byte of it was changed (`sha256sum`), without a database.
"""

from __future__ import annotations

import hashlib
from string import hexdigits
from typing import Literal, NamedTuple

from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from factcheck.fetch import media_type_and_charset
from reviews.evidence.capturing import MAX_BYTES, Captured
from reviews.evidence.problems import Corruption, EvidenceCorrupt, EvidenceMissing
from reviews.evidence.reading import Reading, read
from reviews.evidence.records import Recorded, read_record

STORAGE = "evidence"  # its name in settings.STORAGES
MAX_RECORD_BYTES = MAX_BYTES + 1024 * 1024  # packed or not: headers, and what gzip adds to what is packed already
_ENDING = ".warc.gz"


class Verified(NamedTuple):
    """`reason` says what is corrupt, and is None otherwise."""

    outcome: Literal["ok", "corrupt", "missing"]
    reason: Corruption | None = None


def store(captured: Captured) -> str:
    """Write the record, unless it is there already; the key under which it is read. Safe to repeat, and to do twice at once.

    Raises EvidenceCorrupt when something else stands there: it is left as it is, for whoever finds out why.
    """
    key = _key_of(captured.record)
    storage = storages[STORAGE]
    if storage.exists(key):
        if _bytes_at(key) != captured.record:
            raise EvidenceCorrupt(f"{key} is taken by other bytes")
        return key
    if (written := storage.save(key, ContentFile(captured.record))) != key:
        raise ImproperlyConfigured(
            f"EVIDENCE_STORAGE keeps {key} as {written}: it must keep the names that it is given."
        )
    return key


def read_payload(key: str) -> bytes:
    """The bytes that were captured, exactly. Raises EvidenceMissing, EvidenceCorrupt."""
    return _read(key).payload


def read_capture(key: str) -> Reading:
    """The stored capture as the present extractor reads it. Raises EvidenceMissing, EvidenceCorrupt."""
    payload, said = _read(key)
    return read(payload, *media_type_and_charset(said))


def verify(key: str, sha256: str) -> Verified:
    """Recomputed from the stored bytes: are they what was stored, and is `sha256` the hash of their payload?

    Raises nothing for whatever is found there; what the storage itself raises when it cannot be asked passes.
    """
    try:
        payload = _read(key).payload
    except EvidenceMissing:
        return Verified("missing")
    except EvidenceCorrupt as problem:
        return Verified("corrupt", problem.reason)
    return Verified("ok") if hashlib.sha256(payload).hexdigest() == sha256 else Verified("corrupt", "payload_differs")


def _key_of(record: bytes) -> str:
    return _key_named(hashlib.sha256(record).hexdigest())


def _key_named(name: str) -> str:
    return f"{name[:2]}/{name[2:4]}/{name}{_ENDING}"


def _read(key: str) -> Recorded:
    record = _bytes_at(key)
    # Before anything is unpacked: what nobody stored may be a bomb.
    if _key_of(record) != key:
        raise EvidenceCorrupt(f"{key} holds other bytes than were stored there", reason="record_differs")
    try:
        return read_record(record, MAX_RECORD_BYTES)
    except ValueError as error:
        raise EvidenceCorrupt(f"{key}: {error}", reason="no_record") from error


def _bytes_at(key: str) -> bytes:
    if not _is_key(key):
        raise EvidenceMissing("nothing is stored under such a key")
    try:
        with storages[STORAGE].open(key) as file:
            # More than was ever written is wrong already and need not be read to its end.
            return bytes(file.read(MAX_RECORD_BYTES + 1))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise EvidenceMissing(f"nothing is stored under {key}") from error
    except IsADirectoryError:
        return b""


def _is_key(key: str) -> bool:
    name = key.rpartition("/")[2].removesuffix(_ENDING)
    return len(name) == 64 and set(name) <= set(hexdigits.lower()) and key == _key_named(name)
