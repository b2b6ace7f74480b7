"""Where tests keep evidence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


def kept_in(folder: Path) -> dict[str, Any]:
    """The setting STORAGES for evidence in this folder."""
    return {"evidence": {"BACKEND": "reviews.evidence.files.EvidenceFiles", "OPTIONS": {"location": str(folder)}}}


@pytest.fixture
def evidence_folder(tmp_path: Path, settings: Any) -> Path:
    """An empty one of this test's own, in which evidence is kept."""
    folder = tmp_path / "evidence"
    settings.STORAGES = settings.STORAGES | kept_in(folder)
    return folder
