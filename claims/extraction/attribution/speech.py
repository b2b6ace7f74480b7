"""Verbs of saying: whose they are, and where what was said begins and ends."""

from __future__ import annotations

from claims.extraction.attribution.cues import (
    BETWEEN,
    CITING,
    CLAIMED,
    DENYING,
    NEEDS_THAT,
    NO_PHRASE,
    ON_A_DAY,
    PLAIN,
    PRONOUN_SPEAKERS,
    PUBLISHED,
    SAYING,
    SHOWS,
    SPOKEN,
    STATEMENTS,
    TIMES,
)
from claims.extraction.attribution.kinds import COUNTS, MEDIA, PEOPLE, TITLES
from claims.extraction.attribution.naming import LONGEST_NAME, Name
from claims.extraction.attribution.phrases import Phrases
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
)

# How far a subject may stand in front of its verb when an apposition stands between: "X, the minister of Y, said".
LONGEST_APPOSITION = 20


class Speech(Phrases):
    """Reads the subject, the hearer, the occasion and the statement around a verb of saying."""

    def saying(self, index: int) -> tuple[Name | None, tuple[int, int], str] | None:
        """The subject of a verb of saying, the tokens of the frame, and the pronoun if the subject is one."""
        low = self.low(index)
        if low in DETERMINERS or self.low(index - 1) in DETERMINERS | PREPOSITIONS - {"before"}:
            return None  # a noun: the reports, in reports
        if "not" in (self.low(index - 1), self.low(index - 2)):
            return None
        if low in DENYING and not self.opens_denial(index + 1):
            return None
        subject = self.subject_before(index)
        return self.said_behind(index, *subject) if subject is not None else self.inverted(index)

    def said_behind(
        self, index: int, name: Name | None, first: int, word: str
    ) -> tuple[Name | None, tuple[int, int], str] | None:
        """X said that ... and ..., X said: the frame from `first` on."""
        low, behind = self.low(index), self.low(index + 1)
        end = self.statement_start(index)
        opens_quote = end < self.count and self.quoted[end]
        if self.low(first - 1) in ("which", "what", "whom", "whose", "where", "why", "how"):
            return None
        if self.low(first - 1) == "as" and first == 1 and behind == ",":
            return name, (0, index + 2), word  # As the BBC reported, ...
        if self.low(first - 1) == "as" and first > 1:
            first -= 1
        is_behind = first > 0 and (self.quoted[first - 1] or self.low(first - 1) == ",")
        is_infinitive = behind == "to" and low in NEEDS_THAT - PLAIN
        setting_end = 0 if is_infinitive else self.setting_end(index + 1)
        trails = is_behind and (behind == "," or end >= self.count - 1 or setting_end > 0)
        is_clear = (
            (behind == "that" and self.low(end) not in (".", "!", "?", ""))
            or self.low(end - 1) == "that"
            or opens_quote
            or trails
        )
        if not is_clear and not self.may_state(index, end, word):
            return None
        if trails:
            end = index + 1 if behind == "," else setting_end or self.count
            return name, (first - 1 if self.low(first - 1) == "," else first, end), word
        return name, (self.setting_start(first), end), word

    def inverted(self, index: int) -> tuple[Name | None, tuple[int, int], str] | None:
        """ "...," said Mrs. Park."""
        low, behind = self.low(index), self.low(index + 1)
        is_behind = index > 0 and (self.quoted[index - 1] or self.low(index - 1) == ",")
        if low in ("told", "tells", "tell", "saying") or not is_behind:
            return None
        name = self.inverted_speaker(index + 1, is_spoken=low in SPOKEN)
        if name is not None:
            return name, (index - 1 if self.low(index - 1) == "," else index, self.next_quoted(name.last)), ""
        is_closed = not self.low(index + 2) or not self.tokens[index + 2].is_word or self.quoted[index + 2]
        if behind in PRONOUN_SPEAKERS and (is_closed or self.low(index + 2) in ("on", "in", "at", "to", "as", "after")):
            return None, (index, self.next_quoted(index + 2)), behind
        return None

    def may_state(self, index: int, end: int, pronoun: str) -> bool:
        """Whether a statement may begin at `end` behind a verb of saying, without "that", a quotation or a comma to show it."""
        low, first = self.low(index), self.low(end)
        if self.low(index + 1) == "that" and first in (".", "!", "?", ""):
            return False
        if low in NEEDS_THAT - PLAIN:
            return False
        if low in ("warned", "warns", "warn") and first in ("them", "him", "her", "us", "me"):
            return False
        if low in PLAIN and end < self.count and first in ("to", "of", "about", "goodbye", "nothing"):
            return False
        return pronoun != "it" or (low in PLAIN and first not in ("all", "so", "much", "a", "no", "yes"))

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

    def inverted_speaker(self, index: int, *, is_spoken: bool) -> Name | None:
        """Who said it where the verb stands first; the name behind "its director" or "the mayor of Lindmere,"."""
        name = self.role_from(index)
        if name is None and is_spoken and self.low(index) in DETERMINERS | COUNTS:
            end = self.phrase_from(index)
            if end and self.low(end) in ("of", "from") and self.low(end + 1) not in DETERMINERS:
                end = next((at for at in range(end, min(self.count, end + 6)) if not self.tokens[at].is_word), end)
            is_closed = end and (end >= self.count or not self.tokens[end].is_word or self.low(end) in PREPOSITIONS)
            return self.make(index, end, index, False, True) if is_closed else None
        if name is None or self.low(index) not in POSSESSIVES:
            return self.apposed(name) if name is not None else None
        at = index + 1
        while at < self.count and self.low(at) in TITLES:
            at += 1
        if self.low(at) == ",":
            at += 1
        person = self.name_from(at) if at > index + 1 and at < self.count and self.tokens[at].is_capitalised else None
        return person if person is not None and person.is_person else name

    def apposed(self, name: Name) -> Name:
        """The person whose role the name is: the opposition leader, Ana Ruiz."""
        is_named = name.is_person and name.name[:1].isupper()
        if is_named or self.low(name.last) != ",":
            return name
        is_role = any(self.low(at) in TITLES | PEOPLE for at in range(name.first, name.last))
        person = self.name_from(name.last + 1)
        if not is_role or person is None or not person.is_person:
            return name
        behind = self.tokens[person.last] if person.last < self.count else None
        return person if behind is None or not behind.is_word else name

    def opens_denial(self, index: int) -> bool:
        """Whether a statement follows a verb of denying, and not what was refused or called untrue."""
        low = self.low(index)
        if low in PRONOUN_SPEAKERS:
            return self.low(index + 1) in AUXILIARIES
        if self.rejected(index):
            return True
        return low in ("that", ",", ".", "") or self.quoted[index]

    def rejected(self, index: int) -> int:
        """The statement behind "rejected claims that", or 0."""
        return index + 2 if self.low(index) in CLAIMED and self.low(index + 1) == "that" else 0

    def phrase_start(self, first: int) -> int:
        """Where the words in front of a name begin that belong to it: its operator Blue Strait; `first` if that is unclear."""
        at = first
        while at > 0 and first - at <= LONGEST_NAME + 1 and not self.quoted[at - 1]:
            token = self.tokens[at - 1]
            if token.word == ",":
                return at
            if not token.is_word or token.low in NO_PHRASE:
                return first
            is_leaked = token.low.endswith("ed") and self.low(at - 2) in DETERMINERS  # a leaked memo
            if token.low.endswith(("ed", "ing", "ly")) and not token.is_capitalised and not is_leaked:
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
            self.low(at) in BETWEEN
            or (self.low(at).endswith("ly") and not self.tokens[at].is_capitalised and not self.is_head(at))
        ):
            at -= 1
        if at < 0 or self.quoted[at]:
            return None
        low = self.low(at)
        if low.endswith("'s"):
            return None
        if (quoter := self.quoter(at)) is not None:
            if self.low(quoter - 1) == ",":
                name = self.name_ending(quoter - 2)
                return (name, name.first, "") if name is not None else None
            return self.subject_before(quoter)
        if (
            low in PRONOUN_SPEAKERS
            and not self.is_acronym(at)
            and (at == 0 or not self.tokens[at - 1].is_word or self.low(at - 1) in CONJUNCTIONS | OPENERS)
        ):
            return None, at, low
        if low == "who" and not self.is_acronym(at):
            at -= 1
            if self.low(at) == ",":
                at -= 1
            name = self.name_ending(at)
            return (name, name.first, "") if name is not None else None
        if low == ",":
            return self.described_before(at)
        name = self.name_ending(at)
        if name is None:
            led = self.led(at)
            name = led or self.subject_phrase(at)
            if name is None:
                return None
            is_after_quote = name.first > 0 and self.quoted[name.first - 1]
            return (name, name.first, "") if led or is_after_quote or self.low(index) in SPOKEN else None
        return name, self.phrase_start(name.first), ""

    def described_before(self, at: int) -> tuple[Name | None, int, str] | None:
        """X, the minister of Y, said: the subject in front of the words about it, which end at the comma at `at`."""
        person = self.name_from(0)
        is_named = person is not None and person.is_person and not person.is_definite and person.name[0].isupper()
        if person is not None and is_named and person.last < at and self.is_described(person.last, at):
            return person, 0, ""
        back = at - 1
        while back >= 0 and at - back <= LONGEST_APPOSITION and self.low(back) != ",":
            if (
                self.low(back) in (".", ";", ":")
                and self.tokens[back].end != self.tokens[back + 1].start
                and not self.joins(back)
            ) or self.quoted[back]:
                return None
            back -= 1
        if back < 0 or self.low(back) != ",":
            return None
        name = self.name_ending(back - 1)
        inner = self.name_ending(at - 1, extend=False)
        if inner is not None and inner.is_person and inner.first == back + 1:
            return inner, self.phrase_start(name.first) if name is not None else inner.first, ""
        owner = next((step for step in range(back - 1, max(-1, back - 5), -1) if self.low(step) in POSSESSIVES), -1)
        is_apposed = inner is not None and inner.first == back + 1 and inner.name[0].isupper()
        if inner is not None and is_apposed and owner >= 0 and (name is None or name.first == owner):
            return inner, owner, ""  # its operator, Fraport, said
        if inner is not None and is_apposed and name is not None and name.last - name.first == 2 and name.is_definite:
            return inner, name.first, ""  # the company, Nordgas, said
        if name is None or self.low(back + 1) in ("and", "but"):
            return None
        if self.low(back + 1) in ("which", "who") and name.first > 1 and not self.quoted[name.first - 1]:
            return None
        return name, name.first, ""

    def led(self, index: int) -> Name | None:
        """Researchers led by Dr Mia Holt."""
        for at in range(index - 1, max(1, index - 6), -1):
            if self.low(at) == "by" and self.low(at - 1) in ("led", "headed", "backed", "funded", "commissioned"):
                head = self.name_ending(at - 2)
                return self.make(head.first, index + 1, head.first, False, True) if head is not None else None
        return None

    def is_described(self, first: int, last: int) -> bool:
        """Whether nothing but words about a person stands between the name and the comma before the verb."""
        if self.low(first) not in (",", "for", "of", "from", "at"):
            return False
        verbs = AUXILIARIES | SAYING | PAST_VERBS
        return not any(self.quoted[at] or self.low(at) in verbs or self.low(at) in ";:" for at in range(first, last))

    def quoter(self, index: int) -> int | None:
        """The verb of "officials quoted by Kyodo", if the medium that quotes ends at `index`."""
        for at in range(index - 1, max(0, index - 6), -1):
            if self.low(at) == "by":
                return at - 1 if self.low(at - 1) in CITING | PUBLISHED else None
        return None

    def statement_start(self, index: int) -> int:
        """The first token of what is said behind the verb at `index`: past "that", the hearer and the day."""
        at = index + 1
        if self.low(index) in ("told", "tells", "tell"):
            hearer = self.name_from(at)
            at = hearer.last if hearer is not None else at + 1
            at += self.low(at) in SHOWS
        if self.low(at) == "," and self.low(at + 1) in ("citing", "quoting", "according"):
            closed = self.clause_end(at + 2)
            if (self.low(closed), self.low(closed + 1)) == (",", "that"):
                return closed + 2
        if self.low(index) in DENYING and (start := self.rejected(at)):
            return start
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
            is_dated = low in WEEKDAYS or low in MONTHS or low in TIMES or low in (",", ".", ":") or low in ON_A_DAY
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
        if self.low(index) not in ("told", "tells", "tell"):
            return None
        name = self.name_from(index + 1)
        if name is None or not self.is_media(name):
            return None
        for at in range(name.first, name.last - 1):
            if self.low(at).endswith("'s") and self.low(at)[:-2] in MEDIA:
                return self.make(name.first, at + 1, self.keep(name), False, name.is_definite)  # the BBC's Today
        return name

    def that(self, index: int) -> int:
        return index + 1 if self.low(index) == "that" else index

    def clause_end(self, index: int) -> int:
        """The comma or the end of the sentence behind a source, if it is near; else `index`."""
        for at in range(index, min(self.count, index + LONGEST_APPOSITION)):
            if self.low(at) == "," or self.quoted[at] or self.low(at) == ";":
                return at
            if at >= self.count - 1:
                return at
        return index
