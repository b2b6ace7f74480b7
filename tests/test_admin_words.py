"""Figures, times and ages in the words of the admin."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from claims.admin.figures import gap_in_words, how_known, in_short, understood, when
from factcheck.templatetags.desk import age, counted, thousands, told


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (11000, "11,000"),
        (11000.0, "11,000"),
        (1.09, "1.09"),
        (0.5, "0.5"),
        (3.0, "3"),
        (-1234.5678, "-1,234.568"),
        (0.0, "0"),
    ],
)
def test_numbers_have_commas_and_no_idle_decimals(number, words):
    assert thousands(number) == words


@pytest.mark.parametrize(("number", "words"), [(0, "0 articles"), (1, "1 article"), (60028, "60,028 articles")])
def test_counts_agree_with_their_noun(number, words):
    assert counted(number, "article") == words


@pytest.mark.parametrize(
    ("quantity", "words"),
    [
        (
            {"form": "range", "value": 11000, "maximum": 33000, "comparator": "between", "of": "people"},
            "11,000 to 33,000 people",
        ),
        ({"form": "change", "factor": 1.09, "value": 9.0, "unit": "%"}, "×1.09 (9 %)"),
        ({"form": "change", "factor": 3.0}, "×3"),
        ({"form": "change", "factor": 0.6667, "value": 0.3333, "of": "exports of grain"}, "exports of grain: ×0.667"),
        (
            {"form": "percentage", "value": 40.0, "unit": "%", "comparator": "more_than", "of": "voters"},
            "more than 40 % of voters",
        ),
        ({"form": "number", "value": 3200000.0, "unit": "tonnes", "of": "grain"}, "3,200,000 tonnes of grain"),
        ({"form": "number", "value": 5.0, "comparator": "about", "of": "people"}, "about 5 people"),
        ({"form": "vague"}, "not parsed"),
    ],
)
def test_a_quantity_is_said_as_people_say_it(quantity, words):
    assert understood(quantity) == words


def test_a_word_of_change_is_followed_by_its_factor():
    assert in_short({"span": {"quotation": "tripled"}, "factor": 3.0}) == "tripled (×3)"
    assert in_short({"span": {"quotation": "40 per cent"}, "factor": None}) == "40 per cent"


@pytest.mark.parametrize(
    ("time", "date", "how"),
    [
        ({"precision": "year", "start_on": "2021-01-01", "end_on": "2021-12-31"}, "2021", "the text says so"),
        ({"precision": "year", "start_on": "2019-01-01", "end_on": "2021-12-31"}, "2019 to 2021", "the text says so"),
        ({"precision": "month", "start_on": "2021-07-01", "end_on": "2021-07-31"}, "July 2021", "the text says so"),
        (
            {"precision": "day", "start_on": "2021-07-02", "end_on": "2021-07-02", "is_resolved": True},
            "2 July 2021", "the year follows from the publication date",
        ),
        ({"precision": "range", "start_on": "2021-07-01", "end_on": "2021-08-03"}, "1 July 2021 to 3 August 2021", "the text says so"),
        ({"precision": "day"}, "year open", "the words name no year, and when the article was published is not known"),
    ],
)  # fmt: skip
def test_a_time_is_no_more_exact_than_its_words(time, date, how):
    assert (when(time), how_known(time)) == (date, how)


def test_what_happened_just_now_is_not_zero_minutes_old():
    assert ">less than a minute</time>" in age(datetime.now(UTC))
    assert ">2 hours</time>" in age(datetime.now(UTC) - timedelta(hours=2, minutes=30))


def test_a_gap_is_explained():
    assert gap_in_words("year_open").startswith("the year: the words name none")
    assert gap_in_words("of_a_new_kind") == "of a new kind"


def test_what_an_event_changed_is_said_without_codes_or_instants_of_machines_and_names_stay_as_they_are():
    data = {
        "stage": ["copy_edit", "under_revision"],
        "lease_until": [None, "2026-11-28T01:02:03.123456+00:00"],
        "triage_reason": ["", "not_checkable"],
        "evidence": {"stance": "refutes", "basis": "as_stored"},
        "lead": ["kim_b", "kim_c"],
    }
    assert [(each.name, each.before, each.after) for each in told(data)] == [
        ("stage", "copy edit", "under revision"),
        ("lease until", "", "28 Nov 2026, 01:02 UTC"),
        ("triage reason", "", "not checkable"),
        ("evidence", None, "stance refutes; basis as stored"),
        ("lead", "kim_b", "kim_c"),
    ]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("headline", "2026-13-45T25:61:61Z"),
        ("text", "0001-01-01T00:00:00+01:00"),
        ("single_origin_reason", "Only https://ministry.example/tables_of_may has them."),
    ],
)
def test_what_people_wrote_is_said_as_they_wrote_it(name, words):
    [now, change] = told({name: words, f"other_{name}": ["", words]})
    assert (now.after, change.after) == (words, words)
