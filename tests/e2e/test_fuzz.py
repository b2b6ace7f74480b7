"""schemathesis asks every operation of the document, with good data and wrong, with all its checks on: it finds nothing.

As somebody with all scopes and as somebody who may only read, always with the same seed. FUZZ_CASES (200) says how many cases are drawn for
both together; CI has 1,000 and `make soak` 3,000. With many cases, each constraint of the document is also broken by itself.
"""

from __future__ import annotations

import os

import pytest

from tests.fuzz.running import IDENTITIES, assert_nothing_is_found

CASES = int(os.environ.get("FUZZ_CASES", "200"))


@pytest.mark.parametrize("who", IDENTITIES)
def test_schemathesis_finds_nothing(who, committed_database, broker, tmp_path):
    assert_nothing_is_found(who, CASES // len(IDENTITIES), committed_database, broker, tmp_path)
