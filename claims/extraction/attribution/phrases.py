"""Sources that are no name: emergency services, a spokesman for the fire service, people familiar with the matter."""

from __future__ import annotations

from claims.extraction.attribution.cues import SAYING
from claims.extraction.attribution.kinds import (
    BODY_HEADS,
    COUNTS,
    FAMILIAR,
    PEOPLE,
    TITLES,
)
from claims.extraction.attribution.names import Names
from claims.extraction.attribution.naming import LONGEST_NAME, Name
from claims.extraction.lexicon import (
    AUXILIARIES,
    CONJUNCTIONS,
    DETERMINERS,
    FIRST_PERSON,
    OPENERS,
    PAST_VERBS,
    PREPOSITIONS,
    PRONOUNS,
    words,
)
from claims.extraction.tokens import Token

# These say nothing that somebody could be held to.
NO_SPEAKERS = words(
    "nobody everyone everybody someone somebody anyone nothing everything what there few none who which whom"
)


class Phrases(Names):
    """Reads what a source is called where it has no name of its own, or more than one."""

    def role_from(self, index: int) -> Name | None:
        """The source at `index` with what follows its role: a spokesman for the fire service, people familiar with the matter."""
        name = self.name_from(index)
        if name is None or (self.tokens[name.last - 1].is_capitalised and name.last > 1):
            return name
        if self.low(name.last - 1) not in PEOPLE | TITLES:
            return name
        first = name.last
        for cue in FAMILIAR:
            if tuple(self.low(first + step) for step in range(len(cue))) == cue:
                inner = self.phrase_from(first + len(cue))
                return self.make(name.first, inner, self.keep(name), False, True) if inner else name
        if self.low(first) not in ("for", "of", "from", "at", "in"):
            return name
        inner_name = self.name_from(first + 1)
        if inner_name is None or (self.low(first) in ("in", "at") and not self.tokens[first + 1].is_capitalised):
            return name
        if inner_name.is_person or self.is_document(inner_name):
            return name
        return self.make(name.first, inner_name.last, self.keep(name), False, True)

    def phrase_from(self, index: int) -> int:
        """The token behind a plain noun phrase (the matter, their plans), or 0."""
        at = index
        while at < self.count and at - index < 4 and self.tokens[at].is_word:
            if self.low(at) in PREPOSITIONS | AUXILIARIES | CONJUNCTIONS | SAYING:
                break
            at += 1
        return at if at > index and self.low(at - 1) not in DETERMINERS else 0

    def subject_phrase(self, index: int) -> Name | None:
        """The noun phrase that ends at `index` and fills its clause from the start: emergency services, a source close to the talks."""
        at = index
        while at >= 0 and index - at < LONGEST_NAME and not self.quoted[at]:
            token = self.tokens[at]
            if token.low in ("and", "or"):
                return None
            is_compound = self.low(at + 1) == "-" and self.touches(at + 1) and self.touches(at + 2)  # a think-tank
            if token.word in ",;:" or token.low == "that" or (token.low in SAYING | CONJUNCTIONS and not is_compound):
                break
            if token.low in AUXILIARIES | PAST_VERBS | PRONOUNS | FIRST_PERSON or token.low in NO_SPEAKERS:
                return None
            if not (token.is_word or (token.word in ".-–" and at and self.joins(at))):
                return None
            is_close = token.low == "to" and self.low(at - 1) == "close"
            if token.low in PREPOSITIONS - {"of", "for", "in", "at", "from", "without"} and not is_close:
                return None
            at -= 1
        first = at + 1
        tail = self.tokens[index]
        is_open = at >= 0 and index - at >= LONGEST_NAME
        if first > index or is_open or not tail.is_word or tail.low.endswith("ly") or tail.low in DETERMINERS:
            return None
        if self.low(first) in PREPOSITIONS | OPENERS - DETERMINERS - COUNTS and not self.tokens[index].is_capitalised:
            return None
        if any(self.low(step) in PREPOSITIONS for step in range(first, index)):
            is_proper = self.low(first) in DETERMINERS and self.tokens[first + 1].is_capitalised
            return self.make(first, index + 1, first + is_proper, False, True)
        return self.named(first, index + 1)


def subject(text: str, tokens: list[Token], pronoun: str) -> str:
    """Whom a sentence begins with as its subject, if that pronoun can mean them later: a body, a person, people; else ""."""
    reader = Phrases(text, 0, tokens)
    name = reader.role_from(0) if tokens and not reader.quoted[0] else None
    if name is None:
        return ""
    if name.is_person:
        is_fit = pronoun in ("he", "she") and len(name.name.split()) > 1
    elif pronoun == "they":
        is_fit = any(reader.low(at) in PEOPLE and reader.low(at).endswith("s") for at in range(name.first, name.last))
    else:
        is_fit = pronoun == "it" and reader.low(name.last - 1) in BODY_HEADS
    follows = reader.low(name.last)
    return name.name if is_fit and follows and follows not in PREPOSITIONS | CONJUNCTIONS | words("' ’ -") else ""
