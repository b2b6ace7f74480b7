"""Sentences that state two things: exports rose by 4 per cent and imports fell to 3 million.

Cut only where each half certainly stands alone: its own subject, its own verb and its own number, nothing denied or conditional,
nothing quoted, and no word that points into the other half. A claim too few is better than a mutilated one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from claims.extraction.attribution.cues import SAYING
from claims.extraction.base import TimeReference
from claims.extraction.lexicon import (
    AUXILIARIES,
    CONJUNCTIONS,
    DETERMINERS,
    FIRST_PERSON,
    PREPOSITIONS,
    PRONOUNS,
    words,
)
from claims.extraction.quantities.changes import DOWN, MULTIPLY, UP
from claims.extraction.quantities.numerals import TENS, UNITS
from claims.extraction.reading import Reading, read_sentence
from claims.extraction.tokens import Token

JOINING = words("and but while whereas")
# With these the sentence hangs together in a way that a cut would break.
BINDING = words(
    "if unless because so although though when until who whom whose which where that both either neither as"
)
# A subject with these needs the other half to say what it is.
POINTING = words(
    "other others another rest remaining more latter former same such this these those each them some all none half"
)
IRREGULAR = words(
    "rose grew fell shrank sank slid leapt won lost took became began came went made gave paid spent sold bought built ran died saw "
    "fled wrote drew broke drove flew froze quit hit"
)
FINITE = (
    (AUXILIARIES - words("be been being am having"))
    | IRREGULAR
    | {verb for verb in UP | DOWN | MULTIPLY.keys() if verb.endswith("ed")}
)
LONGEST_SUBJECT = 6
LONGEST_SETTING = 8
FORMS = ("number", "range", "ratio", "multiple", "percentage", "percentage_points", "money", "vague", "change")


@dataclass(frozen=True, slots=True)
class Half:
    """Half of a sentence, read on its own; `setting` are words of the first half ("In May,") that hold for the second too."""

    reading: Reading
    setting: str = ""
    setting_times: tuple[TimeReference, ...] = ()


def halves(reading: Reading, *, published_on: date | None = None, outlet: str = "") -> tuple[Half, ...]:
    """The two halves of a sentence that states two things; none where it states one or cannot safely be cut."""
    cut = joint(reading)
    if cut is None:
        return ()
    tokens, text, offset = reading.tokens, reading.text, reading.offset
    end = tokens[cut - 2 if tokens[cut - 1].word == "," else cut - 1].end
    start = tokens[cut + 1].start

    def read(first: int, last: int) -> Reading:
        return read_sentence(text[first:last], offset=offset + first, published_on=published_on, outlet=outlet)

    left, right = read(0, end), read(start, len(text))
    first = reading.content[0]
    behind = _behind_setting(reading, first)
    if behind == first:
        return Half(left), Half(right)
    opening, closing = tokens[first].start, tokens[behind - 1].end
    times = [each for each in left.time_references if opening <= each.span.start - offset < closing]
    return Half(left), Half(right, text[opening:closing], tuple(times))


def joint(reading: Reading) -> int | None:
    """The token that joins the halves: the only one behind which a clause begins, with a clause and a number on either side."""
    tokens = reading.tokens
    is_bound = reading.modality in ("denied", "conditional") or reading.is_question
    if is_bound or not reading.content or any(token.word in '"“”«»„' for token in tokens):
        return None
    counted = _counted(reading)
    joints = [
        index for index in reading.content
        if 3 <= index < len(tokens) - 3 and tokens[index].low in JOINING and _has_clause(reading, counted, index + 1, len(tokens))
    ]  # fmt: skip
    if len(joints) != 1 or _is_bound(reading, counted):
        return None
    cut, first = joints[0], reading.content[0]
    start = _behind_setting(reading, first)
    # Commas inside it make more of the first half than one clause.
    is_simple = all(tokens[index].word not in ",;:" for index in range(start, cut - 1) if index in reading.content)
    if not is_simple or not _has_clause(reading, counted, start, cut):
        return None
    last = tokens[cut - 2] if tokens[cut - 1].word == "," else tokens[cut - 1]
    if _is_elliptic(reading, last.end) or _is_elliptic(reading, _end(tokens)):
        return None
    has_numbers = _has_number(reading, 0, tokens[cut].start) and _has_number(
        reading, tokens[cut].end, len(reading.text)
    )
    return cut if has_numbers else None


def _is_bound(reading: Reading, counted: set[int]) -> bool:
    """Whether a word ties clauses together, other than inside a number: more than, as many as."""
    return any(reading.tokens[index].low in BINDING and index not in counted for index in reading.content)


def _counted(reading: Reading) -> set[int]:
    """The tokens of its numbers."""
    found = set()
    spans = iter(
        sorted((each.span.start - reading.offset, each.span.end - reading.offset) for each in reading.quantities)
    )
    start, end = next(spans, (0, 0))
    for index, token in enumerate(reading.tokens):
        while end <= token.start and (following := next(spans, None)) is not None:
            start, end = following
        if start <= token.start < end:
            found.add(index)
    return found


def _has_clause(reading: Reading, counted: set[int], first: int, last: int) -> bool:
    """Whether a clause begins at `first`: a subject that says what it is, and a finite verb."""
    tokens = reading.tokens
    for index in range(first, min(last, first + LONGEST_SUBJECT + 1)):
        token = tokens[index]
        if index in counted and token.low not in FINITE:
            continue
        if token.low in FINITE and index > first:
            nouns = [tokens[at] for at in range(first, index) if tokens[at].is_word and at not in counted]
            nouns = [each for each in nouns if each.low not in DETERMINERS | UNITS.keys() | TENS.keys()]
            return (
                bool(nouns)
                and not tokens[index - 1].is_number
                and not POINTING & {tokens[at].low for at in range(first, index) if at not in counted}
            )
        if not (token.is_word or token.is_number or token.word in "-.'’"):
            return False
        if token.low in PRONOUNS | FIRST_PERSON | CONJUNCTIONS | SAYING | (PREPOSITIONS - {"of", "in", "for", "from"}):
            return False
        if index == first and token.low in PREPOSITIONS | words("its their his her our"):
            return False
    return False


def _is_elliptic(reading: Reading, end: int) -> bool:
    """Whether a bare number stands at the end of a half: the other says what it counts (lost 12 and ... lost 40 soldiers)."""
    return any(
        each.form in ("number", "range", "vague") and not each.unit and each.span.end - reading.offset == end
        for each in reading.quantities
    )


def _end(tokens: list[Token]) -> int:
    return next((token.end for token in reversed(tokens) if token.is_word or token.is_number), 0)


def _behind_setting(reading: Reading, first: int) -> int:
    tokens = reading.tokens
    start = tokens[first].start + reading.offset
    for time in reading.time_references:
        if time.span.start == start:  # Last year exports rose
            behind = sum(token.start + reading.offset < time.span.end for token in tokens)
            return behind + (behind < len(tokens) and tokens[behind].word == ",")
    if tokens[first].low not in PREPOSITIONS:
        return first
    # In May, ...: the words that open the sentence and tell when or where.
    for index in range(first, min(len(tokens), first + LONGEST_SETTING)):
        if tokens[index].word == ",":
            return index + 1
    return first


def _has_number(reading: Reading, start: int, end: int) -> bool:
    offset = reading.offset
    return any(
        quantity.form in FORMS and start <= quantity.span.start - offset and quantity.span.end - offset <= end
        for quantity in reading.quantities
    )
