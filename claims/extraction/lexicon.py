"""Word lists shared by the rules, in lower case with straight apostrophes."""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan",
            "february feb",
            "march mar",
            "april apr",
            "may",
            "june jun",
            "july jul",
            "august aug",
            "september sept sep",
            "october oct",
            "november nov",
            "december dec",
        ),
        start=1,
    )
    for name in names.split()
}

WEEKDAYS = words("monday tuesday wednesday thursday friday saturday sunday")

PRONOUNS = words("he she they it we i you")

AUXILIARIES = words(
    "is are was were be been being am has have had having do does did will would can could may might shall should must "
    "isn't aren't wasn't weren't hasn't haven't hadn't doesn't don't didn't won't wouldn't can't couldn't"
)

PREPOSITIONS = words(
    "of in on at to from by for with about against between into through during before after above below over under since "
    "until till within without off among across behind beyond near despite per via than toward towards upon amid around like"
)

CONJUNCTIONS = words(
    "and or but nor so yet while whereas although though because if unless when where which who whom that as"
)

DETERMINERS = words(
    "the a an this that these those its his her their our my your some any each every no all both another"
)

POSSESSIVES = words("his her their its")

FIRST_PERSON = words("i me my mine we us our ours i'm i've i'd i'll we're we've we'd we'll")

# Words that open a sentence with a capital letter and are no name.
OPENERS = (
    PRONOUNS
    | PREPOSITIONS
    | CONJUNCTIONS
    | DETERMINERS
    | words(
        "there here what how why whose then now however moreover meanwhile also even still only just instead earlier later "
        "yesterday today tomorrow according not more most many much few several nearly almost half one two three four five "
        "six seven eight nine ten once such other others last next first second third under once nobody none everyone"
    )
)

FORECAST = words(
    "will would might may could shall won't wouldn't forecast forecasts forecasted projected projects predicts predicted "
    "predict expected expects expect anticipates anticipated plans planned plan intends intend poised set likely unlikely"
)

# Common verbs in the past tense that a rule on endings would miss, or meet most in news.
PAST_VERBS = words(
    "was were had did rose fell grew killed died won lost cut raised spent made gave took went came became began sent said signed "
    "voted passed built bought sold paid left held ran brought arrested charged found hit shot attacked destroyed seized banned "
    "approved rejected launched announced deployed injured wounded opened closed increased decreased declined dropped doubled tripled"
)
