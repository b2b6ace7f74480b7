"""A claim in words that stand alone: without the frame that names its source, with what its pronouns refer to where that is safe."""

from __future__ import annotations

from claims.extraction.attribution import BODY_HEADS, MEDIA, MEDIA_HEADS, PEOPLE, Attribution
from claims.extraction.lexicon import AUXILIARIES, CONJUNCTIONS, PREPOSITIONS, words
from claims.extraction.quantities import DOWN, MULTIPLY, UP
from claims.extraction.reading import Reading
from claims.extraction.tokens import Token

SUBJECT_PRONOUNS = words("he she it they")
FIRST_PERSON = words("i we my our us me i'm i've we're we've i'd we'd i'll we'll")
POINTERS = words("he she it they his her its their him them this that these those such")
OWNERS = {"its": "it", "his": "he", "her": "she"}
PAST_FORMS = {
    "tripling": "tripled", "trebling": "trebled", "doubling": "doubled", "halving": "halved", "quadrupling": "quadrupled",
    "quintupling": "quintupled", "rising": "rose", "falling": "fell", "growing": "grew", "increasing": "increased",
    "decreasing": "decreased", "dropping": "dropped", "declining": "declined", "climbing": "climbed", "jumping": "jumped",
    "surging": "surged", "soaring": "soared", "shrinking": "shrank", "plunging": "plunged", "reaching": "reached",
    "exceeding": "exceeded", "totalling": "totalled",
}  # fmt: skip
MARKS = '"“”«»„'
OPENING_MARKS = ('"', "“", "«", "„")
OPENING_WORDS = words(
    "however meanwhile instead moreover furthermore additionally earlier also still but and yet so then"
)


def stand_alone(reading: Reading, *, claimant: str, topic: str = "") -> tuple[str, bool]:
    """The claim's text, and whether every reference in it is resolved.

    `claimant` is who said it, resolved, or "". `topic` is the person whom "he" or "she" at the start can only mean, or "".
    """
    tokens = reading.tokens
    content = trimmed(tokens, reading.content)
    if not content:
        return reading.text, True
    said = reading.attribution
    if (
        reading.is_quoted
        or tokens[content[0]].word in OPENING_MARKS
        or any(tokens[index].low in FIRST_PERSON for index in content)
    ):
        return quoted(reading, content, claimant)
    replaced: dict[int, str] = {}
    first = content[0]
    resolved = True
    low = tokens[first].low
    if low in SUBJECT_PRONOUNS:
        subject = antecedent(low, said, claimant, topic)
        resolved = bool(subject)
        if subject:
            replaced[first] = subject
    elif low in ("its", "his", "her") and (owner := antecedent(OWNERS[low], said, claimant, topic)):
        replaced[first] = possessive(owner)
    elif low in POINTERS and low != "that" and not is_impersonal(tokens, first):
        resolved = False
    replaced |= absolute(tokens, content)
    return sentence(reading.text, tokens, content, replaced), resolved


def trimmed(tokens: list[Token], content: list[int]) -> list[int]:
    """The content without linking words and commas in front, or marks at its end."""
    content = list(content)
    while content and (
        not (tokens[content[0]].is_word or tokens[content[0]].is_number)
        and tokens[content[0]].word not in '$€£¥₽"“«([~#'
    ):
        content.pop(0)
    if len(content) > 2 and tokens[content[0]].low in OPENING_WORDS and tokens[content[1]].word == ",":
        content = content[2:]
    while content and tokens[content[-1]].word in ",.;:—–-":
        content.pop()
    return content


def antecedent(pronoun: str, said: Attribution, claimant: str, topic: str) -> str:
    """Whom a pronoun at the start of the statement means: the speaker named in the same sentence, else the topic; or ""."""
    if said.hops:
        is_person = said.hops[0].role == "speaker" and len(said.hops) == 1 and looks_like_a_person(said.hops[0].name)
        if pronoun in ("he", "she") and is_person:
            return claimant
        if pronoun == "it" and not is_person and said.hops[0].role == "speaker":
            return said.hops[0].name
        return ""
    return topic if pronoun in ("he", "she") else ""


def looks_like_a_person(name: str) -> bool:
    parts = name.split()
    is_body = any(part.lower() in BODY_HEADS | MEDIA | MEDIA_HEADS | PEOPLE for part in parts)
    return len(parts) >= 2 and not is_body and all(part[:1].isupper() for part in parts)


def is_impersonal(tokens: list[Token], index: int) -> bool:
    """ "This year", "this is": a pointer that needs nothing from elsewhere."""
    after = tokens[index + 1].low if index + 1 < len(tokens) else ""
    return after in (
        "year",
        "month",
        "week",
        "morning",
        "summer",
        "winter",
        "spring",
        "autumn",
        "century",
        "decade",
        "day",
    )


def absolute(tokens: list[Token], content: list[int]) -> dict[int, str]:
    """Replacements for ", with their numbers tripling": the subject of the clause in place of "their", and a finite verb."""
    for place, index in enumerate(content[:-3]):
        if tokens[index].low != "with" or tokens[content[place + 1]].low not in ("their", "its", "his", "her"):
            continue
        owner = subject(tokens, content[:place])
        if not owner:
            continue
        replaced = {content[place + 1]: possessive(owner)}
        verb = next((each for each in content[place + 2 : place + 6] if tokens[each].low in PAST_FORMS), None)
        if verb is not None and place and tokens[content[place - 1]].word == ",":
            replaced |= {index: "and", verb: PAST_FORMS[tokens[verb].low]}
        return replaced
    return {}


def subject(tokens: list[Token], content: list[int]) -> str:
    """The words of the subject at the start of a clause: up to its first auxiliary or verb of change; "" if unclear."""
    found: list[str] = []
    for index in content[:8]:
        token = tokens[index]
        if token.low in AUXILIARIES or token.low in UP or token.low in DOWN or token.low in MULTIPLY:
            return " ".join(found)
        if not token.is_word or token.low in PREPOSITIONS - {"of"} or token.low in CONJUNCTIONS:
            return ""
        found.append(token.word)
    return ""


def possessive(owner: str) -> str:
    return owner + ("’" if owner.endswith("s") else "’s")


def quoted(reading: Reading, content: list[int], claimant: str) -> tuple[str, bool]:
    """Direct speech stays as it was said, behind the name of who said it."""
    tokens = reading.tokens
    first = next((tokens[index].low for index in content if tokens[index].is_word), "")
    lows = {tokens[index].low for index in content}
    said = sentence(reading.text, tokens, content, {})
    is_whole = said[:1] in OPENING_MARKS and not any(mark in said[1:-2] for mark in MARKS)
    if is_whole:
        said = said.strip(MARKS + " .,")
        said = said if said.endswith(("!", "?", "…")) else said + "."
    if not lows & FIRST_PERSON:
        return said, first not in POINTERS
    if not claimant:
        return said, False
    speaker = claimant[:1].upper() + claimant[1:]
    return f"{speaker}: “{said.strip(MARKS)}”" if is_whole or reading.is_quoted else f"{speaker}: {said}", True


def sentence(text: str, tokens: list[Token], content: list[int], replaced: dict[int, str]) -> str:
    """The content with the spaces of the text, a capital at the start and a full stop at the end."""
    pieces: list[str] = []
    previous = -1
    for index in content:
        token = tokens[index]
        if previous >= 0:
            gap = text[tokens[index - 1].end : token.start]
            if index - previous > 1 and token.word in ",.;:" and pieces[-1] in (",", ";"):
                continue
            pieces.append(" " if gap.strip() == "" and (gap or (index - previous > 1 and token.is_word)) else "")
        pieces.append(replaced.get(index, token.word))
        previous = index
    joined = "".join(pieces).replace(" ,", ",").strip()
    joined = joined[:1].upper() + joined[1:]
    return joined if joined.endswith((".", "!", "?", "…")) or joined[-1:] in MARKS else joined + "."
