"""The lists' search box: the same words over the same indexes as the API's `search`."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import QuerySet
from django.http import HttpRequest

from claims.filters import MAX_SEARCH_WORDS
from factcheck.admin.base import RecordAdmin


def having_words(queryset: QuerySet[Any], field: str, words: str) -> QuerySet[Any]:
    """Rows whose `field` holds these words, in any order; "a phrase", or, -without. The first of very many count."""
    asked = " ".join(words.replace("\0", " ").split()[:MAX_SEARCH_WORDS])
    query = SearchQuery(asked, config="simple", search_type="websearch")
    found: QuerySet[Any] = queryset.annotate(_words=SearchVector(field, config="simple")).filter(_words=query)
    return found


class WordSearch(RecordAdmin):
    """A list that is searched in one column, which has an index of `to_tsvector('simple', ...)`: the first of `search_fields`."""

    search_help_text = 'Whole words in any order, "a phrase", -without.'

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if search_term.strip():
            queryset = having_words(queryset, str(self.search_fields[0]), search_term)
        return queryset, False
