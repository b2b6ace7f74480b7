"""The desk in a real browser: what it looks like, whom it keeps out, and a working day of a newsroom through clicks and keys alone.

`make screenshots` keeps a picture of each page in the folder that SCREENSHOTS names.
"""

from __future__ import annotations

import pytest
from django.db import transaction
from playwright.sync_api import Browser, Page, expect

from claims import pipeline
from claims.models import Claim
from claims.triage import TriageAction
from factcheck import jobs
from factcheck.accounts.models import User
from factcheck.models import Job
from reviews import workflow
from reviews.facts import Stage
from reviews.models import Draft, Review
from reviews.stages import Action
from tests import make, reviewing
from tests.e2e.conftest import in_database
from tests.e2e.looking import kept, look, named, needs_axe
from tests.e2e.test_policy_browser import opened
from tests.test_readers import corrected
from tests.test_revising import EDITED

TEXT = (
    "Exports fell by a third to 3.2 million tonnes in 2023, the ministry said on Monday.\n\n"
    "The minister said that rents had tripled since 2020, compared to earlier assessments.\n\n"
    "Nobody at the meeting asked about the weather."
)
WHY = "The ministry's own tables of both years say so, line by line."


def signed_in(browser: Browser, site: str, name: str) -> tuple[Page, list[str]]:
    page, complaints = opened(browser, site)
    page.goto("/admin/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill("secret-1")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Work")).to_be_visible()
    return page, complaints


@pytest.fixture
def room(site) -> make.Newsroom:
    found = make.newsroom()
    make.user("kim", "admin")
    User.objects.update(is_staff=True)
    for user in User.objects.all():
        user.set_password("secret-1")
        user.save()
    return found


@pytest.fixture
def addresses(room, evidence_folder) -> dict[str, list[str]]:
    """Pages by who looks at them."""
    article = make.article(
        TEXT, title="Exports fell by a third", outlet="Example Wire", url="https://wire.example/exports"
    )
    assert jobs.work("test") is True
    place = {"version_id": article.versions.get().pk, "start": 0, "end": 53}
    told: dict[str, list[str]] = {
        "finn": ["/admin/", "/admin/reviews/review/"],
        "ada": ["/admin/reviews/review/add/", "/admin/claims/claim/"],
        "kim": [f"/admin/claims/article/{article.pk}/withdraw/"],
        "hal": ["/admin/", "/admin/reviews/correctionrequest/"],
        "emil": ["/admin/", "/admin/notifications/notification/"],
        "uma": ["/admin/"],
    }
    pipeline.triage(make.claim("Wages rose by a fifth.", actor=room.ada).pk, TriageAction.ACCEPT, actor=room.ada)
    stages = {
        Stage.RESEARCH: "finn", Stage.RATING: "", Stage.DISCUSSION: "", Stage.ADJUDICATION: "dana", Stage.DRAFTING: "finn", Stage.COPY_EDIT: "emil",
        Stage.UNDER_REVISION: "gwen", Stage.QUEUED: "finn", Stage.APPROVED: "emil", Stage.PUBLISHED: "gwen", Stage.RETRACTED: "gwen",
        Stage.CLOSED: "ada",
    }  # fmt: skip
    forms = {Stage.RESEARCH: Action.ADD_EVIDENCE, Stage.DRAFTING: Action.EDIT_DRAFT, Stage.COPY_EDIT: Action.APPROVE}
    for number, (stage, name) in enumerate(stages.items()):
        fields = place if stage is Stage.RESEARCH else {}
        review = reviewing.full_review(room, stage, text=f"Exports fell by a third in 20{10 + number}.", **fields)
        who = name or room.holders(review)[0].username
        here = f"/admin/reviews/review/{review.pk}"
        told.setdefault(who, []).append(f"{here}/change/")
        if stage is Stage.RESEARCH:
            item = make.evidence(room, review, url="https://ministry.example/tables", snapshot_exemption="")
            said = workflow.comment(review.pk, "Which year?", actor=room.emil, anchor=workflow.Anchor(evidence=item.pk))
            workflow.comment(review.pk, "The last one.", actor=room.finn, reply_to=said.pk)
            told[who] += [f"{here}/act/edit_evidence/{item.pk}/"]
            held = make.review(room, stage, text="Wages fell by a tenth.")
            workflow.hold(held.pk, actor=room.emil, **reviewing.why(Action.HOLD))
            told[who] += [
                f"/admin/reviews/review/{held.pk}/change/",
                f"{here}/add-file/",
                f"{here}/act/{Action.COMMENT}/?reply_to={said.pk}",
            ]
        if stage is Stage.UNDER_REVISION:
            asked, _ = workflow.request_correction(review.fact_check.pk, text="The table of May says 31,000.")
            workflow.acknowledge(asked.pk, actor=room.hal)
            request = f"/admin/reviews/correctionrequest/{asked.pk}"
            told["hal"] += [f"{request}/change/", f"{request}/act/decline/", f"{here}/revisions/"]
        if stage in forms:
            told[who].append(f"{here}/act/{forms[stage]}/")
        if stage is Stage.COPY_EDIT:
            told[who].append(f"{here}/preview/")
    public = corrected(room, body=EDITED)
    told["hal"].append(f"/admin/reviews/review/{public.review_id}/revisions/")
    return told


@needs_axe
def test_nobody_is_kept_out_of_the_desk(site, addresses, chromium):
    wrong = []
    for name, pages in addresses.items():
        page, complaints = signed_in(chromium, site, name)
        for number, address in enumerate(pages):
            page.goto(address)
            wrong += look(page, f"desk-{name}-{number:02}-{named(address)}")
        wrong += complaints
    assert "\n".join(sorted(set(wrong))) == ""


class Person:
    """Somebody at their desk, who presses keys and fills in forms."""

    def __init__(self, browser: Browser, site: str, name: str) -> None:
        self.page, self.complaints = signed_in(browser, site, name)

    def opens(self, part: str) -> None:
        """From the home by a counter, and from the list by keys."""
        self.page.goto("/admin/")
        self.page.get_by_role("link", name=part).click()
        self.page.wait_for_url("**/reviews/review/?part=*")
        self.page.keyboard.press("j")
        self.page.keyboard.press("Enter")
        expect(self.page.locator(".strip .present")).to_be_visible()

    def presses(self, key: str) -> None:
        """The key of an action, whose form opens."""
        expect(self.page.locator("#actions")).to_be_visible()
        self.page.wait_for_load_state()  # keys count once their script is there
        self.page.keyboard.press(key)
        expect(self.page.locator("#form")).to_be_visible()

    def fills(self, **told: str) -> None:
        for name, value in told.items():
            field = self.page.locator(f'#form [name="{name}"]')
            if field.first.get_attribute("type") in ("radio", "checkbox"):
                self.page.locator(f'#form [name="{name}"][value="{value}"]').check()
            else:
                field.fill(value)

    def does(self, label: str) -> None:
        self.page.locator("#form").get_by_role("button", name=label, exact=True).click()
        expect(self.page.locator(".messagelist")).to_contain_text("done")

    def is_at(self, stage: str) -> None:
        expect(self.page.locator(".strip .present")).to_have_text(stage)


def test_a_newsroom_takes_a_claim_from_import_to_the_public_with_a_disagreement_by_clicks_and_keys(
    site, room, chromium
):
    def imported() -> str:
        make.article(TEXT, title="Exports fell by a third", outlet="Example Wire", url="https://wire.example/exports")
        assert jobs.work("test") is True
        return str(Claim.objects.get(text__contains="tripled").pk)

    claim = in_database(imported)
    cast: dict[str, Person] = {}

    def person(name: str) -> Person:
        if name not in cast:
            cast[name] = Person(chromium, site, name)
        return cast[name]

    ada = person("ada")
    ada.page.goto(f"/admin/claims/claim/{claim}/change/")
    ada.page.get_by_role("button", name="Accept").click()
    ada.page.get_by_role("button", name="Accept 1 claim").click()
    ada.page.goto("/admin/")
    ada.page.get_by_role("link", name="Accepted, without a review").click()
    ada.page.get_by_role("button", name="Open the review").click()
    ada.is_at("queued")

    finn = person("finn")
    finn.page.goto("/admin/")
    finn.page.keyboard.press("n")
    finn.is_at("research")
    for stance, origin in (("refutes", "Ministry of housing"), ("supports", "Tenants' union")):
        finn.presses("e")
        finn.fills(
            title=f"Tables of {origin}", origin=origin, stance=stance, quotation="Rents rose by a fifth.", locator="table 3",
            snapshot_exemption="A paper archive.",
        )  # fmt: skip
        finn.page.keyboard.press("e")  # no key counts in a field
        finn.does("Add evidence")
    kept(finn.page, "day-research")
    finn.presses("u")
    finn.does("Hand it to the reviewers")
    finn.is_at("rating")

    holders = in_database(lambda: [who.username for who in room.holders(Review.objects.get())])
    for name, rating in zip(holders, ("false", "true"), strict=True):
        reviewer = person(name)
        reviewer.opens("Waiting for your verdict")
        expect(reviewer.page.get_by_text("Tables of Ministry of housing").first).to_be_visible()
        expect(reviewer.page.locator(".verdict")).to_have_count(0)
        reviewer.fills(rating=rating, rationale=WHY)
        for item in reviewer.page.locator('#form [name="cites"]').all():
            expect(item).not_to_be_checked()  # what a verdict rests on, nobody suggests
            item.check()
        kept(reviewer.page, f"day-verdict-{rating}")
        reviewer.does("Submit and next")
    first = person(holders[0])
    first.opens("In discussion")
    expect(first.page.locator(".verdict")).to_have_count(2)
    first.presses("c")
    first.fills(text="Which year do you count from?")
    first.does("Comment")
    first.presses("e")
    first.does("Have it adjudicated")
    first.is_at("adjudication")

    dana = person("dana")
    dana.opens("For you to decide")
    dana.fills(rating="false", rationale=WHY)
    dana.page.get_by_label(f"To {holders[1]}, who says").fill("The tables count from 2020, as the claim does.")
    kept(dana.page, "day-adjudication")
    dana.does("Adjudicate")
    dana.is_at("drafting")

    finn.opens("Mine")
    finn.presses("d")
    finn.fills(
        headline="Rents did not triple: they rose by a fifth", summary="The ministry's tables say that rents rose by a fifth.",
        rating="false", rating_explanation="A fifth is not three times.", body="The tables of both years say so.",
    )  # fmt: skip
    finn.does("Edit the draft")
    finn.presses("w")
    finn.fills(addressee="The minister", reason="unreachable", note="The ministry answers no letters.")
    finn.does("Do without a reply")
    finn.presses("u")
    finn.does("Hand the draft to the editors")
    finn.is_at("copy edit")

    emil = person("emil")
    emil.opens("To approve")
    emil.page.get_by_role("link", name="Preview, with its ClaimReview").click()
    expect(emil.page.get_by_text('"@type": "ClaimReview"').first).to_be_visible()
    emil.page.get_by_role("link", name="Back to the desk").click()
    emil.presses("v")
    emil.does("Approve it")
    emil.is_at("approved")
    gwen = person("gwen")
    gwen.opens("To publish")
    gwen.presses("p")
    gwen.does("Publish it")
    gwen.is_at("published")
    kept(gwen.page, "day-published")
    gwen.page.get_by_role("link", name="What readers see").click()
    expect(gwen.page.get_by_role("heading", level=1)).to_have_text("Rents did not triple: they rose by a fifth")
    assert {name: one.complaints for name, one in cast.items() if one.complaints} == {}
    assert in_database(lambda: Review.objects.get().stage) == Stage.PUBLISHED


def test_the_sheet_of_keys_opens_by_its_key_and_nothing_is_pressed_while_somebody_writes(site, room, chromium):
    review = in_database(lambda: make.review(room, Stage.RESEARCH))
    page, complaints = signed_in(chromium, site, "finn")
    page.goto(f"/admin/reviews/review/{review.pk}/act/comment/")
    sheet = page.locator("#keys dl")
    expect(sheet).to_be_hidden()
    page.keyboard.press("?")
    expect(sheet).to_be_visible()
    page.keyboard.press("?")
    expect(sheet).to_be_hidden()
    page.locator('#form [name="text"]').focus()
    page.keyboard.type("nhbje?")
    expect(page.locator('#form [name="text"]')).to_have_value("nhbje?")
    assert f"{review.pk}/act/comment/" in page.url
    assert complaints == []


def test_the_desk_works_without_a_script(site, room, chromium):
    review = in_database(lambda: make.review(room, Stage.QUEUED))
    page = chromium.new_context(base_url=site, java_script_enabled=False).new_page()
    page.goto("/admin/")
    page.get_by_label("Username").fill("finn")
    page.get_by_label("Password").fill("secret-1")
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("button", name="Take next").click()
    page.get_by_role("link", name="Comment").click()
    page.locator('#form [name="text"]').fill("Taken without a script.")
    page.locator("#form").get_by_role("button", name="Comment").click()
    expect(page.locator(".comment")).to_contain_text("Taken without a script.")
    page.get_by_role("link", name="Add evidence").click()
    page.get_by_role("link", name="A file").click()
    page.locator("#form").get_by_role("button", name="Add evidence").click()
    expect(page.locator("#form .errorlist").first).to_have_text("This field is required.")
    page.locator('#form [name="origin"]').fill("Library")
    page.locator('#form [name="stance"][value="context"]').check()
    page.locator('#form [name="file"]').set_input_files(
        {"name": "tables.txt", "mimeType": "text/plain", "buffer": b"33,000 people serve."}
    )
    page.locator("#form").get_by_role("button", name="Add evidence").click()
    expect(page.locator(".card .copy")).to_contain_text("Stored copy")
    assert in_database(lambda: workflow.visible_to(room.finn).get(pk=review.pk).stage) == Stage.RESEARCH


def without_refusals(complaints: list[str]) -> list[str]:
    """Chromium reports each answer that refuses something, which here is what is asked for."""
    return [complaint for complaint in complaints if not complaint.startswith("Failed to load resource")]


def test_what_is_written_while_the_words_before_are_on_their_way_or_after_a_refusal_is_saved_too(site, room, chromium):
    review = in_database(lambda: make.review(room, Stage.DRAFTING))
    page, _ = signed_in(chromium, site, "finn")
    page.goto(f"/admin/reviews/review/{review.pk}/act/edit_draft/")
    kept_words, summary = page.locator("#kept"), page.locator('#form [name="summary"]')
    held = []
    page.route("**/draft", lambda route: route.continue_() if held else held.append(route))
    with page.expect_request("**/draft"):
        summary.fill("Rents rose.")
    summary.press_sequentially(" By a fifth.")
    page.wait_for_timeout(2_500)  # milliseconds: the time in which it would have been saved is over
    with page.expect_response(lambda answer: "By a fifth" in (answer.request.post_data or ""), timeout=6_000):
        held[0].continue_()
    page.unroute("**/draft")
    expect(kept_words).to_contain_text("Saved ")
    assert in_database(lambda: Draft.objects.get().summary) == "Rents rose. By a fifth."

    page.route("**/draft", lambda route: route.abort())
    summary.press_sequentially(" Since 2020.")
    expect(kept_words).to_contain_text("Not saved: there is no answer.")
    page.unroute("**/draft")
    page.route("**/draft", lambda route: route.fulfill(status=422, json={"detail": "No."}))
    expect(kept_words).to_contain_text("Not saved: No.", timeout=10_000)
    page.unroute("**/draft")
    summary.fill("Rents rose by a fifth since 2020.")
    expect(kept_words).to_contain_text("Saved ", timeout=5_000)
    assert in_database(lambda: Draft.objects.get().summary) == "Rents rose by a fifth since 2020."


@needs_axe
def test_a_draft_is_saved_while_somebody_writes_and_where_another_was_first_both_are_shown(site, room, chromium):
    review = in_database(lambda: make.review(room, Stage.DRAFTING))
    page, complaints = signed_in(chromium, site, "finn")
    page.goto(f"/admin/reviews/review/{review.pk}/act/edit_draft/")
    kept_words, summary = page.locator("#kept"), page.locator('#form [name="summary"]')
    expect(kept_words).to_have_text("What you write is saved as you write it.")
    summary.fill("Rents rose by a fifth.")
    expect(kept_words).to_contain_text("Saved ")
    assert in_database(lambda: Draft.objects.get().summary) == "Rents rose by a fifth."

    # Without an answer nothing is lost, and it is tried again.
    page.route("**/draft", lambda route: route.abort())
    summary.fill("Rents rose by a fifth since 2020.")
    expect(kept_words).to_contain_text("Not saved: there is no answer.")
    page.unroute("**/draft")
    expect(kept_words).to_contain_text("Saved ", timeout=15_000)
    assert in_database(lambda: Draft.objects.get().summary) == "Rents rose by a fifth since 2020."

    in_database(
        lambda: workflow.edit_draft(review.pk, {"headline": "Theirs", "summary": "Theirs too."}, actor=room.emil)
    )
    summary.fill("Mine: rents rose by a fifth.")
    expect(kept_words).to_contain_text("emil saved version")
    assert in_database(lambda: Draft.objects.get().summary) == "Theirs too."
    page.locator("#form").get_by_role("button", name="Edit the draft").click()
    expect(page.get_by_text("emil saved version")).to_be_visible()
    expect(page.locator('#form [name="headline"]')).to_have_value("Theirs")
    expect(summary).to_have_value("Mine: rents rose by a fifth.")
    assert look(page, "desk-conflict") == []
    page.get_by_role("button", name="Save mine over version").click()
    expect(page.locator(".messagelist")).to_contain_text("done")
    assert in_database(lambda: Draft.objects.values_list("headline", "summary").get()) == (
        "Theirs",
        "Mine: rents rose by a fifth.",
    )
    assert without_refusals(complaints) == []


def test_a_verdict_is_saved_while_somebody_writes_and_nobody_leaves_what_is_not_saved_unasked(site, room, chromium):
    review = in_database(lambda: make.review(room, Stage.RATING))
    holder = in_database(lambda: room.holders(review)[0].username)
    page, complaints = signed_in(chromium, site, holder)
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.goto(f"/admin/reviews/review/{review.pk}/change/")
    page.locator('#form [name="rationale"]').press_sequentially("The tables say")
    page.locator('#form [name="rating"][value="false"]').check()
    expect(page.locator("#kept")).to_contain_text("UTC, for you alone")
    page.reload()
    assert asked == []
    expect(page.locator('#form [name="rationale"]')).to_have_value("The tables say")
    expect(page.locator('#form [name="rating"][value="false"]')).to_be_checked()

    page.goto(f"/admin/reviews/review/{review.pk}/act/declare_conflict/")
    page.locator('#form [name="note"]').press_sequentially("I own a flat")
    page.get_by_role("link", name="Leave it").click()
    page.wait_for_url("**/change/")
    assert asked == ["beforeunload"]
    assert complaints == []


def test_how_far_a_page_is_stored_is_shown_in_place(site, room, chromium):
    def made() -> tuple[str, str]:
        review = make.review(room, Stage.RESEARCH)
        item = make.evidence(room, review, url="https://ministry.example/tables", snapshot_exemption="")
        return str(review.pk), str(item.pk)

    def failed() -> None:
        jobs.cancel(Job.objects.get(subject_id=item).pk, actor=room.finn)
        with transaction.atomic():
            workflow.record_snapshot_failure(item, "The page does not exist.")

    review, item = in_database(made)
    page, complaints = signed_in(chromium, site, "finn")
    page.goto(f"/admin/reviews/review/{review}/change/")
    card = page.locator(f"#evidence-{item}")
    expect(card).to_contain_text("Its page waits for a worker")
    card.focus()
    in_database(failed)
    expect(card).to_contain_text("No copy of its page: The page does not exist.", timeout=15_000)
    expect(card).to_be_focused()
    expect(card.get_by_role("button", name="Fetch its page again")).to_be_visible()
    assert complaints == []
