"""The chain of sources of a sentence: one method per cue."""

from __future__ import annotations

from dataclasses import dataclass

from claims.extraction.attribution.cues import BETWEEN, CITING, DENYING, ISSUED, PASSIVE, PUBLISHED, SAYING, SHOWING
from claims.extraction.attribution.kinds import DOCUMENTS, REPORTED, TITLES
from claims.extraction.attribution.naming import LONGEST_NAME, Name
from claims.extraction.attribution.speech import LONGEST_APPOSITION, Speech
from claims.extraction.base import Hop, Role, Span, SpeechForm
from claims.extraction.lexicon import CONJUNCTIONS, DETERMINERS, PREPOSITIONS, words
from claims.extraction.tokens import Token, read

# Quotation marks around more than this, marks counted, beside the words that name the speaker, are direct speech.
LONGEST_WORDS = 4
BE_AND_ADVERBS = words("was were is are been be being later also since officially first already")


@dataclass(frozen=True, slots=True)
class Attribution:
    """The hops of a sentence; `frames` are token ranges that only say who said it; `is_denied` when the source denies it.

    `pronoun` is the speaker's pronoun when the sentence names nobody ("he said"), "" otherwise, and `cue` its verb.
    """

    hops: tuple[Hop, ...] = ()
    frames: tuple[tuple[int, int], ...] = ()
    is_denied: bool = False
    pronoun: str = ""
    cue: str = ""


def find(
    text: str, *, offset: int = 0, tokens: list[Token] | None = None, outlet: str = "", is_quoted: bool = False
) -> Attribution:
    """Who says what a sentence says.

    `offset` is added to the spans; `outlet` is the article's own, which is no hop; `is_quoted` says that the sentence
    holds direct speech.
    """
    return Chain(text, offset, read(text) if tokens is None else tokens, outlet, is_quoted).run()


class Chain(Speech):
    """Reads a sentence once; each cue notes what it finds and answers with the token to go on from, or None where it finds nothing."""

    def __init__(self, text: str, offset: int, tokens: list[Token], outlet: str, is_quoted: bool):
        super().__init__(text, offset, tokens, is_quoted)
        self.outlet = outlet.casefold()
        self.origin: list[tuple[Name, str, Role]] = []
        self.carriers: list[tuple[Name, str, Role]] = []
        self.frames: list[tuple[int, int]] = []
        self.is_denied, self.pronoun, self.cue = False, "", ""

    def run(self) -> Attribution:
        cues = (
            self.by_dateline,
            self.by_according,
            self.by_citing,
            self.by_quoting,
            self.by_publishing,
            self.by_interviewing,
            self.by_confirming,
            self.by_reports,
            self.by_finding,
            self.by_saying,
        )
        index = 0
        while index < self.count:
            behind = None
            if not self.quoted[index]:
                behind = next((end for cue in cues if (end := cue(index)) is not None), None)
            index = index + 1 if behind is None else max(behind, index + 1)
        hops = self.hops([*self.origin, *self.carriers])
        pronoun = "" if self.origin else self.pronoun
        return Attribution(hops, merged(self.frames), self.is_denied, pronoun, self.cue if pronoun else "")

    def by_dateline(self, index: int) -> int | None:
        """KYIV (Reuters) - ..."""
        if index or not self.count or not (self.tokens[0].word.isupper() and len(self.tokens[0].word) >= 3):
            return None
        for at in range(1, min(self.count - 1, LONGEST_NAME)):
            token = self.tokens[at]
            if (
                token.word in ("-", "–", "—")
                and self.tokens[at - 1].end < token.start < token.end < self.tokens[at + 1].start
            ):
                for inner in range(1, at):
                    if (
                        self.low(inner) == "("
                        and (name := self.name_from(inner + 1)) is not None
                        and self.is_media(name)
                    ):
                        self.carriers.append((name, "dateline", "reporter"))
                self.frames.append((0, at + 1))
                return at + 1
            if not (token.is_word or token.is_number or token.word in ",()."):
                return None
        return None

    def by_according(self, index: int) -> int | None:
        """According to X, ... and ..., according to X."""
        name = self.according(index + 2) if (self.low(index), self.low(index + 1)) == ("according", "to") else None
        if name is None:
            return None
        if self.is_media(name):
            self.carriers.append((name, "according to", "reporter"))
        else:
            is_inner = bool(self.frames) and self.frames[-1][1] >= index - 1 and index > 0
            self.origin.insert(0 if is_inner else len(self.origin), (name, "according to", role(name)))
        end = self.clause_end(name.last)
        for at in range(name.last, end - 1):
            if self.low(at) in PUBLISHED and self.low(at + 1) == "by" and (seer := self.name_from(at + 2)) is not None:
                self.carriers.append((seer, f"{self.low(at)} by", "reporter" if self.is_media(seer) else "cited_body"))
        if self.low(end) == "," and self.low(end + 1) in ("which", "who"):
            # According to X, which cited Y, ...: the statement begins behind the second comma.
            closed = self.clause_end(end + 1)
            if self.low(closed) != ",":
                return end
            self.frames.append((index, self.frame_end(closed)))
            return name.last
        self.frames.append((index, self.frame_end(end)))
        return end

    def by_citing(self, index: int) -> int | None:
        """..., citing X and ... cited by X."""
        low, is_passive = self.low(index), self.low(index + 1) == "by"
        is_active = low in ("citing", "quoting") or (
            low in ("cited", "cites") and self.low(index - 1) in ("which", "who")
        )
        if low not in CITING or not (is_passive or is_active):
            return None
        name = self.role_from(index + (2 if is_passive else 1))
        if name is None:
            return None
        if is_passive:
            self.carriers.append((name, f"{low} by", "reporter"))
            if self.low(index - 1) != ",":
                self.frames.append((index, name.last))
                return name.last
        else:
            self.origin.insert(0, (name, low, role(name)))
        end = self.clause_end(name.last)
        self.frames.append((index, self.frame_end(end)))
        return end

    def by_quoting(self, index: int) -> int | None:
        """X quoted Y as saying that ..."""
        quoted = self.quoting(index) if self.low(index) in ("quoted", "quotes", "cited", "cites") else None
        if quoted is None:
            return None
        carrier, source, frame = quoted
        self.carriers.append((carrier, self.low(index), "reporter"))
        self.origin.insert(0, (source, self.low(index), "speaker"))
        self.frames.append(frame)
        return frame[1]

    def by_publishing(self, index: int) -> int | None:
        """..., as reported by X."""
        if self.low(index) not in PUBLISHED or self.low(index + 1) != "by":
            return None
        name = self.name_from(index + 2)
        if name is None:
            return None
        is_report = self.tokens[name.last - 1].is_capitalised and any(
            self.low(at) in REPORTED for at in range(max(0, index - LONGEST_NAME), index)
        )
        if not (self.is_media(name) or is_report or self.low(index - 1) == "as"):
            return None
        is_reporter = self.is_media(name) or is_report
        self.carriers.append((name, f"{self.low(index)} by", "reporter" if is_reporter else "speaker"))
        if self.low(index - 1) in ("as", ","):
            self.frames.append((index - 1, self.frame_end(name.last)))
        return name.last

    def by_interviewing(self, index: int) -> int | None:
        """In an interview with X, ...: to whom it was said."""
        if self.low(index) != "interview" or self.low(index + 1) not in ("with", "to", "by"):
            return None
        name = self.name_from(index + 2)
        if name is None or not self.is_media(name):
            return None
        self.carriers.append((name, f"interview {self.low(index + 1)}", "reporter"))
        return name.last

    def by_confirming(self, index: int) -> int | None:
        """..., it was announced by the palace that ...; was confirmed by the ministry."""
        if self.low(index) not in PASSIVE or self.low(index + 1) != "by" or self.low(index - 1) not in BE_AND_ADVERBS:
            return None
        name = self.role_from(index + 2)
        last = self.phrase_from(index + 2)
        if name is None and last and self.low(last) == "that" and self.low(index + 2) in DETERMINERS:
            name = self.make(index + 2, last, index + 2, False, True)
        if name is None:
            return None
        if self.is_media(name):
            self.carriers.append((name, f"{self.low(index)} by", "reporter"))
        else:
            self.origin.append((name, f"{self.low(index)} by", "cited_body" if self.is_document(name) else "speaker"))
        if self.low(0) == "it" and index <= 4 and self.low(name.last) == "that":
            self.frames.append((0, name.last + 1))
        return name.last

    def by_reports(self, index: int) -> int | None:
        """Reports from X, citing Y, suggested that ...; figures released by X show that ..."""
        at = index + 1 if self.low(index + 1) in ISSUED and self.low(index + 2) == "by" else index
        if self.low(index) not in DOCUMENTS or self.low(at + 1) not in ("from", "by"):
            return None
        name = self.name_from(at + 2)
        verb = self.verb_after(name.last) if name is not None else -1
        if name is None or verb < 0:
            return None
        cue = f"{self.low(at)} {self.low(at + 1)}"
        self.carriers.append((name, cue, "reporter" if self.is_media(name) else "cited_body"))
        inner = self.cited_between(name.last, verb)
        if inner is not None:
            self.origin.insert(0, (*inner, role(inner[0])))
        self.frames.append((0 if self.is_opening(index) else index, self.that(verb + 1)))
        return verb + 1

    def by_finding(self, index: int) -> int | None:
        """A survey of 2,000 adults showed that ..."""
        if self.low(index) not in DOCUMENTS:
            return None
        shown = self.shown(index)
        if shown is None:
            return self.by_finding_behind(index)
        name, verb, end = shown
        self.origin.append((name, self.low(verb), "cited_body"))
        self.frames.append((name.first, end))
        return end

    def by_finding_behind(self, index: int) -> int | None:
        """..., figures from the statistics office show."""
        first = self.phrase_start(index)
        verb = self.count - 1
        while verb > index and not self.tokens[verb].is_word:
            verb -= 1
        is_short = index < verb <= index + LONGEST_NAME
        if first == 0 or self.low(first - 1) != "," or not is_short or self.low(verb) not in SHOWING:
            return None
        if any(not self.tokens[at].is_word for at in range(index, verb)):
            return None
        name = self.make(first, verb, first, False, True)
        if self.low(index + 1) in ("from", "by"):
            name = self.name_from(index + 2) or name
        if name is None:
            return None
        self.origin.append((name, self.low(verb), "cited_body"))
        self.frames.append((first - 1, self.count))
        return self.count

    def by_saying(self, index: int) -> int | None:
        """X said that ..., "...," said X, he said ..."""
        low = self.low(index)
        said = self.saying(index) if low in SAYING else None
        if said is None:
            return None
        name, frame, pronoun = said
        # X said Y claimed that ...: what Y said is told by X, so the chain begins with Y.
        is_inner = bool(self.origin) and frame[0] > 0 and self.low(frame[0]) != "," and self.low(frame[0] - 1) not in (
            "and", "but", "while", ",",
        ) and self.frames[-1][1] >= frame[0] - 1  # fmt: skip
        self.frames.append(frame)
        self.is_denied = self.is_denied or low in DENYING
        if name is None:
            self.pronoun, self.cue = (self.pronoun, self.cue) if self.pronoun else (pronoun, low)
        elif self.is_media(name):
            self.carriers.append((name, low, "reporter"))
        else:
            place = 0 if is_inner else len(self.origin)
            self.origin.insert(place, (name, low, "cited_body" if self.is_document(name) else "speaker"))
        heard = self.told(index)
        if heard is not None:
            self.carriers.append((heard, "told", "reporter"))
        has_source = any(self.low(at) in ("citing", "quoting", "according") for at in range(index, frame[1]))
        return index + 1 if has_source else max(index + 1, frame[1])

    def according(self, index: int) -> Name | None:
        """The source behind "according to": the body behind its report, the person behind a long title."""
        name = self.role_from(index)
        is_apart = index <= 3 or self.low(index - 3) == ","
        if name is None and is_apart and self.low(index) in DETERMINERS and (last := self.phrase_from(index)):
            name = self.make(index, last, index, False, True)
            return self.apposed(name) if name is not None else None
        if name is None:
            return None
        if self.is_document(name) and self.low(name.last) in ("by", "from", "of", "in"):
            author = self.name_from(name.last + 1)
            return author if author is not None and (self.low(name.last) != "in" or self.is_media(author)) else name
        if (apposed := self.apposed(name)) is not name:
            return apposed
        end = self.clause_end(name.last)
        if self.low(end) == "," and self.low(end - 1) in TITLES:
            person = self.name_from(end + 1)
            if person is not None and person.is_person and self.low(person.last) == ",":
                return person
        if end > name.last and self.low(name.last) in ("to", "of", "for") and self.low(end) == ",":
            person = self.person_behind(name.last + 1, end) or self.name_ending(end - 1, extend=False)
            if person is not None and person.is_person and person.first > index:
                return person
        return name

    def shown(self, index: int) -> tuple[Name, int, int] | None:
        """A study that found that ...: its words, its verb and where the statement starts."""
        first = index
        while (
            first > 0
            and index - first < 3
            and self.tokens[first - 1].is_word
            and self.low(first - 1) not in PREPOSITIONS
        ):
            first -= 1
            if self.low(first) in DETERMINERS:
                break
        is_bounded = first == 0 or self.low(first) in DETERMINERS or not self.tokens[first - 1].is_word
        if not (is_bounded or self.low(first - 1) in CONJUNCTIONS):
            return None
        last = index + 1
        for at in range(index + 1, min(self.count, index + 9)):
            if self.low(at) in SHOWING and self.low(at + 1) == "that":
                name = self.make(first, last, first, False, True)
                return (name, at, at + 2) if name is not None else None
            if self.low(at) in ("and", "or", "but") and self.low(at + 1) in BETWEEN:
                return None
            if self.low(at) not in BETWEEN:
                last = at + 1
            if not (self.tokens[at].is_word or self.tokens[at].is_number):
                return None
        return None

    def quoting(self, index: int) -> tuple[Name, Name, tuple[int, int]] | None:
        """X quoted Y as saying that ...: who quoted, who was quoted, the frame."""
        subject = self.subject_before(index)
        source = self.name_from(index + 1)
        if subject is None or subject[0] is None or source is None:
            return None
        for at in range(source.last, min(self.count, source.last + 6)):
            if (self.low(at), self.low(at + 1)) == ("as", "saying"):
                return subject[0], source, (subject[1], self.that(at + 2))
        return None

    def hops(self, found: list[tuple[Name, str, Role]]) -> tuple[Hop, ...]:
        hops: list[Hop] = []
        is_direct = self.is_direct()
        for name, cue, role in found:
            key = name.name.casefold()
            if not key or key == self.outlet or any(hop.name.casefold() == key for hop in hops):
                continue
            span = Span(name.start + self.offset, name.end + self.offset, self.text[name.start : name.end])
            speech: SpeechForm = "direct" if is_direct and role == "speaker" else "indirect"
            hops.append(Hop(name.name, role, cue, speech, span))
        return tuple(hops)

    def is_direct(self) -> bool:
        """Whether most of what is said stands in quotation marks, and not a word or two of it."""
        if self.is_quoted:
            return True
        for first, last in self.frames:
            for at, step in ((first - 1, -1), (first, 1), (last, 1)):
                end = at
                while 0 <= end < self.count and self.quoted[end]:
                    end += step
                if abs(end - at) > LONGEST_WORDS:
                    return True
        framed = {index for first, last in self.frames for index in range(first, last)}
        said = [self.quoted[at] for at in range(self.count) if at not in framed and self.tokens[at].is_word]
        return 2 * sum(said) > len(said)

    def verb_after(self, index: int) -> int:
        """The verb of saying or showing behind a source, past a citation in commas; -1 if there is none."""
        end = min(self.count, index + LONGEST_APPOSITION + 4)
        for at in range(index, end):
            if self.low(at) in SHOWING or self.low(at) in SAYING:
                return at
            if (
                self.low(at) in (".", ";", ":")
                and at + 1 < self.count
                and self.tokens[at].end != self.tokens[at + 1].start
            ):
                return -1
        return -1

    def cited_between(self, first: int, last: int) -> tuple[Name, str] | None:
        for at in range(first, last):
            if self.low(at) in ("citing", "quoting"):
                name = self.name_from(at + 1)
                return (name, self.low(at)) if name is not None else None
        return None

    def frame_end(self, index: int) -> int:
        return index + 1 if self.low(index) == "," else index

    def is_opening(self, index: int) -> bool:
        return all(token.is_word for token in self.tokens[:index]) and index <= 3


def role(name: Name) -> Role:
    """The role of a source that is cited, not heard."""
    return "speaker" if name.is_person else "cited_body"


def merged(frames: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Ranges in order, those that touch or overlap as one."""
    result: list[tuple[int, int]] = []
    for first, last in sorted(frames):
        if result and first <= result[-1][1]:
            result[-1] = (result[-1][0], max(last, result[-1][1]))
        else:
            result.append((first, last))
    return tuple(result)
