"""When an article was published, from what its source wrote."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

# Before the first newspaper stands a placeholder for "unknown" (year 1, in several languages), not a date; so does year 9999.
FIRST_YEAR, LAST_YEAR = 1605, 2200


def parse_published_at(written: str, default_timezone: tzinfo) -> datetime:
    """An instant in UTC from ISO 8601 or RFC 3339.

    Without an offset the time is one in `default_timezone`; a date alone is its midnight there. Raises ValueError on anything
    else, an impossible date, and years outside 1605 to 2200.
    """
    iso = written.strip().upper()
    if iso[-6:-4] in (" +", " -"):  # Jekyll and Hugo write 2025-07-02 14:30:00 +0300
        iso = iso[:-6] + iso[-5:]
    try:
        moment = datetime.fromisoformat(iso)
    except ValueError:
        raise ValueError(f"{written[:40]!r} is no ISO 8601 date; write it like 2025-07-02T14:30:00+03:00") from None
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(
            f"the year {moment.year} is outside {FIRST_YEAR} to {LAST_YEAR}; leave the date out when it is unknown"
        )
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=default_timezone)
    return moment.astimezone(UTC)
