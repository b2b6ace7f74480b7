"""What CONTRIBUTING says of the tests is so."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import re2

TESTS = Path(__file__).resolve().parent
CONTRIBUTING = (TESTS.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")


def rows_of_requirements() -> Iterator[tuple[str, list[str]]]:
    table = CONTRIBUTING.partition("## OWASP ASVS")[2].partition("\n## ")[0]
    for line in table.splitlines():
        if line.startswith("| ") and not line.startswith(("| requirement", "| ---")):
            _, requirement, tests, _ = line.split("|")
            yield requirement.strip(), re2.findall("`([^`]+)`", tests)


@cache
def names_in(file: str) -> set[str]:
    functions = [node for node in ast.parse((TESTS / file).read_text()).body if isinstance(node, ast.FunctionDef)]
    return {function.name for function in functions if function.name.startswith("test_")}


def test_every_requirement_of_the_asvs_names_tests_that_exist():
    rows = list(rows_of_requirements())
    assert len(rows) > 30
    for requirement, tests in rows:
        assert re2.match(r"\d+\.\d+\.\d+", requirement), requirement
        assert tests, requirement
        assert [t for t in tests if t.partition("::")[2] not in names_in(t.partition("::")[0])] == [], requirement
