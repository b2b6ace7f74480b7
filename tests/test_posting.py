"""What we send goes to public addresses over https alone, once, and nowhere that an answer says."""

from __future__ import annotations

import pytest

from factcheck.fetch import BadUrl, FetchFailed, FetchRefused, FetchTimedOut, FetchTooLarge
from factcheck.fetch.posting import MAX_ANSWER_BYTES, check_receiver, post
from tests.internet import PUBLIC, redirect, response
from tests.receiving import OK, TLS, URL
from tests.test_fetch import FORBIDDEN, INSIDE, MALFORMED, dripping, endless

HEAD = b"HTTP/1.1 200 OK\r\n"


def send(url: str = URL, timeout_seconds: float = 5.0):
    return post(url, b'{"a": 1}', {"Content-Type": "application/json"}, timeout_seconds=timeout_seconds)


def test_nothing_is_sent_where_nothing_is_fetched(internet):
    for url in MALFORMED + FORBIDDEN:
        for asked in (url, url.replace("http://", "https://")):
            for ask in (check_receiver, send):
                with pytest.raises((BadUrl, FetchRefused)):
                    ask(asked)
    assert (internet.asked, internet.connections) == ([], [])


def test_nothing_is_sent_in_the_clear(internet):
    for ask in (check_receiver, send):
        with pytest.raises(FetchRefused, match="only https"):
            ask("http://news.example/hook")
    assert (internet.asked, internet.connections) == ([], [])


def test_no_name_that_leads_inside_is_sent_to(internet):
    for addresses in INSIDE:
        internet.names["news.example"] = [addresses]
        with pytest.raises(FetchRefused) as refused:
            send()
        assert not any(address in refused.value.detail for address in addresses)
    assert internet.connections == []


def test_a_name_that_leads_inside_the_second_time_is_sent_to_once(receiver, internet):
    internet.names["news.example"] = [[PUBLIC], ["127.0.0.1"]]
    assert send().status == 200
    with pytest.raises(FetchRefused):
        send()
    assert (internet.connections, len(receiver.messages)) == ([(PUBLIC, 443)], 1)


def test_what_was_sent_arrives_whole(receiver):
    answered = send()
    [message] = receiver.messages
    assert (message.path, message.body, message.headers["host"]) == ("/hook", b'{"a": 1}', "news.example")
    assert (answered.status, answered.body, answered.retry_after_seconds) == (200, b"thanks", None)


def test_a_redirect_is_an_answer_and_is_not_followed(receiver, internet):
    for location in ("https://news.example/other", "http://169.254.169.254/", "//127.0.0.1/"):
        receiver.answers = [redirect(location, "308 Permanent Redirect")]
        assert send().status == 308
    assert {*internet.connections} == {(PUBLIC, 443)}
    assert [message.path for message in receiver.messages] == ["/hook"] * 3


def test_any_status_is_an_answer_with_the_beginning_of_its_body(receiver):
    receiver.answers = [response(b"x" * 100_000, "Retry-After: 7", status="503 Later")]
    answered = send()
    assert (answered.status, len(answered.body), answered.retry_after_seconds) == (503, MAX_ANSWER_BYTES, 7.0)


def test_a_server_of_our_own_is_sent_to_over_either_where_it_is_allowed(internet, settings):
    server = internet.serve_here(OK)
    url = f"http://127.0.0.1:{server.port}/hook"
    with pytest.raises(FetchRefused):
        send(url)
    settings.FETCH_ALLOW = frozenset({("127.0.0.1", server.port)})
    assert (check_receiver(url), send(url).status) == (url, 200)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        pytest.param(dripping(b"", b""), FetchTimedOut, id="says nothing"),
        pytest.param(dripping(HEAD + b"X: "), FetchTimedOut, id="drips a header"),
        pytest.param(endless(HEAD + b"X: ", b"y" * 10_000), FetchTooLarge, id="endless header"),
        pytest.param(b"HELLO\r\n\r\n", FetchFailed, id="no HTTP"),
        pytest.param(b"", FetchFailed, id="hangs up"),
    ],
)
def test_who_gives_no_answer_is_left_at_the_deadline(receiver, internet, answer, problem):
    server = internet.serve(PUBLIC, 443, answer, tls=str(TLS))
    with pytest.raises(problem):
        send(timeout_seconds=0.3)
    assert server.names == ["news.example"]


def test_an_answer_counts_though_its_body_never_ends(receiver, internet, monkeypatch):
    monkeypatch.setattr("factcheck.fetch.posting.BODY_SECONDS", 0.1)
    for answer in (dripping(HEAD + b"\r\n"), endless(HEAD + b"\r\n", b"a" * 10_000)):
        internet.serve(PUBLIC, 443, answer, tls=str(TLS))
        answered = send()
        assert (answered.status, answered.body[:3]) == (200, b"aaa")
        assert answered.seconds < 1


def test_a_server_with_anothers_certificate_is_sent_nothing(receiver, internet):
    internet.names["other.example"] = [[PUBLIC]]
    with pytest.raises(FetchFailed, match="certificate"):
        send("https://other.example/hook")
    assert receiver.messages == []
