"""A desk, a policy and a scale as JSON that people read and type."""

from __future__ import annotations

import json
from typing import Any

from factcheck.api.parsers import loads
from factcheck.api.problems import Malformed, TooLarge
from factcheck.errors import InvalidInput


def read(typed: str, of: type[Any] = dict) -> Any:
    """JSON as somebody typed it, which has to be what the API would read. Raises InvalidInput that says in which line it breaks off."""
    try:
        found = loads(typed.encode())
    except (Malformed, TooLarge) as problem:
        raise InvalidInput(f"This is not JSON that can be kept: {problem.detail}") from None
    if not isinstance(found, of):
        raise InvalidInput("It is a list of points." if of is list else "It is no object, {...}.")
    return found


def written(definition: dict[str, Any]) -> str:
    """JSON for people: a point a line."""
    scale = definition["scale"]
    marker = "@@points@@"
    whole = json.dumps(definition | {"scale": scale | {"points": marker}}, indent=2, ensure_ascii=False)
    return whole.replace(f'"{marker}"', written_points(scale["points"], indent="    "))


def written_points(points: list[dict[str, Any]], indent: str = "") -> str:
    lines = ",\n".join(f"{indent}  {json.dumps(point, ensure_ascii=False)}" for point in points)
    return f"[\n{lines}\n{indent}]" if points else "[]"
