"""schemathesis with more cases than a test may take. FUZZ_CASES (3000) says how many are drawn."""

from __future__ import annotations

import os

import pytest

from tests.fuzz.running import IDENTITIES, assert_nothing_is_found

CASES = int(os.environ.get("FUZZ_CASES", "3000"))


@pytest.mark.parametrize("who", IDENTITIES)
def test_schemathesis_finds_nothing_in_many_cases(who, committed_database, broker, tmp_path):
    assert_nothing_is_found(who, CASES // len(IDENTITIES), committed_database, broker, tmp_path)
