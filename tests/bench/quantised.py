"""The shipped encoder as ONNX Runtime quantises one by itself: the peer that its own graph is measured against."""

from __future__ import annotations

from pathlib import Path

import onnx
from onnx import helper

ORT = "com.microsoft"


def by_the_runtime(model: Path, file: Path) -> None:
    """Write the same weights with one scale for all activations of a batch, in the runtime's own operator for it.

    What each text says then changes with its neighbours in the batch, which is why it is not shipped.
    """
    loaded = onnx.load(str(model))
    graph = loaded.graph
    made_by = {output: node for node in graph.node for output in node.output}
    read_by = {name: node for node in graph.node for name in node.input}
    nodes = []
    for node in graph.node:
        if node.op_type == "MatMulIntegerToFloat":
            bytes_, weight, _, scales, _ = node.input
            states = made_by[made_by[made_by[bytes_].input[0]].input[0]].input[0]
            scaled = read_by[node.output[0]]
            node = helper.make_node("DynamicQuantizeMatMul", [states, weight, scales], scaled.output, domain=ORT)
        nodes.append(node)
    replaced = {name for node in nodes if node.op_type == "DynamicQuantizeMatMul" for name in node.output}
    kept = [n for n in nodes if n.op_type == "DynamicQuantizeMatMul" or not replaced & set(n.output)]
    del graph.node[:]
    graph.node.extend(_needed(kept, {each.name for each in graph.output}))
    onnx.save(loaded, str(file))


def _needed(nodes: list[onnx.NodeProto], wanted: set[str]) -> list[onnx.NodeProto]:
    found = []
    for node in reversed(nodes):
        if wanted & set(node.output):
            found.append(node)
            wanted |= set(node.input)
    return found[::-1]
