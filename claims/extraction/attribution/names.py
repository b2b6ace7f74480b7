"""Where the names of sources begin and end, read forwards from a token and backwards to one."""

from __future__ import annotations

from dataclasses import replace

from claims.extraction.attribution.cues import SAYING
from claims.extraction.attribution.kinds import (
    BODY_HEADS,
    CONNECTORS,
    COUNTS,
    DOCUMENTS,
    MONTH_AFTER,
    PEOPLE,
    PLAIN_MEDIA,
    TITLES,
)
from claims.extraction.attribution.naming import LONGEST_NAME, Name, Naming
from claims.extraction.lexicon import (
    AUXILIARIES,
    CONJUNCTIONS,
    DETERMINERS,
    MONTHS,
    OPENERS,
    PREPOSITIONS,
    WEEKDAYS,
    words,
)

# Small words inside the names of people.
PARTICLES = words("von van der den de la bin al el di da du del della dos das ter zu ben abu")


class Names(Naming):
    """Reads names forwards from a token and backwards to one."""

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
                and (token.low != "and" or self.tokens[step + 1].low in BODY_HEADS or self.office_before(step) >= index)
                and (token.low != "the" or self.low(step - 1) in CONNECTORS)
            ):
                pass
            elif self.is_domain(step) and last == step:
                last = step + 2
                step += 1
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

    def name_ending(self, index: int, *, extend: bool = True) -> Name | None:
        """The source whose last token stands at `index`: read backwards to where its name begins.

        `extend`: past a preposition to the head it belongs to (officials in Kyiv).
        """
        if index < 0 or self.quoted[index]:
            return None
        last = index + 1
        if self.is_domain(index - 1):
            index -= 2
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
            elif self.connected(at) and before.low in PARTICLES:
                at = self.connected(at) - 1
            elif (
                before.is_word
                and before.low in CONNECTORS - {"and", "for"}
                and at > 1
                and self.tokens[at - 2].is_capitalised
                and not self.quoted[at - 2]
            ):
                at -= 2 if before.low != "the" else 1
            elif before.low == "and" and (office := self.office_before(at - 1)) >= 0:
                at = office
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
        if at >= last or self.low(at - 1) in ("few", "no", "not"):
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
                    is_proper = self.low(outer.first) in DETERMINERS and self.tokens[outer.first + 1].is_capitalised
                    return self.make(outer.first, last, outer.first + is_proper, False, True)
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

    def office_before(self, index: int) -> int:
        """Where the body begins whose name goes on past the "and" at `index`: Department for Work and Pensions; -1 if none does."""
        at = index - 1
        while at > 1 and index - at < 5 and (self.tokens[at].is_capitalised or self.low(at) == ","):
            at -= 1
        is_office = self.low(at) in ("of", "for") and self.tokens[at - 1].is_capitalised and at < index - 1
        return at - 1 if at > 0 and is_office and self.low(at - 1) in BODY_HEADS else -1

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
