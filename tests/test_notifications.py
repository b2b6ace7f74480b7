"""What people are told: by whom it is written, who reads it, and how long it stays."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from factcheck.accounts.models import User
from factcheck.accounts.people import choose_emails
from factcheck.audit import events
from factcheck.ids import uuid7
from factcheck.models import Job
from factcheck.notifications import readers, telling
from factcheck.notifications.models import Notification
from factcheck.notifications.telling import KEPT_DAYS, Message, notify
from reviews import workflow
from reviews.facts import Stage
from reviews.models import DeskMembership, Review
from tests import make
from tests.api import api, assert_problem, signed_in, walk
from tests.test_desk import at_desk
from tests.test_lists import nodes
from tests.test_review_lies import sql

LIST = "/admin/notifications/notification/"
HELLO = Message("named", "Finn names you.")


@pytest.fixture
def room(db) -> make.Newsroom:
    return make.newsroom()


@pytest.fixture
def review(room) -> Review:
    return make.review(room, Stage.RESEARCH)


def tell(review: Review, *people: User, cause: UUID | None = None, actor: User | None = None) -> None:
    with transaction.atomic():
        notify(review, {who.pk: HELLO for who in people}, cause=cause or uuid7(), actor=actor.pk if actor else None)


def told(who: User) -> int:
    return Notification.objects.filter(user=who).count()


# Writing


def test_each_is_told_once_of_one_cause_and_never_who_did_it(room, review):
    cause = uuid7()
    tell(review, room.ada, room.emil, room.finn, cause=cause, actor=room.finn)
    tell(review, room.ada, room.gwen, cause=cause)
    assert [told(who) for who in (room.ada, room.emil, room.gwen, room.finn)] == [1, 1, 1, 0]


def test_people_who_are_gone_and_machines_are_told_nothing(room, review):
    gone, machine = make.user("gone", is_active=False), make.user("feed", is_machine=True)
    tell(review, gone, machine)
    assert Notification.objects.count() == 0


def test_nobody_hears_of_a_change_that_failed(committed_database):
    review, ada = Review(pk=uuid7()), make.user("ada", "triager")
    with transaction.atomic():
        notify(review, {ada.pk: HELLO}, cause=uuid7())
        transaction.set_rollback(True)
    assert told(ada) == 0
    with pytest.raises(RuntimeError):
        notify(review, {ada.pk: HELLO}, cause=uuid7())
    assert told(ada) == 0


def is_refused(rule: str, statement: str, *params: object) -> None:
    before = list(Notification.objects.values())
    with pytest.raises(DatabaseError, match=rule), transaction.atomic():
        sql(statement, *params)
    assert list(Notification.objects.values()) == before


def test_the_database_lets_a_notification_be_read_once_and_change_in_nothing_else(room, review):
    tell(review, room.ada)
    for column, value in (
        ("words", "'Else.'"),
        ("kind", "'held'"),
        ("user_id", f"'{room.emil.pk}'"),
        ("cause_id", "id"),
    ):
        is_refused("read once", f"UPDATE notifications_notification SET {column} = {value}, read_at = now()")
    is_refused("read once", "UPDATE notifications_notification SET read_at = NULL")
    sql("UPDATE notifications_notification SET read_at = now()")
    is_refused("read once", "UPDATE notifications_notification SET read_at = NULL")
    is_refused("read once", "UPDATE notifications_notification SET read_at = now()")


COPY = """
    INSERT INTO notifications_notification (id, user_id, kind, subject_type, subject_id, cause_id, words)
    SELECT %s, user_id, {kind}, subject_type, subject_id, {cause}, {words} FROM notifications_notification
"""


def test_the_database_lets_nobody_be_told_twice_nor_told_nothing(room, review):
    tell(review, room.ada)
    is_refused("notification_once", COPY.format(kind="kind", cause="cause_id", words="words"), uuid7())
    is_refused("notification_says_something", COPY.format(kind="''", cause="id", words="words"), uuid7())
    is_refused("notification_says_something", COPY.format(kind="kind", cause="id", words="''"), uuid7())


# Reading


def test_everybody_reads_their_own_newest_first_page_by_page(room, review):
    for _ in range(5):
        tell(review, room.ada, room.emil)
    pages = list(walk(api(room.ada), "/notifications?page_size=2"))
    assert [len(page) for page in pages] == [2, 2, 1]
    listed = [item for page in pages for item in page]
    rows = Notification.objects.filter(user=room.ada).order_by("-id")
    assert [item["id"] for item in listed] == [str(row.pk) for row in rows]
    assert listed[0] | {"id": "", "created_at": ""} == {
        "id": "", "kind": "named", "subject_type": "review", "subject_id": str(review.pk), "words": "Finn names you.", "created_at": "",
        "read_at": None,
    }  # fmt: skip
    assert api(room.gwen).get("/notifications").json()["results"] == []


def test_one_is_read_once_and_keeps_its_time(room, review):
    tell(review, room.ada)
    tell(review, room.ada)
    client = api(room.ada)
    first = client.get("/notifications?unread=true").json()["results"][-1]
    assert client.get("/me").json()["unread_notifications"] == 2
    read = client.post(f"/notifications/{first['id']}/read")
    assert (read.status_code, read.json()["read_at"] is None) == (200, False)
    assert client.post(f"/notifications/{first['id']}/read").json() == read.json()
    assert [item["id"] for item in client.get("/notifications?unread=false").json()["results"]] == [first["id"]]
    assert len(client.get("/notifications?unread=true").json()["results"]) == 1
    assert client.get("/me").json()["unread_notifications"] == 1


def test_all_are_read_together_and_nobody_elses(room, review):
    for _ in range(3):
        tell(review, room.ada, room.emil)
    client = api(room.ada)
    assert client.post("/notifications/read-all").json() == {"read": 3}
    assert client.post("/notifications/read-all").json() == {"read": 0}
    assert Notification.objects.filter(read_at=None).count() == 3
    assert client.get("/me").json()["unread_notifications"] == 0
    assert signed_in(room.emil).get("/session").json()["user"]["unread_notifications"] == 3


def test_somebody_elses_is_not_there(room, review):
    tell(review, room.ada)
    row = Notification.objects.get()
    root = make.user("root", is_superuser=True)
    for who in (room.emil, room.uma, root):
        assert api(who).get("/notifications").json()["results"] == []
        assert_problem(api(who).post(f"/notifications/{row.pk}/read"), 404, "not_found")
    row.refresh_from_db()
    assert row.read_at is None


def test_whoever_left_the_desk_reads_no_more_of_it(room, review):
    tell(review, room.ada)
    row = Notification.objects.get()
    membership = DeskMembership.objects.get(user=room.ada)
    membership.delete()
    client = api(room.ada)
    assert client.get("/notifications").json()["results"] == []
    assert client.get("/notifications?count=exact").json()["count"] == 0
    assert client.get("/me").json()["unread_notifications"] == 0
    assert_problem(client.post(f"/notifications/{row.pk}/read"), 404, "not_found")
    assert client.post("/notifications/read-all").json() == {"read": 0}
    DeskMembership.objects.create(desk=room.desk, user=room.ada)
    assert len(client.get("/notifications").json()["results"]) == 1


def test_a_subject_that_no_app_speaks_for_is_shown_to_nobody(room, review):
    with transaction.atomic():
        notify(review.claim, {room.ada.pk: HELLO}, cause=uuid7())
    assert told(room.ada) == 1
    assert list(readers.visible_to(room.ada)) == []


def test_very_many_unread_ones_are_not_counted_to_the_end(room, review, monkeypatch):
    monkeypatch.setattr(readers, "MAX_COUNTED", 3)
    for _ in range(5):
        tell(review, room.ada)
    assert readers.unread(room.ada) == 3


def test_old_ones_are_forgotten_read_or_not(room, review):
    cause = uuid7()
    tell(review, room.ada, cause=cause)
    young, old = (timezone.now() - timedelta(days=days) for days in (KEPT_DAYS - 1, KEPT_DAYS + 1))
    copy = COPY.replace("words)", "words, created_at)").format(kind="kind", cause="%s", words="words, %s")
    for created_at in (young, old):
        sql(copy + " WHERE cause_id = %s", uuid7(), uuid7(), created_at, cause)
    sent, extracted = Job(kind=telling.EMAIL), Job(kind="extract")
    for job in (sent, extracted):
        job.subject_id, job.state, job.due_at, job.created_at, job.finished_at = uuid7(), "done", old, old, old
        job.save()
    assert telling.forget() == 1
    assert (Notification.objects.count(), list(Job.objects.filter(state="done"))) == (2, [extracted])
    assert not Notification.objects.filter(created_at=old).exists()


# Whether by e-mail too


def test_everybody_chooses_for_themselves_whether_they_get_emails(room):
    client = signed_in(room.ada)
    assert client.get("/me").json()["email_notifications"] is True
    changed = client.patch("/me", {"email_notifications": False}, "application/json")
    assert (changed.status_code, changed.json()["email_notifications"]) == (200, False)
    assert client.get("/me").json() == changed.json()
    told = events.events(room.ada).last()
    assert (told.action, told.actor, told.data) == ("edit", room.ada, {"email_notifications": [True, False]})
    again = client.patch("/me", {"email_notifications": False}, "application/json")
    assert (again.status_code, events.events(room.ada).last()) == (200, told)
    assert client.patch("/me", {}, "application/json").json() == changed.json()
    token = api(room.ada)
    assert_problem(token.patch("/me", {"email_notifications": True}, "application/json"), 403, "session_required")
    assert User.objects.get(pk=room.ada.pk).email_notifications is False


def test_a_choice_changes_nothing_else_of_an_account(room):
    before = User.objects.values().get(pk=room.ada.pk)
    assert choose_emails(room.ada, False).email_notifications is False
    assert User.objects.values().get(pk=room.ada.pk) == before | {"email_notifications": False}


def test_a_named_colleague_finds_it_in_their_list(room, review):
    workflow.comment(review.pk, "Look, @emil.", actor=room.finn)
    [item] = api(room.emil).get("/notifications").json()["results"]
    assert (item["kind"], item["words"]) == ("named", f"finn names you in a comment: {review.claim.text}")


def test_the_admin_lists_ones_own_with_the_way_to_what_they_are_about_and_marks_them_read(room, review):
    workflow.comment(review.pk, "Look, @emil and @gwen.", actor=room.finn)
    emil, gwen = at_desk(room.emil), at_desk(room.gwen)
    page = emil.get(LIST, {"what": "unread"}).content.decode()
    [mine] = Notification.objects.filter(user=room.emil, subject_id=review.pk)
    [others] = Notification.objects.filter(user=room.gwen, subject_id=review.pk)
    assert f'<a href="/admin/reviews/review/{review.pk}/change/">finn names you in a comment: ' in page
    assert (str(mine.pk) in page, str(others.pk) in page) == (True, False)
    assert emil.post(LIST, {"action": "read", "_selected_action": [mine.pk, others.pk]}).status_code == 302
    assert emil.get(f"{LIST}{mine.pk}/change/").headers["Location"] == f"/admin/reviews/review/{review.pk}/change/"
    read = dict(Notification.objects.filter(pk__in=[mine.pk, others.pk]).values_list("pk", "read_at"))
    assert (read[mine.pk] is not None, read[others.pk]) == (True, None)
    assert "Nothing here is like that." in emil.get(LIST, {"what": "unread"}).content.decode()
    assert "<strong>1</strong> Unread notifications" in gwen.get("/admin/").content.decode()


# What it costs

MANY = """
    INSERT INTO notifications_notification (id, user_id, kind, subject_type, subject_id, cause_id, words, read_at)
    SELECT gen_random_uuid(), person.id, 'named', 'review', %s, gen_random_uuid(), 'Words.', CASE WHEN n %% 50 > 0 THEN now() END
    FROM generate_series(1, 3000) n, accounts_user person
"""


def indexes(statement: str) -> set[str]:
    """By which the notifications are found, or how else."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}")
        plan = cursor.fetchone()[0][0]["Plan"]
    assert not [
        node for node in nodes(plan) if node["Node Type"] == "Seq Scan" and "notification" in node["Relation Name"]
    ]
    return {name for node in nodes(plan) if (name := node.get("Index Name", "")).startswith("notification")}


def test_a_page_and_the_number_of_unread_ones_are_each_a_range_of_their_index(room, review):
    sql(MANY, review.pk)
    sql("ANALYZE notifications_notification")
    client = api(room.ada)
    for address, index in (
        ("/notifications?page_size=20", "notification_of_user"),
        ("/notifications?unread=true&page_size=20", "notification_unread"),
        ("/me", "notification_unread"),
    ):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        [statement] = [query["sql"] for query in queries if "notifications_" in query["sql"]]
        # Where all of somebody's are looked through, the planner has two ranges of them to choose from.
        assert indexes(statement) in ({index}, {"notification_once"}), (address, statement)
    assert client.get("/me").json()["unread_notifications"] == 60
