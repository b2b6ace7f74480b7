"""Writes a fine-tuned MiniLM as an int8 ONNX file that reads a text alike whatever stands beside it in its batch.

The graph is written out here and not exported and quantised by a tool: those scale the numbers of a whole batch together, so that a
score would change with its neighbours. Here every token has a scale of its own, which is also closer to the full weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from claims.extraction.training.network import LONGEST, WIDTH

LAYERS = 6
HEADS = 12
WIDTH_WITHIN = 1536
STEPS = 127
# Activations are unsigned with this as their zero: what the processor's int8 instructions multiply fastest.
ZERO = 128
ORT = "com.microsoft"

Weights = Mapping[str, NDArray[np.float32]]


def write(weights: Weights, file: Path, *, layers: int = LAYERS) -> None:
    """The graph from `input_ids` and `attention_mask` to `logits`, one of each head for each token, whose mean is the text's.

    `weights` are those of `Network` by their names there: linear layers int8 for each column, word vectors int8 for each word. Heads read
    the last of the `layers`.
    """
    graph = _Graph(weights, layers)
    heads = graph.store("heads", weights["heads.weight"].T)
    graph.node("Add", graph.node("MatMul", graph.encoded(), heads), "heads.bias", output="logits")
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ["texts", "tokens"]) for name in graph.INPUTS]
    output = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["texts", "tokens", len(weights["heads.bias"])])
    made = helper.make_graph(graph.nodes, "checkworthiness", inputs, [output], list(graph.stored.values()))
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid(ORT, 1)]
    model = helper.make_model(made, opset_imports=opsets, ir_version=10, producer_name="factcheck")
    onnx.checker.check_model(model, full_check=False)
    onnx.save(model, file)


class _Graph:
    INPUTS = ("input_ids", "attention_mask")

    def __init__(self, weights: Weights, layers: int):
        self.weights, self.layers = weights, layers
        self.nodes: list[onnx.NodeProto] = []
        self.stored: dict[str, onnx.TensorProto] = {}
        self.shape = self.node("Shape", "input_ids")
        self.last = self.constant("last", [-1], np.int64)
        self.zero = self.constant("zero", ZERO, np.uint8)
        self.zeros = self.node("Expand", self.zero, self.node("ReduceProd", self.shape, keepdims=1))

    def node(self, kind: str, *inputs: str, output: str = "", domain: str = "", **attributes: Any) -> str:
        """A node and the name of its output; an input that is a weight's name stores that weight."""
        for name in inputs:
            if name in self.weights:
                self.store(name, self.weights[name])
        output = output or f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [output], domain=domain, **attributes))
        return output

    def store(self, name: str, value: NDArray[np.generic]) -> str:
        self.stored[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def constant(self, name: str, value: object, kind: type) -> str:
        return self.store(name, np.array(value, kind))

    # The encoder

    def encoded(self) -> str:
        mask = self.node("Cast", "attention_mask", to=TensorProto.INT32)
        states = self.embedded()
        for layer in range(self.layers):
            states = self.layer(f"bert.encoder.layer.{layer}", states, mask)
        return states

    def embedded(self) -> str:
        prefix = "bert.embeddings"
        words = self.weights[f"{prefix}.word_embeddings.weight"]
        scales = _scales(words, axis=1)
        table = self.store("words", np.round(words / scales).astype(np.int8))
        found = self.node("Cast", self.node("Gather", table, "input_ids"), to=TensorProto.FLOAT)
        found = self.node("Mul", found, self.node("Gather", self.store("word_scales", scales), "input_ids"))
        placed = self.weights[f"{prefix}.position_embeddings.weight"][:LONGEST]
        places = self.store("places", placed + self.weights[f"{prefix}.token_type_embeddings.weight"][0])
        first, axis = self.constant("first", [0], np.int64), self.constant("axis", [0], np.int64)
        length = self.node("Shape", "input_ids", start=1, end=2)
        summed = self.node("Add", found, self.node("Slice", places, first, length, axis))
        norm = f"{prefix}.LayerNorm"
        return self.node("LayerNormalization", summed, f"{norm}.weight", f"{norm}.bias", axis=-1, epsilon=1e-12)

    def layer(self, name: str, states: str, mask: str) -> str:
        parts = [f"{name}.attention.self.{part}" for part in ("query", "key", "value")]
        biases = self.store(f"{name}.biases", np.concatenate([self.weights[f"{part}.bias"] for part in parts]))
        whole = self.quantised(states, WIDTH)
        asked = [self.linear(whole, part) for part in parts]
        seen = self.node("MultiHeadAttention", *asked, biases, mask, domain=ORT, num_heads=HEADS)
        output = f"{name}.attention.output"
        seen = self.linear(self.quantised(seen, WIDTH), f"{output}.dense")
        states = self.normalised(seen, states, output)
        within = self.linear(self.quantised(states, WIDTH), f"{name}.intermediate.dense")
        within = self.node("BiasGelu", within, f"{name}.intermediate.dense.bias", domain=ORT)
        within = self.linear(self.quantised(within, WIDTH_WITHIN), f"{name}.output.dense")
        return self.normalised(within, states, f"{name}.output")

    def quantised(self, states: str, width: int) -> tuple[str, str]:
        """The states as unsigned bytes, and the scale of each token."""
        top = self.node("ReduceMax", states, self.last, keepdims=1)
        bottom = self.node("Neg", self.node("ReduceMin", states, self.last, keepdims=1))
        largest = self.node("Max", top, bottom, self.constant("least", 1e-6, np.float32))
        scale = self.node("Mul", largest, self.constant("step", 1 / STEPS, np.float32))
        flat = self.node("Reshape", states, self.constant(f"flat_{width}", [-1, width], np.int64))
        found = self.node("QuantizeLinear", flat, self.node("Reshape", scale, self.last), self.zeros, axis=0)
        shape = self.node("Concat", self.shape, self.constant(f"width_{width}", [width], np.int64), axis=0)
        return self.node("Reshape", found, shape), scale

    def linear(self, states: tuple[str, str], name: str) -> str:
        """Without its bias, which the node behind it adds."""
        found, scale = states
        weight = self.weights[f"{name}.weight"].T
        scales = _scales(weight, axis=0)
        stored = self.store(f"{name}.int8", np.round(weight / scales).astype(np.int8))
        columns = self.store(f"{name}.scales", scales[0])
        one = self.constant("one", 1, np.float32)
        product = self.node("MatMulIntegerToFloat", found, stored, one, columns, self.zero, domain=ORT)
        return self.node("Mul", product, scale)

    def normalised(self, states: str, skipped: str, name: str) -> str:
        # Not SkipLayerNormalization, nor additions that ONNX Runtime would fuse to it: on a CPU that takes nine times as long.
        total = self.node("Sum", states, skipped, f"{name}.dense.bias")
        norm = f"{name}.LayerNorm"
        return self.node("LayerNormalization", total, f"{norm}.weight", f"{norm}.bias", axis=-1, epsilon=1e-12)


def _scales(weight: NDArray[np.float32], *, axis: int) -> NDArray[np.float32]:
    """So that the largest of each row or column becomes 127."""
    largest = np.maximum(np.abs(weight).max(axis=axis, keepdims=True), 1e-12)
    return np.asarray(largest / STEPS, np.float32)
