"""What a review is made of. Only `reviews.workflow` changes these rows.

A sealed verdict's table has a model of its own, `reviews.sealed.SealedVerdict`, which the workflow alone may import; `Verdict` here is a
database view that has no row of a round before that round has closed.
"""

from reviews.models.comments import Comment, Mention
from reviews.models.corrections import CorrectionRequest
from reviews.models.desks import Desk, DeskMembership, RatingScale, RatingScaleVersion, ReviewPolicy
from reviews.models.evidence import Evidence, EvidenceSet, Keeping, Search, Snapshot, SnapshotCheck
from reviews.models.outcome import Approval, Decision, Draft, Invalidation, ReplyRequest
from reviews.models.publication import (
    Change,
    ExportElement,
    FactCheck,
    FactCheckRevision,
    Retraction,
    RetractionProposal,
    Status,
    status_of,
)
from reviews.models.review import Adjudicator, ConflictOfInterest, Lead, Review
from reviews.models.rounds import Round, Seat, Verdict

__all__ = [
    "Adjudicator",
    "Approval",
    "Change",
    "Comment",
    "ConflictOfInterest",
    "CorrectionRequest",
    "Decision",
    "Desk",
    "DeskMembership",
    "Draft",
    "Evidence",
    "EvidenceSet",
    "ExportElement",
    "FactCheck",
    "FactCheckRevision",
    "Invalidation",
    "Keeping",
    "Lead",
    "Mention",
    "RatingScale",
    "RatingScaleVersion",
    "ReplyRequest",
    "Retraction",
    "RetractionProposal",
    "Review",
    "ReviewPolicy",
    "Round",
    "Search",
    "Seat",
    "Snapshot",
    "SnapshotCheck",
    "Status",
    "Verdict",
    "status_of",
]
