"""The README is under test: what it shows comes out, and its tables are those of the code."""

from __future__ import annotations

import base64
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from claims.triage import as_markdown
from factcheck import jobs, routes
from factcheck.env import VARIABLES
from factcheck.webhooks import signing, types
from reviews import corrections, publication, stages
from tests import make
from tests.api import api

README = (Path(__file__).resolve().parent.parent / "README.md").read_text(encoding="utf-8")


def between(start: str, end: str) -> str:
    return README.split(start, 1)[1].split(end, 1)[0]


def assert_shown(shown: Any, real: Any, at: str = "") -> None:
    """`shown` is `real`, shortened: objects may lack members, lists may lack their tail."""
    if isinstance(shown, dict):
        for key, value in shown.items():
            assert_shown(value, real[key], f"{at}/{key}")
    elif isinstance(shown, list):
        for n, value in enumerate(shown):
            assert_shown(value, real[n], f"{at}/{n}")
    else:
        assert shown == real, at


@pytest.mark.django_db
def test_the_article_of_the_readme_gives_the_claim_of_the_readme():
    make.article(between("<<'ARTICLE'\n", "ARTICLE\n"))
    jobs.work("test")
    ada = make.user("ada", "triager")
    [claim] = api(ada).get("/claims?search=reserve+tripled&ordering=-check_worthiness").json()["results"]
    assert_shown(json.loads(between("```json\n", "```")), claim)
    second = api(ada).get("/claims?search=crowns").json()["results"][0]
    assert second["modality"] == "forecast"
    hops = [hop["name"] for hop in second["appearances"][0]["attribution"]]
    assert hops == ["the parliament's budget office", "Meridian Press Agency"]


def test_the_triage_table_is_the_one_of_the_code():
    assert between("claims/triage.py, held by a test -->\n", "\n<!-- end of triage") == as_markdown()


def test_the_stages_are_drawn_as_they_are():
    diagram = between("stages.py, held by a test -->\n```mermaid\n", "\n```\n<!-- end of stage diagram")
    assert diagram == stages.as_mermaid()
    table = between(
        "<!-- stage table: written from reviews/stages.py, held by a test -->\n", "\n<!-- end of stage table"
    )
    assert table == stages.as_markdown()


def test_the_exports_are_those_of_the_code():
    assert between("reviews/publication, held by a test -->\n", "\n<!-- end of exports") == publication.as_markdown()


def test_the_way_of_a_correction_request_is_the_one_of_the_code():
    table = between(
        "<!-- request table: written from reviews/corrections.py, held by a test -->\n", "\n<!-- end of request table"
    )
    assert table == corrections.as_markdown()


def test_the_table_of_access_is_the_one_of_the_code():
    assert (
        between("access table: written from the code, held by a test -->\n", "\n<!-- end of access")
        == routes.as_markdown()
    )


def test_the_table_of_event_types_is_the_one_of_the_code():
    assert (
        between("event types: written from the code, held by a test -->\n", "\n<!-- end of event")
        == types.as_markdown()
    )


def test_the_receiver_of_the_readme_takes_what_we_sign_and_nothing_else():
    recipe: dict[str, Any] = {}
    exec(between("```python\n", "```"), recipe)
    secret, key, body = signing.new_secret().secret, b"k" * 32, b'{"type": "claim.accepted"}'
    keys = [key, base64.b64decode(secret.removeprefix("whsec_"))]
    now = timezone.now()
    headers = signing.headers("msg_1", now, body, keys)
    assert recipe["is_genuine"](headers, body, secret)
    assert recipe["is_genuine"](headers, body, signing.written(key))
    old = signing.headers("msg_1", now - timedelta(minutes=6), body, keys)
    for forged in (
        (headers, body + b" ", secret), (headers, body, signing.new_secret().secret), (headers | {"webhook-id": "msg_2"}, body, secret),
        (old, body, secret),
    ):  # fmt: skip
        assert not recipe["is_genuine"](*forged)


def test_every_variable_of_the_readme_exists():
    named = set(re.findall(r"`([A-Z][A-Z_]+)[=`]", README)) | set(re.findall(r"([A-Z][A-Z_]+)=", README))
    assert named >= {"TRUSTED_PROXIES", "CACHE_URL", "METRICS_TOKEN", "CORS_ALLOWED_ORIGINS", "SECRET_KEY"}
    assert named - {"ARGS", "TOKEN"} <= set(VARIABLES)


def test_every_make_target_of_the_readme_exists():
    makefile = (Path(__file__).resolve().parent.parent / "Makefile").read_text(encoding="utf-8")
    targets = {line.split("`")[1].removeprefix("make ") for line in README.splitlines() if line.startswith("| `make ")}
    assert targets == {"up", "test", "e2e", "screenshots", "lint", "bench", "bench-large", "soak", "openapi", "clean"}
    assert all(f"\n{target}:" in makefile for target in targets)
