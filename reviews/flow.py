"""What comes in and what goes out, day by day: a question to the rows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from factcheck.ids import first_key_at

DAYS = 14
MOST = 1000  # rows of a kind that are counted in a day: a page must not cost more because much was imported

# Keys are times. Whatever was restored since is not decided; what came from elsewhere was published when it was first public here.
_STATEMENT = """
    SELECT
        (SELECT count(*) FROM (
            SELECT FROM claims_claim WHERE id >= day.first AND id < day.after LIMIT %(most)s) found),
        (SELECT count(*) FROM (
            SELECT FROM claims_claim WHERE triaged_at >= day.start AND triaged_at < day.stop AND triage_status <> 'candidate'
            LIMIT %(most)s) found),
        (SELECT count(*) FROM (
            SELECT FROM reviews_review WHERE id >= day.first AND id < day.after AND desk_id = ANY(%(desks)s) LIMIT %(most)s) found),
        (SELECT count(*) FROM (
            SELECT FROM reviews_factcheck told JOIN reviews_review made ON made.id = told.review_id
            WHERE told.id >= day.first AND told.id < day.after AND made.desk_id = ANY(%(desks)s) LIMIT %(most)s) found)
    FROM unnest(%(starts)s::timestamptz[], %(stops)s::timestamptz[], %(firsts)s::uuid[], %(afters)s::uuid[])
        WITH ORDINALITY AS day (start, stop, first, after, number)
    ORDER BY day.number
"""


@dataclass(frozen=True, slots=True)
class Day:
    """Of one day in UTC: claims that came and that were decided, reviews of some desks that were opened and that became public."""

    on: date
    claims: int
    decided: int
    opened: int
    published: int


def flow(desks: Collection[UUID]) -> list[Day]:
    """The last days, today last, in one query. None of the numbers is more than MOST: so many it may be, or more."""
    today = timezone.now().astimezone(UTC).date()
    days = [today - timedelta(days=ago) for ago in reversed(range(DAYS))]
    bounds = [datetime.combine(day, time.min, UTC) for day in (*days, today + timedelta(days=1))]
    keys = [first_key_at(bound) for bound in bounds]
    asked: dict[str, Any] = {
        "most": MOST, "desks": list(desks), "starts": bounds[:-1], "stops": bounds[1:], "firsts": keys[:-1], "afters": keys[1:],
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENT, asked)
        return [Day(day, *counts) for day, counts in zip(days, cursor.fetchall(), strict=True)]
