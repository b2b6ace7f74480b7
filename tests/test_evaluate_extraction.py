import json

import pytest
from django.core.management import CommandError, call_command

from tests.shared import shared_file

CHECK = [f"The state paid {number},000 dollars to {number} schools in 2019." for number in range(3, 9)]
CHAT = [f"I think you should {verb} me, my friend!" for verb in ("trust", "thank", "follow", "believe")]


def write(path, records):
    lines = [record if isinstance(record, str) else json.dumps(record) for record in records]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


@pytest.fixture
def file(tmp_path):
    rows = [{"text": text, "label": "CFS", "file": "a"} for text in CHECK]
    rows += [{"text": text, "label": "NFS", "file": "b" if number else "a"} for number, text in enumerate(CHAT)]
    return write(tmp_path / "labelled.jsonl", rows)


def evaluate(capsys, *arguments):
    call_command("evaluate_extraction", *map(str, arguments), "--json")
    return json.loads(capsys.readouterr().out)


def test_scores_are_measured_against_labels(file, capsys):
    found = evaluate(capsys, file, "--positive", "CFS", "--group", "file")
    assert (found["sentences"], found["positives"], found["groups"]) == (10, 6, 1)
    assert found["f1"] == found["macro_f1"] == found["accuracy"] == found["average_precision"] == 1
    assert (found["map"], found["p_at_5"]) == (1, 1)
    assert found["sentences_per_cpu_second"] > 0


def test_the_threshold_may_be_named(file, capsys):
    assert evaluate(capsys, file, "--positive", "CFS", "--threshold", "0")["precision"] == 0.6


def test_for_people_each_figure_has_a_line(file, capsys):
    call_command("evaluate_extraction", str(file), "--positive", "CFS")
    lines = dict(line.split() for line in capsys.readouterr().out.splitlines())
    assert (lines["sentences"], lines["f1"]) == ("10", "1.0000")
    assert "map" not in lines


def test_the_splitter_is_measured_against_spans(tmp_path, capsys):
    text = "Prices rose. Wages fell."
    file = write(tmp_path / "spans.jsonl", [{"text": text, "spans": [[0, 12], [13, 24]]}])
    found = evaluate(capsys, file)
    assert (found["documents"], found["sentences"], found["precision"], found["recall"], found["f1"]) == (1, 2, 1, 1, 1)


GOOD = {"text": "Prices rose.", "label": "CFS"}
OTHER = {"text": "Hello.", "label": "NFS"}


@pytest.mark.parametrize(
    ("records", "more", "message"),
    [
        ([GOOD, "no json"], (), r"bad\.jsonl, line 2: no JSON"),
        ([GOOD, "[" * 5_000], (), r"bad\.jsonl, line 2: no JSON"),
        ([GOOD, r'{"text": "\ud800", "label": "CFS"}'], (), r"bad\.jsonl, line 2: no JSON"),
        ([GOOD, OTHER], ("--threshold", "nan"), "nan is not from 0 to 1"),
        ([GOOD, OTHER], ("--model", "nowhere"), "--model nowhere: no model: FileNotFoundError"),
        ([GOOD, "[1]"], (), r"bad\.jsonl, line 2: not an object"),
        ([GOOD, {"label": "CFS"}], (), r"bad\.jsonl, line 2: text: expected words, found None"),
        ([GOOD, {"text": " ", "label": "CFS"}], (), r"bad\.jsonl, line 2: text: expected words"),
        ([GOOD, {"text": "Prices rose."}], (), r"bad\.jsonl, line 2: label: expected text or a number, found None"),
        ([GOOD, {"text": "Prices rose.", "label": ["CFS"]}], (), r"bad\.jsonl, line 2: label: "),
        ([OTHER, GOOD], ("--group", "file"), r"bad\.jsonl, line 1: file: expected text or a number, found None"),
        ([OTHER], (), r"bad\.jsonl: label: .*CFS"),
        ([GOOD], (), r"bad\.jsonl: label: .*CFS"),
        ([], (), r"bad\.jsonl: no line in it"),
        ([{"text": "Ah.", "spans": [[0, 9]]}], (), r"bad\.jsonl, line 1: spans: expected \[start, end\] within the text"),
        ([{"text": "Ah.", "spans": [[0, 3]]}, {"text": "Ah."}], (), r"bad\.jsonl, line 2: spans: "),
    ],
)  # fmt: skip
def test_a_bad_file_is_refused_by_line_and_field(tmp_path, records, more, message):
    with pytest.raises(CommandError, match=message):
        call_command("evaluate_extraction", str(write(tmp_path / "bad.jsonl", records)), "--positive", "CFS", *more)


def test_a_file_that_is_not_there_or_a_label_that_is_not_named_is_refused(file, tmp_path):
    with pytest.raises(CommandError, match=r"none\.jsonl"):
        call_command("evaluate_extraction", str(tmp_path / "none.jsonl"), "--positive", "CFS")
    with pytest.raises(CommandError, match=r"--domain: 'sport' is none of debate, news"):
        call_command("evaluate_extraction", str(file), "--positive", "CFS", "--domain", "sport")


def test_the_file_that_the_model_was_trained_on_says_nothing_of_it(tmp_path):
    crowdsourced = shared_file("data/claimbuster_crowdsourced.jsonl")
    with pytest.raises(CommandError, match=r"claimbuster_crowdsourced\.jsonl: the model has seen it"):
        call_command("evaluate_extraction", str(crowdsourced), "--positive", "CFS")
