"""Evidence is kept as it was seen: what is stored hashes to what was recorded, and whatever becomes of it is reported as what it is."""

from __future__ import annotations

import gzip
import hashlib
import os
import random
import re
import stat
import threading
from datetime import UTC, datetime
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, storages
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from factcheck import env
from factcheck.errors import InvalidInput
from factcheck.fetch import FetchFailed, FetchProblem, FetchRefused, FetchTimedOut, FetchTooLarge
from reviews import evidence
from reviews.evidence import files, storing
from reviews.evidence.media_types import EXTENSIONS, media_type_of
from reviews.evidence.names import clean_name
from reviews.evidence.quoting import occurs
from reviews.evidence.reading import OF_A_JOB, OF_A_REQUEST, read
from reviews.evidence.rechecking import compare
from tests.internet import PUBLIC, redirect, response
from tests.storage import kept_in

URL = "http://news.example/a"
PARAGRAPH = (
    "The ministry says that the price of bread rose by 12.5 per cent in the year to March, to 30 hryvnias a loaf. "
)
QUOTATION = "rose by 12.5 per cent in the year"
HEAD = "<!DOCTYPE html><html><head><meta charset=utf-8><title>Bread</title></head><body>"


def page(*paragraphs: str, around: str = "") -> bytes:
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return f"{HEAD}<nav><a href=/>{around}</a></nav><article><h1>Bread</h1>{body}</article></body></html>".encode()


PAGE = page(PARAGRAPH * 3, "Bakers had expected less, and wrote so to the ministry in the winter. " * 4)
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"


@pytest.fixture(autouse=True)
def folder(tmp_path):
    """Where evidence is kept, empty."""
    where = tmp_path / "kept" / "evidence"
    with override_settings(STORAGES=kept_in(where)):
        yield where


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def serve(internet, body: bytes, *headers: str, status: str = "200 OK") -> None:
    internet.serve(PUBLIC, 80, response(body, *headers, status=status))


def stored(payload: bytes = PAGE) -> tuple[evidence.Captured, str]:
    captured = evidence.keep_upload(payload, "a")
    return captured, evidence.store(captured)


def put(folder: Path, key: str, content: bytes) -> None:
    """As somebody with access to the disk would."""
    path = folder / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_bytes(content)


def put_consistently(folder: Path, content: bytes) -> str:
    """Under the address of its own hash, as somebody would who can change rows too."""
    name = sha256(content)
    key = f"{name[:2]}/{name[2:4]}/{name}.warc.gz"
    put(folder, key, content)
    return key


# What is captured


def test_a_page_is_captured_with_its_bytes_its_hash_and_its_text(internet):
    internet.names["other.example"] = [["93.184.215.15"]]
    internet.serve(PUBLIC, 80, redirect("http://other.example/b/Bread%20prices"))
    internet.serve("93.184.215.15", 80, response(PAGE, "Content-Type: text/html"))
    captured = evidence.capture(URL)
    assert (captured.url_asked, captured.url_final) == (URL, "http://other.example/b/Bread%20prices")
    assert (captured.payload, captured.sha256) == (PAGE, sha256(PAGE))
    assert (captured.media_type, captured.name) == ("text/html", "Bread prices.html")
    assert captured.text_gap is None
    assert PARAGRAPH.strip() in captured.text
    assert "<p>" not in captured.text
    assert captured.text_sha256 == sha256(captured.text.encode())
    assert captured.extractor.startswith("trafilatura ")
    assert captured.fetched_at.utcoffset().total_seconds() == 0


def test_the_bytes_returned_hash_to_the_stored_hash(internet):
    for body in (PAGE, PDF, b"", bytes(range(256)) * 100, b"WARC/1.1\r\n\r\n", b"HTTP/1.1 404 No\r\n\r\n"):
        serve(internet, body)
        captured = evidence.capture(URL)
        key = evidence.store(captured)
        assert evidence.read_payload(key) == body
        assert sha256(evidence.read_payload(key)) == captured.sha256
        assert evidence.verify(key, captured.sha256) == ("ok", None)


def test_the_record_is_a_warc_that_others_can_read(internet):
    headers = ["Content-Type: text/html; charset=utf-8", "Content-Encoding: gzip", "Last-Modified: yesterday"]
    serve(internet, gzip.compress(PAGE), *headers)
    captured = evidence.capture(URL)
    (record,) = list_records(captured.record)
    assert record["type"] == "response"
    assert record["headers"]["WARC-Target-URI"] == URL
    assert record["headers"]["WARC-Date"] == f"{captured.fetched_at:%Y-%m-%dT%H:%M:%S.%fZ}"
    assert record["headers"]["WARC-Payload-Digest"] == f"sha256:{captured.sha256}"
    assert record["status"] == "200"
    # The payload is kept unpacked, and must not be unpacked again.
    assert record["http"]["X-Crawler-content-encoding"] == "gzip"
    assert record["http"]["Content-Length"] == str(len(PAGE))
    assert "content-encoding" not in record["http"]
    assert record["http"]["last-modified"] == "yesterday"
    assert (record["payload"], record["digests_hold"]) == (PAGE, True)


def list_records(content: bytes) -> list[dict]:
    found = []
    for record in ArchiveIterator(BytesIO(content), check_digests=True):
        payload = record.content_stream().read()
        found.append(
            {
                "type": record.rec_type,
                "headers": dict(record.rec_headers.headers),
                "status": record.http_headers.get_statuscode() if record.http_headers else None,
                "http": dict(record.http_headers.headers) if record.http_headers else None,
                "payload": payload,
                "digests_hold": record.digest_checker.passed,
            }
        )
    return found


def test_an_upload_is_a_resource_named_by_its_hash():
    captured = evidence.keep_upload(PDF, "C:\\reports\\Хліб.pdf")
    (record,) = list_records(captured.record)
    assert (record["type"], record["payload"], record["digests_hold"]) == ("resource", PDF, True)
    assert record["headers"]["WARC-Target-URI"].startswith("ni:///sha-256;")
    assert record["headers"]["Content-Type"] == "application/pdf"
    assert (captured.url_asked, captured.url_final, captured.name) == ("", "", "Хліб.pdf")
    assert (datetime.now(UTC) - captured.fetched_at).total_seconds() < 60


@pytest.mark.parametrize(
    "header",
    [
        'X-Name: caf\xe9; filename="\xe9"',
        "X-Folded: a\r\n WARC/1.1: b",
        "X-Empty:",
        "Strange name: a",
        "X-Long: " + "a" * 30_000,
        'Content-Type: text/html; charset="\xff\xfe',
        "Content-Encoding: identity",
    ],
)
def test_whatever_headers_a_server_sends_the_record_holds_its_page(internet, header):
    internet.serve(
        PUBLIC, 80, response(b"").replace(b"0\r\n", f"{len(PAGE)}\r\n{header}\r\n".encode("latin-1"), 1) + PAGE
    )
    captured = evidence.capture(URL)
    assert captured.payload == PAGE
    assert evidence.read_payload(evidence.store(captured)) == PAGE
    assert [record["digests_hold"] for record in list_records(captured.record)] == [True]


def test_what_cannot_be_fetched_is_not_captured(internet):
    serve(internet, b"no", status="404 No")
    with pytest.raises(FetchFailed):
        evidence.capture(URL)
    with pytest.raises(FetchRefused):
        evidence.capture("http://127.0.0.1/")


# Types, by content

TYPES = [
    (PDF, "text/html", "application/pdf"),
    (PNG, "", "image/png"),
    (b"\xff\xd8\xff\xe0\0\x10JFIF\0", "text/plain", "image/jpeg"),
    (b"GIF89a\x01\0\x01\0", "image/png", "image/gif"),
    (b"GIF87a\x01\0\x01\0", "", "image/gif"),
    (b"RIFF\x24\0\0\0WEBPVP8 ", "", "image/webp"),
    (b"RIFF\x24\0\0\0WAVEfmt ", "image/webp", "application/octet-stream"),
    (PAGE, "", "text/html"),
    (b"  \n<HTML lang=uk>", "text/plain", "text/html"),
    (b"<!doctype html\n>", "", "text/html"),
    (b"\xef\xbb\xbf<script>alert(1)</script>", "application/json", "text/html"),
    (HEAD.encode("utf-16"), "", "text/html"),
    (b'<?xml version="1.0"?>\n<html xmlns="http://www.w3.org/1999/xhtml">', "", "text/html"),
    (b"<main>Bread</main>", "text/html", "text/html"),
    (b"<main>Bread</main>", "", "text/plain"),
    (b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>', "image/svg+xml", "text/plain"),
    (b"\0\x01\x02", "text/html", "application/octet-stream"),
    (b'{"price": 30}', "text/plain", "application/json"),
    (b"[1]", "", "application/json"),
    (b"{not json}", "application/json", "text/plain"),
    (b"[" * 100_000, "application/json", "text/plain"),
    ("Ціна хліба".encode(), "", "text/plain"),
    ("Ціна хліба".encode("cp1251"), "", "text/plain"),
    ("Ціна хліба".encode("utf-16"), "", "text/plain"),
    (b"\xff\xfe\0\0\x01", "", "application/octet-stream"),
    (b"MZ\x90\0\x03\0\0\0", "application/pdf", "application/octet-stream"),
    (b"\x7fELF\x02\x01\x01\0", "image/png", "application/octet-stream"),
    (b"\xca\xfe\xba\xbe\0\0\0\x02", "", "application/octet-stream"),
    (b"PK\x03\x04\x14\0", "application/pdf", "application/octet-stream"),
    (b" %PDF-1.7\0", "application/pdf", "application/octet-stream"),
    (b"\x89PNG", "image/png", "text/plain"),
    (b"", "image/png", "text/plain"),
]


@pytest.mark.parametrize(("payload", "declared", "media_type"), TYPES, ids=range(len(TYPES)))
def test_a_type_is_what_the_content_says_and_not_what_the_server_does(payload, declared, media_type):
    assert media_type_of(payload, declared) == media_type
    assert media_type in EXTENSIONS


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"", "empty_file"),
        (b"MZ\x90\0\x03\0\0\0", "file_type_not_accepted"),
        (b"\x7fELF\x02\x01\x01\0", "file_type_not_accepted"),
        (b"PK\x03\x04\x14\0", "file_type_not_accepted"),
        (b"#!/bin/sh\nrm -rf /\n", "file_type_not_accepted"),
        (b"\xef\xbb\xbf#!/bin/sh\n", "file_type_not_accepted"),
        (b"a" * (evidence.MAX_BYTES + 1), "too_large"),
    ],
)
def test_an_upload_that_is_no_evidence_is_refused_and_nothing_kept(folder, payload, code):
    with pytest.raises(InvalidInput) as refused:
        evidence.keep_upload(payload, "photo.jpg")
    assert [(error.code, error.pointer) for error in refused.value.errors] == [(code, "/file")]
    assert not folder.exists()


@pytest.mark.parametrize("payload", [PDF, PNG, PAGE, b"<script>alert(1)</script>", b"[1]", b"Bread"])
def test_an_upload_of_an_accepted_type_is_kept(payload):
    captured, key = stored(payload)
    assert captured.media_type in evidence.ACCEPTED
    assert evidence.read_payload(key) == payload


# Text

TEXTS = [
    (PDF, "", "", None, "no_text_in_media_type"),
    (PNG, "", "", None, "no_text_in_media_type"),
    (b"\0", "", "", None, "no_text_in_media_type"),
    (b" \n", "", "", None, "no_text_found"),
    (b"<html><body><script>let bread = 30</script></body></html>", "", "", None, "no_text_found"),
    (b"a\r\nb", "", "", "a\nb", None),
    (b'{"price": 30}', "", "", '{"price": 30}', None),
    (b"<html><body><p>Bread", "", "", "Bread", None),
    ("Ціна".encode("utf-16"), "", "", "Ціна", None),
    ("Ціна".encode("cp1251"), "", "windows-1251", "Ціна", None),
    ("Ціна".encode("cp1251"), "", "", None, "unknown_encoding"),
    ("Ціна".encode("cp1251"), "", "rot13", None, "unknown_encoding"),
    ("<html><meta charset=windows-1251><body><p>Ціна".encode("cp1251"), "", "", "Ціна", None),
    (b"<html><body><p>" + b"a" * 200 + b"\xff", "", "", "a" * 200 + "\ufffd", None),
]


@pytest.mark.parametrize(
    "payload",
    [
        b"<html><p>Bread" + b"<br>" * OF_A_REQUEST.max_tags,
        b"<html><p>Bread<!--" + b"a" * OF_A_REQUEST.max_bytes + b"-->",
    ],
    ids=["tags", "bytes"],
)
def test_an_upload_that_takes_long_to_read_is_kept_without_its_text_and_a_worker_reads_such_a_page(payload):
    captured, key = stored(payload)
    assert (captured.media_type, captured.text, captured.text_gap) == ("text/html", None, "too_large")
    assert evidence.read_payload(key) == payload
    assert read(payload).text.strip() == "Bread"


def test_a_page_that_no_worker_would_finish_has_no_text_and_its_bytes_are_compared():
    page = b"<html><p>Bread" + b"<br>" * OF_A_JOB.max_tags
    before, now = read(page), read(page + b"!")
    assert (before.text, before.text_gap) == (None, "too_large")
    assert compare(before, "Bread", before) == ("unchanged", None, None)
    assert compare(before, "Bread", now) == ("text_changed", "too_large", None)


@pytest.mark.parametrize(("payload", "declared", "charset", "text", "gap"), TEXTS, ids=range(len(TEXTS)))
def test_a_text_is_read_or_its_absence_has_a_reason(payload, declared, charset, text, gap):
    reading = read(payload, declared, charset)
    assert (reading.text, reading.text_gap) == (text, gap)
    assert (reading.text_sha256 is None) == (text is None)


def test_what_stands_around_an_article_is_not_its_text():
    assert read(page(PARAGRAPH * 5, around="Sport today")).text == read(page(PARAGRAPH * 5, around="Weather")).text


@pytest.mark.parametrize(
    "payload",
    [
        b"<div>" * 50_000 + b"a",
        b"<p>&#xD800;&#0;&#x110000;a" * 10,
        b"<html><body><p>a\0b",
        b"<html><body>" + b"<table>" * 3_000 + b"a",
        b'<?xml version="1.0" encoding="utf-16"?><html ><body><p>a',
        b"<html>" + bytes(range(0x80, 0x100)) * 3,
        b"<!--",
    ],
    ids=range(7),
)
def test_a_page_that_its_reader_trips_over_is_kept_all_the_same(payload):
    captured, key = stored(payload)
    assert evidence.read_payload(key) == payload
    assert (captured.text is None) != (captured.text_gap is None)


def test_a_stored_capture_is_read_as_it_was(internet):
    body = "<html><body><p>Ціна хліба".encode("cp1251")
    serve(internet, body, "Content-Type: text/html; charset=windows-1251")
    captured = evidence.capture(URL)
    reading = evidence.read_capture(evidence.store(captured))
    assert (reading.text, reading.charset, reading.media_type) == ("Ціна хліба", "windows-1251", "text/html")
    assert (reading.text_sha256, reading.sha256) == (captured.text_sha256, captured.sha256)


# Keeping


def test_the_address_is_the_hash_of_the_stored_file(folder):
    captured, key = stored()
    path = folder / key
    assert key == f"{path.name[:2]}/{path.name[2:4]}/{sha256(path.read_bytes())}.warc.gz"
    assert path.read_bytes() == captured.record


def test_storing_twice_keeps_the_first(folder):
    captured, key = stored()
    before = (folder / key).stat()
    assert evidence.store(captured) == key
    after = (folder / key).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert files_in(folder) == [key]


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_two_captures_of_one_page_are_two_records(folder):
    (one, first), (two, second) = stored(), stored()
    assert one.sha256 == two.sha256
    assert files_in(folder) == sorted([first, second])


def test_many_who_store_the_same_at_once_store_it_once(folder):
    captured = evidence.keep_upload(PAGE, "a")
    ready, keys = threading.Barrier(8), []

    def work() -> None:
        ready.wait()
        keys.append(evidence.store(captured))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert files_in(folder) == [keys[0]]
    assert evidence.verify(keys[0], captured.sha256).outcome == "ok"


def test_what_is_stored_only_its_owner_may_read_and_nobody_deletes(folder):
    _, key = stored()
    assert stat.S_IMODE((folder / key).stat().st_mode) == 0o400
    for above in (folder, (folder / key).parent, (folder / key).parent.parent):
        assert stat.S_IMODE(above.stat().st_mode) == 0o700
    with pytest.raises(PermissionError):
        storages["evidence"].delete(key)
    assert files_in(folder) == [key]


def test_a_write_that_fails_leaves_nothing_under_the_address(folder, monkeypatch):
    captured = evidence.keep_upload(PAGE, "a")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(files.os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            evidence.store(captured)
    assert files_in(folder) == []
    assert evidence.verify(evidence.store(captured), captured.sha256).outcome == "ok"


def test_django_s_own_storage_would_leave_half_a_file(tmp_path, monkeypatch):
    """Why there is one of ours."""

    class Breaks(ContentFile):
        def chunks(self, chunk_size=None):
            yield b"half"
            raise OSError(28, "No space left on device")

    for storage, left in ((FileSystemStorage(tmp_path / "a"), ["x"]), (files.EvidenceFiles(tmp_path / "b"), [])):
        with pytest.raises(OSError, match="No space left"):
            storage.save("x", Breaks(b"whole"))
        assert files_in(Path(storage.location)) == left


def test_a_storage_that_renames_is_refused(tmp_path):
    class Renames(FileSystemStorage):
        def get_available_name(self, name, max_length=None):
            return f"{name}_1"

    with override_settings(STORAGES={"evidence": {"BACKEND": "tests.test_evidence.Renames"}}):
        storages._storages["evidence"] = Renames(tmp_path)
        with pytest.raises(ImproperlyConfigured, match="must keep the names"):
            evidence.store(evidence.keep_upload(PAGE, "a"))


def test_another_storage_of_django_s_serves_as_well():
    with override_settings(STORAGES={"evidence": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}):
        captured, key = stored()
        assert evidence.store(captured) == key
        assert evidence.verify(key, captured.sha256) == ("ok", None)
        assert evidence.verify(key.replace(key[:2], "00"), captured.sha256).outcome == "missing"


# Verifying


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


DAMAGES = {
    "emptied": lambda record: b"",
    "cut short": lambda record: record[:-9],
    "half of it left": lambda record: record[: len(record) // 2],
    "only its head left": lambda record: record[:20],
    "a bit of its header turned": lambda record: flipped(record, 4),
    "a bit of its middle turned": lambda record: flipped(record, len(record) // 2),
    "its last bit turned": lambda record: flipped(record, len(record) - 1),
    "something added": lambda record: record + b"\0",
    "another record added": lambda record: record + record,
    "unpacked": gzip.decompress,
    "packed again": lambda record: gzip.compress(gzip.decompress(record)),
    "no gzip": lambda record: b"not gzip",
    "text": lambda record: PAGE,
    "valid gzip, another payload": lambda record: gzip.compress(gzip.decompress(record).replace(b"12.5", b"99.5")),
    "another capture": lambda record: evidence.keep_upload(b"Bread", "a").record,
    "a bomb": lambda record: gzip.compress(b"\0" * 50_000_000, 9),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_file_that_was_changed_on_disk_is_corrupt(folder, damage):
    captured, key = stored()
    put(folder, key, DAMAGES[damage](captured.record))
    assert evidence.verify(key, captured.sha256) == ("corrupt", "record_differs")
    with pytest.raises(evidence.EvidenceCorrupt):
        evidence.read_payload(key)
    with pytest.raises(evidence.EvidenceCorrupt):
        evidence.read_capture(key)


def test_a_corrupt_file_is_not_written_over(folder):
    captured, key = stored()
    put(folder, key, b"garbage")
    with pytest.raises(evidence.EvidenceCorrupt, match=key):
        evidence.store(captured)
    assert (folder / key).read_bytes() == b"garbage"


def test_a_file_larger_than_any_record_is_corrupt_and_not_read_to_its_end(folder):
    captured, key = stored()
    put(folder, key, b"")
    os.truncate(folder / key, 10**12)
    assert evidence.verify(key, captured.sha256) == ("corrupt", "record_differs")


def test_a_forged_record_under_its_own_hash_does_not_hold_the_payload(folder):
    captured, _ = stored()
    forged = gzip.compress(gzip.decompress(captured.record).replace(b"12.5", b"99.5"))
    key = put_consistently(folder, forged)
    assert evidence.verify(key, captured.sha256) == ("corrupt", "payload_differs")


@pytest.mark.parametrize(
    "damage",
    [
        "emptied",
        "cut short",
        "half of it left",
        "another record added",
        "unpacked",
        "only its head left",
        "a bit of its middle turned",
        "no gzip",
        "text",
        "a bomb",
    ],
)
def test_garbage_under_its_own_hash_is_no_record(folder, damage):
    captured, _ = stored()
    key = put_consistently(folder, DAMAGES[damage](captured.record))
    assert evidence.verify(key, captured.sha256).outcome == "corrupt"
    assert evidence.verify(key, captured.sha256).reason in ("no_record", "payload_differs")


def test_no_garbage_makes_verifying_fail(folder):
    captured, _ = stored(b"Bread " * 100)
    plain, chance = gzip.decompress(captured.record), random.Random(7)
    for _ in range(300):
        at, length = chance.randrange(len(plain)), chance.randrange(1, 40)
        garbled = plain[:at] + chance.choice([b"", chance.randbytes(length), b"\r\n" * length]) + plain[at + length :]
        garbled = chance.choice([garbled, gzip.compress(garbled), flipped(captured.record, chance.randrange(10, 300))])
        verified = evidence.verify(put_consistently(folder, garbled), captured.sha256)
        # What is left of the record may still hold the whole payload.
        assert verified.outcome == "ok" or verified.reason in ("no_record", "payload_differs")


def test_a_file_that_is_gone_is_missing(folder):
    captured, key = stored()
    (folder / key).unlink()
    assert evidence.verify(key, captured.sha256) == ("missing", None)
    with pytest.raises(evidence.EvidenceMissing):
        evidence.read_payload(key)


def test_a_folder_in_place_of_a_file_is_corrupt_and_a_file_in_place_of_a_folder_hides_what_was_there(folder):
    captured, key = stored()
    (folder / key).unlink()
    (folder / key).mkdir()
    assert evidence.verify(key, captured.sha256).outcome == "corrupt"
    (folder / key).rmdir()
    (folder / key).parent.rmdir()
    (folder / key).parent.write_bytes(b"")
    assert evidence.verify(key, captured.sha256).outcome == "missing"


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/etc/passwd",
        "../../../etc/passwd",
        "ab/cd/../../secret_key",
        f"ab/cd/{'ab' * 32}",
        f"ab/cd/{'ab' * 32}.warc.gz",
        f"AB/CD/ABCD{'00' * 30}.warc.gz",
        f"00/00/{'0' * 63}\0.warc.gz",
        f"ab/ab/{'ab' * 32}.warc.gz/../x",
        "\ud800",
    ],
)
def test_what_is_no_key_of_ours_opens_no_file(folder, monkeypatch, key):
    monkeypatch.setattr(files.EvidenceFiles, "open", lambda *_: pytest.fail("something was opened"))
    assert evidence.verify(key, sha256(b"")) == ("missing", None)


def test_a_storage_that_is_away_says_nothing_of_the_evidence(monkeypatch):
    captured, key = stored()

    def away(*_: object) -> None:
        raise ConnectionError("the storage is away")

    monkeypatch.setattr(files.EvidenceFiles, "open", away)
    with pytest.raises(ConnectionError):
        evidence.verify(key, captured.sha256)


def test_running_out_of_time_is_no_corruption(monkeypatch):
    class OutOfTime(Exception):
        """As Celery's SoftTimeLimitExceeded, raised wherever the work is."""

    def stopped(*_: object, **__: object) -> None:
        raise OutOfTime

    captured, key = stored()
    monkeypatch.setattr("reviews.evidence.records.ArchiveIterator", stopped)
    with pytest.raises(OutOfTime):
        evidence.verify(key, captured.sha256)
    monkeypatch.setattr("trafilatura.bare_extraction", stopped)
    with pytest.raises(OutOfTime):
        evidence.keep_upload(PAGE, "a")


# Looking again

OTHER = page(PARAGRAPH.replace("12.5", "10.5") * 3, "Bakers had expected less, and wrote so to the ministry. " * 5)
LONGER = page(
    PARAGRAPH * 3, "Bakers had expected less, and wrote so to the ministry in the winter. " * 4, "An update. " * 9
)
MOVED = OTHER.replace(b"</article>", f"</article><footer>Corrected: it {QUOTATION} to March</footer>".encode())
SPACED = PAGE.replace(b"<p>", b"<p>\n  ").replace(b"12.5 per", b"12.5\n per")
SHELL = b"<!DOCTYPE html><html><body><div id=app></div><script src=/app.js></script></body></html>"

CHANGES = [
    ("the same bytes", PAGE, PAGE, QUOTATION, ("unchanged", None, True)),
    ("another navigation", PAGE, PAGE.replace(b"<nav>", b"<nav><a href=/x>News at nine</a>"), QUOTATION, ("unchanged", None, True)),
    ("other white space", PAGE, SPACED, QUOTATION, ("unchanged", None, True)),
    ("a paragraph more", PAGE, LONGER, QUOTATION, ("text_changed", None, True)),
    ("another number", PAGE, OTHER, QUOTATION, ("quotation_missing", None, False)),
    ("moved into the footer", PAGE, MOVED, QUOTATION, ("text_changed", None, True)),
    ("a page that says sorry", PAGE, page("This page has moved. " * 20), QUOTATION, ("quotation_missing", None, False)),
    ("a page that is all script now", PAGE, SHELL, QUOTATION, ("quotation_missing", "no_text_found", False)),
    ("never held the quotation", PAGE, OTHER, "read off a picture", ("text_changed", None, False)),
    ("the same without the quotation", PAGE, PAGE, "read off a picture", ("unchanged", None, False)),
    ("the same file", PDF, PDF, QUOTATION, ("unchanged", None, None)),
    ("another file", PDF, PDF + b"2", QUOTATION, ("text_changed", "no_text_in_media_type", None)),
    ("a file in place of the page", PAGE, PDF, QUOTATION, ("text_changed", "no_text_in_media_type", None)),
    ("a page in place of the file", PDF, PAGE, QUOTATION, ("text_changed", None, True)),
    ("scripts, and then others", SHELL, SHELL + b"\n", QUOTATION, ("text_changed", "no_text_found", False)),
    ("another encoding", b"Bread costs 30.", "Ціна".encode("cp1251"), "Bread", ("text_changed", "unknown_encoding", None)),
    ("the quotation in a caption, then gone",
     PAGE.replace(b"</article>", b"</article><aside>Bread, photographed in May</aside>"), LONGER, "photographed in May",
     ("quotation_missing", None, False)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "now", "quotation", "recheck"), [row[1:] for row in CHANGES], ids=[row[0] for row in CHANGES]
)
def test_a_page_is_compared_with_what_was_stored(internet, before, now, quotation, recheck):
    serve(internet, before)
    key = evidence.store(evidence.capture(URL))
    serve(internet, now)
    assert compare(evidence.read_capture(key), quotation, evidence.capture(URL)) == recheck


FAILURES = [
    ("404 Not Found", ("gone", "status_404", None)),
    ("410 Gone", ("gone", "status_410", None)),
    ("451 Unavailable For Legal Reasons", ("gone", "status_451", None)),
    ("401 Unauthorized", ("unreachable", "status_401", None)),
    ("403 Forbidden", ("unreachable", "status_403", None)),
    ("429 Too Many Requests", ("unreachable", "status_429", None)),
    ("500 Internal Server Error", ("unreachable", "status_500", None)),
    ("503 Service Unavailable", ("unreachable", "status_503", None)),
]


def look_again() -> evidence.Recheck:
    with pytest.raises(FetchProblem) as problem:
        evidence.capture(URL)
    return compare(read(PAGE), QUOTATION, problem.value)


@pytest.mark.parametrize(("status", "recheck"), FAILURES)
def test_a_page_is_gone_when_its_server_says_so_and_else_only_unreachable(internet, status, recheck):
    serve(internet, b"", status=status)
    assert look_again() == recheck


def test_a_page_whose_name_is_gone_is_gone(internet):
    del internet.names["news.example"]
    assert look_again() == ("gone", "unknown_name", None)


def test_a_page_whose_server_does_not_answer_is_unreachable(internet):
    assert look_again() == ("unreachable", "fetch_failed", None)


def test_a_page_that_leads_inside_now_is_unreachable(internet):
    internet.names["news.example"] = [["10.0.0.1"]]
    assert look_again() == ("unreachable", "fetch_refused", None)


@pytest.mark.parametrize(
    ("problem", "reason"),
    [(FetchTimedOut(URL, "late"), "fetch_timed_out"), (FetchTooLarge(URL, "large"), "fetch_too_large")],
)
def test_a_page_that_comes_late_or_is_too_large_is_unreachable(problem, reason):
    assert compare(read(PAGE), QUOTATION, problem) == ("unreachable", reason, None)


# Quotations

QUOTATIONS = [
    ("bread costs 30", "The bread costs 30 now", True),
    ("bread costs 30", "The bread\n costs\u00a030 now", True),
    ("bread\n\ncosts", "bread costs", True),
    ("Bread costs", "bread costs", False),
    ("he said “no”", 'he said "no"', True),
    ("he said 'no'", "he said ‘no’", True),
    ("«Хліб» подорожчав", "„Хліб“ подорожчав", True),
    ("it’s 5–6 per cent", "it's 5-6 per cent", True),
    ("minus −5", "minus -5", True),
    ("and so on...", "and so on…", True),
    ("official finding", "oﬃcial ﬁnding", True),
    ("bread prices", "bre\u00adad pri\u200bces", True),
    ("café", "cafe\u0301", True),
    ("5 million", "some 25 million people", False),
    ("5 million", "some 1.5 million people", False),
    ("5 million", "some 1,5 million people", False),
    ("5 million", "some 5 million, all told", True),
    ("rose by 12", "rose by 12.5 per cent", False),
    ("rose by 12", "rose by 12. It fell", True),
    ("rose by 12", "rose by 125", False),
    ("legal", "an illegal act", False),
    ("legal", "legally", False),
    ("legal", "25 million illegal, and one legal act", True),
    ("m²", "30 m²", True),
    ("x2", "x²", False),
    ("面包涨价", "今年面包涨价了", True),
    # Scripts without capitals write words together that others part.
    ("الخبز", "بالخبز", True),
    ("30%", "costs 30%.", True),
    ('"no"', 'x"no"y', True),
    ("", "anything", False),
    (" \u200b\n", "anything", False),
    ("bread", "", False),
    ("a\0b", "ab", True),
    ("aba", "ababa", False),
    ("aba aba", "ababa aba aba", True),
    ("1 1", "11 1 11", False),
    ("1 1", "11 1 1 11", True),
    ("a, b", "1, a, b, c", True),
    ("5.", "costs 5.", True),
    ("5.", "costs 5.5", False),
    (".5", "costs .5", True),
    (".5", "costs 5.5", False),
]


@pytest.mark.parametrize(("quotation", "text", "found"), QUOTATIONS)
def test_a_quotation_is_found_however_it_is_typed_but_never_within_a_word_or_number(quotation, text, found):
    assert occurs(quotation, text) is found


letters = st.text(alphabet="ab1., б", max_size=12)


@given(letters, letters)
def test_every_place_of_a_quotation_is_looked_at(quotation, text):
    def naive() -> bool:
        wanted, searched = " ".join(quotation.split()), " ".join(text.split())
        places = [at for at in range(len(searched)) if searched.startswith(wanted, at)]
        return bool(wanted) and any(
            all(is_clean(searched, at) for at in (place, place + len(wanted))) for place in places
        )

    def is_clean(searched: str, at: int) -> bool:
        spans = [found.span() for found in re.finditer(r"\d+(?:[.,]\d+)*|[abб]+", searched)]
        return not any(start < at < end for start, end in spans)

    assert occurs(quotation, text) is naive()


# Names and headers

NAMES = [
    ("report.pdf", "application/pdf", "report.pdf"),
    ("Report.PDF", "application/pdf", "Report.PDF"),
    ("invoice.exe", "text/plain", "invoice.exe.txt"),
    ("photo.jpeg", "image/jpeg", "photo.jpeg"),
    ("photo.jpg", "application/pdf", "photo.jpg.pdf"),
    ("../../etc/passwd", "text/plain", "passwd.txt"),
    ("C:\\Windows\\a.txt", "text/plain", "a.txt"),
    ("a/", "text/plain", "a.txt"),
    ("", "text/html", "evidence.html"),
    ("...", "text/html", "evidence.html"),
    (".html", "text/html", "html.html"),
    (".bashrc", "text/plain", "bashrc.txt"),
    ("a\r\nSet-Cookie: b=c", "text/plain", "a Set-Cookie: b=c.txt"),
    ("a\0.pdf", "application/pdf", "a.pdf"),
    ("photo\u202egpj.exe", "image/jpeg", "photogpj.exe.jpg"),
    ("\ud800a", "text/plain", "a.txt"),
    ("a" * 5000, "image/png", "a" * 180 + ".png"),
    ("ї" * 5000 + ".png", "image/png", "ї" * 90 + ".png"),
    ("Хліб «2026».html", "text/html", "Хліб «2026».html"),
    ("a  \t b .txt", "text/plain", "a b.txt"),
    ("setup.exe", "application/octet-stream", "setup.exe.bin"),
    ("a", "text/html\r\nX: y", "a.bin"),
]


@pytest.mark.parametrize(("name", "media_type", "clean"), NAMES)
def test_a_name_is_made_harmless_and_ends_as_its_content_does(name, media_type, clean):
    assert clean_name(name, media_type) == clean
    assert clean_name(clean, media_type) == clean


@pytest.mark.parametrize(("name", "media_type", "_"), NAMES)
def test_stored_bytes_are_handed_out_to_be_saved_and_never_to_be_shown(name, media_type, _):
    headers = evidence.safe_headers(media_type, name)
    assert headers["Content-Type"] == (media_type if media_type in EXTENSIONS else "application/octet-stream")
    assert headers["Content-Disposition"].startswith(("attachment; filename=", "attachment; filename*=utf-8''"))
    assert headers["Content-Security-Policy"].split("; ")[:2] == ["sandbox", "default-src 'none'"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert all(value.isascii() and value.isprintable() for value in headers.values())


def test_a_name_is_written_as_browsers_read_it():
    def disposition(name: str) -> str:
        return evidence.safe_headers("text/plain", name)["Content-Disposition"]

    assert disposition("bread.txt") == 'attachment; filename="bread.txt"'
    assert disposition('br"e\\ad.txt') == 'attachment; filename="ad.txt"'
    assert disposition('br"ead.txt') == 'attachment; filename="br\\"ead.txt"'
    assert disposition("хліб.txt") == "attachment; filename*=utf-8''%D1%85%D0%BB%D1%96%D0%B1.txt"


# Configuration


def test_evidence_is_kept_in_the_data_folder_unless_another_storage_is_named():
    default = env.storage(env.VARIABLES["EVIDENCE_STORAGE"].default)
    assert default["BACKEND"] == "reviews.evidence.files.EvidenceFiles"
    assert default["OPTIONS"]["location"].endswith("/evidence")
    named = env.storage('storages.backends.s3.S3Storage {"bucket_name": "evidence", "querystring_auth": true}')
    assert named == {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {"bucket_name": "evidence", "querystring_auth": True},
    }
    assert env.storage("a.B") == {"BACKEND": "a.B", "OPTIONS": {}}


@pytest.mark.parametrize("value", ["", "S3", "a.B {", "a.B []", "a.B 1", "../a.B", "a..B", "a.B{}"])
def test_a_storage_that_is_none_stops_the_start(value):
    with pytest.raises(ImproperlyConfigured, match=r"X must be a storage; got a value that does not parse"):
        env.read("X", env.storage, default="?", expects="a storage", help="X.", secret=True, environment={"X": value})


@pytest.mark.parametrize(
    "named",
    [
        {"BACKEND": "nowhere.S3Storage"},
        {"BACKEND": "reviews.evidence.files.S3Storage"},
        {"BACKEND": "reviews.evidence.files.EvidenceFiles", "OPTIONS": {"bucket": "a"}},
    ],
)
def test_a_storage_that_cannot_be_used_is_found_by_the_checks(named):
    call_command("check", tags=["files"], stdout=StringIO())
    with override_settings(STORAGES={"evidence": named}), pytest.raises(SystemCheckError, match=r"factcheck\.E008"):
        call_command("check", tags=["files"], stdout=StringIO())


def test_a_record_of_the_largest_payload_fits_what_is_read_back():
    noise = random.Random(7).randbytes(evidence.MAX_BYTES - 5)
    captured = evidence.keep_upload(b"%PDF-" + noise, "a.pdf")
    assert len(captured.record) < storing.MAX_RECORD_BYTES
    assert evidence.verify(evidence.store(captured), captured.sha256).outcome == "ok"
