"""Everything the rules find in one sentence, read once and shared by score, structure and wording of the claim."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from claims.extraction import attribution, dates, modalities, quantities
from claims.extraction.base import Modality, Quantity, TimeReference
from claims.extraction.tokens import Token, read


@dataclass(frozen=True, slots=True)
class Reading:
    """One sentence. `content` are the indices of the tokens that are asserted, outside the frames that name the source."""

    text: str
    tokens: list[Token]
    quantities: list[Quantity]
    time_references: list[TimeReference]
    attribution: attribution.Attribution
    modality: Modality
    content: list[int]
    is_question: bool
    is_quoted: bool
    offset: int = 0


def read_sentence(
    text: str,
    *,
    offset: int = 0,
    published_on: date | None = None,
    outlet: str = "",
    is_quoted: bool = False,
    language: str = "",
) -> Reading:
    """Read a sentence that starts at `offset` of its article. `is_quoted`: a quotation runs through it. `language` is a BCP 47 tag."""
    tokens = read(text)
    said = attribution.find(text, offset=offset, tokens=tokens, outlet=outlet, is_quoted=is_quoted)
    framed = {index for first, last in said.frames for index in range(first, last)}
    content = [index for index in range(len(tokens)) if index not in framed]
    modality = modalities.find(tokens, content, is_denied=said.is_denied)
    times = dates.find(text, offset=offset, tokens=tokens, published_on=published_on)
    if modality == "forecast" and published_on is not None:
        # Reported in the past, about the future: only the days outside the frame lie ahead.
        ahead = dates.find(text, offset=offset, tokens=tokens, published_on=published_on, is_future=True)
        framed_starts = {tokens[index].start + offset for index in framed}
        times = [
            past if past.span.start in framed_starts else future for past, future in zip(times, ahead, strict=True)
        ]
    taken = [(reference.span.start - offset, reference.span.end - offset) for reference in times]
    found = quantities.find(text, offset=offset, tokens=tokens, taken=taken, language=language)
    is_question = text.rstrip("\"”»’')] ").endswith(("?", "？", "؟"))
    return Reading(text, tokens, found, times, said, modality, content, is_question, is_quoted, offset)
