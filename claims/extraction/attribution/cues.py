"""Words that say somebody says it: verbs of saying, showing and citing, and what stands around them."""

from __future__ import annotations

from claims.extraction.lexicon import AUXILIARIES, CONJUNCTIONS, PAST_VERBS, PREPOSITIONS, words

# Verbs whose subject asserts what follows.
SAYING = words(
    "said says say saying stated states announced announces claimed claims declared declares reported reports warned warns argued "
    "argues insisted insists noted notes added adds confirmed confirms affirmed affirms reaffirmed emphasised emphasized "
    "emphasises emphasizes stressed stresses acknowledged acknowledges admitted admits alleged alleges asserted asserts estimated "
    "estimates predicted predicts forecast forecasts projected projects explained explains revealed reveals disclosed testified "
    "continued continues reads exclaimed shouted cried quipped tell wrote writes tweeted posted maintained maintains contended "
    "contends concluded concludes suggested suggests believes believed thinks thought reiterated reiterates pledged vowed promised "
    "denied denies dismissed refuted refutes accused accuses rejected rejects remarked recalled clarified complained conceded "
    "cautioned observed told tells vows promises pledges commented boasted joked replied repeated found finds ruled argue claim warn "
    "insist believe think suggest estimate predict allege contend note report"
)

# These need "that" or a quotation behind them: they have other uses.
NEEDS_THAT = words(
    "reports notes claims states estimates forecasts forecast projects adds suggests suggested concluded concludes believed "
    "thought observed repeated recalled maintained maintains posted wrote writes revealed reveals confirmed confirms rejected "
    "rejects accused accuses projected declared declares emphasised emphasized stressed reported argued noted disclosed "
    "acknowledged admitted admits affirmed reaffirmed reiterated reiterates promised pledged vowed announced announces argue claim "
    "warn insist believe think suggest estimate predict allege contend note report conceded commented remarked tweeted replied "
    "explained explains testified boasted joked complained clarified cautioned promises pledges vows denied denies found finds "
    "added continued continues reads exclaimed shouted cried quipped dismissed refuted refutes ruled"
)

# A statement may follow these without "that".
PLAIN = words(
    "said says say told tells tell claimed claims warned warns insisted insists believes thinks stated denied denies"
)

# Only those who can speak do this: whatever stands in front of it is a speaker, known as one or not.
SPOKEN = words(
    "said says say told tells tell warned warns insisted insists denied stated wrote claimed argued alleged reported complained"
)

# Rejected claims that ...: what they say was not so.
CLAIMED = words("claims reports allegations accusations suggestions rumours rumors charges")

DENYING = words("denied denies rejected rejects dismissed refuted refutes")

# What a document, not a person, does: the report found, the survey showed.
SHOWING = words(
    "showed shows found finds indicated indicates revealed reveals suggested suggests estimated estimates concluded says said "
    "states warns warned show find indicate suggest reveal"
)

PUBLISHED = words("reported published obtained seen aired broadcast")

# Figures released by the Treasury.
ISSUED = words("released published issued compiled collected")

# What is confirmed by somebody, they said; "claimed by" tells who did it.
PASSIVE = words("confirmed announced disclosed acknowledged told stated")

CITING = words("citing quoting cited quoted cites quotes")

PRONOUN_SPEAKERS = words("he she they it")

# May stand between a subject and its verb.
BETWEEN = words(
    "has have had also later then recently repeatedly earlier previously publicly again already reportedly once still"
)

TIMES = words(
    "yesterday today earlier later afterwards recently monday morning afternoon evening night week month year last this"
)

ON_A_DAY = words("on in at late early of")

# Behind the name of who was told: the Today programme, the Senate hearing.
SHOWS = words("programme program show podcast hearing audience readers listeners viewers conference")

STATEMENTS = words("speech remarks address statement interview post tweet briefing speech report letter conference")

NO_PHRASE = (
    (PREPOSITIONS - {"of"})
    | AUXILIARIES
    | CONJUNCTIONS
    | SAYING
    | PAST_VERBS
    | CITING
    | words("what how why not there here fact example")
)
