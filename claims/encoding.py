"""Texts through an encoder in ONNX, as rows of numbers. Plain values; nothing is loaded before the first text.

One thread and one copy of the weights a process: worker processes are the parallelism. Memory is bounded by the tokens of a
batch, whatever the texts are.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float32]

# Padding included. More rows at once are no faster on one core: the activations leave the second-level cache.
BATCH_TOKENS = 256
# How many texts are held as tokens at once.
WINDOW = 4_096


def session_of(model: str | bytes, *, keeps_memory: bool = True, **entries: str) -> Any:
    """An ONNX file, or its bytes, loaded for one thread. `keeps_memory` is faster, and keeps what the largest batch took; `entries` are
    those of its configuration."""
    # Imported when something is encoded: web processes and most commands never need it.
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = keeps_memory
    for name, value in entries.items():
        options.add_session_config_entry(f"session.{name}", value)
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def tokenizer_of(file: Path, longest: int) -> Any:
    """Cuts texts into tokens, so many at most."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(file))
    # MiniLM's own file pads every text to 128 tokens: five times the work.
    tokenizer.no_padding()
    tokenizer.enable_truncation(longest)
    return tokenizer


class Encoder:
    """An ONNX file with `input_ids` and `attention_mask`, and the tokenizer file that goes with it.

    Its first output is a row for each text, or one for each token, whose mean over the text is taken. `longest` is in tokens: what
    follows is not read.
    """

    def __init__(self, model: Path, tokenizer: Path, *, longest: int = 128):
        self.model, self.tokenizer_file, self.longest = model, tokenizer, longest
        self._loading = threading.Lock()

    def encode(self, texts: Sequence[str]) -> Rows:
        """A row for each text, in their order; `[]` has no row and loads nothing."""
        if not texts:
            return np.empty((0, 0), np.float32)
        return np.concatenate([self._window(window) for window in _windows(texts)])

    def _window(self, texts: Sequence[str]) -> Rows:
        tokens = [self._loaded[1].encode(text).ids for text in texts]
        found: list[Rows] = []
        order: list[int] = []
        for batch in batches([len(ids) for ids in tokens]):
            found.append(self._run([tokens[index] for index in batch]))
            order += batch
        rows = np.concatenate(found)
        result = np.empty_like(rows)
        result[order] = rows
        return result

    def _run(self, tokens: list[list[int]]) -> Rows:
        ids = np.zeros((len(tokens), max(map(len, tokens))), np.int64)
        mask = np.zeros_like(ids)
        for row, each in enumerate(tokens):
            ids[row, : len(each)] = each
            mask[row, : len(each)] = 1
        session, _, inputs = self._loaded
        known = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        output: Rows = session.run(None, {name: known[name] for name in inputs})[0]
        if output.ndim == 2:
            return output
        return np.stack([row[: len(each)].mean(axis=0) for row, each in zip(output, tokens, strict=True)])

    @property
    def _loaded(self) -> tuple[Any, Any, list[str]]:
        with self._loading:
            return self._parts

    @cached_property
    def _parts(self) -> tuple[Any, Any, list[str]]:
        session = session_of(str(self.model))
        return session, tokenizer_of(self.tokenizer_file, self.longest), [each.name for each in session.get_inputs()]


def batches(lengths: Sequence[int], most: int = BATCH_TOKENS) -> Iterator[list[int]]:
    """The indices of texts of these lengths, the shortest first, in batches of at most so many tokens when padded."""
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lambda index: (lengths[index], index)):
        if batch and (len(batch) + 1) * lengths[index] > most:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def _windows(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(texts), WINDOW):
        yield texts[start : start + WINDOW]


class Remembered:
    """The rows that were asked for last, by key; the least recently used go first."""

    def __init__(self, most: int):
        self.most = most
        self._rows: OrderedDict[Hashable, Any] = OrderedDict()
        self._using = threading.Lock()

    def known(self, keys: Sequence[Hashable]) -> dict[Any, Any]:
        with self._using:
            found = {key: self._rows[key] for key in keys if key in self._rows}
            for key in found:
                self._rows.move_to_end(key)
            return found

    def keep(self, rows: Mapping[Any, Any]) -> None:
        with self._using:
            self._rows.update(rows)
            for key in list(islice(self._rows, max(0, len(self._rows) - self.most))):
                del self._rows[key]

    def forget(self) -> None:
        with self._using:
            self._rows.clear()
