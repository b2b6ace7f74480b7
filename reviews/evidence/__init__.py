"""Evidence as it was seen: fetched or uploaded, kept as WARC records under their own hash, verified, and looked for again.

Nothing here knows of reviews or writes a row: bytes and hashes are returned, and the verb stores them.
"""

from reviews.evidence.capturing import ACCEPTED, MAX_BYTES, Captured, capture, keep_upload
from reviews.evidence.headers import safe_headers
from reviews.evidence.problems import EvidenceCorrupt, EvidenceMissing
from reviews.evidence.quoting import occurs
from reviews.evidence.reading import Reading, TextGap
from reviews.evidence.rechecking import Outcome, Recheck, compare, look_for
from reviews.evidence.storing import Verified, read_capture, read_payload, store, verify

__all__ = [
    "ACCEPTED", "MAX_BYTES", "Captured", "EvidenceCorrupt", "EvidenceMissing", "Outcome", "Reading", "Recheck", "TextGap", "Verified",
    "capture", "compare", "keep_upload", "look_for", "occurs", "read_capture", "read_payload", "safe_headers", "store", "verify",
]  # fmt: skip
