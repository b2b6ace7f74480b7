"""Texts become vectors that can be compared."""

from __future__ import annotations

import numpy as np

from claims.matching.encoding import DIMENSIONS, GRAPH, encode
from tests.encoder_graph import Graph


def test_what_says_the_same_is_near_and_what_does_not_is_far():
    vectors = encode(
        ["Prices doubled in a year.", "Prices rose twofold within twelve months.", "The cat sat on the mat."]
    )
    assert vectors.shape == (3, DIMENSIONS)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > 0.6
    assert abs(vectors[0] @ vectors[2]) < 0.1


def test_a_text_has_the_same_vector_in_whatever_company():
    texts = [
        "Prices doubled.",
        "An earthquake struck the coast on Monday morning, and the port was closed.",
        "Ціни зросли.",
    ]
    assert np.array_equal(encode(texts)[1:], np.stack([encode([text])[0] for text in texts[1:]]))


def test_a_text_of_any_length_and_script_has_a_vector():
    vectors = encode(["word " * 100_000, "", "😀" * 500, "ж", "\u202e\u0301"])
    assert np.isfinite(vectors).all()
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_the_graph_that_is_shipped_is_the_one_that_is_drawn():
    assert GRAPH.read_bytes() == Graph().draw()
