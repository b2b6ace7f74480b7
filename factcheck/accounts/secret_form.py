"""What the secret of a token looks like: `fc_`, 40 random letters and digits, and 6 more that follow from them.

Scanners of repositories know it by this form (`fc_[0-9A-Za-z]{46}`) and by the sum at its end, and what was cut off or mistyped is told
apart without asking the database. Source: the tokens of GitHub since 2021, whose sum is the CRC-32 of the rest in base 62 too.
"""

from __future__ import annotations

import secrets
import string
import zlib

PREFIX = "fc_"
RANDOM_CHARS = 40  # 238 bits
SUM_CHARS = 6
_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_CHARS_BEFORE_SUMS = 46  # of the secrets that were given out before they had a sum; they keep working


def new_secret() -> str:
    random = PREFIX + "".join(secrets.choice(_DIGITS) for _ in range(RANDOM_CHARS))
    return random + _sum_of(random)


def is_possible(text: str) -> bool:
    """False for what was never given out as a secret; true says nothing yet."""
    if not text.startswith(PREFIX):
        return False
    return len(text) == _CHARS_BEFORE_SUMS or text[-SUM_CHARS:] == _sum_of(text[:-SUM_CHARS])


def _sum_of(text: str) -> str:
    number, digits = zlib.crc32(text.encode("utf-8", "surrogateescape")), ""
    for _ in range(SUM_CHARS):
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits
