"""Who says what each sentence of an article says, beyond the sentence itself: across quotations, pronouns and short names."""

from __future__ import annotations

from dataclasses import replace

from claims.extraction import attribution, descriptions, wording
from claims.extraction.base import Hop
from claims.extraction.reading import Reading
from claims.text import Quotation, Sentence

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
    result: list[tuple[Hop, ...]] = []
    known = descriptions.Known()
    for index, each in enumerate(found):
        reading, hops = readings[index], own[index]
        here = speakers[each.paragraph]
        pronoun = reading.attribution.pronoun
        if not hops and is_spoken[index] and len({hop.name for hop in here}) == 1:
            hops = (replace(min(here, key=lambda hop: hop.span.start if hop.span else 0), speech="direct"),)
        elif not hops and pronoun:
            is_close = index > 0 and found[index - 1].paragraph == each.paragraph
            name = _topic(index, result) if pronoun in ("he", "she") else ""
            if pronoun == "it" and is_close:
                name = _body(readings[index - 1], result[-1])
            if name:
                hops = (Hop(name, "speaker", "said", "direct" if is_spoken[index] else "indirect"),)
        hops = tuple(known.resolved(hop) for hop in hops)
        known.add(reading, hops, each.start)
        result.append(hops)
    return result


def _body(reading: Reading, hops: tuple[Hop, ...]) -> str:
    """The only body that the sentence before can leave for "it": its subject, or whom it cites; "" if there are two or none."""
    if len(hops) > 1:
        return ""
    if hops:
        return "" if wording.looks_like_a_person(hops[0].name) else hops[0].name
    return attribution.subject(reading.text, reading.tokens)


def _topic(index: int, sources: list[tuple[Hop, ...]]) -> str:
    """The only person who spoke in the sentences just before, or "": whom "he" or "she" can mean."""
    people = {
        hop.name
        for hops in sources[max(0, index - REACH) : index]
        for hop in hops
        if hop.role == "speaker" and wording.looks_like_a_person(hop.name)
    }
    return people.pop() if len(people) == 1 else ""
