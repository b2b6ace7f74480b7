"""The desk's home: its counters lead to what they count, and two weeks of coming and going are drawn as they were."""

from __future__ import annotations

from datetime import timedelta

import pytest
import re2
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from claims import pipeline
from claims.triage import TriageAction
from factcheck.charts.columns import FOOT, HEIGHT, LEAST, WIDTH, chart
from reviews import workflow
from reviews.admin.parts import PARTS
from reviews.facts import Stage
from reviews.flow import DAYS, Day, flow
from reviews.models import Review
from reviews.stages import Action
from tests import make, reviewing
from tests.test_admin import body, text_of, words_of
from tests.test_desk import QUERIES, at_desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def room() -> make.Newsroom:
    return make.newsroom()


# A picture of numbers (plain values)


def test_bars_are_as_high_as_their_values_and_what_is_more_than_nothing_is_seen():
    drawn = chart("Claims", ["in", "out"], [("1 May", [1000, 0]), ("2 May", [500, 1])])
    assert [bar.height for bar in drawn.bars] == [HEIGHT - 2 * FOOT, 0, (HEIGHT - 2 * FOOT) / 2, LEAST]
    assert {bar.y + bar.height for bar in drawn.bars} == {HEIGHT - FOOT}
    assert [bar.x for bar in drawn.bars] == sorted(bar.x for bar in drawn.bars)
    assert max(bar.x + bar.width for bar in drawn.bars) <= WIDTH
    assert [bar.words for bar in drawn.bars] == ["1 May: 1,000 in", "1 May: 0 out", "2 May: 500 in", "2 May: 1 out"]
    assert drawn.rows == (("1 May", ("1,000", "0")), ("2 May", ("500", "1")))


def test_a_value_that_was_counted_to_a_bound_says_that_it_may_be_more():
    drawn = chart("Claims", ["in"], [("1 May", [1000]), ("2 May", [999])], most=1000)
    assert (drawn.top, drawn.rows) == ("1,000+", (("1 May", ("1,000+",)), ("2 May", ("999",))))


def test_the_last_group_is_named_and_every_third_before_it():
    drawn = chart("Claims", ["in"], [(f"{n} May", [0]) for n in range(1, 15)], named=3)
    assert [name for _, name in drawn.ticks] == ["2 May", "5 May", "8 May", "11 May", "14 May"]
    assert {bar.height for bar in drawn.bars} == {0}


# Two weeks


def test_two_weeks_are_counted_by_day_in_one_query_and_of_ones_own_desks_alone(room, monkeypatch):
    make.review(room, Stage.PUBLISHED)
    make.review(room, Stage.RESEARCH, text="Rents fell in a year.")
    make.claim("Wages fell.", actor=room.ada)
    restored = make.claim("Exports fell.", actor=room.ada)
    for action in (TriageAction.ACCEPT, TriageAction.RESTORE):
        pipeline.triage(restored.pk, action, actor=room.ada)
    today = timezone.now().date()
    with CaptureQueriesContext(connection) as asked:
        days = flow([room.desk.pk])
    assert len(asked) == 1
    assert [day.on for day in days] == [today - timedelta(days=ago) for ago in reversed(range(DAYS))]
    assert days[-1] == Day(today, claims=4, decided=2, opened=2, published=1)
    assert {(day.claims, day.decided, day.opened, day.published) for day in days[:-1]} == {(0, 0, 0, 0)}
    assert flow(workflow.desks_of(room.zoe).values_list("pk", flat=True))[-1] == Day(today, 4, 2, 0, 0)
    assert flow([])[-1] == Day(today, 4, 2, 0, 0)
    now = timezone.now()
    monkeypatch.setattr("reviews.flow.timezone.now", lambda: now + timedelta(days=3))
    assert [day.claims for day in flow([])[-4:]] == [4, 0, 0, 0]
    monkeypatch.setattr("reviews.flow.MOST", 2)
    assert [day.claims for day in flow([])[-4:]] == [2, 0, 0, 0]


def test_the_home_draws_two_weeks_and_has_the_same_numbers_as_a_table(room):
    make.review(room, Stage.PUBLISHED)
    page = body(at_desk(room.finn).get("/admin/"))
    day = f"{timezone.now():%-d %b}"
    for said in (f"{day}: 1 came in", f"{day}: 1 decided", f"{day}: 1 opened", f"{day}: 1 published"):
        assert f"<title>{said}</title>" in page
    tables = re2.findall(r"(?s)<tbody>(.*?)</tbody>", page[page.index("As a table") :])
    assert [" ".join(text_of(row).split()) for row in tables[0].split("</tr>")][DAYS - 1] == f"{day}11"
    assert "style=" not in page


def test_whoever_has_no_role_is_told_nothing_of_what_came_in(room):
    make.review(room, Stage.PUBLISHED)
    pipeline.finish_run(pipeline.start_run("feeds/secret.jsonl", {}))
    told = ("feeds/secret.jsonl", "<svg viewBox", "To triage")
    assert all(words in body(at_desk(room.finn).get("/admin/")) for words in told)
    assert not any(words in body(at_desk(make.user("nobody")).get("/admin/")) for words in told)


# Counters


@pytest.fixture
def everything(room) -> make.Newsroom:
    """A review at each stage, some of them late, on hold, or both."""
    reviews = [make.review(room, stage, text=f"Prices rose {n} times.") for n, stage in enumerate(Stage)]
    for late in reviews[::2]:
        Review.objects.filter(pk=late.pk).update(due_at=timezone.now() - timedelta(days=1))
    for stage in (Stage.RESEARCH, Stage.DRAFTING):
        review = make.review(room, stage, text=f"Wages fell, and {stage} waits.")
        workflow.hold(review.pk, actor=room.emil, **reviewing.why(Action.HOLD))
    return room


def test_each_counter_leads_to_exactly_the_reviews_that_it_counts(everything):
    counted: dict[str, set[int]] = {part.name: set() for part in PARTS}
    for who in everything.people().values():
        client = at_desk(who)
        for part, number in re2.findall(
            r'reviews/review/\?part=(\w+)"><strong>(\d+)</strong>', body(client.get("/admin/"))
        ):
            listed = body(client.get("/admin/reviews/review/", {"part": part})).count('class="field-assertion"')
            assert int(number) == listed, (who.username, part)
            counted[part].add(listed)
    assert {part for part, found in counted.items() if found <= {0}} == set()


def test_the_home_counts_readers_requests_that_are_open_and_leads_to_them(room):
    client = at_desk(room.hal)
    public = make.review(room, Stage.PUBLISHED).fact_check
    assert "0 Readers' requests" in words_of(client.get("/admin/"))
    for text in ("The table says otherwise.", "The year is wrong."):
        request, _ = workflow.request_correction(public.pk, text=text)
    answer = client.get("/admin/")
    assert "2 Readers' requests" in words_of(answer)
    assert "0 Readers' requests" in words_of(at_desk(room.zoe).get("/admin/"))
    workflow.acknowledge(request.pk, actor=room.hal)
    assert "2 Readers' requests" in words_of(client.get("/admin/"))
    workflow.decline(request.pk, reason="unsupported", answer="It is right.", actor=room.hal)
    assert "1 Readers' requests" in words_of(client.get("/admin/"))
    address = re2.search(r'href="([^"]+)"><strong>2</strong> Readers', body(answer)).group(1)
    assert client.get(address).status_code == 200


def test_claims_without_a_review_are_counted_to_a_bound_that_says_that_it_may_be_more(room, monkeypatch):
    monkeypatch.setattr("reviews.templatetags.reviewing.MOST", 1)
    client = at_desk(room.ada)
    for text, words in (("Wages fell.", "1 Accepted, without"), ("Rents rose.", "1+ Accepted, without")):
        pipeline.triage(make.claim(text, actor=room.ada).pk, TriageAction.ACCEPT, actor=room.ada)
        assert words in words_of(client.get("/admin/"))


def test_the_home_costs_few_queries_however_much_there_is(everything):
    for who in everything.people().values():
        client = at_desk(who)
        client.get("/admin/")
        with CaptureQueriesContext(connection) as asked:
            assert client.get("/admin/").status_code == 200
        assert len(asked) <= QUERIES, who.username
