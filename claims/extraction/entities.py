"""The names in a sentence: runs of capitalised words. What they name is left open."""

from __future__ import annotations

from claims.extraction.attribution.kinds import (
    ABBREVIATED,
    ADJECTIVAL,
    BODY_HEADS,
    COUNTS,
    DOCUMENTS,
    MEDIA_HEADS,
    PEOPLE,
)
from claims.extraction.lexicon import FORECAST, MONTHS, OPENERS, PAST_VERBS, WEEKDAYS, words
from claims.extraction.tokens import Token

JOINING = (
    ("von", "der"), ("van", "der"), ("van", "den"), ("de", "la"), ("of", "the"),
    ("of",), ("de",), ("al",), ("bin",), ("ibn",), ("von",), ("van",), ("da",), ("di",), ("du",), ("del",), ("della",), ("la",), ("le",),
)  # fmt: skip
# At the start of a sentence the capital says nothing: these words and endings are common there and in few names.
COMMON = PEOPLE | BODY_HEADS | DOCUMENTS | MEDIA_HEADS | ADJECTIVAL | COUNTS | PAST_VERBS | FORECAST | words(
    "local inflation unemployment turnout crime rainfall output trade growth production demand support work life water food oil gas "
    "wheat bread rent coal steel power traffic travel health care school climate weather snow fog income debt aid foreign public "
    "private national international global total average real net annual monthly weekly daily violent heavy severe extreme new old "
    "young poor rich big small long short high low early late good bad free full hard soft strong weak dead alive nobody someone "
    "children women men people love peace justice art music football research science history nature time money space air land sea "
    "let get go come see take make give keep look think ask call try use find want need please thanks yes no well maybe perhaps "
    "overall indeed image photo video pop major "
        "turnover revenue profit tax rent pay interest credit insurance energy fuel electricity aviation tourism "
    "despite unlike besides regardless whatever whoever asked given based built born left including excluding following citing"
)  # fmt: skip
ENDINGS = (
    "tion",
    "sion",
    "ment",
    "ness",
    "ity",
    "ism",
    "ing",
    "ers",
    "ists",
    "ies",
    "ance",
    "ence",
    "ship",
    "hood",
    "fully",
    "ally",
)
NO_ADVERBS = words("italy sicily emily kelly molly billy sally lily lilly beverly reilly")
# Names that end in s though nothing of them is many.
NO_PLURALS = words(
    "paris texas brussels athens netherlands philippines honduras cyprus laos hamas belarus kansas arkansas illinois wales maldives "
    "damascus caracas lagos algiers tunis naples mars airbus siemens reuters forbes massachusetts dallas houthis texans vegas tass "
    "barclays mercedes starbucks los las jesus james charles thomas niklas lukas hans jonas"
)


def entities(text: str, tokens: list[Token]) -> tuple[str, ...]:
    """Names in order, each once, without a possessive ending: Kim Jong Un, United Nations, Cho Son-hui, F-16."""
    found: dict[str, None] = {}
    index = 0
    while index < len(tokens):
        if not _is_part(tokens, index) or (_opens(tokens, index) and _is_common(tokens, index)):
            index += 1
            continue
        last = _end(tokens, index)
        name = text[tokens[index].start : tokens[last - 1].end]
        found[name[:-2] if name.lower().endswith(("'s", "’s")) else name] = None
        index = last
    return tuple(found)


def _end(tokens: list[Token], index: int) -> int:
    """The token behind the name that starts at `index`."""
    last = index + 1
    while last < len(tokens):
        if tokens[last - 1].low.endswith("'s"):
            return last
        if tokens[last].word == "." and _is_abbreviated(tokens, last):
            last += 1
        elif _is_second(tokens, last):
            last += 2
        elif _is_part(tokens, last) or _is_elided(tokens[last]):
            last += 1
        elif (step := _joined(tokens, last)) > 0:
            last += step
        else:
            return last
    return last


def _is_part(tokens: list[Token], index: int) -> bool:
    if not 0 <= index < len(tokens):
        return False
    token = tokens[index]
    if not token.is_capitalised or token.word == "I" or token.low in WEEKDAYS or token.low in MONTHS:
        return False
    # It's, there's: the word without what an apostrophe adds to it.
    return token.low.partition("'")[0] not in OPENERS or (token.word.isupper() and len(token.word) > 1)


def _opens(tokens: list[Token], index: int) -> bool:
    """Whether the sentence, or a quotation in it, begins here."""
    return index == 0 or not (
        tokens[index - 1].is_word or tokens[index - 1].is_number or tokens[index - 1].word in ",)-."
    )


def _is_common(tokens: list[Token], index: int) -> bool:
    """Whether the word that opens a sentence is a common one, with no other part of a name behind it."""
    token = tokens[index]
    if _is_part(tokens, index + 1) and not (token.low in COMMON and token.low in PEOPLE | COUNTS):
        return False
    if token.word[1:] != token.word[1:].lower() or _end(tokens, index) > index + 1 or token.low.endswith("'s"):
        return False
    is_plural = token.low.endswith("s") and not token.low.endswith("ss") and token.low not in NO_PLURALS
    is_adverb = token.low.endswith("ly") and token.low not in NO_ADVERBS
    return token.low in COMMON or is_plural or is_adverb or token.low.endswith(ENDINGS)


def _is_abbreviated(tokens: list[Token], index: int) -> bool:
    """U.S. Treasury, J. K. Rowling, Mr. Kim: a full stop that belongs to the name it stands in."""
    before = tokens[index - 1]
    if before.end != tokens[index].start:
        return False
    is_initial = len(before.word) == 1 and before.is_capitalised
    if is_initial and index + 1 < len(tokens) and tokens[index].end == tokens[index + 1].start:
        return _is_part(tokens, index + 1)
    is_closed = is_initial and index >= 3 and tokens[index - 2].word == "."  # the second stop of U.S.
    return is_closed or ((is_initial or before.low in ABBREVIATED) and _is_part(tokens, index + 1))


def _is_elided(token: Token) -> bool:
    """Côte d'Ivoire."""
    return token.low[:2] in ("d'", "l'") and len(token.word) > 3 and token.word[2].isupper()


def _joined(tokens: list[Token], index: int) -> int:
    """How many small words at `index` join two parts of one name, the part behind them counted; 0 if they join none."""
    for joint in JOINING:
        if tuple(token.low for token in tokens[index : index + len(joint)]) == joint and _is_part(
            tokens, index + len(joint)
        ):
            return len(joint) + 1
    return 0


def _is_second(tokens: list[Token], index: int) -> bool:
    """Whether a mark here joins a second part: Son-hui, F-16, Johnson & Johnson."""
    if tokens[index].word == "&":
        return _is_part(tokens, index + 1)
    is_joined = tokens[index].word == "-" and _touches(tokens, index) and _touches(tokens, index + 1)
    return is_joined and (tokens[index + 1].is_word or tokens[index + 1].is_number)


def _touches(tokens: list[Token], index: int) -> bool:
    return 0 < index < len(tokens) and tokens[index - 1].end == tokens[index].start
