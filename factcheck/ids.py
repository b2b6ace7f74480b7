"""Primary keys that leave the server."""

from datetime import datetime
from uuid import UUID, SafeUUID

import uuid_utils

_UNKNOWN = SafeUUID.unknown  # reading a member of an enumeration takes longer than making the number


def uuid7() -> UUID:
    """A UUID version 7: sorts by creation time, cannot be guessed by counting. Source: RFC 9562."""
    made = UUID.__new__(UUID)
    # As unpickling does it. The constructor would check the value again for four times as long, and an import makes four a row.
    object.__setattr__(made, "int", uuid_utils.uuid7().int)
    object.__setattr__(made, "is_safe", _UNKNOWN)
    return made


def first_key_at(moment: datetime) -> UUID:
    """The least key that `uuid7` may have made since then: what came in a span of time is a range of the primary key."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def uuid7_bytes() -> bytes:
    """The same number as COPY takes it, for rows whose key nobody looks at on the way: a third of the time."""
    return uuid_utils.uuid7().bytes
