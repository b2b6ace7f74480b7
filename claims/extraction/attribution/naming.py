"""What a name says: without titles, and whether it names a person, a body, a medium or a document."""

from __future__ import annotations

from dataclasses import dataclass, replace

from claims.extraction.attribution.cues import SAYING
from claims.extraction.attribution.kinds import (
    ABBREVIATED,
    ACRONYMS,
    ADJECTIVAL,
    BODY_HEADS,
    DOCUMENTS,
    DOMAINS,
    MEDIA,
    MEDIA_HEADS,
    PEOPLE,
    PLAIN_MEDIA,
    TITLES,
)
from claims.extraction.attribution.quotes import quoted_tokens
from claims.extraction.lexicon import (
    AUXILIARIES,
    CONJUNCTIONS,
    DETERMINERS,
    PREPOSITIONS,
    words,
)
from claims.extraction.tokens import Token, TokenReader

LONGEST_NAME = 9

# These end the name of a country.
STATES = words("states kingdom republic emirates federation union korea africa zealand arabia")


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


class Naming(TokenReader):
    """Makes names of tokens, and knows the words that tell what a source is."""

    def __init__(self, text: str, offset: int, tokens: list[Token], is_quoted: bool = False):
        super().__init__(text, offset, tokens)
        self.quoted = quoted_tokens(tokens)
        self.is_quoted = is_quoted

    def is_figure(self, index: int) -> bool:
        return 0 <= index < self.count and self.tokens[index].is_number

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

    def is_plain(self, index: int) -> bool:
        """Whether the word is a lower-case noun that ends its phrase."""
        if index >= self.count or not self.tokens[index].is_word or self.tokens[index].is_capitalised:
            return False
        behind = self.tokens[index + 1] if index + 1 < self.count else None
        is_end = (
            behind is None or not behind.is_word or behind.low in PREPOSITIONS | AUXILIARIES | CONJUNCTIONS | SAYING
        )
        return self.low(index) not in DETERMINERS | PREPOSITIONS | AUXILIARIES and is_end

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

    def is_domain(self, index: int) -> bool:
        """Whether the full stop at `index` joins a name to what its address ends in: Booking.com."""
        if not 0 < index < self.count - 1 or self.tokens[index].word != ".":
            return False
        before, after = self.tokens[index - 1], self.tokens[index + 1]
        is_joined = before.end == self.tokens[index].start and self.tokens[index].end == after.start
        return (
            is_joined and before.is_capitalised and after.is_word and after.word.islower() and 2 <= len(after.word) <= 4
        )

    def hyphenated(self, index: int) -> bool:
        return (
            index > 1
            and self.tokens[index - 1].word == "-"
            and self.tokens[index - 2].is_capitalised
            and self.tokens[index - 1].end == self.tokens[index].start
        )

    def is_office(self, index: int) -> bool:
        """Whether "of the" stands here inside an office: Secretary of the Treasury."""
        is_of = (self.low(index), self.low(index + 1)) == ("of", "the")
        return is_of and self.low(index - 1) in TITLES | BODY_HEADS and self.starts_name(index + 2)

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
        is_person = start < kinds and not is_kind and 2 <= last - kinds <= 3 and self.tokens[start].is_word
        if is_person and all(
            token.is_capitalised and not self.is_head(at) for at, token in enumerate(self.tokens[kinds:last], kinds)
        ):
            return self.make(first, last, kinds, True, is_definite)  # tenant Dora Pike
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

    def keep(self, name: Name) -> int:
        """The first token of a name as it is told."""
        return next(at for at in range(name.first, name.last) if self.tokens[at].start >= name.start)

    def is_media(self, name: Name) -> bool:
        if self.is_document(name):
            return False
        found = [token.low.removesuffix("'s") for token in self.tokens[name.first : name.last]]
        if any(word in MEDIA for word in found):
            return True
        if self.low(name.first - 1) in (
            "newspaper",
            "magazine",
            "broadcaster",
            "channel",
            "outlet",
            "radio",
            "television",
        ):
            return True  # the local newspaper Nova
        tail = self.tokens[name.last - 1]
        heads = (
            MEDIA_HEADS - {"agency"} if tail.is_capitalised and name.last - name.first > 1 else PLAIN_MEDIA - {"agency"}
        )
        is_agency = found[-2:] in (["news", "agency"], ["press", "agency"], ["wire", "agency"])
        return is_agency or (not name.is_person and found[-1] in heads)

    def is_document(self, name: Name) -> bool:
        # The US Geological Survey is none, the Lancet study is one.
        return not name.is_person and any(
            self.low(at) in DOCUMENTS and (not self.tokens[at].is_capitalised or at == 0 or name.last - name.first == 1)
            for at in range(name.first, name.last)
        )
