"""Whether a statement is asserted, foreseen, conditional or denied. English."""

from __future__ import annotations

import itertools

from claims.extraction.base import Modality
from claims.extraction.lexicon import AUXILIARIES, DETERMINERS, PAST_VERBS, PREPOSITIONS, words
from claims.extraction.tokens import Token

WILL_BE = words("will would might may could shall won't wouldn't couldn't 'll")
FORESEEN = words(
    "expected projected forecast forecasts predicted predicts predict projects anticipated poised likely unlikely"
)
PLANNED = words(
    "plans plan planned intends intend intended set due aims aim hopes pledged pledges threatened threatens promised promises "
    "vowed vows poised"
)
# In front of "to": the firm is going to close, is about to close, is on course to close.
AHEAD = words("going about course track")
# Whose subject foresees what follows: the IMF forecasts growth.
FORESEEING = words("forecasts forecast predicts predict expects expect anticipates anticipate foresees foresee")
NO_OBJECT = AUXILIARIES | PREPOSITIONS | words(", . ; :") - words("that")
# If needed, if not all: no condition that the statement depends on.
NO_CONDITION = words("needed necessary possible any not only ever required applicable anything") | {""}
CONDITIONS = ("provided that", "providing that", "but for", "in case of", "as long as", "in the event of")
# The will of the king, its might.
HOLDERS = words("the a his her their its our my your free political good living own")
# The aim is to cut costs.
PURPOSES = words("aim goal task purpose idea job way key point duty role")
# Due to rain is a reason, due to open is a plan.
REASONS = words(
    "heavy bad high low poor severe strong lack technical human political economic financial mechanical rain snow fog drought war "
    "illness injury fire storm extreme lower higher weak damage staff safety security health weather"
)
# "May have fallen" and "would have cost" look back.
MIGHT = words("would might may could wouldn't couldn't")
PARTICIPLES = PAST_VERBS | words(
    "been gone done seen cost hurt put shut let thought sought felt meant met led fled become begun"
)
BE = words("is are was were be been")


def find(tokens: list[Token], content: list[int], *, is_denied: bool) -> Modality:
    """Whether a statement asserts, foresees or depends on something; `content` are its tokens, outside the frames that name its source."""
    if is_denied:
        return "denied"
    lows = [tokens[index].low for index in content]
    if set(lows) & (WILL_BE | {"can", "should"}) and _has_condition(lows):
        return "conditional"
    for place, (index, low) in enumerate(zip(content, lows, strict=True)):
        before, behind = _low(tokens, index - 1), _low(tokens, index + 1)
        if low in WILL_BE and not _is_noun(tokens, index):
            # Could not see is what was.
            if _is_subordinate(lows, place) or low == "couldn't" or (low == "could" and behind == "not"):
                continue
            if low in MIGHT and (_is_past(tokens, index) or ("used" in lows and low == "would")):
                continue
            return "forecast"
        if low in FORESEEING and not _names_a_forecast(before) and behind not in NO_OBJECT:
            return "forecast"
        if low in AHEAD and behind == "to" and (low != "going" or _is_verb(tokens, index + 2)):
            return "forecast"
        is_ahead = low in BE and behind == "to" and before not in PURPOSES and _low(tokens, index + 2) != "have"
        if is_ahead and _is_verb(tokens, index + 2):
            return "forecast"
        if low in FORESEEN and _is_followed_by_to(tokens, index):
            return "forecast"
        if low == "scheduled" and behind in ("for", "to", "on"):
            return "forecast"
        if low == "due" and tokens[index - 1].low in BE and _is_dated(tokens, index):
            return "forecast"
        if low in PLANNED and _is_followed_by_to(tokens, index) and (low != "due" or _is_planned(tokens, index)):
            return "forecast"
    return "asserted"


def _is_past(tokens: list[Token], index: int) -> bool:
    at = index + 1
    while at < len(tokens) and (tokens[at].low == "not" or tokens[at].low.endswith("ly")):
        at += 1
    if at + 1 >= len(tokens) or tokens[at].low != "have":
        return False
    return tokens[at + 1].low in PARTICIPLES or tokens[at + 1].low.endswith(("ed", "en", "wn"))


def _is_dated(tokens: list[Token], index: int) -> bool:
    """Is due on Sunday; not: is due in part to the drought."""
    after = [token.low for token in tokens[index + 1 : index + 3]]
    return (
        len(after) == 2 and after[0] in ("on", "in", "by", "at", "next", "this") and after[1] not in ("part", "large")
    )


def _is_planned(tokens: list[Token], index: int) -> bool:
    """Whether "due to" tells a plan (due to open) and not a reason (due to the drought)."""
    if index == 0 or index + 2 >= len(tokens) or tokens[index - 1].low not in BE:
        return False
    behind = tokens[index + 2]
    return behind.is_word and not (
        behind.low in DETERMINERS | REASONS or behind.is_capitalised or behind.low.endswith(("s", "ing"))
    )


def _is_followed_by_to(tokens: list[Token], index: int) -> bool:
    return index + 1 < len(tokens) and tokens[index + 1].low in ("to", "that")


def _low(tokens: list[Token], index: int) -> str:
    return tokens[index].low if 0 <= index < len(tokens) else ""


def _is_subordinate(lows: list[str], place: int) -> bool:
    """Those who may not speak, where he could leave: a word of possibility inside a relative clause."""
    for step in range(place - 1, max(-1, place - 4), -1):
        if lows[step] in (",", ";", ":", "and", "but"):
            return False
        if lows[step] in ("who", "which", "whom", "whose", "where", "whether", "how", "why", "what"):
            return step > 0
    return False


def _has_condition(lows: list[str]) -> bool:
    """If, unless, provided that; should talks fail, had it rained; without it."""
    has_if = any(low == "if" and behind not in NO_CONDITION for low, behind in itertools.pairwise([*lows, ""]))
    if has_if or "unless" in lows or (lows and lows[0] in ("should", "had", "were")):
        return True
    if lows and lows[0] == "without" and "," in lows:
        return True
    said = f" {' '.join(lows)} "
    return any(f" {cue} " in said for cue in CONDITIONS)


def _is_noun(tokens: list[Token], index: int) -> bool:
    """The month of May, the will of the king."""
    if tokens[index].low == "may":
        return tokens[index].is_capitalised
    before = _low(tokens, index - 1)
    return tokens[index].low in ("will", "might") and (before in HOLDERS or before.endswith("'s"))


def _names_a_forecast(before: str) -> bool:
    return (
        before in DETERMINERS | PREPOSITIONS | BE
        or before.endswith("'s")
        or before in ("latest", "earlier", "previous", "")
    )


def _is_verb(tokens: list[Token], index: int) -> bool:
    """Whether the word behind "to" may be a verb: no article, name, number or noun of blame."""
    if not 0 <= index < len(tokens) or not tokens[index].is_word or tokens[index].is_capitalised:
        return False
    low = tokens[index].low
    return low not in DETERMINERS | PREPOSITIONS and low not in (
        "blame",
        "date",
        "him",
        "them",
        "me",
        "us",
        "school",
        "work",
    )
