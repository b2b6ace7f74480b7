"""The OpenAPI document is the contract: committed, whole, and shown from our own assets."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.urls import get_resolver

from factcheck.api.problems import catalogue

SNAPSHOT = Path(__file__).parent / "snapshots" / "openapi.yaml"
REMAKE = "manage.py spectacular --validate --fail-on-warn --file tests/snapshots/openapi.yaml"


@pytest.fixture(scope="module")
def document():
    return yaml.load(SNAPSHOT.read_text(), Loader=yaml.CSafeLoader)  # in a third of the time


@pytest.fixture(scope="module")
def operations(document):
    return {
        operation["operationId"]: (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def test_the_committed_document_is_the_one_that_the_code_makes_without_a_warning(tmp_path):
    """Whether it is OpenAPI at all takes as long as a hundred tests to say: `.ci/run` and `make openapi` ask that."""
    made = tmp_path / "openapi.yaml"
    call_command("spectacular", fail_on_warn=True, file=str(made))
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


def test_every_problem_of_an_operation_is_known_by_its_code(document, operations):
    assert get_resolver().url_patterns  # whatever answers is loaded, as in a server
    kinds = {kind.code: kind for kind in catalogue()}
    for name, (_, _, operation) in operations.items():
        for status, answer in operation["responses"].items():
            if status >= "400":
                assert list(answer["content"]) == ["application/problem+json"], name
                codes = codes_of(document, answer)
                assert {kinds[code].status for code in codes} == {int(status)}, name
    assert codes_of(document, operations["accept_claim"][2]["responses"]["409"]) == {
        "action_not_allowed", "idempotency_in_progress",
    }  # fmt: skip
    assert "bulk_refused" in codes_of(document, operations["bulk_claims"][2]["responses"]["409"])


def test_a_problem_tells_its_further_members_by_name_and_type(document):
    told = document["components"]["schemas"]["StaleVersionProblem"]["allOf"][1]
    assert set(told["required"]) == {
        "code", "status", "current_version", "changed_by", "changed_at", "changed_fields",
    }  # fmt: skip
    assert told["properties"]["code"] == {"type": "string", "const": "stale_version"}
    assert told["properties"]["changed_by"] == {"type": ["string", "null"]}
    assert told["properties"]["changed_fields"] == {"type": "array", "items": {"type": "string"}}


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


# Members of answers that are not always there; the description of each says when.
MAY_BE_ABSENT = {
    "FieldError": {"pointer", "parameter", "header"}, "ActionNotAllowedProblem": {"allowed_actions"},
    "ActionBlockedProblem": {"allowed_actions"}, "Blocked": {"items"},
}  # fmt: skip


def test_what_an_answer_always_has_is_required(document, operations):
    told = 0
    for name, schema in schemas_of_answers(document, operations):
        if "properties" in schema:
            absent = {"count"} if name.startswith("Paginated") else MAY_BE_ABSENT.get(name, set())
            assert set(schema["properties"]) - set(schema["required"]) == absent, name
            told += 1
    assert told > 40


def test_every_member_of_an_answer_says_what_it_is(document, operations):
    """No `{}`, which generated clients call unknown or any; what may be any JSON says so."""
    for name, schema in schemas_of_answers(document, operations):
        assert schema.keys() & {"$ref", "type", "anyOf", "oneOf", "allOf", "const", "enum"}, (name, schema)
        if schema.get("type") == "array":
            assert schema["items"], name
        if schema.get("type") == "object":
            assert schema.get("properties") or schema.get("additionalProperties"), (name, schema)


def test_a_body_is_a_form_of_its_own_and_never_the_whole_row(document, operations):
    told = 0
    for operation_id, (_, _, operation) in operations.items():
        for kind in operation.get("requestBody", {}).get("content", {}).values():
            name = kind["schema"]["$ref"].rpartition("/")[2]
            assert document["components"]["schemas"][name]["additionalProperties"] is False, (operation_id, name)
            told += 1
    assert told > 40


def test_every_enumeration_has_a_name_of_its_own(document):
    schemas = document["components"]["schemas"]
    for name, schema in schemas.items():
        inline = [inner for inner in within(schema) if inner is not schema and "enum" in inner]
        assert inline == [], name
    # A name ending so was made up from a field's: the next field of that name would change it. See ENUM_NAME_OVERRIDES.
    assert {name for name in schemas if name.endswith("Enum")} == {"BlankEnum"}


def schemas_of_answers(document, operations):
    """Every schema within what is answered, with the name of the component that it stands in."""
    found, waiting = {}, [
        content["schema"]
        for _, _, operation in operations.values()
        for answer in operation["responses"].values()
        for content in answer.get("content", {}).values()
    ]  # fmt: skip
    while waiting:
        for schema in within(waiting.pop()):
            name = schema.get("$ref", "").rpartition("/")[2]
            if name and name not in found:
                found[name] = document["components"]["schemas"][name]
                waiting.append(found[name])
    return [(name, inner) for name, schema in found.items() if name != "JsonValue" for inner in within(schema)]


def within(schema):
    """The schema and all that stand in it, by the keywords under which schemas stand."""
    yield schema
    for inner in (schema.get("items"), schema.get("additionalProperties")):
        if isinstance(inner, dict):
            yield from within(inner)
    for inner in [
        *schema.get("properties", {}).values(),
        *(s for k in ("anyOf", "oneOf", "allOf") for s in schema.get(k, ())),
    ]:
        yield from within(inner)


def codes_of(document, answer):
    (schema,) = (content["schema"] for content in answer["content"].values())
    names = [each["$ref"].rpartition("/")[2] for each in schema.get("oneOf", [schema])]
    return {document["components"]["schemas"][n]["allOf"][1]["properties"]["code"]["const"] for n in names}


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
