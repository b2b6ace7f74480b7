"""The extractor of this project: sentences, rules and a small linear model. No network, no large model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from claims.extraction import attribution, descriptions, wording
from claims.extraction.base import Candidate, Contribution, Document, Gap, Hop, Kind, Modality, Span, TimeReference
from claims.extraction.checkworthiness import contributions, probability
from claims.extraction.entities import entities
from claims.extraction.reading import Reading, read_sentence
from claims.text import Quotation, Sentence, as_read, quotations, sentences

# A sentence becomes a candidate from this score on. On the five Wikinews development articles that keeps 0.90 of the
# sentences labelled check-worthy (precision 0.50): a reviewer who reads from the top should not miss one.
THRESHOLD = 0.2
# And no more than this many an article: a reviewer reads the first few.
MOST_CANDIDATES = 40
# Fewer words than this state nothing that stands alone.
LEAST_WORDS = 4
# How many sentences back "he" or "she" may refer to a speaker.
REACH = 2


@dataclass(frozen=True, slots=True)
class _Scored:
    sentence: Sentence
    reading: Reading
    hops: tuple[Hop, ...]
    addends: tuple[Contribution, ...]
    score: float


class Rules:
    """Proposes one candidate for each sentence that passes the threshold, ranked by check-worthiness."""

    name = "rules"
    version = "4"

    def extract(self, document: Document) -> list[Candidate]:
        scored = [found for found in self._scored(document) if found.score >= THRESHOLD]
        scored.sort(key=lambda found: (-found.score, found.sentence.start))
        language = document.language or _language(document.text)
        return [
            _candidate(document.text, found, rank, language)
            for rank, found in enumerate(scored[:MOST_CANDIDATES], start=1)
        ]

    def _scored(self, document: Document) -> Iterator[_Scored]:
        text = document.text
        published_on = _published_on(document)
        found = sentences(text, document.language.split("-")[0].lower() or "en")
        spoken = _spoken(found, quotations(text))
        readings = [
            read_sentence(
                text[each.start : each.end],
                offset=each.start,
                published_on=published_on,
                outlet=document.outlet,
                is_quoted=is_quoted,
            )
            for each, is_quoted in zip(found, spoken, strict=True)
        ]
        named = _full_names(readings)
        sources = _sources(found, readings, spoken, named)
        headline = as_read(document.title).casefold()
        for index, (each, reading) in enumerate(zip(found, readings, strict=True)):
            if _is_furniture(reading, each, headline):
                continue
            addends = contributions(reading)
            yield _Scored(each, reading, sources[index], addends, probability(addends))


def _published_on(document: Document) -> date | None:
    return document.published_at.date() if document.published_at is not None else None


def _is_furniture(reading: Reading, sentence: Sentence, headline: str) -> bool:
    """Headlines, datelines, captions, bylines: lines that are no sentence of the article."""
    if headline and sentence.start < 2 * len(headline) + 20 and as_read(reading.text).casefold() in headline:
        return True
    if sum(token.is_word for token in reading.tokens) < LEAST_WORDS:
        return True
    closing = reading.text.rstrip("\"”»’')] ")[-1:]
    has_end = bool(closing) and closing in ".!?…。！？؟।:;"
    return not has_end and (sentence.paragraph == 0 or len(reading.text) < 80)


def _spoken(found: list[Sentence], quoted: list[Quotation]) -> list[bool]:
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


def _sources(
    found: list[Sentence], readings: list[Reading], spoken: list[bool], named: dict[str, str]
) -> list[tuple[Hop, ...]]:
    """The hops of every sentence: its own, else the speaker of the quotation it belongs to, else of a safe pronoun."""
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
        if not hops and spoken[index] and len({hop.name for hop in here}) == 1:
            hops = (replace(min(here, key=lambda hop: hop.span.start if hop.span else 0), speech="direct"),)
        elif not hops and pronoun:
            is_close = index > 0 and found[index - 1].paragraph == each.paragraph
            name = _topic(index, result) if pronoun in ("he", "she") else ""
            if pronoun == "it" and is_close:
                name = _body(readings[index - 1], result[-1])
            if name:
                hops = (Hop(name, "speaker", "said", "direct" if spoken[index] else "indirect"),)
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


def _candidate(text: str, found: _Scored, rank: int, language: str) -> Candidate:
    reading = found.reading
    claimant = found.hops[0].name if found.hops else ""
    worded = wording.stand_alone(reading, claimant=claimant)
    # A sentence that still says "denied" is itself asserted; only what was denied is denied.
    modality: Modality = "asserted" if reading.modality == "denied" and worded.is_framed else reading.modality
    span = Span(found.sentence.start, found.sentence.end, text[found.sentence.start : found.sentence.end])
    return Candidate(
        text=worded.text,
        span=span,
        kind=_kind(reading),
        check_worthiness=found.score,
        contributions=found.addends,
        rank_in_article=rank,
        claimant=claimant,
        modality=modality,
        attribution=found.hops,
        quantities=tuple(reading.quantities),
        time_references=tuple(reading.time_references),
        entities=entities(reading.text, reading.tokens),
        gaps=tuple(_gaps(reading, claimant, worded.is_resolved)),
        language=language,
    )


def _kind(reading: Reading) -> Kind:
    forms = {quantity.form for quantity in reading.quantities}
    if forms & {"change", "multiple"}:
        return "change"
    return "number" if forms - {"ordinal", "superlative"} else "statement"


def _gaps(reading: Reading, claimant: str, is_resolved: bool) -> Iterator[Gap]:
    if not is_resolved:
        yield "unresolved_reference"
    if descriptions.is_bare(claimant):
        yield "claimant_unnamed"
    relative = [quantity for quantity in reading.quantities if quantity.form in ("change", "multiple")]
    if any(quantity.baseline is not None and not quantity.baseline.has_number for quantity in relative):
        yield "baseline_without_number"
    if any(quantity.baseline is None and quantity.value is None for quantity in relative):
        yield "baseline_missing"
    if any(_is_open(reference) for reference in reading.time_references):
        yield "year_open"


def _is_open(reference: TimeReference) -> bool:
    return reference.start_on is None and reference.precision != ""


def _language(text: str) -> str:
    """English if its commonest words are there, "" otherwise: a guess that is only made for the rules' own language."""
    first = text[:2_000].lower().split()
    common = sum(word in ("the", "of", "and", "to", "in", "that", "is", "was", "for", "on") for word in first)
    return "en" if common * 10 >= len(first) and first else ""
