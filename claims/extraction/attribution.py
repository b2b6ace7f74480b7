"""Who says so: the chain of sources in a sentence, from the origin towards the article, and what they say without the frame.

Rules on cue words, read in one pass; no parser. English.
"""

from __future__ import annotations

from dataclasses import dataclass

from claims.extraction.base import Hop, Span
from claims.extraction.lexicon import (
    AUXILIARIES,
    CONJUNCTIONS,
    DETERMINERS,
    MONTHS,
    OPENERS,
    PAST_VERBS,
    POSSESSIVES,
    PREPOSITIONS,
    WEEKDAYS,
    words,
)
from claims.extraction.tokens import Token, read

# Verbs whose subject asserts what follows.
SAYING = words(
    "said says say saying stated states announced announces claimed claims declared declares reported reports warned warns "
    "argued argues insisted insists noted notes added adds confirmed confirms affirmed affirms reaffirmed emphasised emphasized "
    "emphasises emphasizes stressed stresses acknowledged acknowledges admitted admits alleged alleges asserted asserts "
    "estimated estimates predicted predicts forecast forecasts projected projects explained explains revealed reveals "
    "disclosed testified wrote writes tweeted posted maintained maintains contended contends concluded concludes suggested "
    "suggests believes believed thinks thought reiterated reiterates pledged vowed promised denied denies accused accuses "
    "rejected rejects remarked recalled clarified complained conceded cautioned observed told tells vows promises pledges "
    "commented boasted joked replied repeated argue claim warn insist believe think suggest estimate predict allege contend note report"
)
# These need "that" or a quotation behind them: they have other uses.
NEEDS_THAT = words(
    "reports notes claims states estimates forecasts forecast projects adds suggests suggested concluded concludes believed thought "
    "observed repeated recalled maintained maintains posted wrote writes revealed reveals confirmed confirms rejected rejects "
    "accused accuses projected declared declares emphasised emphasized stressed reported argued noted disclosed acknowledged "
    "admitted admits affirmed reaffirmed reiterated reiterates promised pledged vowed "
    "announced announces argue claim warn insist believe think suggest estimate predict allege contend note report "
    "conceded recalled commented remarked tweeted posted replied explained explains testified boasted joked complained clarified "
    "cautioned promises pledges vows denied denies"
)
# A statement may follow these without "that".
PLAIN = words(
    "said says say told tells claimed claims warned warns insisted insists believes thinks stated denied denies"
)
DENYING = words("denied denies rejected rejects dismissed refuted refutes")

# What a document, not a person, does: the report found, the survey showed.
SHOWING = words(
    "showed shows found finds indicated indicates revealed reveals suggested suggests estimated estimates concluded says said "
    "states warns warned"
)
DOCUMENTS = words(
    "report reports study survey poll data figures document documents statement analysis assessment assessments "
    "research census audit dossier estimates statistics"
)

MEDIA = words(
    "reuters ap afp tass bbc cnn xinhua bloomberg interfax yonhap kcna ria dpa efe ansa upi npr nbc abc cbs msnbc itv axios "
    "politico ukrinform nhk rt anadolu ntv rbc pti kyodo aljazeera telegram ndtv cnbc newsweek vox wsj nyt"
)
MEDIA_HEADS = words(
    "news newspaper agency magazine post times journal guardian herald tribune telegraph broadcaster television tv radio "
    "press gazette daily chronicle globe economist spiegel monde jazeera"
)
# Press alone is no agency: these make an organisation one of the media only beside a media word.
BODY_HEADS = words(
    "service ministry agency office bureau department council committee commission organisation organization institute "
    "institution university bank fund union nations government parliament court police army navy force forces pentagon kremlin "
    "house congress senate embassy administration authority board company corporation group association party staff command "
    "centre center foundation federation league nato un eu who imf nis cia fbi intelligence state treasury reserve"
)
TITLES = words(
    "president vice prime minister deputy foreign defence defense finance interior health secretary chancellor king queen prince "
    "princess pope general gen colonel col lt lieutenant maj major captain capt sgt sergeant admiral adm marshal commander chief "
    "chairman chairwoman chair director head leader spokesman spokeswoman spokesperson senator sen rep representative "
    "congressman congresswoman governor gov mayor judge justice attorney ambassador envoy correspondent reporter journalist "
    "analyst expert professor prof dr doctor mr mrs ms miss sir lady lord dame rev reverend bishop archbishop cardinal rabbi imam "
    "sheikh coach captain manager economist officer official ceo founder author writer editor activist lawyer lawmaker military "
    "war former ex acting state special senior undersecretary commissioner inspector detective sheriff mp mep premier "
    "researcher scientist historian student teacher actor actress singer player resident witness campaigner co-author coauthor "
    "member team political assistant associate press house opposition veteran"
)
CONNECTORS = words("of the de la von van der bin al el du di da ibn for and")
# May stand between a subject and its verb.
BETWEEN = words(
    "has have had also later then recently repeatedly earlier previously publicly again already reportedly once still"
)
PUBLISHED = words("reported published obtained seen aired broadcast")
CITING = words("citing quoting cited quoted cites quotes")
PRONOUN_SPEAKERS = words("he she they it")
# How far a subject may stand in front of its verb when an apposition stands between: "X, the minister of Y, said".
LONGEST_APPOSITION = 20
LONGEST_NAME = 9


@dataclass(frozen=True, slots=True)
class Attribution:
    """The hops of a sentence; `frames` are token ranges that only say who said it; `is_denied` when the source denies it.

    `pronoun` is the speaker's pronoun when the sentence names nobody ("he said"), "" otherwise.
    """

    hops: tuple[Hop, ...] = ()
    frames: tuple[tuple[int, int], ...] = ()
    is_denied: bool = False
    pronoun: str = ""


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


def find(
    text: str, *, offset: int = 0, tokens: list[Token] | None = None, outlet: str = "", is_quoted: bool = False
) -> Attribution:
    """Who says what a sentence says.

    `offset` is added to the spans; `outlet` is the article's own, which is no hop; `is_quoted` says that the sentence
    holds direct speech.
    """
    return _Reader(text, offset, read(text) if tokens is None else tokens, outlet, is_quoted).run()


def subject(text: str, tokens: list[Token]) -> str:
    """The body that a sentence begins with as its subject (The company expects ...), or ""."""
    reader = _Reader(text, 0, tokens, "", False)
    name = reader.name_from(0) if tokens and not reader.quoted[0] else None
    if name is None or name.is_person or reader.low(name.last - 1) not in BODY_HEADS:
        return ""
    follows = reader.low(name.last)
    return "" if follows in PREPOSITIONS | CONJUNCTIONS | words("' ’ -") or not follows else name.name


class _Reader:
    def __init__(self, text: str, offset: int, tokens: list[Token], outlet: str, is_quoted: bool):
        self.text, self.offset, self.tokens = text, offset, tokens
        self.count = len(tokens)
        self.outlet = outlet.casefold()
        self.quoted = quoted_tokens(tokens)
        self.has_quotation = is_quoted or any(self.quoted)
        self.origin: list[tuple[Name, str, str]] = []
        self.carriers: list[tuple[Name, str, str]] = []
        self.frames: list[tuple[int, int]] = []
        self.is_denied, self.pronoun = False, ""

    def low(self, index: int) -> str:
        return self.tokens[index].low if 0 <= index < self.count else ""

    def run(self) -> Attribution:
        cues = (
            self.by_dateline,
            self.by_according,
            self.by_citing,
            self.by_quoting,
            self.by_publishing,
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
        return Attribution(hops, merged(self.frames), self.is_denied, "" if self.origin else self.pronoun)

    # One method per cue: it notes what it finds and answers with the token to go on from, or None where it finds nothing.

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
        self.origin.append((name, "according to", role(name)))
        end = self.clause_end(name.last)
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
        name = self.name_from(index + (2 if is_passive else 1))
        if name is None:
            return None
        if is_passive:
            self.carriers.append((name, f"{low} by", "reporter"))
        else:
            self.origin.insert(0, (name, low, role(name)))
        end = self.clause_end(name.last)
        self.frames.append((index, self.frame_end(end)))
        return end

    def by_quoting(self, index: int) -> int | None:
        """X quoted Y as saying that ..."""
        quoted = self.quoting(index) if self.low(index) in ("quoted", "quotes") else None
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
        if name is None or not (self.is_media(name) or self.low(index - 1) == "as"):
            return None
        self.carriers.append((name, f"{self.low(index)} by", "reporter" if self.is_media(name) else "speaker"))
        if self.low(index - 1) in ("as", ","):
            self.frames.append((index - 1, self.frame_end(name.last)))
        return name.last

    def by_reports(self, index: int) -> int | None:
        """Reports from X, citing Y, suggested that ..."""
        if self.low(index) not in DOCUMENTS or self.low(index + 1) not in ("from", "by"):
            return None
        name = self.name_from(index + 2)
        verb = self.verb_after(name.last) if name is not None else -1
        if name is None or verb < 0:
            return None
        cue = f"{self.low(index)} {self.low(index + 1)}"
        self.carriers.append((name, cue, "reporter" if self.is_media(name) else "cited_body"))
        inner = self.cited_between(name.last, verb)
        if inner is not None:
            self.origin.insert(0, (*inner, role(inner[0])))
        self.frames.append((0 if self.is_opening(index) else index, self.that(verb + 1)))
        return verb + 1

    def by_finding(self, index: int) -> int | None:
        """A survey of 2,000 adults showed that ..."""
        shown = self.shown(index) if self.low(index) in DOCUMENTS else None
        if shown is None:
            return None
        name, verb, end = shown
        self.origin.append((name, self.low(verb), "cited_body"))
        self.frames.append((name.first, end))
        return end

    def by_saying(self, index: int) -> int | None:
        """X said that ..., "...," said X, he said ..."""
        low = self.low(index)
        said = self.saying(index) if low in SAYING else None
        if said is None:
            return None
        name, frame, pronoun = said
        self.frames.append(frame)
        self.is_denied = self.is_denied or low in DENYING
        if name is None:
            self.pronoun = self.pronoun or pronoun
        elif self.is_document(name):
            self.origin.append((name, low, "cited_body"))
        elif self.is_media(name):
            self.carriers.append((name, low, "reporter"))
        else:
            self.origin.append((name, low, "speaker"))
        heard = self.told(index)
        if heard is not None:
            self.carriers.append((heard, "told", "reporter"))
        return max(index + 1, frame[1])

    # What the cues read

    def according(self, index: int) -> Name | None:
        """The source behind "according to": the body behind its report, the person behind a long title."""
        name = self.name_from(index)
        if name is None:
            return None
        if self.is_document(name) and self.low(name.last) in ("by", "from", "of"):
            return self.name_from(name.last + 1) or name
        end = self.clause_end(name.last)
        if self.low(end) == "," and self.low(end - 1) in TITLES:
            person = self.name_from(end + 1)
            if person is not None and person.is_person and self.low(person.last) == ",":
                return person
        if end > name.last and self.low(name.last) in ("to", "of", "for") and self.low(end) == ",":
            person = self.name_ending(end - 1, extend=False)
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

    def clause_end(self, index: int) -> int:
        """The comma or the end of the sentence behind a source, if it is near; else `index`."""
        for at in range(index, min(self.count, index + LONGEST_APPOSITION)):
            if self.low(at) == "," or self.quoted[at] or self.low(at) == ";":
                return at
            if at >= self.count - 1:
                return at
        return index

    def is_document(self, name: Name) -> bool:
        return not name.is_person and any(token.low in DOCUMENTS for token in self.tokens[name.first : name.last])

    def hops(self, found: list[tuple[Name, str, str]]) -> tuple[Hop, ...]:
        hops: list[Hop] = []
        for name, cue, role in found:
            key = name.name.casefold()
            if not key or key == self.outlet or any(hop.name.casefold() == key for hop in hops):
                continue
            span = Span(name.start + self.offset, name.end + self.offset, self.text[name.start : name.end])
            speech = "direct" if self.has_quotation and role == "speaker" else "indirect"
            hops.append(Hop(name.name, role, cue, speech, span))
        return tuple(hops)

    # Verbs of saying

    def saying(self, index: int) -> tuple[Name | None, tuple[int, int], str] | None:
        """The subject of a verb of saying, the tokens of the frame, and the pronoun if the subject is one."""
        low = self.low(index)
        if low in DETERMINERS or self.low(index - 1) in DETERMINERS | PREPOSITIONS - {"before"}:
            return None  # a noun: the reports, in reports
        if "not" in (self.low(index - 1), self.low(index - 2)):
            return None
        behind = self.low(index + 1)
        if low in DENYING and not self.opens_denial(index + 1):
            return None
        after_quote = index > 0 and (self.quoted[index - 1] or self.low(index - 1) == ",")
        subject = self.subject_before(index)
        if subject is not None:
            name, first, word = subject
            end = self.statement_start(index)
            opens_quote = end < self.count and self.quoted[end]
            if self.low(first - 1) in ("which", "what", "whom", "whose", "where", "why", "how"):
                return None
            if self.low(first - 1) == "as" and first > 1:
                first -= 1
            is_behind = first > 0 and (self.quoted[first - 1] or self.low(first - 1) == ",")
            setting_end = self.setting_end(index + 1)
            trails = is_behind and (behind == "," or end >= self.count - 1 or setting_end > 0)
            is_clear = behind == "that" or self.low(end - 1) == "that" or opens_quote or trails
            if (
                not is_clear
                and low in NEEDS_THAT - PLAIN
                and (name is None or not (trails or self.low(end - 1) == "that"))
            ):
                return None
            if (
                not is_clear
                and low in PLAIN
                and end < self.count
                and self.low(end) in ("to", "of", "about", "goodbye", "nothing")
            ):
                return None
            if word == "it" and not is_clear:
                return None
            if trails:
                end = index + 1 if behind == "," else setting_end or self.count
                return name, (first - 1 if self.low(first - 1) == "," else first, end), word
            return name, (self.setting_start(first), end), word
        if low not in ("told", "tells", "saying") and (after_quote or (index > 0 and self.low(index - 1) == ",")):
            # Inverted: "...," said Mrs. Park.
            name = self.inverted_speaker(index + 1)
            if name is not None:
                return name, (index - 1 if self.low(index - 1) == "," else index, self.next_quoted(name.last)), ""
            is_closed = not self.low(index + 2) or not self.tokens[index + 2].is_word or self.quoted[index + 2]
            if behind in PRONOUN_SPEAKERS and (
                is_closed or self.low(index + 2) in ("on", "in", "at", "to", "as", "after")
            ):
                return None, (index, self.next_quoted(index + 2)), behind
        return None

    def next_quoted(self, index: int) -> int:
        """Where the quotation goes on behind its speaker, else the end of the sentence."""
        return next((at for at in range(index, self.count) if self.quoted[at]), self.count)

    def setting_end(self, index: int) -> int:
        """The comma or the end behind words that only tell where or when it was said: said on Telegram; 0 if others stand there."""
        low = self.low(index)
        if not (low in ("on", "in", "at", "to", "during", "after", "by", "from") or low in WEEKDAYS or low in TIMES):
            return 0
        for at in range(index, min(self.count, index + 10)):
            low = self.low(at)
            is_verb = (low in AUXILIARIES and not self.tokens[at].is_capitalised) or low in SAYING - STATEMENTS
            if low == "that" or is_verb or self.quoted[at]:
                return 0
            if low in (",", ";"):
                return at if at - index <= 6 else 0
        return self.count if self.count - index <= 9 else 0

    def inverted_speaker(self, index: int) -> Name | None:
        """Who said it where the verb stands first; the name behind "its director"."""
        name = self.name_from(index)
        if name is None or self.low(index) not in POSSESSIVES:
            return name
        at = index + 1
        while at < self.count and self.low(at) in TITLES:
            at += 1
        if self.low(at) == ",":
            at += 1
        person = self.name_from(at) if at > index + 1 and at < self.count and self.tokens[at].is_capitalised else None
        return person if person is not None and person.is_person else name

    def opens_denial(self, index: int) -> bool:
        """Whether a statement follows a verb of denying, and not what was refused or called untrue."""
        low = self.low(index)
        if low in PRONOUN_SPEAKERS:
            return self.low(index + 1) in AUXILIARIES
        return low in ("that", ",", ".", "") or self.quoted[index]

    def phrase_start(self, first: int) -> int:
        """Where the words in front of a name begin that belong to it: its operator Blue Strait; `first` if that is unclear."""
        at = first
        while at > 0 and first - at <= LONGEST_NAME + 1 and not self.quoted[at - 1]:
            token = self.tokens[at - 1]
            if token.word == ",":
                return at
            if not token.is_word or token.low in NO_PHRASE:
                return first
            if token.low.endswith(("ed", "ing", "ly")) and not token.is_capitalised:
                return first
            at -= 1
        return at if at == 0 or self.quoted[at - 1] else first

    def setting_start(self, first: int) -> int:
        """0 where nothing stands before the subject but the occasion: In a statement on Monday, X said."""
        before = self.tokens[:first]
        is_occasion = (
            len(before) in range(3, 13) and before[0].low in ("in", "at", "during", "on") and before[-1].word == ","
        )
        return 0 if is_occasion and any(token.low in STATEMENTS for token in before) else first

    def subject_before(self, index: int) -> tuple[Name | None, int, str] | None:
        """The name or pronoun in front of the verb at `index`: (name, first token of the frame, pronoun)."""
        at = index - 1
        while at >= 0 and (
            self.low(at) in BETWEEN or (self.low(at).endswith("ly") and not self.tokens[at].is_capitalised)
        ):
            at -= 1
        if at < 0 or self.quoted[at]:
            return None
        low = self.low(at)
        if low.endswith("'s"):
            return None
        if low in PRONOUN_SPEAKERS and (
            at == 0 or not self.tokens[at - 1].is_word or self.low(at - 1) in CONJUNCTIONS | OPENERS
        ):
            return None, at, low
        if low == "who":
            at -= 1
            if self.low(at) == ",":
                at -= 1
            name = self.name_ending(at)
            return (name, name.first, "") if name is not None else None
        if low == ",":
            # X, the minister of Y, said
            back = at - 1
            while back >= 0 and at - back <= LONGEST_APPOSITION and self.low(back) != ",":
                if (
                    self.low(back) in (".", ";", ":") and self.tokens[back].end != self.tokens[back + 1].start
                ) or self.quoted[back]:
                    return None
                back -= 1
            if back < 0 or self.low(back) != ",":
                return None
            name = self.name_ending(back - 1)
            inner = self.name_ending(at - 1, extend=False)
            if inner is not None and inner.is_person and inner.first == back + 1:
                return inner, self.phrase_start(name.first) if name is not None else inner.first, ""
            if name is None or self.low(back + 1) in ("and", "but"):
                return None
            if self.low(back + 1) in ("which", "who") and name.first > 1:
                return None
            return name, name.first, ""
        name = self.name_ending(at)
        return (name, self.phrase_start(name.first), "") if name is not None else None

    def statement_start(self, index: int) -> int:
        """The first token of what is said behind the verb at `index`: past "that", the hearer and the day."""
        at = index + 1
        if self.low(index) in ("told", "tells"):
            hearer = self.name_from(at)
            at = hearer.last if hearer is not None else at + 1
        end = min(self.count, at + 10)
        if self.low(at) in ("on", "in", "at", "during", "to", "under"):
            for ahead in range(at, end):
                if self.low(ahead) == "that":
                    return ahead + 1
                if self.low(ahead) in (",", ".", ":") or self.quoted[ahead]:
                    break
        step = at
        while step < end and not self.quoted[step]:
            low = self.low(step)
            if low == "that":
                return step + 1
            is_dated = low in WEEKDAYS or low in MONTHS or low in TIMES or low in (",", ".") or low in ON_A_DAY
            if is_dated or (self.tokens[step].is_number and self.is_day(step)):
                step += 1
                continue
            if low in ("a", "the", "an") and self.low(step + 1) in STATEMENTS:
                step += 2
                continue
            break
        if step < self.count and self.quoted[step]:
            return step
        # Without "that" only a day may stand in front of the statement.
        day = at
        if self.low(day) in ON_A_DAY:
            day += 1
        first_of_day = day
        while self.low(day) in WEEKDAYS or self.low(day) in MONTHS or self.low(day) in TIMES or self.is_day(day):
            day += 1
        return day if day > first_of_day else at

    def is_day(self, index: int) -> bool:
        """Whether a number belongs to a date: July 2, 2 July, 2024 behind either."""
        if not (0 <= index < self.count and self.tokens[index].is_number):
            return False
        return self.low(index - 1) in MONTHS or self.low(index + 1) in MONTHS or self.low(index - 2) in MONTHS

    def told(self, index: int) -> Name | None:
        """The medium that was told: X told Reuters."""
        if self.low(index) not in ("told", "tells"):
            return None
        name = self.name_from(index + 1)
        return name if name is not None and self.is_media(name) else None

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

    def that(self, index: int) -> int:
        return index + 1 if self.low(index) == "that" else index

    def frame_end(self, index: int) -> int:
        return index + 1 if self.low(index) == "," else index

    def is_opening(self, index: int) -> bool:
        return all(token.is_word for token in self.tokens[:index]) and index <= 3

    # Names

    def name_from(self, index: int) -> Name | None:
        """The source that starts at `index`, its article and possessive included; None if nothing there names one."""
        at = index
        if self.low(at) in DETERMINERS or self.low(at) in ("two", "three", "several", "some", "many", "unnamed"):
            at += 1
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
            elif token.is_word and (
                token.low in TITLES or token.low in BODY_HEADS or token.low in DOCUMENTS or token.low in PEOPLE
            ):
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
        return self.named(index, last)

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
        is_head = token.low in TITLES or token.low in BODY_HEADS or token.low in DOCUMENTS or token.low in PEOPLE
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
                if before.low in OPENERS and before.low not in DETERMINERS:
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
        # A person's name stands behind the last title; "minister" alone stays as it is.
        at = start
        for index in range(start, last):
            if self.tokens[index].low in TITLES:
                at = index + 1
                if self.low(at) == "." and at < last:
                    at += 1
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
        )
        is_acronym = len(capitals) == 1 and capitals[0].word.isupper()
        is_person = len(capitals) in (2, 3, 4) and not is_body and not is_acronym and not is_definite
        is_person = is_person and all(not token.low.endswith("'s") for token in self.tokens[start:last])
        keep = first if is_definite and not capitals else start
        if self.tokens[start].low == "the":
            keep = start + 1
        return self.make(first, last, keep, is_person or (has_title and not is_body), is_definite)

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
        return (not name.is_person and any(word in MEDIA_HEADS - {"agency", "press"} for word in found[-1:])) or found[
            -2:
        ] in (["news", "agency"], ["press", "agency"], ["wire", "agency"])


COUNTS = words("one two three four five six seven eight nine ten several many some most")
MONTH_AFTER = words("in on since of last until by from early late mid")
NO_PHRASE = (
    (PREPOSITIONS - {"of"})
    | AUXILIARIES
    | CONJUNCTIONS
    | SAYING
    | PAST_VERBS
    | CITING
    | words("what how why not there here fact example")
)
TIMES = words(
    "yesterday today earlier later afterwards recently monday morning afternoon evening night week month year last this"
)
ON_A_DAY = words("on in at late early of")
STATEMENTS = words("speech remarks address statement interview post tweet briefing speech report letter conference")
ABBREVIATED = words("mr mrs ms dr gen lt col maj capt sgt prof sen rep gov adm st rev jr sr mt no")
PEOPLE = words(
    "officials official sources source authorities analysts experts scientists researchers doctors witnesses residents critics "
    "police prosecutors investigators lawyers lawmakers diplomats activists campaigners economists rebels opponents supporters "
    "organisers organizers journalists reporters observers spokesman spokeswoman spokesperson people man woman minister president "
    "correspondent leader chief mayor governor coach ministry government company team group agency medics firefighters neighbours "
    "neighbors relatives family friends customer customers passenger driver farmer bakers workers unions farmers advocates "
    "conservationists astronomers diplomat general commander"
)


def role(name: Name) -> str:
    """The role of a source that is cited, not heard."""
    return "speaker" if name.is_person else "cited_body"


def quoted_tokens(tokens: list[Token]) -> list[bool]:
    """Which tokens stand inside double quotation marks (the marks too); an open quotation runs to the end."""
    inside = False
    found = []
    quoted_from_start = 0  # an earlier sentence opened the quotation that closes here
    for index, token in enumerate(tokens):
        if token.word in ("“", "«", "„"):
            inside = True
            found.append(True)
        elif token.word in ("”", "»"):
            found.append(True)
            if not inside:
                quoted_from_start = len(found)
            inside = False
        elif token.word == '"':
            is_opening = not inside and index + 1 < len(tokens) and (token.end == tokens[index + 1].start)
            is_opening = is_opening and (
                index == 0 or tokens[index - 1].end < token.start or not tokens[index - 1].is_word
            )
            found.append(True)
            if not inside and not is_opening:
                quoted_from_start = len(found)
            inside = not inside and is_opening
        else:
            found.append(inside)
    return [True] * quoted_from_start + found[quoted_from_start:]


def merged(frames: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Ranges in order, those that touch or overlap as one."""
    result: list[tuple[int, int]] = []
    for first, last in sorted(frames):
        if result and first <= result[-1][1]:
            result[-1] = (result[-1][0], max(last, result[-1][1]))
        else:
            result.append((first, last))
    return tuple(result)
