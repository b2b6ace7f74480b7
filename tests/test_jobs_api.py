"""The queue as clients see it: what waits, what failed and why, retry and cancel."""

from __future__ import annotations

import pytest

from claims import extraction, pipeline
from claims.models import Claim, ExtractionRun
from factcheck import jobs
from factcheck.models import Job, JobState
from tests import make
from tests.api import api, assert_problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    return make.user("ada", "importer", "triager")


@pytest.fixture
def job():
    make.article()
    return Job.objects.get(kind="extract")


def failed(job: Job, monkeypatch) -> Job:
    """The job after as many failures as it may have."""

    def poison(self, document):
        raise ArithmeticError("this text is poison")

    with monkeypatch.context() as patch:
        patch.setattr(type(extraction.get(extraction.DEFAULT)), "extract", poison)
        for _ in range(jobs.MAX_ATTEMPTS):
            Job.objects.update(due_at=job.created_at)
            assert jobs.work("tests")
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    return job


def test_a_job_tells_its_state_and_its_subject(ada, job):
    body = api(ada).get(f"/jobs/{job.pk}").json()
    run = ExtractionRun.objects.get()
    assert (body["kind"], body["subject_id"], body["state"], body["attempts"]) == ("extract", str(run.pk), "queued", 0)
    assert body["progress"] == {"done": 0, "total": 1, "unit": "article"}
    assert (body["result"], body["error"], body["started_at"], body["finished_at"]) == (None, None, None, None)


def test_a_job_that_is_done_tells_its_result(ada, job):
    assert jobs.work("tests")
    body = api(ada).get(f"/jobs/{job.pk}").json()
    assert (body["state"], body["attempts"], body["error"]) == ("done", 1, None)
    assert body["result"]["created_claims"] == Claim.objects.count()
    assert body["finished_at"] >= body["started_at"]


def test_a_job_that_failed_tells_why_and_can_be_retried(ada, job, monkeypatch):
    failed(job, monkeypatch)
    client = api(ada)
    body = client.get(f"/jobs/{job.pk}").json()
    assert (body["state"], body["attempts"]) == ("failed", jobs.MAX_ATTEMPTS)
    assert (body["error"]["code"], body["error"]["detail"]) == ("job_failed", "ArithmeticError: this text is poison")
    assert client.get("/extraction-runs?status=failed").json()["results"][0]["error"] == body["error"]

    answer = client.post(f"/jobs/{job.pk}/retry")
    assert (answer.status_code, answer.json()["state"], answer.json()["attempts"]) == (200, "queued", 0)
    assert jobs.work("tests")
    assert client.get(f"/jobs/{job.pk}").json()["state"] == "done"
    assert client.get("/extraction-runs?status=done").json()["results"][0]["error"] is None


def test_an_article_whose_reading_failed_is_read_again_in_the_same_run(ada, job, monkeypatch):
    failed(job, monkeypatch)
    run = ExtractionRun.objects.get()
    response = api(ada).post(f"/articles/{run.version.article_id}/extract")
    assert (response.status_code, response.json()["id"], response.json()["status"]) == (202, str(run.pk), "queued")
    assert jobs.work("tests")
    run.refresh_from_db()
    assert (run.status, run.error) == ("done", None)


def test_a_job_is_cancelled_once_and_no_worker_takes_it(ada, job):
    client = api(ada)
    body = client.post(f"/jobs/{job.pk}/cancel").json()
    assert body["state"] == "cancelled"
    assert body["finished_at"] is not None
    assert jobs.work("tests") is False
    assert_problem(client.post(f"/jobs/{job.pk}/cancel"), 409, "action_not_allowed")
    assert client.post(f"/jobs/{job.pk}/retry").json()["state"] == "queued"
    assert jobs.work("tests") is True


def test_a_worker_whose_job_was_cancelled_writes_nothing(ada, job):
    held = jobs.lease("tests")
    assert held is not None
    assert api(ada).post(f"/jobs/{job.pk}/cancel").json()["state"] == "cancelled"
    with pytest.raises(jobs.LeaseLost):
        pipeline.extract_claims(held)
    assert Claim.objects.count() == 0
    assert ExtractionRun.objects.get().error["code"] == "job_cancelled"


@pytest.mark.parametrize("state", ["queued", "running", "done"])
def test_a_job_that_did_not_end_badly_is_not_retried(ada, job, state):
    if state == "running":
        jobs.lease("tests")
    if state == "done":
        jobs.work("tests")
    before = Job.objects.filter(kind="extract").values().get()
    assert before["state"] == state
    problem = assert_problem(api(ada).post(f"/jobs/{job.pk}/retry"), 409, "action_not_allowed")
    assert state in problem["detail"]
    assert Job.objects.filter(kind="extract").values().get() == before


def test_a_job_that_is_done_is_not_cancelled(ada, job):
    jobs.work("tests")
    before = Job.objects.filter(kind="extract").values().get()
    assert_problem(api(ada).post(f"/jobs/{job.pk}/cancel"), 409, "action_not_allowed")
    assert Job.objects.filter(kind="extract").values().get() == before


def test_work_that_was_asked_for_anew_is_not_queued_twice_by_a_retry(ada, job, monkeypatch):
    failed(job, monkeypatch)
    run = ExtractionRun.objects.get()
    assert api(ada).post(f"/articles/{run.version.article_id}/extract").status_code == 202
    assert_problem(api(ada).post(f"/jobs/{job.pk}/retry"), 409, "action_not_allowed")
    assert Job.objects.filter(state__in=jobs.ACTIVE).count() == 1


@pytest.mark.parametrize("action", ["retry", "cancel"])
def test_who_may_not_triage_neither_retries_nor_cancels(job, action):
    before = Job.objects.filter(kind="extract").values().get()
    client = api(make.user("gus", "auditor"))
    assert_problem(client.post(f"/jobs/{job.pk}/{action}"), 403, "insufficient_scope")
    assert_problem(api(None).post(f"/jobs/{job.pk}/{action}"), 401, "not_authenticated")
    assert Job.objects.filter(kind="extract").values().get() == before
    assert client.get(f"/jobs/{job.pk}").json()["id"] == str(job.pk)


def test_jobs_are_found_by_state_kind_and_subject(ada, job):
    make.article("Another article.")
    other = Job.objects.exclude(pk=job.pk).get()
    jobs.cancel(other.pk, actor=make.user("ada"))
    client = api(ada)

    def found(query: str) -> list[str]:
        return [row["id"] for row in client.get(f"/jobs?{query}").json()["results"]]

    assert found("") == [str(other.pk), str(job.pk)]
    assert found("state=cancelled") == [str(other.pk)]
    assert found("state=queued,cancelled&ordering=created_at") == [str(job.pk), str(other.pk)]
    assert found(f"subject_id={job.subject_id}") == [str(job.pk)]
    assert found("kind=extract") == [str(other.pk), str(job.pk)]
    assert found("kind=fetch") == []
    assert_problem(client.get("/jobs?state=quueued"), 400, "invalid_parameter")
