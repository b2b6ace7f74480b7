"""Very many published fact-checks: one that went through the verbs, and copies of it that say something else each."""

from __future__ import annotations

from django.db import connection

from reviews.facts import Stage
from reviews.models import FactCheckRevision
from reviews.publication import EXPORTS
from reviews.publication.documents import FactCheckDocument, Source, canonical
from tests import make
from tests.claim_reviews import but

KINDS = 50  # of documents; the copies of one differ in their address
# Keys and moments rise together, as where one is published after the other.
_KEY = "('01900000-0000-7000-8{kind}00-' || lpad(to_hex(n), 12, '0'))::uuid"
_AT = "timestamptz '2020-01-01 00:00Z' + n * interval '7 minutes'"


def fill(count: int) -> None:
    """`count` more of them, some 5 kB each, with what is kept of them for exports. Ends with ANALYZE."""
    make.review(make.newsroom(), Stage.PUBLISHED)
    like = FactCheckRevision.objects.get()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE kind (kind int, content text)")
        cursor.executemany("INSERT INTO kind VALUES (%s, %s)", [(n, canonical(_document(n))) for n in range(KINDS)])
        # Nobody reviewed the copies: what the database asks of a revision is asked of none of them.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            f"""
            INSERT INTO reviews_factcheck (id, slug, changed_at, review_id)
            SELECT {_KEY.format(kind=6)}, 'prices-' || n, {_AT}, {_KEY.format(kind=7)} FROM generate_series(1, %s) n
            """,
            [count],
        )
        cursor.execute(
            f"""
            INSERT INTO reviews_factcheckrevision
                (id, number, kind, content, digest, changed, public_note, published_at, approval_id, fact_check_id, published_by_id)
            SELECT {_KEY.format(kind=8)}, 1, 'first', made, encode(sha256(convert_to(made, 'UTF8')), 'hex'), '{{}}', '', {_AT},
                %s, {_KEY.format(kind=6)}, %s
            FROM generate_series(1, %s) n JOIN kind ON kind = mod(n, {KINDS}),
                LATERAL (SELECT replace(content, 'fact-checks/prices', 'fact-checks/prices-' || n) AS made) copied
            """,
            [like.approval_id, like.published_by_id, count],
        )
        # Those of one after those of the other, as publishing writes them.
        cursor.execute("CREATE TEMPORARY TABLE element (kind int, export text, version int, body text)")
        cursor.executemany(
            "INSERT INTO element VALUES (%s, %s, %s, %s)",
            [(n, export.key, export.version, export.element(_document(n))) for n in range(KINDS) for export in EXPORTS],
        )
        cursor.execute(
            f"""
            INSERT INTO reviews_exportelement (id, revision_id, export, is_tombstone, version, changed_at, body)
            SELECT gen_random_uuid(), {_KEY.format(kind=8)}, export, false, version, {_AT},
                replace(replace(body, 'fact-checks/prices', 'fact-checks/prices-' || n), '"id":"prices"', '"id":"prices-' || n || '"')
            FROM generate_series(1, %s) n JOIN element ON kind = mod(n, {KINDS}) ORDER BY n, export
            """,
            [count],
        )
        cursor.execute("SET session_replication_role = DEFAULT")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE reviews_factcheckrevision, reviews_exportelement, reviews_factcheck")


def _document(n: int) -> FactCheckDocument:
    sources = tuple(
        Source(
            f"Tables {page}", "Ministry", "ministry", "refutes", "A tenth of it, and no more. " * 8, f"page {page}",
            f"https://ministry.example/{n}/{page}", "0" * 64,
        )
        for page in range(4)
    )  # fmt: skip
    return but(
        claim__text=f'“Prices” in region {n} doubled in a year, "the bank" said.',
        summary="They rose by a tenth, not by as much again. " * 6,
        body="The ministry's tables say so, in both editions of the yearbook. " * 40,
        rating__explanation="The ministry's tables say otherwise, in both editions. The bank agrees.",
        sources=sources,
    )
