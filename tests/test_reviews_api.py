"""A review over HTTP, from an accepted claim to its approval: by consensus, through a dispute, and sent back for more evidence."""

from __future__ import annotations

from typing import Any

import pytest

from factcheck.audit.models import AuditEvent
from tests import make
from tests.api import Api, api

pytestmark = pytest.mark.django_db

WHY = "The ministry's own tables say so, in both editions."


@pytest.fixture
def room() -> make.Newsroom:
    return make.newsroom()


class Story:
    """Everybody of the cast over their own token, and the review that they work on."""

    def __init__(self, room: make.Newsroom) -> None:
        self.room, self.path = room, ""
        self.people: dict[str, Api] = {}

    def as_(self, who: str) -> Api:
        if who not in self.people:
            self.people[who] = api(getattr(self.room, who))
        return self.people[who]

    def does(self, who: str, action: str, body: Any = None, status: int = 200) -> dict[str, Any]:
        response = self.as_(who).post(f"{self.path}/{action}", body)
        assert response.status_code == status, response.content
        answer: dict[str, Any] = response.json()
        return answer

    def seen_by(self, who: str) -> dict[str, Any]:
        response = self.as_(who).get(self.path)
        assert response.status_code == 200, response.content
        answer: dict[str, Any] = response.json()
        return answer

    def opens(self) -> None:
        claim = self.as_("ada").post("/claims", {"text": "Prices doubled in a year."}).json()
        assert self.as_("ada").post(f"/claims/{claim['id']}/accept", {"risk": "normal"}).status_code == 200
        opened = self.as_("ada").post("/reviews", {"claim": claim["id"], "desk": str(self.room.desk.pk)})
        assert opened.status_code == 201, opened.content
        self.path = f"/reviews/{opened.json()['id']}"
        assert opened["Location"] == f"/api/v1{self.path}"
        assert (opened.json()["stage"], opened.json()["claim"]["id"]) == ("queued", claim["id"])

    def collects(self, *sides: tuple[str, str]) -> None:
        item = {"title": "Tables", "quotation": "33,000", "locator": "page 3", "snapshot_exemption": "A paper archive."}
        for stance, origin in sides:
            added = self.as_("finn").post(f"{self.path}/evidence", item | {"stance": stance, "origin": origin})
            assert added.status_code == 201, added.content
            assert self.as_("finn").get(added["Location"]).json() == added.json()

    def holders(self) -> list[str]:
        return [seat["holder"]["username"] for seat in self.seen_by("finn")["round"]["seats"]]

    def votes(self, who: str, rating: str, verb: str = "submit-verdict") -> dict[str, Any]:
        seat = self.as_(who).get(f"{self.path}/seat").json()
        cites = [item["id"] for item in seat["evidence_set"]["items"]]
        return self.does(who, verb, {"rating": rating, "rationale": WHY, "cites": cites})

    def writes(self) -> None:
        decision = self.seen_by("finn")["decision"]
        text = {name: f"The {name}." for name in ("headline", "summary", "rating_explanation", "body")}
        edited = self.as_("finn").patch(f"{self.path}/draft", text | {"rating": decision["rating"]}, "application/json")
        assert edited.status_code == 200, edited.content
        waived = {"addressee": "The ministry", "reason": "no_interests", "note": "Public tables."}
        self.does("finn", "waive-reply", waived)
        self.does("finn", "submit-draft")

    def approves(self) -> dict[str, Any]:
        return self.does("emil", "approve", self.seen_by("emil")["for_approval"])

    def actions(self) -> list[str]:
        key = self.path.rpartition("/")[2]
        found = AuditEvent.objects.filter(subject_type="review", subject_id=key).order_by("number")
        return list(found.values_list("action", flat=True))


@pytest.fixture
def story(room) -> Story:
    return Story(room)


def test_two_equal_verdicts_lead_straight_to_a_text_and_an_approval(story):
    story.opens()
    taken = story.as_("finn").post("/queue/next", {"desk": str(story.room.desk.pk)})
    assert (taken.status_code, taken["Location"]) == (200, f"/api/v1{story.path}")
    assert (taken.json()["stage"], taken.json()["lead"]["username"]) == ("research", "finn")
    assert story.as_("finn").post("/queue/next", {"desk": str(story.room.desk.pk)}).status_code == 204

    story.collects(("refutes", "Ministry"), ("supports", "Bank"))
    rated = story.does("finn", "submit-for-rating")
    assert (rated["stage"], rated["round"]["verdicts_submitted"], rated["round"]["seats_needed"]) == ("rating", 0, 2)

    first, second = story.holders()
    assert story.votes(first, "false") == {"submitted": 1, "needed": 2, "closed": False}
    assert story.seen_by("finn")["round"]["verdicts_submitted"] == 1
    assert story.votes(second, "false") == {"submitted": 2, "needed": 2, "closed": True}

    decided = story.seen_by("finn")
    assert (decided["stage"], decided["decision"]["rating"], decided["decision"]["basis"]) == (
        "drafting", "false", "consensus",
    )  # fmt: skip
    story.writes()
    approved = story.approves()
    assert (approved["stage"], approved["approval"]["approver"]["username"]) == ("approved", "emil")
    assert story.actions() == [
        "open", "take", "add_evidence", "add_evidence", "submit_for_rating", "close_round", "edit_draft", "waive_reply", "submit_draft",
        "approve",
    ]  # fmt: skip


def test_a_dispute_is_discussed_then_adjudicated_and_approved(story):
    story.opens()
    story.does("ada", "assign", {"to": str(story.room.finn.pk)})
    story.collects(("refutes", "Ministry"), ("supports", "Bank"))
    story.does("finn", "submit-for-rating")
    first, second = story.holders()
    story.votes(first, "false")
    story.votes(second, "true")
    assert story.seen_by(first)["stage"] == "discussion"

    verdicts = story.as_(first).get(f"{story.path}/verdicts").json()["results"]
    assert [(v["author"]["username"], v["rating"], v["kind"], v["rationale"]) for v in verdicts] == [
        (first, "false", "first", WHY), (second, "true", "first", WHY),
    ]  # fmt: skip
    story.votes(second, "mixed", "revise-verdict")
    escalated = story.does("emil", "escalate")
    assert (escalated["stage"], escalated["adjudicator"]["username"]) == ("adjudication", "dana")

    dissenting = [v["id"] for v in story.as_("dana").get(f"{story.path}/verdicts").json()["results"]]
    assert len(dissenting) == 3
    judged = {"rating": "false", "rationale": WHY, "answers": [{"verdict": dissenting[2], "answer": "Not by half."}]}
    decided = story.does("dana", "adjudicate", judged)
    assert (decided["stage"], decided["decision"]["basis"]) == ("drafting", "adjudication")
    assert decided["decision"]["answers"] == [{"verdict": dissenting[2], "answer": "Not by half."}]
    story.writes()
    assert story.approves()["stage"] == "approved"
    assert [d["basis"] for d in story.as_("uma").get(f"{story.path}/decisions").json()["results"]] == ["adjudication"]


def test_a_round_that_lacks_evidence_goes_back_and_is_voted_on_anew(story):
    story.opens()
    story.does("finn", "take")
    story.collects(("refutes", "Ministry"), ("supports", "Bank"))
    story.does("finn", "submit-for-rating")
    first, second = story.holders()
    story.votes(first, "true")
    back = story.does(second, "request-evidence", {"reason": "outdated", "note": "The tables of May are missing."})
    assert (back["stage"], back["round"]["outcome"]) == ("research", "void")
    assert story.as_(second).get(f"{story.path}/verdicts").json()["results"] == []

    story.collects(("refutes", "Archive"))
    again = story.does("finn", "submit-for-rating")
    assert (again["round"]["number"], again["round"]["verdicts_submitted"]) == (2, 0)
    for who in story.holders():
        story.votes(who, "false")
    sets = story.as_("finn").get(f"{story.path}/evidence-sets").json()["results"]
    assert [len(each["items"]) for each in sets] == [2, 3]
    decided = story.seen_by("finn")
    assert (decided["stage"], decided["decision"]["round"]) == ("drafting", 2)
    story.writes()
    sent = story.does("gwen", "send-back", {"to": "drafting", "reason": "unclear", "note": "Which year?"})
    assert sent["stage"] == "drafting"
    story.does("finn", "submit-draft")
    assert story.approves()["stage"] == "approved"
    taken_back = story.does("emil", "unapprove", {"reason": "error_found", "note": "A wrong year."})
    assert (taken_back["stage"], taken_back["approval"]) == ("copy_edit", None)
