"""Who says what each sentence of an article says, beyond the sentence itself: across quotations, pronouns and short names."""

from __future__ import annotations

from dataclasses import replace

from claims.extraction import attribution, descriptions, wording
from claims.extraction.base import Hop
from claims.extraction.entities import entities
from claims.extraction.lexicon import words
from claims.extraction.reading import Reading
from claims.text import Quotation, Sentence

# Two capitalised words that begin so are a place, not a person.
PLACES = words(
    "north south east west new saudi united great san santa los las sri costa puerto el hong sierra cape papua burkina ivory czech "
    "dominican central northern southern eastern western middle latin sea lake mount river port fort st saint white black red "
    "the european british american russian ukrainian chinese north-east"
)

# How many sentences back "he" or "she" may refer to a speaker.
REACH = 2


def spoken(found: list[Sentence], quoted: list[Quotation]) -> list[bool]:
    """Whether each sentence holds part of a quotation that is itself a statement."""
    result = []
    at = 0
    for each in found:
        while at < len(quoted) and quoted[at].end <= each.start:
            at += 1
        overlap = 0
        step = at
        while step < len(quoted) and quoted[step].start < each.end:
            overlap += min(quoted[step].end, each.end) - max(quoted[step].start, each.start)
            step += 1
        # A quoted word or two is a name or irony, not speech.
        result.append(overlap > (each.end - each.start) / 2)
    return result


def claimant(hops: tuple[Hop, ...], reading: Reading) -> str:
    """Who asserts it: the origin of the chain; "" where he told the Telegraph, and nobody knows who he is."""
    is_unknown = not hops or (bool(reading.attribution.pronoun) and hops[0].role == "reporter")
    return "" if is_unknown else hops[0].name


def _full_names(readings: list[Reading]) -> dict[str, str]:
    """Surname to full name where the article gives exactly one: Lavrov is Sergey Lavrov."""
    found: dict[str, set[str]] = {}
    for reading in readings:
        for hop in reading.attribution.hops:
            parts = hop.name.split()
            if hop.role == "speaker" and len(parts) in (2, 3) and all(part[:1].isupper() for part in parts):
                found.setdefault(parts[-1], set()).add(hop.name)
    return {surname: names.pop() for surname, names in found.items() if len(names) == 1}


def find(found: list[Sentence], readings: list[Reading], is_spoken: list[bool]) -> list[tuple[Hop, ...]]:
    """The hops of every sentence: its own, else the speaker of the quotation it belongs to, else of a safe pronoun."""
    named = _full_names(readings)
    own = [
        tuple(replace(hop, name=named.get(hop.name, hop.name)) for hop in reading.attribution.hops)
        for reading in readings
    ]
    speakers: dict[int, set[Hop]] = {}
    for each, hops in zip(found, own, strict=True):
        speakers.setdefault(each.paragraph, set()).update(hop for hop in hops if hop.role == "speaker")
    heard = {hop.name for hops in speakers.values() for hop in hops}
    own = [tuple(replace(hop, role="speaker") if hop.name in heard else hop for hop in hops) for hops in own]
    result: list[tuple[Hop, ...]] = []
    known = descriptions.Known()
    for index, each in enumerate(found):
        reading, hops = readings[index], own[index]
        here = speakers[each.paragraph]
        pronoun = reading.attribution.pronoun
        if not hops and is_spoken[index] and len({hop.name for hop in here}) == 1:
            hops = (replace(min(here, key=lambda hop: hop.span.start if hop.span else 0), speech="direct"),)
        elif pronoun and all(hop.role == "reporter" for hop in hops):
            is_close = index > 0 and found[index - 1].paragraph == each.paragraph
            name = _topic(index, readings, result) if pronoun in ("he", "she") else ""
            if not name and is_close:
                name = _subject(readings[index - 1], result[-1], pronoun)
            if name:
                said = reading.attribution.cue
                hops = (Hop(name, "speaker", said, "direct" if is_spoken[index] else "indirect"), *hops)
        hops = tuple(known.resolved(hop) for hop in hops)
        known.add(reading, hops, each.start)
        result.append(hops)
    return result


def _subject(reading: Reading, hops: tuple[Hop, ...], pronoun: str) -> str:
    """The only one whom the sentence before can leave for a pronoun: its subject, or whom it cites; "" if there are two or none."""
    if len(hops) > 1 or (hops and pronoun not in ("it", "they")):
        return ""
    if hops:
        is_many = hops[0].name.lower().split()[-1].endswith("s")
        is_fit = not wording.looks_like_a_person(hops[0].name) and (pronoun == "it" or is_many)
        return hops[0].name if is_fit else ""
    if pronoun in ("he", "she") and len(_people(reading)) != 1:
        return ""
    return attribution.subject(reading.text, reading.tokens, pronoun)


def _people(reading: Reading) -> set[str]:
    """Surnames of those whom a sentence names in full."""
    named = [name for name in entities(reading.text, reading.tokens) if wording.looks_like_a_person(name)]
    return {name.split()[-1] for name in named if name.split()[0].lower() not in PLACES}


def _topic(index: int, readings: list[Reading], sources: list[tuple[Hop, ...]]) -> str:
    """The only person who spoke in the sentences just before, where the last names no other, or "": whom "he" or "she" can mean."""
    people = {
        hop.name
        for hops in sources[max(0, index - REACH) : index]
        for hop in hops
        if hop.role == "speaker" and wording.looks_like_a_person(hop.name)
    }
    if len(people) != 1:
        return ""
    name = people.pop()
    return name if _people(readings[index - 1]) <= {name.split()[-1]} else ""
