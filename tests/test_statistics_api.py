"""Statistics of one's own desks, and the export that gives the same numbers."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reviews import workflow
from reviews.agreement import MIN_UNITS, agreement_of_rows, quantiles
from reviews.facts import OVER, Stage
from reviews.models import Desk, RatingScale, RatingScaleVersion
from reviews.statistics import COLUMNS, STAGE_COLUMNS
from tests import make
from tests.api import Api, api, assert_problem, places

pytestmark = pytest.mark.django_db

PATHS = ("agreement", "turnaround", "selection", "selection.csv", "stages.csv", "verdicts.csv")


@pytest.fixture
def room() -> make.Newsroom:
    return make.newsroom()


def exported(client: Api, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"/statistics/verdicts.csv{query}")
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode(), newline="")))


def found(client: Api, query: str = "") -> dict[str, Any]:
    answer = client.get(f"/statistics/agreement{query}")
    assert answer.status_code == 200, answer.content
    told: dict[str, Any] = answer.json()
    return told


def test_agreement_computed_again_from_the_export_is_the_agreement_that_is_told(room):
    said = [("true", "false"), ("mixed", "true"), ("false", "false"), ("mixed", "mixed"), ("unverifiable", "false")]
    for number in range(MIN_UNITS + 2):
        first, second = said[number % len(said)]
        stage = Stage.DRAFTING if first == second else Stage.DISCUSSION
        make.review(room, stage, verdicts=(first, second), text=f"Claim {number}.")
    client = api(room.uma)
    rows = exported(client)
    assert len(rows) == 2 * (MIN_UNITS + 2)
    again = asdict(agreement_of_rows(rows))
    told = found(client)
    assert told == {"rounds": MIN_UNITS + 2, "scales": [{"scale": "Truth 1", **again}]}
    [scale] = told["scales"]
    assert (scale["raw"]["reason"], scale["raw"]["n_units"]) == (None, MIN_UNITS + 2)
    assert 0 < scale["raw"]["value"] < 1
    assert scale["off_scale"] == 4


def test_an_open_round_and_a_void_one_are_neither_told_nor_exported(room):
    review = make.review(room, Stage.RATING)
    first, second = room.holders(review)
    room.vote(review, first, "true")
    client = api(room.uma)
    nothing = {"rounds": 0, "scales": []}
    assert (found(client), exported(client)) == (nothing, [])
    workflow.request_evidence(review.pk, reason="insufficient", note="One table is missing.", actor=second)
    assert (found(client), exported(client)) == (nothing, [])


def test_the_export_is_a_file_that_says_nothing_of_who_voted(room):
    review = make.review(room, Stage.DISCUSSION)
    answer = api(room.finn).get("/statistics/verdicts.csv", headers={"Accept": "text/csv"})
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="verdicts.csv"'
    text = answer.getvalue().decode()
    assert [name for name in ("ben", "cleo", "ivy", make.WHY) if name in text] == []
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [tuple(row) for row in rows] == [COLUMNS] * 2
    assert [(row["review"], row["round"], row["seat"], row["rating"], row["rank"], row["scale"]) for row in rows] == [
        (str(review.pk), "1", "1", "true", "3", "Truth 1"), (str(review.pk), "1", "2", "false", "1", "Truth 1"),
    ]  # fmt: skip


def test_a_rating_or_scale_that_looks_like_a_formula_is_text_in_the_export_and_counts_the_same(room):
    points = [*make.POINTS[:-1], {"code": "=1+1", "label": "Unclear", "rank": None, "polarity": 0}]
    scale = RatingScale.objects.create(name="@Truth")
    odd = RatingScaleVersion.objects.create(scale=scale, number=1, points=points)
    Desk.objects.filter(pk=room.desk.pk).update(scale=odd)
    review = make.review(room, Stage.RATING)
    first, second = room.holders(review)
    room.vote(review, first, "true")
    unclear = workflow.Judgement("=1+1", make.WHY, [], "Archives of the ministry")
    workflow.submit_verdict(review.pk, unclear, actor=second)
    rows = exported(api(room.uma))
    assert [(row["rating"], row["rank"], row["scale"]) for row in rows] == [
        ("true", "3", "'@Truth 1"), ("'=1+1", "", "'@Truth 1"),
    ]  # fmt: skip
    [told] = found(api(room.uma))["scales"]
    assert told == {"scale": "@Truth 1", **asdict(agreement_of_rows(rows))}


def test_another_desk_is_in_no_number(room):
    make.review(room, Stage.DISCUSSION, claimant="The ministry")
    zoe = api(room.zoe)
    assert (found(zoe), exported(zoe)) == ({"rounds": 0, "scales": []}, [])
    assert exported(zoe, f"?desk={room.desk.pk}") == []
    assert {stage["hours"]["n"] for stage in zoe.get("/statistics/turnaround").json()["stages"]} == {0}
    assert zoe.get("/statistics/stages.csv").getvalue().decode().splitlines() == [",".join(STAGE_COLUMNS)]
    [group] = zoe.get("/statistics/selection").json()["groups"]
    assert (group["group"], group["found"], group["chosen"]["count"]) == ("The ministry", 1, 0)
    assert (found(api(room.finn))["rounds"], found(api(room.uma))["rounds"]) == (1, 1)


def test_every_number_is_of_the_desk_and_the_time_that_were_asked_for(room):
    make.review(room, Stage.DISCUSSION)
    now = datetime.now(UTC)
    before, after = ((now + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ") for hours in (-1, 1))
    other = Desk.objects.get(name="Other desk").pk
    client = api(room.uma)
    for query, is_counted in {
        f"?desk={room.desk.pk}": True, f"?desk={other}": False, f"?desk={other},{room.desk.pk}": True,
        f"?opened_after={before}": True, f"?opened_after={after}": False, f"?opened_before={after}": True,
        f"?opened_before={before}": False, f"?opened_after={before}&opened_before={after}": True,
    }.items():  # fmt: skip
        assert found(client, query)["rounds"] == int(is_counted), query
        assert len(exported(client, query)) == 2 * is_counted, query
        stages = client.get(f"/statistics/turnaround{query}").json()["stages"]
        assert {s["stage"]: s["hours"]["n"] for s in stages}["queued"] == int(is_counted), query
        chosen = client.get(f"/statistics/selection{query}").json()["groups"]
        # Claims are of no desk; those of another time are not beside them either.
        counts = [(group["found"], group["chosen"]["count"]) for group in chosen]
        assert counts == ([(1, 1)] if is_counted else [(1, 0)] if "opened" not in query else []), query


def test_turnaround_says_why_a_number_is_missing(room):
    make.review(room, Stage.RATING)
    stages = {s["stage"]: s["hours"] for s in api(room.finn).get("/statistics/turnaround").json()["stages"]}
    assert list(stages) == [stage for stage in Stage if stage not in OVER]
    assert (stages["queued"]["n"], stages["queued"]["p90"], stages["queued"]["reason"]) == (1, None, "too_few")
    assert stages["queued"]["median"] >= 0
    assert stages["rating"] == {"median": None, "p90": None, "n": 0, "reason": "too_few"}


def test_turnaround_computed_again_from_the_export_is_the_turnaround_that_is_told(room):
    review = make.review(room, Stage.COPY_EDIT)
    why = {"reason": "unclear", "note": "Which year is meant?"}
    workflow.send_back(review.pk, Stage.DRAFTING, actor=room.emil, **why)
    workflow.submit_draft(review.pk, actor=room.finn)
    make.review(room, Stage.RATING, text="Rents tripled.")
    client = api(room.uma)
    answer = client.get("/statistics/stages.csv")
    assert answer["Content-Disposition"] == 'attachment; filename="stages.csv"'
    text = answer.getvalue().decode()
    assert (text.count("Z,"), text.count("Z\r\n"), "+00:00" in text) == (8, 8, False)
    hours = defaultdict(list)
    for row in csv.DictReader(io.StringIO(text)):
        stood = datetime.fromisoformat(row["left_at"]) - datetime.fromisoformat(row["entered_at"])
        hours[row["stage"]].append(stood.total_seconds() / 3600)
    told = client.get("/statistics/turnaround").json()["stages"]
    assert {s["stage"]: s["hours"] for s in told} == {
        s["stage"]: asdict(quantiles(hours.get(s["stage"], ()))) for s in told
    }
    assert {stage: len(times) for stage, times in hours.items()} == {
        "queued": 2, "research": 2, "rating": 1, "drafting": 2, "copy_edit": 1,
    }  # fmt: skip


def test_selection_is_told_by_claimant_or_by_outlet(room):
    make.review(room, text="Wages rose.", claimant="The ministry")
    make.claim("Rents rose.", actor=room.ada, claimant="The landlords")
    client = api(room.finn)
    told = client.get("/statistics/selection").json()
    assert told == client.get("/statistics/selection?by=claimant").json()
    assert (told["by"], [(g["group"], g["found"], g["chosen"]["count"]) for g in told["groups"]]) == (
        "claimant", [("The ministry", 1, 1), ("The landlords", 1, 0)],
    )  # fmt: skip
    answer = client.get("/statistics/selection.csv?by=claimant")
    assert answer["Content-Disposition"] == 'attachment; filename="selection.csv"'
    assert answer.getvalue().decode().splitlines() == ["group,found,chosen", "The ministry,1,1", "The landlords,1,0"]
    by_outlet = client.get("/statistics/selection?by=outlet").json()
    assert (by_outlet["by"], [g["group"] for g in by_outlet["groups"]]) == ("outlet", [None])


@pytest.mark.parametrize("path", PATHS)
def test_a_wrong_parameter_is_refused_before_anything_is_counted_or_sent(room, path):
    client = api(room.finn)
    for query, code, name in (
        ("desk=7", "invalid", "desk"), ("opened_after=yesterday", "invalid", "opened_after"),
        ("opened_befor=2025-01-01", "unknown_parameter", "opened_befor"), ("cursor=x", "unknown_parameter", "cursor"),
    ):  # fmt: skip
        problem = client.get(f"/statistics/{path}?{query}")
        assert problem.status_code == 400
        assert [at for _, at in places(problem.json())] == [name]
        assert (code == "unknown_parameter") is (problem.json()["code"] == code)
    if path.startswith("selection"):
        assert_problem(client.get(f"/statistics/{path}?by=topic"), 400, "invalid_parameter")
    else:
        assert_problem(client.get(f"/statistics/{path}?by=claimant"), 400, "unknown_parameter")
