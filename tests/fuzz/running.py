"""Runs schemathesis as from the command line, against a server that runs, and counts what it was answered."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from factcheck.accounts.models import User
from factcheck.accounts.roles import SCOPES
from tests import make
from tests.fuzz import world
from tests.services import ROOT
from tests.web import serving

CONFIGURATION = ROOT / "tests" / "fuzz" / "schemathesis.toml"
DOCUMENT = ROOT / "tests" / "snapshots" / "openapi.yaml"
TIMEOUT_SECONDS = 1800
OPERATIONS = sum(len(methods) for methods in yaml.safe_load(DOCUMENT.read_text())["paths"].values())


# With so many cases the document is covered as well, which takes some 3,500 requests.
COVERED_FROM = 1500


class Expected(NamedTuple):
    """The share of the drawn cases and the number of operations that must succeed."""

    share: float
    operations: int


IDENTITIES = {"everything": Expected(0.33, 64), "read": Expected(0.2, 42)}


@dataclass
class Fuzzed:
    """A run of schemathesis: how it ended, how many cases it made, and what the server answered to them in each phase.

    What its checks ask besides, such as the same without credentials, is not counted.
    """

    code: int
    output: str
    cases: int = 0
    answers: dict[str, Counter[int]] = field(default_factory=dict)
    succeeded: set[str] = field(default_factory=set)

    def share_of_successes(self, phase: str) -> float:
        answers = self.answers[phase]
        return sum(count for status, count in answers.items() if status < 400) / answers.total()

    def __str__(self) -> str:
        told = "; ".join(f"{phase}: {dict(sorted(answers.items()))}" for phase, answers in self.answers.items())
        return f"{self.cases} cases, {len(self.succeeded)} operations succeeded. {told}"


def assert_nothing_is_found(who: str, cases: int, *fixtures: Any) -> None:
    """By schemathesis in so many drawn cases, shared among the operations; and not because everything is refused at the door."""
    expected = IDENTITIES[who]
    phases = "coverage,fuzzing,stateful" if cases >= COVERED_FROM else "fuzzing,stateful"
    fuzzed = fuzz_as(who, *fixtures, phases=phases, examples=ceil(cases / OPERATIONS))
    print(f"\n{who}: {fuzzed}")
    assert fuzzed.code == 0, fuzzed.output
    assert fuzzed.share_of_successes("fuzzing") >= expected.share, str(fuzzed)
    assert len(fuzzed.succeeded) >= expected.operations, sorted(fuzzed.succeeded)


def fuzz_as(who: str, database_url: str, broker_url: str, folder: Path, *, phases: str, examples: int) -> Fuzzed:
    """Everything there is, asked by somebody with all scopes ("everything") or with one alone ("read").

    `examples` is of each operation in the phases that draw; the phase `coverage` goes through all there is.
    """
    root, uma = User.objects.create_superuser("root"), make.user("uma", "auditor")
    rows = world.build(root, uma)
    asks = world.identity(root, *SCOPES) if who == "everything" else world.identity(uma, who)
    (folder / "world.json").write_text(json.dumps(rows))
    report = folder / "report.ndjson"
    with serving(database_url, broker_url, folder / "web.log", "tests.fuzz.wsgi") as web:
        command = [
            sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIGURATION), "run", str(DOCUMENT), "--url", web.address,
            "--checks", "all", "--phases", phases, "--max-examples", str(examples),
            "--report", "ndjson", "--report-ndjson-path", str(report), "--no-color",
        ]  # fmt: skip
        environment = os.environ | {
            "SCHEMATHESIS_HOOKS": "tests.fuzz.hooks",
            "PYTHONPATH": str(ROOT),
            "PYTHONHASHSEED": "0",
            "FUZZ_WORLD": str(folder / "world.json"),
            "FUZZ_URL": web.address,
            "FUZZ_TOKEN_ID": asks.token_id,
            "FUZZ_TOKEN": asks.token,
            "FUZZ_SESSION": asks.session,
        }
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False
        )
    fuzzed = Fuzzed(done.returncode, done.stdout + done.stderr)
    for scenario in _scenarios(report):
        _count(scenario, fuzzed)
    return fuzzed


def _scenarios(report: Path) -> Iterator[dict[str, Any]]:
    for line in report.read_text().splitlines() if report.exists() else ():
        if scenario := json.loads(line).get("ScenarioFinished"):
            yield scenario


def _count(scenario: dict[str, Any], fuzzed: Fuzzed) -> None:
    phase, recorder = scenario["phase"], scenario["recorder"]
    answers = fuzzed.answers.setdefault(phase, Counter())
    for key, interaction in recorder.get("interactions", {}).items():
        if "parent_id" in recorder["cases"][key] and phase != "stateful":
            continue
        case, status = recorder["cases"][key]["value"], interaction["response"]["status_code"]
        fuzzed.cases += 1
        answers[status] += 1
        if status < 400:
            fuzzed.succeeded.add(f"{case['method']} {case['path']}")
