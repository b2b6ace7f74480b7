"""Everything the rules find in one sentence, read once and shared by score, structure and wording of the claim."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from claims.extraction import attribution, dates, quantities
from claims.extraction.base import Modality, Quantity, TimeReference
from claims.extraction.lexicon import DETERMINERS, PAST_VERBS, words
from claims.extraction.tokens import Token, read

WILL_BE = words("will would might may could shall won't wouldn't couldn't 'll")
FORESEEN = words(
    "expected projected forecast forecasts predicted predicts predict projects anticipated poised likely unlikely"
)
PLANNED = words("plans planned intends set due")
# "May have fallen" and "would have cost" look back.
MIGHT = words("would might may could wouldn't couldn't")
PARTICIPLES = PAST_VERBS | words(
    "been gone done seen cost hurt put shut let thought sought felt meant met led fled become begun"
)
BE = words("is are was were be been")


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


def read_sentence(
    text: str, *, offset: int = 0, published_on: date | None = None, outlet: str = "", is_quoted: bool = False
) -> Reading:
    """Read a sentence that starts at `offset` of its article. `is_quoted`: a quotation runs through it."""
    tokens = read(text)
    said = attribution.find(text, offset=offset, tokens=tokens, outlet=outlet, is_quoted=is_quoted)
    framed = {index for first, last in said.frames for index in range(first, last)}
    content = [index for index in range(len(tokens)) if index not in framed]
    modality = _modality(tokens, content, said)
    times = dates.find(text, offset=offset, tokens=tokens, published_on=published_on)
    if modality == "forecast" and published_on is not None:
        # Reported in the past, about the future: only the days outside the frame lie ahead.
        ahead = dates.find(text, offset=offset, tokens=tokens, published_on=published_on, is_future=True)
        framed_starts = {tokens[index].start + offset for index in framed}
        times = [
            past if past.span.start in framed_starts else future for past, future in zip(times, ahead, strict=True)
        ]
    taken = [(reference.span.start - offset, reference.span.end - offset) for reference in times]
    found = quantities.find(text, offset=offset, tokens=tokens, taken=taken)
    is_question = text.rstrip("\"”»’')] ").endswith(("?", "？", "؟"))
    return Reading(text, tokens, found, times, said, modality, content, is_question, is_quoted)


def _modality(tokens: list[Token], content: list[int], said: attribution.Attribution) -> Modality:
    if said.is_denied:
        return "denied"
    lows = [tokens[index].low for index in content]
    if "if" in lows or "unless" in lows:
        behind = set(lows)
        if behind & WILL_BE or behind & {"can", "should"}:
            return "conditional"
    for index, low in zip(content, lows, strict=True):
        if low in WILL_BE and not (low == "may" and tokens[index].is_capitalised and index > 0):
            if low in MIGHT and _is_past(tokens, index):
                continue
            return "forecast"
        if low in FORESEEN and _is_followed_by_to(tokens, index):
            return "forecast"
        if low in PLANNED and _is_followed_by_to(tokens, index) and (low != "due" or _is_planned(tokens, index)):
            return "forecast"
    return "asserted"


def _is_past(tokens: list[Token], index: int) -> bool:
    at = index + 1
    while at < len(tokens) and (tokens[at].low == "not" or tokens[at].low.endswith("ly")):
        at += 1
    if at + 1 >= len(tokens) or tokens[at].low != "have":
        return False
    return tokens[at + 1].low in PARTICIPLES or tokens[at + 1].low.endswith(("ed", "en", "wn"))


def _is_planned(tokens: list[Token], index: int) -> bool:
    """Whether "due to" tells a plan (due to open) and not a reason (due to the drought)."""
    if index == 0 or index + 2 >= len(tokens) or tokens[index - 1].low not in BE:
        return False
    behind = tokens[index + 2]
    return behind.is_word and not (
        behind.low in DETERMINERS or behind.is_capitalised or behind.low.endswith(("s", "ing"))
    )


def _is_followed_by_to(tokens: list[Token], index: int) -> bool:
    return index + 1 < len(tokens) and tokens[index + 1].low in ("to", "that")
