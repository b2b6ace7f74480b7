"""Which words of a sentence are the statement, without those that only name its source.

The frame is left out only where what remains is certainly a whole clause: a mutilated claim is worse than the sentence
with its "said". Where in doubt the answer is None, and the sentence stays as it stands.
"""

from __future__ import annotations

from claims.extraction.attribution import quoted_tokens
from claims.extraction.attribution.cues import CITING, PLAIN, SAYING, TIMES
from claims.extraction.attribution.kinds import MEDIA
from claims.extraction.lexicon import (
    AUXILIARIES,
    CONJUNCTIONS,
    DETERMINERS,
    FIRST_PERSON,
    MONTHS,
    OPENERS,
    PAST_VERBS,
    PREPOSITIONS,
    WEEKDAYS,
    words,
)
from claims.extraction.quantities.changes import DOWN, MULTIPLY, UP
from claims.extraction.reading import Reading
from claims.extraction.tokens import Token

MARKS = '"“”«»„'
CLOSING = {'"': '"', "“": "”", "«": "»", "„": "“"}
# May open the sentence in front of the frame, and go with it.
OPENING_WORDS = words(
    "however meanwhile instead moreover furthermore additionally earlier still but and yet so then nevertheless"
)
# The speaker goes on with these: what follows belongs to the frame that would be gone.
GOING_ON = words(
    "adding saying citing noting warning stressing arguing insisting calling describing urging referring quoting blaming "
    "accusing promising pledging telling claiming explaining suggesting denying pointing quipping writing"
)
TELLING = SAYING | CITING | words("called calls asked asks urged urges described describes blamed blames vowed spoke")
# A statement without "that" does not begin with these.
UNFIT = (
    PREPOSITIONS
    | CONJUNCTIONS
    | SAYING
    | words(
        "goodbye hello farewell yes sorry thanks something nothing anything too also only just otherwise to ahead shortly soon "
        "earlier later yesterday today last how why what"
    )
)
CONTINUING = (PREPOSITIONS | CONJUNCTIONS | words("compared which")) - words("and but or nor so yet who that")
# What follows these in the words about the speaker is more than words about the speaker.
TURNING = words("but although though while whereas because if unless despite nor that yet")
MORE_VERBS = words(
    "fled met fought thought knew saw wrote felt drew broke drove flew froze threw shut hurt sank stood understood led fed beat "
    "caught chose dealt ate forgot kept meant read sought spoke stole struck swore taught tore wore withdrew cost quit spread "
    "burst got let put ran sat slept stuck swept swam told "
    "earn earns live lives work works run runs use uses buy sell spend hold face rely play grow die lose win pay cost costs "
    "go come need want know mean make take give get see live pay remain become exist depend oppose support lack own lie"
)
FINITE = AUXILIARIES | PAST_VERBS | MORE_VERBS | UP | DOWN | frozenset(MULTIPLY)
THIRD_PERSON = words("he she him his her hers himself herself he's she's he'd she'd he'll she'll")
LEAST_WORDS = 2
LONGEST_OCCASION = 12


def quotation(reading: Reading) -> list[int] | None:
    """The tokens between the marks, where the sentence is direct speech, or direct speech and its frame; else None."""
    tokens = reading.tokens
    marks = [index for index, token in enumerate(tokens) if token.word in MARKS]
    frames = reading.attribution.frames
    if not frames:
        return _all_spoken(tokens, marks) if reading.is_quoted else None
    quoted = quoted_tokens(tokens)
    if quoted[0] and (frames[0][0] > 0 or tokens[0].word in MARKS):
        close = next((index for index in marks if index > 0), None)
        if close is None or marks[-1] != close or not _starts_behind(tokens, frames[0][0], close):
            return None
        return _spoken(tokens, 1 if tokens[0].word in MARKS else 0, close) if _only_names(tokens, close + 1) else None
    first = _behind_frame(reading)
    if first is None or len(marks) != 2 or marks[0] != first or marks[1] < len(tokens) - 2:
        return None
    if len(frames) > 1 or (marks[1] == len(tokens) - 2 and tokens[-1].word not in ".!?"):
        return None
    return _spoken(tokens, marks[0] + 1, marks[1])


def clause(reading: Reading) -> list[int] | None:
    """The tokens of the statement in indirect speech, without a mark at its end; None where no frame can safely go."""
    tokens, said = reading.tokens, reading.attribution
    if not said.frames:
        return None
    framed = {index for first, last in said.frames for index in range(first, last)}
    behind = last = len(tokens)
    while last and tokens[last - 1].word in ".!?…":
        last -= 1
    # A comma between two frames belongs to them.
    framed |= {
        index for index in range(1, last) if tokens[index].word == "," and {index - 1, index + 1} & framed
        and (index - 1 in framed or index == 0) and (index + 1 in framed or index + 1 == last)
    }  # fmt: skip
    first = 0
    is_cut_left = False
    if (start := _behind_frame(reading)) is not None:
        first, is_cut_left = start, True
        if tokens[first].word in MARKS and tokens[first - 1].low != "that":
            return None  # direct speech and more: what goes on behind it may be the speaker's deed
    is_cut_right = last > 0 and last - 1 in framed
    if is_cut_right:
        while last > first and last - 1 in framed:
            last -= 1
        if not _is_tail(tokens, last):
            return None
    while last > first and tokens[last - 1].word in ",;:–—-":
        last -= 1
    content = list(range(first, last))
    inner = [index for index in content if index in framed]
    if inner:
        if inner != list(range(inner[0], inner[-1] + 1)) or not _is_parenthesis(tokens, content, inner):
            return None
        if not _has_verb(tokens, list(range(first, inner[0]))):
            return None
        content = [index for index in content if index not in framed]
    if not (is_cut_left or is_cut_right or inner) or not _is_whole(reading, content, is_cut_left):
        return None
    return content if is_cut_right else [*content, *range(content[-1] + 1, behind)]


def _all_spoken(tokens: list[Token], marks: list[int]) -> list[int] | None:
    first, last = 0, len(tokens)
    if marks and marks[0] == 0:
        first, marks = 1, marks[1:]
    if marks and marks[-1] >= len(tokens) - 2:
        last, marks = marks[-1], marks[:-1]
    return _spoken(tokens, first, last) if not marks else None


def _spoken(tokens: list[Token], first: int, last: int) -> list[int] | None:
    while last > first and tokens[last - 1].word == ",":
        last -= 1
    content = list(range(first, last))
    opening = tokens[first].low if content else ""
    if opening in ("because", "and", "or", "that", ".", "which", "who") or opening.endswith("ing"):
        return None
    return content if _has_verb(tokens, content) else None


def _starts_behind(tokens: list[Token], first: int, close: int) -> bool:
    return first in (close, close + 1) or (first == close + 2 and tokens[close + 1].word == ",")


def _only_names(tokens: list[Token], first: int) -> bool:
    """Whether what stands behind a quotation says no more than whose it is, where and when."""
    lows = [token.low for token in tokens[first:]]
    return not TURNING & set(lows) and sum(low in PLAIN for low in lows) <= 1 and not GOING_ON & set(lows)


def _behind_frame(reading: Reading) -> int | None:
    """The first token behind a frame that opens the sentence and certainly ends where the statement begins."""
    tokens = reading.tokens
    frames = reading.attribution.frames
    start = 0
    if len(tokens) > 2 and tokens[0].low in OPENING_WORDS:
        start = 2 if tokens[1].word == "," else 1
    if frames[0][0] not in (0, start):
        return None
    first, last = frames[0]
    for more in frames[1:]:
        if more[0] != last:
            break
        last = more[1]
    if last >= len(tokens):
        return None
    before, behind = tokens[last - 1], tokens[last]
    if before.low == "that":
        return last if behind.word not in ",;:" else None
    if behind.word in MARKS:
        return last
    if before.word in ",–—-:":
        is_place = tokens[first].low in ("according", "as") or before.word != ","
        return last if is_place and not _is_apposition(tokens, last) else None
    if behind.word in ":," and last + 1 < len(tokens) and tokens[last + 1].word in MARKS:
        return last + 1
    cues = {token.low for token in tokens[first:last]}
    is_plain = before.low in PLAIN or (
        cues & PLAIN and (before.low in WEEKDAYS or before.low in MONTHS or before.low in TIMES or before.is_number)
    )
    is_told = bool(cues & {"told", "tells", "tell"}) and (
        before.is_capitalised or before.low in MEDIA or before.low.endswith("s")
    )
    if not (is_plain or is_told) or not _is_subject(tokens, last):
        return None
    if any(token.word == ":" for token in tokens[last : last + LONGEST_OCCASION]):
        return None  # told the paper ahead of the release: ...
    return last


def _is_apposition(tokens: list[Token], index: int) -> bool:
    """Whether a name in commas follows: according to the coach, Ada Holm, ..."""
    at = index
    while at < len(tokens) and tokens[at].is_capitalised and tokens[at].low not in OPENERS:
        at += 1
    return at > index and at < len(tokens) and tokens[at].word == ","


def _is_subject(tokens: list[Token], index: int) -> bool:
    token = tokens[index]
    if not (token.is_word or token.is_number or token.word in "$€£¥₽"):
        return False
    if token.low in UNFIT and not token.is_capitalised:
        return False
    return not token.low.endswith(("ing", "ly")) or token.is_capitalised


def _is_tail(tokens: list[Token], first: int) -> bool:
    """Whether the frame that ends the sentence and starts at `first` stands behind a comma, and holds no second statement."""
    lows = [token.low for token in tokens[first:]]
    if any(token.word in MARKS for token in tokens[first:]) or TURNING & set(lows):
        return False
    # "..., argues X, has created": the statement goes on behind its frame.
    if sum(low in PLAIN for low in lows) > 1 or (AUXILIARIES & set(lows[3:]) and not {"who", "as"} & set(lows)):
        return False
    if "according" in lows[:2]:
        return True
    return tokens[first].word == "," or (first > 0 and tokens[first - 1].word == ",")


def _is_parenthesis(tokens: list[Token], content: list[int], inner: list[int]) -> bool:
    """Whether a frame inside the statement stands between commas: the ferries, she said, have doubled."""
    first, last = inner[0], inner[-1]
    opens = tokens[first].word == "," or tokens[first - 1].word == ","
    closes = tokens[last].word == "," or (last + 1 < len(tokens) and tokens[last + 1].word == ",")
    behind = last + 1 if tokens[last].word == "," else last + 2
    if not (opens and closes and behind in content):
        return False
    last_word = tokens[first - 1].low if tokens[first - 1].is_word else tokens[first - 2].low
    if last_word in CONJUNCTIONS | PREPOSITIONS:
        return False
    # Behind it a clause or phrase of its own: between subject and verb the comma would stay.
    return tokens[behind].low in CONTINUING


def _is_whole(reading: Reading, content: list[int], is_cut_left: bool) -> bool:
    tokens = reading.tokens
    if sum(tokens[index].is_word for index in content) < LEAST_WORDS:
        return False
    text = reading.text[tokens[content[0]].start : tokens[content[-1]].end]
    if missing_marks(text) != ("", "") or any(tokens[index].low in FIRST_PERSON for index in content):
        return False
    is_that = is_cut_left and tokens[content[0] - 1].low in ("that", ",")
    if not is_that and not _has_verb(tokens, content):
        return False
    ending = tokens[content[-1]]
    if ending.low in PREPOSITIONS - {"before", "since", "below", "above", "behind", "off", "in", "on", "near", "over"}:
        return False
    if ending.low in DETERMINERS - {
        "this",
        "that",
        "these",
        "those",
        "all",
        "both",
        "each",
        "some",
        "any",
        "another",
        "her",
    }:
        return False
    return not _goes_on(tokens, content, is_that) and _knows_whom(reading, content)


def _goes_on(tokens: list[Token], content: list[int], is_that: bool) -> bool:
    """Whether a second verb inside may have the speaker as its subject: ..., adding that; and said; but that."""
    for index in content[1:-1]:
        low, behind = tokens[index].low, tokens[index + 1].low
        if low == "," and behind in GOING_ON:
            return True
        if low not in ("and", "but", "or", "then"):
            continue
        if behind in ("then", "also", "later") or behind.endswith("ly"):
            behind = tokens[min(index + 2, content[-1])].low
        if behind == "that" or behind in TELLING:
            return True
        if not is_that and (behind in PAST_VERBS or (behind.endswith("ed") and len(behind) > 4)):
            return True
    return False


def _knows_whom(reading: Reading, content: list[int]) -> bool:
    """Whether no "he" or "her" inside the statement can mean a speaker whose name would be gone with the frame.

    One at its start is resolved elsewhere, and then the others go with it.
    """
    if reading.tokens[content[0]].low in THIRD_PERSON:
        return True
    hops = reading.attribution.hops
    if hops and all(hop.role != "speaker" for hop in hops):
        return True
    return not any(reading.tokens[index].low in THIRD_PERSON for index in content)


def _has_verb(tokens: list[Token], content: list[int]) -> bool:
    for index in content[1:]:
        token = tokens[index]
        low = token.low
        if low in FINITE or (low.endswith(("n't", "'re", "'ve", "'ll", "'d")) and token.is_word):
            return True
        if low in ("it's", "that's", "there's", "he's", "she's", "what's", "here's"):
            return True
        is_plain = token.is_word and not token.is_capitalised and len(low) > 3
        if is_plain and low.endswith("ed"):
            return True
        before = tokens[index - 1].low if index else ""
        is_present = is_plain and low.endswith("s") and not low.endswith(("ss", "us", "'s"))
        behind = tokens[index + 1] if index < content[-1] else token
        has_object = behind.is_number or behind.low in DETERMINERS or behind.low in ("to", "that")
        if is_present and has_object and before not in DETERMINERS | PREPOSITIONS and not tokens[index - 1].is_number:
            return True
    return False


def missing_marks(text: str) -> tuple[str, str]:
    """The opening marks that a text lacks in front and the closing marks that it lacks at its end."""
    front: list[str] = []
    opened: list[str] = []
    for position, mark in enumerate(text):
        if mark not in MARKS:
            continue
        is_curly = mark in "“«„" and not (mark == "“" and opened and opened[-1] == "„")
        is_straight = mark == '"' and not (opened and opened[-1] == '"') and _opens(text, position)
        if is_curly or is_straight:
            opened.append(mark)
        elif opened and CLOSING[opened[-1]] == mark:
            opened.pop()
        else:
            front.insert(0, {"”": "“", "»": "«", "“": "„"}.get(mark, mark))
    missing = "".join(front), "".join(CLOSING[mark] for mark in reversed(opened))
    # Straight marks do not say which of them is alone: one more is enough, at the end that lacks it.
    one = '"' * (text.count('"') % 2)
    before, after = (side.replace('"', "") for side in missing)
    return (one + before, after) if '"' in missing[0] else (before, after + one)


def _opens(text: str, position: int) -> bool:
    before = text[position - 1] if position else " "
    after = text[position + 1] if position + 1 < len(text) else " "
    return (before.isspace() or before in "([{—–-“«'‘") and not after.isspace()
