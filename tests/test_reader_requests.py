"""A reader asks for a correction on a plain page, and finds what became of it at an address that nobody else knows."""

from __future__ import annotations

import lxml.html
import pytest
from django.test import Client

from reviews import workflow
from reviews.facts import Stage
from reviews.models import CorrectionRequest
from tests import make
from tests.test_readers import HTML, opened, path_of, words

pytestmark = pytest.mark.django_db

WRONG = "The table of the ministry is of 2023: see its first page."


@pytest.fixture
def room():
    return make.newsroom()


@pytest.fixture
def reader() -> Client:
    return Client(raise_request_exception=False, headers=HTML, enforce_csrf_checks=True)


@pytest.fixture
def form(room) -> str:
    """The address of the one of a fact-check."""
    return f"{path_of(make.review(room, Stage.PUBLISHED).fact_check)}/correct"


def sent(reader: Client, form: str, **said: str):
    [token] = opened(reader, form).xpath("//input[@name='csrfmiddlewaretoken']/@value")
    return reader.post(form, {"csrfmiddlewaretoken": token, "text": WRONG} | said)


def test_a_reader_is_led_from_the_fact_check_to_the_form_and_from_there_to_what_became_of_it(room, reader, form):
    assert opened(reader, form.removesuffix("/correct")).xpath(f"//a[@href='{form}']")
    answer = sent(reader, form, contact="ann@reader.example")
    assert (answer.status_code, answer["Cache-Control"]) == (303, "no-store")
    place = answer["Location"]
    assert place.startswith("/correction-requests/fc_request_")
    request = CorrectionRequest.objects.get()
    assert (request.text, request.contact, request.state) == (WRONG, "ann@reader.example", "received")
    page = opened(reader, place)
    assert page.xpath("//p[@class='rating']/text()") == ["It has come, and nobody has looked into it yet"]
    assert page.xpath("//meta[@name='robots']/@content") == ["noindex"]
    workflow.acknowledge(request.pk, actor=room.hal)
    workflow.decline(request.pk, reason="unsupported", answer="It is of 2024: see its second page.", actor=room.hal)
    told = words(opened(reader, place))
    assert "Nothing is corrected" in told
    assert "It is of 2024: see its second page." in told
    assert WRONG not in told
    assert "ann@reader.example" not in told
    assert reader.get(place)["Cache-Control"] == "no-store"


def test_without_words_nothing_is_sent_and_what_was_written_stays(reader, form):
    for said, where in (
        ({"text": " "}, "wrong"),
        ({"text": "\u200b\u200b"}, "wrong"),
        ({"contact": "ann"}, "contact"),
        ({"text": "a" * 5001}, "wrong"),
    ):
        answer = sent(reader, form, **{"contact": "ann@reader.example"} | said)
        assert answer.status_code == 422, said
        page = page_of(answer)
        assert page.xpath("//*[@aria-invalid]/@id") == [where]
        assert f"{where}-error" in page.xpath(f"//*[@id='{where}']/@aria-describedby")[0].split()
        assert page.xpath("//input[@name='contact']/@value") == [said.get("contact", "ann@reader.example")]
    assert not CorrectionRequest.objects.exists()


def page_of(answer) -> lxml.html.HtmlElement:
    return lxml.html.fromstring(answer.content)


def test_a_form_of_another_site_asks_for_nothing(reader, form):
    answer = reader.post(form, {"text": WRONG})
    assert (answer.status_code, answer["Content-Type"]) == (403, "text/html; charset=utf-8")
    assert not CorrectionRequest.objects.exists()


def test_a_reader_may_ask_as_often_as_over_the_api(reader, form, counting, settings):
    settings.THROTTLE_CORRECTIONS = (2, 3600)
    for _ in range(2):
        assert sent(reader, form).status_code == 303
    answer = sent(reader, form)
    assert (answer.status_code, answer["Content-Type"]) == (429, "text/html; charset=utf-8")
    assert int(answer["Retry-After"]) > 0
    assert CorrectionRequest.objects.count() == 2


def test_an_address_that_nobody_was_given_says_nothing(room, reader, form):
    for path in ("/correction-requests/fc_request_x", "/correction-requests/%00", "/fact-checks/nothing/correct"):
        opened(reader, path, 404)
    for path, methods in ((form, "GET, HEAD, POST"), ("/correction-requests/fc_request_x", "GET, HEAD")):
        refused = Client(headers=HTML).put(path)
        assert (refused.status_code, refused["Allow"]) == (405, methods)


def test_how_long_it_takes_is_told_beforehand_and_afterwards(reader, form):
    assert "Nobody has asked yet." in words(opened(reader, "/corrections"))
    sent(reader, form)
    assert "Since we began, 1 request came." in words(opened(reader, "/corrections"))
    rule = "Somebody looks into a request for a correction within 3 days, and answers it within 14."
    assert rule in words(opened(reader, "/methodology"))
