"""Whether an article still stands: of one that was withdrawn nothing is taken in, read or quoted."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict
from uuid import UUID

from claims.models import Article
from factcheck.errors import Problem


class ArticleWithdrawn(Problem):
    """The article was withdrawn: it is not taken in again, and there is nothing of it to work on."""

    code, status, title = "article_withdrawn", 409, "This article was withdrawn"
    is_final = True

    class Extra(TypedDict):
        article: UUID
        withdrawn_at: datetime


def check_stands(article: Article) -> None:
    """Raises ArticleWithdrawn (409)."""
    if article.withdrawn_at:
        detail = f"Article {article.pk} was withdrawn on {article.withdrawn_at:%Y-%m-%d} ({article.withdrawn_reason})."
        raise ArticleWithdrawn(detail, article=article.pk, withdrawn_at=article.withdrawn_at)
