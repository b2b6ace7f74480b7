"""Text as it is stored, and where its paragraphs, sentences and quotations lie. Plain values.

Every offset counts Unicode code points, so `text[start:end]` is what Python and the database cut out.
All functions take time linear in the length of the text, whatever the text is.
"""

from __future__ import annotations

import hashlib
import itertools
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

import sentencex

# Characters that nobody sees: two texts which differ only in these are the same text.
INVISIBLE = "\u00ad\u034f\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"

# No sentence is longer than this many code points: what follows is cut into further sentences. It also bounds what the
# splitter sees at once, because its cost grows with the square of the number of open quotation marks.
LONGEST_SENTENCE = 4_000

# Lines that a program wrapped are about this wide, in code points: wider ones are whole paragraphs, narrower ones lists.
WRAPPED_WIDTHS = range(40, 101)

OPENING_MARKS = "“«„‟"
CLOSING_MARKS = "”»“"
CLOSERS = "\"”»’')]}›"

# After these a full stop does not end the sentence when a figure, a currency sign or a small letter follows.
BEFORE_A_NUMBER = frozenset(
    "approx ca c est nos no vol pp p art sec fig ch par incl max min avg cf vs circa figs secs para misc excl".split()
)

# Capitalised, these do not end a sentence before a name, a number, or behind an hour a day or a time zone.
BEFORE_A_NAME = frozenset(
    "ms mx messrs ofc ft amb atty ald cllr revd pte cpt spc assoc dep sra srta sig govs profs insp tpr const "
    "jos wm geo chas thos jas robt edw".split()
)
BEFORE_A_DAY = frozenset("mon tue tues wed thu thur thurs fri sat sun".split())
UNITS = frozenset("min sec hr hrs km kg ft lb lbs oz pct mph".split())
MONTHS = frozenset("Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec".split())
HOURS = ("a.m.", "p.m.")
BEHIND_AN_HOUR = frozenset(
    "monday tuesday wednesday thursday friday saturday sunday est edt cst cdt mst mdt pst pdt gmt utc bst cet cest et pt ct".split()
)

SPEECH = frozenset(
    "said says asked asks told replied replies shouted shouts added adds wrote writes cried exclaimed whispered yelled "
    "declared announced insisted warned explained argued continued answered screamed joked tweeted posted read "
    "wondered wonders pleaded demanded responded mused quipped urged laughed sighed chanted exclaims shouts "
    "cries recalled".split()
)

# Labels which open a caption or a link of their own in running text.
LABELS = (
    "Image: ",
    "Images: ",
    "Photo: ",
    "Photos: ",
    "Picture: ",
    "Credit: ",
    "Video: ",
    "Read more: ",
    "See also: ",
)

SENTENCE_STARTERS = frozenset(
    "the a an this that these those it he she they we i you there here in on at for from after before as but and when while "
    "if according however its his her their our some many most all no not nobody what who where why how with by to of".split()
)


class Sentence(NamedTuple):
    """A sentence is `text[start:end]`, without white space around it; `paragraph` counts from 0."""

    start: int
    end: int
    paragraph: int


class Quotation(NamedTuple):
    """`text[start:end]` is a quotation with its marks. `is_closed` is False where a paragraph ends inside it."""

    start: int
    end: int
    is_closed: bool


def normalise_text(text: str) -> str:
    """The text as it is stored: line ends become LF, a leading byte order mark and NUL characters go, nothing else changes.

    Raises ValueError on a lone surrogate, which no UTF-8 file and no database can hold.
    """
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise ValueError(f"not text: lone surrogate at position {error.start}") from None
        text = text.lstrip("\ufeff")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.replace("\0", "") if "\0" in text else text


def fingerprint(text: str) -> str:
    """SHA-256 in hex of what a reader sees: NFC, invisible characters dropped, runs of white space as one space, none at the ends.

    Letters, case and punctuation count. Raises ValueError on a lone surrogate.
    """
    return hashlib.sha256(_folded(text)).hexdigest()


def as_read(text: str) -> str:
    """The normal form behind `fingerprint`."""
    return _folded(text).decode()


# White space as `str.isspace` knows it, within ASCII and beyond.
_WIDE_SPACES = (
    "\u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
_SPACES = bytes.maketrans(b"\t\n\v\f\r\x1c\x1d\x1e\x1f", b" " * 9)


def _folded(text: str) -> bytes:
    """In UTF-8. An import does this for every article: bytes are translated five times as fast as words are split and joined."""
    if not text.isascii():
        # Dropped before composing: an accent behind a zero-width space joins its letter, so the form is stable.
        for character in INVISIBLE:
            if character in text:
                text = text.replace(character, "")
        text = unicodedata.normalize("NFC", text)
        for space in _WIDE_SPACES:
            if space in text:
                text = text.replace(space, " ")
    # Nearly every run is a line end between paragraphs, and one byte is found much faster than two.
    folded = b" ".join(filter(None, text.encode().split(b"\n"))).translate(_SPACES, b"\0")
    while b"  " in folded:  # each pass halves the runs
        folded = folded.replace(b"  ", b" ")
    return folded.strip(b" ")


def paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """Where the paragraphs lie, without white space around them.

    A line end starts a new paragraph, except inside a block of hard-wrapped lines: there the next line's first word
    would not have fitted on the line before.
    """
    for block in _blocks(text):
        width = max(end - start for start, end in block)
        first = block[0]
        for previous, line in itertools.pairwise(block):
            word = text[line[0] : line[1]].split(maxsplit=1)[0] if width in WRAPPED_WIDTHS else ""
            was_wrapped = word[:1].isalnum() and previous[1] - previous[0] + 1 + len(word) > width
            if not was_wrapped:
                yield first[0], previous[1]
                first = line
        yield first[0], block[-1][1]


def _blocks(text: str) -> Iterator[list[tuple[int, int]]]:
    """Runs of lines without an empty line between them, each line as its span without white space."""
    block: list[tuple[int, int]] = []
    offset = 0
    for line in text.splitlines(keepends=True):
        stripped = line.strip()
        if stripped:
            start = offset + len(line) - len(line.lstrip())
            block.append((start, start + len(stripped)))
        elif block:
            yield block
            block = []
        offset += len(line)
    if block:
        yield block


def quotations(text: str) -> list[Quotation]:
    """Quotations in double marks (straight, curly, guillemets), across sentences but never across paragraphs.

    A straight mark opens after a space or an opening bracket and closes otherwise, so one stray mark spoils no other.
    """
    found = []
    for first, last in paragraphs(text):
        opened = -1
        for position in range(first, last):
            character = text[position]
            if opened < 0:
                if character in OPENING_MARKS or (character == '"' and _opens(text, position, first, last)):
                    opened = position
            elif character in CLOSING_MARKS or (character == '"' and not _opens(text, position, first, last)):
                found.append(Quotation(opened, position + 1, is_closed=True))
                opened = -1
        if opened >= 0:
            found.append(Quotation(opened, last, is_closed=False))
    return found


def _opens(text: str, position: int, first: int, last: int) -> bool:
    before = text[position - 1] if position > first else " "
    after = text[position + 1] if position + 1 < last else " "
    return (before.isspace() or before in "([{—–-") and not after.isspace()


def sentences(text: str, language: str = "en") -> list[Sentence]:
    """Every sentence of the text in order: none empty, none overlapping, no visible character left out.

    Quotations are split like other text; a closing mark stays with the sentence it closes, and so does the attribution
    behind it ("Is this true?" she asked.). `language` is an ISO 639 code that chooses the abbreviations.
    """
    found = []
    for number, (first, last) in enumerate(paragraphs(text)):
        for start, end in _split(text, first, last, language or "en"):
            found.append(Sentence(start, end, number))
    return found


def _split(text: str, first: int, last: int, language: str) -> Iterator[tuple[int, int]]:
    pending: tuple[int, int] | None = None
    for start, end in _labelled(text, _pieces(text, first, last, language)):
        if pending is None:
            pending = (start, end)
        elif end - pending[0] <= LONGEST_SENTENCE and _belongs(text, pending, start, end):
            pending = (pending[0], end)
        else:
            yield pending
            pending = (start, end)
    if pending is not None:
        yield pending


def _pieces(text: str, first: int, last: int, language: str) -> Iterator[tuple[int, int]]:
    """What the splitter finds, with closing marks moved back to the sentence they close."""
    while first < last:
        window = text[first : min(last, first + LONGEST_SENTENCE)]
        is_whole = first + len(window) == last
        # Quotation marks make the splitter keep a quotation in one piece; spaces of the same length do not.
        bare = window.translate(_BLANK) if _has_marks(window) else window
        cuts = [boundary["end_index"] for boundary in sentencex.get_sentence_boundaries(language, bare)]
        if not is_whole:
            # The last sentence may go on behind the window; one that fills the window is cut between two words.
            cuts = cuts[:-1] or [window.rfind(" ", len(window) // 2) + 1 or len(window)]
        start = 0
        for cut in cuts:
            end = min(max(cut, start), len(window))
            while end < len(window) and _closes_here(window, end):
                end += 1
            end = _before_opening_mark(window, start, end)
            body = window[start:end]
            stripped = body.strip()
            if stripped:
                left = first + start + len(body) - len(body.lstrip())
                yield left, left + len(stripped)
            start = end
        if is_whole and start < len(window):
            rest = window[start:]
            if rest.strip():
                left = first + start + len(rest) - len(rest.lstrip())
                yield left, left + len(rest.strip())
            return
        first += max(start, 1)


_BLANK = str.maketrans(dict.fromkeys('"“”„‟«»', " "))


def _has_marks(window: str) -> bool:
    return any(mark in window for mark in '"“”„‟«»')


def _closes_here(window: str, position: int) -> bool:
    """Whether the mark at `position` closes what came before, as a note's number does."""
    mark = window[position]
    if mark in "”»¹²³":
        return True
    follows = window[position + 1] if position + 1 < len(window) else " "
    return mark == '"' and (follows.isspace() or follows in ".,;:)]—–-")


def _before_opening_mark(window: str, start: int, end: int) -> int:
    """`end`, moved in front of a mark that opens what comes after it."""
    kept = window[start:end].rstrip()
    if kept[-1:] in tuple("“«„") or (kept[-1:] == '"' and kept[-2:-1].isspace()):
        return start + len(kept) - 1
    return end


def _labelled(text: str, pieces: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The pieces, cut again before a caption and after an omission in brackets that a new sentence follows."""
    for start, end in pieces:
        cuts = [at for label in LABELS if (at := text.find(" " + label, start, end)) >= 0]
        at = text.find("...] ", start, end)
        while at >= 0:
            if text[at + 5 : at + 6].isupper():
                cuts.append(at + 4)
            at = text.find("...] ", at + 5, end)
        cuts += _missed(text, start, end)
        for cut in sorted(cuts):
            if text[start:cut].strip():
                yield start, start + len(text[start:cut].rstrip())
                start = cut + 1
        yield start, end


def _missed(text: str, start: int, end: int) -> Iterator[int]:
    """The spaces behind a sentence in brackets and behind a unit of one letter: (He apologised.) The club; in 9.58 s. It is."""
    opening = text[start]
    if opening in "([":
        closing = text.find(")" if opening == "(" else "]", start, end)
        if closing > 0 and text[closing - 1] in ".!?" and _starts_sentence(text, closing + 1, end):
            yield closing + 1
    at = text.find(". ", start, end)
    while at >= 0:
        written = text[max(start, at - 20) : at].split()
        behind = text[at + 2 : at + 14].split(maxsplit=1)[:1]
        if (
            len(written) > 1
            and behind
            and behind[0][0].isupper()
            and _ends_sentence(written[-2], written[-1], behind[0])
        ):
            yield at + 1
        at = text.find(". ", at + 2, end)


def _ends_sentence(number: str, unit: str, behind: str) -> bool:
    """Whether a unit behind a number, or a month without a day, is the last word of its sentence: in 9.58 s. It is."""
    if unit in ("s", "m", "g"):
        return number[-1].isdigit() and behind.lower() in SENTENCE_STARTERS
    if unit in UNITS:
        return number[:1].isdigit()
    return unit in MONTHS and number.islower()


def _starts_sentence(text: str, space: int, end: int) -> bool:
    first = text[space:end].lstrip(" ")[:1]
    return first != text[space:end][:1] and bool(first) and (first.isupper() or first in '“"([')


def _belongs(text: str, left: tuple[int, int], start: int, end: int) -> bool:
    """Whether the piece `text[start:end]` continues the sentence `left`."""
    before, after = text[left[0] : left[1]], text[start:end]
    if not any(character.isalnum() for character in after):
        return not any(character > "\u2fff" for character in after)  # marks belong to what they follow, emoji need not
    follows = after.lstrip("\"“„«'‘([ ")[:1]
    closed = before[-1] in CLOSERS
    if closed and before.rstrip(CLOSERS)[-1:] in ("?", "!", "…") and _is_attribution(after):
        return True
    if follows.islower():
        return before[:1].isupper() or closed or not before[:1].isalpha()
    if before.endswith(".") and not closed:
        return _is_abbreviated(before, after, follows, touches=left[1] == start)
    return False


def _is_abbreviated(before: str, after: str, follows: str, *, touches: bool) -> bool:
    """Whether the full stop that `before` ends with belongs to its last word or its number, and no sentence ends there."""
    if before[:-1].isdecimal() and len(before) <= 4:
        return True  # 1. The tax rises.
    written = before[-24:-1].rsplit(None, 1)[-1].lstrip("\"'“‘([") if before[:-1].strip() else ""
    word = written.lower()
    if word in BEFORE_A_NUMBER:
        return follows.isdigit() or follows in "$€£¥₽"
    if written[:1].isupper() and word in BEFORE_A_NAME | BEFORE_A_DAY:
        return follows.isupper() if word in BEFORE_A_NAME else follows.isdigit()
    if touches and len(word) > 1 and not word[-2].isalpha() and word[-1].isalpha():
        return follows.isalpha()  # R-S.C.
    first = after.split(maxsplit=1)[0].strip(".,;:").lower()
    return before.lower().endswith(HOURS) and first in BEHIND_AN_HOUR


def _is_attribution(after: str) -> bool:
    """Whether a piece that follows "...!" or "...?" and its closing mark names the speaker: he asked, Mr. Kim shouted."""
    words = after.split(maxsplit=5)[:5]
    return any(word.strip(".,:;—") in SPEECH for word in words[:4]) and words[0].strip(",").lower() not in SENTENCE_STARTERS - {
        "he", "she", "they", "it", "we", "i",
    }  # fmt: skip


def places_of(text: str, words: str, most: int = 100) -> list[tuple[int, int]]:
    """Where `words` stand in `text`, as (start, end) in code points: in order, without overlaps, at most the first `most`.

    Runs of white space count as one space, as whoever copies from a page or types from a screen has them.
    """
    wanted = " ".join(words.split())
    if not wanted:
        return []
    # The text with its white space folded, and where each of its characters came from.
    folded: list[str] = []
    origins: list[int] = []
    for position, character in enumerate(text):
        if not character.isspace():
            folded.append(character)
            origins.append(position)
        elif folded and folded[-1] != " ":
            folded.append(" ")
            origins.append(position)
    haystack = "".join(folded)
    found: list[tuple[int, int]] = []
    at = haystack.find(wanted)
    while at >= 0 and len(found) < most:
        last = at + len(wanted)
        found.append((origins[at], origins[last - 1] + 1))
        at = haystack.find(wanted, last)
    return found
