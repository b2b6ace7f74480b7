"""The operators' pages in a real browser: whom they keep out, and an import from a file to its failed rows by clicks alone.

`make screenshots` keeps a picture of each page in the folder that SCREENSHOTS names.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from claims import pipeline
from claims.models import ArticleVersion, Claim, ImportRun
from factcheck import jobs
from factcheck.accounts import tokens
from factcheck.accounts.models import User
from factcheck.audit.models import AuditEvent
from factcheck.models import Job
from reviews.facts import Stage
from reviews.models import DeskMembership
from reviews.workflow import desks
from tests import make
from tests.e2e.conftest import in_database
from tests.e2e.looking import look, named, needs_axe
from tests.e2e.test_desk_browser import signed_in
from tests.importing import rows, write_rows


@pytest.fixture
def room(site) -> make.Newsroom:
    found = make.newsroom()
    kim = make.user("kim", "admin", "importer")
    DeskMembership.objects.create(desk=found.desk, user=kim)
    for user in User.objects.all():
        user.is_staff = True
        user.set_password("secret-1")
        user.save()
    return found


def everything_done() -> None:
    while jobs.work("test"):
        pass


def page_of(row: object) -> str:
    return f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/change/"  # type: ignore[attr-defined]


@pytest.fixture
def addresses(room, tmp_path, evidence_folder) -> list[str]:
    for stage in (Stage.PUBLISHED, Stage.DISCUSSION, Stage.RESEARCH):
        make.review(room, stage, text=f"Prices doubled, as they say in {stage}.", claimant="The ministry of trade")
    kim = User.objects.get(username="kim")
    hooks = make.webhook_rows(room)
    token, _ = tokens.issue(kim, name="A feed of articles", scopes=["read"])
    payload = write_rows(tmp_path / "a.jsonl", *rows(3), {"url": "https://a.example/x", "text": ""}).read_bytes()
    run = pipeline.request_import("wire-of-monday.jsonl", payload, {}, started_by=kim)
    everything_done()
    waiting = pipeline.request_import("wire-of-tuesday.jsonl", payload, {}, started_by=kim)
    withdrawn = make.article("Prices doubled in a year, the ministry of trade said.", outlet="Example Wire")
    everything_done()
    pipeline.withdraw_article(withdrawn.pk, reason="legal", note="A court has ordered it.", actor=kim)
    policy = desks.add_policy(room.desk.policy.name, {"seats": 3}, actor=kim)
    return [
        "/admin/claims/importrun/", "/admin/claims/importrun/add/", f"/admin/claims/importrun/{run.subject_id}/change/",
        f"/admin/claims/importrun/{waiting.subject_id}/change/", "/admin/factcheck/job/", page_of(Job.objects.latest("id")),
        "/admin/reviews/desk/", page_of(room.desk), "/admin/reviews/desk/add/", "/admin/reviews/desk/statistics/",
        "/admin/reviews/reviewpolicy/", page_of(policy), "/admin/reviews/ratingscaleversion/", page_of(room.desk.scale),
        "/admin/accounts/user/", "/admin/accounts/user/roles/", "/admin/accounts/token/", page_of(token),
        "/admin/audit/auditevent/", page_of(AuditEvent.objects.latest("id")),
        f"/admin/webhooks/webhookendpoint/{hooks['webhook-endpoints']}/change/", "/admin/webhooks/webhookdelivery/",
        f"/admin/webhooks/webhookdelivery/{hooks['webhook-deliveries']}/change/",
        "/admin/", "/admin/reviews/", "/admin/accounts/user/add/", page_of(room.finn), f"/admin/accounts/user/{room.finn.pk}/password/",
        f"/admin/accounts/user/{room.finn.pk}/history/", "/admin/webhooks/webhookendpoint/", "/admin/notifications/notification/",
        f"/admin/audit/auditevent/?q={kim.pk}", "/admin/factcheck/job/?state__exact=failed", page_of(Job.objects.filter(state="done").latest("id")),
        "/admin/password_change/", "/admin/audit/auditevent/?request=none", page_of(withdrawn), "/admin/claims/article/",
        page_of(Claim.objects.get(appearances__article_version__article=withdrawn)),
    ]  # fmt: skip


@needs_axe
def test_nobody_is_kept_out_of_the_operators_pages(site, addresses, chromium):
    wrong = []
    page, complaints = signed_in(chromium, site, "kim")
    for number, address in enumerate(addresses):
        page.goto(address)
        page.wait_for_load_state()
        wrong += [f"{address}: {complaint}" for complaint in complaints]
        wrong += look(page, f"operators-{number:02}-{named(address)}")
        complaints.clear()  # axe writes styles where a sheet imports another, which the policy does not let it
    assert "\n".join(sorted(set(wrong))) == ""


def test_a_file_is_imported_watched_and_its_failed_rows_retried_by_clicks(site, room, chromium, tmp_path):
    path = write_rows(tmp_path / "wire.jsonl", *rows(2), {"url": "https://a.example/x", "text": ""})
    page, complaints = signed_in(chromium, site, "kim")
    page.goto("/admin/claims/importrun/")
    page.get_by_role("link", name="Import articles").click()
    page.locator("[name=file]").set_input_files(path)
    page.get_by_label("Outlet of articles that name none").fill("Example Wire")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("The file is queued to be imported.")).to_be_visible()
    expect(page.get_by_text("0 % of the file")).to_be_visible()
    in_database(everything_done)
    expect(page.get_by_text("done, 1 row failed")).to_be_visible()  # without a click: the page asks again by itself
    page.reload()
    with page.expect_download() as told:
        page.get_by_role("link", name="Download 1 failed row as JSONL").click()
    assert b'"code":"empty_text"' in Path(told.value.path()).read_bytes()
    page.get_by_role("button", name="Retry failed rows").click()
    expect(page.get_by_text("The rows that were refused are queued")).to_be_visible()
    in_database(everything_done)
    expect(page.get_by_text("done, 1 row failed")).to_be_visible()
    assert in_database(lambda: (ImportRun.objects.count(), ArticleVersion.objects.count())) == (2, 2)
    assert complaints == []


def test_a_file_that_is_too_large_is_refused_in_words_and_not_by_a_broken_connection(site, room, chromium, tmp_path):
    large = tmp_path / "large.txt"
    large.write_bytes(b"x" * (20 * 1024 * 1024))
    page, _ = signed_in(chromium, site, "kim")
    page.goto("/admin/claims/importrun/add/")
    page.locator("[name=file]").set_input_files(large)
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("A file may have 16,777,216 here. Nothing was imported.")).to_be_visible()
    assert in_database(ImportRun.objects.count) == 0


@needs_axe
def test_what_cannot_be_taken_back_is_asked_for_twice_and_the_rest_is_undone_by_its_other_button(site, room, chromium):
    def made() -> tuple[str, str]:
        token, _ = tokens.issue(User.objects.get(username="kim"), name="A feed", scopes=["read"])
        make.article("Prices rose by 40 per cent last year, the bank said.")
        return page_of(token), page_of(Job.objects.get(kind="extract", state="queued"))

    token, job = in_database(made)
    page, complaints = signed_in(chromium, site, "kim")
    page.goto(token)
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("for good")).to_be_visible()
    assert look(page, "operators-asked-to-revoke") == []
    page.get_by_role("link", name="Leave everything as it is").click()
    page.goto(token)
    page.get_by_role("button", name="Revoke").click()
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("works no more.")).to_be_visible()
    page.goto(job)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("is cancelled.")).to_be_visible()
    page.goto(job)
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_text("is queued again.")).to_be_visible()
    assert complaints == []
