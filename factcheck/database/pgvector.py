"""The one extension of PostgreSQL that is needed: vectors, and the index that finds near ones."""

from __future__ import annotations

from typing import Any

NEEDED = (0, 7)  # half-precision vectors


def what_is_missing(cursor: Any) -> str:
    """What keeps this database from comparing vectors, and what to do about it; empty when it has pgvector or its role may add it."""
    cursor.execute("SELECT extversion FROM pg_extension WHERE extname = 'vector'")
    if present := cursor.fetchone():
        return _too_old(present[0], "a superuser then says: ALTER EXTENSION vector UPDATE;")
    cursor.execute(
        "SELECT version, superuser AND NOT trusted AND NOT rolsuper, current_user "
        "FROM pg_available_extensions JOIN pg_available_extension_versions USING (name), pg_roles "
        "WHERE name = 'vector' AND version = default_version AND rolname = current_user"
    )
    available = cursor.fetchone()
    if available is None:
        return "This PostgreSQL has no pgvector. Install it on the server, or use the image pgvector/pgvector."
    version, is_forbidden, user = available
    if is_forbidden:
        return f"{user} may not add pgvector to this database. Have a superuser say there: CREATE EXTENSION vector;"
    return _too_old(version, "then try again.")


def _too_old(version: str, then: str) -> str:
    if tuple(int(part) for part in version.split(".")[:2]) >= NEEDED:
        return ""
    return f"pgvector {version} is too old, 0.7 or later is needed. Update it on the server; {then}"
