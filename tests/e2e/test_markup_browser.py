"""Whatever markup comes in with articles, claims and notes, no page takes it for its own."""

from __future__ import annotations

from contextlib import suppress

import pytest
from playwright.sync_api import Browser, Error, Page

from claims import pipeline
from claims.models import Article, Claim, ImportRun
from claims.sources.base import BadRow, Place
from factcheck import jobs
from tests import make
from tests.api import api
from tests.e2e.conftest import in_database
from tests.e2e.payloads import PAYLOADS

# An element that only a payload could have brought along.
FOREIGN = "iframe, object, embed, base, svg animate, video, math, [onerror], [onfocus], [onload], [ontoggle], a[href^='javascript:']"


class Watch:
    """A page, and everything that happens on it which no page of ours does."""

    def __init__(self, browser: Browser, site: str, **context: object) -> None:
        self.page: Page = browser.new_context(base_url=site, **context).new_page()
        self.seen: list[str] = []
        self.page.on("dialog", self._answer)
        self.page.on("console", lambda message: self.seen.append(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self.seen.append(str(error)))
        self.page.on("request", lambda sent: None if sent.url.startswith(site) else self.seen.append(sent.url))

    def _answer(self, dialog) -> None:
        self.seen.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def visit(self, address: str) -> None:
        answer = self.page.goto(address)
        assert answer is not None, address
        assert answer.status == 200, (address, answer.status)
        assert self.page.url.endswith(address), f"{address} led to {self.page.url}"
        assert self.page.locator(FOREIGN).count() == 0, address
        assert self.seen == [], address


@pytest.fixture
def desk(site):
    """Each payload wherever a text may stand: in imported articles, and in claims and notes sent through the API."""
    ada = make.user(
        "ada", "importer", "triager", "auditor", is_staff=True, first_name=PAYLOADS[10], last_name=PAYLOADS[1]
    )
    drafts = [
        make.draft(f"Exports rose, {payload} said.", title=payload, byline=payload, outlet=payload[:200])
        for payload in PAYLOADS
    ]
    refused = [
        BadRow(Place(payload, number, number, payload.encode()), "title", "too_long", payload)
        for number, payload in enumerate(PAYLOADS, 1)
    ]
    run = pipeline.start_run(" ".join(PAYLOADS), {})
    pipeline.land_batch([*drafts, *refused], run=run, extract=False)
    pipeline.finish_run(run, {"code": "failed", "detail": PAYLOADS[0]})
    sentences = [f"Rents rose by {number} per cent, {payload} said." for number, payload in enumerate(PAYLOADS, 2)]
    make.article("\n\n".join(sentences), title="All of it")
    assert jobs.work("test") is True

    client = api(ada)
    claims = [
        client.post("/claims", {"text": f"Prices doubled. {payload}", "claimant": payload}).json()
        for payload in PAYLOADS
    ]
    for claim, payload in list(zip(claims, PAYLOADS, strict=True))[::10]:
        answer = client.post(f"/claims/{claim['id']}/reject", {"reason": "other", "note": payload})
        assert answer.status_code == 200, answer.content


def addresses() -> list[str]:
    some = slice(None, None, 10)
    whole = Article.objects.get(title="All of it")
    articles = [whole.pk, *Article.objects.order_by("id").values_list("pk", flat=True)[some]]
    claims = Claim.objects.order_by("id").values_list("pk", flat=True)[some]
    return [
        "/admin/",
        *(f"/admin/claims/{name}/?all=" for name in ("article", "claim", "importrun")),
        f"/admin/claims/importrun/{ImportRun.objects.get().pk}/change/",
        *(f"/admin/claims/article/{pk}/change/" for pk in articles),
        *(f"/admin/claims/claim/{pk}/change/" for pk in claims),
        "/admin/audit/auditevent/",
        *(f"/api/v1/{path}?page_size=200" for path in ("articles", "claims", "events")),
        f"/api/v1/claims?article={whole.pk}&page_size=200",
    ]


def test_no_payload_does_anything_on_any_page(site, desk, chromium):
    assert len(set(PAYLOADS)) >= 110
    visited = in_database(addresses)
    watch = Watch(chromium, site)
    watch.page.goto("/admin/")
    watch.page.get_by_label("Username").fill("ada")
    watch.page.get_by_label("Password").fill("secret-1")
    watch.page.get_by_role("button", name="Log in").click()
    for address in visited:
        watch.visit(address)


def test_the_payloads_are_live(site, chromium):
    watch = Watch(chromium, site, bypass_csp=True)
    live = 0
    for payload in PAYLOADS:
        watch.seen.clear()
        with suppress(Error):  # it led the page away
            watch.page.set_content(f"<!doctype html><body>{payload}")
            watch.page.wait_for_timeout(5)
        live += bool(watch.seen)
    # How soon the last ones act is the machine's affair.
    assert live >= 60, live
