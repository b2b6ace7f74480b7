"""What a claim says: never a mutilated sentence. The frame that names the source goes only where a whole clause is left."""

import io
from pathlib import Path

import pytest

from claims import extraction
from claims.extraction import rules
from claims.extraction.base import Document
from claims.extraction.framing import missing_marks
from claims.extraction.lexicon import PREPOSITIONS
from claims.extraction.reading import read_sentence
from claims.extraction.tokens import read
from claims.extraction.wording import PAST_FORMS, modality, stand_alone
from claims.sources import ArticleDraft, Options
from claims.sources.inputs import find_sources, open_input
from tests.shared import shared_rows
from tests.tables import table

SEEDS = Path(__file__).resolve().parent.parent / "seeds" / "articles"

STRIPPED = [
    (
        "The ferry carried 1.2 million passengers last year, more than ever before, its operator Blue Strait said on Friday.",
        "The ferry carried 1.2 million passengers last year, more than ever before.",
    ),
    (
        "Rumours that exports had been halted are false, a spokeswoman for the ministry added.",
        "Rumours that exports had been halted are false.",
    ),
    (
        "According to the agency, which cited two officials in the defence ministry, training would begin in October.",
        "Training would begin in October.",
    ),
    (
        '"Of every crown that you pay, eight cents go to the miller," said Jonas Eberlin, the guild\'s president.',
        "Of every crown that you pay, eight cents go to the miller.",
    ),
    (
        '"There is no such order, and no reservist has been called up," the minister, Danil Orve, told reporters in the capital.',
        "There is no such order, and no reservist has been called up.",
    ),
    (
        "An earlier count was based on satellite images, the ministry said in a statement on Wednesday.",
        "An earlier count was based on satellite images.",
    ),
    (
        "The union, which represents about 7,200 nurses, says that at least 14 patients were moved away.",
        "At least 14 patients were moved away.",
    ),
    (
        "The number of cases has tripled, the health office said on Monday, in what doctors call the worst season yet.",
        "The number of cases has tripled, in what doctors call the worst season yet.",
    ),
    (
        "The harvest may shrink by a quarter, the Grain Office warned, as Meridian News reported on Tuesday.",
        "The harvest may shrink by a quarter.",
    ),
    (
        "Reserves would last for eleven months, the ministry of agriculture said.",
        "Reserves would last for eleven months.",
    ),
    (
        "Mu Li, of the university's school of health, said “it is reasonable to assume that mothers are also deficient.”",
        "It is reasonable to assume that mothers are also deficient.",
    ),
    (
        "Meanwhile, Harbour School epidemiologist Dr. Ada Holm said it is possible that cases will rise.",
        "It is possible that cases will rise.",
    ),
    ("He said wages had risen “by a lot”.", "Wages had risen “by a lot”."),
    ("Steel output fell 3%, Ada Holm said!", "Steel output fell 3%."),
]

AS_IT_STANDS = [
    # the statement goes on behind the speaker
    'The army failed to fill one in five posts, said Petra Valmont, who believes that 18,000 would be "the most that we can feed".',
    '"We find a big chance to show our talent," Ada Holm told the press, "to show that women can make robots."',
    "Increased access, she says, merely provides 3 per cent more.",
    "The rise of these projects, argues Roe, has created a culture of dependency.",
    "“I won,” Roe said, but the count shows that he lost by 300 votes.",
    "“Growth is likely in many countries,” and that it has begun, Roe said.",
    # more than the source stands in front
    "In fact, the White House said this is a short-term solution.",
    "While activists have accepted defeat, the ferocity of their opposition to Norrvik reveals that attitudes are the same.",
    "American academic and professor Marc Hill commented, “Hoping that the movement becomes a conversation.”",
    "Both the Irving School District and the Irving Police Department have asserted that the boy's name was no factor.",
    "After the match, coach Ben Roe said, “We played a skilled team.”",
    "Here is what Skabeyeva, a presenter, said on the channel in 2021.",
    # a relative clause needs its head
    'Councillor Brandvold called it "the most expensive line in the country", which the mayor\'s office says is not true.',
    "They went to the station, where they claimed Montalvo left with hard drives.",
    # the rest is the speaker's own deed
    "Ada Holm said that 300 men were held and called for an inquiry.",
    "Vučić said he regretted it but cited a deepening crisis.",
    "The bank said that rates were low, adding that they might rise.",
    "The department notes, “Ozone causes more damage than all other pollutants”, highlighting the importance of air.",
    # no statement behind the verb
    "Ada Holm told the Guardian ahead of the release: 'It is a warmer reading.'",
    "NASA tweeted support of Ahmed via its account.",
    "In the 62nd minute Kim Min-Woo conceded a penalty which the referee awarded.",
    "The team was denied visas to enter the country.",
    "The government rejected a claim by the union that wards had run out of beds.",
    "Epidemiologist Ali Mokdad predicted a rise in reported cases.",
    "Only by about 3% of output, according to Goldman Sachs.",
    # a pronoun would lose its name
    "Scientology officials have stated they have not received the 12 disks.",
    "Ada Holm said that the ministry had ignored her report.",
    "Ada Holm said that this would cost 240 million crowns.",
]


@pytest.mark.parametrize(("sentence", "text"), STRIPPED, ids=[row[0] for row in STRIPPED])
def test_the_frame_goes_where_a_whole_clause_is_left(sentence, text):
    assert stand_alone(read_sentence(sentence), claimant="").text == text


@pytest.mark.parametrize("sentence", AS_IT_STANDS)
def test_the_sentence_stays_as_it_stands_where_that_is_not_certain(sentence):
    assert stand_alone(read_sentence(sentence), claimant="").text == sentence


QUOTED = [
    ("“We have never lost a ship.", "“We have never lost a ship.”"),
    ("The analysis concluded, \"It is nearly tied with Chrome.", "The analysis concluded, \"It is nearly tied with Chrome.\""),
    ("We were tied,\" Roe says on \"The Countdown\".", "\"We were tied,\" Roe says on \"The Countdown\"."),
    ("„So ist es nicht“, sagte Quandt.", "„So ist es nicht“, sagte Quandt."),
]  # fmt: skip


@pytest.mark.parametrize(("sentence", "text"), QUOTED)
def test_a_lone_quotation_mark_gets_its_partner(sentence, text):
    assert stand_alone(read_sentence(sentence), claimant="").text == text


MARKS = [
    ("“a” b", ("", "")), ("“a", ("", "”")), ("a” b", ("“", "")), ('"a" "b', ("", '"')), ('a" b', ('"', "")),
    ("„a“", ("", "")), ("«a", ("", "»")), ("“a «b", ("", "»”")), ('""a"" b', ("", "")), ("it's 5’ long", ("", "")),
]  # fmt: skip


@pytest.mark.parametrize(("text", "missing"), MARKS)
def test_missing_marks_are_named_by_side(text, missing):
    assert missing_marks(text) == missing


def claims_of(text, **known):
    found = extraction.get().extract(Document(text="Headline\n\n" + text, title="Headline", **known))
    return {claim.span.quotation: claim for claim in found}


def claim_of(text, beginning):
    return next(claim for quotation, claim in claims_of(text).items() if quotation.startswith(beginning))


DENIED = [
    ("The ministry denied that 300 posts had been cut.", "300 posts had been cut.", "denied"),
    ("The army denied it had shelled 12 villages.", "The army had shelled 12 villages.", "denied"),
    ("Norrvik Council rejected a claim that 12 wards had run out of beds.", None, "asserted"),
    ("On Monday the ministry denied that 300 posts had been cut and called for calm.", None, "asserted"),
]


@pytest.mark.parametrize(("sentence", "text", "expected"), DENIED)
def test_a_denied_claim_reads_as_what_was_denied(sentence, text, expected):
    claim = claim_of(sentence, sentence[:10])
    assert (claim.text, claim.modality) == (text or sentence, expected)


def test_the_table_of_claims_that_stand_alone(monkeypatch):
    monkeypatch.setattr(rules, "THRESHOLD", 0.0)
    monkeypatch.setattr(rules, "LEAST_WORDS", 1)
    wrong = []
    for text, expected in table("wording", separator=" => "):
        last = max(extraction.get().extract(Document(text=text)), key=lambda claim: claim.span.start)
        if last.text != expected:
            wrong.append((text, last.text, expected))
    assert wrong == []


def test_the_table_of_what_is_foreseen_conditional_or_denied():
    wrong = []
    for sentence, expected in table("modality", separator=" | "):
        reading = read_sentence(sentence)
        said = modality(reading, stand_alone(reading, claimant=""))
        if said != expected:
            wrong.append((sentence, said, expected))
    assert wrong == []


def test_it_denied_is_the_body_that_the_sentence_before_is_about():
    claim = claim_of(
        "The company expects a loss of 4 million crowns. It denied that it was about to be sold for 12 million crowns.",
        "It denied",
    )
    assert claim.text == "The company was about to be sold for 12 million crowns."
    assert (claim.claimant, claim.modality, claim.gaps) == ("The company", "denied", ("claimant_unnamed",))


class TestWhoIsOnlyPointedAt:
    def test_the_agency_is_the_one_agency_named_before(self):
        text = (
            "Exports fell by 3 per cent, the Inland Grain Agency warned.\n\nIn May 200 farms closed, the agency wrote."
        )
        claim = claim_of(text, "In May")
        assert (claim.claimant, claim.gaps) == ("Inland Grain Agency", ("year_open",))

    def test_a_longer_description_counts_as_a_name(self):
        text = "Cases tripled in 2024, the national health office said.\n\nThere were 4,860 cases, according to the office."
        assert claim_of(text, "There were").claimant == "the national health office"

    def test_two_bodies_of_that_kind_leave_it_open(self):
        text = (
            "Exports fell by 3 per cent, the Inland Grain Agency warned. The Norrvik Press Agency has 40 reporters.\n\n"
            "In 2024 200 farms closed, the agency wrote."
        )
        claim = claim_of(text, "In 2024")
        assert (claim.claimant, claim.gaps) == ("the agency", ("claimant_unnamed",))

    def test_nobody_named_before_leaves_it_open(self):
        claim = claim_of("In 2024 200 farms closed, its leader said.", "In 2024")
        assert (claim.claimant, claim.gaps) == ("its leader", ("claimant_unnamed",))

    def test_the_mayor_is_the_one_mayor_named_before(self):
        text = (
            "Traffic fell by 3 per cent, mayor Carla Winther said.\n\nThe line cost 312 million crowns, the mayor said."
        )
        assert claim_of(text, "The line").claimant == "Carla Winther"

    @pytest.mark.parametrize(
        "sentence",
        [
            "“Our volunteers found 1,900 wells,” its director, Noor Halvorsen, said.",
            "“Our volunteers found 1,900 wells,” said its director Noor Halvorsen.",
            "“Our volunteers found 1,900 wells,” said its director, Noor Halvorsen.",
        ],
    )
    def test_its_director_has_a_name_beside_it(self, sentence):
        claim = claim_of(sentence, "“Our")
        assert (claim.claimant, claim.text) == ("Noor Halvorsen", "Noor Halvorsen: “Our volunteers found 1,900 wells.”")


MODALITIES = [
    ("The army failed to fill one in five posts last year, said Petra Valmont of the Institute for Border Studies.", "asserted"),
    ("The Institute for Border Studies reported that output fell by 3 per cent.", "asserted"),
    ("Prices may have fallen by 3 per cent.", "asserted"),
    ("The plan would have cost 3 million crowns.", "asserted"),
    ("The decline is due to the drought.", "asserted"),
    ("The bridge is due to open in May.", "forecast"),
    ("Crops may have higher yields.", "forecast"),
]  # fmt: skip


@pytest.mark.parametrize(("sentence", "modality"), MODALITIES)
def test_what_lies_behind_us_is_no_forecast(sentence, modality):
    assert read_sentence(sentence).modality == modality


NO_SPEAKER = [
    "With 90 per cent polled in January saying they suffer from burnout.",
    "He met Devocht, which the judge said was illegal.",
    "Citing privacy rules, officials have not said why the team was denied visas.",
    "The ferocity of the opposition to EuroPride reveals that attitudes differ.",
]


@pytest.mark.parametrize("sentence", NO_SPEAKER)
def test_who_does_not_say_it_is_no_claimant(sentence):
    assert read_sentence(sentence).attribution.hops == ()


def documents():
    for source in find_sources([str(SEEDS)]):
        with open_input(source, Options(), io.BytesIO()) as opened:
            for draft in opened.articles(Options()):
                assert isinstance(draft, ArticleDraft)
                yield Document(draft.text, draft.title, draft.language, draft.outlet, draft.published_at)


def assert_whole(claim):
    """No lone quotation mark, no loose end, and no words but those of the sentence and of resolved references."""
    text, marks = claim.text, [mark for mark in claim.text if mark in '"“”«»„']
    assert marks.count('"') % 2 == 0, text
    assert sum(mark in "“«„" for mark in marks) == sum(mark in "”»" for mark in marks) or "„" in marks, text
    body = text.rstrip("\"”“»’'.!?…)] ")
    assert body[-1:] not in ",;–—-", text
    if text != " ".join(claim.span.quotation.split()):
        tokens = read(body)
        # "laws they agree with" may end a clause that ends there in the article too.
        is_cut = " ".join(claim.span.quotation.split()).rpartition(body[-20:])[2][:1].isspace()
        assert not is_cut or tokens[-1].low not in PREPOSITIONS, text
        known = {token.low for token in read(claim.span.quotation)} | {token.low for token in read(claim.claimant)}
        known |= {f"{word}'s" for word in known}
        if finite := {PAST_FORMS[word] for word in known & PAST_FORMS.keys()}:
            known |= {"and", *finite}  # ..., with their numbers tripling
        added = [token.low for token in tokens if token.is_word and token.low not in known]
        assert not added, (text, added)
        assert text[0].isupper() or not text[0].isalpha(), text


def test_no_claim_of_the_demo_articles_is_mutilated():
    claims = [claim for document in documents() for claim in extraction.get().extract(document)]
    assert len(claims) > 50
    for claim in claims:
        assert_whole(claim)


NEWS = (
    "sentences_wikinews_gum_dev.jsonl",
    "checkthat2025_subjectivity_en_dev.jsonl",
    "checkthat2025_subjectivity_en_train.jsonl",
)


@pytest.mark.parametrize("name", NEWS)
def test_no_claim_of_real_news_is_mutilated(name):
    told = [Document(text="Headline\n\n" + row["text"], title="Headline") for row in shared_rows(name)]
    for claims in extraction.get().extract_all(told):
        for claim in claims:
            assert_whole(claim)
