"""The image and the stack, as far as they can be held without an engine."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from django.utils import timezone

from factcheck import env, jobs, workers
from factcheck.models import WorkerHeartbeat

ROOT = Path(__file__).resolve().parent.parent
DOCKER = ROOT / "docker"
DOCKERFILE = (DOCKER / "Dockerfile").read_text(encoding="utf-8")
README = (DOCKER / "README.md").read_text(encoding="utf-8")
OURS = {"web", "worker", "beat", "migrate"}
SECRETS = {
    "SECRET_KEY": "0123456789abcdef" * 4,
    "DATABASE_PASSWORD": "d",
    "DATABASE_OWNER_PASSWORD": "o",
    "BROKER_PASSWORD": "b",
    "POSTGRES_PASSWORD": "p",
}
OPERATORS = {**SECRETS, "ALLOWED_HOSTS": "facts.example"}


class NotSet(Exception):
    pass


def compose(environment: dict[str, str]) -> dict[str, Any]:
    """compose.yaml as an engine reads it with this environment. Raises NotSet as the engine would refuse."""

    def value(match: re.Match[str]) -> str:
        name, operator, default = match.groups()
        if environment.get(name):
            return environment[name]
        if operator == ":-":
            return default
        raise NotSet(name)

    text = re.sub(r"\$\{(\w+)(:-|:\?)?([^}]*)\}", value, (DOCKER / "compose.yaml").read_text(encoding="utf-8"))
    document: dict[str, Any] = yaml.safe_load(text)
    return document


STACK = compose(OPERATORS)
SERVICES = STACK["services"]


def test_the_dockerfile_passes_hadolint():
    hadolint = Path(sys.executable).with_name("hadolint")
    if not hadolint.exists():
        pytest.skip("hadolint comes as a wheel for Linux and for Macs with an ARM processor only")
    found = subprocess.run([hadolint, DOCKER / "Dockerfile"], capture_output=True, text=True)
    assert (found.returncode, found.stdout) == (0, "")


def test_the_stack_is_a_valid_compose_file():
    compose_spec = pytest.importorskip("compose_spec", reason="compose-spec has no wheel for this machine")
    parsed = compose_spec.PyCompose.from_yaml(yaml.safe_dump(STACK))
    parsed.validate()
    assert set(parsed.service_names()) == {*OURS, "postgres", "rabbitmq", "valkey"}
    broken = {**STACK, "services": {**SERVICES, "beat": {**SERVICES["beat"], "networks": ["nowhere"]}}}
    with pytest.raises(ValueError, match="nowhere"):
        compose_spec.PyCompose.from_yaml(yaml.safe_dump(broken)).validate()


@pytest.mark.parametrize("name", OPERATORS)
def test_the_stack_does_not_start_without(name):
    with pytest.raises(NotSet, match=name):
        compose({key: value for key, value in OPERATORS.items() if key != name})


def test_no_secret_stands_in_the_files():
    plain = compose({name: f"<{name}>" for name in OPERATORS})
    for service in plain["services"].values():
        for name, value in service["environment"].items() if "environment" in service else ():
            if name in SECRETS or env.VARIABLES.get(name, env.Variable("", "", "", "")).secret:
                assert "<" in value or value == "" or name == "CACHE_URL", name
    assert not re.findall(r"(?im)^\s*(?:ARG|ENV)\b.*(?:SECRET|PASSWORD|TOKEN)", DOCKERFILE)


@pytest.mark.parametrize("name", sorted(OURS))
def test_the_settings_know_every_variable_of(name):
    assert set(SERVICES[name]["environment"]) <= set(env.VARIABLES)


def test_the_settings_accept_the_environment_of_the_stack():
    environment = {"PATH": os.environ["PATH"], "STATIC_ROOT": "/app/static", **SERVICES["worker"]["environment"]}
    check = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    found = subprocess.run(check, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert found.returncode == 0, found.stderr


def test_the_migrations_alone_are_run_by_the_owner_of_the_tables():
    roles = {name: urlsplit(SERVICES[name]["environment"]["DATABASE_URL"]).username for name in OURS}
    assert roles == dict.fromkeys(OURS, "factcheck") | {"migrate": "factcheck_owner"}


def test_two_workers_share_the_work_and_one_beat_winds_them():
    assert SERVICES["worker"]["deploy"]["replicas"] == 2
    assert "deploy" not in SERVICES["beat"]


def test_everything_of_ours_waits_for_the_migrations():
    for name in OURS - {"migrate"}:
        assert SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    assert SERVICES["migrate"]["restart"] == "no"


@pytest.mark.parametrize("name", sorted(OURS))
def test_no_more_rights_than_needed_are_given_to(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_evidence_outlives_its_containers_and_is_the_same_for_all_who_read_or_write_it():
    mounts = {name: SERVICES[name].get("volumes", []) for name in OURS}
    assert mounts == {
        "web": ["evidence:/data/evidence"],
        "worker": ["evidence:/data/evidence"],
        "beat": [],
        "migrate": [],
    }
    assert "evidence" in STACK["volumes"]
    # A new volume takes its owner from the image.
    assert "--owner=10001 --group=10001 --mode=700 /data/evidence" in DOCKERFILE
    assert "FACTCHECK_HOME=/data" in DOCKERFILE


def test_one_port_is_published_and_only_to_this_machine():
    published = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert published == ["127.0.0.1:8000:8000"]


def test_services_of_others_have_no_way_out():
    assert STACK["networks"]["inside"] == {"internal": True}
    for name in SERVICES.keys() - OURS:
        assert SERVICES[name]["networks"] == ["inside"]
        assert SERVICES[name]["healthcheck"]["test"]


def test_each_command_of_the_stack_is_one_of_the_entry_script_and_of_the_readme():
    cases = set(re.findall(r"^(\w+)\)$", (DOCKER / "entry.sh").read_text(), re.MULTILINE))
    assert {word for name in OURS for word in SERVICES[name]["command"]} == cases == OURS
    table = set(re.findall(r"^\| `(\w+)` \|", README, re.MULTILINE))
    assert table == cases


def test_the_readme_names_what_must_be_set_and_nothing_unknown():
    example = README.split("```sh\n", 1)[1].split("```", 1)[0]
    names = set(re.findall(r"^(\w+)=", example, re.MULTILINE))
    assert names == set(OPERATORS)


def test_the_image_runs_as_a_numbered_user_without_rights():
    assert re.findall(r"(?m)^USER (.+)$", DOCKERFILE) == ["10001:10001"]
    assert "--require-hashes" in DOCKERFILE


def test_the_image_holds_what_the_build_context_lets_through():
    ignored = (DOCKER / "Dockerfile.dockerignore").read_text().splitlines()
    allowed = {line[1:] for line in ignored if line.startswith("!")}
    copied = {source for line in re.findall(r"(?m)^COPY (?!--from)(.+) \S+$", DOCKERFILE) for source in line.split()}
    assert copied == allowed
    assert all((ROOT / path).exists() for path in copied)


def test_the_scripts_are_executable_and_parse():
    for script in DOCKER.glob("*.sh"):
        assert os.access(script, os.X_OK), script
        shell = script.read_text().splitlines()[0].rpartition("/")[2].removeprefix("env ")
        assert subprocess.run([shell, "-n", script]).returncode == 0, script


def test_a_worker_is_given_up_by_its_check_when_the_queue_gives_it_up():
    source = (DOCKER / "healthcheck.py").read_text()
    assert re.findall(r"(?m)^STALE_SECONDS = (\d+)", source) == [str(workers.STALE_SECONDS)]


def test_the_web_check_fails_where_nothing_listens():
    listens_nowhere = {"PATH": os.environ["PATH"], "ALLOWED_HOSTS": "facts.example", "PORT": "1"}
    found = subprocess.run([sys.executable, DOCKER / "healthcheck.py", "web"], env=listens_nowhere, capture_output=True)
    assert found.returncode == 1


def test_a_worker_is_healthy_while_its_heartbeat_reaches_the_database(committed_database):
    def is_healthy() -> bool:
        environment = {**os.environ, "DATABASE_URL": committed_database}
        return subprocess.run([sys.executable, DOCKER / "healthcheck.py", "worker"], env=environment).returncode == 0

    jobs.worker_started(f"celery@not-{socket.gethostname()}/7", 2)
    assert not is_healthy()
    jobs.worker_started(f"celery@{socket.gethostname()}/7", 2)
    assert is_healthy()
    WorkerHeartbeat.objects.update(seen_at=timezone.now() - timedelta(seconds=workers.STALE_SECONDS + 1))
    assert not is_healthy()
