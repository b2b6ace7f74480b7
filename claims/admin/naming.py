"""What an article is called where it is named: its title, else the first words of its text."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import F
from django.db.models.functions import Left
from django.utils.text import Truncator

from claims.models import Article, ArticleVersion

OPENING_CHARS = 160  # code points, cut by the database: a text may be megabytes


def opening(path: str = "text") -> Any:
    """For `annotate`: the beginning of the text at `path`."""
    return Left(F(path), OPENING_CHARS)


def name_of(article: Article, opening: str = "") -> str:
    """`opening` is the beginning of one of its texts, where that is at hand."""
    words = " ".join(opening.split())
    return article.title or (f"“{Truncator(words).chars(90)}”" if words else str(article))


def openings(articles: list[Article]) -> dict[UUID, str]:
    """The beginnings of the newest texts of those that have no title."""
    untitled = [article.pk for article in articles if not article.title]
    newest = ArticleVersion.objects.filter(article__in=untitled).order_by("article", "-number").distinct("article")
    return dict(newest.annotate(opening=opening()).values_list("article_id", "opening"))
