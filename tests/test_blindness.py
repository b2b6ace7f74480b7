"""While a round is open nobody reads what somebody else has said, nor that they have said it, through any address there is."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection

from claims import pipeline
from factcheck.accounts.models import User
from factcheck.accounts.roles import ROLES
from factcheck.audit.readers import visible_to
from factcheck.models import IdempotencyRecord, Job
from factcheck.notifications.models import Notification
from reviews.access import ACTIONS
from reviews.admin.doing import doing
from reviews.facts import Stage
from reviews.models import DeskMembership, Review, Seat
from reviews.stages import Action
from reviews.workflow.telling import tell_of_edited_claims
from tests import make
from tests.api import Api, api, assert_problem, signed_in
from tests.test_every_operation import NOBODY, fill, operations

pytestmark = pytest.mark.django_db

MARK = "Zyzzogeton"
DRAFTED = "Quomodocunque"
SEALED = f"{MARK}: the tables of the ministry say otherwise, in both editions."


class Round:
    """An open round of two, in which one has voted and the other has written a draft."""

    def __init__(self, **numbers: int) -> None:
        self.room = make.newsroom(**numbers)
        self.review = make.review(self.room, Stage.RATING)
        self.voter, self.writer = self.room.holders(self.review)[:2]
        self.path = f"/reviews/{self.review.pk}"
        self.answers: list[Any] = []

    def judgement(self, who: User, rating: str, rationale: str) -> dict[str, Any]:
        items = api(who).get(f"{self.path}/seat").json()["evidence_set"]["items"]
        return {"rating": rating, "rationale": rationale, "cites": [item["id"] for item in items]}

    def vote(self, who: User, rating: str = "false", rationale: str = SEALED) -> Any:
        key = {"Idempotency-Key": f"key-{who.username}-{rating}"}
        return api(who).post(f"{self.path}/submit-verdict", self.judgement(who, rating, rationale), headers=key)

    def autosave(self, who: User) -> Any:
        return api(who).patch(f"{self.path}/seat/draft", {"rationale": DRAFTED}, "application/json")


@pytest.fixture
def open_round(caplog) -> Round:
    caplog.set_level(logging.DEBUG)
    found = Round()
    assert found.vote(found.voter).json() == {"submitted": 1, "needed": 2, "closed": False}
    assert found.autosave(found.writer).json()["rationale"] == DRAFTED
    return found


def keys(round_: Round) -> dict[str, list[Any]]:
    """Every row that an address may name, by its first step."""
    review = round_.review
    return {
        "reviews": [review.pk], "evidence": list(review.evidence.values_list("pk", flat=True)), "desks": [review.desk_id],
        "policies": [review.policy_id], "rating-scales": [review.scale.scale_id], "claims": [review.claim_id],
        "users": [round_.voter.pk, round_.writer.pk], "tokens": list(round_.voter.tokens.values_list("pk", flat=True)),
    }  # fmt: skip


def reading(round_: Round) -> Iterator[str]:
    """Every GET of the document, of every row here that it may be about."""
    known = keys(round_)
    for path, _, _ in operations("get"):
        for key in known.get(path.split("/")[3], [NOBODY]) if "{" in path else [NOBODY]:
            yield fill(path, key=key)


def readers(round_: Round) -> Iterator[tuple[str, Api]]:
    """Somebody of the desk with each role alone, each of the cast, a superuser and an auditor, by token and in a session."""
    for role in ROLES:
        person = make.user(f"only-{role}", role)
        DeskMembership.objects.create(desk=round_.room.desk, user=person)
        yield f"{role}'s token", api(person)
    for name in ("ada", "finn", "ben", "cleo", "ivy", "dana", "emil", "gwen", "uma", "zoe"):
        yield name, signed_in(getattr(round_.room, name))
    root = User.objects.create_superuser("root")
    yield "superuser's token", api(root)
    yield "superuser", signed_in(root)


def test_no_address_tells_anybody_what_another_has_written_while_the_round_is_open(open_round):
    told, asked = [], set()
    for who, client in readers(open_round):
        for address in reading(open_round):
            response = client.get(address)
            assert response.status_code < 500, (who, address)
            asked.add((who, response.request["PATH_INFO"]))
            body = response.getvalue().decode()
            for mark, author in ((MARK, open_round.voter), (DRAFTED, open_round.writer)):
                if mark in body and who != author.username:
                    told.append((who, address, mark))
    assert told == []
    everybody, addresses = {who for who, _ in asked}, {address for _, address in asked}
    assert len(asked) == len(everybody) * len(addresses) > 1000
    assert {f"/api/v1{open_round.path}{rest}" for rest in ("", "/seat", "/verdicts", "/events")} < addresses


def pages_of_the_desk(round_: Round, who: User) -> list[str]:
    """The pages of the admin that are about the review: its desk, the lists and the home; and the form of each action, for both who
    hold a seat, and for somebody whom nothing else keeps out. What stands around a form is the same desk.
    """
    here = f"/admin/reviews/review/{round_.review.pk}"
    items = round_.review.evidence.values_list("pk", flat=True)
    acts = [
        f"{here}/act/{action}/{f'{item}/' if doing(action).is_of_item else ''}"
        for action in ACTIONS
        for item in items[:1]
    ]
    pages = [
        f"{here}/change/",
        f"{here}/preview/",
        f"{here}/revisions/",
        f"{here}/add-file/",
        f"{here}/act/{Action.COMMENT}/?anchor=evidence:{items[0]}&reply_to={NOBODY}",
        f"/admin/reviews/desk/{round_.review.desk_id}/change/",
        "/admin/reviews/desk/statistics/",
        f"/admin/reviews/reviewpolicy/{round_.review.policy_id}/change/",
        f"/admin/reviews/ratingscaleversion/{round_.review.scale_id}/change/",
        "/admin/reviews/review/",
        "/admin/reviews/correctionrequest/",
        "/admin/",
        f"{here}/act/{Action.COMMENT}/",
    ]
    return [*pages, *acts] if who.is_superuser or who in (round_.voter, round_.writer) else pages


def test_no_page_of_the_desk_tells_what_another_has_written_before_the_round_closes(open_round):
    told, asked = [], 0
    for who in open_round.room.people().values():
        User.objects.filter(pk=who.pk).update(is_staff=True)
        client = signed_in(User.objects.get(pk=who.pk))
        for address in pages_of_the_desk(open_round, who):
            answer = client.get(f"http://testserver{address}")
            assert answer.status_code in (200, 404), address
            asked += answer.status_code == 200
            words = answer.content.decode()
            told += [
                (who.username, address, mark)
                for mark, author in ((MARK, open_round.voter), (DRAFTED, open_round.writer))
                if mark in words and who.pk != author.pk
            ]
    assert told == []
    assert asked > 3 * len(ACTIONS) > 100


def test_their_authors_read_their_own_words_at_their_seat_alone(open_round):
    for author, mark in ((open_round.voter, MARK), (open_round.writer, DRAFTED)):
        client = signed_in(author)
        found = [address for address in reading(open_round) if mark in client.get(address).getvalue().decode()]
        assert found == [f"/api/v1{open_round.path}/seat"]


def test_a_seat_is_its_holders_and_nobody_elses(open_round):
    root, room = User.objects.create_superuser("root"), open_round.room
    for who in (root, room.uma, room.finn, room.emil, room.dana):
        assert_problem(api(who).get(f"{open_round.path}/seat"), 404, "not_found")
        if "review" in who.scopes:
            refused = api(who).patch(f"{open_round.path}/seat/draft", {"rationale": "x"}, "application/json")
            assert_problem(refused, 404, "not_found")


def test_nothing_that_others_see_changes_with_a_verdict_but_how_many_are_in():
    round_ = Round(seats=3)
    room = round_.room
    people = {"finn": room.finn, "uma": room.uma, "emil": room.emil, "root": User.objects.create_superuser("root")}
    others = {name: api(who) for name, who in people.items()}
    paths = ("", "/events", "/verdicts", "/evidence", "/evidence-sets", "/decisions")

    def seen() -> dict[str, Any]:
        pages = {
            f"{name} {path}": client.get(f"{round_.path}{path}") for name, client in others.items() for path in paths
        }
        pages |= {
            f"{name} {path}": client.get(path)
            for name, client in others.items()
            for path in ("/reviews", "/queue", "/notifications", "/me", "/jobs")
        }
        return {name: page.json() for name, page in pages.items()}

    def row() -> dict[str, Any]:
        return Review.objects.values().get(pk=round_.review.pk)

    rows, before = row(), seen()
    assert round_.vote(round_.voter).json() == {"submitted": 1, "needed": 3, "closed": False}
    after = seen()
    assert {after[f"{name} "]["round"].pop("verdicts_submitted") for name in others} == {1}
    assert {before[f"{name} "]["round"].pop("verdicts_submitted") for name in others} == {0}
    assert (row(), after) == (rows, before)


def test_who_has_voted_is_in_no_feed_before_the_round_closes_and_in_the_desks_afterwards(open_round):
    room, root = open_round.room, User.objects.create_superuser("root")
    seats = set(Seat.objects.filter(round__review=open_round.review).values_list("pk", flat=True))

    def seen_by(who: User) -> set[Any]:
        return set(visible_to(who).filter(subject_type="seat").values_list("subject_id", flat=True))

    for who in (root, room.uma, room.finn, room.emil, open_round.voter, room.zoe):
        assert seen_by(who) == set(), who
    assert open_round.vote(open_round.writer).json()["closed"] is True
    for who in (root, room.uma, room.finn, room.emil, open_round.voter):
        assert seen_by(who) == seats, who
    assert seen_by(room.zoe) == set()


def told() -> list[tuple[Any, ...]]:
    """Every notification there is, whoever it is for."""
    return list(Notification.objects.order_by("id").values_list("user__username", "kind", "words", "read_at"))


def test_a_verdict_tells_nobody_and_what_its_author_is_told_of_the_open_round_all_seat_holders_are(settings):
    """Whatever distinguished those who have voted in the table of notifications, or among the jobs that send them, would tell who has."""
    settings.EMAIL_HOST = "mail.example"
    round_ = Round(seats=3)
    room, holders = round_.room, {who.username for who in round_.room.holders(round_.review)}
    User.objects.update(email="desk@example.org")
    before, jobs_before = told(), Job.objects.count()
    assert {(name, kind) for name, kind, _, _ in before} == {(name, "seat_given") for name in holders}
    round_.vote(round_.voter)
    round_.autosave(round_.writer)
    assert (told(), Job.objects.count()) == (before, jobs_before)
    item, words = round_.review.evidence.earliest("id"), {"reason": "forged", "note": "It is."}
    assert api(room.finn).post(f"/evidence/{item.pk}/mark-unreliable", words).status_code == 200
    pipeline.edit_claim(round_.review.claim_id, {"text": "Prices tripled in a year."}, actor=room.ada)
    assert tell_of_edited_claims() == 3
    for action, body in (
        ("hold", {"reason": "legal", "note": "Wait."}),
        ("resume", {"reason": "settled", "note": "Go on."}),
    ):
        assert api(room.emil).post(f"{round_.path}/{action}", body).status_code == 200
    news = [row for row in told()[len(before) :] if row[0] != "finn"]
    by_person = {name: [row[1:] for row in news if row[0] == name] for name in holders}
    assert [kind for kind, _, _ in by_person[round_.voter.username]] == [
        "verdict_stale",
        "verdict_stale",
        "held",
        "resumed",
    ]
    assert all(rows == by_person[round_.voter.username] for rows in by_person.values())
    assert len(news) == 3 * 4, "nobody else was told"
    of_these = Notification.objects.exclude(kind="seat_given").values_list("pk", flat=True)
    assert set(Job.objects.filter(kind="email_notification").values_list("subject_id", flat=True)) == set(of_these)


def test_the_audit_pages_show_no_event_of_a_seat_while_its_round_is_open(open_round, client):
    client.force_login(User.objects.create_superuser("root"))
    page = client.get("/admin/audit/auditevent/").content.decode()
    assert "submit for rating" in page
    assert "submit verdict" not in page
    seat = Seat.objects.get(round__review=open_round.review, holder=open_round.voter)
    assert "submit verdict" not in client.get(f"/admin/audit/auditevent/?q={seat.pk}").content.decode()


def test_what_is_kept_for_a_repeated_request_says_nothing_of_the_verdict(open_round):
    record = IdempotencyRecord.objects.get()
    assert json.loads(bytes(record.answer)) == {"submitted": 1, "needed": 2, "closed": False}
    same = api(open_round.writer)
    body = open_round.judgement(open_round.writer, "false", SEALED)
    headers = {"Idempotency-Key": "one", "If-Match": same.get(f"{open_round.path}/seat")["ETag"]}
    first = same.post(f"{open_round.path}/submit-verdict", body, headers=headers)
    second = same.post(f"{open_round.path}/submit-verdict", body, headers=headers)
    assert (second["Idempotency-Replayed"], second.content) == ("true", first.content)
    assert first.json() == {"submitted": 2, "needed": 2, "closed": True}


def test_no_table_but_those_of_verdicts_holds_a_word_of_them(open_round):
    found = set()
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor, include_views=True)
        for table in tables:
            like = f'SELECT count(*) FROM "{table}" row WHERE row::text LIKE ANY (%s)'
            # Bytes are shown in hex, as the answers that are kept for repeated requests.
            cursor.execute(like, [[f"%{word}%" for mark in (MARK, DRAFTED) for word in (mark, mark.encode().hex())]])
            if cursor.fetchone()[0]:
                found.add(table)
    assert "factcheck_idempotencyrecord" in tables
    assert found == {"reviews_verdict", "reviews_verdictdraft"}


def test_no_line_of_the_log_holds_a_word_of_them(open_round, caplog):
    # Statements are logged in development alone, where whoever reads them has the database too.
    lines = [r.getMessage() for r in caplog.get_records("setup") if not r.name.startswith("django.db")]
    assert any("submit-verdict" in line for line in lines)
    assert [line for line in lines if MARK in line or DRAFTED in line] == []


WATCH = """
CREATE TABLE asked (statement text);
CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN INSERT INTO asked VALUES (current_query()); RETURN NEW; END $$;
CREATE TRIGGER watch BEFORE INSERT ON reviews_verdict FOR EACH ROW EXECUTE FUNCTION watch();
CREATE TRIGGER watch BEFORE INSERT ON reviews_verdictdraft FOR EACH ROW EXECUTE FUNCTION watch();
CREATE TRIGGER watch BEFORE INSERT ON audit_auditevent FOR EACH ROW EXECUTE FUNCTION watch();
"""


def test_no_statement_that_the_database_would_log_with_an_error_holds_a_word_of_them(open_round):
    with connection.cursor() as cursor:
        cursor.execute(WATCH)
        open_round.autosave(open_round.writer)
        open_round.vote(open_round.writer)
        cursor.execute("SELECT statement FROM asked")
        asked = [statement for (statement,) in cursor.fetchall()]
    for table in ("reviews_verdict", "reviews_verdictdraft", "audit_auditevent"):
        assert any(f'INTO "{table}"' in statement or f"INTO {table}" in statement for statement in asked), table
    assert [statement for statement in asked if MARK in statement or DRAFTED in statement] == []


def test_a_refusal_repeats_nothing_of_what_was_refused(open_round):
    body = open_round.judgement(open_round.writer, "no such point", SEALED)
    client = api(open_round.writer)
    problem = client.post(f"{open_round.path}/submit-verdict", body)
    assert_problem(problem, 422, "invalid_input")
    assert MARK not in problem.content.decode()


def test_what_ended_before_all_had_voted_stays_sealed(open_round):
    client = api(open_round.room.emil)
    back = {"reason": "outdated", "note": "The tables of May are missing."}
    assert client.post(f"{open_round.path}/request-evidence", back).status_code == 200
    for who, reader in readers(open_round):
        assert MARK not in reader.get(f"{open_round.path}/verdicts").content.decode(), who
        assert MARK not in reader.get(open_round.path).content.decode(), who


def test_once_all_have_voted_the_desk_reads_what_they_said(open_round):
    open_round.vote(open_round.writer, "true")
    for who in (open_round.room.finn, open_round.voter, open_round.room.uma):
        said = api(who).get(f"{open_round.path}/verdicts").json()["results"]
        assert [(v["author"]["username"], v["rating"], v["rationale"]) for v in said] == [
            (open_round.voter.username, "false", SEALED), (open_round.writer.username, "true", SEALED),
        ]  # fmt: skip


def test_once_all_have_voted_the_page_of_the_desk_shows_what_they_said_to_everybody_there(open_round):
    address = f"http://testserver/admin/reviews/review/{open_round.review.pk}/change/"
    open_round.vote(open_round.writer, "true")
    for who in (open_round.room.finn, open_round.voter, open_round.room.uma):
        User.objects.filter(pk=who.pk).update(is_staff=True)
        words = signed_in(User.objects.get(pk=who.pk)).get(address).content.decode()
        assert words.count(SEALED) == 2, who.username
        assert DRAFTED not in words, "what was written and not submitted stays its author's"


def test_who_saves_too_late_is_shown_nothing_of_what_is_sealed(open_round):
    told = {"seen": "1", "key": "k", "rating": "true", "rationale": "Mine, of forty characters or more, I hope."}
    here = f"http://testserver/admin/reviews/review/{open_round.review.pk}/act"
    late = []
    for who in (open_round.writer, open_round.room.emil, open_round.room.finn):
        User.objects.filter(pk=who.pk).update(is_staff=True)
        client = signed_in(User.objects.get(pk=who.pk))
        for action in (Action.SUBMIT_VERDICT, Action.HOLD, Action.REPLACE_SEAT_HOLDER, Action.REQUEST_EVIDENCE):
            sent = told | {"reason": "legal", "note": "Wait.", "seat": "1"}
            page = client.post(f"{here}/{action}/", urlencode(sent), "application/x-www-form-urlencoded")
            words = page.content.decode()
            late += (
                [(who.username, action)]
                if "Nothing of yours was saved" in words or "has changed since" in words
                else []
            )
            assert MARK not in words, (who.username, action)
    # Who is too late is told so before whether they may at all, as by the API.
    holds = [(who, "hold") for who in (open_round.writer.username, "emil", "finn")]
    assert late == [(open_round.writer.username, "submit_verdict"), *holds]
