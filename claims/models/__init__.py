"""Articles as they were published, the claims found in them, and what is like a claim. Only `claims.pipeline` changes these rows."""

from claims.models.articles import Article, ArticleVersion, Outlet
from claims.models.base import Row
from claims.models.claims import Appearance, Claim
from claims.models.matching import (
    ClaimMatch,
    EarlierFactCheck,
    Indexed,
    IndexedClaim,
    IndexedFactCheck,
    MatchingThresholds,
    OwnFactCheck,
)
from claims.models.runs import ExtractionRun, FailedRow, ImportFile, ImportRun

__all__ = [
    "Appearance",
    "Article",
    "ArticleVersion",
    "Claim",
    "ClaimMatch",
    "EarlierFactCheck",
    "ExtractionRun",
    "FailedRow",
    "ImportFile",
    "ImportRun",
    "Indexed",
    "IndexedClaim",
    "IndexedFactCheck",
    "MatchingThresholds",
    "Outlet",
    "OwnFactCheck",
    "Row",
]
