import pytest

from claims.encoding import BATCH_TOKENS, Encoder, Remembered, batches


@pytest.mark.parametrize(
    ("lengths", "found"),
    [
        ([], []),
        ([5], [[0]]),
        ([9, 3, 9, 3], [[1, 3], [0, 2]]),
        ([4, 4, 4, 4, 4, 4], [[0, 1, 2, 3, 4], [5]]),
        # Padded to the longest: two of 7 and one of 6 are 21 tokens.
        ([6, 7, 7], [[0, 1], [2]]),
        ([500, 2], [[1], [0]]),
    ],
)
def test_batches_hold_texts_of_about_one_length_and_no_more_tokens_than_may_be(lengths, found):
    assert list(batches(lengths, most=20)) == found


def test_every_text_is_in_one_batch():
    lengths = [1 + 37 * number % 130 for number in range(500)]
    found = list(batches(lengths))
    assert sorted(index for batch in found for index in batch) == list(range(500))
    assert max(len(batch) * max(lengths[index] for index in batch) for batch in found) <= BATCH_TOKENS


def test_no_text_loads_no_model(tmp_path):
    assert len(Encoder(tmp_path / "none.onnx", tmp_path / "none.json").encode([])) == 0


def test_of_what_is_remembered_the_least_recently_used_goes_first():
    rows = Remembered(2)
    rows.keep({"one": 1, "two": 2})
    assert rows.known(["one", "three"]) == {"one": 1}
    rows.keep({"three": 3})
    assert rows.known(["one", "two", "three"]) == {"one": 1, "three": 3}
    rows.forget()
    assert rows.known(["one", "three"]) == {}
