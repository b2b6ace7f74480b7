"""The whole of MiniLM as ONNX Runtime quantises one by itself: the peer that the shipped encoder is measured against."""

from __future__ import annotations

from itertools import cycle, islice, pairwise
from pathlib import Path

import onnx
from onnx import helper

ORT = "com.microsoft"
LAYERS = 6


def by_the_runtime(model: Path, file: Path) -> None:
    """Write all six layers with one scale for all activations of a batch, in the runtime's own operator for it.

    What each text says then changes with its neighbours in the batch, which is why it is not shipped. The layers that are not shipped
    are the first ones again: what they say means nothing, what they cost is the same.
    """
    loaded = onnx.load(str(model))
    graph = loaded.graph
    whole = _whole(list(graph.node))
    del graph.node[:]
    graph.node.extend(whole)
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


def _whole(nodes: list[onnx.NodeProto]) -> list[onnx.NodeProto]:
    """The nodes with as many layers as MiniLM has."""
    # One normalisation behind the embedding, two in each layer.
    ends = [place for place, node in enumerate(nodes) if node.op_type == "LayerNormalization"][::2]
    layers = list(pairwise(ends))
    found, last = nodes[: ends[-1] + 1], nodes[ends[-1]].output[0]
    for number, (before, end) in enumerate(islice(cycle(layers), LAYERS - len(layers))):
        renamed = {nodes[before].output[0]: last}
        for node in nodes[before + 1 : end + 1]:
            again = onnx.NodeProto()
            again.CopyFrom(node)
            again.name = ""
            again.input[:] = [renamed.get(name, name) for name in node.input]
            renamed |= {name: f"{name}_again_{number}" for name in node.output}
            again.output[:] = [renamed[name] for name in node.output]
            found.append(again)
        last = renamed[nodes[end].output[0]]
    for node in nodes[ends[-1] + 1 :]:
        node.input[:] = [last if name == nodes[ends[-1]].output[0] else name for name in node.input]
        found.append(node)
    return found


def _needed(nodes: list[onnx.NodeProto], wanted: set[str]) -> list[onnx.NodeProto]:
    found = []
    for node in reversed(nodes):
        if wanted & set(node.output):
            found.append(node)
            wanted |= set(node.input)
    return found[::-1]
