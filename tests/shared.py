"""Where the material lies that tests may use but the project does not contain: the customer's article, labelled data."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest


def shared_file(pattern: str) -> Path:
    """The first file of that glob pattern in the shared folder; skips the test when there is none."""
    folder = Path(os.environ.get("FACTCHECK_SHARED") or Path(__file__).resolve().parents[2] / "shared")
    found = sorted(folder.glob(pattern))
    if not found:
        pytest.skip(f"no {pattern} in {folder}: set FACTCHECK_SHARED to the folder that has it")
    return found[0]


def shared_rows(name: str) -> list[dict[str, Any]]:
    """The records of a JSON Lines file of labelled data."""
    lines = shared_file(f"data/{name}").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]
