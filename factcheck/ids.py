"""Primary keys that leave the server."""

from uuid import UUID

from uuid_utils.compat import uuid7 as _uuid7


def uuid7() -> UUID:
    """A UUID version 7: sorts by creation time, cannot be guessed by counting. Source: RFC 9562."""
    return _uuid7()
