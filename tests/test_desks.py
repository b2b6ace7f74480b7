"""Desks, policies and scales: versions that never change, and people who suffice."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command

from factcheck.audit.models import AuditEvent
from factcheck.errors import ActionForbidden, InvalidInput
from reviews.checks import unstaffable
from reviews.models import Desk, RatingScaleVersion, ReviewPolicy
from reviews.workflow import desks
from tests import make
from tests.api import api

pytestmark = pytest.mark.django_db


def load_desk(*arguments: object, **options: object) -> str:
    out = StringIO()
    call_command("load_desk", *map(str, arguments), stdout=out, **options)
    return out.getvalue()


def test_the_demo_has_a_desk_that_its_people_can_staff():
    call_command("load_demo", stdout=StringIO())
    desk = Desk.objects.get()
    assert (desk.name, desk.policy.seats, len(desk.scale.points), desk.memberships.count()) == ("Fact desk", 2, 6, 11)
    assert unstaffable() == []


def test_what_was_changed_at_the_demos_desk_stays():
    call_command("load_demo", stdout=StringIO())
    desk = Desk.objects.get()
    desk.policy = desks.add_policy("Small", {"seats_high_risk": 2}, actor=None)
    desks.save_desk(desk, members=[], actor=None)
    call_command("load_demo", stdout=StringIO())
    desk.refresh_from_db()
    assert (desk.policy.name, desk.memberships.count()) == ("Small", 0)


def test_a_desk_is_made_once_and_its_policy_gets_a_version_when_a_number_differs(tmp_path):
    make.user("finn", "researcher")
    assert load_desk(members="finn") == "Fact desk: Standard 1, Truth 1, 1 person.\n"
    assert load_desk() == "Fact desk: Standard 1, Truth 1, 1 person.\n"
    wanted = json.loads((make.SEEDS / "desk.json").read_text())
    wanted["policy"]["seats"] = 3
    (tmp_path / "desk.json").write_text(json.dumps(wanted))
    assert load_desk(tmp_path / "desk.json") == "Fact desk: Standard 2, Truth 1, 1 person.\n"
    assert (ReviewPolicy.objects.count(), RatingScaleVersion.objects.count()) == (2, 1)
    made = AuditEvent.objects.filter(subject_type="desk").earliest("number")
    assert made.data == {"name": "Fact desk", "members": [[], ["finn"]]}


def test_two_desks_that_share_the_name_of_a_policy_each_keep_their_version_of_it(tmp_path):
    wanted = json.loads((make.SEEDS / "desk.json").read_text())
    other = wanted | {"name": "Night desk", "policy": wanted["policy"] | {"seats": 3}}
    (tmp_path / "other.json").write_text(json.dumps(other))
    for _ in range(2):
        assert load_desk() == "Fact desk: Standard 1, Truth 1, 0 people.\n"
        assert load_desk(tmp_path / "other.json") == "Night desk: Standard 2, Truth 1, 0 people.\n"
    assert (ReviewPolicy.objects.count(), RatingScaleVersion.objects.count()) == (2, 1)


def test_a_number_that_a_file_leaves_out_is_the_default_and_not_that_of_an_earlier_version(tmp_path):
    wanted = json.loads((make.SEEDS / "desk.json").read_text())
    for numbers, version in (({"lead_may_hold_seat": True}, 1), ({}, 2), ({"lead_may_hold_seat": False}, 2)):
        policy = {"name": "Small"} | numbers
        (tmp_path / "desk.json").write_text(json.dumps(wanted | {"policy": policy}))
        assert load_desk(tmp_path / "desk.json").startswith(f"Fact desk: Small {version},")


NO_BEGINNINGS = (
    "https://user:secret@desk.example/", "desk.example", "https://desk.example/?a=1", "https://desk.example/#top",
)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda w: w["policy"].update(chairs=3), "/policy/chairs: A policy has no 'chairs'."),
        (lambda w: w["scale"]["points"][0].update(rank=7), "/scale/points: Ranks run 1, 2, 3 ... without a gap"),
        (lambda w: w["scale"]["points"][0].update(code="true"), "/scale/points: Every code is there once."),
        (lambda w: w["scale"]["points"][0].pop("label"), "'label' is wrong here."),
        (
            lambda w: w["scale"]["points"][0].update(polarity=7),
            "/scale/points/0/polarity: Polarity is from -1 to 1, not 7.",
        ),
        (lambda w: w["policy"].update(seats=1), "/policy/seats: It is a whole number from 2 to 32767, not 1."),
        (lambda w: w["policy"].update(lease_hours="two"), "/policy/lease_hours: It is a whole number from 1"),
        (lambda w: w["policy"].update(min_origins=True), "/policy/min_origins: It is a whole number from 1"),
        (
            lambda w: w["policy"].update(correction_ack_days=20),
            "/policy/correction_resolve_days: Nothing is resolved before",
        ),
        (lambda w: w.update(name=" "), "/name: It is a text of up to 100 characters."),
        (lambda w: w["scale"].update(name=7), "/scale/name: It is a text of up to 100 characters."),
        (lambda w: w["policy"].update(auto_open=1), "/policy/auto_open: It is true or false, not 1."),
        (lambda w: w["policy"].update(hours_by_stage=[]), "/policy/hours_by_stage: It has hours for stages."),
        (lambda w: w["policy"]["hours_by_stage"].update(lunch=1), "/lunch: There is no stage 'lunch': queued,"),
        (lambda w: w["policy"]["hours_by_stage"].update(rating=0), "/rating: It is a number of hours"),
        (lambda w: w["scale"].update(points=["true"]), "/scale/points: It is a list of points."),
        *(
            (lambda w, url=url: w.update(publisher_url=url), "/publisher_url: It is the beginning of addresses:")
            for url in NO_BEGINNINGS
        ),
        (lambda w: w.update(publisher_ulr=""), "/publisher_ulr: There is no 'publisher_ulr'."),
        (lambda w: w["scale"].update(versions=[]), "/scale/versions: There is no 'versions'."),
        (lambda w: w["scale"]["points"][0].update(colour="red"), "/scale/points/0/colour: A point has no 'colour'."),
        (lambda w: w["scale"]["points"][0].update(code="x" * 41), "/scale/points/0/code: A code is a text of up to 40"),
        (lambda w: w["scale"]["points"][0].update(code=" "), "/scale/points/0/code: A code is a text"),
        (
            lambda w: w["scale"]["points"][0].update(label="x" * 101),
            "/scale/points/0/label: A label is a text of up to",
        ),
        (lambda w: w["scale"]["points"][0].update(rank=True), "'rank' is wrong here."),
        (lambda w: w["scale"]["points"][0].update(label="a\0b"), "/scale/points/0/label: Contains the character NUL."),
        (lambda w: w.update(publisher_name="\ud800"), "/publisher_name: Contains half of a surrogate pair."),
        (lambda w: w.update(publisher_url=f"https://a.example/{'x' * 200}"), "in up to 200 characters."),
        (lambda w: w.pop("scale"), "there is no 'scale'. seeds/desk.json shows"),
        (lambda w: w.update(policy=[1]), "it is no object, or its policy or scale is none."),
    ],
)
def test_a_desk_that_is_wrong_is_not_made_and_the_file_is_named(tmp_path, change, words):
    wanted = json.loads((make.SEEDS / "desk.json").read_text())
    change(wanted)
    (tmp_path / "desk.json").write_text(json.dumps(wanted))
    with pytest.raises(CommandError) as refused:
        load_desk(tmp_path / "desk.json")
    assert words in str(refused.value)
    assert str(tmp_path / "desk.json") in str(refused.value)
    assert (Desk.objects.count(), ReviewPolicy.objects.count(), RatingScaleVersion.objects.count()) == (0, 0, 0)


def test_an_unknown_member_is_named():
    with pytest.raises(CommandError, match=r"There is nobody called nobody\."):
        load_desk(members="nobody")


def test_a_desk_that_lacks_people_is_a_finding_of_the_check():
    room = make.newsroom()
    assert unstaffable() == [
        "The desk 'Other desk' cannot staff a review at normal risk under Other desk policy 1: reviewer: 0 of 2 found; adjudicator: 0 of 1 found; editor: 0 of 1 found.",
        "The desk 'Other desk' cannot staff a review at high risk under Other desk policy 1: reviewer: 0 of 3 found; adjudicator: 0 of 1 found; editor: 0 of 1 found.",
    ]
    room.dana.is_active = False
    room.dana.save()
    found = [finding for finding in run_checks(databases=["default"]) if finding.id == "reviews.W001"]
    assert sum("'Desk' cannot staff" in str(finding.msg) for finding in found) == 2
    assert "adjudicator: 0 of 1 found" in str(found[0].msg)


def test_a_policy_under_which_somebody_else_writes_needs_one_more():
    room = make.newsroom(draft_author_may_be_lead=False, seats_high_risk=2)
    assert [words for words in unstaffable() if "'Desk'" in words] == []
    make.DeskMembership.objects.filter(user=room.gwen).delete()
    found = [words for words in unstaffable() if "'Desk'" in words]
    assert [words.partition("1: ")[2] for words in found] == ["editor: 0 of 1 found."] * 2
    assert api(room.finn).get(f"/policies/{room.desk.policy_id}").json()["draft_author_may_be_lead"] is False


def test_whoever_keeps_no_accounts_keeps_no_desks():
    emil = make.user("emil", "editor")
    with pytest.raises(ActionForbidden):
        desks.add_policy("Mine", {"seats": 2}, actor=emil)
    with pytest.raises(ActionForbidden):
        desks.add_scale_version("Mine", make.POINTS, actor=emil)
    assert (ReviewPolicy.objects.count(), RatingScaleVersion.objects.count()) == (0, 0)
    keeper = make.user("kim", "admin")
    assert desks.add_policy("Mine", {"seats": 2}, actor=keeper).number == 1
    assert desks.add_policy("Mine", {"seats": 3}, actor=keeper).number == 2
    with pytest.raises(InvalidInput):
        desks.add_policy("Mine", {"chairs": 2}, actor=keeper)
