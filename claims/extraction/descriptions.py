"""Who "the agency" or "the mayor" is: the fuller name that the article gave before, if it gave exactly one."""

from __future__ import annotations

from dataclasses import replace

from claims.extraction.attribution.cues import SAYING
from claims.extraction.attribution.kinds import BODY_HEADS, MEDIA_HEADS, TITLES
from claims.extraction.base import Hop
from claims.extraction.framing import FINITE
from claims.extraction.lexicon import (
    CONJUNCTIONS,
    DETERMINERS,
    MONTHS,
    OPENERS,
    POSSESSIVES,
    PREPOSITIONS,
    WEEKDAYS,
    words,
)
from claims.extraction.reading import Reading
from claims.extraction.tokens import Token

# What a body is called for short when it was named before.
HEADS = (BODY_HEADS | MEDIA_HEADS | words("guild operator charity manufacturer airline ferry studio club")) - words(
    "who un eu us imf nis cia fbi nato news post times state house press force"
)
BOUNDARIES = PREPOSITIONS | CONJUNCTIONS | DETERMINERS
NO_MODIFIERS = BOUNDARIES | OPENERS | FINITE | SAYING | WEEKDAYS | frozenset(MONTHS)
MOST_MODIFIERS = 5
LONGEST_APPOSITION = 6


def is_bare(name: str) -> bool:
    """Whether a claimant is only pointed at: the agency, its director, the deputy minister."""
    parts = name.lower().split()
    if (
        len(parts) < 2
        or parts[0] not in POSSESSIVES | {"the", "this", "that"}
        or any(part[:1].isupper() for part in name.split()[1:])
    ):
        return False
    return len(parts) == 2 or parts[0] in POSSESSIVES or all(part in TITLES for part in parts[1:])


class Known:
    """The bodies and the people with a title that the sentences read so far have named."""

    def __init__(self) -> None:
        self.bodies: dict[str, list[str]] = {}
        self.people: dict[str, set[str]] = {}
        self.reporters: set[str] = set()

    def resolved(self, hop: Hop) -> Hop:
        """The hop with the fuller name, if there is one; a medium keeps its role."""
        name = self.full_name(hop.name)
        if not name:
            return hop
        return replace(hop, name=name, role="reporter" if name in self.reporters else hop.role)

    def full_name(self, bare: str) -> str:
        """The one name that "the agency" or "the mayor" stands for, or "" where there is none or more than one."""
        if not is_bare(bare) or bare.lower().startswith(tuple(POSSESSIVES)):
            return ""
        head = bare.lower().split()[-1]
        people, bodies = self.people.get(head, set()), _distinct(self.bodies.get(head, []))
        found = [*people, *bodies]
        return found[0] if len(found) == 1 else ""

    def add(self, reading: Reading, hops: tuple[Hop, ...], offset: int) -> None:
        for name, head in _bodies(reading.text, reading.tokens):
            self.bodies.setdefault(head, []).append(name)
        self.reporters |= {hop.name for hop in hops if hop.role == "reporter"}
        for hop in hops:
            if hop.role == "speaker" and hop.span is not None and len(hop.name.split()) > 1 and hop.name[:1].isupper():
                for title in _titles(reading.tokens, hop.span.start - offset, hop.span.end - offset):
                    self.people.setdefault(title, set()).add(hop.name)


def _distinct(names: list[str]) -> list[str]:
    """Names that are no ending of a longer one, the article in front not counted."""
    found: dict[str, str] = {}
    for name in sorted(dict.fromkeys(names), key=len, reverse=True):
        key = name.casefold().removeprefix("the ")
        if not any(longer == key or longer.endswith(" " + key) for longer in found):
            found[key] = name
    return list(found.values())


def _bodies(text: str, tokens: list[Token]) -> list[tuple[str, str]]:
    found = []
    for index, token in enumerate(tokens):
        head = token.low.removesuffix("'s")
        if head not in HEADS:
            continue
        first = index
        while first > 0 and index - first < MOST_MODIFIERS:
            before = tokens[first - 1]
            if before.word in "'’" and first > 1 and tokens[first - 2].low.endswith("s"):
                first -= 2
            elif before.is_word and _is_modifier(before):
                first -= 1
            else:
                break
        is_bounded = first == 0 or not tokens[first - 1].is_word or tokens[first - 1].low in BOUNDARIES
        if first == index or not is_bounded:
            continue
        name = text[tokens[first].start : token.start + len(head)]
        has_capital = any(each.is_capitalised for each in tokens[max(first, 1) : index + 1])
        has_article = first > 0 and tokens[first - 1].low == "the"
        found.append((f"the {name}" if has_article and not has_capital else name, head))
    return found


def _is_modifier(token: Token) -> bool:
    if token.is_capitalised:
        return token.low not in OPENERS and token.low not in WEEKDAYS
    return token.low not in NO_MODIFIERS and not token.low.endswith(("ed", "ing", "ly"))


def _titles(tokens: list[Token], start: int, end: int) -> list[str]:
    """The titles right in front of the name at these places, or in the apposition behind it."""
    first = next((index for index, token in enumerate(tokens) if token.start >= start), len(tokens))
    last = next((index for index, token in enumerate(tokens) if token.start >= end), len(tokens))
    found = []
    at = first - 1
    while at >= 0 and tokens[at].low in TITLES:
        found.append(tokens[at].low)
        at -= 1
    if last < len(tokens) and tokens[last].word == ",":
        for index in range(last + 1, min(len(tokens), last + 1 + LONGEST_APPOSITION)):
            if tokens[index].word == "," or tokens[index].low in ("who", "which", "of"):
                break
            if tokens[index].low in TITLES:
                found.append(tokens[index].low)
    return found
