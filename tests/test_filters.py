"""A list filters by what it knows and refuses everything else."""

from __future__ import annotations

import pytest
from django.utils import timezone

from factcheck.models import Job, JobState
from tests.api import api, assert_problem
from tests.make import user

pytestmark = pytest.mark.django_db

JOBS = "/api/v1/jobs"


@pytest.fixture
def ada():
    return api(user("ada", "importer", "triager"))


@pytest.fixture
def jobs():
    """One queued, one done, one cancelled."""
    from factcheck import ids, jobs

    made = [jobs.enqueue("extract", ids.uuid7()) for _ in range(3)]
    jobs.cancel(made[2].pk, actor=user("ada"))
    Job.objects.filter(pk=made[1].pk).update(state=JobState.DONE, finished_at=timezone.now())
    return made


def found(client, query):
    return [row["state"] for row in client.get(f"{JOBS}?{query}").json()["results"]]


@pytest.mark.parametrize(
    ("query", "states"),
    [
        ("", ["cancelled", "done", "queued"]),
        ("state=done", ["done"]),
        ("state=done,queued", ["done", "queued"]),
        ("state=", ["cancelled", "done", "queued"]),
        ("state=failed", []),
        ("kind=extract&state=cancelled", ["cancelled"]),
        ("page_size=1&ordering=created_at&count=exact", ["queued"]),
    ],
)
def test_a_comma_means_any_of_and_nothing_means_no_filter(ada, jobs, query, states):
    assert found(ada, query) == states


@pytest.mark.parametrize(
    ("query", "code", "parameter", "says"),
    [
        ("stat=done", "unknown_parameter", "stat", "Did you mean 'state'?"),
        ("pagesize=1", "unknown_parameter", "pagesize", "Did you mean 'page_size'?"),
        ("zzz=1", "unknown_parameter", "zzz", "There is no parameter 'zzz'."),
        ("state=dne", "invalid_choice", "state", "'dne' is none of queued,"),
        ("state=done,dne", "invalid_choice", "state", "dne"),
        ("subject_id=x", "invalid", "subject_id", "UUID"),
        ("kind=a%00b", "null_characters_not_allowed", "kind", "Null characters"),
        ("state=done&state=queued", "repeated_parameter", "state", "given 2 times"),
    ],
)
def test_a_parameter_that_means_nothing_is_400_and_named(ada, jobs, query, code, parameter, says):
    outer = "unknown_parameter" if code == "unknown_parameter" else "invalid_parameter"
    problem = assert_problem(ada.get(f"{JOBS}?{query}"), 400, outer)
    (error,) = problem["errors"]
    assert (error["code"], error["parameter"]) == (code, parameter)
    assert says in error["detail"]


def test_every_wrong_parameter_is_named(ada):
    problem = assert_problem(ada.get(f"{JOBS}?stat=1&sort=2&state=done"), 400, "unknown_parameter")
    assert [error["parameter"] for error in problem["errors"]] == ["stat", "sort"]


def test_one_object_takes_no_filter(ada, jobs):
    assert ada.get(f"{JOBS}/{jobs[0].pk}").json()["state"] == "queued"
    assert_problem(ada.get(f"{JOBS}/{jobs[0].pk}?state=done"), 400, "unknown_parameter")


def test_the_next_page_keeps_the_filter(ada, jobs):
    page = ada.get(f"{JOBS}?state=done,queued&page_size=1").json()
    assert [row["state"] for row in page["results"]] == ["done"]
    rest = ada.get(page["next"]).json()
    assert ([row["state"] for row in rest["results"]], rest["next"]) == (["queued"], None)
