"""Every route times everybody who may ask: who is let through is what the tables of access say, and whoever is not has moved nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.checks import run_checks
from django.db import connection, transaction
from django.template.response import SimpleTemplateResponse
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from claims import pipeline
from claims.models import Appearance, ExtractionRun, Outlet
from claims.pipeline.queueing import EXTRACT
from factcheck import jobs, routes
from factcheck.access import OF_ITS_KIND
from factcheck.accounts.models import User
from factcheck.accounts.needs import READ, Need
from factcheck.accounts.roles import ROLES, SCOPES
from factcheck.api.jobs import JobViewSet
from factcheck.audit.models import AuditEvent
from factcheck.models import Job
from factcheck.routes import Route
from tests import make
from tests.api import Api, api, assert_problem
from tests.remembering import remembered

NOBODY = "01890000-0000-7000-8000-000000000000"

# The tables are whole


def test_every_route_has_one_row_and_every_row_a_route():
    assert run_checks(tags=["api"]) == []
    of_routes = {str(route) for route in routes.walk()}
    assert len(of_routes) > 150
    assert {"PATCH /api/v1/claims/{id}", "GET /healthz", "POST /admin/claims/claim/{id}/split/"} <= of_routes


@pytest.fixture
def without(monkeypatch) -> Callable[[str], None]:
    """Takes a row out of the tables."""

    def take(row: str) -> None:
        monkeypatch.setattr(routes, "table", lambda: {k: v for k, v in before.items() if k != row})

    before = routes.table()
    return take


@pytest.mark.parametrize(
    ("row", "asked"),
    [
        ("POST /api/v1/claims/{id}/accept", ["POST"]),
        ("GET /api/v1/problems", ["GET"]),
        ("* /healthz", ["GET", "POST"]),
        ("POST /admin/claims/claim/", ["POST"]),
        ("* /admin/claims/claim/{id}/split/", ["GET", "POST"]),
    ],
)
def test_a_route_without_a_row_is_an_error_at_start(without, row, asked):
    address = row.partition(" ")[2]
    without(row)
    found = [(error.id, error.msg) for error in run_checks(tags=["api"])]
    assert found == [
        ("factcheck.E004", f"No row of the tables of access speaks of {method} {address}") for method in asked
    ]


def test_a_row_without_a_route_is_an_error_at_start(monkeypatch):
    before = routes.table()
    monkeypatch.setattr(routes, "table", lambda: before | {"GET /api/v1/clams": READ})
    assert [error.msg for error in run_checks(tags=["api"])] == ["The row 'GET /api/v1/clams' speaks of no route"]


def test_a_view_that_decides_by_itself_is_an_error_at_start(monkeypatch):
    monkeypatch.setattr(JobViewSet, "permission_classes", ())
    found = [error.msg for error in run_checks(tags=["api"])]
    assert len(found) == 4
    assert "GET /api/v1/jobs: JobViewSet decides by itself who may ask, instead of by its row" in found


def test_a_kind_of_job_that_nobody_may_ask_for_is_an_error_at_start(monkeypatch):
    without = {kind: need for kind, need in routes.jobs().items() if kind != "fetch_article"}
    monkeypatch.setattr(routes, "jobs", lambda: without)
    assert [error.msg for error in run_checks(tags=["api"])] == [
        "Jobs of the kind 'fetch_article' need a handler, and a row that says who may ask for them"
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("row", ["GET /api/v1/claims", "* /healthz", "GET /admin/claims/claim/"])
def test_a_route_without_a_row_is_answered_to_nobody(without, row):
    root = User.objects.create_superuser("root")
    client = api(root)
    client.force_login(root)
    address = f"http://testserver{row.partition(' ')[2]}"
    assert client.get(address).status_code == 200
    without(row)
    assert client.get(address).status_code == 500


# Everybody


def person(name: str, *, is_staff: bool) -> User:
    """Somebody of this role, or a superuser, or nobody in particular."""
    if name == "superuser":
        root = User.objects.create_superuser("root")
        User.objects.filter(pk=root.pk).update(is_staff=is_staff)
        return root
    return make.user(name, *([name] if name in ROLES else []), is_staff=is_staff)


def held_by(name: str) -> frozenset[str]:
    return frozenset(SCOPES) if name == "superuser" else frozenset(ROLES[name].scopes if name in ROLES else ())


PEOPLE = [*ROLES, "superuser", "somebody"]  # the last has signed in and has no role


def is_met(need: Need, name: str, scopes: frozenset[str]) -> bool:
    """What a row says of somebody, worked out from the row alone."""
    if need.refusal:
        return False
    has_scope = not need.scopes or any(scope in scopes for scope in need.scopes)
    return has_scope and (not need.roles or name == "superuser" or name in need.roles)


@pytest.fixture
def world(db, caplog, monkeypatch) -> dict[str, Any]:
    """One row of each kind, by the part of its addresses that names the kind."""
    caplog.set_level(logging.CRITICAL, "factcheck")
    rows = one_of_each()
    monkeypatch.setattr(SchemaGenerator, "get_schema", lambda *args, **options: {})  # half a second, whoever asks
    return rows


@remembered
def one_of_each() -> dict[str, Any]:
    ada = make.user("ada", "importer", "triager")
    article = make.article("Prices rose by 40 per cent last year, the bank said.", outlet="Wire")
    assert jobs.work("tests")
    of_matching = make.match_rows(ada)
    run = pipeline.start_run("feed.jsonl", {}, started_by=ada)
    pipeline.land_batch([make.draft("Another.")], run=run)
    pipeline.finish_run(run)
    claim = make.claim(actor=ada, version_id=article.versions.get().pk, start=0, end=6)
    api(ada, "read")
    rows = {
        "articles": article.pk, "article-versions": article.versions.get().pk, "claims": claim.pk,
        "appearances": Appearance.objects.filter(claim=claim).get().pk,
        "extraction-runs": ExtractionRun.objects.earliest("id").pk, "import-runs": run.pk, **of_matching,
        "jobs": Job.objects.get(state="queued", kind="extract").pk, "outlets": Outlet.objects.get().pk, "users": ada.pk,
        "tokens": ada.tokens.get().pk, **make.review_rows(room := make.newsroom()), **make.webhook_rows(room),
    }  # fmt: skip
    pages = {
        "article": "articles", "claim": "claims", "earlierfactcheck": "earlier-fact-checks", "importrun": "import-runs", "extractionrun": "extraction-runs",
        "job": "jobs", "user": "users", "token": "tokens", "review": "reviews", "desk": "desks", "reviewpolicy": "policies",
        "correctionrequest": "correction-requests",
        "webhookendpoint": "webhook-endpoints", "webhookdelivery": "webhook-deliveries",
    }  # fmt: skip
    others = {"auditevent": AuditEvent.objects.latest("id").pk, "ratingscaleversion": room.desk.scale_id}
    return rows | {model: rows[kind] for model, kind in pages.items()} | others


def address_of(route: Route, world: dict[str, Any]) -> str:
    """The route's address, of a row that is there."""
    steps = route.address.split("/")
    kind = (
        next((step for step in reversed(steps[: steps.index("{id}")]) if step in world), "") if "{id}" in steps else ""
    )
    return route.address.replace("{id}", str(world.get(kind, NOBODY))).replace("{rest}", "/nothing")


def written() -> int:
    """Rows that this transaction has inserted, changed or deleted so far, in whatever table and way."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables")
        count: int = cursor.fetchone()[0]
    return count


def ask(client: Client, route: Route, world: dict[str, Any]) -> Any:
    is_body = route.method != "GET" and not route.address.startswith("/admin/")
    content = {"data": "{}", "content_type": "application/json"} if is_body else {}
    return client.generic(route.method, address_of(route, world), **content)


def need_at(route: Route) -> Need:
    """What the table says of the route, and of the job behind it: the one of the world reads an article."""
    need = routes.need_of(route.method, route.address)
    return routes.need_of_job(EXTRACT) if route.cls and need is OF_ITS_KIND else need


def wrong_cells(
    client: Client,
    asked: list[Route],
    world: dict[str, Any],
    expect: Callable[[Need], str],
    outcome: Callable[[Any], str],
) -> list[str]:
    """Where the answer is not what the table says. First whatever is to be refused, which together must write nothing at all."""
    wanted = {route: expect(need_at(route)) for route in asked}
    refused = [route for route in asked if wanted[route] != LET_THROUGH]
    cookies, before, told = client.cookies.copy(), written(), {}
    for route in refused:
        told[route] = outcome(ask(client, route, world))
    rows = written() - before
    for route in asked:
        if route not in told:
            with transaction.atomic():
                told[route] = outcome(ask(client, route, world))
                transaction.set_rollback(True)  # for whoever asks next; signing out is taken back too
            client.cookies = cookies.copy()
    wrong = [
        f"{route}: {told[route]}, the table says {wanted[route]}" for route in asked if told[route] != wanted[route]
    ]
    return wrong + ([f"{rows} rows were written by what was refused"] if rows else [])


LET_THROUGH = "let through"  # whatever came of it
API = [route for route in routes.walk() if route.cls]
# Probes have tests of their own: what they answer depends on more than on who asks.
PAGES = [route for route in routes.walk() if not route.cls and route.address not in ("/readyz", "/metrics")]

REFUSALS = {"insufficient_scope": 403, "insufficient_role": 403, "session_required": 403, "not_authenticated": 401}


def outcome(response: Any) -> str:
    """The code of a refusal for want of a right, or `let through`."""
    if response.headers.get("Content-Type") == "application/problem+json":
        document = response.json()
        if REFUSALS.get(document["code"]) == response.status_code:
            return str(document["code"])
    return f"fault {response.status_code}" if response.status_code >= 500 else LET_THROUGH


def expected(need: Need, name: str, scopes: frozenset[str], *, is_token: bool) -> str:
    if not need.is_signed_in:
        return "let through"
    if need.is_in_session and is_token:
        return "session_required"
    if need.scopes and not any(scope in scopes for scope in need.scopes):
        return "insufficient_scope"
    return "let through" if is_met(need, name, scopes) else "insufficient_role"


def used(client: Api) -> Api:
    """A token's first use of a minute is noted, which is a write."""
    client.get("/me")
    client.looks_first = False
    return client


@pytest.mark.parametrize("name", PEOPLE)
def test_in_a_session_everybody_is_let_through_where_the_table_says(world, name):
    client = Api(looks_first=False)
    client.force_login(person(name, is_staff=False))
    scopes = held_by(name)
    assert wrong_cells(client, API, world, lambda need: expected(need, name, scopes, is_token=False), outcome) == []


@pytest.mark.parametrize("scope", SCOPES)
def test_a_token_of_one_scope_is_let_through_where_the_table_says(world, scope):
    client = used(api(person("superuser", is_staff=True), scope))
    scopes = frozenset({scope})
    assert (
        wrong_cells(client, API, world, lambda need: expected(need, "superuser", scopes, is_token=True), outcome) == []
    )


@pytest.mark.parametrize("name", ["importer", "auditor"])
def test_a_token_of_all_scopes_may_what_its_owner_may_now(world, name):
    owner = person(name, is_staff=False)
    owner.groups.add(*Group.objects.filter(name__in=ROLES))
    client = used(api(User.objects.get(pk=owner.pk)))
    owner.groups.set(Group.objects.filter(name=name))
    scopes = held_by(name)
    assert wrong_cells(client, API, world, lambda need: expected(need, name, scopes, is_token=True), outcome) == []


def test_who_has_not_signed_in_is_let_through_where_the_table_says(world):
    def expect(need: Need) -> str:
        return "not_authenticated" if need.is_signed_in else LET_THROUGH

    assert wrong_cells(Api(looks_first=False), API, world, expect, outcome) == []


# Pages


def page_outcome(response: Any) -> str:
    if response.status_code == 302 and response["Location"].startswith("/admin/login/?next="):
        return "sign in first"
    if response.status_code == 403:
        return "refused"
    return f"fault {response.status_code}" if response.status_code >= 500 else LET_THROUGH


def browser() -> Client:
    return Client(raise_request_exception=False, headers={"Accept": "application/json"})  # a refusal needs no page


@pytest.fixture
def unwritten(world, monkeypatch) -> None:
    """Whether a page is shown is asked here, not what it shows."""
    monkeypatch.setattr(SimpleTemplateResponse, "rendered_content", "")


@pytest.mark.usefixtures("unwritten")
@pytest.mark.parametrize("name", PEOPLE)
def test_a_page_of_the_admin_is_shown_to_whom_the_table_says(world, name):
    client = browser()
    client.force_login(person(name, is_staff=True))
    scopes = held_by(name)

    def expect(need: Need) -> str:
        return LET_THROUGH if not need.is_signed_in or is_met(need, name, scopes) else "refused"

    assert wrong_cells(client, PAGES, world, expect, page_outcome) == []


@pytest.mark.usefixtures("unwritten")
@pytest.mark.parametrize("name", [None, "superuser"])
def test_who_may_not_enter_the_admin_is_sent_to_its_sign_in_by_every_page(world, name):
    client = browser()
    if name:
        client.force_login(person(name, is_staff=False))

    def expect(need: Need) -> str:
        return "sign in first" if need.is_page else LET_THROUGH

    assert wrong_cells(client, PAGES, world, expect, page_outcome) == []


# Jobs: what their row asks for depends on their kind


@pytest.mark.django_db
@pytest.mark.parametrize("verb", ["retry", "cancel"])
@pytest.mark.parametrize(
    ("kind", "scope", "is_let_through"),
    [
        ("extract", "import", True), ("extract", "triage", True), ("extract", "read", False), ("extract", "review", False),
        ("fetch_article", "import", True), ("fetch_article", "triage", False), ("fetch_article", "read", False), ("import_file", "import", True), ("import_file", "triage", False),
    ],
)  # fmt: skip
def test_who_may_ask_for_a_kind_of_work_may_ask_for_it_again_or_call_it_off(kind, scope, is_let_through, verb):
    root = User.objects.create_superuser("root")
    client = used(api(root, "read", scope))
    if kind == "extract":
        make.article()
    elif kind == "import_file":
        pipeline.request_import("a.txt", b"Prices rose.", {}, started_by=root)
    else:
        pipeline.request_article("https://example.org/a", {}, started_by=root)
    job = Job.objects.get(kind=kind)
    if verb == "retry":
        jobs.cancel(job.pk, actor=root)
    before, written_before = Job.objects.values().get(), written()
    response = client.post(f"/jobs/{job.pk}/{verb}")
    if is_let_through:
        assert response.status_code == 200
        assert response.json()["state"] == ("queued" if verb == "retry" else "cancelled")
    else:
        problem = assert_problem(response, 403, "insufficient_scope")
        assert problem["scopes"] == sorted({"read", scope})
        assert (Job.objects.values().get(), written()) == (before, written_before)


@pytest.mark.parametrize("name", ["triager", "importer"])
def test_in_the_admin_too_a_job_is_called_off_by_whoever_may_ask_for_its_kind(db, name):
    client = Client()
    client.force_login(person(name, is_staff=True))
    pipeline.request_article("https://example.org/a", {}, started_by=User.objects.create_superuser("root"))
    job = Job.objects.get()
    answer = client.post(
        "/admin/factcheck/job/", {"action": "cancel", "index": "0", "_selected_action": str(job.pk)}, follow=True
    )
    job.refresh_from_db()
    assert job.state == ("cancelled" if name == "importer" else "queued")
    assert ("needs the scope" in answer.content.decode()) is (name == "triager")


# What else reads the tables


def test_the_document_asks_for_the_scopes_of_the_table():
    document: Any = SchemaGenerator().get_schema(request=None, public=True)
    seen = set()
    for address, methods in document["paths"].items():
        for method, operation in methods.items():
            need = routes.need_of(method.upper(), routes.template_of(address))
            asked = {scope for way in operation.get("security", []) for scopes in way.values() for scope in scopes}
            assert asked == set(need.scopes), (method, address)
            assert bool(operation.get("security")) is need.is_signed_in
            seen.add(f"{method.upper()} {routes.template_of(address)}")
    unseen = {str(route) for route in API} - seen
    assert unseen == {f"GET /api/v1/{page}" for page in ("docs", "docs/try", "schema")}
