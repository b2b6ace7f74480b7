"""The extractor of this project: sentences, rules and a small encoder. No network, no large model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from claims.extraction import descriptions, languages, propositions, speakers, wording
from claims.extraction.base import Candidate, Contribution, Document, Gap, Hop, Kind, Span, TimeReference
from claims.extraction.checkworthiness import Judgement, probability, shipped
from claims.extraction.entities import entities
from claims.extraction.reading import Reading, read_sentence
from claims.text import Sentence, as_read, quotations, sentences

# A sentence becomes a candidate from this score on. On the five Wikinews development articles that keeps 0.90 of the
# sentences labelled check-worthy (precision 0.55): a reviewer who reads from the top should not miss one.
THRESHOLD = 0.2
# And no more than this many an article: a reviewer reads the first few.
MOST_CANDIDATES = 40
# Fewer words than this state nothing that stands alone.
LEAST_WORDS = 4


@dataclass(frozen=True, slots=True)
class _Stated:
    """A sentence of the article that may be a claim."""

    sentence: Sentence
    reading: Reading
    hops: tuple[Hop, ...]


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
    version = "7"

    def extract(self, document: Document) -> list[Candidate]:
        return self.extract_all([document])[0]

    def extract_all(self, documents: Sequence[Document]) -> list[list[Candidate]]:
        """The candidates of each document, as `extract` gives them; the encoder's batches are filled across all of them."""
        known = [replace(each, language=each.language or languages.guess(each.text)) for each in documents]
        stated = [list(_stated(document)) for document in known]
        judged = iter(shipped().judge([each.reading.text for found in stated for each in found]))
        return [
            _ranked(document, [_scored(each, next(judged)) for each in found])
            for document, found in zip(known, stated, strict=True)
        ]


def _stated(document: Document) -> Iterator[_Stated]:
    text = document.text
    published_on = _published_on(document)
    found = sentences(text, document.language.split("-")[0].lower() or "en")
    spoken = speakers.spoken(found, quotations(text))
    readings = [
        read_sentence(
            text[each.start : each.end],
            offset=each.start,
            published_on=published_on,
            outlet=document.outlet,
            is_quoted=is_quoted,
            language=document.language,
        )
        for each, is_quoted in zip(found, spoken, strict=True)
    ]
    sources = speakers.find(found, readings, spoken)
    headline = as_read(document.title).casefold()
    for index, (each, reading) in enumerate(zip(found, readings, strict=True)):
        if not _is_furniture(reading, each, headline):
            yield _Stated(each, reading, sources[index])


def _scored(stated: _Stated, judgement: Judgement) -> _Scored:
    addends = shipped().contributions(stated.reading, judgement)
    return _Scored(stated.sentence, stated.reading, stated.hops, addends, probability(addends))


def _ranked(document: Document, found: list[_Scored]) -> list[Candidate]:
    worthy = [each for each in found if each.score >= THRESHOLD]
    worthy.sort(key=lambda each: (-each.score, each.sentence.start))
    proposed = [candidate for each in worthy[:MOST_CANDIDATES] for candidate in _candidates(document, each)]
    return [replace(each, rank_in_article=rank) for rank, each in enumerate(proposed[:MOST_CANDIDATES], start=1)]


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


def _candidates(document: Document, found: _Scored) -> list[Candidate]:
    """One claim for a sentence; two where it certainly states two things, which share its score and its sources."""
    claimant = speakers.claimant(found.hops, found.reading)
    whole = wording.stand_alone(found.reading, claimant=claimant)
    halves = propositions.halves(found.reading, published_on=_published_on(document), outlet=document.outlet)
    worded = [wording.half(half, claimant=claimant) for half in halves]
    if not worded or any(each.is_framed or not each.is_resolved for each in worded):
        return [_candidate(found, found.reading, whole, claimant, document.language)]
    return [
        _candidate(found, half.reading, words, claimant, document.language, half.setting_times)
        for half, words in zip(halves, worded, strict=True)
    ]


def _candidate(
    found: _Scored,
    reading: Reading,
    worded: wording.Wording,
    claimant: str,
    language: str,
    setting: tuple[TimeReference, ...] = (),
) -> Candidate:
    return Candidate(
        text=worded.text,
        span=Span(reading.offset, reading.offset + len(reading.text), reading.text),
        kind=_kind(reading),
        check_worthiness=found.score,
        contributions=found.addends,
        rank_in_article=0,
        claimant=claimant,
        modality=wording.modality(reading, worded),
        attribution=found.hops,
        quantities=tuple(reading.quantities),
        time_references=(*setting, *reading.time_references),
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
