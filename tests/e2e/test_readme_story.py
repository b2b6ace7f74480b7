"""The commands with which the README takes a claim to its approval, run as they stand."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from factcheck import embedded
from tests.e2e.test_up import Up
from tests.services import ROOT


def commands() -> str:
    """What is typed, without the prompts, in a shell that stops at the first that fails."""
    readme = (ROOT / "README.md").read_text()
    block = readme.split("(bash and curl; a test runs this as it stands):")[1].split("```console\n")[1].split("```")[0]
    typed = [line[2:] for line in block.splitlines() if line]
    assert len(typed) > 20
    return "\n".join(["set -eu -o pipefail", *typed])


@pytest.mark.skipif(not (shutil.which("bash") and shutil.which("curl")), reason="needs bash and curl")
def test_the_commands_of_the_readme_take_a_claim_to_its_approval(tmp_path: Path) -> None:
    home, folder = tmp_path / "home", tmp_path / "typed"
    folder.mkdir()
    script = commands().replace(".venv/bin/python manage.py", f"{sys.executable} {ROOT / 'manage.py'}")
    up = Up(home, DEMO="1").until_ready()
    try:
        script = script.replace("127.0.0.1:8000", f"127.0.0.1:{up.port}")
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=folder,
            env=os.environ | {"FACTCHECK_HOME": str(home)},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        with psycopg.connect(embedded.database_url(home)) as connection:
            found = connection.execute("SELECT stage, count(*) FROM reviews_review GROUP BY stage").fetchall()
        assert dict(found) == {"published": 4, "retracted": 1}  # the demo's own are public
    finally:
        up.end()
