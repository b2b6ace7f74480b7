import json

import pytest
from django.core.management import CommandError, call_command

from claims.extraction import training
from claims.extraction.checkworthiness import contributions, probability, shipped
from claims.extraction.reading import read_sentence

CHECK = [f"The state paid {number},000 dollars to {number} schools in 2019." for number in range(3, 63)]
CHAT = [f"I think you should {verb} me, my friend!" for verb in ("trust", "thank", "follow", "believe")] * 15


def write(path, texts_and_labels):
    path.write_text("".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in texts_and_labels))
    return path


@pytest.fixture
def files(tmp_path):
    labelled = [(text, "CFS") for text in CHECK] + [(text, "NFS") for text in CHAT]
    news = [(text, 2) for text in CHECK[:5]] + [(text, 0) for text in CHAT[:5]]
    return write(tmp_path / "debates.jsonl", labelled), write(tmp_path / "news.jsonl", news)


def train(files, output):
    debates, news = files
    call_command("train_checkworthiness", str(debates), news=news, data="our own sentences", output=output, verbosity=0)
    return output.read_text()


def test_the_same_files_give_the_same_model(files, tmp_path):
    assert train(files, tmp_path / "one.json") == train(files, tmp_path / "two.json")


def test_a_trained_model_tells_claims_from_chat():
    model = training.fit(training.read_rows(CHECK + CHAT), [True] * len(CHECK) + [False] * len(CHAT), domain="debate")
    score = {
        text: probability(contributions(read_sentence(text), domain="debate", model=model))
        for text in ("The city paid 200,000 dollars to 12 clinics in 2020.", "I think you should help me, my friend!")
    }
    assert min(score.values()) < 0.1 < 0.9 < max(score.values())
    assert next(iter(score.values())) > 0.9


def test_a_base_rate_makes_the_mean_score_the_share_of_positives():
    odds = [-1.0, 0.5, 2.0, 3.5]
    rate = training.base_rate(odds, [True, False, False, False])
    assert sum(training.logistic(value + rate) for value in odds) / 4 == pytest.approx(0.25, abs=1e-4)


def test_the_shipped_model_has_a_base_rate_for_debates_and_for_news():
    assert sorted(shipped().base_rates) == ["debate", "news"]


@pytest.mark.parametrize("content", ["", "no json\n", '{"text": "One."}\n', '{"text": "One.", "label": "NFS"}\n'])
def test_a_file_that_cannot_teach_is_refused_and_nothing_is_written(files, tmp_path, content):
    bad = tmp_path / "bad.jsonl"
    bad.write_text(content)
    with pytest.raises(CommandError, match=r"bad\.jsonl"):
        train((bad, files[1]), tmp_path / "out.json")
    assert not (tmp_path / "out.json").exists()
