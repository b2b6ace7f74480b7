"""The environment is declared once, listed by a command, and refused loudly."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command

from factcheck import env

SETTINGS = Path(__file__).resolve().parent.parent / "factcheck" / "settings.py"


@pytest.fixture(autouse=True)
def declared(monkeypatch):
    """What tests read is forgotten afterwards."""
    monkeypatch.setattr(env, "VARIABLES", dict(env.VARIABLES))


def listed(*options):
    out = StringIO()
    call_command("config", *options, stdout=out)
    return out.getvalue()


def test_every_variable_of_the_settings_is_listed_with_default_and_help():
    names = set(re.findall(r'env\.read\(\s*"(\w+)"', SETTINGS.read_text()))
    variables = {variable["name"]: variable for variable in json.loads(listed("--json"))}
    assert names <= set(variables)
    assert len(names) >= 10
    for variable in variables.values():
        assert list(variable) == ["name", "default", "expects", "help", "secret", "is_set"]
        assert variable["expects"]
        assert variable["help"].endswith(".")
    for name in variables:
        assert f"{name} (" in listed()


def test_no_secret_is_printed(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "keep-this-to-yourself-0123456789abcdef")
    assert "keep-this" not in listed("--json") + listed()
    assert '"is_set": true' in listed("--json")


def test_a_default_that_is_made_of_a_secret_is_printed_without_it():
    addresses = {"redis://:hunter2@host/1": "redis://:...@host/1", "redis://ann:p@ss@host/1": "redis://ann:...@host/1"}
    for name, address in enumerate((*addresses, "postgresql://postgres@/desk?host=%2Frun")):
        env.read(f"X{name}", env.text, default=address, expects="x", help="X.", secret=True, environment={})
    shown = {variable["name"]: variable["default"] for variable in json.loads(listed("--json"))}
    assert [shown[f"X{name}"] for name in range(3)] == [*addresses.values(), "postgresql://postgres@/desk?host=%2Frun"]
    assert "hunter2" not in listed()


@pytest.mark.parametrize(
    ("parse", "raw", "value"),
    [
        (env.flag, "Yes", True),
        (env.flag, "", False),
        (env.between(1, 5), "5", 5),
        (env.listed, "a, b,,c ", ["a", "b", "c"]),
        (env.broker, "amqp://host", "amqp://host"),
    ],
)
def test_a_value_is_read(parse, raw, value):
    assert env.read("X", parse, default="", expects="x", help="X.", environment={"X": raw}) == value


def test_a_database_url_is_read_with_its_socket_folder():
    url = "postgresql://ann:p%40ss@/desk?host=%2Frun%2Fpg&sslmode=require"
    assert env.database(url) == {
        "NAME": "desk",
        "USER": "ann",
        "PASSWORD": "p@ss",
        "HOST": "/run/pg",
        "PORT": "",
        "OPTIONS": {"sslmode": "require"},
    }


@pytest.mark.parametrize(
    ("parse", "raw"),
    [
        (env.flag, "maybe"),
        (env.between(1, 5), "6"),
        (env.between(1, 5), "many"),
        (env.database, "mysql://host/name"),
        (env.database, "postgresql://host"),
        (env.broker, "kafka://host"),
        (env.broker, "redis://host/queue"),
    ],
)
def test_a_wrong_value_stops_the_start_and_says_what_was_expected(parse, raw):
    with pytest.raises(ImproperlyConfigured, match=f"X must be a good one; got '{raw}'"):
        env.read("X", parse, default="", expects="a good one", help="X.", environment={"X": raw})


def test_a_wrong_secret_is_not_repeated():
    with pytest.raises(ImproperlyConfigured, match="X must be a good one; got a value that does not parse") as refused:
        env.read("X", env.flag, default="", expects="a good one", help="X.", secret=True, environment={"X": "hunter2"})
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("parse", "raw"),
    [
        (env.database, "postgresql://ann:hunter2/x@host/desk"),
        (env.broker, "redis://ann:pass/hunter2@host"),
        (env.broker, "redis+socket:///s?virtual_host=hunter2"),
    ],
)
def test_what_is_said_of_a_wrong_secret_holds_no_part_of_it(parse, raw):
    with pytest.raises(ImproperlyConfigured, match="is no number") as refused:
        env.read("X", parse, default="", expects="a good one", help="X.", secret=True, environment={"X": raw})
    assert "hunter2" not in str(refused.value)


def test_half_a_secret_key_left_by_a_killed_process_is_made_anew(tmp_path):
    (tmp_path / "secret_key").write_text("")
    environment = {"FACTCHECK_HOME": str(tmp_path), "PATH": "", "DJANGO_SETTINGS_MODULE": "factcheck.settings"}
    ask = [sys.executable, "-c", "from django.conf import settings; print(settings.SECRET_KEY)"]
    first, second = (
        subprocess.run(
            ask, env=environment, cwd=SETTINGS.parent.parent, capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    )
    assert first == second
    assert len(first.strip()) >= 32
