"""A TypeScript client generated from the committed document compiles strictly, and lives an afternoon of triage against a live server."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from factcheck.accounts import tokens
from tests import make
from tests.services import ROOT

CLIENT = ROOT / "tests" / "client"


def run(*command: str) -> str:
    done = subprocess.run(command, cwd=CLIENT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def compiled() -> None:
    missing = "npm on the PATH" if shutil.which("npm") is None else "the packages of tests/client: make client"
    if shutil.which("npm") is None or not (CLIENT / "node_modules" / ".package-lock.json").exists():
        # Where changes are let in, nobody reads the reasons of skipped tests.
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"needs {missing}")
    run("npm", "run", "--silent", "generate")
    run("npm", "run", "--silent", "compile")


def test_a_generated_client_compiles_strictly_and_lives_an_afternoon_of_triage(compiled, site, worker):
    secrets = [
        tokens.issue(make.user(name, "importer", "triager"), name="story", scopes=["read", "import", "triage"])[1]
        for name in ("ada", "finn")
    ]
    assert run("node", "build/story.js", site, *secrets).endswith("events: as told.\n")
