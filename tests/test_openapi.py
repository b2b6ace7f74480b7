"""The OpenAPI document is the contract: committed, whole, and shown from our own assets."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from django.contrib.staticfiles import finders
from django.core.management import call_command

SNAPSHOT = Path(__file__).parent / "snapshots" / "openapi.yaml"
REMAKE = "manage.py spectacular --validate --fail-on-warn --file tests/snapshots/openapi.yaml"


@pytest.fixture(scope="module")
def document():
    return yaml.safe_load(SNAPSHOT.read_text())


@pytest.fixture(scope="module")
def operations(document):
    return {
        operation["operationId"]: (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def test_the_committed_document_is_the_one_that_the_code_makes_without_a_warning(tmp_path):
    made = tmp_path / "openapi.yaml"
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(made))
    assert made.read_text() == SNAPSHOT.read_text(), f"review the difference, then: {REMAKE}"


def test_operations_are_named_verb_noun_once_each(document, operations):
    assert len(operations) == sum(len(methods) for methods in document["paths"].values())
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)+", name) for name in operations)
    assert {
        "list_claims": ("/api/v1/claims", "get"),
        "get_claim": ("/api/v1/claims/{id}", "get"),
        "create_article": ("/api/v1/articles", "post"),
        "update_claim": ("/api/v1/claims/{id}", "patch"),
        "accept_claim": ("/api/v1/claims/{id}/accept", "post"),
        "list_article_claims": ("/api/v1/articles/{parent}/claims", "get"),
    }.items() <= {name: (path, method) for name, (path, method, _) in operations.items()}.items()


def test_no_address_ends_in_a_slash(document):
    assert [path for path in document["paths"] if path.endswith("/")] == []


def test_every_operation_declares_its_problems(operations):
    for name, (path, method, operation) in operations.items():
        problems = {code: answer for code, answer in operation["responses"].items() if code >= "400"}
        expected = {"400", "406", "500", "503"}
        expected |= {"401", "403"} if operation.get("security") else set()
        expected |= {"404"} if "{" in path else set()
        expected |= {"413", "415", "422"} if method in ("post", "patch") else set()
        assert expected <= set(problems), name
        for answer in problems.values():
            assert answer["content"] == {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
            }


def test_every_operation_that_needs_a_scope_names_it(operations):
    assert operations["list_claims"][2]["security"] == [{"token": ["read"]}, {"session": ["read"]}]
    assert operations["create_article"][2]["security"] == [{"token": ["import"]}, {"session": ["import"]}]
    assert operations["get_me"][2]["security"] == [{"token": []}, {"session": []}]
    assert "security" not in operations["list_problems"][2]


def test_a_list_is_a_page_with_its_parameters(document, operations):
    _, _, claims = operations["list_claims"]
    names = {parameter["name"] for parameter in claims["parameters"]}
    assert {"cursor", "page_size", "ordering", "count"} <= names
    page = document["components"]["schemas"]["PaginatedClaimList"]
    assert page["required"] == ["results", "next"]
    ordering = next(parameter for parameter in claims["parameters"] if parameter["name"] == "ordering")
    assert {"check_worthiness", "-check_worthiness"} <= set(ordering["schema"]["enum"])


def test_what_an_answer_always_has_is_required(document):
    for name in ("Claim", "Article", "Job", "Me", "Problem"):
        schema = document["components"]["schemas"][name]
        assert schema["required"] == list(schema["properties"]), name
    assert document["components"]["schemas"]["FieldError"]["required"] == ["code", "detail"]


def test_the_document_says_how_positions_are_counted(document):
    assert document["openapi"] == "3.1.1"
    assert "Unicode code points" in document["info"]["description"]
    assert "UTF-16" in document["info"]["description"]


def test_the_document_is_served_to_everybody(client):
    response = client.get("/api/v1/schema", headers={"Accept": "application/json"})
    assert response.status_code == 200
    assert response.json()["paths"].keys() == yaml.safe_load(SNAPSHOT.read_text())["paths"].keys()


@pytest.mark.parametrize("path", ["/api/v1/docs", "/api/v1/docs/try"])
def test_the_reference_pages_load_nothing_from_elsewhere_and_run_nothing_inline(client, path):
    response = client.get(path)
    assert response.status_code == 200
    assert "default-src 'none'; script-src 'self'; style-src" in response["Content-Security-Policy"]
    page = response.content.decode()
    assert re.findall(r"(?:https?:)?//[a-z]", page) == []
    assert re.findall(r"<style|<script>|\son\w+=", page) == []
    assets = re.findall(r'(?:src|href|spec-url)="([^"]+)"', page)
    assert len(assets) >= 3
    for asset in assets:
        if asset.startswith("/static/"):
            file = finders.find(asset.removeprefix("/static/"))
            assert file, asset
            if asset.endswith(".css"):
                assert re.findall(r"url\(\s*['\"]?(?:https?:)?//", Path(file).read_text()) == []
        else:
            assert client.get(asset, headers={"Accept": "*/*"}).status_code == 200, asset
