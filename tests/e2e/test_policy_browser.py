"""Every page keeps to the strict policy in a real browser: nothing is reported, and markup that got into a page does nothing."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

import factcheck.urls  # noqa: F401  with which the admin's pages come
from claims.models import Claim
from factcheck import jobs
from factcheck.accounts import tokens
from factcheck.accounts.models import User
from factcheck.models import Job
from tests import make
from tests.e2e.conftest import in_database

REPORT = "addEventListener('securitypolicyviolation', e => console.error(`${e.violatedDirective}: ${e.blockedURI}`))"


def opened(browser: Browser, site: str) -> tuple[Page, list[str]]:
    """A page, and all that its console complains about: violations, failed requests, errors of scripts."""
    page = browser.new_context(base_url=site).new_page()
    complaints: list[str] = []
    page.add_init_script(REPORT)
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return page, complaints


@pytest.fixture
def people(site):
    root = User.objects.create_superuser("root", password="secret-1")
    tokens.issue(root, name="laptop", scopes=["read"])
    article = make.article("Exports fell by a third to 3.2 million tonnes in 2023, the ministry said.", outlet="Wire")
    assert jobs.work("test") is True
    return article


def sign_in(page: Page) -> None:
    page.goto("/admin/")
    page.get_by_label("Username").fill("root")
    page.get_by_label("Password").fill("secret-1")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Desk")).to_be_visible()


def addresses_of_the_admin(article) -> list[str]:
    from django.contrib import admin
    from django.urls import reverse

    root, claim = User.objects.get(username="root"), Claim.objects.first()
    job = Job.objects.first()
    lists = [reverse(f"admin:{m._meta.app_label}_{m._meta.model_name}_changelist") for m in admin.site._registry]
    return [
        "/admin/",
        "/admin/claims/",
        "/admin/nope/",
        *lists,
        f"/admin/claims/article/{article.pk}/change/",
        f"/admin/claims/claim/{claim.pk}/change/",
        "/admin/claims/claim/add/",
        f"/admin/factcheck/job/{job.pk}/change/",
        "/admin/accounts/user/add/",
        f"/admin/accounts/user/{root.pk}/change/",
        f"/admin/accounts/user/{root.pk}/password/",
        "/admin/password_change/",
    ]


def test_no_page_of_the_admin_breaks_the_policy(site, people, chromium):
    addresses = in_database(lambda: addresses_of_the_admin(people))
    assert len(addresses) >= 15
    page, complaints = opened(chromium, site)
    sign_in(page)
    for address in addresses:
        answer = page.goto(address)
        page.wait_for_load_state("networkidle")
        expected = ["Failed to load resource: the server responded with a status of 404 (Not Found)"]
        assert complaints == (expected if answer.status == 404 else []), address
        complaints.clear()
        assert "unsafe" not in answer.headers["content-security-policy"]


def test_the_pages_of_the_api_work_under_their_policy(site, chromium):
    page, complaints = opened(chromium, site)
    page.goto("/api/v1/docs")
    expect(page.get_by_role("heading", name="Fact-check API")).to_be_visible(timeout=60_000)
    page.get_by_placeholder("Search...").fill("accept")
    expect(page.locator("[data-role='search:results']")).to_be_visible(timeout=60_000)
    page.goto("/api/v1/docs/try")
    # A long document takes Swagger its time.
    expect(page.get_by_role("heading", name="Fact-check API")).to_be_visible(timeout=60_000)
    page.locator("#operations-tag-problems").click(timeout=60_000)
    page.get_by_role("button", name="GET /api/v1/problems", exact=True).click(timeout=60_000)
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".live-responses-table tbody .response-col_status")).to_contain_text("200")
    assert complaints == []


def test_the_watch_sees_a_script_that_got_into_a_page_and_it_does_not_run(site, chromium):
    page, complaints = opened(chromium, site)
    page.goto("/admin/login/")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"document.title = 1\">')")
    page.wait_for_timeout(300)
    assert page.title() != "1"
    assert any("script-src-attr" in complaint for complaint in complaints), complaints
