"""Desks, policies and scales in the admin: read by everybody of the desk, kept by whoever keeps the accounts, and never edited."""

from __future__ import annotations

import html
import json
from typing import Any

import pytest
import re2
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from factcheck.accounts.models import User
from factcheck.audit import events
from reviews.admin.definitions import written
from reviews.facts import Stage
from reviews.models import Desk, DeskMembership, RatingScaleVersion, ReviewPolicy
from reviews.workflow import desks
from tests import make
from tests.test_admin import body, page_of, person, words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def room() -> make.Newsroom:
    return make.newsroom()


@pytest.fixture
def kim(room) -> Client:
    """Keeps the accounts, and is of no desk."""
    return person("kim", "admin")


def at_desk(user: User) -> Client:
    User.objects.filter(pk=user.pk).update(is_staff=True)
    client = Client()
    client.force_login(User.objects.get(pk=user.pk))
    return client


def kept() -> tuple[Any, ...]:
    """All that a keeper may change, to show that nothing moved."""
    tables = (Desk, ReviewPolicy, RatingScaleVersion, DeskMembership)
    return tuple(sorted(model.objects.values_list(), key=str) for model in tables)


def act(client: Client, row: Any, step: str, **told: Any):
    page = body(client.get(page_of(row)))
    tag = re2.search(r'name="tag" value="(\w+)"', page)
    told = ({"tag": tag[1]} if tag else {}) | told
    return client.post(page_of(row).replace("/change/", f"/{step}/"), told)


def test_everybody_of_a_desk_reads_its_page_and_others_do_not_find_it(room, kim):
    finn, zoe = at_desk(room.finn), at_desk(room.zoe)
    page = words_of(finn.get(page_of(room.desk)))
    assert "can be staffed at normal risk.can be staffed at high risk." in page
    assert "benreviewer" in page
    assert "Take off the desk" not in page
    assert "New version" not in page
    assert zoe.get(page_of(room.desk)).status_code == 404
    listed = words_of(zoe.get("/admin/reviews/desk/"))
    assert ("Other desk" in listed, "Desk policy 1" in listed) == (True, False)
    assert "Take off the desk" in words_of(kim.get(page_of(room.desk)))


def test_whoever_does_not_keep_accounts_changes_nothing_of_a_desk(room):
    before = kept()
    for user in (room.finn, room.emil, room.uma, room.ada):
        client = at_desk(user)
        for row, steps in (
            (room.desk, ("new-version", "use", "people")),
            (room.desk.policy, ("new-version",)),
            (room.desk.scale, ("new-version",)),
        ):
            for step in steps:
                assert act(client, row, step, definition="{}", leaves=str(room.ben.pk)).status_code == 403
            for step in ("change", "delete"):
                assert client.post(page_of(row).replace("/change/", f"/{step}/")).status_code == 403
        assert client.post("/admin/reviews/desk/add/").status_code == 403
    assert kept() == before


def test_not_even_a_keeper_edits_or_deletes_a_version(room, kim):
    before = kept()
    for row in (room.desk, room.desk.policy, room.desk.scale):
        for step in ("change", "delete"):
            answer = kim.post(page_of(row).replace("/change/", f"/{step}/"), {"seats": "9", "post": "yes"})
            assert answer.status_code == 403
    assert kept() == before


def definition(desk: Desk, change: Any = lambda wanted: None) -> str:
    wanted = desks.definition_of(desk)
    change(wanted)
    return json.dumps(wanted)


def test_a_desk_gets_its_next_policy_by_its_own_words_and_the_one_before_can_be_used_again(room, kim):
    first, scale = room.desk.policy, room.desk.scale
    review = make.review(room, Stage.RESEARCH)
    typed = definition(room.desk, lambda w: w["policy"].update(seats=4, seats_high_risk=9))
    before = kept()
    looked = act(kim, room.desk, "new-version", definition=typed, look="1")
    assert looked.status_code == 200
    assert f"{first.name} 2 instead of {first}" in words_of(looked)
    assert "cannot be staffed at high risk" in words_of(looked)
    assert html.unescape(body(looked)).count('"seats_high_risk": 9') == 1
    assert kept() == before
    assert act(kim, room.desk, "new-version", definition=typed).status_code == 302
    room.desk.refresh_from_db()
    assert (str(room.desk.policy), room.desk.policy.seats, room.desk.scale) == (f"{first.name} 2", 4, scale)
    review.refresh_from_db()
    assert review.policy == first
    assert room.desk.memberships.count() == 10
    event = events.events(room.desk).last()
    assert (event.action, event.actor.username, event.origin) == ("edit", "kim", "admin")
    assert "1" in words_of(at_desk(room.finn).get(page_of(first))).partition("Research")[2][:4]
    # Saved again it makes nothing, and what was before comes back by a choice.
    assert act(kim, room.desk, "new-version", definition=typed).status_code == 302
    assert act(kim, room.desk, "use", policy=str(first.pk), scale=str(scale.pk)).status_code == 302
    room.desk.refresh_from_db()
    assert (room.desk.policy, ReviewPolicy.objects.filter(name=first.name).count()) == (first, 2)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("{", "The body is not JSON: unexpected end of data, line 1 column 2."),
        ("[]", "It is no object, {...}."),
        ("[" * 100_000, "This is not JSON"),
        (lambda w: w["policy"].update(seats=1), "/policy/seats It is a whole number from 2 to 32767, not 1."),
        (lambda w: w["policy"].update(chairs=1), "/policy/chairs A policy has no 'chairs'."),
        (lambda w: w["scale"]["points"][0].pop("label"), "/scale/points/0/label A point has code, label, rank"),
        (lambda w: w.update(name="Another"), "a desk keeps its name."),
        (lambda w: w.pop("scale"), "there is no 'scale'."),
        (lambda w: w["scale"]["points"][0].update(label="a\0b"), "/scale/points/0/label Contains the character NUL."),
        (lambda w: w["policy"].update(hours_by_stage={"\ud800": 1}), "Contains half of a surrogate pair."),
        (lambda w: w["scale"]["points"][0].update(polarity=float("nan")), "The body is not JSON"),
        (lambda w: w.update(publisher_url="javascript:alert(1)"), "/publisher_url It is the beginning of addresses"),
    ],
)
def test_words_that_are_wrong_are_named_by_their_place_and_stay_in_the_form(room, kim, typed, words):
    typed = typed if isinstance(typed, str) else definition(room.desk, typed)
    before = kept()
    answer = act(kim, room.desk, "new-version", definition=typed)
    assert answer.status_code == 422
    assert words in words_of(answer)
    assert html.escape(typed, quote=True).replace("&#x27;", "&#39;") in body(answer).replace("&#x27;", "&#39;")
    assert kept() == before


def test_a_desk_that_somebody_else_changed_meanwhile_is_left_as_it_is(room, kim):
    stale = desks.tag_of(room.desk)
    desks.save_desk(room.desk, members=[room.ben], actor=None)
    before = kept()
    typed = definition(room.desk, lambda w: w["policy"].update(seats=4))
    versions = {"policy": str(room.desk.policy_id), "scale": str(room.desk.scale_id)}
    for step, told in (("new-version", {"definition": typed}), ("people", {"joins": "finn"}), ("use", versions)):
        for tag in (stale, "", "nonsense"):
            answer = act(kim, room.desk, step, **told, tag=tag)
            assert answer.status_code == 409
            assert "Somebody changed this desk after you had opened the page." in words_of(answer)
    assert kept() == before


def test_people_join_and_leave_a_desk_on_the_record(room, kim):
    assert act(kim, room.desk, "people", leaves=str(room.ben.pk)).status_code == 302
    assert "cannot be staffed at high risk" in words_of(kim.get(page_of(room.desk)))
    assert act(kim, room.desk, "people", joins="zoe").status_code == 302
    assert set(room.desk.memberships.values_list("user__username", flat=True)) >= {"zoe", "finn"}
    assert [event.data.get("members", [[], []])[1].count("ben") for event in events.events(room.desk)][-2:] == [0, 0]
    before = kept()
    for told in ({"joins": "nobody"}, {"joins": "\0"}, {"joins": ""}, {"leaves": str(room.ben.pk)}):
        assert act(kim, room.desk, "people", **told).status_code == 422
    assert kept() == before


def test_a_new_desk_is_made_of_the_words_of_the_command(room, kim):
    blank = html.unescape(body(kim.get("/admin/reviews/desk/add/")))
    assert '"name": ""' in blank
    before = kept()
    for name in ("", "Desk"):
        typed = json.dumps(desks.definition_of(room.desk) | {"name": name})
        answer = kim.post("/admin/reviews/desk/add/", {"definition": typed})
        assert answer.status_code == 422
    assert kept() == before
    typed = definition(room.desk, lambda w: w.update(name="Night desk"))
    assert kim.post("/admin/reviews/desk/add/", {"definition": typed}).status_code == 302
    night = Desk.objects.get(name="Night desk")
    assert (night.policy, night.scale, night.memberships.count()) == (room.desk.policy, room.desk.scale, 0)


def test_a_name_that_cannot_be_kept_makes_no_desk_and_a_desk_of_an_old_address_gets_no_other_versions(room, kim):
    typed = json.dumps(desks.definition_of(room.desk) | {"name": "\0"})
    assert kim.post("/admin/reviews/desk/add/", {"definition": typed}).status_code == 422
    Desk.objects.filter(pk=room.desk.pk).update(publisher_url="https://desk.example/?from=before")
    before = kept()
    versions = {"policy": str(room.desk.policy_id), "scale": str(room.desk.scale_id)}
    assert act(kim, room.desk, "use", **versions).status_code == 422
    assert kept() == before


def test_a_policy_gets_a_version_by_its_form_which_says_what_differs(room, kim):
    first = room.desk.policy
    numbers = {name: value for name, value in desks.numbers_of(first).items() if value is not False} | {"seats": "3"}
    numbers.pop("hours_by_stage")
    numbers |= {f"hours-{stage}": hours for stage, hours in first.hours_by_stage.items()}
    before = kept()
    for told, words in (
        ({"seats": "1"}, "whole number from 2"),
        ({"seats": "three"}, "Enter a whole number."),
        ({"seats": ""}, "whole number from 2"),
        ({"hours-rating": "soon"}, "Enter a number."),
        ({"hours-rating": "-1"}, "number of hours"),
        ({"seats": str(first.seats)}, "exactly these numbers"),
    ):
        answer = act(kim, first, "new-version", **(numbers | told))
        assert (answer.status_code, words in words_of(answer)) == (422, True)
    assert kept() == before
    assert act(kim, first, "new-version", **numbers).status_code == 302
    second = ReviewPolicy.objects.get(name=first.name, number=2)
    assert desks.numbers_of(second) == desks.numbers_of(first) | {"seats": 3}
    page = words_of(kim.get(page_of(second)))
    assert "Seats2 → 3" in page
    assert "No desk opens reviews under it now." in page
    room.desk.refresh_from_db()
    assert room.desk.policy == first


def test_a_scale_gets_a_version_by_its_points(room, kim):
    first = room.desk.scale
    before = kept()
    for typed, words in (
        ("[]", "two at least"),
        ("{}", "a list of points"),
        (json.dumps(first.points), "exactly these points"),
    ):
        answer = act(kim, first, "new-version", points=typed)
        assert (answer.status_code, words in words_of(answer)) == (422, True)
    assert kept() == before
    points = [point | {"label": point["label"].upper()} for point in first.points]
    assert act(kim, first, "new-version", points=json.dumps(points)).status_code == 302
    assert RatingScaleVersion.objects.latest("id").points == points
    first.refresh_from_db()
    assert first.points != points


def test_what_people_have_done_is_told_to_their_desk_and_of_no_open_round(room, kim):
    review = make.review(room, Stage.RATING)
    holder = room.holders(review)[0]
    room.vote(review, holder, "false")

    def numbers(client: Client, name: str) -> list[str]:
        found = re2.search(rf'(?s)<th scope="row">{name}.*?</tr>', body(client.get(page_of(room.desk))))
        assert found
        return re2.findall(r'<td class="number" data-label="[^"]+">(\d+)</td>', found[0])

    finn = at_desk(room.finn)
    assert numbers(finn, "finn") == ["1", "2", "0", "0"]
    assert numbers(finn, holder.username) == ["0", "0", "0", "0"]
    assert numbers(kim, "finn") == []
    room.vote(review, room.holders(review)[1], "false")
    assert numbers(finn, holder.username) == ["0", "0", "1", "0"]


@pytest.mark.parametrize("name", ["desk", "reviewpolicy", "ratingscaleversion"])
def test_lists_and_pages_cost_few_queries_however_many_there_are(room, kim, name):
    row = {"desk": room.desk, "reviewpolicy": room.desk.policy, "ratingscaleversion": room.desk.scale}[name]

    def queries(address: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert kim.get(address).status_code == 200
        return len(captured)

    few = [queries(address) for address in (f"/admin/reviews/{name}/", page_of(row))]
    for number in range(8):
        desks.load_desk(desks.definition_of(room.desk) | {"name": f"Desk {number}"}, actor=None)
        desks.add_policy(room.desk.policy.name, {"seats": number + 4}, actor=None)
        desks.add_scale_version(room.desk.scale.scale.name, make.POINTS, actor=None)
    assert [queries(address) for address in (f"/admin/reviews/{name}/", page_of(row))] == few
    assert max(few) <= 20


def test_the_words_of_a_desk_are_json_with_a_point_a_line(room):
    told = desks.definition_of(room.desk)
    text = written(told)
    assert json.loads(text) == told
    assert sum('"code"' in line for line in text.splitlines()) == len(room.desk.scale.points)
