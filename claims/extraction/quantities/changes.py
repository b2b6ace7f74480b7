"""Words of change: rise, fall, double, threefold."""

from __future__ import annotations

from claims.extraction.base import Direction
from claims.extraction.lexicon import words
from claims.extraction.quantities.units import DURATIONS

MULTIPLY = {
    **dict.fromkeys(("double", "doubles", "doubled", "doubling"), 2.0),
    **dict.fromkeys(("triple", "triples", "tripled", "tripling", "treble", "trebles", "trebled", "trebling"), 3.0),
    **dict.fromkeys(("quadruple", "quadruples", "quadrupled", "quadrupling"), 4.0),
    **dict.fromkeys(("quintuple", "quintuples", "quintupled", "quintupling"), 5.0),
    **dict.fromkeys(("halve", "halves", "halved", "halving"), 0.5),
}

FOLD = {
    "twofold": 2.0, "threefold": 3.0, "fourfold": 4.0, "fivefold": 5.0, "sixfold": 6.0, "sevenfold": 7.0,
    "eightfold": 8.0, "ninefold": 9.0, "tenfold": 10.0, "hundredfold": 100.0, "thousandfold": 1000.0,
}  # fmt: skip

UP = words(
    "rise rises rose risen rising raise raises raised raising increase increases increased increasing grow grows grew grown "
    "growing climb climbs climbed climbing jump jumps jumped jumping surge surges surged surging soar soars soared soaring "
    "gain gains gained gaining leap leaps leapt leaped swell swells swelled swollen expand expands expanded expanding up "
    "spike spikes spiked crept boosted boosts boost hiked lifted lifts rebounded strengthened quickened intensified "
    "rocketed skyrocketed ballooned accelerate accelerated accelerates widen widens widened advanced rallied"
)

DOWN = words(
    "fall falls fell fallen falling drop drops dropped dropping decline declines declined declining decrease decreases "
    "decreased decreasing shrink shrinks shrank shrunk shrinking plunge plunges plunged plunging slump slumps slumped tumble "
    "tumbles tumbled tumbling slide slides slid sliding sink sinks sank sunk dip dips dipped cut cuts cutting reduce reduces "
    "reduced reducing lower lowers lowered lowering contract contracts contracted contracting plummet plummets plummeted "
    "slash slashes slashed down ease eased eases slow slowed narrow narrowed narrows slip slips slipped slipping dwindled "
    "dwindling crashed collapsed nosedived retreated receded waned trimmed trims pared softened lost lose loses losing shed weakened"
)

CHANGE_NOUNS: dict[str, Direction] = {
    **dict.fromkeys(("rise", "increase", "growth", "jump", "surge", "gain", "spike", "hike", "uptick", "expansion", "leap"), "up"),
    **dict.fromkeys(("fall", "drop", "decline", "decrease", "reduction", "cut", "slump", "plunge", "contraction", "dip"), "down"),
}  # fmt: skip

MULTIPLYING = words("multiply multiplies multiplied multiplying")

# Going from one number to another is a change in the direction that the numbers say.
MOVED = words("went gone go goes going moved moves changed changes swung")

# Behind these "up to" is no limit: shot up to $42 million.
WENT = words("shot went goes gone going jumped rose soared climbed moved came")

# These have things as objects too: raised three children, dropped 12 bombs, climbed 300 steps.
RAISES = words("raise raises raised raising")
DEEDS = RAISES | words("drop drops dropped dropping climb climbs climbed climbing lower lowers lowered lowering")
RISES = words("rise rises rose risen rising")
SCORED = words("points point places spots")

# These say that a number changed only with a share behind them: "lost 30 per cent", not "lost 30 men".
NEEDS_SHARE = words("lost lose loses losing shed")
# "Takes up 3 per cent", "made up half": `up` belongs to the verb, and nothing rose.
TAKES_UP = words(
    "take takes took taken taking make makes made making eat eats ate eaten eating use uses used using soak soaks soaked"
)

# May stand between "by" and its amount.
AVERAGING = words("just only an a average of further another total combined estimated record")

# Behind a verb these tell when or how, not what.
ADVERBIAL = DURATIONS | words(
    "again further sharply fast faster slightly even back out off since year-on-year overall twofold threefold"
)

CHANGE_STARTS = frozenset(MULTIPLY.keys() | CHANGE_NOUNS.keys() | UP | DOWN | MOVED | MULTIPLYING)
