"""Who can fill which place of a review, such that the places still to come can be filled as well. Plain values.

Places are held by different people: the lead, `seats` reviewers, an adjudicator, and the editor who approves (WORKFLOW, invariant 3).
People have several roles, so counting them by role is not enough: whether all places can be filled is a matching.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

RESEARCHER, REVIEWER, ADJUDICATOR, EDITOR = "researcher", "reviewer", "adjudicator", "editor"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody present at the desk. `load` is what they hold already, in whatever unit is the same for all."""

    id: str
    roles: frozenset[str]
    load: int = 0
    is_conflicted: bool = False
    took_part: bool = False  # led, judged or adjudicated it before, in whatever round


@dataclass(frozen=True, slots=True)
class Lack:
    role: str
    needed: int
    found: int

    def __str__(self) -> str:
        return f"{self.role}: {self.found} of {self.needed} found"


@dataclass(frozen=True, slots=True)
class Shortage:
    """What is missing when as many places as possible are filled, first seats, then adjudicator, then editor.

    Somebody who is counted for one place is not for another: "editor: 0 of 1 found" may mean that the only editor has to adjudicate.
    """

    lacks: tuple[Lack, ...]

    def __str__(self) -> str:
        return "; ".join(map(str, self.lacks))


class Unstaffable(Exception):
    """Nobody can be chosen such that the places still to come can be filled."""

    def __init__(self, shortage: Shortage) -> None:
        super().__init__(str(shortage))
        self.shortage = shortage


@dataclass(frozen=True, slots=True)
class _Places:
    """Who may hold what, as far as the lead and the draft author go."""

    lead: str | None
    lead_may_hold_seat: bool
    draft_author: str | None

    def admit(self, person: Person, role: str) -> bool:
        if person.is_conflicted or role not in person.roles:
            return False
        if person.id == self.lead:
            return role == REVIEWER and self.lead_may_hold_seat
        return role != EDITOR or not (person.took_part or person.id == self.draft_author)

    def order(self, person: Person) -> tuple[bool, int, str]:
        # A lead judges their own evidence: only where nobody else is left.
        return person.id == self.lead, person.load, person.id


def can_staff(
    people: Iterable[Person],
    *,
    seats: int,
    lead: str | None,
    lead_may_hold_seat: bool,
    draft_author: str | None = None,
) -> Shortage | None:
    """What is missing for a round of `seats`, its adjudicator and its approver; None when nothing is.

    Conflicted people fill no place, the lead none but a seat where the policy says so, and neither the draft author, who is the lead
    by default, nor whoever took part before approves. Without a lead, as when a policy is checked, a researcher who could lead must be
    found too.
    """
    people = tuple(people)
    if lead is None:
        return _can_staff_whoever_leads(people, seats, lead_may_hold_seat)
    return _shortage(people, _roles_of_round(seats), _Places(lead, lead_may_hold_seat, draft_author))


def choose_seats(
    people: Iterable[Person],
    *,
    seats: int,
    lead: str | None,
    lead_may_hold_seat: bool,
    draft_author: str | None = None,
) -> list[str]:
    """Ids for the seats of a new round, the least load first, equal ones by id, such that an adjudicator and an approver remain.

    The lead comes last, and only where the policy lets them hold a seat. Raises Unstaffable.
    """
    places = _Places(lead, lead_may_hold_seat, draft_author)
    return _choose(tuple(people), REVIEWER, seats, (ADJUDICATOR, EDITOR), places)


def replace_seat(
    people: Iterable[Person],
    *,
    holders: Collection[str],
    lead: str | None,
    lead_may_hold_seat: bool,
    draft_author: str | None = None,
    adjudicator: str | None = None,
) -> str:
    """Who takes one seat that was vacated, by the rules of `choose_seats`.

    `holders` are all who hold or held a seat of this round, whoever vacated this one among them: they get no further place.
    An `adjudicator` who is already known keeps theirs. Raises Unstaffable.
    """
    free = [person for person in people if person.id not in holders and person.id != adjudicator]
    later = (EDITOR,) if adjudicator is not None else (ADJUDICATOR, EDITOR)
    [chosen] = _choose(free, REVIEWER, 1, later, _Places(lead, lead_may_hold_seat, draft_author))
    return chosen


def choose_adjudicator(
    people: Iterable[Person], *, holders: Collection[str], lead: str | None, draft_author: str | None = None
) -> str:
    """Who adjudicates: the least load, equal ones by id, none of `holders` of seats, such that an approver remains. Raises Unstaffable."""
    free = [person for person in people if person.id not in holders]
    [chosen] = _choose(free, ADJUDICATOR, 1, (EDITOR,), _Places(lead, False, draft_author))
    return chosen


def _roles_of_round(seats: int) -> tuple[str, ...]:
    return (*[REVIEWER] * seats, ADJUDICATOR, EDITOR)


def _can_staff_whoever_leads(people: tuple[Person, ...], seats: int, lead_may_hold_seat: bool) -> Shortage | None:
    leads = [person.id for person in people if RESEARCHER in person.roles and not person.is_conflicted]
    if not leads:
        rest = _shortage(people, _roles_of_round(seats), _Places(None, False, None))
        return Shortage((Lack(RESEARCHER, 1, 0), *(rest.lacks if rest else ())))
    shortages = []
    for lead in sorted(leads):
        shortage = can_staff(people, seats=seats, lead=lead, lead_may_hold_seat=lead_may_hold_seat)
        if shortage is None:
            return None
        shortages.append(shortage)
    return min(shortages, key=lambda shortage: sum(lack.needed - lack.found for lack in shortage.lacks))


def _choose(people: Sequence[Person], role: str, number: int, later: tuple[str, ...], places: _Places) -> list[str]:
    """The first `number` in the order of `places`, passing over those without whom the rest cannot be filled.

    Taking whoever fits next is also best in all: sets of people who can be placed at once form a matroid (Edmonds and Fulkerson 1965).
    """
    if shortage := _shortage(people, (*[role] * number, *later), places):
        raise Unstaffable(shortage)
    free, chosen = list(people), list[str]()
    for person in sorted((person for person in people if places.admit(person, role)), key=places.order):
        if len(chosen) == number:
            break
        rest = [other for other in free if other is not person]
        if _shortage(rest, (*[role] * (number - len(chosen) - 1), *later), places) is None:
            chosen.append(person.id)
            free = rest
    return chosen


def _shortage(people: Sequence[Person], roles: Sequence[str], places: _Places) -> Shortage | None:
    candidates = {role: [person.id for person in people if places.admit(person, role)] for role in roles}
    filled = _match([candidates[role] for role in roles])
    found = [role for role, is_filled in zip(roles, filled, strict=True) if is_filled]
    lacks = tuple(
        Lack(role, roles.count(role), found.count(role))
        for role in dict.fromkeys(roles)
        if found.count(role) < roles.count(role)
    )
    return Shortage(lacks) if lacks else None


def _match(candidates: Sequence[Sequence[str]]) -> list[bool]:
    """Which places are filled when as many as possible are, each by one of its candidates, nobody twice (Kuhn 1955).

    A place that was filled stays so: whoever is needed elsewhere gives way only where somebody else can follow.
    """
    place_of: dict[str, int] = {}

    def fill(place: int, asked: set[str]) -> bool:
        for person in candidates[place]:
            if person not in asked:
                asked.add(person)
                if person not in place_of or fill(place_of[person], asked):
                    place_of[person] = place
                    return True
        return False

    return [fill(place, set()) for place in range(len(candidates))]
