"""Which language a text is written in, from its commonest words or letters; a guess that is only made where it is clear."""

from __future__ import annotations

from claims.extraction.lexicon import words

COMMONEST = {
    "en": words("the of and to in that is was for on with as at by it be from"),
    "de": words("der die das und den von mit ist nicht ein eine auf für im sich des dem zu auch"),
    "fr": words("le la les des et du une est dans que pour qui sur pas au par plus avec"),
    "es": words("el la los las del y que en una por con para es se un no su al más"),
    "it": words("il la di che e del una per non con sono della nel gli le un è i dei"),
    "pt": words("o os do da e que em um uma para com não por mais dos das no na ao"),
    "nl": words("de het een van en dat is niet met op voor zijn aan door ook om er"),
    "pl": words("i w na z się nie do że to o jest jak po od za przez był oraz"),
    "sv": words("och att det som en på är av för med till den inte om har ett var"),
    "ru": words("и в не на что с по как это из за от для был но к его также"),
    "uk": words("і в не на що з до та як це за від для був але його також у про"),
}
# Letters of one of two languages that share most of their words.
LETTERS = {"uk": frozenset("іїєґ"), "ru": frozenset("ыэъё")}
# Of all words, how many have to be among a language's commonest, and how many times as many as of the next language.
LEAST_SHARE = 0.1
LEAST_LEAD = 1.3
READ = 2_000


def guess(text: str) -> str:
    """An ISO 639 code, or "" where the beginning of the text does not say."""
    read = text[:READ].lower()
    found = read.split()
    if not found:
        return ""
    letters = {code: sum(letter in own for letter in read) for code, own in LETTERS.items()}
    counts = sorted(
        (sum(word.strip(".,;:!?«»“”\"'()") in common for word in found), code)
        for code, common in COMMONEST.items()
        if code not in letters or letters[code] == max(letters.values()) > 0
    )
    (second, _), (most, code) = counts[-2:]
    return code if most >= LEAST_SHARE * len(found) and most >= LEAST_LEAD * second else ""
