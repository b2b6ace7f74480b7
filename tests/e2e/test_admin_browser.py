"""A triager's first minutes at the desk, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from claims import pipeline
from claims.models import Appearance, Claim
from factcheck import jobs
from factcheck.accounts.models import User
from tests import make
from tests.e2e.conftest import in_database
from tests.e2e.looking import look, needs_axe

TEXT = (
    "Exports fell by a third\n\n"
    "Exports of grain fell by a third to 3.2 million tonnes in 2023, the ministry said on Monday.\n\n"
    "The minister said that rents had tripled since 2020, compared to earlier assessments.\n\n"
    "Nobody at the meeting asked about the weather."
)


def sign_in(browser: Browser, site: str, **context: object) -> tuple[Page, list[str]]:
    """Ada at her desk, and what the browser's console complains about from then on."""
    page = browser.new_context(base_url=site, **context).new_page()
    complaints: list[str] = []
    page.goto("/admin/")
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill("secret-1")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Desk")).to_be_visible()
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return page, complaints


@pytest.fixture
def article(site):
    make.user("ada", "triager", is_staff=True)
    make.user("kim", "triager")
    article = make.article(TEXT, title="Exports fell by a third", outlet="Example Wire")
    assert jobs.work("test") is True
    assert Claim.objects.count() >= 2
    return article


def tripled() -> Claim:
    return in_database(lambda: Claim.objects.select_related("triaged_by").get(text__contains="tripled"))


def edit_as_kim(claim: Claim) -> None:
    kim = User.objects.get(username="kim")
    pipeline.edit_claim(claim.pk, {"claimant": "The minister of housing"}, actor=kim)


def test_a_claim_is_found_in_its_article_and_accepted(site, article, chromium):
    page, complaints = sign_in(chromium, site)
    expect(page.get_by_text("No worker is running.")).to_be_visible()
    page.get_by_role("link", name="Articles", exact=True).click()
    page.get_by_role("link", name="Exports fell by a third").click()

    claim = tripled()
    place = in_database(lambda: Appearance.objects.get(claim=claim))
    expect(page.locator("mark", has_text=place.quotation)).to_be_visible()
    page.locator(f"#claim-{claim.pk}").get_by_role("link", name="show in the text").click()
    expect(page.locator("mark.focused")).to_have_text(place.quotation)
    expect(page.locator("mark.focused")).to_be_in_viewport()

    page.locator("mark.focused").get_by_role("link").click()
    expect(page.get_by_text("no number given")).to_be_visible()
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_text("1 of 1 claim will become accepted.")).to_be_visible()
    page.get_by_label("Risk").select_option("high")
    page.get_by_role("button", name="Accept 1 claim").click()
    expect(page.get_by_text("Accept: now accepted.")).to_be_visible()
    claim = tripled()
    assert (claim.triage_status, claim.risk, claim.triaged_by.username) == ("accepted", "high", "ada")
    assert complaints == []


@needs_axe
def test_several_claims_are_rejected_from_the_list_and_the_one_changed_meanwhile_is_named(site, article, chromium):
    page, complaints = sign_in(chromium, site)
    page.goto("/admin/claims/claim/")
    page.get_by_text("candidate", exact=True).first.wait_for()
    changed = tripled()
    in_database(lambda: edit_as_kim(changed))
    for box in page.locator("#result_list tbody input[type=checkbox]").all():
        box.check()
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_text("kim changed it since")).to_be_visible()
    assert look(page, "triage-asked-of-several") == []
    page.get_by_label("an opinion or a judgement").check()
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_text("Reject: nothing was changed for")).to_be_visible()
    assert tripled().triage_status == "candidate"
    others = Claim.objects.exclude(pk=changed.pk).values_list("triage_status", "triage_reason")
    assert in_database(lambda: set(others)) == {("rejected", "opinion")}
    assert complaints == []


@needs_axe
def test_who_saves_a_claim_too_late_sees_theirs_beside_mine(site, article, chromium):
    page, complaints = sign_in(chromium, site)
    claim = tripled()
    page.goto(f"/admin/claims/claim/{claim.pk}/change/")
    page.get_by_label("Claimant").fill("The ministry")
    in_database(lambda: edit_as_kim(claim))
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("kim saved version")).to_be_visible()
    assert look(page, "triage-conflict") == []
    page.get_by_role("button", name="Save mine over version").click()
    expect(page.locator(".messagelist")).to_be_visible()
    assert tripled().claimant == "The ministry"
    assert [each for each in complaints if "409" not in each and "412" not in each] == []


def test_reasons_open_on_demand_and_everything_works_without_a_script(site, article, chromium):
    page, _ = sign_in(chromium, site, java_script_enabled=False)
    page.goto("/admin/claims/claim/")
    reasons = page.locator("details.worth").first
    expect(reasons.locator("table")).to_be_hidden()
    reasons.locator("summary").click()
    expect(reasons.locator("table")).to_be_visible()
    page.locator("#result_list tbody input[type=checkbox]").first.check()
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_text("Accept: now accepted.")).to_be_visible()
    assert in_database(Claim.objects.filter(triage_status="accepted").count) == 1
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Restore: now candidate.")).to_be_visible()
    assert in_database(Claim.objects.filter(triage_status="accepted").count) == 0


def test_filters_stand_above_the_rows_on_a_phone_and_beside_them_elsewhere(site, article, chromium):
    page, _ = sign_in(chromium, site, java_script_enabled=False, viewport={"width": 390, "height": 800})
    page.goto("/admin/claims/claim/")
    drawer, filters, found = (
        page.locator(".filter-drawer"),
        page.get_by_text("By modality"),
        page.locator("#result_list"),
    )
    assert drawer.bounding_box()["y"] < found.bounding_box()["y"]
    expect(filters).to_be_hidden()
    drawer.locator("> summary").click()
    expect(filters).to_be_visible()
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto("/admin/claims/claim/")
    expect(filters).to_be_visible()
    assert drawer.bounding_box()["x"] > found.bounding_box()["x"] + found.bounding_box()["width"]


def test_a_claim_is_triaged_beside_its_article_and_a_missing_one_added_without_a_script(site, article, chromium):
    page, _ = sign_in(chromium, site, java_script_enabled=False)
    claim = tripled()
    page.goto(f"/admin/claims/article/{article.pk}/change/")
    page.locator(f"#claim-{claim.pk}").get_by_role("button", name="Accept").click()
    page.get_by_role("button", name="Accept 1 claim").click()
    expect(page.locator(f"#claim-{claim.pk}").get_by_text("accepted", exact=True)).to_be_visible()
    page.get_by_text("Add a claim that is missing").click()
    page.get_by_label("Words as they stand in the text").fill("asked about   the weather")
    page.get_by_role("button", name="Add the claim").click()
    expect(page.get_by_text("The claim is a candidate now.")).to_be_visible()
    expect(page.locator("mark.focused")).to_have_text("asked about the weather")
