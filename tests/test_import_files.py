"""Files that somebody imports from the admin, and rows that are tried again there: the run is one like every other."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import MULTIPART_CONTENT

from claims import pipeline
from claims.models import ArticleVersion, FailedRow, ImportFile, ImportRun
from claims.pipeline import uploads
from claims.sources.base import BadRow, Place
from factcheck import jobs
from factcheck.audit import events
from factcheck.errors import ActionNotAllowed, InvalidInput
from factcheck.models import Job
from tests import make
from tests.api import Api, api, assert_problem
from tests.importing import import_articles, rows, write_rows
from tests.test_admin import body, page_of, person, words_of

pytestmark = pytest.mark.django_db

RUNS = "/admin/claims/importrun/"
ADD = f"{RUNS}add/"


@pytest.fixture
def ada() -> Client:
    return person("ada", "importer")


def jsonl(*found: object, tmp_path: Path) -> bytes:
    return write_rows(tmp_path / "rows.jsonl", *found).read_bytes()


def sent(client: Client, name: str, payload: bytes, **fields: str):
    told = {"format": "auto", "on_duplicate": "version", "extract": "on"} | fields
    return client.post(ADD, told | {"file": SimpleUploadedFile(name, payload)})


def nothing_moved() -> bool:
    return not any(model.objects.exists() for model in (ImportRun, ImportFile, Job, ArticleVersion))


def work() -> None:
    while job := Job.objects.filter(kind=uploads.IMPORT, state="queued").first():
        assert jobs.work("test") is True
        job.refresh_from_db()
        assert job.state in ("done", "queued"), job.error


def test_a_file_that_is_sent_becomes_a_run_like_every_other(ada, tmp_path):
    bad = {"url": "https://a.example/bad", "text": ""}
    answer = sent(ada, "../../etc/wire.jsonl", jsonl(*rows(3), bad, tmp_path=tmp_path), outlet=" Wire ", extract="")
    run = ImportRun.objects.get()
    assert answer["Location"] == page_of(run)
    assert (run.source, run.state, run.started_by.username) == ("wire.jsonl", "running", "ada")
    assert "0 % of the file" in words_of(ada.get(page_of(run)))
    assert 'data-refresh-seconds="2"' in body(ada.get(page_of(run)))
    work()
    run.refresh_from_db()
    assert (run.state, run.rows, run.created, run.failed) == ("done", 4, 3, 1)
    assert [(row.source, row.line, row.field, row.code) for row in run.failed_rows.all()] == [
        ("wire.jsonl", 4, "text", "empty_text")
    ]
    assert ArticleVersion.objects.filter(article__outlet__name="Wire", import_run=run).count() == 3
    assert not Job.objects.exclude(kind=uploads.IMPORT).exists()
    assert [event.action for event in events.events(run)] == ["request", "import_batch", "end"]
    page = words_of(ada.get(page_of(run)))
    for words in (
        "wire.jsonl",
        "done, 1 row failed",
        "wire.jsonl:4",
        "Outlet where a row states noneWire",
        "Retry failed rows",
    ):
        assert words in page
    assert "data-refresh-seconds" not in body(ada.get(page_of(run)))
    assert not ImportFile.objects.exists()


@pytest.mark.parametrize(
    ("name", "payload", "title"),
    [
        ("a.txt", b"A title\n\nRents tripled in a year, the ministry said on Monday.", "A title"),
        ("a.md", b"# A title\n\nRents tripled in a year, the ministry said.", "A title"),
        ("a.html", b"<html><title>A title</title><article><p>Rents tripled in a year, the ministry said.</p></article>", "A title"),
        ("a.json", b'[{"text": "Rents tripled in a year.", "title": "A title"}]', "A title"),
        ("a.csv", b"headline;text\nA title;Rents tripled in a year.\n", "A title"),
        ("nameless", b'{"text": "Rents tripled in a year.", "title": "A title"}\n', "A title"),
    ],
)  # fmt: skip
def test_each_format_is_told_by_its_name_or_its_content(ada, name, payload, title):
    assert sent(ada, name, payload, extract="", map="headline = title").status_code == 302
    work()
    assert [version.article.title for version in ArticleVersion.objects.all()] == [title]


@pytest.mark.parametrize(
    ("name", "payload", "fields", "words"),
    [
        ("", b"", {}, "Choose a file."),
        ("a.txt", b"", {}, "a.txt is empty."),
        ("a.jsonl.gz", b"\x1f\x8b\x08\x00", {}, "a.jsonl.gz is compressed: send it unpacked"),
        ("a.txt", b"x", {"language": "nonsense tag"}, "nonsense tag"),
        ("a.txt", b"x", {"default_timezone": "Mars/Olympus"}, "'Mars/Olympus' is no time zone like Europe/Kyiv."),
        ("a.txt", b"x", {"map": "headline"}, "is not THEIRS=OURS."),
        ("a.txt", b"x", {"map": "headline=caption"}, "there is no field 'caption'"),
        ("a.txt", b"x", {"format": "urls"}, "urls is not one of the available choices."),
        ("a.txt", b"x", {"on_duplicate": "erase"}, "erase is not one of the available choices."),
    ],
)
def test_a_form_that_is_wrong_names_the_place_and_imports_nothing(ada, name, payload, fields, words):
    usual = {"format": "auto", "on_duplicate": "version"}
    answer = sent(ada, name, payload, **fields) if name else ada.post(ADD, usual)
    assert answer.status_code in (400, 422)
    assert words in words_of(answer)
    assert nothing_moved()


def test_a_file_that_is_too_large_is_refused_with_its_size_before_it_is_read(ada, monkeypatch):
    monkeypatch.setattr(uploads, "MAX_FILE_BYTES", 10)
    answer = sent(ada, "a.txt", b"eleven byte")
    assert (answer.status_code, "a.txt has 11 bytes; a file may have 10." in words_of(answer)) == (422, True)
    answer = ada.generic("POST", ADD, b"x" * (18 * 1024 * 1024), "multipart/form-data; boundary=b")
    assert answer.status_code == 413
    assert "That was 18,874,368 bytes. A file may have 16,777,216 here. Nothing was imported." in words_of(answer)
    assert nothing_moved()


def test_a_forged_form_imports_nothing_and_retries_nothing():
    user = make.user("ada", "importer", is_staff=True)
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    run = refused_run()
    assert sent(client, "a.txt", b"Rents tripled.").status_code == 403
    assert client.post(f"{RUNS}{run.pk}/retry-failed/").status_code == 403
    assert (ImportRun.objects.count(), Job.objects.count(), ImportFile.objects.count()) == (1, 0, 0)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', body(client.get(ADD)))
    assert token
    assert sent(client, "a.txt", b"Rents tripled.", csrfmiddlewaretoken=token[1]).status_code == 302


@pytest.mark.parametrize("role", ["auditor", "triager", "editor"])
def test_whoever_may_not_import_sees_runs_without_the_form_or_the_button(role):
    client = person("zoe", role)
    run = refused_run()
    page = words_of(client.get(page_of(run)))
    assert ("Download 1 failed row" in page, "Retry failed rows" in page) == (True, False)
    assert "Import articles" not in words_of(client.get(RUNS))
    for address in (ADD, f"{RUNS}{run.pk}/retry-failed/"):
        assert client.post(address).status_code == 403
    assert (ImportRun.objects.count(), Job.objects.count()) == (1, 0)


def refused_run(options: dict[str, object] | None = None, *bad: BadRow) -> ImportRun:
    run = pipeline.start_run("feed.jsonl", options or {})
    usual = BadRow(Place("feed.jsonl", 3, 70, b'{"text": ""}', {"text": ""}), "text", "empty_text", "Empty.")
    pipeline.land_batch(bad or [usual], run=run)
    pipeline.finish_run(run)
    return run


def test_failed_rows_are_retried_as_the_command_does_it(ada):
    place = Place("feed.jsonl", 3, 70, b'{"text": "Rents tripled."}', {"text": "Rents tripled."})
    run = refused_run({"outlet": "Wire"}, BadRow(place, "", "not_storable", "The database was away."))
    answer = ada.post(f"{RUNS}{run.pk}/retry-failed/")
    again = ImportRun.objects.exclude(pk=run.pk).get()
    assert answer["Location"] == page_of(again)
    assert ada.post(f"{RUNS}{run.pk}/retry-failed/")["Location"] == page_of(again), "a second click"
    work()
    again.refresh_from_db()
    assert (again.state, again.created, again.failed) == ("done", 1, 0)
    assert ArticleVersion.objects.get().article.outlet.name == "Wire"
    assert f'<a href="{page_of(run)}">' in body(ada.get(page_of(again)))


def test_nothing_is_retried_of_a_run_that_goes_on_or_refused_nothing(ada):
    run = pipeline.start_run("feed.jsonl", {})
    for words in ("The run goes on", "This run refused no row"):
        with pytest.raises(ActionNotAllowed, match=words):
            pipeline.retry_failed_rows(run.pk, started_by=None)
        assert words in words_of(ada.post(f"{RUNS}{run.pk}/retry-failed/", follow=True))
        pipeline.finish_run(run)
    assert (ImportRun.objects.count(), Job.objects.count()) == (1, 0)
    assert ada.post(f"{RUNS}{uuid4()}/retry-failed/").status_code == 404
    assert ada.get(f"{RUNS}{run.pk}/retry-failed/").status_code == 405


def test_a_document_that_was_refused_is_read_again_from_what_was_sent_and_never_from_this_machine(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "story.txt").write_text("The password is swordfish, the administrator said on Monday.")
    pipeline.request_import("story.txt", b"\xff\xfe\x00", {}, started_by=None)
    work()
    first = ImportRun.objects.get()
    assert (first.failed, FailedRow.objects.get().line, ImportFile.objects.count()) == (1, None, 1)
    for _ in range(2):
        pipeline.retry_failed_rows(ImportRun.objects.latest("id").pk, started_by=None)
        work()
        again = ImportRun.objects.latest("id")
        assert (again.rows, again.failed, again.failed_rows.get().code) == (1, 1, first.failed_rows.get().code)
    ImportFile.objects.update(payload=b"Rents tripled in a year.")  # its cause is gone
    pipeline.retry_failed_rows(ImportRun.objects.latest("id").pk, started_by=None)
    work()
    assert (ImportRun.objects.latest("id").created, ImportFile.objects.count()) == (1, 0)
    # Of a command's run only its own machine knows the file.
    by_command = refused_run({}, BadRow(Place("story.txt", None, 0), "text", "empty_text", "Empty."))
    pipeline.retry_failed_rows(by_command.pk, started_by=None)
    work()
    again = ImportRun.objects.latest("id")
    assert (again.state, again.error["code"], again.failed_rows.get().code) == ("failed", "unreadable", "unreadable")
    assert f"import_articles --retry-failed {by_command.pk}" in again.failed_rows.get().detail
    assert [version.text for version in ArticleVersion.objects.all()] == ["Rents tripled in a year."]


def test_a_long_file_is_read_in_turns_and_none_of_its_rows_twice(tmp_path, settings, monkeypatch):
    settings.JOB_TIME_LIMIT_SECONDS = 0
    payload = jsonl(*rows(3), {"text": ""}, tmp_path=tmp_path)
    job = pipeline.request_import("a.jsonl", payload, {"extract": False}, started_by=None)
    turns = 0
    while Job.objects.get(pk=job.pk).state == "queued":
        assert jobs.work("test") is True
        turns += 1
    run = ImportRun.objects.get()
    assert (turns, run.state, run.rows, run.created, run.failed) == (5, "done", 4, 3, 1)


def test_a_cancelled_import_stops_and_goes_on_when_it_is_retried(tmp_path):
    job = pipeline.request_import("a.jsonl", jsonl(*rows(2), tmp_path=tmp_path), {"extract": False}, started_by=None)
    ada = make.user("ada", "importer")
    jobs.cancel(job.pk, actor=ada)
    run = ImportRun.objects.get()
    assert (run.state, run.rows, jobs.work("test")) == ("interrupted", 0, False)
    jobs.retry(job.pk, actor=ada)
    work()
    run.refresh_from_db()
    assert (run.state, run.created) == ("done", 2)


def test_a_file_that_was_not_read_to_its_end_goes_with_an_article_of_it_that_is_withdrawn(tmp_path, settings):
    settings.JOB_TIME_LIMIT_SECONDS = 0
    kim = make.user("kim", "admin", "importer")
    job = pipeline.request_import("a.jsonl", jsonl(*rows(2), tmp_path=tmp_path), {"extract": False}, started_by=None)
    assert jobs.work("test") is True
    jobs.cancel(job.pk, actor=kim)
    assert (ArticleVersion.objects.count(), ImportFile.objects.count()) == (1, 1)
    why = {"reason": "legal", "note": "A court has ordered it."}
    pipeline.withdraw_article(ArticleVersion.objects.get().article_id, actor=kim, **why)
    assert not ImportFile.objects.exists()
    jobs.retry(job.pk, actor=kim)
    work()
    run = ImportRun.objects.get()
    assert (run.created, [row.detail for row in run.failed_rows.all()]) == (
        1, ["what was sent is not kept any more: send the file again"],
    )  # fmt: skip


def test_a_worker_that_lost_the_job_stops_after_its_batch(tmp_path, settings):
    job = pipeline.request_import("a.jsonl", jsonl(*rows(2), tmp_path=tmp_path), {"extract": False}, started_by=None)
    leased = jobs.lease("slow")
    assert leased
    Job.objects.filter(pk=job.pk).update(lease_id=uuid4())
    with pytest.raises(jobs.LeaseLost):
        pipeline.import_queued(leased)
    assert (ImportRun.objects.get().state, ImportFile.objects.count()) == ("running", 1)


def test_the_same_file_is_queued_once_while_it_waits_and_the_same_rows_are_imported_once(tmp_path):
    payload = jsonl(*rows(2), tmp_path=tmp_path)
    first, second = (pipeline.request_import("a.jsonl", payload, {"extract": False}, started_by=None) for _ in range(2))
    assert first == second
    work()
    assert pipeline.request_import("a.jsonl", payload, {"extract": False}, started_by=None) != first
    work()
    assert sorted(ImportRun.objects.values_list("created", "unchanged")) == [(0, 2), (2, 0)]


def posted(client: Api, payload: bytes, **fields: str):
    told = {"file": SimpleUploadedFile("a.jsonl", payload), **fields}
    return client.post("/import-runs", told, MULTIPART_CONTENT)


def test_the_api_imports_a_file_and_retries_its_failed_rows_too(tmp_path):
    client = api(make.user("ada", "importer"))
    answer = posted(
        client,
        jsonl({"head": "A", "text": "Rents rose."}, {"text": ""}, tmp_path=tmp_path),
        map="head=title",
        extract="false",
    )
    told = answer.json()
    assert (answer.status_code, answer["Location"], told["kind"]) == (202, f"/api/v1/jobs/{told['id']}", "import_file")
    work()
    run = ImportRun.objects.get()
    assert client.get(f"/jobs/{told['id']}").json()["result"] == {
        "run": str(run.pk), "created": 1, "versioned": 0, "unchanged": 0, "skipped": 0, "failed": 1,
    }  # fmt: skip
    assert ArticleVersion.objects.get().article.title == "A"
    again = client.post(f"/import-runs/{run.pk}/retry-failed")
    assert (again.status_code, again.json()["kind"]) == (202, "import_file")
    work()
    assert client.get("/import-runs").json()["results"][0]["failed"] == 1


def test_the_api_names_what_is_wrong_with_a_file_and_imports_nothing(tmp_path, monkeypatch):
    client, reader = api(make.user("ada", "importer")), api(make.user("gus", "auditor"))
    wrong = {
        "map": "head",
        "format": "urls",
        "default_timezone": "Mars",
        "language": "x y",
        "extract": "maybe",
        "mapp": "a=b",
    }
    for name, value in wrong.items():
        problem = assert_problem(posted(client, b'{"text": "A."}', **{name: value}), 422, "invalid_input")
        assert [error["pointer"] for error in problem["errors"]] == [f"/{name}"]
    for payload in (b"", b"\x1f\x8b"):
        problem = assert_problem(posted(client, payload), 422, "invalid_input")
        assert [error["pointer"] for error in problem["errors"]] == ["/file"]
    assert_problem(client.post("/import-runs", {"file": "a"}), 415, "unsupported_media_type")
    assert_problem(posted(reader, b'{"text": "A."}'), 403, "insufficient_scope")
    assert nothing_moved()
    run = pipeline.start_run("feed.jsonl", {})
    assert_problem(client.post(f"/import-runs/{run.pk}/retry-failed"), 409, "action_not_allowed")
    assert_problem(reader.post(f"/import-runs/{run.pk}/retry-failed"), 403, "insufficient_scope")
    assert_problem(client.post(f"/import-runs/{uuid4()}/retry-failed"), 404, "not_found")
    assert not Job.objects.exists()


def test_the_verb_itself_refuses_what_no_form_lets_through():
    for asked in ({"format": "urls"}, {"default_timezone": "../../etc/passwd"}):
        with pytest.raises(InvalidInput):
            pipeline.request_import("a.txt", b"x", asked, started_by=None)
    assert nothing_moved()


def test_no_command_goes_on_with_the_run_of_a_job():
    job = pipeline.request_import("a.txt", b"Rents tripled.", {}, started_by=None)
    jobs.cancel(job.pk, actor=make.user("ada", "importer"))
    assert "No run was interrupted." in import_articles("--resume").errors
    assert "is a job's" in import_articles("--resume", job.subject_id).errors
