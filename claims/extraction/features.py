"""A sentence as named numbers: the addends of its check-worthiness. Each is bounded, so that no text can run away."""

from __future__ import annotations

from math import log2

from claims.extraction.lexicon import AUXILIARIES, DETERMINERS, FORECAST, MONTHS, OPENERS, PAST_VERBS, WEEKDAYS, words
from claims.extraction.reading import Reading

FIRST_PERSON = words("i me my mine myself we us our ours ourselves i'm i've i'd i'll we're we've we'll we'd")
SECOND_PERSON = words("you your yours yourself you're you've you'll")
OPINION = words(
    "think thinks believe believes feel feels hope hopes wish seems seem appears appear perhaps maybe probably best better bad good "
    "great terrible awful wonderful beautiful important clearly obviously certainly unfortunately sadly frankly honestly amazing "
    "complex complexity delicate sensitivity implications ramifications underscore underscores highlight highlights unclear "
    "speculation reflecting intricate volatile nuanced cautious ambiguity dynamics interplay remarkable shocking shameful disgrace"
)
NORMATIVE = words("should must ought need needs needed let let's please")
UNIVERSAL = words("all every never none always nobody everyone only entire no")
DEMONSTRATIVE = words("this that these those such that's")
REFERRING = words("it they he she his her their its it's they're he's she's")
PERFECT = words("has have had hasn't haven't")


def features(reading: Reading) -> dict[str, float]:
    """The named features of a sentence, each 0 where it is absent. The names are those of the weights in the shipped model."""
    tokens = reading.tokens
    spoken = [token for token in tokens if token.is_word]
    lows = [token.low for token in spoken]
    forms = [quantity.form for quantity in reading.quantities]
    count = max(len(spoken), 1)
    names = sum(
        1
        for index, token in enumerate(tokens)
        if token.is_capitalised and index > 0 and token.low not in OPENERS and token.low not in MONTHS and token.low not in WEEKDAYS
        and tokens[index - 1].word not in ".?!\"“"
    )  # fmt: skip
    found = {
        "length": min(log2(count + 1), 6.0),
        "very short": float(count <= 5),
        "number": float(bool(forms)),
        "several numbers": min(max(len(forms) - 1, 0), 3) / 3,
        "figure in the text": float(any(token.is_number for token in tokens)),
        "change": float("change" in forms),
        "comparison": float("multiple" in forms or "than" in lows),
        "percentage": float(
            any(quantity.unit in ("%", "percentage points", "basis points") for quantity in reading.quantities)
        ),
        "money": float(
            any(
                quantity.form == "money" or (len(quantity.unit) == 3 and quantity.unit.isupper())
                for quantity in reading.quantities
            )
        ),
        "share": float("ratio" in forms),
        "vague number": float("vague" in forms),
        "superlative": float("superlative" in forms or "ordinal" in forms),
        "time": float(bool(reading.time_references)),
        "named source": float(bool(reading.attribution.hops)),
        "direct speech": float(reading.is_quoted),
        "names": min(names, 6) / 6,
        "any name": float(names > 0),
        "first person": min(sum(low in FIRST_PERSON for low in lows), 3) / 3,
        "second person": float(any(low in SECOND_PERSON for low in lows)),
        "question": float(reading.is_question),
        "exclamation": float("!" in reading.text),
        "forecast": float(reading.modality == "forecast"),
        "condition": float(reading.modality == "conditional" or "if" in lows),
        "denial": float(reading.modality == "denied"),
        "what should be": float(any(low in NORMATIVE for low in lows)),
        "opinion words": min(sum(low in OPINION for low in lows), 3) / 3,
        "universal": float(any(low in UNIVERSAL for low in lows)),
        "completed action": float(any(low in PAST_VERBS or (low.endswith("ed") and len(low) > 4) for low in lows)),
        "perfect tense": float(any(low in PERFECT for low in lows)),
        "plans or prospects": float(any(low in FORECAST for low in lows)),
        "negation": float(any(low in ("not", "no", "never") or low.endswith("n't") for low in lows)),
        "opens with this or that": float(bool(lows) and lows[0] in DEMONSTRATIVE),
        "opens with a pronoun": float(bool(lows) and lows[0] in REFERRING),
        "no verb": float(not any(low in AUXILIARIES or low.endswith(("ed", "s", "ing")) for low in lows)),
        "determiners": min(sum(low in DETERMINERS for low in lows) / count, 0.3),
    }
    return {name: float(value) for name, value in found.items() if value}
