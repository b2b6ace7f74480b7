"""What is like a text: the nearest vectors and those that share its rarest words, asked of the database in one statement."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from claims.matching.fusion import MEANING, WORDS, fuse
from claims.matching.lexemes import Frequencies, Search, search_for

LOOKED_AT = 50  # of each ranking
EF_SEARCH = 350  # how many the index keeps in sight: of the 50 nearest among 100,000 it then finds more than 98 in 100
FREQUENCIES_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Index:
    """A table of indexed texts, and its key."""

    table: str
    key: str


CLAIMS = Index("claims_indexedclaim", "claim_id")
FACT_CHECKS = Index("claims_indexedfactcheck", "fact_check_id")


class Hit(NamedTuple):
    """`similarity` is the cosine; `text_rank` is None for what is not among the 50 that share the rarest words."""

    id: UUID
    similarity: float
    text_rank: int | None
    score: float


def similar(index: Index, vector: Any, lexemes: Sequence[str], *, itself: UUID | None = None) -> list[Hit]:
    """What is like this text, best first, at most a hundred, without `itself`. Within a transaction."""
    search = search_for(lexemes, _frequencies(index))
    sql, values = _statement(index, as_vector(vector), search)
    with connection.cursor() as cursor:
        # Where the server compiles queries that look costly, it takes longer for this one than to run it.
        cursor.execute(f"SET LOCAL hnsw.ef_search = {EF_SEARCH}; SET LOCAL jit = off")
        cursor.execute(sql, values)
        rows = cursor.fetchall()
    return hits_of([row for row in rows if row[0] != itself])


def hits_of(rows: Sequence[tuple[UUID, float, int | None]]) -> list[Hit]:
    """Both rankings as one. A row: what was found, its similarity below zero, and its place among those that share words, if it is one."""
    similarities = {key: -apart for key, apart, _ in rows}
    # Also what the words found and the index missed: its similarity is known, and so is its place.
    near = sorted(similarities, key=lambda key: -similarities[key])[:LOOKED_AT]
    worded = [key for place, key in sorted((place, key) for key, _, place in rows if place is not None)]
    ranks = {key: rank for rank, key in enumerate(worded, start=1)}
    fused = fuse((MEANING, near), (WORDS, worded))
    return [Hit(key, similarities[key], ranks.get(key), score) for key, score in fused]


def _statement(index: Index, vector: str, search: Search | None) -> tuple[str, list[Any]]:
    # The vector is a constant of the ORDER BY: only then is the index walked, nearest first.
    near = f"""
        SELECT {index.key}, vector <#> %s::halfvec AS apart, NULL::bigint AS place FROM {index.table}
        ORDER BY vector <#> %s::halfvec LIMIT {LOOKED_AT}
    """
    values: list[Any] = [vector, vector]
    if search is None:
        return near, values
    weight = " + ".join("(words @@ %s::tsquery)::int * %s::float8" for _ in search.weights)
    worded = f"""
        SELECT {index.key}, vector <#> %s::halfvec, row_number() OVER (ORDER BY weight DESC, vector <#> %s::halfvec) FROM (
            SELECT {index.key}, vector, {weight} AS weight FROM {index.table} WHERE words @@ %s::tsquery
            ORDER BY weight DESC, {index.key} DESC LIMIT {LOOKED_AT}
        ) worded
    """
    values += [vector, vector, *(value for pair in search.weights for value in pair), search.query]
    return f"({near}) UNION ALL ({worded})", values


def similarities(index: Index, vector: Any, ids: Sequence[UUID]) -> dict[UUID, float]:
    """The exact similarity of each of these that is indexed."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {index.key}, -(vector <#> %s::halfvec) FROM {index.table} WHERE {index.key} = ANY(%s)",
            [as_vector(vector), list(ids)],
        )
        return dict(cursor.fetchall())


def as_vector(vector: Any) -> str:
    """A vector as the database reads it; half precision holds four digits."""
    return "[" + ",".join(f"{number:.5g}" for number in vector.tolist()) + "]"


_known: dict[tuple[str, str], tuple[float, Frequencies]] = {}


def _frequencies(index: Index) -> Frequencies:
    """As the database's own statistics have them; read now and then, since they are as old as its last ANALYZE anyway."""
    at = (str(connection.settings_dict["NAME"]), index.table)
    read_at, known = _known.get(at, (0.0, Frequencies()))
    if at in _known and time.monotonic() - read_at < FREQUENCIES_SECONDS:
        return known
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT greatest(reltuples, 0), most_common_elems::text::text[], most_common_elem_freqs FROM pg_class "
            "LEFT JOIN pg_stats ON schemaname = relnamespace::regnamespace::text AND tablename = relname AND attname = 'words' "
            "WHERE pg_class.oid = %s::regclass",
            [index.table],
        )
        rows, lexemes, shares = cursor.fetchone()
    # Behind the shares of the lexemes stand their least and their greatest.
    known = (
        Frequencies(rows, dict(zip(lexemes, shares, strict=False)), shares[len(lexemes)]) if lexemes else Frequencies()
    )
    _known[at] = time.monotonic(), known
    return known
