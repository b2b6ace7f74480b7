from datetime import UTC, date, datetime
from math import exp

import pytest

from claims import extraction
from claims.extraction import languages, rules
from claims.extraction.base import Document, as_json
from claims.extraction.entities import entities
from claims.extraction.tokens import read
from tests.shared import shared_file
from tests.tables import table

# A retelling in our own words of a common kind of report.
ARTICLE = """Harbour Traffic Triples, Watchdog Says

The port of Norrvik handled 4,200 ships last year, the harbour office said on Monday.

Maritime analyst Ada Holm reported on March 4 that foreign tankers have greatly expanded their presence in the strait, with their numbers tripling compared to previous counts.

This remark came during a conference on shipping.

Earlier reports from Reuters, citing Norway’s Coastal Safety Agency, suggested that Norrvik might open a second terminal in May or June of this year.

“We have never lost a ship. We never will,” said Ben Roe, the harbour master.

Is the harbour safe?

However, much remains unclear.
"""


def extract(text=ARTICLE, **known):
    title = known.pop("title", text.partition("\n")[0])
    return extraction.get().extract(Document(text=text, title=title, **known))


def claim(candidates, beginning):
    return next(candidate for candidate in candidates if candidate.span.quotation.startswith(beginning))


def test_every_quotation_is_the_exact_place_in_the_text():
    candidates = extract()
    assert candidates
    for candidate in candidates:
        assert ARTICLE[candidate.span.start : candidate.span.end] == candidate.span.quotation


def test_the_score_is_the_logistic_function_of_the_sum_of_its_contributions():
    for candidate in extract():
        total = sum(contribution.weight for contribution in candidate.contributions)
        assert candidate.check_worthiness == 1 / (1 + exp(-total))
        assert candidate.contributions[0].name == "base rate"


def test_candidates_come_ranked_best_first_from_one():
    candidates = extract()
    scores = [candidate.check_worthiness for candidate in candidates]
    assert scores == sorted(scores, reverse=True)
    assert [candidate.rank_in_article for candidate in candidates] == list(range(1, len(candidates) + 1))


def test_the_headline_stays_in_the_text_and_is_no_candidate():
    assert ARTICLE.startswith("Harbour Traffic Triples")
    assert not [each for each in extract() if each.span.quotation.startswith("Harbour Traffic")]
    assert not [each for each in extract(title="") if each.span.quotation.startswith("Harbour Traffic")]


def test_tripled_without_a_number_to_compare_is_extracted_with_the_gap_named():
    tripled = claim(extract(), "Maritime analyst")
    assert tripled.claimant == "Ada Holm"
    assert tripled.kind == "change"
    (quantity,) = tripled.quantities
    assert (quantity.form, quantity.factor, quantity.direction) == ("change", 3.0, "up")
    assert (quantity.baseline.words, quantity.baseline.has_number) == ("previous counts", False)
    assert tripled.gaps == ("baseline_without_number", "year_open")


def test_the_claim_says_whose_numbers_and_leaves_the_frame_to_the_attribution():
    assert claim(extract(), "Maritime analyst").text == (
        "Foreign tankers have greatly expanded their presence in the strait, "
        "and foreign tankers’ numbers tripled compared to previous counts."
    )


def test_a_chain_runs_from_the_origin_towards_the_article():
    cited = claim(extract(), "Earlier reports")
    assert [(hop.name, hop.role) for hop in cited.attribution] == [
        ("Norway’s Coastal Safety Agency", "cited_body"),
        ("Reuters", "reporter"),
    ]
    assert cited.claimant == "Norway’s Coastal Safety Agency"
    assert cited.modality == "forecast"
    assert cited.text == "Norrvik might open a second terminal in May or June of this year."


def test_the_outlet_that_printed_it_is_no_hop():
    cited = claim(extract(outlet="Reuters"), "Earlier reports")
    assert [hop.name for hop in cited.attribution] == ["Norway’s Coastal Safety Agency"]


def test_an_open_year_stays_open_without_a_publication_date_and_is_resolved_with_one():
    (time,) = claim(extract(), "Maritime analyst").time_references
    assert (time.words, time.start_on, time.is_resolved) == ("March 4", None, False)
    known = claim(extract(published_at=datetime(2025, 3, 5, tzinfo=UTC)), "Maritime analyst")
    (time,) = known.time_references
    assert (time.words, time.start_on, time.is_resolved) == ("March 4", date(2025, 3, 4), True)
    assert known.gaps == ("baseline_without_number",)


def test_the_first_sentence_of_a_quotation_has_the_speaker_named_behind_the_second():
    first = claim(extract(), "“We have never")
    assert (first.claimant, first.attribution[0].speech) == ("Ben Roe", "direct")
    assert first.text == "Ben Roe: “We have never lost a ship.”"


def test_sentences_that_state_nothing_rank_below_those_that_do():
    places = {candidate.span.quotation[:12]: candidate.rank_in_article for candidate in extract()}
    last = len(places) + 1
    told = [places["Maritime ana"], places["Earlier repo"], places["The port of "]]
    idle = [places.get(beginning, last) for beginning in ("This remark ", "Is the harbo", "However, muc")]
    assert max(told) < min(idle)


def test_a_reference_that_cannot_be_resolved_is_named_as_a_gap():
    text = "Prices rose.\n\nThis increase cost the city of Norrvik 40 million euros in 2019."
    candidate = claim(extract(text, title="Prices"), "This increase")
    assert candidate.gaps == ("unresolved_reference",)
    assert candidate.text == "This increase cost the city of Norrvik 40 million euros in 2019."


def test_he_is_resolved_only_when_one_person_spoke_just_before():
    one = "Ada Holm said that taxes rose by 3 per cent.\n\nShe said that 400 shops were closed in Norrvik.\n"
    assert claim(extract(one, title="x"), "She said").claimant == "Ada Holm"
    two = "Ada Holm said that taxes rose by 3 per cent, Cleo Park said.\n\nShe said that 400 shops were closed in Norrvik.\n"
    assert claim(extract(two, title="x"), "She said").claimant == ""


def test_a_surname_is_completed_from_the_article():
    text = "Ada Holm said that taxes rose by 3 per cent.\n\nThe law was passed.\n\nHolm said that 400 shops were closed in Norrvik.\n"
    assert claim(extract(text, title="x"), "Holm said").claimant == "Ada Holm"


@pytest.mark.usefixtures("anything_is_worth_checking")
def test_a_paper_that_was_told_is_no_claimant():
    [told] = extract("He told The Telegraph that 400 shops were closed in Norrvik.", title="x")
    assert [(hop.name, hop.role) for hop in told.attribution] == [("Telegraph", "reporter")]
    assert told.claimant == ""


@pytest.fixture
def anything_is_worth_checking(monkeypatch):
    monkeypatch.setattr(rules, "THRESHOLD", 0.0)


@pytest.mark.usefixtures("anything_is_worth_checking")
def test_a_sentence_that_states_two_things_is_two_claims_where_both_stand_alone():
    wrong = []
    for sentence, expected in table("propositions", separator=" => "):
        article = f"Früher 😀 stood here.\n\n{sentence}\n"
        found = sorted(extract(article, title="x"), key=lambda each: each.span.start)
        claims = [each for each in found if each.span.start >= 22]
        assert all(article[each.span.start : each.span.end] == each.span.quotation for each in claims)
        said = " | ".join(each.text for each in claims) if len(claims) > 1 else "one"
        if said != expected:
            wrong.append((sentence, said, expected))
    assert wrong == []


@pytest.mark.usefixtures("anything_is_worth_checking")
def test_the_two_claims_of_a_sentence_share_its_source_and_score_and_have_numbers_and_times_of_their_own():
    text = "x\n\nIn May 2024, exports rose by 4% and imports fell by 2%, the ministry said.\n"
    first, second = sorted(extract(text, title="x"), key=lambda each: each.span.start)
    assert [each.span.quotation for each in (first, second)] == [
        "In May 2024, exports rose by 4%",
        "imports fell by 2%, the ministry said.",
    ]
    assert [each.text for each in (first, second)] == [
        "In May 2024, exports rose by 4%.",
        "In May 2024, imports fell by 2%.",
    ]
    assert [[q.span.quotation for q in each.quantities] for each in (first, second)] == [["rose by 4%"], ["fell by 2%"]]
    assert [[t.words for t in each.time_references] for each in (first, second)] == [["May 2024"], ["May 2024"]]
    assert first.claimant == second.claimant == "the ministry"
    assert first.contributions == second.contributions
    assert {first.rank_in_article, second.rank_in_article} == {1, 2}


def test_the_table_of_names_holds_each_and_no_common_word():
    wrong = []
    for sentence, expected in table("entities", separator=" =>"):
        said = ", ".join(entities(sentence, read(sentence)))
        if said != expected.strip():
            wrong.append((sentence, said, expected))
    assert wrong == []


def test_same_document_same_candidates():
    assert extract() == extract()


def test_a_candidate_is_json_as_it_stands():
    stored = as_json(claim(extract(published_at=datetime(2025, 3, 5, tzinfo=UTC)), "Maritime analyst"))
    assert stored["time_references"][0]["start_on"] == "2025-03-04"
    assert stored["quantities"][0]["baseline"] == {
        "words": "previous counts", "value": None, "has_number": False,
        "span": {"start": 286, "end": 301, "quotation": "previous counts"},
    }  # fmt: skip
    assert ARTICLE[286:301] == "previous counts"


LANGUAGES = [
    ("The ministry said that prices rose in May.", "en"),
    ("Die Preise sind im Mai um 4 Prozent gestiegen, und das ist nicht alles.", "de"),
    ("Les prix ont augmenté de 4 % dans le pays, et ce n'est pas fini pour les ménages.", "fr"),
    ("Los precios subieron un 4 % en mayo y no es todo lo que se dice en el país.", "es"),
    ("I prezzi sono saliti del 4 per cento e non è tutto quello che si dice nel paese.", "it"),
    ("Ceny wzrosły w maju o 4 procent i to nie jest koniec, jak się mówi.", "pl"),
    ("Цены выросли в мае на 4 процента, и это не конец, как говорят эксперты.", "ru"),
    ("Ціни зросли в травні на 4 відсотки, і це не кінець, як кажуть експерти.", "uk"),
    ("部队人数从11000人增加到30000人。", ""),
    ("4 5 6 7", ""),
    ("Dollar Euro Yen Rubel Krone Peso", ""),
]


@pytest.mark.parametrize(("text", "code"), LANGUAGES, ids=[row[1] or row[0] for row in LANGUAGES])
def test_the_language_is_guessed_only_where_its_commonest_words_say_it(text, code):
    assert languages.guess(text) == code


SCRIPTS = [
    "Войска выросли с 11 000 до 30 000 человек, сообщил корреспондент в июле.",
    "زاد عدد القوات من 11000 إلى 30000 جندي في يوليو، قال المراسل.",
    "部队人数从11000人增加到30000人。这是记者七月报道的。",
    "😀 The force grew from 11,000 to 30,000 🇰🇵 soldiers‮ in Kursk, étude said.",
]


@pytest.mark.parametrize("text", SCRIPTS)
def test_any_script_survives_unharmed(text):
    article = "Title\n\n" + text * 3
    for candidate in extract(article):
        assert article[candidate.span.start : candidate.span.end] == candidate.span.quotation
        for quantity in candidate.quantities:
            assert article[quantity.span.start : quantity.span.end] == quantity.span.quotation


HOSTILE = [
    *(
        "a",
        '"',
        "“",
        "(",
        "1",
        "1,2.",
        "a. a. a. ",
        ". ",
        "😀",
        "said ",
        "According to ",
        "May 2 ",
        '." ',
        "more than ",
    ),
    "rose by 40 percent from 3 to ",
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_hostile_text_breaks_nothing(piece):
    text = piece * (20_000 // len(piece))
    for candidate in extract(text, title=""):
        assert text[candidate.span.start : candidate.span.end] == candidate.span.quotation


def test_a_paragraph_of_200000_characters_keeps_every_place_exact():
    pieces = (
        "😀 e\u0301\u200b “Ada Holm said 3,000 men\u202e fell by 40% שלום to 1\u00a0200 (a.) B, ", "an. 部队人数从11000人。", '"1. ', "said ",
        "\u200fزاد العدد 🇺🇦", "x" * 5_000,
    )  # fmt: skip
    text = "".join(pieces[number % len(pieces)] + " " * (number % 3) for number in range(2_000))[:200_000]
    claims = extract(text, title="")
    assert claims
    for claim in claims:
        spans = [claim.span, *(hop.span for hop in claim.attribution), *(time.span for time in claim.time_references)]
        spans += [span for each in claim.quantities for span in (each.span, *each.parts)]
        assert all(text[span.start : span.end] == span.quotation for span in spans if span is not None)


@pytest.mark.parametrize("text", ["", " \n ", ".", "\u200b", "Title"])
def test_a_text_without_sentences_has_no_claims(text):
    assert extract(text, title="") == []


def test_an_unknown_extractor_is_a_key_error():
    with pytest.raises(KeyError):
        extraction.get("psychic")


class TestTheCustomersArticle:
    """Imported with nothing but its text: no outlet, address or date."""

    @pytest.fixture
    def text(self):
        return shared_file("seeds/000_*.txt").read_text(encoding="utf-8")

    def test_the_claim_that_numbers_tripled_is_among_the_first_three(self, text):
        tripled = claim(extract(text), "Military correspondent")
        assert tripled.rank_in_article <= 3
        assert tripled.claimant == "Alexander Sladosh"
        assert tripled.span.quotation.endswith("compared to earlier assessments.")
        (quantity,) = tripled.quantities
        assert (quantity.form, quantity.factor, quantity.direction) == ("change", 3.0, "up")
        assert (quantity.baseline.words, quantity.baseline.has_number) == ("earlier assessments", False)
        (time,) = tripled.time_references
        assert (time.words, time.start_on, time.is_resolved) == ("July 2", None, False)
        assert "North Korean forces’ numbers tripled" in tripled.text

    def test_the_year_is_resolved_when_the_publication_is_known(self, text):
        known = extract(text, published_at=datetime(2025, 7, 3, 9, tzinfo=UTC))
        (time,) = claim(known, "Military correspondent").time_references
        assert (time.words, time.start_on, time.is_resolved) == ("July 2", date(2025, 7, 2), True)

    def test_the_chain_of_the_forecast_is_the_service_then_reuters(self, text):
        forecast = claim(extract(text), "Earlier reports from Reuters")
        assert [(hop.name, hop.role) for hop in forecast.attribution] == [
            ("South Korea’s National Intelligence Service", "cited_body"),
            ("Reuters", "reporter"),
        ]
        assert forecast.modality == "forecast"

    def test_sentences_that_state_nothing_rank_below_both_claims(self, text):
        candidates = extract(text)
        lowest = max(claim(candidates, start).rank_in_article for start in ("Military", "Earlier reports"))
        for beginning in ("This declaration came", "When asked by journalists", "Instead, he reiterated"):
            found = [each.rank_in_article for each in candidates if each.span.quotation.startswith(beginning)]
            assert all(rank > lowest for rank in found)

    def test_the_headline_is_no_candidate(self, text):
        assert not [each for each in extract(text) if each.span.start < len(text.partition("\n")[0])]
