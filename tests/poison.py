"""Loaded into a real worker by tests (`--include tests.poison`): the extractor breaks on texts that say so, and can be slowed down."""

from __future__ import annotations

import os
import time
from typing import Any

from claims import extraction
from claims.extraction.base import Candidate, Document

_get = extraction.get
_SLOW_SECONDS = float(os.environ.get("TEST_EXTRACTION_SECONDS", "0"))


class Poisonable:
    def __init__(self, real: Any) -> None:
        self.real, self.name, self.version = real, real.name, real.version

    def extract(self, document: Document) -> list[Candidate]:
        time.sleep(_SLOW_SECONDS)
        if "POISON" in document.text:
            raise RuntimeError("poisoned")
        return self.real.extract(document)  # type: ignore[no-any-return]


extraction.get = lambda name: Poisonable(_get(name))  # type: ignore[assignment]
