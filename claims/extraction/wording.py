"""A claim in words that stand alone: without the frame that names its source, with what its pronouns refer to where that is safe.

Nothing is rewritten but this: a pronoun or possessive becomes the name it stands for, "with their numbers tripling" becomes
a clause of its own, a statement that lost its frame gets a capital and a full stop, and lone quotation marks get their partner.
"""

from __future__ import annotations

from typing import NamedTuple

from claims.extraction import framing
from claims.extraction.attribution import Attribution
from claims.extraction.attribution.kinds import BODY_HEADS, MEDIA, MEDIA_HEADS, PEOPLE
from claims.extraction.base import Modality
from claims.extraction.framing import MARKS, missing_marks
from claims.extraction.lexicon import AUXILIARIES, CONJUNCTIONS, DETERMINERS, FIRST_PERSON, PREPOSITIONS, words
from claims.extraction.propositions import Half
from claims.extraction.quantities.changes import DOWN, MULTIPLY, UP
from claims.extraction.reading import Reading
from claims.extraction.tokens import Token

SUBJECT_PRONOUNS = words("he she it they")
POINTERS = words("he she it they his her its their him them this that these those such")
OWNERS = {"its": "it", "his": "he", "her": "she", "their": "they"}
# In front of "its" these only say how many of them: half of its shops, any of its soldiers.
PARTS = words(
    "any all most many some none half part each few several both of the a third quarter nearly about more than almost"
)
PAST_FORMS = {
    "tripling": "tripled", "trebling": "trebled", "doubling": "doubled", "halving": "halved", "quadrupling": "quadrupled",
    "quintupling": "quintupled", "rising": "rose", "falling": "fell", "growing": "grew", "increasing": "increased",
    "decreasing": "decreased", "dropping": "dropped", "declining": "declined", "climbing": "climbed", "jumping": "jumped",
    "surging": "surged", "soaring": "soared", "shrinking": "shrank", "plunging": "plunged", "reaching": "reached",
    "exceeding": "exceeded", "totalling": "totalled",
}  # fmt: skip
PERIODS = words("year month week morning summer winter spring autumn century decade day")
# "It is ...": with these behind it the body that spoke is meant, with others the weather or the time may be.
STATES = words(
    "about going able unable ready preparing considering investigating committed aware responsible planning working"
)
IMPERSONAL = words(
    "seems appears takes took remains became becomes turned happened rained snowed looks looked seemed appeared"
)
BE = words("is was isn't wasn't it's be")
ENDINGS = (".", "!", "?", "…")


class Wording(NamedTuple):
    """`is_resolved` says whether every reference is; `is_framed` whether words that name the source still stand in `text`."""

    text: str
    is_resolved: bool
    is_framed: bool


def stand_alone(reading: Reading, *, claimant: str) -> Wording:
    """The claim's text. `claimant` is who said it, resolved, or ""."""
    spoken = framing.quotation(reading)
    if spoken is not None:
        return as_said(reading, spoken, claimant)
    content = framing.clause(reading)
    if content is None:
        return as_it_stands(reading, claimant)
    tokens, said = reading.tokens, reading.attribution
    replaced: dict[int, str] = {}
    resolved = True
    first = content[0]
    low = said_of(tokens[first])
    if low in SUBJECT_PRONOUNS | OWNERS.keys():
        owner = antecedent(tokens, first, said, claimant)
        if owner:
            replaced[first] = owner if low in SUBJECT_PRONOUNS else possessive(owner)
        elif not is_impersonal(tokens, first):
            resolved = False
    elif low in POINTERS and low != "that" and not is_impersonal(tokens, first):
        resolved = False
    if not resolved and not said.is_denied:
        whole = as_it_stands(reading, claimant)
        is_named = low in ("he", "she", "they", "his", "her") and bool(said.hops)
        return whole._replace(is_resolved=whole.is_resolved and is_named)
    replaced |= absolute(tokens, content) | owned(reading, content, claimant)
    return Wording(finished(written(reading, content, replaced)), resolved, is_framed=False)


def half(part: Half, *, claimant: str) -> Wording:
    """The words of half a sentence, as a sentence; behind the words of the other half that tell when."""
    worded = stand_alone(part.reading, claimant=claimant)
    if not part.setting:
        return worded._replace(text=finished(worded.text))
    first = part.reading.tokens[0]
    is_plain = first.low in DETERMINERS and len(first.word) > 1
    text = worded.text[0].lower() + worded.text[1:] if is_plain or not first.is_capitalised else worded.text
    return worded._replace(text=finished(f"{part.setting} {text}"))


def modality(reading: Reading, worded: Wording) -> Modality:
    """The claim's: a sentence that still says "denied" is itself asserted; only what was denied is denied."""
    return "asserted" if reading.modality == "denied" and worded.is_framed else reading.modality


def as_it_stands(reading: Reading, claimant: str) -> Wording:
    """The whole sentence: only an absolute construction becomes a clause, and lone quotation marks get their partner."""
    tokens = reading.tokens
    content = list(range(len(tokens)))
    text = " ".join(written(reading, content, absolute(tokens, content)).split())
    front, back = missing_marks(text)
    first = next((index for index, token in enumerate(tokens) if token.is_word), None)
    is_pointer = first is not None and said_of(tokens[first]) in POINTERS and not is_impersonal(tokens, first)
    speaks = not claimant and any(said_of(token) in FIRST_PERSON for token in tokens)
    return Wording(front + text + back, not is_pointer and not speaks, is_framed=bool(reading.attribution.frames))


def as_said(reading: Reading, content: list[int], claimant: str) -> Wording:
    """Direct speech as it was said; behind the name of who said it where it says "I" or "our"."""
    tokens = reading.tokens
    said = " ".join(written(reading, content, {}).split())
    front, back = missing_marks(said)
    said = finished(front + said + back)
    first = next((index for index in content if tokens[index].is_word), content[0])
    is_resolved = said_of(tokens[first]) not in POINTERS or is_impersonal(tokens, first)
    if not any(said_of(tokens[index]) in FIRST_PERSON for index in content):
        return Wording(said, is_resolved, is_framed=False)
    if not claimant:
        return as_it_stands(reading, claimant) if reading.attribution.frames else Wording(said, False, is_framed=False)
    return Wording(f"{claimant[:1].upper()}{claimant[1:]}: “{said}”", is_resolved, is_framed=False)


def said_of(token: Token) -> str:
    """The word in lower case; "" of the US and of IT, which only look like pronouns."""
    return "" if len(token.word) > 1 and token.word.isupper() else token.low


def antecedent(tokens: list[Token], index: int, said: Attribution, claimant: str) -> str:
    """Whom the pronoun that opens the statement means: the only speaker of the sentence; "" if that is not certain."""
    low = OWNERS.get(tokens[index].low, tokens[index].low)
    speakers = [hop for hop in said.hops if hop.role != "reporter"]
    if not claimant or len(speakers) > 1 or (speakers and speakers[0].role != "speaker"):
        return ""
    if low in ("he", "she"):
        is_same = not said.hops and said.pronoun == low
        return claimant if (is_same or speakers) and looks_like_a_person(claimant) else ""
    if low == "they":
        return claimant if is_many(claimant) and (speakers or said.pronoun == "they") else ""
    if low != "it" or looks_like_a_person(claimant) or not (speakers or said.pronoun == "it"):
        return ""
    if low == tokens[index].low and is_weather(tokens, index):
        return ""
    return claimant


def owned(reading: Reading, content: list[int], claimant: str) -> dict[int, str]:
    """The owner in place of an "its" or "their" that stands behind nothing but a number: half of its shops, 12 of its soldiers."""
    tokens = reading.tokens
    for index in content[1:6]:
        if tokens[index].low in ("its", "their"):
            owner = antecedent(tokens, index, reading.attribution, claimant)
            return {index: possessive(lowered(owner))} if owner else {}
        if not (tokens[index].low in PARTS or tokens[index].is_number):
            return {}
    return {}


def lowered(owner: str) -> str:
    first, _, rest = owner.partition(" ")
    return f"{first.lower()} {rest}" if first in ("The", "A", "An") else owner


def is_weather(tokens: list[Token], index: int) -> bool:
    """Whether the "it" at `index` may stand for nothing: it is time, it seems, it would be wrong."""
    after = [token.low for token in tokens[index + 1 : index + 4]] + ["", "", ""]
    if after[0] in BE:
        return (after[2] if after[1] == "not" else after[1]) not in STATES
    return after[0] in IMPERSONAL or after[1] == "be"


def looks_like_a_person(name: str) -> bool:
    parts = name.split()
    is_body = any(part.lower() in BODY_HEADS | MEDIA | MEDIA_HEADS | PEOPLE for part in parts)
    return len(parts) >= 2 and not is_body and all(part[:1].isupper() for part in parts)


def is_many(name: str) -> bool:
    """Whether "they" can mean the name: farmers, police, two former employees."""
    head = name.lower().split()[-1]
    return head == "police" or (head in PEOPLE and head.endswith("s"))


def is_impersonal(tokens: list[Token], index: int) -> bool:
    """ "This year", "it is possible that": a pointer that needs nothing from elsewhere."""
    low = [token.low for token in tokens[index : index + 5]] + [""] * 5
    if low[0] == "it":
        at = 2 if low[1] in BE else 3 if low[2] == "be" else 0
        at += bool(at) and low[at] == "not"
        return bool(at) and low[at + 1] in ("that", "to", "for")
    return low[1] in PERIODS


def absolute(tokens: list[Token], content: list[int]) -> dict[int, str]:
    """Replacements for ", with their numbers tripling": the subject of the clause in place of "their", and a finite verb."""
    for place, index in enumerate(content[:-3]):
        if tokens[index].low != "with" or tokens[content[place + 1]].low not in ("their", "its"):
            continue
        if not place or tokens[content[place - 1]].word != ",":
            continue
        verb = next((each for each in content[place + 2 : place + 6] if tokens[each].low in PAST_FORMS), None)
        owner = subject(tokens, content[:place])
        if verb is None or not owner:
            continue
        return {index: "and", content[place + 1]: possessive(owner), verb: PAST_FORMS[tokens[verb].low]}
    return {}


def subject(tokens: list[Token], content: list[int]) -> str:
    """The words of the subject at the start of a clause: up to its first auxiliary or verb of change; "" if unclear."""
    found: list[str] = []
    for index in content[:8]:
        token = tokens[index]
        if token.low in AUXILIARIES or token.low in UP or token.low in DOWN or token.low in MULTIPLY:
            break
        if not token.is_word or token.low in (PREPOSITIONS - {"of"}) | CONJUNCTIONS | POINTERS | FIRST_PERSON:
            return ""
        found.append(token.low if not found and token.low in ("the", "a", "an") else token.word)
    else:
        return ""
    return " ".join(found)


def possessive(owner: str) -> str:
    return owner + ("’" if owner.endswith("s") else "’s")


def written(reading: Reading, content: list[int], replaced: dict[int, str]) -> str:
    """The words of the tokens with the spaces of the text; where a frame stood between two of them, a comma."""
    tokens, text = reading.tokens, reading.text
    pieces: list[str] = []
    previous = -1
    for index in content:
        if previous >= 0:
            if index == previous + 1:
                pieces.append(text[tokens[previous].end : tokens[index].start])
            elif tokens[index].word != ",":
                pieces.append(" " if pieces[-1] == "," else ", ")
        pieces.append(replaced.get(index, tokens[index].word))
        previous = index
    return " ".join("".join(pieces).split())


def finished(text: str) -> str:
    """With a capital at the start and a full stop at the end, where there is no other mark."""
    if text[:1].islower():
        text = text[:1].upper() + text[1:]
    return text if text.rstrip(MARKS + "’)")[-1:] in ENDINGS else text + "."
