"""Reviews over HTTP: another desk has none of it, whoever acts has seen what stands there, and what may be done is told beforehand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from factcheck import jobs
from factcheck.accounts.models import User
from factcheck.audit.models import AuditEvent
from factcheck.models import Job
from reviews import stages, workflow
from reviews.access import ACTIONS
from reviews.facts import Stage
from reviews.models import Review
from reviews.stages import Action
from tests import make, reviewing
from tests.api import api, assert_problem, places, walk
from tests.test_every_operation import ITEM, NOBODY, bodies, fill, operations, own_key, world  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.fixture
def room() -> make.Newsroom:
    return make.newsroom()


def rows_of(review: Review) -> list[Any]:
    events = AuditEvent.objects.filter(subject_id=review.pk).order_by("number")
    return [*Review.objects.filter(pk=review.pk).values(), *review.evidence.values(), *events.values()]


# Another desk


def test_to_another_desk_a_review_and_all_under_it_are_not_there(world):  # noqa: F811
    """Read from the document: every operation of one review or one item, as somebody of another desk with every role."""
    zoe = make.user("zoe")
    client = api(zoe)
    client.looks_first = False
    review = Review.objects.get(pk=world["reviews"])
    before, asked = rows_of(review), set()
    for path, method, operation in operations():
        if path.startswith(("/api/v1/reviews/{", "/api/v1/evidence/{", "/api/v1/snapshots/{", "/api/v1/desks/{")):
            address, headers = fill(path, key=own_key(path, world)), {"If-Match": '"1"'}
            body = bodies(world).get(operation["operationId"])
            response = client.generic(
                method.upper(), address, b"" if method == "get" else _json(body), "application/json", headers=headers
            )
            assert_problem(response, 404, "not_found")
            asked.add(operation["operationId"])
    assert len(asked) == 60
    assert rows_of(review) == before


def _json(body: Any) -> bytes:
    import orjson

    return orjson.dumps(body or {})


def test_another_desk_finds_a_review_in_no_list_filter_count_or_feed(room):
    review = make.review(room, Stage.DRAFTING)
    queued = make.review(room, text="Wages fell.")
    zoe, finn = api(room.zoe), api(room.finn)
    queries = (
        "", "?stage=drafting,queued", f"?claim={review.claim_id}", f"?desk={room.desk.pk}", f"?lead={room.finn.pk}", "?mine=false",
        "?overdue=false", "?risk=normal", "?is_on_hold=false", "?updated_since=2020-01-01T00:00:00Z", "?ordering=due_at", "?ordering=-updated_at",
    )  # fmt: skip
    for query in queries:
        assert zoe.get(f"/reviews{query}").json()["results"] == [], query
        assert finn.get(f"/reviews{query}").json()["results"] != [], query
    assert (zoe.get("/reviews?count=exact").json()["count"], finn.get("/reviews?count=exact").json()["count"]) == (0, 2)
    assert zoe.get("/queue").json()["results"] == zoe.get(f"/queue?desk={room.desk.pk}").json()["results"] == []
    assert [r["id"] for r in finn.get(f"/queue?desk={room.desk.pk}").json()["results"]] == [str(queued.pk)]
    assert [d["name"] for d in zoe.get("/desks").json()["results"]] == ["Other desk"]
    assert_problem(zoe.post("/queue/next", {"desk": str(room.desk.pk)}), 422, "invalid_input")
    for who, kinds in ((zoe, set()), (finn, {"review", "seat"})):
        seen = {e["subject_type"] for page in ("/events?page_size=200",) for e in who.get(page).json()["results"]}
        assert seen & {"review", "seat"} == kinds
    assert zoe.get(f"/events?subject={review.pk}").json()["results"] == []


def test_a_job_for_evidence_of_another_desk_is_not_there_either(room):
    review = make.review(room, Stage.RESEARCH)
    item = {"url": "https://example.org/secret", "stance": "refutes", "origin": "Leak", "is_confidential": True}
    added = api(room.finn).post(f"/reviews/{review.pk}/evidence", item)
    assert added.status_code == 201
    again = api(room.finn).post(f"/evidence/{added.json()['id']}/take-snapshot")
    job = Job.objects.get(kind="snapshot")
    assert (again.status_code, again["Location"]) == (202, f"/api/v1/jobs/{job.pk}")
    jobs.cancel(job.pk, actor=room.finn)
    for who, is_shown in ((room.finn, True), (room.uma, True), (room.zoe, False)):
        client = api(who)
        assert client.get(f"/jobs/{job.pk}").status_code == (200 if is_shown else 404)
        assert (str(job.pk) in client.get("/jobs?kind=snapshot").content.decode()) is is_shown
        assert bool(client.get(f"/events?subject={job.pk}").json()["results"]) is is_shown
    assert_problem(api(room.zoe).post(f"/jobs/{job.pk}/retry"), 404, "not_found")
    assert api(room.finn).post(f"/jobs/{job.pk}/retry").json()["state"] == "queued"


def test_an_auditor_reads_every_desk_and_writes_nothing_whatever_other_role_they_have_elsewhere(room):
    review = make.review(room, Stage.RESEARCH)
    gus = make.user("gus", "auditor", "editor", "researcher", "triager")
    client = api(gus)
    shown = client.get(f"/reviews/{review.pk}")
    assert shown.status_code == 200
    allowed = {a["action"] for a in shown.json()["allowed_actions"] if a["allowed"]}
    assert allowed == {"declare_conflict"}  # anybody may keep out of it
    before = rows_of(review)
    words = {"reason": "legal", "note": "Ask the lawyers."}
    assert_problem(client.post(f"/reviews/{review.pk}/hold", words), 403, "action_forbidden")
    assert_problem(api(room.uma).post(f"/reviews/{review.pk}/hold", words), 403, "insufficient_scope")
    assert rows_of(review) == before


# Who has not seen it


def action(room: make.Newsroom, review: Review, name: str, body: Any, if_match: str | None, who: User) -> Any:
    client = api(who)
    client.looks_first = False
    return client.post(f"/reviews/{review.pk}/{name}", body, headers={} if if_match is None else {"If-Match": if_match})


def test_an_action_needs_the_version_that_its_actor_saw(room):
    review = make.review(room)
    seen, before = api(room.finn).get(f"/reviews/{review.pk}")["ETag"], rows_of(review)
    assert_problem(action(room, review, "take", {}, None, room.finn), 428, "precondition_required")
    assert_problem(action(room, review, "take", {}, "7", room.finn), 400, "invalid_header")
    stale = assert_problem(action(room, review, "take", {}, '"7"', room.finn), 412, "stale_version")
    assert (stale["current_version"], stale["changed_by"]) == (1, "ada")
    assert rows_of(review) == before
    taken = action(room, review, "take", {}, seen, room.finn)
    assert (taken.status_code, taken["ETag"].partition(".")[0]) == (200, '"2')
    told = assert_problem(action(room, review, "take", {}, seen, room.finn), 412, "stale_version")
    assert (told["current_version"], told["changed_by"]) == (2, "finn")
    assert {"lead", "stage"} <= set(told["changed_fields"])


def test_a_verdict_needs_the_tag_of_its_own_seat(room):
    review = make.review(room, Stage.RATING)
    holder, other = room.holders(review)
    client = api(holder)
    seat = client.get(f"/reviews/{review.pk}/seat")
    tag, cites = seat.json()["tag"], [item["id"] for item in seat.json()["evidence_set"]["items"]]
    said = {"rating": "false", "rationale": make.WHY, "cites": cites}
    assert seat["ETag"].startswith(f'"{tag}.')
    of_review = client.get(f"/reviews/{review.pk}")["ETag"]
    before = rows_of(review)
    assert_problem(action(room, review, "submit-verdict", said, None, holder), 428, "precondition_required")
    assert_problem(action(room, review, "submit-verdict", said, of_review, holder), 412, "stale_version")
    assert_problem(action(room, review, "submit-verdict", said, f'"{tag}"', room.ivy), 403, "action_forbidden")
    assert_problem(action(room, review, "submit-verdict", said, f'"{tag}"', other), 412, "stale_version")
    assert workflow.verdicts_submitted(review) == 0
    # What others do to the review meanwhile does not matter to whoever judges the same evidence.
    workflow.hold(review.pk, reason="legal", note="Wait.", actor=room.finn)
    workflow.resume(review.pk, reason="settled", note="Go on.", actor=room.finn)
    assert rows_of(review) != before
    assert action(room, review, "submit-verdict", said, f'"{tag}"', holder).status_code == 200
    assert workflow.verdicts_submitted(review) == 1


def test_the_draft_has_the_version_of_its_review(room):
    review = make.review(room, Stage.DRAFTING)
    client = api(room.finn)
    client.looks_first = False
    path = f"/reviews/{review.pk}/draft"
    seen = client.get(path)["ETag"]
    assert seen.partition(".")[0] == client.get(f"/reviews/{review.pk}")["ETag"].partition(".")[0]
    assert_problem(client.patch(path, {"headline": "A"}, "application/json"), 428, "precondition_required")
    edited = client.patch(path, {"headline": "A"}, "application/json", headers={"If-Match": seen})
    assert (edited.status_code, edited.json()["headline"]) == (200, "A")
    late = client.patch(path, {"headline": "B"}, "application/json", headers={"If-Match": seen})
    assert_problem(late, 412, "stale_version")
    assert client.get(path).json() == edited.json()


def test_an_item_of_evidence_has_a_version_of_its_own(room):
    review = make.review(room, Stage.RESEARCH)
    item = make.evidence(room, review)
    client = api(room.finn)
    client.looks_first = False
    path, seen = f"/evidence/{item.pk}", {"If-Match": client.get(f"/evidence/{item.pk}")["ETag"]}
    assert_problem(client.patch(path, {"note": "x"}, "application/json"), 428, "precondition_required")
    withdrawn = client.patch(path, {"is_withdrawn": True}, "application/json", headers=seen)
    assert (withdrawn.json()["is_withdrawn"], withdrawn.json()["version"]) == (True, 2)
    assert_problem(client.patch(path, {"note": "x"}, "application/json", headers=seen), 412, "stale_version")
    back = client.patch(path, {"is_withdrawn": False}, "application/json", headers={"If-Match": withdrawn["ETag"]})
    assert (back.json()["is_withdrawn"], back.json()["withdrawn_at"]) == (False, None)


def test_a_body_that_cannot_be_read_is_refused_first_and_one_that_makes_no_sense_last(room):
    review = make.review(room, Stage.COPY_EDIT)
    unread, nonsense, seen = {"to": "moon"}, {"to": "drafting", "reason": "legal", "note": " "}, f'"{review.version}"'
    before = rows_of(review)
    wrong = assert_problem(action(room, review, "send-back", unread, '"1"', room.finn), 422, "invalid_input")
    assert {place for _, place in places(wrong)} == {"/to", "/reason", "/note"}
    assert_problem(action(room, review, "take", {"x": 1}, seen, room.emil), 422, "invalid_input")
    problem = assert_problem(action(room, review, "take", {}, seen, room.emil), 409, "action_blocked")
    assert [b["code"] for b in problem["blocked_by"]] == ["stage_is_copy_edit"]
    assert "send_back" in problem["allowed_actions"]
    words = {"to": "drafting", "reason": "legal", "note": "Ask the lawyer."}
    assert_problem(action(room, review, "send-back", words, '"1"', room.finn), 412, "stale_version")
    assert_problem(action(room, review, "send-back", words, seen, room.finn), 403, "action_forbidden")
    assert_problem(action(room, review, "send-back", nonsense, seen, room.emil), 422, "invalid_input")
    assert rows_of(review) == before


@pytest.mark.parametrize(
    "url",
    [
        "tables", "//example.org/a", "ftp://example.org/a", "javascript:alert(1)", "file:///etc/passwd", "http://", "https://exa mple.org/",
        "https://ben:secret@example.org/", "https://example.org:99999/", "https://example.org/" + "a" * 2000,
    ],
)  # fmt: skip
def test_an_address_that_is_none_or_tells_a_secret_is_refused_in_its_field_and_nothing_moves(room, url):
    review = make.review(room, Stage.RESEARCH)
    item = make.evidence(room, review, url="https://example.org/tables")
    client, before = api(room.finn), (rows_of(review), Job.objects.count())
    code = "max_length" if len(url) > 2000 else "bad_url"
    added = client.post(f"/reviews/{review.pk}/evidence", ITEM | {"url": url})
    edited = client.patch(f"/evidence/{item.pk}", {"url": url}, "application/json")
    for answer in (added, edited):
        problem = assert_problem(answer, 422, "invalid_input")
        assert places(problem) == [(code, "/url")]
        assert "secret" not in answer.content.decode()
    assert (rows_of(review), Job.objects.count()) == before


def test_evidence_that_lacks_something_is_named_with_what_it_lacks(room):
    review = make.review(room, Stage.RESEARCH)
    make.evidence(room, review, "refutes", "Ministry")
    bare = make.evidence(room, review, "supports", "Bank", locator="", snapshot_exemption="")
    client = api(room.finn)
    [told] = [
        a for a in client.get(f"/reviews/{review.pk}").json()["allowed_actions"] if a["action"] == "submit_for_rating"
    ]
    [blocked] = told["blocked_by"]
    assert (blocked["code"], blocked["items"]) == (
        "incomplete_evidence", [{"id": str(bare.pk), "lacks": ["locator", "snapshot"]}],
    )  # fmt: skip
    assert str(bare.pk) in blocked["words"]
    problem = assert_problem(client.post(f"/reviews/{review.pk}/submit-for-rating", {}), 409, "action_blocked")
    assert problem["blocked_by"] == [blocked]


# What may be done


AT = (Stage.QUEUED, Stage.RESEARCH, Stage.RATING, Stage.DISCUSSION, Stage.COPY_EDIT, Stage.CLOSED)


@pytest.fixture
def _without_alternatives() -> Iterator[None]:
    with reviewing.without_alternatives():
        yield


@pytest.mark.usefixtures("_without_alternatives")
@pytest.mark.parametrize("stage", AT)
def test_what_is_said_to_be_allowed_is_what_the_verbs_then_accept(room, stage):
    """Each action is asked with a body of the right form, and undone. Whatever is wrong with what it says, it was let through."""
    said = bodies(defaultdict(lambda: NOBODY))
    review = make.review(room, stage)
    people = [
        room.ada,
        room.finn,
        room.emil,
        room.dana,
        room.uma,
        *(room.holders(review)[:1] if review.round_number else []),
    ]
    for who in people:
        client = api(who)
        client.looks_first = False
        found = client.get(f"/reviews/{review.pk}")
        told = {each["action"]: each for each in found.json()["allowed_actions"]}
        assert list(told) == [str(each) for each in ACTIONS]
        for name, (route, _) in ACTIONS.items():
            if route.startswith("POST /api/v1/reviews/"):
                headers = {"If-Match": found["ETag"]}
                address = route.partition(" ")[2].format(id=review.pk)
                body = said.get(f"{name}_review") or {"add_evidence": ITEM, "comment": {"text": "Why?"}}.get(
                    str(name), {}
                )
                body = body or (said["create_review_search"] if address.endswith("/searches") else {})
                with transaction.atomic():
                    answer = client.post(address, body, headers=headers)
                    transaction.set_rollback(True)
                assert_agrees(told[str(name)], answer, (who.username, name))


def assert_agrees(told: dict[str, Any], answer: Any, what: Any) -> None:
    problem, codes = answer.json(), [blocker["code"] for blocker in told["blocked_by"]]
    is_let_through = answer.status_code in (200, 201, 412, 422)
    assert told["allowed"] is (not codes) is is_let_through, (what, told, answer.status_code)
    if answer.status_code == 409:
        blocking = [b for b in told["blocked_by"] if not b["code"].startswith("scope_")]
        assert (problem["code"], problem["blocked_by"]) == ("action_blocked", blocking), what
    if answer.status_code == 403:
        is_scope = problem["code"] == "insufficient_scope"
        assert is_scope is any(code.startswith("scope_") for code in codes), what
        assert is_scope or any(code.startswith(("role_", "not_the_")) for code in codes), what


def test_a_token_without_the_scope_is_told_which_it_lacks(room):
    review = make.review(room)
    told = {
        a["action"]: a for a in api(room.finn, "read").get(f"/reviews/{review.pk}").json()["allowed_actions"]
    }  # fmt: skip
    assert told["take"] == {
        "action": "take", "label": "Take it", "allowed": False,
        "blocked_by": [{"code": "scope_review_missing", "words": "This needs the scope review."}],
    }  # fmt: skip
    assert_problem(api(room.finn, "read").post(f"/reviews/{review.pk}/take"), 403, "insufficient_scope")


def test_every_action_that_a_person_may_take_has_its_route():
    by_people = {row.action for row in stages.TRANSITIONS if row.may} - {Action.OPEN}
    assert set(ACTIONS) == by_people


# Lists


def test_an_item_of_the_list_is_what_the_review_itself_answers(room):
    made = [make.review(room, stage, text=f"Prices rose {n} times.") for n, stage in enumerate(Stage)]
    workflow.hold(made[1].pk, reason="legal", note="Wait.", actor=room.finn)
    client = api(room.uma)
    items = [item for page in walk(client, "/reviews?page_size=2&ordering=due_at") for item in page]
    assert {item["id"] for item in items} == {str(each.pk) for each in made}
    for item in items:
        whole = client.get(f"/reviews/{item['id']}").json()
        assert item == {name: whole[name] for name in item}
    assert {item["is_on_hold"] for item in items} == {True, False}


def test_evidence_in_the_list_is_what_its_own_address_answers(room):
    review = make.review(room, Stage.RESEARCH)
    items = [make.evidence(room, review, is_confidential=n == 1, note=f"{n}") for n in range(3)]
    workflow.mark_unreliable(items[0].pk, reason="forged", note="It is.", actor=room.finn)
    workflow.edit_evidence(items[1].pk, {}, is_withdrawn=True, actor=room.finn)
    client = api(room.finn)
    listed = client.get(f"/reviews/{review.pk}/evidence").json()["results"]
    assert listed == [client.get(f"/evidence/{item['id']}").json() for item in listed]
    assert [(i["is_unreliable"], i["is_withdrawn"], i["is_confidential"]) for i in listed] == [
        (True, False, False), (False, True, True), (False, False, False),
    ]  # fmt: skip


def test_desks_scales_and_policies_are_listed_as_they_answer_themselves(room):
    client = api(room.uma)
    for path in ("desks", "rating-scales", "policies"):
        items = client.get(f"/{path}").json()["results"]
        assert items
        assert items == [client.get(f"/{path}/{item['id']}").json() for item in items]
    desk = api(room.finn).get(f"/desks/{room.desk.pk}").json()
    assert [point["code"] for point in desk["scale"]["points"]] == ["false", "mixed", "true", "unverifiable"]
    assert "finn" in [member["username"] for member in desk["members"]]


def test_everybody_finds_what_is_theirs_to_do(room):
    led = make.review(room, Stage.RESEARCH)
    judged = make.review(room, Stage.RATING, text="Wages fell.")
    settled = make.review(room, Stage.ADJUDICATION, text="Rents rose.")
    holder = room.holders(judged)[0]

    def found(who: User) -> set[str]:
        return {item["id"] for item in api(who).get("/reviews?mine=true").json()["results"]}

    assert found(room.finn) == {str(led.pk), str(judged.pk), str(settled.pk)}
    assert found(holder) == {str(judged.pk)}
    assert found(room.dana) == {str(settled.pk)}
    assert found(room.emil) == set()


def test_the_queue_says_why_each_stands_where_it_does(room):
    normal, high = make.review(room), make.review(room, text="Wages fell.")
    Review.objects.filter(pk=high.pk).update(risk="high")
    waiting = api(room.finn).get("/queue").json()["results"]
    assert [item["id"] for item in waiting] == [str(high.pk), str(normal.pk)]
    for item in waiting:
        assert sum(part["value"] for part in item["contributions"]) == pytest.approx(item["priority"], abs=1e-4)
    assert len(api(room.finn).get("/queue?page_size=1").json()["results"]) == 1


def test_a_search_without_result_is_signed(room):
    review = make.review(room, Stage.RESEARCH)
    said = {"side": "supports", "queries": ["wages 2024", "зарплати"], "places": "The archive of the bank"}
    signed = api(room.finn).post(f"/reviews/{review.pk}/searches", said)
    assert (signed.status_code, signed.json()["searched_by"]["username"]) == (201, "finn")
    assert api(room.emil).get(f"/reviews/{review.pk}/searches").json()["results"] == [signed.json()]


def test_a_reply_is_asked_for_and_kept(room):
    review = make.review(room, Stage.RESEARCH)
    client = api(room.finn)
    asked = client.post(f"/reviews/{review.pk}/request-reply", {"addressee": "The ministry", "question": "Why?"})
    assert asked.status_code == 200
    (reply,) = client.get(f"/reviews/{review.pk}/replies").json()["results"]
    assert (reply["addressee"], reply["answer"], reply["answered_at"]) == ("The ministry", "", None)
    client.post(f"/reviews/{review.pk}/record-reply", {"request": reply["id"], "answer": "Because."})
    (kept,) = client.get(f"/reviews/{review.pk}/replies").json()["results"]
    assert kept["answer"] == "Because."
