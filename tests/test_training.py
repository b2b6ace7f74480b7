import json
import sys

import pytest
from django.core.management import CommandError, call_command

from claims.extraction.checkworthiness import FOLDER, Judge, Model
from claims.extraction.training import calibration

CHECK = [f"The state paid {number},000 dollars to {number} schools in 2019." for number in range(3, 63)]
CHAT = [f"I think you should {verb} me, my friend!" for verb in ("trust", "thank", "follow", "believe")] * 15


def write(path, texts_and_labels, **more):
    path.write_text(
        "".join(json.dumps({"text": text, "label": label, **more}) + "\n" for text, label in texts_and_labels)
    )
    return path


@pytest.fixture
def files(tmp_path):
    labelled = [(text, "CFS") for text in CHECK] + [(text, "NFS") for text in CHAT]
    news = [(text, 2) for text in CHECK[:5]] + [(text, 0) for text in CHAT[:5]]
    return write(tmp_path / "debates.jsonl", labelled), write(tmp_path / "news.jsonl", news)


def test_what_is_fitted_makes_the_mean_score_of_each_kind_of_text_its_share_of_claims():
    texts = ["Taxes rose by 3 percent.", "Thank you.", "He paid 40 dollars.", "Good evening!", "We went home."]
    judged = Judge(FOLDER)(texts)
    kinds = {"debate": [True, False, True, False, False], "news": [True, False, False, False, False]}
    weights = calibration.fit([calibration.Domain(name, texts, judged, labels) for name, labels in kinds.items()])
    assert set(weights.base_rates) == set(weights.thresholds) == set(kinds)
    model = Model(FOLDER)
    model.weights = weights
    for name, labels in kinds.items():
        assert sum(model.scores(texts, domain=name)) / 5 == pytest.approx(sum(labels) / 5, abs=1e-3)


def test_without_the_packages_of_training_their_extra_is_named(files, monkeypatch):
    for name in ("torch", "onnx"):
        monkeypatch.setitem(sys.modules, name, None)
    for name in [name for name in sys.modules if name.startswith("claims.extraction.training.")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(CommandError, match=r"(torch|onnx).*uv pip install -r pyproject.toml --extra train"):
        call_command("train_checkworthiness", str(files[0]))
