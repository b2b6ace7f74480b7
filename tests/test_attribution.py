import pytest

from claims.extraction import attribution, speakers
from claims.extraction.reading import read_sentence
from claims.extraction.wording import stand_alone
from claims.text import quotations, sentences
from tests.tables import table

# Sentence, hops from the origin towards the article, modality, the claim in words that stand alone.
SENTENCES = [
    (
        '"We will not sign," President Maria Silva said on Monday.',
        [("Maria Silva", "speaker", "said", "direct")],
        "forecast",
        "Maria Silva: “We will not sign.”",
    ),
    (
        "“Prices have doubled,” said Anna Berg, an economist at Nordea.",
        [("Anna Berg", "speaker", "said", "direct")],
        "asserted",
        "Prices have doubled.",
    ),
    ("“The bridge is safe,” he said.", [], "asserted", "The bridge is safe."),
    (
        "Prime Minister Keir Starmer told the BBC that taxes would not rise.",
        [("Keir Starmer", "speaker", "told", "indirect"), ("BBC", "reporter", "told", "indirect")],
        "forecast",
        "Taxes would not rise.",
    ),
    (
        "The finance ministry said exports fell 3 percent in May.",
        [("The finance ministry", "speaker", "said", "indirect")],
        "asserted",
        "Exports fell 3 percent in May.",
    ),
    (
        "The World Bank estimates that 700 million people live in extreme poverty.",
        [("World Bank", "speaker", "estimates", "indirect")],
        "asserted",
        "700 million people live in extreme poverty.",
    ),
    (
        "Unemployment fell to 4 per cent, according to official figures.",
        [("official figures", "cited_body", "according to", "indirect")],
        "asserted",
        "Unemployment fell to 4 per cent.",
    ),
    (
        "According to a report by the Pentagon, 300 drones were delivered.",
        [("Pentagon", "cited_body", "according to", "indirect")],
        "asserted",
        "300 drones were delivered.",
    ),
    (
        "According to Ukrainian President Volodymyr Zelensky, 46,000 soldiers have died.",
        [("Volodymyr Zelensky", "speaker", "according to", "indirect")],
        "asserted",
        "46,000 soldiers have died.",
    ),
    (
        "A study published in Nature found that bees are dying.",
        [("A study published in Nature", "cited_body", "found", "indirect")],
        "asserted",
        "Bees are dying.",
    ),
    (
        "Police said two men were arrested.",
        [("Police", "speaker", "said", "indirect")],
        "asserted",
        "Two men were arrested.",
    ),
    ("Two people died, police said.", [("police", "speaker", "said", "indirect")], "asserted", "Two people died."),
    (
        "Two people died, the governor, Ivan Petrov, said on Telegram.",
        [("Ivan Petrov", "speaker", "said", "indirect")],
        "asserted",
        "Two people died.",
    ),
    (
        "The army denied it had shelled the hospital.",
        [("The army", "speaker", "denied", "indirect")],
        "denied",
        "The army had shelled the hospital.",
    ),
    (
        "Jane Doe, who leads the union, claimed that 5,000 workers were on strike.",
        [("Jane Doe", "speaker", "claimed", "indirect")],
        "asserted",
        "5,000 workers were on strike.",
    ),
    (
        "Bloomberg reported that the deal was off, citing people familiar with the matter.",
        [
            ("people familiar with the matter", "cited_body", "citing", "indirect"),
            ("Bloomberg", "reporter", "reported", "indirect"),
        ],
        "asserted",
        "The deal was off.",
    ),
    (
        "The New York Times reported on Friday that the plan had been dropped, citing two officials.",
        [("two officials", "cited_body", "citing", "indirect"), ("New York Times", "reporter", "reported", "indirect")],
        "asserted",
        "The plan had been dropped.",
    ),
    (
        "The claims were published by Der Spiegel.",
        [("Der Spiegel", "reporter", "published by", "indirect")],
        "asserted",
        "The claims were published by Der Spiegel.",
    ),
    (
        "As reported by Interfax, the talks have ended.",
        [("Interfax", "reporter", "reported by", "indirect")],
        "asserted",
        "The talks have ended.",
    ),
    ('"They lied," Smith added.', [("Smith", "speaker", "added", "direct")], "asserted", "They lied."),
    (
        "Officials in Kyiv say the attack killed 12 people.",
        [("Officials in Kyiv", "speaker", "say", "indirect")],
        "asserted",
        "The attack killed 12 people.",
    ),
    ("He also said that inflation would fall.", [], "forecast", "Inflation would fall."),
    (
        "Ursula von der Leyen announced a 10 billion euro fund.",
        [],
        "asserted",
        "Ursula von der Leyen announced a 10 billion euro fund.",
    ),
    (
        "The company says it employs 4,000 people.",
        [("The company", "speaker", "says", "indirect")],
        "asserted",
        "The company employs 4,000 people.",
    ),
    (
        "In his speech, Mr. Orban warned that prices would rise.",
        [("Orban", "speaker", "warned", "indirect")],
        "forecast",
        "Prices would rise.",
    ),
    (
        "The report says crime fell by a tenth.",
        [("The report", "cited_body", "says", "indirect")],
        "asserted",
        "Crime fell by a tenth.",
    ),
    ("Reports of violence increased.", [], "asserted", "Reports of violence increased."),
    ("The judge noted the delay.", [], "asserted", "The judge noted the delay."),
    (
        "Sources told Reuters the deal was worth $5 billion.",
        [("Sources", "speaker", "told", "indirect"), ("Reuters", "reporter", "told", "indirect")],
        "asserted",
        "The deal was worth $5 billion.",
    ),
    (
        "Experts say the figures are wrong.",
        [("Experts", "speaker", "say", "indirect")],
        "asserted",
        "The figures are wrong.",
    ),
    (
        "The Russian Defence Ministry claimed its forces had captured two villages.",
        [("Russian Defence Ministry", "speaker", "claimed", "indirect")],
        "asserted",
        "Russian Defence Ministry’s forces had captured two villages.",
    ),
    (
        "NASA scientists said the asteroid would miss Earth.",
        [("NASA scientists", "speaker", "said", "indirect")],
        "forecast",
        "The asteroid would miss Earth.",
    ),
    ('Trump said: "We won in 2020."', [("Trump", "speaker", "said", "direct")], "asserted", "Trump: “We won in 2020.”"),
    (
        "South Korea's spy agency told lawmakers that 600 North Korean soldiers had been killed.",
        [("South Korea's spy agency", "speaker", "told", "indirect")],
        "asserted",
        "600 North Korean soldiers had been killed.",
    ),
    (
        "The head of the WHO, Tedros Adhanom Ghebreyesus, said cases had doubled.",
        [("Tedros Adhanom Ghebreyesus", "speaker", "said", "indirect")],
        "asserted",
        "Cases had doubled.",
    ),
    (
        "A spokesman for the ministry said no one was hurt.",
        [("A spokesman for the ministry", "speaker", "said", "indirect")],
        "asserted",
        "No one was hurt.",
    ),
    (
        "White House press secretary Karoline Leavitt told reporters that the tariffs would stay.",
        [("Karoline Leavitt", "speaker", "told", "indirect")],
        "forecast",
        "The tariffs would stay.",
    ),
    (
        "Critics argue that the law violates the constitution.",
        [("Critics", "speaker", "argue", "indirect")],
        "asserted",
        "The law violates the constitution.",
    ),
    ("The minister confirmed the numbers.", [], "asserted", "The minister confirmed the numbers."),
    (
        "Yonhap news agency said the North fired two missiles.",
        [("Yonhap news agency", "reporter", "said", "indirect")],
        "asserted",
        "The North fired two missiles.",
    ),
    (
        "A senior U.S. official said on condition of anonymity that talks had stalled.",
        [("senior U.S. official", "speaker", "said", "indirect")],
        "asserted",
        "Talks had stalled.",
    ),
    (
        '"This is a disaster," tweeted Senator Ted Cruz.',
        [("Ted Cruz", "speaker", "tweeted", "direct")],
        "asserted",
        "This is a disaster.",
    ),
    (
        "The opposition accused the government of hiding 3 billion euros.",
        [],
        "asserted",
        "The opposition accused the government of hiding 3 billion euros.",
    ),
    ("The IMF forecasts growth of 3.2 percent.", [], "forecast", "The IMF forecasts growth of 3.2 percent."),
    (
        "Dr. Lee Min-ho of Seoul University said vaccines saved 20 million lives.",
        [("Lee Min-ho", "speaker", "said", "indirect")],
        "asserted",
        "Vaccines saved 20 million lives.",
    ),
    (
        "The mayor, speaking on Tuesday, said that crime had halved.",
        [("The mayor", "speaker", "said", "indirect")],
        "asserted",
        "Crime had halved.",
    ),
    (
        "The survey of 2,000 adults showed that 60% oppose the law.",
        [("The survey of 2,000 adults", "cited_body", "showed", "indirect")],
        "asserted",
        "60% oppose the law.",
    ),
    (
        "Analysts at Goldman Sachs expect oil to reach $90.",
        [],
        "forecast",
        "Analysts at Goldman Sachs expect oil to reach $90.",
    ),
    (
        "AFP quoted a local doctor as saying that 30 people had died.",
        [("a local doctor", "speaker", "quoted", "indirect"), ("AFP", "reporter", "quoted", "indirect")],
        "asserted",
        "30 people had died.",
    ),
    (
        '"I have never met him," the actor said in a statement.',
        [("the actor", "speaker", "said", "direct")],
        "asserted",
        "The actor: “I have never met him.”",
    ),
    (
        "According to the U.N., 2.5 million people fled.",
        [("U.N.", "cited_body", "according to", "indirect")],
        "asserted",
        "2.5 million people fled.",
    ),
    (
        "The troops arrived in the Kursk region in Oct. 2024, according to NIS.",
        [("NIS", "cited_body", "according to", "indirect")],
        "asserted",
        "The troops arrived in the Kursk region in Oct. 2024.",
    ),
    (
        '"They have tripled," the correspondent said.',
        [("the correspondent", "speaker", "said", "direct")],
        "asserted",
        "They have tripled.",
    ),
    ("“We don’t know,” said Mrs. Park.", [("Park", "speaker", "said", "direct")], "asserted", "Park: “We don’t know.”"),
    ("He said the war was over.", [], "asserted", "The war was over."),
    ("The Pentagon declined to comment.", [], "asserted", "The Pentagon declined to comment."),
    (
        "U.S. Gen. Christopher Cavoli said 3.5 million shells were delivered.",
        [("Christopher Cavoli", "speaker", "said", "indirect")],
        "asserted",
        "3.5 million shells were delivered.",
    ),
    (
        "Thirty thousand more units would arrive in July or August, Reuters reported, citing South Korea's NIS.",
        [("South Korea's NIS", "cited_body", "citing", "indirect"), ("Reuters", "reporter", "reported", "indirect")],
        "forecast",
        "Thirty thousand more units would arrive in July or August.",
    ),
    (
        "Kyiv estimates that 25,000 to 30,000 additional soldiers could join.",
        [("Kyiv", "speaker", "estimates", "indirect")],
        "forecast",
        "25,000 to 30,000 additional soldiers could join.",
    ),
    (
        "Lavrov told TASS that talks would resume.",
        [("Lavrov", "speaker", "told", "indirect"), ("TASS", "reporter", "told", "indirect")],
        "forecast",
        "Talks would resume.",
    ),
    (
        "John Smith, the mayor of Springfield, said on Tuesday that crime fell by 10%.",
        [("John Smith", "speaker", "said", "indirect")],
        "asserted",
        "Crime fell by 10%.",
    ),
    ("Officials said 12 people died.", [("Officials", "speaker", "said", "indirect")], "asserted", "12 people died."),
    (
        "The report found that emissions rose.",
        [("The report", "cited_body", "found", "indirect")],
        "asserted",
        "Emissions rose.",
    ),
    (
        "KYIV (Reuters) - Ukraine said on Friday it had shot down 30 of 45 drones.",
        [("Ukraine", "speaker", "said", "indirect"), ("Reuters", "reporter", "dateline", "indirect")],
        "asserted",
        "Ukraine had shot down 30 of 45 drones.",
    ),
    (
        "The minister denied that taxes had risen.",
        [("The minister", "speaker", "denied", "indirect")],
        "denied",
        "Taxes had risen.",
    ),
    (
        "In a statement on Monday, the World Health Organization said cases had doubled.",
        [("World Health Organization", "speaker", "said", "indirect")],
        "asserted",
        "Cases had doubled.",
    ),
    (
        "Crime is falling, the Home Secretary, Jane Doe, said.",
        [("Jane Doe", "speaker", "said", "indirect")],
        "asserted",
        "Crime is falling.",
    ),
    (
        "Bread cost 40 per cent more, figures from the statistics office of Vellmark show.",
        [("statistics office of Vellmark", "cited_body", "figures from", "indirect")],
        "asserted",
        "Bread cost 40 per cent more.",
    ),
    (
        "“Three men came to the house,” says Wangari’s father.",
        [("Wangari’s father", "speaker", "says", "direct")],
        "asserted",
        "Three men came to the house.",
    ),
    (
        "Wages fell by a tenth, new figures show.",
        [("new figures", "cited_body", "show", "indirect")],
        "asserted",
        "Wages fell by a tenth.",
    ),
    (
        "The data show that wages fell.",
        [("The data", "cited_body", "show", "indirect")],
        "asserted",
        "Wages fell.",
    ),
]
IDS = [row[0] for row in SENTENCES]


@pytest.mark.parametrize(("text", "hops", "modality", "claim"), SENTENCES, ids=IDS)
def test_the_chain_of_sources_and_what_they_say(text, hops, modality, claim):
    reading = read_sentence(text)
    assert [(hop.name, hop.role, hop.cue, hop.speech) for hop in reading.attribution.hops] == hops
    assert reading.modality == modality
    assert stand_alone(reading, claimant=hops[0][0] if hops else "")[0] == claim


def hops_of_the_last_sentence(text: str) -> str:
    found = sentences(text)
    is_spoken = speakers.spoken(found, quotations(text))
    readings = [
        read_sentence(text[each.start : each.end], offset=each.start, is_quoted=is_quoted)
        for each, is_quoted in zip(found, is_spoken, strict=True)
    ]
    hops = speakers.find(found, readings, is_spoken)[-1]
    return " | ".join(f"{hop.name} = {hop.role}, {hop.cue}, {hop.speech}" for hop in hops) or "nobody"


def test_the_table_of_speakers_names_each_and_no_other():
    wrong = []
    for text, expected in table("attribution", separator=" | "):
        said = hops_of_the_last_sentence(text)
        if said != expected:
            wrong.append((text, said, expected))
    assert wrong == []


@pytest.mark.parametrize("text", IDS)
def test_every_source_is_an_exact_place_in_the_article(text):
    article = "Früher 😀.\n\n" + text
    for hop in attribution.find(text, offset=len(article) - len(text)).hops:
        assert hop.span is not None
        assert article[hop.span.start : hop.span.end] == hop.span.quotation
        assert hop.name in hop.span.quotation


def test_the_printing_outlet_is_no_hop():
    text = "Lavrov told TASS that talks would resume."
    assert [hop.name for hop in attribution.find(text, outlet="TASS").hops] == ["Lavrov"]


def test_a_pronoun_speaker_is_reported_not_guessed():
    found = attribution.find("He said the war was over.")
    assert (found.hops, found.pronoun) == ((), "he")


NOBODY = [
    "Reports of violence increased.",
    "The judge noted the delay.",
    "It was said and done.",
    "North Korea’s stated support has long been a cornerstone.",
    "The estimates were wrong.",
    "Users post claims every day.",
]


@pytest.mark.parametrize("text", NOBODY)
def test_nouns_that_look_like_verbs_of_saying_name_nobody(text):
    assert attribution.find(text).hops == ()
