"""The words of a claim as they are compared: without endings, without what says nothing, one for all that say the same. English."""

from __future__ import annotations

from collections.abc import Iterable

from claims.extraction.lexicon import words
from claims.extraction.tokens import Token

# What two claims may differ in and still say the same.
SAYS_NOTHING = words(
    "a an the this that these those there here it its it's they their them he his him she her hers we our us you "
    "your i my and or but as than so such of in on at by to from for with into onto over about per cent via upon "
    "among within since during between is are was were be been being has have had do does did will would can could "
    "shall may might which who whom whose what when where while because although though also now already just then "
    "still even currently recently officially reportedly according altogether very go goes went gone going "
)
# And these of who says it; what was announced and what is are two things.
SAYING = words("said says say told tells added adds reported reports announced announces stated states according")
# What makes another statement of the same words.
NEGATIONS = words(
    "not no never nobody none nothing nowhere neither nor without cannot hardly barely deny denies denied denying fails failed"
)

# Words of one group say the same here; the first stands for all.
SAME = (
    "rise rises rose risen rising increase grow grows grew grown climb soar jump surge",
    "fall falls fell fallen drop decline decrease sink sank sunk shrink shrank plunge plummet",
    "kill slay slain die dies died dying dead death lost-life",
    "people person persons inhabitants",
    "buy buys bought purchase acquire",
    "sell sells sold",
    "build builds built building construct",
    "pay pays paid",
    "cost costs costing price",
    "start begin began begun",
    "stop halt end cease",
    "big large huge",
    "car cars automobile",
    "kid child children",
    "doctor physician",
    "company firm",
    "minister ministers",
    "lead leads led",
    "lose loses lost",
    "win wins won",
    "spend spends spent",
    "leave leaves left",
    "send sends sent",
    "give gives gave given",
    "take takes took taken",
    "make makes made",
    "shut close",
    "injured hurt wounded wound injure",
    "man men",
    "woman women",
    "percent percentage",
)
# Words of different sets in one row exclude each other.
APART = (
    ("rise", "fall"),
    ("kill", "injured", "missing", "arrest", "rescue"),
    ("high", "low"),
    ("highest", "lowest"),
    ("large", "small"),
    ("largest", "smallest"),
    ("more", "less fewer"),
    ("most", "least fewest"),
    ("above", "below under"),
    ("before until", "after since"),
    ("first", "last"),
    ("win", "lose"),
    ("buy", "sell"),
    ("import", "export"),
    ("accept approve", "reject refuse"),
    ("ban forbid", "allow permit legalise"),
    ("support", "oppose reject"),
    ("for", "against"),
    ("start open", "stop shut"),
    ("hire", "fire dismiss"),
    ("man male", "woman female"),
    ("boy", "girl"),
    ("north northern", "south southern", "east eastern", "west western"),
    ("left", "right"),
    ("guilty convict", "innocent acquit"),
    ("birth born", "kill"),
    ("profit", "loss"),
    ("arrive", "depart leave"),
    ("old older oldest", "young younger youngest"),
    ("early earlier", "late later"),
    ("day daily", "week weekly", "month monthly", "year yearly annual annually"),
    ("minimum", "maximum"),
    ("public", "private"),
    ("legal", "illegal"),
    ("some", "all"),
    ("half", "whole"),
    ("only", "also"),
)

_ENDINGS = ("'s", "'", "ies", "ing", "ed", "es", "s", "ly")


def stem(word: str) -> str:
    """A word in lower case without its ending; where there are several, the one word that stands for all that say the same."""
    if word in _SAME:
        return _SAME[word]
    bare = _bare(word)
    return _SAME.get(bare, bare)


def _bare(word: str) -> str:
    for ending in _ENDINGS:
        rest = word.removesuffix(ending)
        if rest == word or (len(rest) < 3 and not ending.startswith("'")):
            continue
        if ending.startswith("'"):
            return _bare(rest)
        if ending == "ies":
            return rest + "y"
        if ending == "es" and (len(rest) < 4 or not rest.endswith(("s", "x", "z", "ch", "sh", "o"))):
            continue  # game, games
        if ending == "s" and rest.endswith(("s", "u", "i")):
            return word
        if ending in ("ing", "ed") and len(rest) > 3 and rest[-1] == rest[-2] and rest[-1] not in "ls":
            rest = rest[:-1]
        elif ending in ("ing", "ed") and _is_short(rest):
            return rest + "e"  # rated, rate
        return rest.removesuffix("e") if len(rest) > 4 else rest
    return word.removesuffix("e") if len(word) > 4 else word


def _is_short(rest: str) -> bool:
    """Three letters with a vowel in the middle, and none that may double."""
    return len(rest) == 3 and rest[0] not in "aeiou" and rest[1] in "aeiou" and rest[2] not in "aeiouwxy"


_SAME: dict[str, str] = {}
for _row in SAME:
    _first, *_ = _row.split()
    for _word in _row.split():
        _SAME[_word] = _SAME[_bare(_word)] = _first


def content(tokens: Iterable[Token], idle: frozenset[str] = SAYS_NOTHING) -> tuple[str, ...]:
    """The stems of the words that say something, in their order, each once."""
    telling = (token.low for token in tokens if token.is_word and token.low not in idle)
    # Whether it is denied is asked for itself: "wasn't" is "was not".
    return tuple(dict.fromkeys(stem(low) for low in telling if low not in NEGATIONS and not low.endswith("n't")))


_APART = tuple(tuple({stem(word) for word in side.split()} | set(side.split()) for side in row) for row in APART)


def opposites(ours: Iterable[str], theirs: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs of words, one of each text, that exclude each other; of words in lower case."""
    mine, others = {*ours, *map(stem, ours)}, {*theirs, *map(stem, theirs)}
    found = []
    for row in _APART:
        here = [number for number, side in enumerate(row) if side & mine]
        there = [number for number, side in enumerate(row) if side & others]
        if here and there and not set(here) & set(there):
            found.append((min(row[here[0]] & mine), min(row[there[0]] & others)))
    return found
