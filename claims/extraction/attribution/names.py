"""The names of sources: where they begin and end, without titles, and whether they name a person, a body or a medium."""

from __future__ import annotations

from dataclasses import dataclass, replace

from claims.extraction.attribution.cues import SAYING
from claims.extraction.attribution.kinds import (
    ABBREVIATED,
    ACRONYMS,
    ADJECTIVAL,
    BODY_HEADS,
    CONNECTORS,
    COUNTS,
    DOCUMENTS,
    DOMAINS,
    FAMILIAR,
    MEDIA,
    MEDIA_HEADS,
    MONTH_AFTER,
    PEOPLE,
    PLAIN_MEDIA,
    TITLES,
)
from claims.extraction.attribution.quotes import quoted_tokens
from claims.extraction.lexicon import (
    AUXILIARIES,
    CONJUNCTIONS,
    DETERMINERS,
    FIRST_PERSON,
    MONTHS,
    OPENERS,
    PAST_VERBS,
    PREPOSITIONS,
    PRONOUNS,
    WEEKDAYS,
    words,
)
from claims.extraction.tokens import Token, TokenReader

LONGEST_NAME = 9

# These end the name of a country.
STATES = words("states kingdom republic emirates federation union korea africa zealand arabia")

# These say nothing that somebody could be held to.
NO_SPEAKERS = words(
    "nobody everyone everybody someone somebody anyone nothing everything what there few none who which whom"
)


@dataclass(frozen=True, slots=True)
class Name:
    """Tokens `first` up to `last`: what stands in the text; `name` is without titles."""

    first: int
    last: int
    name: str
    start: int
    end: int
    is_person: bool
    is_definite: bool = False


class Names(TokenReader):
    """Reads names forwards from a token and backwards to one."""

    def __init__(self, text: str, offset: int, tokens: list[Token], is_quoted: bool = False):
        super().__init__(text, offset, tokens)
        self.quoted = quoted_tokens(tokens)
        self.is_quoted = is_quoted

    def name_from(self, index: int) -> Name | None:
        """The source that starts at `index`, its article and possessive included; None if nothing there names one."""
        at = index
        if self.low(at) in DETERMINERS or self.low(at) in ("two", "three", "several", "some", "many", "unnamed"):
            at += 1
        if self.is_figure(at) and len(self.tokens[at].word) == 4:
            at += 1  # a 2023 study
        first_name = last = -1
        step = at
        while step < self.count and step - at < LONGEST_NAME and not self.quoted[step]:
            token = self.tokens[step]
            if token.is_capitalised and token.low not in WEEKDAYS and not (token.low in MONTHS and last >= 0):
                first_name = step if first_name < 0 else first_name
                last = step + 1
                if token.low.endswith("'s") and step + 1 < self.count and not self.starts_name(step + 1):
                    follows = self.tokens[step + 1]
                    if not (follows.is_word and follows.low in TITLES | BODY_HEADS | DOCUMENTS):
                        # Wangari's father, not Wangari
                        is_noun = (
                            follows.is_word and follows.low not in PREPOSITIONS | AUXILIARIES | CONJUNCTIONS | SAYING
                        )
                        last = step + 2 if is_noun else last
                        break
            elif self.is_office(step) and last == step:
                step += 1
            elif (
                token.is_word
                and token.low in CONNECTORS
                and last == step
                and step + 1 < self.count
                and self.tokens[step + 1].is_capitalised
                and (token.low != "and" or self.tokens[step + 1].low in BODY_HEADS)
                and (token.low != "the" or self.low(step - 1) in CONNECTORS)
            ):
                pass
            elif token.word in ("-", "–", ".", "&") and last == step and self.joins(step):
                last = step + 1 if token.word == "." else last
            elif token.word in "'’" and step > at and self.touches(step) and self.low(step - 1).endswith("s"):
                pass  # the tenants' union
            elif self.is_adjectival(step):
                pass
            elif self.is_head(step) or (token.is_word and token.low in PLAIN_MEDIA):
                last = step + 1
            elif (
                token.is_word
                and last < 0
                and step - at < 3
                and token.low not in PREPOSITIONS | AUXILIARIES | CONJUNCTIONS
                and token.low not in DETERMINERS
            ):
                pass  # an adjective before the head: "senior officials"
            elif token.is_number and last == step and first_name >= 0 and len(token.word) <= 2:
                last = step + 1
            else:
                break
            step += 1
        if last < 0:
            return None
        if self.low(last - 1) in BODY_HEADS and self.low(last) in ("of", "for") and self.is_plain(last + 1):
            last += 2  # the chamber of commerce
        return self.named(index, last)

    def is_figure(self, index: int) -> bool:
        return 0 <= index < self.count and self.tokens[index].is_number

    def is_plain(self, index: int) -> bool:
        """Whether the word is a lower-case noun that ends its phrase."""
        if index >= self.count or not self.tokens[index].is_word or self.tokens[index].is_capitalised:
            return False
        behind = self.tokens[index + 1] if index + 1 < self.count else None
        is_end = (
            behind is None or not behind.is_word or behind.low in PREPOSITIONS | AUXILIARIES | CONJUNCTIONS | SAYING
        )
        return self.low(index) not in DETERMINERS | PREPOSITIONS | AUXILIARIES and is_end

    def is_head(self, index: int) -> bool:
        """Whether the word at `index` tells what a source is: a title, a body, people, a document."""
        token = self.tokens[index]
        is_known = token.low in TITLES or token.low in BODY_HEADS or token.low in DOCUMENTS or token.low in PEOPLE
        return token.is_word and is_known and (token.low not in ACRONYMS or token.word.isupper())

    def is_adjectival(self, index: int) -> bool:
        """Whether the lower-case word only describes the one behind it: a former partner."""
        token = self.tokens[index]
        if token.low not in ADJECTIVAL or token.is_capitalised or index + 1 >= self.count:
            return False
        behind = self.tokens[index + 1]
        return behind.is_word and not behind.is_capitalised and behind.low not in PREPOSITIONS | AUXILIARIES | SAYING

    def role_from(self, index: int) -> Name | None:
        """The source at `index` with what follows its role: a spokesman for the fire service, people familiar with the matter."""
        name = self.name_from(index)
        if name is None or name.is_person or (self.tokens[name.last - 1].is_capitalised and name.last > 1):
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

    def keep(self, name: Name) -> int:
        """The first token of a name as it is told."""
        return next(at for at in range(name.first, name.last) if self.tokens[at].start >= name.start)

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
            return self.make(first, index + 1, first, False, True)
        return self.named(first, index + 1)

    def is_office(self, index: int) -> bool:
        """Whether "of the" stands here inside an office: Secretary of the Treasury."""
        is_of = (self.low(index), self.low(index + 1)) == ("of", "the")
        return is_of and self.low(index - 1) in TITLES | BODY_HEADS and self.starts_name(index + 2)

    def starts_name(self, index: int) -> bool:
        return index < self.count and self.tokens[index].is_capitalised

    def joins(self, index: int) -> bool:
        """Whether a mark stands inside a name: Son-hui, Mr. Kim, U.N."""
        before, mark = self.tokens[index - 1], self.tokens[index]
        after = self.tokens[index + 1] if index + 1 < self.count else None
        if mark.word == ".":
            short = len(before.word) == 1 or before.low in ABBREVIATED
            if len(before.word) == 1 and before.is_capitalised and before.end == mark.start:
                return True
            return short and before.end == mark.start and (after is None or after.is_capitalised or not after.is_word)
        if after is None:
            return False
        return mark.word == "&" or (before.end == mark.start and mark.end == after.start and after.is_word)

    def name_ending(self, index: int, *, extend: bool = True) -> Name | None:
        """The source whose last token stands at `index`: read backwards to where its name begins.

        `extend`: past a preposition to the head it belongs to (officials in Kyiv).
        """
        if index < 0 or self.quoted[index]:
            return None
        last = index + 1
        token = self.tokens[index]
        if token.word == "." and index and self.joins(index) and self.tokens[index - 1].is_word:
            index -= 1
            token = self.tokens[index]
        if not token.is_word or token.low in WEEKDAYS or (token.low in MONTHS and self.low(index - 1) in MONTH_AFTER):
            return None
        if not token.is_capitalised and (body := self.body_of(index)) is not None:
            return body
        is_head = self.is_head(index) or token.low in PLAIN_MEDIA
        if not token.is_capitalised and not is_head and not self.hyphenated(index):
            return None
        at = index
        while at > 0 and last - at < LONGEST_NAME:
            before = self.tokens[at - 1]
            if self.quoted[at - 1]:
                break
            if before.is_word and (
                before.is_capitalised or before.low in TITLES or before.low in PEOPLE or before.low in BODY_HEADS
            ):
                is_inside = before.is_capitalised and at > 1 and self.tokens[at - 2].is_capitalised
                if before.low in OPENERS and before.low not in DETERMINERS | COUNTS and not is_inside:
                    break
                if before.low in WEEKDAYS:
                    break
                at -= 1
            elif self.connected(at) and before.low in (
                "von",
                "van",
                "der",
                "den",
                "de",
                "la",
                "bin",
                "al",
                "el",
                "di",
                "da",
                "du",
            ):
                at = self.connected(at) - 1
            elif (
                before.is_word
                and before.low in CONNECTORS - {"and", "for"}
                and at > 1
                and self.tokens[at - 2].is_capitalised
                and not self.quoted[at - 2]
            ):
                at -= 2 if before.low != "the" else 1
            elif before.is_word and before.low in DETERMINERS:
                at -= 1
                break
            elif before.word in ("-", ".", "&", "–") and at > 1 and self.joins(at - 1) and self.tokens[at - 2].is_word:
                at -= 2
            elif (
                before.is_word
                and is_head
                and self.tokens[at].low not in DETERMINERS
                and before.low not in PREPOSITIONS | AUXILIARIES | CONJUNCTIONS | SAYING
                and last - at < 4
            ):
                at -= 1
            else:
                break
        if self.low(at) in OPENERS - DETERMINERS and self.low(at) not in COUNTS:
            at += 1
        if at >= last:
            return None
        if extend and at > 1 and self.low(at - 1) in ("of", "for", "in", "at", "from", "with"):
            head = self.tokens[at - 2]
            is_role = head.low in TITLES or head.low in PEOPLE or head.low in BODY_HEADS or head.low in DOCUMENTS
            if is_role or head.is_capitalised or self.hyphenated(at - 2):
                outer = self.name_ending(at - 2, extend=False)
                if outer is not None and is_role and (person := self.person_behind(at, last)) is not None:
                    return replace(person, first=outer.first)
                if outer is not None and (is_role or outer.is_person):
                    if outer.is_person and not is_role:
                        return Name(outer.first, last, outer.name, outer.start, outer.end, True)
                    return self.make(outer.first, last, outer.first, False, True)
        if extend and at > 0 and self.low(at - 1) in PREPOSITIONS and not self.quoted[at - 1]:
            return None  # what a preposition governs is no subject: opposition to X reveals
        if (
            extend
            and at > 1
            and last - at == 1
            and self.low(at - 1) in ("and", "or", "&")
            and self.tokens[at - 2].is_capitalised
        ):
            return None  # the end of a longer name: the Conference on Child Health and Protection
        return self.named(at, last)

    def body_of(self, index: int) -> Name | None:
        """The ministry of agriculture, with its last word at `index`."""
        of = index - 1
        if self.low(of) not in ("of", "for") or self.low(of - 1) not in BODY_HEADS | TITLES | PEOPLE:
            return None
        if self.low(index) in OPENERS | AUXILIARIES | DETERMINERS or self.low(index).endswith("ed"):
            return None
        head = self.name_ending(of - 1, extend=False)
        return self.make(head.first, index + 1, head.first, False, True) if head is not None else None

    def connected(self, index: int) -> int:
        """The token behind the capital that small connecting words join to the name at `index`; 0 if none does."""
        at = index - 1
        while at > 0 and index - at < 4 and self.low(at) in CONNECTORS:
            at -= 1
        return at + 1 if at < index - 1 and at >= 0 and self.tokens[at].is_capitalised and not self.quoted[at] else 0

    def hyphenated(self, index: int) -> bool:
        return (
            index > 1
            and self.tokens[index - 1].word == "-"
            and self.tokens[index - 2].is_capitalised
            and self.tokens[index - 1].end == self.tokens[index].start
        )

    def named(self, first: int, last: int) -> Name | None:
        while (
            last > first
            and self.tokens[last - 1].word in (",", ".")
            and not (last - 2 >= first and self.joins(last - 1))
        ):
            last -= 1
        tokens = self.tokens[first:last]
        if not tokens:
            return None
        is_definite = tokens[0].low in DETERMINERS
        start = first
        if is_definite:
            start += 1
        # The refugee agency UNHCR: what kind of body it is stands in front of its name.
        kinds = next((index for index in range(start, last) if self.tokens[index].is_capitalised), last)
        is_kind = start < kinds < last and all(self.low(index) in BODY_HEADS for index in range(start, kinds))
        if is_kind and all(token.is_capitalised for token in self.tokens[kinds:last]):
            return self.make(first, last, kinds, False, is_definite)
        # A person's name stands behind the last title; "minister" alone stays as it is.
        at = start
        for index in range(start, last):
            if self.tokens[index].low in TITLES:
                at = index + 1
                if self.low(at) == "." and at < last:
                    at += 1
        role = next((index for index in range(start, last) if self.tokens[index].low in TITLES), last)
        if role + 1 < last and self.low(role + 1) in ("of", "for", "to"):
            person = self.person_behind(role + 2, last)
            if person is not None:
                return replace(person, first=first)
        of = next((index for index in range(at, last) if self.tokens[index].low == "of"), last)
        if at > start and 1 <= of - at <= 3 and of < last and self.tokens[at].is_capitalised:
            # Prof. Lena Ek of Uppsala University
            person = self.make(first, of, at, True, is_definite)
            return replace(person, last=last) if person is not None else None
        rest = self.tokens[at:last]
        has_title = at > start
        if (
            rest
            and rest[0].is_capitalised
            and has_title
            and not any(token.low in BODY_HEADS | PEOPLE for token in rest)
        ):
            return self.make(first, last, at, True, is_definite)
        capitals = [token for token in self.tokens[start:last] if token.is_capitalised]
        is_body = any(
            token.low in BODY_HEADS or token.low in MEDIA or token.low in MEDIA_HEADS or token.low in DOCUMENTS
            for token in self.tokens[start:last]
        ) or (self.tokens[last - 1].low in PEOPLE and not self.tokens[last - 1].is_capitalised)
        is_acronym = len(capitals) == 1 and capitals[0].word.isupper()
        is_person = len(capitals) in (2, 3, 4) and not is_body and not is_acronym and not is_definite
        is_person = is_person and all(not token.low.endswith("'s") for token in self.tokens[start:last])
        keep = first if is_definite and not capitals else start
        if self.tokens[start].low == "the":
            keep = start + 1
        return self.make(first, last, keep, is_person or (has_title and not is_body), is_definite)

    def person_behind(self, first: int, last: int) -> Name | None:
        """Stefania Giannini in "of Education Stefania Giannini": the name behind what a title is of; None where there is none."""
        at = first
        while at < last and not self.tokens[at].is_capitalised:
            at += 1
        inner = [index for index in range(at, last) if self.low(index) in BODY_HEADS | TITLES | DOMAINS | STATES]
        if inner:
            at = inner[-1] + 1
            at += self.low(at) == "."
        else:
            at += 1
        rest = self.tokens[at:last]
        is_name = 2 <= len(rest) <= 3 or (len(rest) == 1 and bool(inner) and self.low(inner[-1]) in TITLES)
        if not is_name or not all(token.is_capitalised for token in rest):
            return None
        return self.make(at, last, at, True, False)

    def make(self, first: int, last: int, at: int, is_person: bool, is_definite: bool) -> Name | None:
        start, end = self.tokens[at].start, self.tokens[last - 1].end
        name = self.text[start:end]
        if name.endswith(("'s", "’s")):
            name, end = name[:-2], end - 2
        return Name(first, last, name, start, end, is_person, is_definite) if name else None

    def is_media(self, name: Name) -> bool:
        if self.is_document(name):
            return False
        found = [token.low.removesuffix("'s") for token in self.tokens[name.first : name.last]]
        if any(word in MEDIA for word in found):
            return True
        tail = self.tokens[name.last - 1]
        heads = (
            MEDIA_HEADS - {"agency"} if tail.is_capitalised and name.last - name.first > 1 else PLAIN_MEDIA - {"agency"}
        )
        is_agency = found[-2:] in (["news", "agency"], ["press", "agency"], ["wire", "agency"])
        return is_agency or (not name.is_person and found[-1] in heads)

    def is_document(self, name: Name) -> bool:
        return not name.is_person and any(token.low in DOCUMENTS for token in self.tokens[name.first : name.last])


def subject(text: str, tokens: list[Token], pronoun: str) -> str:
    """Whom a sentence begins with as its subject, if that pronoun can mean them later: a body, a person, people; else ""."""
    reader = Names(text, 0, tokens)
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
