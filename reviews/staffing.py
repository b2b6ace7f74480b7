"""Who can fill which place of a review, such that the places still to come can be filled as well. Plain values.

Places are held by different people: the lead, `seats` reviewers, an adjudicator, where the policy says so somebody else who writes the
text, and the editor who approves (WORKFLOW, invariant 3).
People have several roles, so counting them by role is not enough: whether all places can be filled is a matching.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

RESEARCHER, REVIEWER, ADJUDICATOR, AUTHOR, EDITOR = "researcher", "reviewer", "adjudicator", "draft author", "editor"
WRITERS = frozenset([RESEARCHER, EDITOR])  # whoever has one of these roles may write a text


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
    """What is missing when as many places as possible are filled, first seats, then adjudicator, draft author and editor.

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
        if person.is_conflicted or not (WRITERS & person.roles if role == AUTHOR else role in person.roles):
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
    draft_author_may_be_lead: bool = True,
) -> Shortage | None:
    """What is missing for a round of `seats`, its adjudicator, its draft author and its approver; None when nothing is.

    Conflicted people fill no place, the lead none but a seat where the policy says so, and neither the draft author, who is the lead
    by default, nor whoever took part before approves. Without a lead, as when a policy is checked, a researcher who could lead must be
    found too.
    """
    people = tuple(people)
    roles = (*[REVIEWER] * seats, ADJUDICATOR, *_last(draft_author, draft_author_may_be_lead))
    if lead is None:
        return _can_staff_whoever_leads(people, roles, lead_may_hold_seat)
    return _shortage(people, roles, _Places(lead, lead_may_hold_seat, draft_author))


def choose_seats(
    people: Iterable[Person],
    *,
    seats: int,
    lead: str | None,
    lead_may_hold_seat: bool,
    draft_author: str | None = None,
    draft_author_may_be_lead: bool = True,
) -> list[str]:
    """Ids for the seats of a new round, the least load first, equal ones by id, such that everybody else remains who is needed.

    The lead comes last, and only where the policy lets them hold a seat. Raises Unstaffable.
    """
    places = _Places(lead, lead_may_hold_seat, draft_author)
    later = (ADJUDICATOR, *_last(draft_author, draft_author_may_be_lead))
    return _choose(tuple(people), REVIEWER, seats, later, places)


def replace_seat(
    people: Iterable[Person],
    *,
    holders: Collection[str],
    lead: str | None,
    lead_may_hold_seat: bool,
    draft_author: str | None = None,
    draft_author_may_be_lead: bool = True,
    adjudicator: str | None = None,
) -> str:
    """Who takes one seat that was vacated, by the rules of `choose_seats`.

    `holders` are all who hold or held a seat of this round, whoever vacated this one among them: they get no further place.
    An `adjudicator` who is already known keeps theirs. Raises Unstaffable.
    """
    free = [person for person in people if person.id not in holders and person.id != adjudicator]
    adjudicates = () if adjudicator is not None else (ADJUDICATOR,)
    later = (*adjudicates, *_last(draft_author, draft_author_may_be_lead))
    [chosen] = _choose(free, REVIEWER, 1, later, _Places(lead, lead_may_hold_seat, draft_author))
    return chosen


def choose_adjudicator(
    people: Iterable[Person],
    *,
    holders: Collection[str],
    lead: str | None,
    draft_author: str | None = None,
    draft_author_may_be_lead: bool = True,
) -> str:
    """Who adjudicates: the least load, equal ones by id, none of `holders` of seats, such that an approver, and a draft author where one
    is needed, remain. Raises Unstaffable.
    """
    free = [person for person in people if person.id not in holders]
    later = _last(draft_author, draft_author_may_be_lead)
    [chosen] = _choose(free, ADJUDICATOR, 1, later, _Places(lead, False, draft_author))
    return chosen


def choose_draft_author(
    people: Iterable[Person], *, judges: Collection[str], lead: str | None, present: str | None = None
) -> str:
    """Who writes the text in the lead's place: the `present` author where they still may, or else the least load, equal ones by id, none
    of `judges`, such that an approver remains. Raises Unstaffable.
    """
    free = [
        replace(person, load=-1) if person.id == present else person for person in people if person.id not in judges
    ]
    [chosen] = _choose(free, AUTHOR, 1, (EDITOR,), _Places(lead, False, None))
    return chosen


def _last(draft_author: str | None, may_be_lead: bool) -> tuple[str, ...]:
    """The places to fill once there is a finding. A draft author who is known already has theirs."""
    return (EDITOR,) if may_be_lead or draft_author is not None else (AUTHOR, EDITOR)


def _can_staff_whoever_leads(
    people: tuple[Person, ...], roles: tuple[str, ...], lead_may_hold_seat: bool
) -> Shortage | None:
    leads = [person.id for person in people if RESEARCHER in person.roles and not person.is_conflicted]
    if not leads:
        rest = _shortage(people, roles, _Places(None, False, None))
        return Shortage((Lack(RESEARCHER, 1, 0), *(rest.lacks if rest else ())))
    shortages = []
    for lead in sorted(leads):
        shortage = _shortage(people, roles, _Places(lead, lead_may_hold_seat, None))
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
