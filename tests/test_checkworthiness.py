from math import exp

import pytest

from claims import extraction
from claims.encoding import Encoder
from claims.extraction import evaluation
from claims.extraction.base import Document
from claims.extraction.checkworthiness import ENCODER, FOLDER, REMEMBERED, TOKENIZER, Judge, shipped
from claims.extraction.features import features
from claims.extraction.reading import read_sentence
from tests.shared import shared_rows

CLAIM = "Unemployment in Norrvik fell from 9 to 6 percent last year."
CHAT = "Thank you all so much for being here tonight!"
SENTENCES = [
    CLAIM, CHAT, "Is the harbour safe?", "The ministry spent 40 million euros on buses, and 12 people were hired.", "No.", "a " * 3_000,
    "🇰🇵‮ é́", "Die Stadt zahlte 2019 drei Millionen Euro für Schulen.", "部队人数从11000人增加到30000人。",
]  # fmt: skip


def score(text):
    return shipped().scores([text], domain="debate")[0]


def test_a_claim_with_figures_is_worth_more_than_thanks():
    assert score(CHAT) < 0.1 < 0.9 < score(CLAIM)


def test_what_the_encoder_says_is_one_addend_and_names_both_heads():
    reading = read_sentence(CLAIM)
    [judgement] = shipped().judge([CLAIM])
    addends = shipped().contributions(reading, judgement)
    [said] = [addend for addend in addends if addend.name == "language model"]
    weights = shipped().weights
    expected = weights.check_worthy * judgement.check_worthy + weights.factual * judgement.factual
    assert said.weight == pytest.approx(expected, abs=1e-4)
    assert said.reason == (
        f"worth checking {1 / (1 + exp(-judgement.check_worthy)):.2f}, states a fact {1 / (1 + exp(-judgement.factual)):.2f}"
    )
    others = {addend.name: addend.weight for addend in addends if addend is not said}
    found = features(reading)
    assert others == {"base rate": weights.base_rates["news"]} | {
        name: pytest.approx(found[name] * weight, abs=1e-4) for name, weight in weights.features.items() if weight and name in found
    }  # fmt: skip


def test_a_sentence_is_judged_alike_alone_among_others_and_when_it_is_remembered():
    judge = Judge(FOLDER)
    together = judge([*SENTENCES, *reversed(SENTENCES)])
    assert together == together[: len(SENTENCES)] + together[: len(SENTENCES)][::-1]
    for sentence, expected in zip(SENTENCES, together, strict=False):
        judge.forget()
        assert judge([sentence]) == judge([sentence]) == judge([f"  {sentence}\u200b "]) == [expected]


def test_marks_of_quotation_say_nothing_of_what_they_hold():
    [bare, *marked] = shipped().judge([CLAIM, f"“{CLAIM}", f'"{CLAIM}"', f"«{CLAIM}» "])
    assert marked == [bare] * 3


def test_documents_that_are_read_together_yield_what_each_yields_alone():
    documents = [
        Document(f"Title\n\n{CLAIM} {CHAT}\n"),
        Document(""),
        Document(f"Other\n\nThe ministry spent 40 million euros on buses. {CLAIM}\n"),
    ]
    together = extraction.get().extract_all(documents)
    shipped().judge.forget()
    assert together == [extraction.get().extract(document) for document in documents]
    assert [len(each) for each in together] == [1, 0, 2]


def test_an_equal_sentence_is_read_once(monkeypatch):
    judge, asked = Judge(FOLDER), []
    encode = Encoder.encode
    monkeypatch.setattr(Encoder, "encode", lambda self, texts: asked.append(list(texts)) or encode(self, texts))
    judge([CLAIM, CHAT, CLAIM])
    judge([CHAT, f"\u200b{CLAIM}"])
    assert asked == [[CLAIM, CHAT], []]


def test_the_encoder_runs_on_one_thread_and_pads_to_the_longest_of_its_batch_only():
    encoder = Encoder(FOLDER / ENCODER, FOLDER / TOKENIZER)
    session, tokenizer, _ = encoder._loaded
    options = session.get_session_options()
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (1, 1)
    assert len(tokenizer.encode(CHAT).ids) == 12
    assert len(tokenizer.encode("a " * 3_000).ids) == 128
    assert encoder._loaded[0] is session


def test_the_shipped_model_is_small_and_its_weights_have_names_that_exist():
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) <= 20_000_000
    weights = shipped().weights
    assert sorted(weights.base_rates) == sorted(weights.thresholds) == ["debate", "news"]
    texts = [
        *SENTENCES,
        "“Perhaps they should never have done $3 (2%) so badly!” said Ada Holm, who would not deny half of it.",
    ]
    known = {name for text in texts for name in features(read_sentence(text))}
    assert known & set(weights.features)
    assert REMEMBERED * 300 < 10_000_000


# Of the development sets, at the threshold that the model file names: chosen on sentences held out of its training file.


def figures(name, positive, *, domain="debate", group=None):
    rows = shared_rows(name)
    scores = shipped().scores([row["text"] for row in rows], domain=domain)
    labels = [str(row["label"]) == positive for row in rows]
    groups = [row[group] for row in rows] if group else None
    return evaluation.of_scores(scores, labels, threshold=shipped().weights.thresholds[domain], groups=groups)


def test_on_the_ground_truth_of_debates_claims_are_told_from_the_rest():
    assert figures("claimbuster_groundtruth.jsonl", "CFS")["f1"] >= 0.94


def test_on_another_set_of_debates_the_same_threshold_holds():
    assert figures("checkthat2023_test_eq_2024_devtest.jsonl", "1")["f1"] >= 0.85


def test_in_news_articles_the_claims_worth_checking_come_first():
    found = figures("wikinews_checkworthy_dev.jsonl", "2", domain="news", group="doc")
    assert found["map"] >= 0.84
    assert found["p_at_5"] >= 0.8
