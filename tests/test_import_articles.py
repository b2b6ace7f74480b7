"""The import command: what it takes, what it refuses and how, and that no interruption loses or doubles anything."""

from __future__ import annotations

import gzip
import io
import os
import signal
import threading
from pathlib import Path
from subprocess import PIPE
from typing import Any

import orjson
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims.models import Article, ArticleVersion, ExtractionRun, FailedRow, ImportRun, Outlet
from claims.pipeline import runs
from factcheck import jobs
from factcheck.audit import events
from factcheck.audit.origin import acting_through
from factcheck.models import Job, JobState
from tests.importing import Done, import_articles, last_run, rows, running_import, stored, write_rows
from tests.services import sending_to, wait_until

BROKEN = [
    (b'{"text": "cut off', "", "invalid_json"),
    (b"[1, 2]", "", "not_an_object"),
    (b'{"title": "no text"}', "text", "missing_text"),
    (b'{"text": "  "}', "text", "empty_text"),
    (b'{"text": 7}', "text", "wrong_type"),
    (b'{"text": "t", "published_at": "next Tuesday"}', "published_at", "invalid_date"),
    (b'{"text": "t", "published_at": "0001-01-01"}', "published_at", "invalid_date"),
    (b'{"text": "t", "url": "ftp://a.example/x"}', "url", "invalid_url"),
    (b'{"text": "t", "language": "no language at all"}', "language", "invalid_language"),
    (b'{"text": "\xff\xfe"}', "", "invalid_encoding"),
]


def nothing_is_in() -> bool:
    models = (Article, ArticleVersion, Outlet, ImportRun, FailedRow, ExtractionRun, Job)
    return not any(model.objects.exists() for model in models)


def bad_rows_of(path: Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


@pytest.fixture
def standard_input(monkeypatch):
    def give(content: bytes) -> None:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))

    return give


# What it takes


@pytest.mark.django_db
def test_a_text_file_becomes_an_article_whose_first_line_is_its_title(tmp_path):
    path = tmp_path / "story.txt"
    path.write_text("Prices double\n\nPrices doubled in a year, the bank said.\n")

    done = import_articles(path)

    assert done.code == 0
    assert "1 row: 1 new, 0 new versions, 0 unchanged, 0 skipped, 0 bad." in done.output
    article = Article.objects.get()
    assert (article.title, article.published_at, article.outlet) == ("Prices double", None, None)
    assert article.versions.get().text == "Prices double\n\nPrices doubled in a year, the bank said.\n"


@pytest.mark.django_db
def test_what_rows_leave_open_is_filled_from_the_options_and_foreign_names_are_mapped(tmp_path):
    path = write_rows(
        tmp_path / "a.jsonl", {"kop": "Prijzen", "inhoud": "Prijzen stijgen.", "date": "2025-07-02 12:00"}
    )

    done = import_articles(
        path, "--map", "kop=title", "--map", "inhoud=text", "--outlet", "Example Wire", "--language", "nl",
        "--default-timezone", "Europe/Kyiv",
    )  # fmt: skip

    assert done.code == 0
    article = Article.objects.get()
    assert (article.title, article.outlet.name, article.language) == ("Prijzen", "Example Wire", "nl")
    assert article.published_at.isoformat() == "2025-07-02T09:00:00+00:00"


@pytest.mark.django_db
def test_folders_globs_and_compressed_files_are_read_and_names_without_a_format_are_said(tmp_path):
    (tmp_path / "in" / "deep").mkdir(parents=True)
    write_rows(tmp_path / "in" / "a.jsonl", *rows(2))
    (tmp_path / "in" / "deep" / "b.jsonl.gz").write_bytes(gzip.compress(orjson.dumps(rows(1, first=2)[0])))
    (tmp_path / "in" / "c.html").write_text(
        "<html><title>C</title><article><p>Prices doubled in a year.</p></article></html>"
    )
    (tmp_path / "in" / "picture.png").write_bytes(b"\x89PNG")
    (tmp_path / "d1.csv").write_text("url,text\nhttps://a.example/csv,Prices fell.\n")

    done = import_articles(tmp_path / "in", tmp_path / "d*.csv", "--json")

    assert (done.code, done.result["created"]) == (0, 5)
    assert f"{tmp_path}/in/picture.png: skipped" in done.errors


@pytest.mark.django_db
def test_standard_input_is_read(standard_input):
    standard_input(b"".join(orjson.dumps(row) + b"\n" for row in rows(3)))

    assert import_articles("-", "--format", "jsonl", "--json").result["created"] == 3
    assert last_run().source == "-"


@pytest.mark.django_db
def test_an_import_queues_the_extraction_of_what_is_new_unless_told_not_to(tmp_path):
    path = write_rows(tmp_path / "a.jsonl", *rows(2))

    import_articles(path, "--no-extract")
    assert (ArticleVersion.objects.count(), Job.objects.count()) == (2, 0)

    write_rows(path, *rows(3))
    import_articles(path)
    assert ExtractionRun.objects.get().version.article.canonical_url == "https://a.example/2"
    assert Job.objects.get().state == JobState.QUEUED


@pytest.mark.django_db
def test_the_result_as_json_is_all_there_is_on_standard_output(tmp_path):
    path = write_rows(tmp_path / "a.jsonl", *rows(2), b"{}")

    done = import_articles(path, "--json")

    result = done.result
    assert result.pop("seconds") >= 0
    assert result == {
        "run": str(last_run().pk),
        "state": "done",
        "rows": 3,
        "created": 2,
        "versioned": 0,
        "unchanged": 0,
        "skipped": 0,
        "failed": 1,
        "bad_rows": [
            {
                "source": str(path),
                "line": 3,
                "field": "text",
                "code": "missing_text",
                "detail": "no field holds the text (fields: none); name it with --map theirs=text",
            }
        ],
        "extractions": {"queued": 2, "done": 0, "failed": 0, "cancelled": 0},
        "error": None,
    }


@pytest.mark.django_db
def test_progress_goes_to_standard_error_and_only_when_asked_for_without_a_terminal(tmp_path):
    path = write_rows(tmp_path / "a.jsonl", *rows(2))

    assert "rows" not in import_articles(path).errors
    shown = import_articles(path, "--progress", "always")
    assert f"{path} (100%): 2 rows" in shown.errors


@pytest.mark.django_db
def test_without_a_worker_the_command_that_starts_one_is_named(tmp_path):
    path = write_rows(tmp_path / "a.jsonl", *rows(2))

    alone = import_articles(path)
    assert "No worker is running, so 2 articles wait to be read" in alone.errors
    assert "celery -A factcheck worker" in alone.errors
    write_rows(other := tmp_path / "b.jsonl", *rows(1, first=10))
    assert "No worker is running, so 1 article waits to be read" in import_articles(other).errors

    jobs.worker_started("w@here", 2)
    write_rows(path, *rows(3))
    assert "No worker" not in import_articles(path).errors


# Names of their fields


@pytest.mark.django_db
@pytest.mark.parametrize("source", ["a.csv", "-"])
def test_a_mapping_of_a_column_that_no_table_has_is_refused_before_anything_is_imported(
    tmp_path, monkeypatch, standard_input, source
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text("Überschrift;Inhalt;Ressort\nBrot;Brot wird teurer.;Wirtschaft\n")
    standard_input((tmp_path / "a.csv").read_bytes())
    text = ["--map", "Inhalt=text"]

    refused = import_articles(source, "--format", "csv", *text, "--map", "Ueberschrift=title")

    assert refused.code == 2
    assert "there is no column 'Ueberschrift'; did you mean 'Überschrift'?" in refused.errors
    assert "The columns are: Inhalt, Ressort, Überschrift." in refused.errors
    assert nothing_is_in()

    standard_input((tmp_path / "a.csv").read_bytes())
    done = import_articles(source, "--format", "csv", *text, "--map", "Überschrift=title")
    assert (done.code, Article.objects.get().title) == (0, "Brot")
    assert f"{source}: nothing reads the column Ressort\n" in done.errors


@pytest.mark.django_db
def test_a_mapping_holds_for_many_tables_of_which_some_have_the_column(tmp_path):
    (tmp_path / "a.csv").write_text("kop,text,x,y\nBrood,Brood is duurder.,1,2\n")
    (tmp_path / "b.csv").write_text("title,text,y,x\nMelk,Melk is duurder.,1,2\n")
    (tmp_path / "c.csv").write_text("title,text,y,x\nThee,Thee is duurder.,1,2\n")

    done = import_articles(tmp_path, "--map", "kop=title")

    assert (done.code, set(Article.objects.values_list("title", flat=True))) == (0, {"Brood", "Melk", "Thee"})
    assert f"{tmp_path}/a.csv: nothing reads the columns x, y\n" in done.errors
    assert f"{tmp_path}/b.csv and 1 other table: nothing reads the columns y, x\n" in done.errors


@pytest.mark.django_db
def test_a_pipe_that_is_named_like_a_file_is_read_once(tmp_path):
    os.mkfifo(pipe := tmp_path / "a.csv")
    writer = threading.Thread(target=pipe.write_text, args=("text,extra\nBrood is duurder.,1\n",))
    writer.start()

    done = import_articles(pipe, "--map", "koop=title", "--json")
    writer.join()

    assert (done.code, done.result["created"]) == (0, 1)
    assert "--map koop=title: no row had a field 'koop'." in done.errors


@pytest.mark.django_db
def test_a_mapped_field_that_no_row_had_is_named_at_the_end(tmp_path):
    path = write_rows(tmp_path / "a.jsonl", {"Kop": "Brood", "text": "Brood is duurder."}, {"text": "Melk ook."})

    for choice in (["--dry-run"], []):
        done = import_articles(path, "--map", "Kopp=title", "--map", "Kop=byline", *choice)
        assert done.code == 0
        assert "--map Kopp=title: no row had a field 'Kopp'; did you mean 'Kop'?" in done.errors
        assert "byline" not in done.errors
    assert "no row had" not in import_articles(path, "--map", "Kop=title").errors


# Articles that are here already


@pytest.mark.django_db
def test_a_second_run_over_the_same_file_changes_nothing(tmp_path):
    path = write_rows(tmp_path / "a.jsonl", *rows(3), {"url": "https://a.example/0", "text": "Corrected the same day."})
    import_articles(path)
    before = stored()
    assert len(before) == 4

    again = import_articles(path, "--json")

    assert (again.code, again.result["unchanged"]) == (0, 4)
    assert stored() == before
    assert Job.objects.count() == 4


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("choice", "code", "texts"),
    [("version", 0, ["old", "new"]), ("skip", 0, ["old"]), ("fail", 3, ["old"])],
)
def test_a_changed_text_is_versioned_skipped_or_refused_as_asked(tmp_path, choice, code, texts):
    url = "https://a.example/1"
    import_articles(write_rows(tmp_path / "a.jsonl", {"url": url, "text": "old"}))

    done = import_articles(
        write_rows(tmp_path / "b.jsonl", {"url": url, "text": "new"}, {"url": f"{url}0", "text": "other"}),
        "--on-duplicate", choice, "--json",
    )  # fmt: skip

    assert done.code == code
    versions = ArticleVersion.objects.filter(article__canonical_url=url).order_by("number")
    assert [version.text for version in versions] == texts
    assert ArticleVersion.objects.filter(article__canonical_url=f"{url}0").exists()
    if choice == "fail":
        assert [(row["line"], row["code"]) for row in done.result["bad_rows"]] == [(1, "article_changed")]


# Bad rows


@pytest.mark.django_db
def test_of_1000_rows_with_10_broken_990_are_in_and_the_10_are_named_in_a_file_that_can_be_fed_back(tmp_path):
    good = rows(990)
    places = range(50, 1000, 100)
    lines: list[object] = list(good)
    for place, (line, _, _) in zip(places, BROKEN, strict=True):
        lines.insert(place, line)
    path, errors = write_rows(tmp_path / "a.jsonl", *lines), tmp_path / "errors.jsonl"

    done = import_articles(path, "--errors", errors, "--batch-size", 64)

    assert done.code == 3
    assert "1,000 rows: 990 new, 0 new versions, 0 unchanged, 0 skipped, 10 bad." in done.output
    named = [(place + 1, field, code) for place, (_, field, code) in zip(places, BROKEN, strict=True)]
    assert list(FailedRow.objects.order_by("id").values_list("line", "field", "code")) == named
    for number, field, code in named:
        assert f"{path}:{number} {field or '-'} {code} " in done.errors
    assert {url for url, _, _ in stored()} == {row["url"] for row in good}

    # As it is, the file of bad rows is refused again; mended, it goes in.
    unmended = import_articles(errors, "--json")
    assert (unmended.code, unmended.result["created"], unmended.result["failed"]) == (3, 0, 10)
    mended = [
        row | {"text": f"Mended {n}."}
        for n, row in enumerate(bad_rows_of(errors))
        if row["_bad_row"]["field"] == "text"
    ]
    assert import_articles(write_rows(errors, *mended), "--json").result["created"] == 3

    before = stored()
    again = import_articles(path, "--json")
    assert (again.code, again.result["unchanged"], again.result["failed"]) == (3, 990, 10)
    assert stored() == before


@pytest.mark.django_db
def test_the_command_that_takes_repaired_rows_is_printed_and_needs_no_mapping(tmp_path):
    path, errors = write_rows(tmp_path / "a.jsonl", {"kop": "Brood", "date": "July 2"}), tmp_path / "bad rows"

    done = import_articles(
        path, "--map", "kop=title", "--map", "inhoud=text", "--outlet", "De Krant", "--errors", errors
    )

    assert f"import_articles '{errors}' --format jsonl --outlet 'De Krant'" in done.errors
    (row,) = bad_rows_of(errors)
    write_rows(errors, row | {"inhoud": "Brood is duurder.", "date": "2025-07-02"})
    assert import_articles(errors, "--format", "jsonl", "--outlet", "De Krant").code == 0
    article = Article.objects.get()
    assert (article.title, article.outlet.name, article.versions.get().text) == (
        "Brood", "De Krant", "Brood is duurder.",
    )  # fmt: skip


@pytest.mark.django_db
def test_rows_that_a_run_refused_are_tried_again_under_a_mended_mapping(tmp_path):
    path = write_rows(
        tmp_path / "a.jsonl", rows(1)[0], {"url": "https://a.example/x", "inhoud": "Prijzen stijgen."}, b"nonsense"
    )
    import_articles(path)
    run = last_run()

    done = import_articles("--retry-failed", run.pk, "--map", "inhoud=text", "--json")

    assert (done.code, done.result["created"], done.result["failed"]) == (3, 1, 1)
    assert [(row["source"], row["line"], row["code"]) for row in done.result["bad_rows"]] == [
        (str(path), 3, "invalid_json")
    ]
    assert ("https://a.example/x", 1, "Prijzen stijgen.") in stored()


@pytest.mark.django_db
def test_a_document_that_was_refused_is_read_again_from_its_file(tmp_path):
    path = tmp_path / "story.txt"
    path.write_bytes("Цены выросли вдвое.".encode("cp1251"))
    assert import_articles(path).code == 3
    path.write_text("Цены выросли вдвое.")

    assert import_articles("--retry-failed", last_run().pk, "--json").result["created"] == 1
    assert ArticleVersion.objects.get().text == "Цены выросли вдвое."


@pytest.mark.django_db
def test_a_row_that_the_database_refuses_holds_up_none_of_the_others(tmp_path):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE claims_article ADD CONSTRAINT no_story_5 CHECK (title <> 'Story 5')")

    done = import_articles(write_rows(tmp_path / "a.jsonl", *rows(20)), "--json")

    assert (done.code, done.result["created"]) == (3, 19)
    assert [(row["line"], row["code"]) for row in done.result["bad_rows"]] == [(6, "not_storable")]
    assert last_run().rows == 20


@pytest.mark.django_db
def test_an_empty_file_is_a_bad_row_wherever_it_stands_and_counts_once(tmp_path, standard_input):
    for n in range(4):
        (tmp_path / f"{n}.txt").write_text(f"Story number {n} is short." if n != 2 else "")
    (tmp_path / "4.jsonl").write_bytes(b"")

    done = import_articles(tmp_path, "--json")

    assert (done.code, done.result["rows"], done.result["created"]) == (3, 5, 3)
    assert [(row["source"], row["code"]) for row in done.result["bad_rows"]] == [
        (f"{tmp_path}/2.txt", "empty_file"),
        (f"{tmp_path}/4.jsonl", "empty_file"),
    ]
    named = import_articles(tmp_path / "4.jsonl", "--limit", 1)
    assert (named.code, f"{tmp_path}/4.jsonl - empty_file there is nothing in it" in named.errors) == (3, True)
    ImportRun.objects.filter(pk=last_run().pk).update(state="interrupted")
    assert import_articles(tmp_path / "4.jsonl", "--resume", "--json").result["rows"] == 1
    (tmp_path / "4.jsonl").write_bytes(orjson.dumps(rows(1)[0]))
    assert import_articles("--retry-failed", last_run().pk, "--json").result["created"] == 1
    standard_input(b"")
    assert import_articles("-", "--json").result["failed"] == 1


@pytest.mark.django_db
def test_too_many_bad_rows_stop_the_import_where_it_stands(tmp_path):
    path = write_rows(tmp_path / "a.jsonl", *rows(3), b"{}", b"{}", *rows(3, first=3))

    done = import_articles(path, "--max-errors", 1, "--json")

    assert done.code == 1
    assert (done.result["state"], done.result["rows"], done.result["created"]) == ("failed", 5, 3)
    assert done.result["error"]["code"] == "too_many_errors"
    assert import_articles(path, "--max-errors", 2).code == 3
    assert len(stored()) == 6


@pytest.mark.django_db
def test_one_unreadable_file_among_others_is_named_and_stops_none_of_them(tmp_path):
    write_rows(tmp_path / "a.jsonl", *rows(2))
    (tmp_path / "b.jsonl.gz").write_bytes(b"\x1f\x8b no gzip at all")
    write_rows(tmp_path / "c.jsonl", *rows(2, first=2))

    done = import_articles(tmp_path, "--json")

    assert (done.code, done.result["created"], done.result["failed"]) == (4, 4, 1)
    assert [(row["source"], row["code"]) for row in done.result["bad_rows"]] == [
        (f"{tmp_path}/b.jsonl.gz", "unreadable")
    ]
    said = import_articles(tmp_path).output
    assert "4 rows: 0 new, 0 new versions, 4 unchanged, 0 skipped, 0 bad; 1 source could not be read.\n" in said
    assert ": done.\n" in said


@pytest.mark.django_db
@pytest.mark.parametrize("choice", [[], ["--dry-run"]])
def test_an_import_of_nothing_readable_has_failed_and_counts_no_rows(tmp_path, choice):
    path = tmp_path / "a.csv"
    path.write_text("name,age\nAda,7\n")

    done = import_articles(path, *choice)

    assert done.code == 4
    assert "0 rows: 0 new, 0 new versions, 0 unchanged, 0 skipped, 0 bad; 1 source could not be read.\n" in done.output
    assert "Go on with" not in done.errors
    if not choice:
        assert done.output.endswith(f"Run {last_run().pk}: failed.\n")
        assert last_run().error == {"code": "unreadable", "detail": "Nothing was imported: no source could be read."}


# Refusals: nothing moves


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ([], "an http(s) address"),
        (["ftp://a.example/story"], "only http and https addresses are fetched"),
        (["a.jsonl", "--format", "ninjs"], "invalid choice"),
        (["a.jsonl", "--map", "headline=titel"], "THEIRS=OURS"),
        (["a.jsonl", "--language", "klingon of old"], "language"),
        (["a.jsonl", "--default-timezone", "Mars/Base"], "time zone"),
        (["a.jsonl", "--batch-size", "0"], "number from 1"),
        (["a.jsonl", "--dry-run", "--wait"], "--dry-run writes nothing"),
        (["a.jsonl", "--no-extract", "--wait"], "nothing to --wait for"),
        (["-", "-"], "read once"),
        (["--resume"], "No run was interrupted"),
        (["--resume", "0197c1d0-0000-7000-8000-000000000000"], "There is no run"),
        (["a.jsonl", "--errors", "a.jsonl"], "is one of the sources"),
        (["a.jsonl", "--errors", "nowhere/x.jsonl"], "--errors nowhere/x.jsonl: No such file or directory"),
        (["a.jsonl", "--errors", "."], "--errors .: Is a directory"),
    ],
)
def test_a_wrong_use_is_said_and_exits_2(tmp_path, monkeypatch, arguments, word):
    monkeypatch.chdir(tmp_path)
    write_rows(tmp_path / "a.jsonl", *rows(1))

    done = import_articles(*arguments)

    assert (done.code, word in done.errors) == (2, True), done.errors
    assert nothing_is_in()
    assert len((tmp_path / "a.jsonl").read_bytes().splitlines()) == 1


@pytest.mark.django_db
def test_input_that_is_not_there_exits_4(tmp_path):
    done = import_articles(tmp_path / "missing.jsonl")

    assert done.code == 4
    assert "missing.jsonl: there is no such file" in done.errors
    assert nothing_is_in()


@pytest.mark.django_db
def test_a_dry_run_says_what_would_happen_and_writes_nothing(tmp_path):
    path = write_rows(tmp_path / "a.jsonl", *rows(3))
    import_articles(path)
    before = (stored(), ImportRun.objects.count(), Job.objects.count())
    changed = {"url": "https://a.example/0", "text": "Another text."}
    write_rows(path, *rows(2, first=1), changed, changed, *rows(2, first=3), b"{}", *rows(2, first=3))

    done = import_articles(path, "--dry-run", "--batch-size", 2, "--json")

    counts = {name: done.result[name] for name in ("run", "state", "created", "versioned", "unchanged", "failed")}
    assert done.code == 3
    assert counts == {"run": None, "state": "dry_run", "created": 2, "versioned": 1, "unchanged": 5, "failed": 1}
    assert (stored(), ImportRun.objects.count(), Job.objects.count()) == before
    # It told the truth.
    real = import_articles(path, "--json").result
    assert {name: real[name] for name in ("created", "versioned", "unchanged", "failed")} == {
        "created": 2, "versioned": 1, "unchanged": 5, "failed": 1,
    }  # fmt: skip


def test_a_dry_run_cannot_write(committed_database, tmp_path, monkeypatch):
    from claims.pipeline import bulk, importing

    monkeypatch.setattr(bulk, "preview", lambda items, seen, on_duplicate: importing.land(items))
    done = import_articles(write_rows(tmp_path / "a.jsonl", *rows(1)), "--dry-run")

    assert (done.code, "read-only" in done.errors) == (1, True)


@pytest.mark.django_db
def test_all_or_nothing_means_that_one_bad_row_undoes_everything_and_all_bad_rows_are_named(tmp_path):
    path = write_rows(tmp_path / "a.jsonl", *rows(3), b"{}", *rows(3, first=3), b"[]")

    done = import_articles(path, "--atomic", "--batch-size", 2, "--json")

    assert done.code == 1
    assert [row["line"] for row in done.result["bad_rows"]] == [4, 8]
    assert (done.result["state"], done.result["rows"], done.result["created"], done.result["failed"]) == (
        "failed", 8, 0, 2,
    )  # fmt: skip
    assert done.result["error"]["code"] == "nothing_landed"
    assert not Article.objects.exists()
    assert not Job.objects.exists()
    said = import_articles(path, "--atomic")
    assert "Nothing was imported: 2 of 8 rows could not be taken, and --atomic asks for all or nothing." in said.errors
    assert "8 rows: 0 new, 0 new versions, 0 unchanged, 0 skipped, 2 bad; nothing was imported.\n" in said.output
    assert "Go on with" not in said.errors
    one = import_articles(path, "--atomic", "--max-errors", 1)
    assert "More than 1 bad row: nothing was imported." in one.errors
    assert "Go on with" not in one.errors

    assert import_articles(path, "--atomic", "--max-errors", 2).code == 3
    assert len(stored()) == 6


@pytest.mark.django_db
def test_a_limit_ends_the_import_after_so_many_rows(tmp_path):
    done = import_articles(write_rows(tmp_path / "a.jsonl", *rows(10)), "--limit", 4, "--batch-size", 3, "--json")

    assert (done.code, done.result["state"], done.result["rows"]) == (0, "done", 4)


# One run at a time


def test_another_run_of_the_same_source_is_refused_and_exits_5(committed_database, tmp_path):
    lines = b"".join(orjson.dumps(row) + b"\n" for row in rows(30))
    with running_import(committed_database, "-", "--format", "jsonl", "--batch-size", "10", stdin=PIPE) as process:
        assert process.stdin is not None
        process.stdin.write(lines)
        process.stdin.write(b" " * 70_000)
        process.stdin.flush()
        wait_until(Article.objects.exists, what="it has begun")
        run = last_run()
        refused = import_articles("-", "--resume", run.pk)
        assert (refused.code, "Another process is importing this source" in refused.errors) == (5, True)
        assert ImportRun.objects.get().state == "running"
        # Another source is free.
        assert import_articles(write_rows(tmp_path / "b.jsonl", *rows(1, first=50))).code == 0
        process.kill()
    # Killed, it holds nothing any more.
    assert runs.start_run("-", {}, resume=run).state == "running"


# Interrupted and resumed


def test_ctrl_c_finishes_the_batch_prints_the_resume_line_and_resuming_equals_a_clean_import(committed_database):
    lines = [orjson.dumps(row | {"text": row["text"] * 60}) + b"\n" for row in rows(40)]
    with running_import(committed_database, "-", "--format", "jsonl", "--batch-size", "10", stdin=PIPE) as process:
        assert process.stdin is not None
        process.stdin.write(b"".join(lines[:25]))
        process.stdin.flush()
        wait_until(lambda: Article.objects.count() == 20, what="two batches and a half were given")
        process.send_signal(signal.SIGINT)
        errors = process.communicate(timeout=30)[1].decode()

    assert process.returncode == 130
    run = last_run()
    assert f"import_articles - --resume {run.pk}" in errors
    assert "Traceback" not in errors
    assert (run.state, run.rows, Article.objects.count()) == ("interrupted", run.created, run.created)
    assert run.rows >= 20

    with running_import(committed_database, "-", "--resume", run.pk, "--json", stdin=PIPE) as process:
        output, _ = process.communicate(b"".join(lines), timeout=60)
    assert process.returncode == 0
    result = orjson.loads(output)
    assert (result["state"], result["rows"], result["created"]) == ("done", 40, 40)
    assert len(stored()) == 40


def test_kill_9_and_resume_equals_a_clean_import(committed_database, tmp_path):
    lines: list[object] = [row | {"text": row["text"] * 20} for row in rows(3000)]
    lines[700:700] = [b"{}", b"broken"]
    lines.append(b"[]")
    path, errors = write_rows(tmp_path / "a.jsonl", *lines), tmp_path / "errors.jsonl"

    with running_import(committed_database, path, "--batch-size", "20", "--errors", errors) as process:
        wait_until(lambda: Article.objects.count() > 800, timeout_seconds=60, what="some batches landed")
        process.kill()
    killed = last_run()
    assert killed.state == "running"
    assert 800 < killed.created < 3000

    done = import_articles(path, "--resume", "--errors", errors, "--json")

    result = done.result
    assert (done.code, result["run"], result["state"]) == (3, str(killed.pk), "done")
    assert (result["rows"], result["created"], result["unchanged"], result["failed"]) == (3003, 3000, 0, 3)
    assert [row["line"] for row in result["bad_rows"]] == [701, 702, 3003]
    assert [row["_bad_row"]["line"] for row in bad_rows_of(errors)] == [701, 702, 3003]
    assert len(stored()) == 3000
    assert ExtractionRun.objects.count() == Job.objects.count() == 3000


def interrupted(path: Path, *, after: int) -> ImportRun:
    """A run of that file that stopped after so many rows."""
    assert import_articles(path, "--limit", after).code == 0
    run = last_run()
    ImportRun.objects.filter(pk=run.pk).update(state="interrupted")
    return run


@pytest.mark.django_db
def test_resuming_goes_on_at_the_byte_where_it_stopped(tmp_path):
    path = write_rows(tmp_path / "a.jsonl", *rows(6))
    run = interrupted(path, after=4)
    assert run.checkpoint["line"] == 4
    assert run.checkpoint["offset"] == sum(len(orjson.dumps(row)) + 1 for row in rows(4))

    done = import_articles("--resume", run.pk, "--json")

    assert (done.result["run"], done.result["rows"], done.result["created"]) == (str(run.pk), 6, 6)


@pytest.mark.django_db
def test_resuming_among_many_files_begins_with_the_one_where_it_stopped(tmp_path):
    for n in range(5):
        (tmp_path / f"{n}.txt").write_text(f"Story number {n} is short.")
    interrupted(tmp_path, after=3)

    done = import_articles(tmp_path, "--resume", "--json")

    assert (done.result["rows"], done.result["created"], done.result["unchanged"]) == (5, 5, 0)


@pytest.mark.django_db
def test_a_file_that_begins_otherwise_than_before_is_not_resumed(tmp_path):
    path = write_rows(tmp_path / "a.jsonl", *rows(6))
    run = interrupted(path, after=4)
    write_rows(path, *rows(6, first=100))

    done = import_articles("--resume", run.pk)

    assert done.code == 4
    assert "no longer begins as it did when the run stopped in it. Import without --resume" in done.errors
    assert len(stored()) == 4
    run.refresh_from_db()
    assert (run.state, run.rows) == ("interrupted", 4)


@pytest.mark.django_db
def test_a_short_file_that_has_grown_since_is_resumed(tmp_path):
    path = write_rows(tmp_path / "a.jsonl", *rows(6))
    interrupted(path, after=4)
    write_rows(path, *rows(9))

    done = import_articles(path, "--resume", "--json")

    assert (done.code, done.result["rows"], done.result["created"]) == (0, 9, 9)


@pytest.mark.django_db
def test_a_run_goes_on_with_the_options_it_was_begun_with(tmp_path):
    path = write_rows(tmp_path / "a.jsonl", *rows(6))
    import_articles(path, "--outlet", "Example Wire", "--limit", 4)
    ImportRun.objects.update(state="interrupted")

    other = import_articles(path, "--resume", "--outlet", "Another")
    assert (other.code, "leave out --outlet" in other.errors) == (2, True)
    assert len(stored()) == 4

    assert import_articles(path, "--resume").code == 0
    assert Article.objects.filter(outlet__name="Example Wire").count() == 6


@pytest.mark.django_db
def test_a_finished_run_is_not_resumed_and_the_sources_begin_anew(tmp_path):
    path = write_rows(tmp_path / "a.jsonl", *rows(2))
    import_articles(path)

    assert import_articles("--resume", last_run().pk).code == 2
    anew = import_articles(path, "--resume", "--json")
    assert (anew.code, anew.result["unchanged"]) == (0, 2)
    assert "starting at their beginning" in anew.errors


# The record


@pytest.mark.django_db
def test_the_events_of_an_import_name_the_command_although_a_thread_of_its_own_records_them(tmp_path):
    with acting_through("command import_articles"):
        import_articles(write_rows(tmp_path / "a.jsonl", *rows(3)), "--batch-size", 2)

    told = events.events(last_run())
    assert [(event.action, event.origin, event.actor, event.data.get("rows")) for event in told] == [
        ("start", "command import_articles", None, None),
        ("import_batch", "command import_articles", None, 2),
        ("import_batch", "command import_articles", None, 1),
        ("end", "command import_articles", None, None),
    ]


# With the workers


def test_rows_and_jobs_land_with_the_broker_down_and_a_worker_finds_them_later(committed_database, tmp_path):
    with sending_to(f"redis+socket://{tmp_path}/nobody.sock?virtual_host=0"):
        done = import_articles(write_rows(tmp_path / "a.jsonl", *rows(30)), "--batch-size", 10, "--json")

    assert (done.code, done.result["created"]) == (0, 30)
    assert Job.objects.filter(state=JobState.QUEUED).count() == 30


def test_waiting_ends_when_the_last_article_has_been_read(committed_database, worker, tmp_path):
    path = write_rows(tmp_path / "a.jsonl", *rows(12))

    done: Done = import_articles(path, "--wait", "--json")

    assert done.code == 0
    assert done.result["extractions"] == {"queued": 0, "done": 12, "failed": 0, "cancelled": 0}
    assert ExtractionRun.objects.filter(status="done").count() == 12


@pytest.mark.django_db
def test_a_reading_that_ends_while_they_are_counted_is_not_taken_for_one_that_is_gone(tmp_path):
    import_articles(write_rows(tmp_path / "a.jsonl", *rows(3)))
    [run] = ImportRun.objects.all()
    assert jobs.work("w@here")
    Job.objects.filter(state=JobState.QUEUED).earliest("id").delete()
    with CaptureQueriesContext(connection) as asked:
        found = runs.extraction_states(run)
    assert found == {"queued": 1, "done": 1, "cancelled": 1}
    assert len(asked) == 1, "what is seen at two moments does not add up"


@pytest.mark.django_db
def test_waiting_names_the_articles_that_could_not_be_read(tmp_path, monkeypatch):
    path = write_rows(tmp_path / "a.jsonl", *rows(1))

    def parked(run: ImportRun):
        job = Job.objects.get()
        if job.state == JobState.QUEUED:
            for _ in range(jobs.MAX_ATTEMPTS):
                Job.objects.update(due_at=job.due_at)
                jobs.fail(jobs.lease("w@here"), ValueError("no sentence in it"))
        return states(run)

    states = runs.extraction_states
    monkeypatch.setattr(runs, "extraction_states", parked)
    done = import_articles(path, "--wait", "--json")

    assert (done.code, done.result["extractions"]["failed"]) == (1, 1)
    assert "Story 0: not read for claims: ValueError: no sentence in it" in done.errors
