"""What a search among many claims costs and finds, beside a scan of all vectors by numpy in the same process."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection, transaction

from claims.matching.encoding import DIMENSIONS, encode
from claims.pipeline import similar
from tests.bench.claims import sentences

PAIRS = Path(__file__).resolve().parents[1] / "data" / "paraphrases.tsv"
ENCODED = 100_000  # of more claims, the others' vectors are made of theirs
AT = 5


def pairs() -> list[tuple[str, str]]:
    """Claims and the same in other words."""
    rows = [line.split("\t") for line in PAIRS.read_text(encoding="utf-8").splitlines()]
    return [(claim, paraphrase) for claim, paraphrase in rows]


def vectors_of(texts: list[str]) -> Any:
    """Encoded by two threads. MATCHING_VECTORS names a folder that keeps them for the next time."""
    kept = Path(os.environ.get("MATCHING_VECTORS", "/nowhere")) / f"vectors-{len(texts)}.npy"
    if kept.exists():
        return np.load(kept)
    with ThreadPoolExecutor(2) as pool:
        parts = list(pool.map(encode, (texts[first : first + 500] for first in range(0, len(texts), 500))))
    vectors = np.concatenate(parts)
    if kept.parent.is_dir():
        np.save(kept, vectors)
    return vectors


def distractors(count: int) -> tuple[list[str], Any]:
    """Claims with their vectors. Beyond the first hundred thousand a vector is that of one of these with noise, 0.8 similar to it: to encode
    a million takes an hour."""
    texts = sentences(count)
    vectors = vectors_of(texts[: min(count, ENCODED)])
    if count <= ENCODED:
        return texts, vectors
    draw = np.random.default_rng(7)
    chosen = draw.integers(0, ENCODED, count - ENCODED)
    more = np.empty((count - ENCODED, DIMENSIONS), np.float32)
    for first in range(0, len(more), 50_000):
        rows = vectors[chosen[first : first + 50_000]]
        noise = draw.standard_normal(rows.shape, np.float32) * (0.75 / np.sqrt(DIMENSIONS))
        rows = rows + noise
        more[first : first + 50_000] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return texts, np.concatenate([vectors, more])


def key_of(number: int) -> UUID:
    return UUID(int=number + 1)


@dataclass
class Claims:
    """A table of indexed claims, and the same vectors in memory."""

    count: int
    queries: list[str] = field(default_factory=list)
    seconds_to_index: float = 0.0

    def fill(self) -> None:
        told = pairs()
        texts, vectors = distractors(self.count - len(told))
        ours = encode([claim for claim, _ in told])
        self.queries = [paraphrase for _, paraphrase in told]
        self.query_vectors = encode(self.queries)
        # Half precision, as the database keeps them.
        self.vectors = np.concatenate([ours, vectors]).astype(np.float16).astype(np.float32)
        self._copy([claim for claim, _ in told] + texts)

    def _copy(self, texts: list[str]) -> None:
        halves = self.vectors.astype(">f2")
        head = DIMENSIONS.to_bytes(2, "big") + b"\0\0"
        with connection.cursor() as cursor:
            # The claims themselves are not looked at.
            cursor.execute("ALTER TABLE claims_indexedclaim DISABLE TRIGGER ALL")
            cursor.execute(
                "SELECT indexdef FROM pg_indexes WHERE indexname IN ('indexed_claim_near', 'indexed_claim_words')"
            )
            indexes = [definition for (definition,) in cursor.fetchall()]
            cursor.execute("DROP INDEX indexed_claim_near, indexed_claim_words")
            cursor.execute("CREATE TEMPORARY TABLE staged (id uuid, vector halfvec(384), text text)")
            with cursor.copy("COPY staged FROM STDIN (FORMAT BINARY)") as copy:
                copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8))
                for number, text in enumerate(texts):
                    row = (key_of(number).bytes, head + halves[number].tobytes(), text.encode())
                    copy.write(b"\0\3" + b"".join(len(part).to_bytes(4, "big") + part for part in row))
                copy.write(b"\xff\xff")
            cursor.execute(
                "INSERT INTO claims_indexedclaim (claim_id, vector, words, encoder, revision) "
                "SELECT id, vector, to_tsvector('english', text), '', 1 FROM staged"
            )
            cursor.execute("DROP TABLE staged")
            started = time.perf_counter()
            cursor.execute("SET maintenance_work_mem = '3GB'")
            cursor.execute("SET max_parallel_maintenance_workers = 1")
            cursor.execute("SET statement_timeout = 0")
            for definition in indexes:
                cursor.execute(definition)
            self.seconds_to_index = time.perf_counter() - started
            cursor.execute("ANALYZE claims_indexedclaim")
        similar._known.clear()

    # What is measured

    def search(self, number: int) -> list[similar.Hit]:
        """As a job does it, with the words of the query besides."""
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT tsvector_to_array(to_tsvector('english', %s))", [self.queries[number]])
                lexemes = cursor.fetchone()[0]
            return similar.similar(similar.CLAIMS, self.query_vectors[number], lexemes)

    def scan(self, number: int) -> Any:
        """The fifty nearest, by comparing all."""
        near = self.vectors @ self.query_vectors[number]
        best = np.argpartition(-near, similar.LOOKED_AT)[: similar.LOOKED_AT]
        return best[np.argsort(-near[best])]

    def walk(self, number: int) -> list[UUID]:
        """The fifty nearest by the index alone."""
        vector = similar.as_vector(self.query_vectors[number])
        sql, values = similar._statement(similar.CLAIMS, vector, None)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL hnsw.ef_search = {similar.EF_SEARCH}")
            cursor.execute(sql, values)
            return [key for key, _, _ in sorted(cursor.fetchall(), key=lambda row: row[1])]

    def plan(self) -> str:
        search = similar.search_for(["rent", "dublin"], similar._frequencies(similar.CLAIMS))
        sql, values = similar._statement(similar.CLAIMS, similar.as_vector(self.query_vectors[0]), search)
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {sql}", values)
            # Without the vectors.
            return "\n".join(line[:100] for (line,) in cursor.fetchall())

    def recall(self, found: Callable[[int], list[UUID]]) -> float:
        return statistics.mean(key_of(n) in found(n)[:AT] for n in range(len(self.queries)))

    def overlap(self, most: int) -> float:
        """How many of the `most` nearest the index finds."""
        return statistics.mean(
            len(set(self.walk(n)[:most]) & {key_of(int(row)) for row in self.scan(n)[:most]}) / most
            for n in range(len(self.queries))
        )


def milliseconds(what: Callable[[int], Any], numbers: range) -> list[float]:
    times = []
    for number in numbers:
        started = time.perf_counter()
        what(number)
        times.append((time.perf_counter() - started) * 1000)
    return times
