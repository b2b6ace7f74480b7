"""Who sits where: enough people is not enough, they must fit the places all at once."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

import pytest

from reviews.staffing import (
    Lack,
    Person,
    Shortage,
    Unstaffable,
    can_staff,
    choose_adjudicator,
    choose_draft_author,
    choose_seats,
    replace_seat,
)

ROLES = ("reviewer", "adjudicator", "editor")


def person(name: str, roles: str, load: int = 0, **more) -> Person:
    return Person(name, frozenset(roles.split()), load, **more)


FINN = person("finn", "researcher reviewer")
BEN = person("ben", "reviewer")
CLEO = person("cleo", "reviewer")
DANA = person("dana", "reviewer adjudicator")
EMIL = person("emil", "editor")
GWEN = person("gwen", "adjudicator editor")
DESK = (FINN, BEN, CLEO, DANA, EMIL)

USUAL = {"seats": 2, "lead": "finn", "lead_may_hold_seat": False}


def lacks(*of: tuple[str, int, int]) -> Shortage:
    return Shortage(tuple(Lack(*each) for each in of))


def test_a_desk_of_five_can_do_it():
    assert can_staff(DESK, **USUAL) is None
    assert choose_seats(DESK, **USUAL) == ["ben", "cleo"]


@pytest.mark.parametrize(
    ("without", "missing"),
    [
        ("cleo", ("adjudicator", 1, 0)),  # Dana has to sit
        ("dana", ("adjudicator", 1, 0)),
        ("emil", ("editor", 1, 0)),
    ],
)
def test_a_shortage_names_the_role_and_how_many_of_how_many_were_found(without, missing):
    present = [each for each in DESK if each.id != without]
    assert can_staff(present, **USUAL) == lacks(missing)
    with pytest.raises(Unstaffable) as refused:
        choose_seats(present, **USUAL)
    assert refused.value.shortage == lacks(missing)


def test_a_shortage_can_be_said_in_words():
    shortage = can_staff([BEN], **USUAL)
    assert shortage == lacks(("reviewer", 2, 1), ("adjudicator", 1, 0), ("editor", 1, 0))
    assert str(shortage) == "reviewer: 1 of 2 found; adjudicator: 0 of 1 found; editor: 0 of 1 found"


def test_somebody_with_two_roles_fills_one_place():
    assert can_staff([FINN, BEN, CLEO, GWEN], **USUAL) == lacks(("editor", 1, 0))
    assert can_staff([FINN, BEN, CLEO, GWEN, EMIL], **USUAL) is None


def test_the_least_loaded_are_asked_first_and_equal_ones_by_name():
    loads = {"ben": 3, "cleo": 1, "hugo": 1, "ida": 2}
    present = [FINN, *(person(name, "reviewer", load) for name, load in loads.items()), DANA, EMIL]
    assert choose_seats(present, **{**USUAL, "seats": 3}) == ["cleo", "hugo", "ida"]


def test_the_only_adjudicator_is_not_seated_however_little_they_have_to_do():
    busy = [person("ben", "reviewer", 9), person("cleo", "reviewer", 9)]
    assert choose_seats([FINN, *busy, DANA, EMIL], **USUAL) == ["ben", "cleo"]
    # With a second adjudicator there is no reason to spare Dana.
    assert choose_seats([FINN, *busy, DANA, GWEN, EMIL], **USUAL) == ["dana", "ben"]


def test_the_only_editor_is_not_made_adjudicator():
    dana = person("dana", "adjudicator", 9)
    assert choose_adjudicator([FINN, BEN, CLEO, GWEN, dana], holders=("ben", "cleo"), lead="finn") == "dana"
    assert choose_adjudicator([FINN, BEN, CLEO, GWEN, dana, EMIL], holders=("ben", "cleo"), lead="finn") == "gwen"


def test_the_conflicted_and_the_lead_get_no_place():
    everything = "reviewer adjudicator editor"
    others = [person(name, everything) for name in ("ben", "cleo", "dana")]
    lead, conflicted = person("finn", everything), person("adam", everything, is_conflicted=True)
    assert can_staff([lead, conflicted, *others], **USUAL) == lacks(("editor", 1, 0))
    assert can_staff([lead, *others, person("emil", everything)], **USUAL) is None


def test_a_desk_of_four_works_when_the_lead_may_hold_a_seat():
    four = (FINN, BEN, DANA, EMIL)
    assert can_staff(four, **USUAL) == lacks(("adjudicator", 1, 0))
    assert can_staff(four, **{**USUAL, "lead_may_hold_seat": True}) is None
    assert choose_seats(four, **{**USUAL, "lead_may_hold_seat": True}) == ["ben", "finn"]


def test_the_lead_is_seated_only_when_nobody_else_is_left():
    busy = [person("ben", "reviewer", 9), person("cleo", "reviewer", 9)]
    assert choose_seats([FINN, *busy, DANA, EMIL], **{**USUAL, "lead_may_hold_seat": True}) == ["ben", "cleo"]


def test_whoever_writes_the_text_does_not_approve_it():
    assert can_staff(DESK, **USUAL, draft_author="emil") == lacks(("editor", 1, 0))
    assert can_staff([*DESK, GWEN], **USUAL, draft_author="emil") is None
    with pytest.raises(Unstaffable):
        choose_adjudicator([GWEN, EMIL], holders=("ben", "cleo"), lead="finn", draft_author="emil")


APART = {**USUAL, "draft_author_may_be_lead": False}  # from the lead, who writes elsewhere


def test_where_the_lead_may_not_write_somebody_else_has_to_be_found_who_does_not_approve():
    hugo = person("hugo", "researcher")
    assert can_staff(DESK, **APART) == lacks(("editor", 1, 0))  # Emil has to write
    assert can_staff([*DESK, hugo], **APART) is None
    assert can_staff([*DESK, person("hugo", "researcher", is_conflicted=True)], **APART) == lacks(("editor", 1, 0))
    assert can_staff(DESK[:-1], **APART) == lacks(("draft author", 1, 0), ("editor", 1, 0))
    # One who is known already is not looked for again, and does not approve.
    assert can_staff([*DESK, hugo], **APART, draft_author="hugo") is None
    assert can_staff(DESK, **APART, draft_author="emil") == lacks(("editor", 1, 0))


def test_the_only_other_writer_is_not_seated_nor_made_adjudicator():
    hugo, ida = person("hugo", "researcher reviewer adjudicator"), person("ida", "adjudicator", 9)
    busy = [person("ben", "reviewer", 9), person("cleo", "reviewer", 9)]
    people = [FINN, *busy, hugo, ida, EMIL]
    assert choose_seats(people, **APART) == ["ben", "cleo"]
    assert choose_seats(people, **USUAL) == ["hugo", "ben"]
    places = {"holders": ("ben", "cleo"), "lead": "finn"}
    assert choose_adjudicator(people, **places, draft_author_may_be_lead=False) == "ida"
    assert choose_adjudicator(people, **places) == "hugo"
    assert replace_seat(people, **places, lead_may_hold_seat=False, adjudicator="ida") == "hugo"
    with pytest.raises(Unstaffable, match="editor: 0 of 1 found"):
        replace_seat(people, **places, lead_may_hold_seat=False, adjudicator="ida", draft_author_may_be_lead=False)


def test_the_present_author_writes_on_while_they_may():
    hugo, ida = person("hugo", "researcher"), person("ida", "researcher", 9, took_part=True)
    people, places = [*DESK, GWEN, hugo, ida], {"judges": ("ben", "cleo"), "lead": "finn"}
    assert choose_draft_author(people, **places) == "emil"  # Gwen can approve
    assert choose_draft_author([*DESK, hugo, ida], **places) == "hugo"  # nobody but Emil can
    assert choose_draft_author(people, **places, present="ida") == "ida"
    assert choose_draft_author(people, judges=("ben", "ida"), lead="finn", present="ida") == "emil"
    assert choose_draft_author(people, **places, present="finn") == "emil"


def test_whoever_took_part_before_does_not_approve_but_may_judge_again():
    emil = person("emil", "editor adjudicator", took_part=True)
    assert can_staff([FINN, BEN, CLEO, DANA, emil], **USUAL) == lacks(("editor", 1, 0))
    assert can_staff([FINN, BEN, CLEO, DANA, emil, GWEN], **USUAL) is None
    gwen = person("gwen", "editor adjudicator", took_part=True)
    assert choose_adjudicator([gwen, EMIL], holders=(), lead="finn") == "gwen"


@pytest.mark.parametrize(
    ("people", "may_hold_seat", "missing"),
    [
        ((BEN, CLEO, DANA, EMIL), False, ("researcher", 1, 0)),
        ((FINN, BEN, DANA, EMIL), False, ("adjudicator", 1, 0)),
        ((FINN, BEN, DANA, EMIL), True, None),
        ((FINN, BEN, CLEO, DANA, EMIL), False, None),
        # Ada may lead, Finn is needed in a seat.
        ((person("ada", "researcher"), FINN, BEN, DANA, EMIL), False, None),
    ],
)
def test_before_anybody_leads_a_lead_has_to_be_found_too(people, may_hold_seat, missing):
    found = can_staff(people, seats=2, lead=None, lead_may_hold_seat=may_hold_seat)
    assert found == (lacks(missing) if missing else None)


def test_a_vacated_seat_goes_to_somebody_who_has_held_none_of_the_round():
    hugo = person("hugo", "reviewer", 5)
    places = {"lead": "finn", "lead_may_hold_seat": False}
    assert replace_seat([*DESK, hugo], holders=("ben", "cleo"), **places) == "hugo"
    # Dana may sit once another adjudicates, and may not when she does so herself.
    assert replace_seat([*DESK, hugo, GWEN], holders=("ben", "cleo"), adjudicator="gwen", **places) == "dana"
    assert replace_seat([*DESK, hugo], holders=("ben", "cleo"), adjudicator="dana", **places) == "hugo"
    with pytest.raises(Unstaffable, match="adjudicator: 0 of 1 found"):
        replace_seat(DESK, holders=("ben", "cleo"), **places)


# Against every way there is, on every desk of up to five people.

SETS_OF_ROLES = [frozenset(roles) for n in (1, 2, 3) for roles in itertools.combinations(ROLES, n)]


def desks() -> Iterator[tuple[Person, ...]]:
    """With some loads, many of them equal, that follow neither names nor roles."""
    loads = random.Random(5)
    for size in range(6):
        for roles in itertools.combinations_with_replacement(SETS_OF_ROLES, size):
            yield tuple(Person(f"p{n}", each, loads.randrange(3)) for n, each in enumerate(roles))


def fits(each: Person, role: str) -> bool:
    return bool(each.roles & {"researcher", "editor"}) if role == "draft author" else role in each.roles


def every_way(people, places: tuple[str, ...], lead: str | None, may_hold_seat: bool) -> Iterator[tuple[Person, ...]]:
    if not places:
        yield ()
        return
    for each in people:
        if fits(each, places[0]) and (each.id != lead or (places[0] == "reviewer" and may_hold_seat)):
            others = [other for other in people if other is not each]
            for rest in every_way(others, places[1:], lead, may_hold_seat):
                yield (each, *rest)


@pytest.mark.parametrize(
    ("seats", "may_hold_seat", "may_write"),
    [(1, False, True), (2, False, True), (2, True, True), (3, True, True), (1, False, False), (2, True, False)],
)
def test_no_way_to_staff_a_round_is_overlooked_and_the_least_load_is_found(seats, may_hold_seat, may_write):
    outcomes = set()
    wanted = ("reviewer",) * seats + ("adjudicator", *(() if may_write else ("draft author",)), "editor")
    for people in desks():
        for lead in [None, *(each.id for each in people)]:
            # Without a lead a researcher is looked for, whom these desks have not: an absent one leaves all places to the others.
            places = {
                "seats": seats, "lead": lead or "absent", "lead_may_hold_seat": may_hold_seat, "draft_author_may_be_lead": may_write,
            }  # fmt: skip
            ways = list(every_way(people, wanted, lead, may_hold_seat))
            shortage = can_staff(people, **places)
            assert (shortage is None) == bool(ways), (people, lead)
            outcomes.add(bool(ways))
            if ways:
                orders = [sorted((each.id == lead, each.load, each.id) for each in way[:seats]) for way in ways]
                assert choose_seats(people, **places) == [name for _, _, name in min(orders)]
                if not may_hold_seat:
                    best = min(sum(load for _, load, _ in order) for order in orders)
                    assert sum(load for _, load, _ in min(orders)) == best
            else:
                missing = sum(lack.needed - lack.found for lack in shortage.lacks)
                assert missing == len(wanted) - most_filled(people, wanted, lead, may_hold_seat)
    assert outcomes == {True, False}


def most_filled(people, places: tuple[str, ...], lead: str | None, may_hold_seat: bool) -> int:
    return max(
        n
        for n in range(len(places))
        for some in set(itertools.combinations(places, n))
        if any(True for _ in every_way(people, some, lead, may_hold_seat))
    )


def test_no_adjudicator_is_overlooked():
    outcomes = set()
    for people in desks():
        for lead in [None, *(each.id for each in people)]:
            free = [each for each in people if each.id != "p0"]
            ways = {(way[0].load, way[0].id) for way in every_way(free, ("adjudicator", "editor"), lead, False)}
            try:
                chosen = choose_adjudicator(people, holders=("p0",), lead=lead)
            except Unstaffable:
                chosen = None
            assert chosen == (min(ways)[1] if ways else None)
            outcomes.add(bool(ways))
    assert outcomes == {True, False}
