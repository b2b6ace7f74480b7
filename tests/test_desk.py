"""The desk of a review: what it shows to whom, and that everything done there is done by the API's own routes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
import re2
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.serializers import CharField, ChoiceField, UUIDField

from claims import pipeline
from claims.triage import TriageAction
from factcheck.accounts.models import User
from factcheck.models import Job
from reviews import stages, workflow
from reviews.access import ACTIONS
from reviews.admin import fields
from reviews.admin.doing import KEYS, doing
from reviews.admin.storing import storing_of
from reviews.facts import Stage
from reviews.models import Decision, Review
from reviews.presenting import present
from reviews.stages import Action
from tests import make, reviewing
from tests.test_admin import body, said, text_of, words_of
from tests.test_readers import corrected

pytestmark = pytest.mark.django_db

QUERIES = 20
FORM = "application/x-www-form-urlencoded"


def at_desk(user: User) -> Client:
    """Their browser."""
    User.objects.filter(pk=user.pk).update(is_staff=True)
    client = Client()
    client.force_login(User.objects.get(pk=user.pk))
    return client


def desk_of(review: Review) -> str:
    return f"/admin/reviews/review/{review.pk}/change/"


def act_at(review: Review, action: Action, item: object = None) -> str:
    return f"/admin/reviews/review/{review.pk}/act/{action}/" + (f"{item}/" if item else "")


def hidden(page: str, name: str) -> str:
    found = re2.search(rf'name="{name}"(?: value="([^"]*)")?', page)
    assert found, name
    return found.group(1) or ""


def filled(client: Client, address: str, **said: Any) -> dict[str, Any]:
    """The form of an action as its page has it, and what a person adds to it."""
    page = body(client.get(address))
    form = page[page.index('id="form"') :]
    names = re2.findall(r'<input type="hidden" name="((?:base-)?[a-z_]+)"', form)
    return {name: hidden(form, name) for name in names if name != "csrfmiddlewaretoken"} | said


def take(client: Client, review: Review, action: Action, item: object = None, **told: Any) -> Any:
    address = act_at(review, action, item)
    return client.post(address, filled(client, address, **told))


@pytest.fixture
def room() -> make.Newsroom:
    return make.newsroom()


def in_an_article(room: make.Newsroom) -> dict[str, Any]:
    """Of a claim that stands in a text, beside another one."""
    article = make.article("Prices doubled in a year, the bank said. Rents tripled since 2020.", outlet="Wire")
    version = article.versions.get()
    make.claim("Rents tripled since 2020.", actor=room.ada, version_id=version.pk, start=41, end=65)
    return {"version_id": version.pk, "start": 0, "end": 24}


def buttons_of(review: Review, page: str) -> list[str]:
    found: list[str] = re2.findall(rf'{review.pk}/act/([a-z_]+)/["#]', page[: page.index("desk-columns")])
    return found


@pytest.mark.parametrize("stage", Stage)
def test_every_stage_has_its_desk_with_the_buttons_of_the_table_in_few_queries(room, stage):
    review = reviewing.full_review(room, stage, **in_an_article(room))
    at_desk(room.uma).get(desk_of(review))  # what is made once for the process is made
    for who in (
        room.finn,
        *(room.holders(review)[:1] or [room.ben]),
        room.dana,
        room.emil,
        room.hal,
        room.ada,
        room.uma,
    ):
        client, who = at_desk(who), User.objects.get(pk=who.pk)
        with CaptureQueriesContext(connection) as asked:
            page = body(client.get(desk_of(review)))
        assert len(asked) <= QUERIES, (who.username, len(asked), [query["sql"][:200] for query in asked])
        told = present(Review.objects.get(pk=review.pk), who, who.scopes).allowed_actions
        allowed = [each["action"] for each in told if each["allowed"]]
        assert buttons_of(review, page) == [each for each in allowed if not doing(each).is_of_item], who.username
        for each in told:
            if not each["allowed"] and stages.find(stage, each["action"]):
                assert doing(each["action"]).label in page


def test_keys_are_letters_of_their_own_at_every_stage():
    assert {len(key) for key in KEYS.values()} == {1}
    for stage in Stage:
        here = [key for action, key in KEYS.items() if stages.find(stage, action)]
        assert len(here) == len(set(here)), stage
        assert not set(here) & set("jkxan"), stage


def test_every_action_of_the_table_has_a_form_made_of_what_the_api_takes():
    for action in ACTIONS:
        assert doing(action).label
    assert set(doing(Action.APPROVE).form().fields) == {
        "decision",
        "draft_digest",
        "evidence_digest",
        "publish_at",
        "public_note",
    }  # type: ignore[misc]
    assert doing(Action.TAKE).form is None


def test_a_claim_goes_from_the_queue_to_the_public_through_the_forms_of_the_desk(room):
    review = make.review(room, Stage.QUEUED, **in_an_article(room))
    finn, emil, gwen, dana = map(at_desk, (room.finn, room.emil, room.gwen, room.dana))
    page = body(finn.get(desk_of(review)))
    assert "Take it" in words_of(finn.get(desk_of(review)))
    told = {"seen": hidden(page, "seen"), "key": hidden(page, "key")}
    assert "Take it: done." in said(finn, finn.post(act_at(review, Action.TAKE), told))
    for stance, origin in (("refutes", "Ministry"), ("supports", "Bank")):
        item = {
            "title": "Tables", "origin": origin, "stance": stance, "quotation": "33,000", "locator": "p. 3",
            "snapshot_exemption": "A paper archive.",
        }  # fmt: skip
        assert "done" in said(finn, take(finn, review, Action.ADD_EVIDENCE, **item))
    assert "done" in said(finn, take(finn, review, Action.SUBMIT_FOR_RATING))
    assert reviewing.at(review).stage == Stage.RATING
    holders = room.holders(reviewing.at(review))
    cites = [str(pk) for pk in review.evidence.values_list("pk", flat=True)]
    for who, rating in zip(holders, ("false", "true"), strict=True):
        verdict = {"rating": rating, "rationale": make.WHY, "cites": cites, "then": "next"}
        assert "done" in said(at_desk(who), take(at_desk(who), review, Action.SUBMIT_VERDICT, **verdict))
    assert reviewing.at(review).stage == Stage.DISCUSSION
    ben = at_desk(holders[0])
    assert "done" in said(ben, take(ben, review, Action.COMMENT, text="Which year do you mean?"))
    assert "done" in said(ben, take(ben, review, Action.ESCALATE))
    page = body(dana.get(desk_of(review)))
    dissent = re2.search(r'name="(answers-[0-9a-f-]+)"[^>]*id="[^"]+"', page[page.index("says “True”") :])
    assert dissent
    decided = {"rating": "false", "rationale": make.WHY, dissent.group(1): "The tables are of another year."}
    assert "done" in said(dana, take(dana, review, Action.ADJUDICATE, **decided))
    assert Decision.objects.get().answers[0]["answer"] == "The tables are of another year."
    text = {name: f"The {name}." for name in make.DRAFT_FIELDS} | {"rating": "false"}
    assert "done" in said(finn, take(finn, review, Action.EDIT_DRAFT, **text))
    waived = {"addressee": "The bank", "reason": "unreachable", "note": "It exists no more."}
    assert "done" in said(finn, take(finn, review, Action.WAIVE_REPLY, **waived))
    assert "done" in said(finn, take(finn, review, Action.SUBMIT_DRAFT))
    assert "done" in said(emil, take(emil, review, Action.APPROVE))
    assert "done" in said(gwen, take(gwen, review, Action.PUBLISH))
    assert reviewing.at(review).stage == Stage.PUBLISHED


# What is refused


def everything() -> dict[str, str]:
    return reviewing.snapshot(reviewing.tables())


def test_a_forged_form_writes_no_stage_and_whatever_it_says_besides_is_passed_over(room):
    review = make.review(room, Stage.RESEARCH)
    finn = at_desk(room.finn)
    before = everything()
    page = finn.post(desk_of(review), {"stage": "published", "version": 1})
    assert page.status_code == 403
    for address in (f"{desk_of(review)}../delete/", "/admin/reviews/review/"):
        assert finn.post(address, {"action": "delete_selected", "_selected_action": review.pk}).status_code in (
            403,
            404,
        )
    assert everything() == before
    assert "done" in said(
        finn, take(finn, review, Action.COMMENT, text="All well.", stage="published", lead=room.ben.pk)
    )
    assert reviewing.at(review).stage == Stage.RESEARCH


@pytest.mark.parametrize(
    ("action", "stage", "why"),
    [
        (Action.SUBMIT_VERDICT, Stage.RATING, "This is for: seat holder"),
        (Action.APPROVE, Stage.COPY_EDIT, "This needs the scope"),
        (Action.SUBMIT_FOR_RATING, Stage.RESEARCH, "This is for: lead"),
        (Action.ADJUDICATE, Stage.RATING, "cannot be given the action adjudicate"),
    ],
)
def test_a_form_sent_for_somebody_elses_place_changes_nothing_and_says_whose_it_is(room, action, stage, why):
    review = make.review(room, stage)
    hal = at_desk(room.hal)
    told = {"seen": str(review.version), "key": "k", "rating": "false", "rationale": make.WHY}
    told |= {name: str(value) for name, value in reviewing.what_an_editor_sees(review).items()}
    before = everything()
    page = hal.post(act_at(review, action), told)
    assert (page.status_code, why in words_of(page)) == (409, True)
    assert everything() == before


def compared(page: str) -> dict[str, list[str]]:
    """Of a page of a conflict: mine, theirs and what there was, of each field that differs."""
    told = page[page.index("three-ways") : page.index("<form", page.index("three-ways"))]
    found = {}
    for section in told.split("<section")[1:]:
        label = re2.search(r'aria-label="([^"]*)"', section).group(1)
        found[label] = [text_of(words) for words in re2.findall(r'(?s)<p class="words"[^>]*>(.*?)</p>', section)]
    return found


def test_who_comes_too_late_reads_what_was_saved_what_there_was_and_what_they_typed_and_saves_it_over_that(room):
    review = make.review(room, Stage.COPY_EDIT)
    emil, gwen = at_desk(room.emil), at_desk(room.gwen)
    address, draft = act_at(review, Action.EDIT_DRAFT), {name: f"The {name}." for name in make.DRAFT_FIELDS}
    mine = filled(gwen, address, **draft | {"headline": "My headline.", "rating": "false"})
    workflow.edit_draft(review.pk, {"headline": "Their headline.", "summary": "Their summary."}, actor=room.emil)
    before = everything()
    page = gwen.post(address, mine)
    assert page.status_code == 409
    assert re2.search(
        rf"emil saved version {review.version + 1} at .* while you edited version {review.version}\.", words_of(page)
    )
    assert compared(body(page)) == {
        "Headline": ["removed: Theadded: My headline.", "removed: Theadded: Their headline.", "The headline."],
        "Summary": ["The summary.", "removed: Theadded: Their summary.", "The summary."],
    }
    assert everything() == before
    # Nothing was typed where they alone have changed something.
    assert 'value="My headline."' in body(page)
    assert ">\nTheir summary.</textarea>" in body(page)
    again = {name: hidden(body(page)[body(page).index('id="form"') :], name) for name in ("seen", "key")}
    over = mine | again | {"summary": "Their summary."}
    assert "done" in said(gwen, gwen.post(address, over))
    told = words_of(emil.get(desk_of(review)))
    assert "My headline." in told
    assert "Their summary." in told


def test_ticks_and_choices_of_evidence_are_compared_in_words(room):
    review = make.review(room, Stage.RESEARCH)
    item = make.evidence(room, review)
    finn, address = at_desk(room.finn), act_at(review, Action.EDIT_EVIDENCE, item.pk)
    mine = filled(
        finn, address, origin="Ministry", stance="context", title="Tables", is_confidential="on", quotation="33,000"
    )
    workflow.edit_evidence(item.pk, {"stance": "supports", "is_confidential": True}, actor=room.finn)
    page = finn.post(address, mine)
    assert page.status_code == 409
    assert "You, in another window, saved version 2" in words_of(page)
    found = compared(body(page))
    assert found["Stance"][2] == "speaks against it"
    assert found["Confidential: readers see nothing of it"] == ["removed: noadded: yes", "removed: noadded: yes", "no"]
    assert found["Locator"] == ["removed: page 3", "page 3", "page 3"]


STALE = {
    Stage.QUEUED: "ada", Stage.RESEARCH: "finn", Stage.DISCUSSION: "emil", Stage.ADJUDICATION: "dana", Stage.COPY_EDIT: "emil",
    Stage.APPROVED: "gwen", Stage.UNDER_REVISION: "gwen",
}  # fmt: skip
UNVERSIONED = (Action.ADD_EVIDENCE, Action.DECLARE_SEARCH, Action.COMMENT)  # they change nothing that anybody has read


def some_input(action: Action) -> dict[str, str]:
    """Of the right form: the first of what can be chosen, and words."""
    members = fields.members_of(doing(action).form)
    chosen = {name: str(next(iter(one.choices))) for name, one in members.items() if isinstance(one, ChoiceField)}
    named = {name: str(uuid4()) for name, one in members.items() if isinstance(one, UUIDField)}
    words = {name: "What I had typed." for name, one in members.items() if type(one) is CharField}
    return {"seat": "1"} | chosen | named | words


@pytest.mark.parametrize("stage", STALE)
def test_no_action_is_taken_by_somebody_who_has_not_seen_what_was_done_meanwhile(room, stage):
    review = reviewing.full_review(room, stage)
    client, before = at_desk(getattr(room, STALE[stage])), everything()
    asked = [
        action
        for action in map(Action, buttons_of(review, body(client.get(desk_of(review)))))
        if action not in UNVERSIONED
    ]
    for action in asked:
        page = client.post(act_at(review, action), {"seen": "1", "key": "k"} | some_input(action))
        assert page.status_code == 409, action
        assert re2.search("while you (looked at|edited) version 1", words_of(page)), action
        shown = body(page)[body(page).index('id="form"') :]
        assert hidden(shown, "seen") == str(review.version), action
        assert ("What I had typed." in shown) == ("What I had typed." in some_input(action).values()), action
    assert everything() == before
    assert len(asked) >= 3


def test_what_cannot_be_done_any_more_says_why_and_keeps_what_was_typed(room):
    review = make.review(room, Stage.COPY_EDIT)
    emil, address = at_desk(room.emil), act_at(review, Action.SEND_BACK)
    typed = filled(emil, address, to="drafting", reason="unclear", note="The second paragraph is weak.")
    make.approve(room.gwen, review)
    page = emil.post(address, typed)
    assert page.status_code == 409
    assert "It cannot be done any more. It is in approved now." in words_of(page)
    assert "Approve by gwen" in words_of(page)
    shown = body(page)[body(page).index('id="form"') : body(page).index("</form>", body(page).index('id="form"'))]
    assert "The second paragraph is weak." in shown
    assert '<button class="button default"' not in shown


def test_who_approves_what_was_edited_meanwhile_approves_what_the_page_then_shows(room):
    review = make.review(room, Stage.COPY_EDIT)
    gwen, address = at_desk(room.gwen), act_at(review, Action.APPROVE)
    seen = filled(gwen, address)
    draft = workflow.edit_draft(review.pk, {"summary": "Another summary altogether."}, actor=room.finn)
    page = gwen.post(address, seen)
    assert page.status_code == 409
    assert "Another summary altogether." in words_of(page)
    shown = body(page)[body(page).index('id="form"') :]
    again = {name: hidden(shown, name) for name in seen}
    assert again["draft_digest"] == draft.digest != seen["draft_digest"]
    assert "done" in said(gwen, gwen.post(address, again))


def test_who_mends_a_form_has_seen_no_more_than_when_they_opened_it(room):
    review = make.review(room, Stage.COPY_EDIT)
    emil, address = at_desk(room.emil), act_at(review, Action.EDIT_DRAFT)
    typed = filled(emil, address, headline="Mine", rating="no such rating")
    assert emil.post(address, typed).status_code == 422
    workflow.edit_draft(review.pk, {"headline": "Theirs"}, actor=room.gwen)
    mended = emil.post(address, typed | {"rating": "false"})
    assert mended.status_code == 409
    assert compared(body(mended))["Headline"][2] == "The headline."


def test_a_second_click_answers_as_the_first_and_acts_once(room):
    review = make.review(room, Stage.RESEARCH)
    finn = at_desk(room.finn)
    told = filled(finn, act_at(review, Action.COMMENT), text="Once.")
    for _ in range(2):
        assert "done" in said(finn, finn.post(act_at(review, Action.COMMENT), told))
    assert review.comments.count() == 1


def test_what_is_wrong_with_a_form_stands_beside_its_field_with_all_that_was_typed(room):
    review = make.review(room, Stage.RESEARCH)
    finn = at_desk(room.finn)
    page = take(finn, review, Action.ADD_EVIDENCE, url="ftp://nowhere", quotation="Kept, what was typed")
    assert page.status_code == 422
    assert "This is no address of a page" in words_of(page)
    assert "This field is required." in words_of(page)
    assert "Kept, what was typed" in body(page)
    assert review.evidence.count() == 0


def test_a_review_of_another_desk_is_not_there(room):
    review = make.review(room, Stage.RESEARCH)
    zoe = at_desk(room.zoe)
    assert zoe.get(desk_of(review)).status_code == 404
    assert zoe.get(act_at(review, Action.COMMENT)).status_code == 404
    assert str(review.pk) not in body(zoe.get("/admin/reviews/review/"))


def test_nothing_is_done_to_one_review_at_the_address_of_another(room):
    mine, other = (make.review(room, Stage.RESEARCH, text=f"Rents rose {n} times.") for n in (2, 3))
    finn, before = at_desk(room.finn), everything()
    answer = finn.post(f"{act_at(mine, Action.COMMENT)}{other.pk}/", {"text": "Here?", "key": "k", "seen": "1"})
    assert answer.status_code == 404
    assert everything() == before


def test_a_draft_of_a_verdict_is_kept_for_its_author_alone(room):
    review = make.review(room, Stage.RATING)
    one, other = map(at_desk, room.holders(review)[:2])
    kept = one.post(f"/admin/reviews/review/{review.pk}/keep-draft/", {"rating": "false", "rationale": "Zyzzogeton"})
    assert "Kept, for you alone." in said(one, kept)
    assert "Zyzzogeton" in body(one.get(desk_of(review)))
    assert "Zyzzogeton" not in body(other.get(desk_of(review)))


def test_forms_say_where_they_are_saved_while_somebody_writes_but_not_over_what_somebody_else_saved(room):
    rated, drafted = make.review(room, Stage.RATING), make.review(room, Stage.DRAFTING, text="Rents doubled in a year.")
    holder, finn = at_desk(room.holders(rated)[0]), at_desk(room.finn)
    seat = f'data-saves="/api/v1/reviews/{rated.pk}/seat/draft"'
    assert seat in body(holder.get(desk_of(rated)))
    assert "data-versioned" not in body(holder.get(desk_of(rated)))
    assert "data-saves" not in body(at_desk(room.emil).get(desk_of(rated)))
    address = act_at(drafted, Action.EDIT_DRAFT)
    form = body(finn.get(address))
    assert f'data-saves="/api/v1/reviews/{drafted.pk}/draft"' in form
    assert "data-versioned" in form
    late = filled(finn, address, headline="Mine")
    workflow.edit_draft(drafted.pk, {"headline": "Theirs"}, actor=room.emil)
    page = body(finn.post(address, late))
    assert "data-unsaved" in page
    assert "data-saves" not in page


@pytest.mark.parametrize(
    ("job", "words", "is_pending"),
    [
        (Job(state="queued"), "Its page waits for a worker to be fetched.", True),
        (Job(state="running", attempts=2), "Its page is being fetched.", True),
        (Job(state="queued", attempts=2, error={"detail": "No answer."}), "No copy yet, after 2 of 3 attempts: No answer.", True),
        (Job(state="failed", error={"detail": "Not found."}), "No copy of its page: Not found.", False),
        (Job(state="cancelled"), "No copy of its page: as told before", False),
        (None, "No copy of its page: as told before", False),
    ],
)  # fmt: skip
def test_how_far_the_storing_of_a_page_is_is_told_in_words(job, words, is_pending):
    found = storing_of(job, "as told before")
    assert (found.words, found.is_pending) == (words, is_pending)


def test_a_page_that_is_being_stored_is_looked_at_again_and_one_that_was_not_is_fetched_again(room):
    review = make.review(room, Stage.RESEARCH)
    item = make.evidence(room, review, url="https://ministry.example/t", snapshot_exemption="")
    finn = at_desk(room.finn)
    page = body(finn.get(desk_of(review)))
    assert "waits for a worker" in page
    assert f'data-pending="{desk_of(review)}"' in page
    assert "Fetch its page again" not in page
    Job.objects.filter(subject_id=item.pk).update(state="cancelled", finished_at=timezone.now())
    workflow.record_snapshot_failure(item.pk, "The page does not exist.")
    page = body(finn.get(desk_of(review)))
    assert "No copy of its page: The page does not exist." in page
    assert "data-pending" not in page
    again = f"/admin/reviews/review/{review.pk}/store-again/{item.pk}/"
    assert again in page
    emil = at_desk(room.emil)
    assert again not in body(emil.get(desk_of(review)))
    before = everything()
    assert "This is for" in said(emil, emil.post(again))
    assert everything() == before
    assert "Its page is fetched again." in said(finn, finn.post(again))
    assert Job.objects.filter(subject_id=item.pk, state="queued").count() == 1


def test_answers_stand_below_what_they_answer_and_name_what_they_are_about(room):
    review = make.review(room, Stage.RESEARCH)
    item = make.evidence(room, review)
    finn, emil = at_desk(room.finn), at_desk(room.emil)
    take(finn, review, Action.COMMENT, text="Which year?", anchor=f"evidence:{item.pk}")
    take(finn, review, Action.COMMENT, text="Is it settled?", anchor="field:claim.text")
    first = review.comments.get(text="Which year?")
    reply = f"{act_at(review, Action.COMMENT)}?reply_to={first.pk}"
    assert "In reply to finn" in words_of(emil.get(reply))
    answer = emil.post(act_at(review, Action.COMMENT), filled(emil, reply, text="The last one."))
    assert answer["Location"].endswith(f"#comment-{review.comments.get(text='The last one.').pk}")
    page = body(emil.get(desk_of(review)))
    said_there = re2.findall(r'(?s)<article class="comment depth-(\d)".*?<p class="words">([^<]*)</p>', page)
    assert said_there == [("0", "Which year?"), ("1", "The last one."), ("0", "Is it settled?")]
    assert f'about <a href="#evidence-{item.pk}">“Tables”</a>' in page
    assert "about claim.text" in page
    before = everything()
    foreign = emil.post(
        act_at(review, Action.COMMENT), {"key": "k", "text": "x", "reply_to": str(uuid4()), "anchor": "field:stage"}
    )
    assert foreign.status_code == 422
    assert everything() == before


def test_what_one_thing_blocks_stands_in_one_line(room):
    review = make.review(room, Stage.RESEARCH)
    workflow.hold(review.pk, actor=room.emil, **reviewing.why(Action.HOLD))
    told = words_of(at_desk(room.finn).get(desk_of(review)))
    assert told.count("The review is on hold: resume it first.") == 1
    assert "Keep it longer, Give it back, Add evidence" in told


def test_evidence_that_lacks_something_is_named_by_its_title(room):
    review = make.review(room, Stage.RESEARCH)
    make.evidence(room, review, url="https://ministry.example/tables", title="Tables of May", snapshot_exemption="")
    told = words_of(at_desk(room.finn).get(desk_of(review)))
    assert "Items of evidence lack: snapshot (“Tables of May”)." in told


def test_a_blocked_action_stays_visible_with_its_reason_in_words(room):
    review = make.review(room, Stage.RESEARCH)
    words = words_of(at_desk(room.finn).get(desk_of(review)))
    assert "origin" in words[words.index("Hand it to the reviewers") :][:200]


# Home, list, preview


def test_the_home_counts_what_waits_for_whom_and_takes_the_next(room):
    queued, rated = make.review(room, Stage.QUEUED), make.review(room, Stage.RATING, text="Rents doubled in a year.")
    finn, holder = at_desk(room.finn), at_desk(room.holders(rated)[0])
    with CaptureQueriesContext(connection) as asked:
        words = words_of(finn.get("/admin/"))
    assert len(asked) <= QUERIES
    for counter in ("1 Mine", "1 Unassigned", "0 Waiting for your verdict"):
        assert counter in words
    assert "1 Waiting for your verdict" in words_of(holder.get("/admin/"))
    assert queued.claim.text in words_of(finn.get("/admin/reviews/review/?part=unassigned"))
    assert rated.claim.text in words_of(holder.get("/admin/reviews/review/?part=verdict"))
    answer = finn.post("/admin/reviews/review/take-next/", {"desk": room.desk.pk})
    assert answer["Location"] == desk_of(queued)
    assert reviewing.at(queued).lead == room.finn
    assert "Nothing waits in this queue." in said(
        finn, finn.post("/admin/reviews/review/take-next/", {"desk": room.desk.pk})
    )
    assert "Take next" not in words_of(at_desk(room.hal).get("/admin/"))


def test_an_accepted_claim_is_put_into_the_queue(room):
    ada = at_desk(room.ada)
    claim = make.claim(actor=room.ada)
    assert "No accepted claim waits" in words_of(ada.get("/admin/reviews/review/add/"))
    pipeline.triage(claim.pk, TriageAction.ACCEPT, actor=room.ada)
    assert "1 Accepted, without a review" in words_of(ada.get("/admin/"))
    told = {"claim": str(claim.pk), "desk": str(room.desk.pk), "key": "k"}
    assert "The claim is in the queue." in said(ada, ada.post("/admin/reviews/review/add/", told))
    assert Review.objects.get().claim == claim


def test_the_preview_shows_the_text_and_its_claim_review_as_they_would_be(room):
    review = make.review(room, Stage.COPY_EDIT)
    words = words_of(at_desk(room.emil).get(f"/admin/reviews/review/{review.pk}/preview/"))
    assert "The headline." in words
    assert '"@type": "ClaimReview"' in words


def test_two_revisions_stand_side_by_side_with_the_words_that_changed(room):
    review = make.review(room, Stage.PUBLISHED)
    address = f"/admin/reviews/review/{review.pk}/revisions/"
    hal = at_desk(room.hal)
    alone = hal.get(address)
    assert (alone.status_code, "Revision 2" in words_of(alone)) == (200, False)
    assert address in body(hal.get(desk_of(review)))
    mended = corrected(room, summary="The summary, mended.").review
    address = f"/admin/reviews/review/{mended.pk}/revisions/"
    page = body(hal.get(address))
    assert "Revision 1" in page
    assert '<ins><span class="visually-hidden">added: </span>, mended</ins>' in page
    assert [text_of(row) for row in re2.findall('<th scope="row">([^<]*)</th><td class="words">', page)] == ["Summary"]
    same = hal.get(f"{address}?before=2&after=2")
    assert "<ins>" not in body(same)
    assert at_desk(room.zoe).get(address).status_code == 404
    unpublished = make.review(room, Stage.RESEARCH, text="Rents doubled in a year.")
    assert hal.get(f"/admin/reviews/review/{unpublished.pk}/revisions/").status_code == 404


def test_of_what_is_public_only_a_correction_is_offered(room):
    review = reviewing.full_review(room, Stage.PUBLISHED)
    offered = {
        name: buttons_of(review, body(at_desk(getattr(room, name)).get(desk_of(review))))
        for name in ("finn", "hal", "emil", "uma")
    }
    anybody = ["declare_conflict", "comment"]
    assert offered == {
        "finn": ["declare_conflict", "comment", "hold"],
        "hal": ["open_revision", *anybody],
        "emil": ["open_revision", "propose_retraction", *anybody, "hold"],
        "uma": [],
    }


def test_an_approval_for_later_says_when_in_utc(room):
    review = make.review(room, Stage.COPY_EDIT)
    emil = at_desk(room.emil)
    assert "done" in said(emil, take(emil, review, Action.APPROVE, publish_at="2031-05-01T08:30"))
    assert review.approvals.get().publish_at == datetime(2031, 5, 1, 8, 30, tzinfo=UTC)
    assert "Publish it" in words_of(emil.get(desk_of(review)))


@pytest.mark.parametrize(
    "hostile",
    [
        {"note": "a\0"}, {"seen": '1"\r\nX-Forged: 1'}, {"seen": ""}, {"seen": "9" * 500}, {"key": 'ü"\n'}, {"reason": ["x"]},
        {"reason": "\0"},
    ],
)  # fmt: skip
def test_a_hostile_form_is_refused_in_words_and_moves_nothing(room, hostile):
    review = make.review(room, Stage.RESEARCH)
    finn, before = at_desk(room.finn), everything()
    told = {"seen": str(review.version), "key": "k", **reviewing.why(Action.HOLD)} | hostile
    page = finn.post(act_at(review, Action.HOLD), urlencode(told, True), FORM)
    assert 400 <= page.status_code < 500, page.status_code
    assert everything() == before


def test_what_words_of_its_form_answer_leads_to_that_form(room):
    review = make.review(room, Stage.RESEARCH)
    for stance in ("refutes", "supports"):
        make.evidence(room, review, stance, "Ministry")
    finn, address = at_desk(room.finn), act_at(review, Action.SUBMIT_FOR_RATING)
    assert f'<a href="{address}#form">Say why</a>' in body(finn.get(desk_of(review))).replace("http://testserver", "")
    assert "done" in said(
        finn, take(finn, review, Action.SUBMIT_FOR_RATING, single_origin_reason="Nobody else counts.")
    )
    assert reviewing.at(review).stage == Stage.RATING


def test_what_leads_on_stands_out_and_nothing_else(room):
    review = make.review(room, Stage.COPY_EDIT)
    page = body(at_desk(room.emil).get(desk_of(review)))
    page = page[page.index('id="actions"') : page.index("</section>", page.index('id="actions"'))]
    buttons = re2.findall(r'<(?:a|button) class="button( plain| default)?[^"]*"[^>]*>([A-Z][^<]+)', page)
    loud = {label.strip() for kind, label in buttons if kind != " plain"}
    assert loud == {"Approve it"}


def test_nobody_suggests_what_a_verdict_rests_on(room):
    review = make.review(room, Stage.RATING)
    page = body(at_desk(room.holders(review)[0]).get(desk_of(review)))
    boxes = re2.findall(r'<input type="checkbox" name="cites"[^>]*>', page)
    assert len(boxes) == 2
    assert not [box for box in boxes if "checked" in box]


def test_who_approves_can_read_the_text_where_they_approve_it(room):
    review = make.review(room, Stage.COPY_EDIT)
    assert "The body." in words_of(at_desk(room.emil).get(desk_of(review)))
