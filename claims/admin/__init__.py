"""Articles, claims and runs in Django's admin: pages that show, and actions that call the verbs of `claims.pipeline`."""

from claims.admin.articles import ArticleAdmin
from claims.admin.claims import ClaimAdmin
from claims.admin.fact_checks import EarlierFactCheckAdmin
from claims.admin.runs import ExtractionRunAdmin, ImportRunAdmin

__all__ = ["ArticleAdmin", "ClaimAdmin", "EarlierFactCheckAdmin", "ExtractionRunAdmin", "ImportRunAdmin"]
