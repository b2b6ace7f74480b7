"""The articles of a batch in the database: what is here already, and how what is new gets in. For `importing.land`."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from claims.models import Article, Outlet
from claims.pipeline.rows import Row
from factcheck.accounts.models import User
from factcheck.audit import events
from factcheck.audit.chain import digest
from factcheck.audit.changes import changes, state_of
from factcheck.copying import copy_rows
from factcheck.ids import uuid7


@dataclass(slots=True)
class Known:
    """An article as it stands. `versions` leads from a fingerprint to the version with that text: the newest one, and after
    `look_up_earlier` all of them.
    """

    article_id: UUID
    number: int
    versions: dict[str, UUID | None]
    lacks: int = 0  # bits of `offers`: what nobody has said about the article so far
    is_withdrawn: bool = False


_KNOWN = """
    SELECT article.identity, article.id, version.number, version.text_fingerprint, version.id,
        (title = '')::int + 2 * (byline = '')::int + 4 * (language = '')::int + 8 * (outlet_id IS NULL)::int
            + 16 * (published_at IS NULL)::int,
        withdrawn_at IS NOT NULL
    FROM claims_article article
    CROSS JOIN LATERAL (
        SELECT id, number, text_fingerprint FROM claims_articleversion
        WHERE article_id = article.id ORDER BY number DESC LIMIT 1
    ) version
    WHERE article.identity = ANY(string_to_array(%s, ','))
"""
# In one order everywhere, or two imports of the same articles would wait for each other.
_LOCK = (
    "SELECT id FROM claims_article WHERE identity = ANY(string_to_array(%s, ',')) ORDER BY identity FOR NO KEY UPDATE"
)


def find(identities: Collection[str], *, lock: bool = False) -> dict[str, Known]:
    """The articles that are here, by identity, each with its newest version; locked for a new one if asked for."""
    joined = ",".join(identities)  # an array's elements are quoted one by one
    with connection.cursor() as cursor:
        if lock:
            cursor.execute(_LOCK, [joined])
        cursor.execute(_KNOWN, [joined])
        return {
            identity: Known(article_id, number, {mark: version_id}, lacks, is_withdrawn)
            for identity, article_id, number, mark, version_id, lacks, is_withdrawn in cursor.fetchall()
        }


_EARLIER = """
    SELECT DISTINCT ON (article_id, text_fingerprint) article_id, text_fingerprint, id FROM claims_articleversion
    WHERE article_id = ANY(%s) ORDER BY article_id, text_fingerprint, number DESC
"""


def look_up_earlier(articles: Collection[Known]) -> None:
    """Complete the versions of these articles: a file may bring an earlier state again."""
    if not articles:
        return
    by_id = {have.article_id: have for have in articles}
    with connection.cursor() as cursor:
        cursor.execute(_EARLIER, [list(by_id)])
        for article_id, mark, version_id in cursor.fetchall():
            by_id[article_id].versions[mark] = version_id


_ARTICLE_COLUMNS = ("id", "identity", "canonical_url", "outlet_id", "title", "byline", "language", "published_at")
_ARTICLE_TYPES = ("bytea", "varchar", "text", "bytea", "text", "text", "varchar", "timestamptz")
_COPY_ARTICLES = f"COPY claims_article ({', '.join(_ARTICLE_COLUMNS)}) FROM STDIN (FORMAT BINARY)"
_INSERT_ARTICLES = f"""
    INSERT INTO claims_article ({", ".join(_ARTICLE_COLUMNS)})
    SELECT * FROM json_to_recordset(%s::json) AS row (
        id uuid, identity text, canonical_url text, outlet_id uuid, title text, byline text, language text, published_at timestamptz
    )
    ON CONFLICT (identity) DO NOTHING
    RETURNING identity, id
"""


def insert_articles(rows: Iterable[Row]) -> dict[str, Known]:
    """The articles that were inserted. One that is missing has been inserted by somebody else since we looked."""
    # In one order everywhere, or two imports of the same articles would wait for each other.
    new = [(uuid7(), row) for row in sorted(rows, key=lambda row: row.identity)]
    if not new:
        return {}
    try:
        with transaction.atomic():
            copy_rows(_COPY_ARTICLES, _ARTICLE_TYPES, [_copied(key, row) for key, row in new])
    except IntegrityError:
        # COPY cannot pass over a row that is there; twice as slow, this can.
        records = [dict(zip(_ARTICLE_COLUMNS, _article(key, row), strict=True)) for key, row in new]
        with connection.cursor() as cursor:
            cursor.execute(_INSERT_ARTICLES, [orjson.dumps(records).decode()])
            return {identity: Known(article_id, 0, {}) for identity, article_id in cursor.fetchall()}
    return {row.identity: Known(key, 0, {}) for key, row in new}


def _article(key: UUID, row: Row) -> tuple[Any, ...]:
    draft = row.draft
    said = (draft.title, draft.byline, draft.language, draft.published_at)
    return (key, row.identity, draft.canonical_url, row.outlet_id, *said)


def _copied(key: UUID, row: Row) -> tuple[Any, ...]:
    _, identity, url, outlet_id, *said = _article(key, row)
    return (key.bytes, identity, url, outlet_id and outlet_id.bytes, *said)


_COPY_VERSIONS = """
    COPY claims_articleversion
        (id, article_id, number, text, text_sha256, text_fingerprint, length, fetched_at, import_run_id)
    FROM STDIN (FORMAT BINARY)
"""
_VERSION_TYPES = ("bytea", "bytea", "int4", "text", "varchar", "varchar", "int4", "timestamptz", "bytea")


def copy_versions(versions: Collection[tuple[Any, ...]]) -> None:
    """Rows with the columns of `_COPY_VERSIONS`."""
    copy_rows(_COPY_VERSIONS, _VERSION_TYPES, versions)


def outlets(rows: Iterable[Row]) -> dict[str, UUID]:
    """The outlets of these rows by their names as given; new ones are made."""
    wanted = {row.draft.outlet: row.draft for row in rows if row.draft.outlet}
    if not wanted:
        return {}
    found = _find_outlets(wanted)
    if missing := sorted(wanted.keys() - found.keys()):
        Outlet.objects.bulk_create(
            [Outlet(name=name, domain=wanted[name].outlet_domain) for name in missing], ignore_conflicts=True
        )
        found |= _find_outlets(missing)
    return found


def _find_outlets(names: Collection[str]) -> dict[str, UUID]:
    # Which names differ in case alone, only the database says: Python has other small letters for Σ and İ.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT given, id FROM unnest(%s::text[]) given JOIN claims_outlet ON lower(name) = lower(given)",
            [list(names)],
        )
        return dict(cursor.fetchall())


def offers(row: Row) -> int:
    """What this row says about its article, as bits in the order of `_KNOWN`."""
    draft = row.draft
    said = (draft.title, draft.byline, draft.language, row.outlet_id, draft.published_at)
    return sum(1 << bit for bit, value in enumerate(said) if value)


def refresh_metadata(changed: dict[UUID, Row], told_later: dict[UUID, Row], actor: User | None) -> None:
    """A changed text brings its own headline along. What was open so far is filled in, and nothing else is overwritten."""
    if not changed and not told_later:
        return
    articles = Article.objects.select_for_update(no_key=True).filter(pk__in={*changed, *told_later}, withdrawn_at=None)
    for article in articles.order_by("identity"):
        row = changed.get(article.pk) or told_later[article.pk]
        draft = row.draft
        before = state_of(article)
        if article.pk in changed:
            article.title, article.byline = draft.title or article.title, draft.byline or article.byline
            article.language = draft.language or article.language
        article.title = article.title or draft.title
        article.byline = article.byline or draft.byline
        article.language = article.language or draft.language
        article.outlet_id = article.outlet_id or row.outlet_id
        article.published_at = article.published_at or draft.published_at
        article.version, article.updated_at, article.updated_by = article.version + 1, timezone.now(), actor
        article.save(update_fields=[*DESCRIBED, "version", "updated_at", "updated_by"])
        if article.pk not in changed:
            events.record(article, "describe", actor=actor, data=without_words(changes(before, article)))


DESCRIBED = ("title", "byline", "language", "outlet", "published_at")
# An event can never be unsaid, and an article may be withdrawn: what it says is in past rows, of which it can be erased.
WORDS = ("title", "byline")


def without_words(data: dict[str, Any]) -> dict[str, Any]:
    """What an event says of an article: its words only by their digest (nothing for none)."""
    return {name: _hashes(value) if name in WORDS else value for name, value in data.items()}


def _hashes(value: Any) -> Any:
    if isinstance(value, list):
        return [_hashes(each) for each in value]
    return digest(value) if value else value
