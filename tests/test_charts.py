"""Bars as numbers for an SVG, and the page of statistics that draws them: it says what the API says."""

from __future__ import annotations

import pytest
import re2
from django.db import connection
from django.test.utils import CaptureQueriesContext
from lxml import html

from factcheck.charts.bars import LABEL_WIDTH, VALUE_WIDTH, WIDTH, bars
from reviews.facts import Stage
from tests import make
from tests.api import api
from tests.test_admin import words_of
from tests.test_admin_desks import at_desk

SPACE = WIDTH - LABEL_WIDTH - VALUE_WIDTH
PAGE = "/admin/reviews/desk/statistics/"


@pytest.mark.parametrize(
    ("values", "most", "expected"),
    [
        ([2.0, 4.0], None, [(LABEL_WIDTH, SPACE / 2), (LABEL_WIDTH, SPACE)]),
        ([0.5], 1.0, [(LABEL_WIDTH, SPACE / 2)]),
        ([-1.0, 1.0], 1.0, [(LABEL_WIDTH, SPACE / 2), (LABEL_WIDTH + SPACE / 2, SPACE / 2)]),
        ([None, 3.0], None, [(LABEL_WIDTH, 0), (LABEL_WIDTH, SPACE)]),
        ([0.0], None, [(LABEL_WIDTH, 0)]),
        ([], None, []),
    ],
)
def test_bars_reach_from_zero_to_the_greatest_or_what_is_said(values, most, expected):
    chart = bars(((str(value), {"": (value, "")}) for value in values), most=most)
    assert [(group.bars[0].x, group.bars[0].width) for group in chart.groups] == [
        (round(x, 1), round(width, 1)) for x, width in expected
    ]
    assert all(bar.words_x >= bar.x + bar.width for group in chart.groups for bar in group.bars)


def test_bars_of_a_group_stand_below_each_other_and_each_series_has_its_number():
    chart = bars([("One", {"found": (3, "3"), "chosen": (1, "1")}), ("Two", {"chosen": (2, "2")})])
    assert chart.series == ("found", "chosen")
    assert [[bar.series for bar in group.bars] for group in chart.groups] == [[1, 2], [2]]
    tops = [bar.y for group in chart.groups for bar in group.bars]
    assert tops == sorted(set(tops))
    assert tops[-1] < chart.height
    assert bars([("A label that is too long for its place", {})]).groups[0].label == "A label that is too long for …"


def tables(page: str) -> dict[str, list[list[str]]]:
    found = {}
    for section in html.fromstring(page).iterfind(".//section"):
        title = section.find("h2")
        rows = [[cell.text_content().strip() for cell in row] for row in section.iterfind(".//tbody/tr")]
        found[title.text_content()] = rows
    return found


@pytest.mark.django_db
def test_the_page_says_what_the_api_says_in_charts_and_tables_in_few_queries():
    room = make.newsroom()
    for number in range(2):
        make.review(
            room,
            Stage.PUBLISHED if number else Stage.DISCUSSION,
            text=f"Prices rose {number} times.",
            claimant="The bank",
        )
    client = at_desk(room.finn)
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(PAGE)
    assert (answer.status_code, len(captured) <= 20) == (200, True)
    page, reader = answer.content.decode(), api(room.finn)
    shown = tables(page)
    [scale] = reader.get("/statistics/agreement").json()["scales"]
    [raw, *_] = shown[f"Agreement on {scale['scale']}"]
    assert raw == ["Raw agreement", "none: too few", "2", "2"]
    assert scale["raw"]["value"] is None
    turnaround = {each["stage"]: each["hours"] for each in reader.get("/statistics/turnaround").json()["stages"]}
    assert [(row[0].replace(" ", "_"), int(row[3])) for row in shown["Hours in each stage"]] == [
        (stage, hours["n"]) for stage, hours in turnaround.items() if hours["n"]
    ]
    assert shown["Whose claims were chosen, by claimant"] == [["The bank", "2", "2", "none: too few"]]
    assert page.count('<figure class="bars"') == page.count("<table") == 4
    assert not re2.search(r"<[^>]+\s(style|on\w+)=", page)


@pytest.mark.django_db
def test_the_page_counts_nothing_of_other_desks_nor_of_an_open_round_and_what_is_asked_is_checked():
    room = make.newsroom()
    review = make.review(room, Stage.RATING)
    room.vote(review, room.holders(review)[0], "false")
    finn, zoe = at_desk(room.finn), at_desk(room.zoe)
    page = words_of(finn.get(PAGE))
    assert "No round of these reviews has closed: 0 rounds." in page
    assert "research" in page
    other = words_of(zoe.get(PAGE, {"desk": str(room.desk.pk)}))
    assert "Nothing to count yet." in other
    assert str(room.desk.pk) not in zoe.get(PAGE).content.decode()
    for asked, words in (
        ({"opened_after": "yesterday"}, "opened_after:"),
        ({"desk": "x"}, "desk:"),
        ({"by": "mood"}, "by:"),
    ):
        answer = finn.get(PAGE, asked)
        assert (answer.status_code, words in words_of(answer)) == (200, True)
    assert "Nothing to count yet." in words_of(finn.get(PAGE, {"opened_before": "2020-01-01"}))
    assert finn.post(PAGE).status_code == 403
