from datetime import date

import pytest

from claims.extraction import dates
from claims.extraction.base import TimeReference
from claims.extraction.reading import read_sentence
from tests.tables import table

PUBLISHED = date(2025, 7, 3)  # a Thursday


def found(text, **known):
    return [
        (time.words, time.precision, time.start_on, time.end_on, time.is_resolved) for time in dates.find(text, **known)
    ]


# The text says it all: no publication date is needed, and none changes it.
COMPLETE = [
    ("It fell on July 2, 2024.", "July 2, 2024", "day", date(2024, 7, 2), date(2024, 7, 2)),
    ("It fell on 2 July 2024.", "2 July 2024", "day", date(2024, 7, 2), date(2024, 7, 2)),
    ("It fell on the 2nd of July 2024.", "2nd of July 2024", "day", date(2024, 7, 2), date(2024, 7, 2)),
    ("It fell on Friday, July 21, 2017.", "Friday, July 21, 2017", "day", date(2017, 7, 21), date(2017, 7, 21)),
    ("Dated 2024-07-02.", "2024-07-02", "day", date(2024, 7, 2), date(2024, 7, 2)),
    ("They came in Oct. 2024, he said.", "Oct. 2024", "month", date(2024, 10, 1), date(2024, 10, 31)),
    ("It rose in February 2024.", "February 2024", "month", date(2024, 2, 1), date(2024, 2, 29)),
    ("It rose in 2019.", "2019", "year", date(2019, 1, 1), date(2019, 12, 31)),
    ("In the season 2019-20 it rose.", "2019-20", "range", date(2019, 1, 1), date(2020, 12, 31)),
    ("It rose in the 1990s.", "1990s", "range", date(1990, 1, 1), date(1999, 12, 31)),
    ("In the first quarter of 2024 it rose.", "first quarter of 2024", "range", date(2024, 1, 1), date(2024, 3, 31)),
    ("From July 2-5, 2024 it rained.", "July 2-5, 2024", "range", date(2024, 7, 2), date(2024, 7, 5)),
]


@pytest.mark.parametrize(
    ("text", "words", "precision", "start_on", "end_on"), COMPLETE, ids=[row[0] for row in COMPLETE]
)
@pytest.mark.parametrize("published_on", [None, PUBLISHED])
def test_a_complete_date_needs_no_publication_date(text, words, precision, start_on, end_on, published_on):
    assert found(text, published_on=published_on) == [(words, precision, start_on, end_on, False)]


# The year is open: unknown without a publication date, resolved and marked with one.
OPEN = [
    ("He reported on July 2 that it rose.", "July 2", "day", date(2025, 7, 2), date(2025, 7, 2)),
    ("He reported on 30 December.", "30 December", "day", date(2024, 12, 30), date(2024, 12, 30)),
    ("It rose in November.", "November", "month", date(2024, 11, 1), date(2024, 11, 30)),
    ("It rose in May.", "May", "month", date(2025, 5, 1), date(2025, 5, 31)),
    (
        "It was in July or August of this year.",
        "July or August of this year",
        "range",
        date(2025, 7, 1),
        date(2025, 8, 31),
    ),
    ("It rose on Tuesday.", "Tuesday", "day", date(2025, 7, 1), date(2025, 7, 1)),
    ("It rose on Thursday.", "Thursday", "day", date(2025, 7, 3), date(2025, 7, 3)),
    ("It rose last Thursday.", "last Thursday", "day", date(2025, 6, 26), date(2025, 6, 26)),
    ("It rose yesterday.", "yesterday", "day", date(2025, 7, 2), date(2025, 7, 2)),
    ("It has risen since last month.", "last month", "month", date(2025, 6, 1), date(2025, 6, 30)),
    ("It rose last year.", "last year", "year", date(2024, 1, 1), date(2024, 12, 31)),
    ("It rose last quarter.", "last quarter", "range", date(2025, 4, 1), date(2025, 6, 30)),
    (
        "It rose in the second half of last year.",
        "second half of last year",
        "range",
        date(2024, 7, 1),
        date(2024, 12, 31),
    ),
]


@pytest.mark.parametrize(("text", "words", "precision", "start_on", "end_on"), OPEN, ids=[row[0] for row in OPEN])
def test_an_open_year_is_never_invented_and_resolved_only_against_the_publication(
    text, words, precision, start_on, end_on
):
    assert found(text) == [(words, precision, None, None, False)]
    assert found(text, published_on=PUBLISHED) == [(words, precision, start_on, end_on, True)]


def test_a_forecast_looks_ahead_and_its_report_looks_back():
    reading = read_sentence("Ada Holm said on July 1 that it will rise in May.", published_on=PUBLISHED)
    assert [(time.words, time.start_on) for time in reading.time_references] == [
        ("July 1", date(2025, 7, 1)),
        ("May", date(2026, 5, 1)),
    ]


def test_a_leap_day_without_a_year_is_the_last_one_there_was():
    assert found("He came on February 29.", published_on=PUBLISHED) == [
        ("February 29", "day", date(2024, 2, 29), date(2024, 2, 29), True)
    ]


NO_TIME = [
    "He may march home.",
    "More than 2000 people came.",
    "It cost $2019.",
    "They march on.",
    "It was 2-1.",
]


@pytest.mark.parametrize("text", NO_TIME)
def test_what_is_no_time_is_not_read_as_one(text):
    assert found(text, published_on=PUBLISHED) == []


def test_spans_are_exact_places_in_the_article():
    text = "Он сказал 😀: It rose on July 2, 2024 and in May."
    for time in dates.find(text[11:], offset=11):
        assert text[time.span.start : time.span.end] == time.span.quotation == time.words


def as_the_table_says(time: TimeReference) -> str:
    days = "open" if time.start_on is None else str(time.start_on)
    days += "" if time.start_on == time.end_on else f"..{time.end_on}"
    return f"{time.words} = {time.precision} {days}" + " resolved" * time.is_resolved


def test_the_table_of_times_holds_each_and_no_other():
    wrong = []
    for text, expected in table("times", separator=" | "):
        times = read_sentence(text, published_on=PUBLISHED).time_references
        said = " | ".join(map(as_the_table_says, times)) or "nothing"
        if said != expected:
            wrong.append((text, said, expected))
    assert wrong == []


@pytest.mark.parametrize("published_on", [date.min, date.max])
def test_a_publication_at_the_ends_of_the_calendar_resolves_nothing(published_on):
    text = "It rose last year, 99 years ago, on 29 February, in May, last week and yesterday."
    assert {(time.start_on, time.is_resolved) for time in dates.find(text, published_on=published_on)} == {
        (None, False)
    }
