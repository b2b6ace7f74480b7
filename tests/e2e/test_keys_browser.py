"""Whatever the sheet of keys lists on a page does something there, means one thing, and is nothing but a letter in a field."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from claims.models import Article, Claim
from factcheck.accounts.models import User
from tests.e2e.conftest import in_database
from tests.e2e.test_desk_browser import addresses, room, signed_in  # noqa: F401  # fixtures
from tests.e2e.test_policy_browser import addresses_of_the_admin

SHARED = ("j", "k", "Enter", "x", "a", "[", "]", "/", "?")

# What is pressed leads nowhere and sends nothing, so that all keys of a page can be tried on it.
TRIED = """async () => {
    for (const kind of ["click", "submit"]) addEventListener(kind, event => event.preventDefault(), true);
    const seen = selector => [...document.querySelectorAll(selector)].filter(element => element.checkVisibility());
    const press = key => {
        const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
        document.activeElement.dispatchEvent(event);
        return event.defaultPrevented;
    };
    const lines = seen("#keys dl > div").map(line => [line.querySelector("kbd").textContent, line.querySelector("dd").textContent.trim()]);
    const keys = lines.map(([key]) => key);
    const wrong = lines.filter(([key, words]) => !key || !words).map(line => `says nothing: ${line}`);
    wrong.push(...keys.filter((key, n) => keys.indexOf(key) !== n).map(key => `means two things: ${key}`));

    const rows = "#result_list tbody tr, .article-claims li[id], [data-row]";
    const scopes = new Map();
    for (const element of seen("[data-key]")) {
        const row = element.closest(rows);
        const names = scopes.get(row) ?? scopes.set(row, []).get(row);
        if (names.includes(element.dataset.key)) wrong.push(`is two buttons: ${element.dataset.key}`);
        names.push(element.dataset.key);
        if (!keys.includes(element.dataset.key)) wrong.push(`is not told: ${element.dataset.key}`);
        const printed = (element.labels?.[0] ?? element).querySelector("kbd");
        if (printed?.textContent !== element.dataset.key) wrong.push(`is not printed: ${element.dataset.key}`);
    }
    // What a key acts on: the row whose button it is, or that has what it needs.
    const needed = { Enter: "a[href]", x: "input:is([type=checkbox], [type=radio])" };
    const walked = seen(rows);
    for (const key of keys) {
        document.activeElement.blur();
        const wanted = needed[key] ?? `[data-key="${key}"]`;
        const row = walked.find(each => each.querySelector(wanted)) ?? walked[0];
        for (let n = 0; row && n < walked.length && !row.contains(document.activeElement); n++) press("j");
        if (!press(key)) wrong.push(`is dead: ${key}`);
    }
    const [field] = seen("#content :is(textarea, input[type=text])");
    if (field) {
        for (const key of keys) {
            field.focus();
            if (press(key)) wrong.push(`is pressed in a field: ${key}`);
        }
    }
    return [keys, wrong];
}"""


def tried(page: Page) -> tuple[set[str], list[str]]:
    page.wait_for_load_state("networkidle")
    page.keyboard.press("?")
    expect(page.locator("#keys dl")).to_be_visible()
    # The page's own keys are told once the sheet has opened.
    if page.locator("[data-key]").count():
        expect(page.locator("#keys .own").first).to_be_attached()
    keys, wrong = page.evaluate(TRIED)
    return set(keys), wrong


def pages_of_claims() -> list[str]:
    claim, article = Claim.objects.filter(triage_status="candidate").earliest("id"), Article.objects.earliest("id")
    here = f"/admin/claims/claim/{claim.pk}"
    return [
        f"/admin/claims/article/{article.pk}/change/",
        f"{here}/change/",
        f"{here}/split/",
        "/admin/claims/claim/add/",
    ]


def test_no_key_of_any_page_is_dead_or_means_two_things(site, addresses, chromium):  # noqa: F811
    root = in_database(lambda: User.objects.create_superuser("root", password="secret-1").pk)
    assert root
    addresses["ada"] += in_database(pages_of_claims)
    addresses["root"] = in_database(lambda: addresses_of_the_admin(Article.objects.earliest("id")))
    found: dict[str, set[str]] = {}
    wrong = []
    for name, pages in addresses.items():
        page, complaints = signed_in(chromium, site, name)
        for address in pages:
            answer = page.goto(address)
            if answer.status == 200 and page.locator("#keys").count():
                found[f"{name} {address}"], told = tried(page)
                wrong += [f"{name} {address}: {each}" for each in told]
        wrong += [each for each in complaints if "404" not in each]
    assert "\n".join(wrong) == ""
    assert len(found) > 30
    assert set(SHARED) <= set().union(*found.values())
    assert found["finn /admin/"] >= {"n", "j", "k", "Enter", "?"}
    assert found["ada /admin/claims/claim/"] >= {"y", "r", "d", "m", "j", "k", "Enter", "x", "a", "/", "?"}


@pytest.mark.parametrize("action", ["reject", "merge"])
def test_the_page_that_asks_first_has_keys_for_its_reasons_and_for_leaving(site, room, chromium, action):  # noqa: F811
    from tests import make

    in_database(lambda: [make.claim(f"Rents rose {n} times.", actor=room.ada) for n in range(2)])
    page, complaints = signed_in(chromium, site, "ada")
    page.goto("/admin/claims/claim/")
    page.keyboard.press("j")
    page.keyboard.press(action[0])
    expect(page.get_by_text("1 of 1 claim will become")).to_be_visible()
    keys, wrong = tried(page)
    assert wrong == []
    assert keys >= {"1", "2", "3", action[0], "q"}
    assert complaints == []
