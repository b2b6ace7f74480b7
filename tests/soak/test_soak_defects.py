"""Every seeded defect is caught within a minute, by the test that is there for it; without them these tests pass."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from tests.defects import DEFECTS, Defect
from tests.services import ROOT

MOST_SECONDS = 60  # the start of PostgreSQL included


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own, with services of its own."""
    ours = ("DJANGO_SETTINGS_MODULE", "FACTCHECK_HOME")
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment | variables, capture_output=True, text=True, timeout=600)


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name.replace(" ", "-"))
def test_a_seeded_defect_is_caught(defect: Defect) -> None:
    started = time.monotonic()
    done = run("-p", "tests.defects", "-x", f"tests/{defect.caught_by}", DEFECT=defect.name)
    seconds = time.monotonic() - started
    print(f"\n  {defect.name:40} {seconds:4.1f} s")
    assert f"\nFAILED tests/{defect.caught_by}" in done.stdout, done.stdout[-3000:] + done.stderr[-3000:]
    assert "\nERROR tests/" not in done.stdout, done.stdout[-3000:]
    assert seconds < MOST_SECONDS


def test_without_a_defect_the_same_tests_pass() -> None:
    done = run(*(f"tests/{defect.caught_by}" for defect in DEFECTS))
    assert done.returncode == 0, done.stdout[-3000:]
