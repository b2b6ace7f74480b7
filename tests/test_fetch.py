"""Fetching is safe: what a page, a person or a name server says leads us to no address that is not the public's."""

from __future__ import annotations

import gzip
import itertools
import socket
import zlib
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import override_settings

from factcheck import env
from factcheck.checks import check_fetching
from factcheck.fetch import (
    BadUrl,
    FetchFailed,
    FetchRefused,
    FetchTimedOut,
    FetchTooLarge,
    WrongType,
    check,
    fetch,
)
from factcheck.fetch.addresses import ip_address, is_public
from tests.internet import PUBLIC, read_head, redirect, response

URL = "http://news.example/a"
TLS = Path(__file__).parent / "tls"


# Where we do not go

MALFORMED = [
    "",
    "news.example/a",
    "//news.example/a",
    "file:///etc/passwd",
    "ftp://news.example/a",
    "gopher://news.example:80/_GET",
    "data:text/html,<p>a",
    "javascript:alert(1)",
    "dict://127.0.0.1:6379/INFO",
    "http:/news.example",
    "http:news.example",
    "http://",
    "http:///a",
    "http://?a",
    "http://:80/",
    "http://ann@news.example/",
    "http://ann:secret@news.example/",
    "http://news.example@127.0.0.1/",
    "http://news.example:80@127.0.0.1/",
    "http://news.example\\@127.0.0.1/",
    "http://127.0.0.1\\.news.example/",
    "http://news.example/\0",
    "http://news.example\0.127.0.0.1/",
    "http://news.example/a\r\nHost: 127.0.0.1",
    "http://news.example\r\n/",
    "http://news.example/\ta",
    "http://news.example/\x7f",
    "http://news.example/\ud83d",
    "http://news .example/",
    "http://news%2eexample/",
    "http://127%2e0%2e0%2e1/",
    "http://news.example:0/",
    "http://news.example:65536/",
    "http://news.example:80:80/",
    "http://news.example:+80/",
    "http://news.example:٨٠/",
    "http://news..example/",
    "http://news.example../",
    "http://.news.example/",
    f"http://{'a' * 64}.example/",
    "http://" + "a." * 127 + "example/",
    "http://xn--zzzzzzz--.example/",
    "http://news.example/" + "a" * 8000,
    # An IPv4 address in another spelling
    "http://0177.0.0.1/",
    "http://127.0.0.01/",
    "http://0x7f.0.0.1/",
    "http://0x7f000001/",
    "http://0X7F.1/",
    "http://2130706433/",
    "http://017700000001/",
    "http://127.1/",
    "http://127.0.1/",
    "http://0/",
    "http://256.256.256.256/",
    "http://1.1.1.1.1/",
    "http://news.example.0x7f/",
    # An IPv6 address that is none, or has a zone
    "http://[::1/",
    "http://[::1]a/",
    "http://[fe80::1%25eth0]/",
    "http://[fe80::1%eth0]/",
    "http://[127.0.0.1]/",
    "http://[v1.a]/",
    "http://::1/",
]
FORBIDDEN = [
    "http://127.0.0.1/",
    "http://127.0.0.1./",
    "http://127.255.255.254:80/",
    "https://127.0.0.1/",
    "http://①②⑦.⓪.⓪.①/",
    "http://127。0。0。1/",
    "http://0.0.0.0/",
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://192.168.1.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://100.64.0.1/",
    "http://192.0.0.8/",
    "http://192.0.2.1/",
    "http://198.18.0.1/",
    "http://198.51.100.1/",
    "http://203.0.113.1/",
    "http://192.88.99.1/",
    "http://224.0.0.1/",
    "http://239.255.255.250/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    "http://[::]/",
    "http://[::1]/",
    "http://[0:0:0:0:0:0:0:1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::127.0.0.1]/",
    "http://[::ffff:0:127.0.0.1]/",
    "http://[64:ff9b::127.0.0.1]/",
    "http://[64:ff9b::a00:1]/",
    "http://[64:ff9b:1::a00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[2001:0:7f00:1::]/",
    "http://[fe80::1]/",
    "http://[fec0::1]/",
    "http://[fc00::1]/",
    "http://[fd00:ec2::254]/",
    "http://[ff02::1]/",
    "http://[2001:db8::1]/",
    "http://[3fff::1]/",
    "http://[2001:2::1]/",
    "http://[100::1]/",
    "http://[5f00::1]/",
    # Names of this machine or this network, and bare ones
    "http://localhost/",
    "http://LOCALHOST./",
    "http://ｌｏｃａｌｈｏｓｔ/",
    "http://desk.localhost/",
    "http://printer.local/",
    "http://metadata.google.internal/",
    "http://router.home.arpa/",
    "http://postgres/",
    # Ports that are no public web server's
    "http://news.example:22/",
    "http://news.example:5432/",
    "http://news.example:8080/",
    "https://news.example:8443/",
    f"http://{PUBLIC}:6379/",
]
# What names may lead to, alone or beside a public address
INSIDE = [
    ["127.0.0.1"],
    ["10.1.2.3"],
    ["169.254.169.254"],
    ["100.100.100.200"],
    ["0.0.0.0"],
    ["::1"],
    ["::ffff:10.0.0.1"],
    ["fe80::1"],
    ["fe80::1%2"],
    ["64:ff9b::7f00:1"],
    ["fd12::1"],
    [PUBLIC, "127.0.0.1"],
    ["127.0.0.1", PUBLIC],
    ["2606:2800:21f::1", "::1"],
]


def test_the_table_of_hostile_addresses_is_as_long_as_promised():
    assert len(set(MALFORMED + FORBIDDEN)) + len(INSIDE) >= 100


@pytest.mark.parametrize("url", MALFORMED)
def test_what_is_no_plain_address_of_the_web_is_refused_before_anybody_is_asked(internet, url):
    with pytest.raises(BadUrl) as refused:
        fetch(url)
    assert (internet.asked, internet.connections) == ([], [])
    assert "secret" not in refused.value.detail
    assert refused.value.detail.isprintable()


@pytest.mark.parametrize("url", ["http://ann:secret@news.example/", "http://news.example@127.0.0.1/"])
def test_a_user_name_in_an_address_is_named_as_the_fault_and_not_repeated(url):
    with pytest.raises(BadUrl, match=r"^(news\.example|127\.0\.0\.1)/: carries a user name or password$"):
        fetch(url)


@pytest.mark.parametrize("url", FORBIDDEN)
def test_an_address_that_is_not_the_publics_is_refused_before_anybody_is_asked(internet, url):
    with pytest.raises(FetchRefused):
        fetch(url)
    with pytest.raises(FetchRefused):
        check(url)
    assert (internet.asked, internet.connections) == ([], [])


@pytest.mark.parametrize("addresses", INSIDE)
def test_a_name_that_leads_inside_is_refused_and_no_connection_made(internet, addresses):
    internet.names["news.example"] = [addresses]
    with pytest.raises(FetchRefused) as refused:
        fetch(URL)
    assert (internet.asked, internet.connections) == (["news.example"], [])
    assert not any(address in refused.value.detail for address in addresses)


def redirect_raw(location: str) -> bytes:
    return b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + location.encode() + b"\r\n\r\n"


ABSOLUTE = [url for url in MALFORMED + FORBIDDEN if ":" in url and "\ud83d" not in url]


@pytest.mark.parametrize("url", [url for url in ABSOLUTE if "\r\n" not in url])
def test_a_redirect_leads_nowhere_that_the_address_itself_may_not(internet, url):
    internet.serve(PUBLIC, 80, redirect_raw(url))
    with pytest.raises((BadUrl, FetchRefused)):
        fetch(URL)
    assert internet.connections == [(PUBLIC, 80)]


@pytest.mark.parametrize("url", [url for url in ABSOLUTE if "\r\n" in url])
def test_a_redirect_that_breaks_its_header_ends_there(internet, url):
    server = internet.serve(PUBLIC, 80, redirect_raw(url))
    with pytest.raises(FetchFailed):
        fetch(URL)
    assert {*internet.connections} == {(PUBLIC, 80)}
    assert all(b"127.0.0.1" not in request for request in server.requests)


@pytest.mark.parametrize("addresses", INSIDE)
def test_a_redirect_to_a_name_that_leads_inside_is_refused(internet, addresses):
    internet.names["other.example"] = [addresses]
    internet.serve(PUBLIC, 80, redirect("http://other.example/"))
    with pytest.raises(FetchRefused):
        fetch(URL)
    assert internet.connections == [(PUBLIC, 80)]


@pytest.mark.parametrize(
    "location", ["/\tb", "//127.0.0.1/", "///127.0.0.1/", "\\\\127.0.0.1\\", "http:127.0.0.1", "http:\\127.0.0.1"]
)
def test_a_relative_redirect_is_read_as_strictly(internet, location):
    internet.serve(PUBLIC, 80, redirect(location))
    with pytest.raises((BadUrl, FetchRefused)):
        fetch(URL)
    assert internet.connections == [(PUBLIC, 80)]


def test_a_name_that_answers_differently_the_second_time_has_been_asked_once(internet):
    internet.names["news.example"] = [[PUBLIC], ["127.0.0.1"]]
    internet.serve(PUBLIC, 80, response(b"public"))
    internet.serve("127.0.0.1", 80, response(b"inside"))
    assert fetch(URL).body == b"public"
    assert internet.connections == [(PUBLIC, 80)]
    # Whoever resolved it again to connect would be inside now.
    assert [place for *_, place in socket.getaddrinfo("news.example", 80)] == [("127.0.0.1", 80)]


def test_a_name_that_leads_inside_after_a_redirect_to_itself_is_refused(internet):
    internet.names["news.example"] = [[PUBLIC], ["127.0.0.1"]]
    internet.serve(PUBLIC, 80, redirect("/b"))
    internet.serve("127.0.0.1", 80, response(b"inside"))
    with pytest.raises(FetchRefused):
        fetch(URL)
    assert internet.connections == [(PUBLIC, 80)]


def test_a_redirect_from_https_to_http_is_refused(internet, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(TLS / "trusted.pem"))
    internet.serve(PUBLIC, 443, redirect("http://news.example/b"), tls=str(TLS / "trusted.pem"))
    with pytest.raises(FetchRefused, match="from https to http"):
        fetch("https://news.example/a")
    assert internet.connections == [(PUBLIC, 443)]


@pytest.mark.parametrize(("first", "is_fine"), [("8.8.8.8", True), ("192.0.0.9", False), ("224.0.1.1", False)])
def test_what_the_standard_library_calls_global_is_looked_at_twice(first, is_fine):
    assert is_public(ip_address(first)) is is_fine


# What comes back


def test_a_page_comes_with_what_its_server_said_of_it(internet):
    server = internet.serve(
        PUBLIC, 80, response(b"<p>a", "Content-Type: Text/HTML; Charset=Windows-1251", "X-A: 1", "x-a: 2")
    )
    page = fetch(" http://News.Example/a b?c=й#d ")
    assert (page.url_asked, page.url_final) == (
        " http://News.Example/a b?c=й#d ",
        "http://news.example/a%20b?c=%D0%B9",
    )
    assert (page.status, page.body, page.content_type, page.encoding) == (200, b"<p>a", "text/html", "windows-1251")
    assert (page.redirects, page.headers["x-a"]) == ((), "1, 2")
    assert page.fetched_at.utcoffset().total_seconds() == 0
    head, *fields = server.requests[0].decode().splitlines()
    assert head == "GET /a%20b?c=%D0%B9 HTTP/1.1"
    names = {field.partition(":")[0].lower() for field in fields if field}
    assert names == {"host", "user-agent", "accept", "accept-encoding", "connection"}
    assert "Host: news.example" in fields
    assert any(field.startswith("User-Agent: factcheck ") for field in fields)


def test_redirects_are_followed_and_remembered_without_cookies(internet):
    internet.names["other.example"] = [["93.184.215.15"]]
    internet.serve(PUBLIC, 80, response(b"", "Location: //other.example/б?c#d", "Set-Cookie: a=b", status="301 Moved"))
    server = internet.serve("93.184.215.15", 80, response(b"there"))
    page = fetch(URL)
    there = "http://other.example/%D0%B1?c"
    assert (page.url_asked, page.url_final, page.redirects, page.body) == (URL, there, (there,), b"there")
    assert internet.connections == [(PUBLIC, 80), ("93.184.215.15", 80)]
    assert b"cookie" not in server.requests[0].lower()


def test_at_most_five_redirects_are_followed(internet):
    server = internet.serve(PUBLIC, 80, redirect("/again"))
    with pytest.raises(FetchFailed, match="more than 5 times"):
        fetch(URL)
    assert len(server.requests) == 6


def test_the_next_address_is_tried_when_one_does_not_answer(internet):
    internet.names["news.example"] = [["2606:2800:21f::1", "93.184.215.99", PUBLIC]]
    internet.serve(PUBLIC, 80, response(b"here"))
    assert fetch(URL).body == b"here"
    assert internet.connections == [("2606:2800:21f::1", 80), ("93.184.215.99", 80), (PUBLIC, 80)]


def test_of_very_many_addresses_four_are_tried(internet):
    internet.names["news.example"] = [[f"93.184.215.{n}" for n in range(1, 200)]]
    with pytest.raises(FetchFailed, match="refused"):
        fetch(URL)
    assert len(internet.connections) == 4


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (response(b""), b""),
        (response(b"", "Content-Encoding: gzip"), b""),
        (b"HTTP/1.0 200 OK\r\n\r\nto the end", b"to the end"),
        (CHUNKED + b"\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: 1\r\n\r\n", b"abcde"),
        (response(gzip.compress(b"abc" * 1000, mtime=0), "Content-Encoding: GZip"), b"abc" * 1000),
        (response(gzip.compress(b"ab", mtime=0) + gzip.compress(b"cd", mtime=0), "Content-Encoding: x-gzip"), b"abcd"),
        (response(b"a", status="206 Partial Content"), b"a"),
    ],
)
def test_a_body_is_read_however_it_is_framed(internet, answer, body):
    internet.serve(PUBLIC, 80, answer)
    assert fetch(URL).body == body


@pytest.mark.parametrize("status", [204, 203, 299])
def test_every_status_of_success_is_one(internet, status):
    internet.serve(PUBLIC, 80, response(b"", status=f"{status} Fine"))
    assert fetch(URL).status == status


@pytest.mark.parametrize("status", [300, 302, 304, 400, 401, 404, 410, 500, 503])
def test_another_status_is_a_failure_that_names_it(internet, status):
    internet.serve(PUBLIC, 80, response(b"no", status=f"{status} No"))
    with pytest.raises(FetchFailed, match=f"{URL}: answered with status {status}$") as failed:
        fetch(URL)
    assert failed.value.extra == {"url": URL, "answered": status}


def test_what_is_no_page_is_not_read(internet):
    internet.serve(PUBLIC, 80, response(b"%PDF", "Content-Type: application/pdf"))
    with pytest.raises(WrongType, match="application/pdf") as refused:
        fetch(URL, accept=("text/html",))
    assert refused.value.extra["content_type"] == "application/pdf"
    assert fetch(URL).body == b"%PDF"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (response(b"half", length=8), "4 bytes early"),
        (CHUNKED + b"\r\n8\r\nhalf", "IncompleteRead"),
        (CHUNKED + b"\r\nzz\r\nhalf", "IncompleteRead"),
        (response(gzip.compress(b"a" * 1000, mtime=0)[:-9], "Content-Encoding: gzip"), "compressed answer ended early"),
        (response(b"not gzip", "Content-Encoding: gzip"), "incorrect header"),
        (response(zlib.compress(b"a"), "Content-Encoding: deflate"), "not asked for"),
        (response(b"a", "Content-Encoding: br, gzip"), "not asked for"),
        (b"", "closed connection"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "BadStatusLine"),
        (b"HTTP/1.1 999999 X\r\n\r\n", "BadStatusLine"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n", "100 headers"),
    ],
)
def test_an_answer_that_is_broken_is_a_failure(internet, answer, said):
    internet.serve(PUBLIC, 80, answer)
    with pytest.raises(FetchFailed, match=said):
        fetch(URL)


def test_a_name_that_nobody_knows_is_a_failure(internet):
    with pytest.raises(FetchFailed, match="not known") as failed:
        fetch("http://nobody.example/")
    assert failed.value.is_unknown_name
    assert internet.connections == []


def test_name_servers_that_cannot_be_asked_say_nothing_of_a_name(internet, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(FetchFailed, match="Temporary failure") as failed:
        fetch(URL)
    assert not failed.value.is_unknown_name


# Bytes and time


def test_as_many_bytes_as_are_allowed_are_read_and_not_one_more(internet):
    internet.serve(PUBLIC, 80, b"HTTP/1.1 200 OK\r\n\r\n" + b"a" * 1000)
    assert len(fetch(URL, max_bytes=1000).body) == 1000
    with pytest.raises(FetchTooLarge, match="larger than 999 bytes"):
        fetch(URL, max_bytes=999)


def endless(head: bytes, data: bytes):
    """Sends until the other side hangs up, which is what ends the test."""

    def script(connection):
        read_head(connection)
        connection.sendall(head)
        while True:
            connection.sendall(data)

    return script


OK = b"HTTP/1.1 200 OK\r\n"
BOMB = zlib.compressobj(9, zlib.DEFLATED, 31)
BOMB_HEAD, BOMB_BODY = BOMB.compress(b"\0" * 100_000), BOMB.compress(b"\0" * 50_000_000) + BOMB.flush()


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(response(b"", length=10**12), id="a long one announced"),
        pytest.param(endless(OK + b"\r\n", b"a" * 10_000), id="endless body"),
        pytest.param(endless(CHUNKED + b"\r\n", b"400\r\n" + b"a" * 1024 + b"\r\n"), id="endless chunks"),
        pytest.param(endless(CHUNKED + b"\r\n", b"1" + b";x" * 5000 + b"\r\na\r\n"), id="chunks of mostly framing"),
        pytest.param(endless(CHUNKED + b"\r\n0\r\n", b"X: y\r\n" * 1000), id="endless trailer"),
        pytest.param(endless(OK, b"X: " + b"y" * 60_000 + b"\r\n"), id="huge headers"),
        pytest.param(endless(OK + b"X: ", b"y" * 10_000), id="endless header"),
        pytest.param(
            endless(b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n" * 99), id="endless 100"
        ),
        pytest.param(response(BOMB_HEAD + BOMB_BODY, "Content-Encoding: gzip"), id="gzip bomb"),
        pytest.param(
            endless(OK + b"Content-Encoding: gzip\r\n\r\n", gzip.compress(b"")),
            id="endless members with nothing in them",
        ),
    ],
)
def test_an_answer_without_measure_is_cut_off(internet, script):
    internet.serve(PUBLIC, 80, script)
    with pytest.raises((FetchTooLarge, FetchFailed), match=r"larger than|got more than") as refused:
        fetch(URL, max_bytes=200_000)
    assert refused.value.extra["url"] == URL


def test_a_bomb_is_decompressed_no_further_than_is_allowed(internet, monkeypatch):
    internet.serve(PUBLIC, 80, response(BOMB_HEAD + BOMB_BODY, "Content-Encoding: gzip"))
    made = []
    original = zlib.decompressobj

    class Counting:
        def __init__(self, **options):
            self._inner = original(**options)

        def decompress(self, data, most):
            part = self._inner.decompress(data, most)
            made.append(len(part))
            return part

        def __getattr__(self, name):
            return getattr(self._inner, name)

    monkeypatch.setattr(zlib, "decompressobj", Counting)
    with pytest.raises(FetchTooLarge):
        fetch(URL, max_bytes=200_000)
    assert sum(made) == 200_001


def dripping(head: bytes, drip: bytes = b"a"):
    def script(connection):
        read_head(connection)
        connection.sendall(head)
        connection.settimeout(0.01)
        for _ in itertools.count():
            try:
                if not connection.recv(1):
                    return
            except TimeoutError:
                connection.sendall(drip)

    return script


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(dripping(b"", b""), id="says nothing"),
        pytest.param(dripping(b"HTTP/1.1 200 "), id="drips its status"),
        pytest.param(dripping(OK + b"X: "), id="drips a header"),
        pytest.param(dripping(OK + b"\r\n"), id="drips a body"),
        pytest.param(dripping(OK + b"Content-Length: 100000\r\n\r\n"), id="drips what it announced"),
        pytest.param(dripping(CHUNKED + b"\r\n", b"1\r\na\r\n"), id="drips chunks"),
        pytest.param(dripping(CHUNKED + b"\r\n1"), id="drips the size of a chunk"),
    ],
)
def test_a_server_that_takes_its_time_is_left_at_the_deadline(internet, script):
    internet.serve(PUBLIC, 80, script)
    with pytest.raises(FetchTimedOut):
        fetch(URL, timeout_seconds=0.15)


def test_redirects_do_not_begin_the_time_anew(internet):
    def script(connection):
        read_head(connection)
        internet.released.wait(0.1)
        connection.sendall(redirect("/again"))

    internet.serve(PUBLIC, 80, script)
    with pytest.raises(FetchTimedOut):
        fetch(URL, timeout_seconds=0.25)
    assert len(internet.connections) <= 3


def test_a_name_server_that_does_not_answer_is_left_at_the_deadline(internet):
    internet.hung.append("news.example")
    with pytest.raises(FetchTimedOut):
        fetch(URL, timeout_seconds=0.1)
    assert internet.connections == []


def test_a_handshake_that_does_not_end_is_left_at_the_deadline(internet):
    internet.serve(PUBLIC, 443, dripping(b"", b""))
    with pytest.raises(FetchTimedOut):
        fetch("https://news.example/", timeout_seconds=0.15)


# Certificates


def test_a_certificate_is_that_of_the_name(internet, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(TLS / "trusted.pem"))
    server = internet.serve(PUBLIC, 443, response(b"sealed"), tls=str(TLS / "trusted.pem"))
    page = fetch("https://news.example/a")
    assert (page.body, page.url_final, server.names) == (b"sealed", "https://news.example/a", ["news.example"])
    assert b"\r\nHost: news.example\r\n" in server.requests[0]


@pytest.mark.parametrize(
    ("name", "certificate", "trusted", "said"),
    [
        ("news.example", "trusted", "expired", "self.signed|unable to get local issuer"),
        ("other.example", "trusted", "trusted", "mismatch"),
        ("news.example", "expired", "expired", "expired"),
    ],
)
def test_a_bad_certificate_is_a_failure_and_nothing_is_asked(internet, monkeypatch, name, certificate, trusted, said):
    monkeypatch.setenv("SSL_CERT_FILE", str(TLS / f"{trusted}.pem"))
    internet.names["other.example"] = [[PUBLIC]]
    server = internet.serve(PUBLIC, 443, response(b"sealed"), tls=str(TLS / f"{certificate}.pem"))
    with pytest.raises(FetchFailed, match=f"certificate is not to be trusted.*({said})"):
        fetch(f"https://{name}/a")
    assert server.requests == []


def test_a_server_that_speaks_no_tls_is_a_failure(internet):
    def script(connection):
        connection.sendall(response(b"plain"))
        # Closed with something unread, the connection would be reset, and what was sent lost.
        while connection.recv(4096):
            pass

    internet.serve(PUBLIC, 443, script)
    with pytest.raises(FetchFailed, match="SSL"):
        fetch("https://news.example/a")


# The exception


def test_a_server_of_our_own_is_fetched_when_it_is_allowed_by_host_and_port(internet, settings):
    server, other = internet.serve_here(response(b"ours")), internet.serve_here(response(b"not ours"))
    settings.FETCH_ALLOW = env.hosts_and_ports(f"127.0.0.1:{server.port}")
    assert fetch(f"http://127.0.0.1:{server.port}/").body == b"ours"
    for forbidden in (f"http://127.0.0.1:{other.port}/", f"http://localhost:{server.port}/", "http://127.0.0.1/"):
        with pytest.raises(FetchRefused):
            fetch(forbidden)
    assert internet.connections == [("127.0.0.1", server.port)]


def test_an_allowed_name_may_lead_inside(internet, settings):
    server = internet.serve_here(response(b"ours"))
    settings.FETCH_ALLOW = env.hosts_and_ports(f"CMS.intranet:{server.port}")
    internet.names["cms.intranet"] = [["127.0.0.1"]]
    assert fetch(f"http://cms.intranet:{server.port}/").body == b"ours"


def test_an_allowed_server_sends_nobody_where_they_may_not_go(internet, settings):
    inside = internet.serve_here(response(b"inside"))
    server = internet.serve_here(redirect(f"http://127.0.0.1:{inside.port}/"))
    settings.FETCH_ALLOW = env.hosts_and_ports(f"127.0.0.1:{server.port}")
    with pytest.raises(FetchRefused):
        fetch(f"http://127.0.0.1:{server.port}/")
    assert internet.connections == [("127.0.0.1", server.port)]


@pytest.mark.parametrize(
    ("written", "pairs"),
    [
        ("", set()),
        ("Cms.example:8080, [::0001]:80", {("cms.example", 8080), ("::1", 80)}),
    ],
)
def test_the_exceptions_are_read_from_the_environment(written, pairs):
    assert env.hosts_and_ports(written) == pairs


@pytest.mark.parametrize(
    "written", ["cms", "cms:", ":80", "cms:0", "cms:x", "::1:80", "http://cms:80", "a@cms:80", "*:80/x"]
)
def test_an_exception_that_is_no_host_with_its_port_stops_the_start(written):
    with pytest.raises(ValueError):
        env.hosts_and_ports(written)


def test_there_is_no_exception_unless_somebody_makes_one(settings):
    assert not settings.FETCH_ALLOW
    assert check_fetching(None) == []


@override_settings(FETCH_ALLOW=env.hosts_and_ports("cms.intranet:8080"))
def test_the_check_before_deployment_reports_the_exceptions(capsys):
    (warning,) = check_fetching(None)
    assert (warning.id, warning.msg) == (
        "factcheck.W001",
        "FETCH_ALLOW lets articles be fetched from cms.intranet:8080.",
    )
    # Other checks of the same tag find other things wrong with the settings of tests.
    call_command("check", "--deploy", tags=["security"], fail_level="CRITICAL")
    assert "factcheck.W001" in capsys.readouterr().err
