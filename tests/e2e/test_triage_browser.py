"""Triage in a real browser: with keys alone, a missing claim that is pointed at in its article, and pages that keep nobody out.

`make screenshots` keeps a picture of each page in the folder that SCREENSHOTS names.
"""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from claims import pipeline
from claims.models import Appearance, Claim, ExtractionRun, ImportRun
from claims.sources.base import BadRow, Place
from tests import make
from tests.comparing import work
from tests.e2e.conftest import in_database
from tests.e2e.looking import look, needs_axe
from tests.e2e.test_admin_browser import TEXT as NEWS
from tests.e2e.test_admin_browser import sign_in


@pytest.fixture
def ada(site):
    return make.user("ada", "importer", "triager", is_staff=True)


def focused(page: Page) -> str:
    """The claim of the row that has the focus."""
    return page.locator(":focus .assertion a, :focus .field-assertion a").first.inner_text()


def statuses() -> dict[str, str]:
    return in_database(lambda: dict(Claim.objects.values_list("text", "triage_status")))


def test_a_triager_works_through_the_list_with_keys_alone(site, ada, chromium):
    names = [f"Rents rose {n} times." for n in range(1, 9)]
    in_database(lambda: [make.claim(name, actor=ada) for name in reversed(names)])
    page, complaints = sign_in(chromium, site)
    page.goto("/admin/claims/claim/")
    keys = page.keyboard

    def asks(key: str, words: str) -> None:
        keys.press(key)
        expect(page.get_by_text(words)).to_be_visible()
        page.wait_for_load_state()  # keys count once their script is there

    keys.press("y")  # on no row it does nothing
    assert set(statuses().values()) == {"candidate"}
    keys.press("j")
    assert focused(page) == names[0]
    keys.press("y")
    expect(page.get_by_text("Accept: now accepted.")).to_be_visible()
    assert (statuses()[names[0]], focused(page)) == ("accepted", names[1])

    asks("r", "1 of 1 claim will become rejected.")
    keys.press("2")
    keys.press("r")
    expect(page.get_by_text("Reject: now rejected.")).to_be_visible()
    told = in_database(lambda: Claim.objects.get(text=names[1]))
    assert (told.triage_status, told.triage_reason, focused(page)) == ("rejected", "not_checkable", names[2])
    keys.press("z")
    expect(page.get_by_text("Restore: now candidate.")).to_be_visible()
    assert (statuses()[names[1]], focused(page)) == ("candidate", names[1])

    keys.press("j")
    asks("d", "1 of 1 claim will become deferred.")
    keys.press("q")
    expect(page.locator("#result_list")).to_be_visible()
    assert (statuses()[names[2]], focused(page)) == ("candidate", names[2])
    asks("d", "1 of 1 claim will become deferred.")
    keys.press("1")
    keys.press("Enter")  # in a choice it sends the form, as everywhere
    expect(page.get_by_text("Defer: now deferred.")).to_be_visible()
    assert (statuses()[names[2]], focused(page)) == ("deferred", names[3])

    asks("m", "1 of 1 claim will become merged.")
    page.get_by_label("Find another claim by its words").fill("rents 8 times")
    keys.press("Enter")
    expect(page.locator("label[data-row]")).to_have_count(1)
    for key in "jx1m":
        keys.press(key)
    expect(page.get_by_text("Merge: now merged.")).to_be_visible()
    merged = in_database(lambda: Claim.objects.select_related("merged_into").get(text=names[3]))
    assert (merged.merged_into.text, focused(page)) == (names[7], names[4])

    for key in "xjx":
        keys.press(key)
    expect(page.get_by_text("2 of 5 selected")).to_be_visible()
    asks("y", "2 of 2 claims will become accepted.")
    assert statuses()[names[4]] == "candidate"
    keys.press("y")
    expect(page.get_by_text("Accept: now accepted.")).to_be_visible()
    assert (statuses()[names[4]], statuses()[names[5]], focused(page)) == ("accepted", "accepted", names[6])
    keys.press("Enter")
    page.wait_for_url("**/change/")
    assert complaints == []


# Astral characters, markup, a claim within a claim, one across paragraphs, and blank lines of several lengths.
TEXT = (
    "😀 Exports of grain 🌾 fell by a third to 3.2 million tonnes in 2023, the ministry said.\n\n"
    "The minister said that rents <b>tripled</b> 🇺🇦 since 2020,\n“a record” 👩‍🔬 &amp; more.\n\n\n\n"
    "𝔑obody asked about the weather, nobody at all."
)
CLAIMS = ((2, 50), (20, 40), (70, 120), (96, 104))

# Selects from one place to another as a person would, who sees no numbers of claims: by paragraph and UTF-16 unit.
SELECT = """([from, to]) => {
    const place = ([paragraph, at]) => {
        const walker = document.createTreeWalker(document.querySelectorAll(".article-text > p")[paragraph], NodeFilter.SHOW_TEXT,
            node => node.parentElement.closest(".place") ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT);
        while (walker.nextNode()) {
            if (at <= walker.currentNode.length) return [walker.currentNode, at];
            at -= walker.currentNode.length;
        }
    };
    document.getSelection().setBaseAndExtent(...place(from), ...place(to));
}"""
FILLED = """() => {
    document.dispatchEvent(new Event("selectionchange"));
    document.querySelector("#selected-words button").click();
    const { start, end, words } = document.querySelector(".missed form").elements;
    return [Number(start.value), Number(end.value), words.value];
}"""


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def where(text: str, at: int) -> list[int]:
    """The paragraph, and the UTF-16 unit in it, of a code point."""
    start = 0
    for number, paragraph in enumerate(part for part in text.split("\n\n") if part.strip("\n")):
        start = text.index(paragraph.lstrip("\n"), start)
        end = start + len(paragraph.lstrip("\n"))
        if at <= end:
            return [number, units(text[start : max(at, start)])]
        start = end
    raise AssertionError(at)


def test_whatever_is_selected_in_an_article_is_counted_as_the_server_counts(site, ada, chromium):
    def made() -> tuple[Any, str]:
        article = make.article(TEXT)
        version = article.versions.get()
        for start, end in CLAIMS:
            make.claim(f"{start} to {end}", actor=ada, version_id=version.pk, start=start, end=end)
        return article.pk, version.text

    key, text = in_database(made)
    page, complaints = sign_in(chromium, site)
    page.goto(f"/admin/claims/article/{key}/change/")
    asked = 0
    for start in range(0, len(text), 3):
        for end in range(start + 1, len(text), 17):
            words = text[start:end]
            if not words.strip() or "\n\n" in (text[start : start + 1] + text[start - 1 : start]):
                continue
            page.evaluate(SELECT, [where(text, start), where(text, end)])
            found = page.evaluate(FILLED)
            assert text[found[0] : found[1]] == found[2] == words.strip(), (start, end)
            assert found[0] == start + len(words) - len(words.lstrip()), (start, end)
            asked += 1
    assert asked > 200
    assert complaints == []


def test_a_missing_claim_is_added_by_selecting_its_words(site, ada, chromium):
    key = in_database(lambda: make.article(TEXT).pk)
    page, complaints = sign_in(chromium, site)
    page.goto(f"/admin/claims/article/{key}/change/")
    button = page.get_by_role("button", name="Add the selected words as a claim")
    expect(button).to_be_hidden()
    page.locator(".article-text > p").last.click(click_count=3)
    expect(button).to_be_visible()
    page.keyboard.press("w")
    expect(page.get_by_label("Words as they stand in the text")).to_have_value(
        "𝔑obody asked about the weather, nobody at all."
    )
    expect(page.get_by_label("The claim in a form that stands alone")).to_be_focused()
    page.keyboard.type("Nobody asked about the weather w.")  # no key counts in a field
    page.get_by_role("button", name="Add the claim").click()
    expect(page.get_by_text("The claim is a candidate now.")).to_be_visible()
    expect(page.locator("mark.focused")).to_have_text("𝔑obody asked about the weather, nobody at all.")
    place = in_database(lambda: Appearance.objects.select_related("claim").get())
    assert (place.claim.text, place.quotation[0]) == ("Nobody asked about the weather w.", "𝔑")

    # Words written over those that were selected are looked for wherever they stand.
    page.wait_for_load_state()  # what is selected is looked at once the script is there
    page.locator(".article-text > p").first.click(click_count=3)
    expect(button).to_be_visible()
    page.keyboard.press("w")
    page.get_by_label("Words as they stand in the text").fill("fell by a third")
    page.get_by_role("button", name="Add the claim").click()
    expect(page.locator("mark.focused")).to_have_text("fell by a third")
    assert complaints == []


def everything_that_triage_shows(ada: Any) -> dict[str, str]:
    """Pages by name: claims with reasons, numbers, chains and gaps; one that was checked before; an import with failed rows."""
    article = make.article(
        NEWS, title="Exports fell by a third", outlet="Example Wire", url="https://wire.example/exports"
    )
    checked = make.fact_check("Rents have tripled since 2020.", rating="Mostly false")
    make.claim("The minister of housing said that rents had tripled since 2020.", actor=ada, claimant="The minister")
    work()
    run = pipeline.start_run("feeds/a.jsonl", {"format": "jsonl"}, started_by=ada)
    place = Place("feeds/a.jsonl", 7, 120, b'{"text": ""}')
    pipeline.land_batch([make.draft("A text."), BadRow(place, "text", "empty_text", "It is empty.")], run=run)
    pipeline.finish_run(run)
    claim = Claim.objects.exclude(article=None).latest("check_worthiness")
    here = f"/admin/claims/claim/{claim.pk}"
    return {
        "home": "/admin/", "claims": "/admin/claims/claim/", "claim": f"{here}/change/", "claim-split": f"{here}/split/",
        "claim-past": f"{here}/history/", "claim-new": "/admin/claims/claim/add/", "articles": "/admin/claims/article/",
        "article": f"/admin/claims/article/{article.pk}/change/?claim={claim.pk}", "fact-checks": "/admin/claims/earlierfactcheck/",
        "fact-check": f"/admin/claims/earlierfactcheck/{checked.pk}/change/", "imports": "/admin/claims/importrun/",
        "import": f"/admin/claims/importrun/{ImportRun.objects.latest('id').pk}/change/", "readings": "/admin/claims/extractionrun/",
        "reading": f"/admin/claims/extractionrun/{ExtractionRun.objects.earliest('id').pk}/change/", "jobs": "/admin/factcheck/job/", "claims-all": "/admin/claims/claim/?status=all", "claims-none": "/admin/claims/claim/?q=nothing",
        "readings-past": f"/admin/claims/article/{article.pk}/history/",
    }  # fmt: skip


@needs_axe
def test_nobody_is_kept_out_of_triage(site, ada, chromium):
    pages = in_database(lambda: everything_that_triage_shows(ada))
    page, complaints = sign_in(chromium, site)
    wrong = []
    for name, address in pages.items():
        page.goto(address)
        wrong += look(page, f"triage-{name}")
    for action in ("Accept", "Reject", "Merge"):
        page.goto(pages["claim"])
        page.get_by_role("button", name=action).click()
        expect(page.get_by_text("1 of 1 claim will become")).to_be_visible()
        wrong += look(page, f"triage-asked-to-{action.lower()}")
    page.goto(pages["claims"])
    for key in "jy?":
        page.keyboard.press(key)
        page.wait_for_load_state("networkidle")
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    wrong += look(page, "triage-done")
    assert "\n".join(sorted(set(wrong))) == ""
    assert complaints == []
