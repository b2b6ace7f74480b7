"""Triage in a real browser with keys alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from claims.models import Claim
from tests import make
from tests.e2e.conftest import in_database
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
