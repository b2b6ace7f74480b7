"""What can be wrong with what is stored. A state of the evidence and not a failure of the server: a person has to see to it."""

from __future__ import annotations

from typing import Literal

from factcheck.errors import Problem

# The record is not the one of its address; it is none at all; its payload is another one.
Corruption = Literal["record_differs", "no_record", "payload_differs"]


class EvidenceMissing(Problem):
    """Nothing is stored where the snapshot's bytes should be."""

    code, status, title = "evidence_missing", 409, "The stored bytes are missing"
    is_final = True


class EvidenceCorrupt(Problem):
    """What is stored is not what was stored."""

    code, status, title = "evidence_corrupt", 409, "The stored bytes do not match their hash"
    is_final = True

    def __init__(self, detail: str, reason: Corruption = "record_differs") -> None:
        super().__init__(detail)
        self.reason = reason
