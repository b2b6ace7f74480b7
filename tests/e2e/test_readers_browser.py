"""What readers see, in a real browser: nobody is kept out by how wide, how dark or how quiet it is, and no page complains.

`make screenshots` keeps a picture of each page in the folder that SCREENSHOTS names.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from claims.models import Claim
from reviews import workflow
from reviews.facts import Stage
from reviews.models import FactCheck
from tests import make, reviewing
from tests.e2e.conftest import in_database
from tests.e2e.looking import kept, look, needs_axe
from tests.e2e.test_markup_browser import Watch
from tests.e2e.test_policy_browser import opened
from tests.test_readers import corrected, hostile, path_of
from tests.test_revising import EDITED

BODY = """The bank's own tables have prices at **104** in January and at 114 in December.

## What the bank said

> Prices doubled, whoever looks at their receipt knows it.

1. Its table of [December](https://bank.example/tables/12) says *a tenth*.
2. So does the ministry's: `index 114.2`.

### What is left open

A word that is too long for any phone: Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft.
"""


UNREADABLE_IN_THE_DARK = """
const sheet = new CSSStyleSheet();
sheet.replaceSync("@media (prefers-color-scheme: dark) { h1 { color: #222; } }");
document.adoptedStyleSheets.push(sheet);
"""


@pytest.fixture
def addresses(site, evidence_folder) -> list[str]:
    """Of a fact-check that has everything, and of one in a language that is read from the right."""
    room = make.newsroom()
    text = "Prices doubled in a year, the bank said."
    article = make.article(
        text, url="https://wire.example/economy/prices-doubled-in-a-year-the-bank-said-on-monday-morning", outlet="Example Wire",
        published_at=datetime(2026, 10, 1, tzinfo=UTC),
    )  # fmt: skip
    fields = {"version_id": article.versions.get().pk, "start": 0, "end": 24, "claimant": "The bank"}
    review = make.review(room, Stage.RESEARCH, text="Prices doubled in a year.", **fields)
    make.evidence(room, review, "refutes", "Ministry", url="https://ministry.example/t", publisher="Ministry of trade")
    make.evidence(room, review, "supports", "Bank", title="A letter of the bank to whoever asked it for its figures")
    kept = make.upload(room, review).snapshot
    publish(room, review)
    arabic = make.article("تضاعفت الأسعار في عام واحد.", language="ar")
    fields = {"version_id": arabic.versions.get().pk, "start": 0, "end": 14}
    second = make.review(room, Stage.PUBLISHED, text="تضاعفت الأسعار", **fields)
    assert Claim.objects.filter(language="ar").exists()
    doubted = make.review(room, Stage.UNDER_REVISION, text="Rents doubled in a year.")
    retracted = make.review(room, Stage.RETRACTED, text="Wages doubled in a year.")
    path, *others = (path_of(each.fact_check) for each in (review, second, doubted, retracted))
    path_of_corrected = path_of(corrected(room, summary="In short, and rightly.", body=EDITED))
    past = [f"{path_of_corrected}/revisions/1", f"{path}/revisions/1", f"{others[-1]}/revisions/1"]
    others.append(path_of_corrected)
    return [
        "/fact-checks",
        path,
        *others,
        *past,
        f"/snapshots/{kept.sha256}",
        "/corrections",
        "/methodology",
        "/fact-checks/nothing",
        "/admin/login/",
    ]


def publish(room, review) -> FactCheck:
    workflow.submit_for_rating(review.pk, actor=room.finn)
    for who in room.holders(reviewing.at(review)):
        room.vote(review, who)
    reviewing.fill_in(room, review)
    text = {
        "headline": "Prices did not double: they rose by a tenth",
        "summary": "The bank's own tables say that prices rose by a tenth within the year.",
        "rating_explanation": "What was said is about ten times what was measured.",
        "body": BODY,
    }
    workflow.edit_draft(review.pk, text, actor=room.finn)
    workflow.submit_draft(review.pk, actor=room.finn)
    make.approve(room.emil, reviewing.at(review))
    workflow.publish(review.pk, actor=room.gwen)
    return reviewing.at(review).fact_check


@needs_axe
def test_nobody_is_kept_out_of_a_page_for_readers(site, addresses, chromium):
    page, complaints = opened(chromium, site)
    for number, address in enumerate(addresses):
        answer = page.goto(address)
        assert look(page, str(number)) == [], address
        expected = ["Failed to load resource: the server responded with a status of 404 (Not Found)"]
        assert complaints == (expected if answer.status == 404 else []), address
        complaints.clear()


@needs_axe
def test_a_reader_asks_for_a_correction_without_a_script_and_nobody_is_kept_out_of_that(site, chromium):
    path = in_database(lambda: path_of(make.review(make.newsroom(), Stage.PUBLISHED).fact_check))
    page, complaints = opened(chromium, site)
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(path)
    page.get_by_role("link", name="Ask for a correction").click()
    assert look(page, "correct-asked", widths=(360,)) == []
    page.get_by_label("Your e-mail address").fill("ann@reader")
    page.get_by_label("What is wrong").fill("The table is of 2023.")
    page.get_by_role("button", name="Send it").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("What is wrong")).to_have_value("The table is of 2023.")
    assert look(page, "correct-refused", widths=(360,)) == []
    complaints.clear()  # the browser tells of the 422
    page.get_by_label("Your e-mail address").fill("ann@reader.example")
    page.get_by_role("button", name="Send it").click()
    expect(page.get_by_text("Keep this address.")).to_be_visible()
    expect(page.get_by_text("nobody has looked into it yet")).to_be_visible()
    assert look(page, "correct-sent", widths=(360,)) == []
    assert complaints == []


def test_whatever_text_is_published_does_nothing(site, chromium):
    path = in_database(lambda: path_of(hostile(make.newsroom())))
    watch = Watch(chromium, site)
    for address in (path, f"{path}/revisions/1", "/fact-checks", "/methodology"):
        watch.visit(address)


@needs_axe
def test_axe_sees_what_keeps_somebody_out(site, addresses, chromium):
    page, _ = opened(chromium, site)
    page.goto(addresses[1])
    page.evaluate(
        "document.querySelector('h1').insertAdjacentHTML('afterend', '<img src=\"/static/factcheck/favicon.svg\">')"
    )
    page.evaluate(UNREADABLE_IN_THE_DARK)
    found = [each.partition(" <")[0] for each in look(page, "")]
    assert found == [
        ", light, at 360: image-alt:",
        ", dark, at 360: color-contrast:",
        ", light, at 1280: image-alt:",
        ", dark, at 1280: color-contrast:",
    ]


def test_a_page_is_read_with_the_keyboard_and_printed_without_what_leads_elsewhere(site, addresses, chromium):
    page, _ = opened(chromium, site)
    page.goto(addresses[1])
    skip = page.get_by_role("link", name="Skip to the text")
    page.keyboard.press("Tab")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    expect(page.get_by_role("navigation")).to_be_visible()
    page.emulate_media(media="print")
    kept(page, "1-print")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("navigation")).to_be_hidden()
    expect(skip).to_be_hidden()
