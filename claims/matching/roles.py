"""What the same words in the same order still differ in: who does it to whom, from where, since when, and what is denied. English."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from claims.extraction.lexicon import FIRST_PERSON, PAST_VERBS, words
from claims.extraction.modalities import PARTICIPLES
from claims.extraction.tokens import Token
from claims.extraction.wording import is_impersonal, is_weather
from claims.matching.wording import NEGATIONS, SAYS_NOTHING, stem

BE = words("is are was were be been being get gets got getting isn't aren't wasn't weren't")
# Between these and a participle, and of no account.
ADVERBS = words("not also still all both now then just already never since reportedly")
PARTICIPLE_ENDINGS = ("ed", "en", "wn", "ght")
# A museum opened, and a museum was opened: nobody else did it to it.
BY_ITSELF = frozenset(
    map(stem, words("open close shut start begin end stop change move break sink burn rise fall double triple halve"))
)
# Who died was killed, whatever the form of the verb.
DYING = words("die dies died dying dead death deaths")
# Where a thing comes from, who did it, from when on: with another word in front of it, or none, the statement is another.
RELATIONS = words("from by since")
PERSONS = {
    low: person
    for person in (
        "he him his himself",
        "she her hers herself",
        "we us our ours",
        "they them their theirs",
        "i me my mine",
        "you your",
    )
    for low in person.split()
}
POSSIBLE = {
    "may": "may",
    "might": "may",
    "could": "may",
    "couldn't": "can",
    "can": "can",
    "cannot": "can",
    "can't": "can",
}
POINTERS = words("he she it they his her its their this these those such")
POINTED_AT = words("who which that of with in from whose where")


def passives(tokens: Sequence[Token]) -> dict[str, bool]:
    """The stems of verbs that things may do and be done to, and whether it is done to the subject."""
    found: dict[str, bool] = {}
    for index, token in enumerate(tokens):
        if not token.is_word or (key := stem(token.low)) in BY_ITSELF:
            continue
        is_participle = token.low.endswith(PARTICIPLE_ENDINGS) or token.low in PARTICIPLES | PAST_VERBS
        before = index - 1
        while before >= 0 and (tokens[before].low in ADVERBS or tokens[before].low.endswith("ly")):
            before -= 1
        is_passive = is_participle and before >= 0 and tokens[before].low in BE
        found[key] = found.get(key, False) or is_passive or token.low in DYING
    return found


def relations(tokens: Sequence[Token], inside: Callable[[Token], str | None]) -> tuple[str, ...]:
    """ "from china", "since 2021-01-01": `inside` gives what a token is part of, "" for a number, None for a word by itself."""
    found: dict[str, None] = {}
    for index, token in enumerate(tokens):
        if token.low not in RELATIONS or inside(token) is not None:
            continue
        governed = next((each for each in tokens[index + 1 :] if each.low not in SAYS_NOTHING), None)
        if governed is None:
            continue
        part = inside(governed)
        if part != "" and (part or governed.is_word):
            found[f"{token.low} {part or stem(governed.low)}"] = None
    return tuple(found)


def denials(tokens: Sequence[Token]) -> tuple[str, ...]:
    """What each negation denies: the first word behind it that says something, "" where there is none."""
    found = []
    for index, token in enumerate(tokens):
        if token.low in NEGATIONS or token.low.endswith("n't"):
            behind = (each.low for each in tokens[index + 1 :] if each.is_word and each.low not in SAYS_NOTHING)
            found.append(stem(next(behind, "")))
    return tuple(sorted(found))


def persons(tokens: Sequence[Token]) -> frozenset[str]:
    """Whom pronouns speak of, each by its first form."""
    found = {PERSONS[token.low] for token in tokens if token.low in PERSONS and token.word != "US"}
    return frozenset(person.partition(" ")[0] for person in found)


def possible(tokens: Sequence[Token]) -> frozenset[str]:
    """Words for what may be or would have been; not the month of May, nor what would happen later."""
    found = set()
    for index, token in enumerate(tokens):
        if token.low in POSSIBLE and not (token.low == "may" and token.is_capitalised):
            found.add(POSSIBLE[token.low])
        if token.low == "would" and index + 1 < len(tokens) and tokens[index + 1].low == "have":
            found.add("would have")
    return frozenset(found)


def unknown(tokens: Sequence[Token], *, is_said: bool) -> str:
    """The word that stands for somebody whom the text does not name, or "": what two texts say of "them" is of two things.

    `is_said`: somebody is named who says it, and may mean themselves.
    """
    if is_said:
        return ""
    spoken = [token for token in tokens if token.is_word]
    if not spoken:
        return ""
    first, second = spoken[0].low, spoken[1].low if len(spoken) > 1 else ""
    opening = list(tokens[tokens.index(spoken[0]) :])
    is_pointer = first in POINTERS and not (first in ("this", "these", "those", "such") and second in POINTED_AT)
    if is_pointer and not is_impersonal(opening, 0) and not (first == "it" and is_weather(opening, 0)):
        return first
    return next((token.low for token in spoken if token.low in FIRST_PERSON and token.word != "US"), "")
