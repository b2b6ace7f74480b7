import pytest

from claims.extraction import dates, quantities
from claims.extraction.base import Quantity
from claims.extraction.reading import read_sentence
from tests.shared import shared_rows
from tests.tables import table


def q(surface, form, **expected):
    return surface, form, expected


def found(text: str) -> list[Quantity]:
    taken = [(time.span.start, time.span.end) for time in dates.find(text)]
    return quantities.find(text, taken=taken)


def as_expected(quantity: Quantity):
    """A quantity as its surface, form and whatever differs from the defaults."""
    expected = {}
    for name in ("value", "maximum", "unit", "comparator", "factor", "direction", "of", "period"):
        value = getattr(quantity, name)
        if value not in (None, "") and (name, value) != ("comparator", "equal"):
            expected[name] = round(value, 6) if isinstance(value, float) else value
    if quantity.baseline is not None:
        expected["baseline"] = quantity.baseline.words
        if quantity.baseline.has_number:
            expected["baseline_value"] = quantity.baseline.value
    return quantity.span.quotation, quantity.form, expected


SENTENCES = [
    (
        "Deaths rose by 40 per cent to 1,400 in May.",
        [
            q(
                "rose by 40 per cent to 1,400",
                "change",
                value=40,
                unit="%",
                factor=1.4,
                direction="up",
                of="Deaths",
                period="May",
            )
        ],
    ),
    (
        "The price of bread has more than doubled since 2021.",
        [
            q(
                "more than doubled",
                "change",
                comparator="more_than",
                factor=2,
                direction="up",
                of="The price of bread",
                period="2021",
            )
        ],
    ),
    (
        "Exports almost tripled to $4.5 billion from $1.6 billion a year earlier.",
        [
            q(
                "almost tripled to $4.5 billion from $1.6 billion",
                "change",
                value=4500000000,
                unit="USD",
                comparator="about",
                factor=3,
                direction="up",
                of="Exports",
                baseline="$1.6 billion",
                baseline_value=1600000000,
            )
        ],
    ),
    (
        "The party won 34.2% of the vote, up from 21 percent in 2019.",
        [
            q("34.2%", "percentage", value=34.2, unit="%", of="the vote"),
            q(
                "up from 21 percent",
                "change",
                unit="%",
                direction="up",
                period="2019",
                baseline="21 percent",
                baseline_value=21,
            ),
        ],
    ),
    (
        "Defence takes up 3.4 per cent of output, up from 1.9 per cent in 2021.",
        [
            q("3.4 per cent", "percentage", value=3.4, unit="%", of="output"),
            q(
                "up from 1.9 per cent",
                "change",
                unit="%",
                direction="up",
                period="2021",
                baseline="1.9 per cent",
                baseline_value=1.9,
            ),
        ],
    ),
    (
        "The number of attacks fell by half.",
        [q("fell by half", "change", value=0.5, factor=0.5, direction="down", of="The number of attacks")],
    ),
    (
        "The number of attacks fell by a third.",
        [q("fell by a third", "change", value=0.333333, factor=0.666667, direction="down", of="The number of attacks")],
    ),
    (
        "Turnout dropped from 71% to 58%.",
        [
            q(
                "dropped from 71% to 58%",
                "change",
                value=58,
                unit="%",
                factor=0.8169,
                direction="down",
                of="Turnout",
                baseline="71%",
                baseline_value=71,
            )
        ],
    ),
    (
        "The bank cut its key rate by 50 basis points.",
        [
            q(
                "cut its key rate by 50 basis points",
                "change",
                value=50,
                unit="basis points",
                direction="down",
                of="its key rate",
            )
        ],
    ),
    (
        "Support is up 3 percentage points since March.",
        [
            q(
                "up 3 percentage points",
                "change",
                value=3,
                unit="percentage points",
                direction="up",
                of="Support",
                period="March",
            )
        ],
    ),
    (
        "Wages grew 4.1 per cent year on year.",
        [q("grew 4.1 per cent", "change", value=4.1, unit="%", factor=1.041, direction="up", of="Wages")],
    ),
    (
        "There were 40% fewer burglaries than in 2019.",
        [
            q(
                "40% fewer",
                "change",
                value=40,
                unit="%",
                factor=0.6,
                direction="down",
                of="burglaries",
                baseline="in 2019",
            )
        ],
    ),
    (
        "The city spent five times as much on roads as on schools.",
        [q("five times as much", "multiple", value=5, factor=5, direction="up", baseline="on schools")],
    ),
    (
        "Twice as many people died as were reported.",
        [q("Twice as many", "multiple", value=2, factor=2, direction="up", of="people", baseline="were reported")],
    ),
    ("A fivefold rise in cases was recorded.", [q("fivefold rise", "change", factor=5, direction="up", of="cases")]),
    ("The 10-fold increase surprised doctors.", [q("10-fold increase", "change", factor=10, direction="up")]),
    (
        "Sales were 1.5 times last year's level.",
        [q("1.5 times", "multiple", value=1.5, factor=1.5, direction="up", of="last year's level")],
    ),
    (
        "Production is half what it was in 1990.",
        [q("half", "multiple", value=0.5, factor=0.5, direction="down", period="1990")],
    ),
    (
        "About 3,000 people, or roughly 12% of the population, fled.",
        [
            q("About 3,000", "number", value=3000, comparator="about", of="people"),
            q("roughly 12%", "percentage", value=12, unit="%", comparator="about", of="the population"),
        ],
    ),
    (
        "Between 5 and 6 million people are affected.",
        [q("Between 5 and 6 million", "range", value=5000000, maximum=6000000, comparator="between", of="people")],
    ),
    (
        "It costs $5-6 million a year.",
        [q("$5-6 million", "range", value=5000000, maximum=6000000, unit="USD", comparator="between", period="a year")],
    ),
    (
        "Some 30 to 40 villages were hit.",
        [q("Some 30 to 40", "range", value=30, maximum=40, comparator="about", of="villages")],
    ),
    (
        "As many as 200 people were killed.",
        [q("As many as 200", "number", value=200, comparator="at_most", of="people")],
    ),
    (
        "No fewer than 12 ships were sunk.",
        [q("No fewer than 12", "number", value=12, comparator="at_least", of="ships")],
    ),
    (
        "Fewer than 100 soldiers remain.",
        [q("Fewer than 100", "number", value=100, comparator="less_than", of="soldiers remain")],
    ),
    ("Up to 5,000 jobs are at risk.", [q("Up to 5,000", "number", value=5000, comparator="at_most", of="jobs")]),
    ("At most three people survived.", [q("At most three", "number", value=3, comparator="at_most", of="people")]),
    (
        "Two and a half million people live there.",
        [q("Two and a half million", "number", value=2500000, of="people live there")],
    ),
    ("One hundred and fifty soldiers died.", [q("One hundred and fifty", "number", value=150, of="soldiers")]),
    ("Twenty-five ships arrived.", [q("Twenty-five", "number", value=25, of="ships")]),
    ("Half a million people marched.", [q("Half a million", "number", value=500000, of="people")]),
    (
        "Dozens were hurt and several hundred arrested.",
        [q("Dozens", "vague"), q("several hundred", "vague", of="arrested")],
    ),
    ("A handful of shops opened.", [q("A handful of", "vague", of="shops")]),
    ("One in four adults smokes.", [q("One in four", "ratio", value=0.25, of="adults smokes")]),
    ("Nine out of 10 doctors agree.", [q("Nine out of 10", "ratio", value=0.9, of="doctors agree")]),
    ("Three-quarters of the budget was spent.", [q("Three-quarters", "ratio", value=0.75, of="the budget")]),
    ("A quarter of the children were vaccinated.", [q("A quarter of", "ratio", value=0.25, of="the children")]),
    ("The company's third-largest plant closed.", [q("third-largest", "ordinal", value=3, of="plant")]),
    (
        "It was the first time in 20 years.",
        [q("first", "ordinal", value=1, of="time"), q("20 years", "number", value=20, unit="years")],
    ),
    ("She finished 2nd.", [q("2nd", "ordinal", value=2)]),
    ("The No. 2 official resigned.", [q("No. 2", "ordinal", value=2, of="official")]),
    ("The F-16 and the T-72 were shown on Channel 4.", []),
    ("Article 5 was invoked under Resolution 2758.", []),
    ("The talks began at 10:30 and ended at 5 p.m.", []),
    ("Covid-19 spread in 2020.", []),
    (
        "The 40-year-old driver was driving at 120 km/h.",
        [
            q("40-year", "number", value=40, unit="year", of="old driver"),
            q("120 km/h", "number", value=120, unit="km/h"),
        ],
    ),
    ("The 20-member team came.", [q("20", "number", value=20, of="member team")]),
    (
        "The euro fell 0.3% to $1.08.",
        [q("fell 0.3% to $1.08", "change", value=0.3, unit="%", factor=0.997, direction="down", of="The euro")],
    ),
    (
        "The rouble lost 30 per cent of its value.",
        [q("lost 30 per cent", "change", value=30, unit="%", factor=0.7, direction="down", of="The rouble")],
    ),
    ("£20m was stolen.", [q("£20m", "money", value=20000000, unit="GBP")]),
    (
        "The fund holds €1.2bn and US$300m.",
        [q("€1.2bn", "money", value=1200000000, unit="EUR"), q("US$300m", "money", value=300000000, unit="USD")],
    ),
    ("The war cost 5 million euros.", [q("5 million euros", "money", value=5000000, unit="EUR")]),
    ("The team won 3-1.", []),
    (
        "Inflation slowed to 2.4 percent from 2.9 percent.",
        [
            q(
                "slowed to 2.4 percent from 2.9 percent",
                "change",
                value=2.4,
                unit="%",
                factor=0.8276,
                direction="down",
                of="Inflation",
                baseline="2.9 percent",
                baseline_value=2.9,
            )
        ],
    ),
    ("Unemployment is at its lowest level since 1975.", [q("lowest", "superlative", of="level", period="1975")]),
    (
        "They have reduced emissions by 20 to 30 per cent compared with 1990.",
        [
            q(
                "reduced emissions by 20 to 30 per cent",
                "change",
                value=20,
                maximum=30,
                unit="%",
                comparator="between",
                direction="down",
                of="emissions",
                baseline="1990",
            )
        ],
    ),
    (
        "The population shrank by 1.2 million between 2010 and 2020.",
        [
            q(
                "shrank by 1.2 million",
                "change",
                value=1200000,
                direction="down",
                of="The population",
                period="2010 and 2020",
            )
        ],
    ),
    (
        "Their losses quadrupled in a month.",
        [q("quadrupled", "change", factor=4, direction="up", of="Their losses", period="a month")],
    ),
    ("The army doubled in size.", [q("doubled", "change", factor=2, direction="up", of="The army")]),
    (
        "The temperature rose 2 degrees.",
        [q("rose 2 degrees", "change", value=2, unit="degrees", direction="up", of="The temperature")],
    ),
    (
        "The stock jumped 15%, its biggest gain in a decade.",
        [
            q("jumped 15%", "change", value=15, unit="%", factor=1.15, direction="up", of="The stock"),
            q("biggest", "superlative", of="gain", period="a decade"),
        ],
    ),
    (
        "Crime has gone down by 12 percent.",
        [q("down by 12 percent", "change", value=12, unit="%", factor=0.88, direction="down", of="Crime")],
    ),
    (
        "The deficit widened to 4% of GDP.",
        [q("widened to 4%", "change", value=4, unit="%", direction="up", of="The deficit")],
    ),
    ("He doubled down on his remarks.", []),
    (
        "Five people were killed and 12 others injured.",
        [q("Five", "number", value=5, of="people"), q("12", "number", value=12, of="others")],
    ),
    (
        "He was 25 when he won the 100 metres.",
        [q("25", "number", value=25), q("100 metres", "number", value=100, unit="metres")],
    ),
    (
        "Nearly half of all voters are over 60.",
        [
            q("Nearly half of", "ratio", value=0.5, comparator="about", of="all voters"),
            q("over 60", "number", value=60, comparator="more_than"),
        ],
    ),
    (
        "Taxes will rise by an average of £400 a year.",
        [q("rise by an average of £400", "change", value=400, unit="GBP", direction="up", of="Taxes", period="a year")],
    ),
    (
        "The rate is three times the national average.",
        [q("three times", "multiple", value=3, factor=3, direction="up", of="the national average")],
    ),
    (
        "That is ten times more than last year.",
        [q("ten times more", "multiple", value=10, factor=10, direction="up", baseline="last year")],
    ),
    ("The ship sank 200 km off the coast.", [q("200 km", "number", value=200, unit="km")]),
    (
        "Two-thirds fewer tourists came.",
        [q("Two-thirds fewer", "change", value=0.666667, factor=0.333333, direction="down", of="tourists")],
    ),
    (
        "The number halved in two years, from 600 to 300.",
        [
            q(
                "halved in two years, from 600 to 300",
                "change",
                value=300,
                factor=0.5,
                direction="down",
                of="The number",
                baseline="600",
                baseline_value=600,
            ),
            q("two years", "number", value=2, unit="years"),
        ],
    ),
    ("The agency has tripled its staff.", [q("tripled", "change", factor=3, direction="up", of="its staff")]),
    (
        "It is a rise of 12 per cent.",
        [q("rise of 12 per cent", "change", value=12, unit="%", factor=1.12, direction="up")],
    ),
    (
        "There was a 3 percentage point drop.",
        [q("3 percentage point drop", "change", value=3, unit="percentage points", direction="down")],
    ),
    (
        "An increase of 5,000 over the previous year.",
        [q("increase of 5,000", "change", value=5000, direction="up", baseline="the previous year")],
    ),
    (
        "Exports were down 8.5%.",
        [q("down 8.5%", "change", value=8.5, unit="%", factor=0.915, direction="down", of="Exports")],
    ),
    (
        "A 15-20% cut is planned.",
        [q("15-20%", "range", value=15, maximum=20, unit="%", comparator="between", of="cut")],
    ),
    (
        "The figure rose from about 2,000 last year to more than 9,000.",
        [
            q(
                "rose from about 2,000 last year to more than 9,000",
                "change",
                value=9000,
                comparator="more_than",
                factor=4.5,
                direction="up",
                of="The figure",
                baseline="about 2,000",
                baseline_value=2000,
            )
        ],
    ),
    (
        "The minister said 1,200 of 3,500 houses were rebuilt.",
        [q("1,200", "number", value=1200), q("3,500", "number", value=3500, of="houses")],
    ),
    (
        "The river rose by 2.4 metres in three days.",
        [
            q(
                "rose by 2.4 metres",
                "change",
                value=2.4,
                unit="metres",
                direction="up",
                of="The river",
                period="in three days",
            ),
            q("three days", "number", value=3, unit="days"),
        ],
    ),
    (
        "It is 20 per cent cheaper than in Paris.",
        [q("20 per cent cheaper", "change", value=20, unit="%", factor=0.8, direction="down", baseline="in Paris")],
    ),
    (
        "Nine months later the figure was 7.5 per cent higher.",
        [
            q("Nine months", "number", value=9, unit="months"),
            q("7.5 per cent higher", "change", value=7.5, unit="%", factor=1.075, direction="up"),
        ],
    ),
    ("Debt stands at 120% of GDP.", [q("120%", "percentage", value=120, unit="%", of="GDP")]),
    ("The plan would cut 10,000 jobs.", [q("cut 10,000", "change", value=10000, direction="down", of="The plan")]),
    (
        "They raised the minimum wage from €12 to €15 an hour.",
        [
            q(
                "raised the minimum wage from €12 to €15",
                "change",
                value=15,
                unit="EUR",
                factor=1.25,
                direction="up",
                of="the minimum wage",
                baseline="€12",
                baseline_value=12,
            )
        ],
    ),
    ("In May 2024 alone, 311 drones were shot down.", [q("311", "number", value=311, of="drones")]),
    (
        "The mission lasted 14 days, 3 hours and 12 minutes.",
        [
            q("14 days", "number", value=14, unit="days"),
            q("3 hours", "number", value=3, unit="hours"),
            q("12 minutes", "number", value=12, unit="minutes"),
        ],
    ),
    (
        "He owns a 15 percent stake worth $2 billion.",
        [
            q("15 percent", "percentage", value=15, unit="%", of="stake worth"),
            q("$2 billion", "money", value=2000000000, unit="USD"),
        ],
    ),
    ("Attendance was below 500.", [q("below 500", "number", value=500, comparator="less_than")]),
    (
        "It was the worst drought for 60 years.",
        [q("worst", "superlative", of="drought"), q("60 years", "number", value=60, unit="years")],
    ),
    (
        "The number has risen sevenfold since 2015.",
        [q("risen sevenfold", "change", factor=7, direction="up", of="The number", period="2015")],
    ),
    (
        "More than two-thirds of the seats went to women.",
        [q("More than two-thirds", "ratio", value=0.666667, comparator="more_than", of="the seats")],
    ),
    ("On 2 July 2024 the talks failed.", []),
    ("Inflation eased, falling 0.2 points.", [q("falling 0.2", "change", value=0.2, direction="down")]),
    (
        "They sold fewer than half the tickets.",
        [q("fewer than half", "ratio", value=0.5, comparator="less_than", of="the tickets")],
    ),
    ("The law, adopted in 2010, is 300 pages long.", [q("300", "number", value=300, of="pages long")]),
    (
        "The share grew to 42 percent, compared with 35 percent a decade ago.",
        [
            q(
                "grew to 42 percent",
                "change",
                value=42,
                unit="%",
                factor=1.2,
                direction="up",
                of="The share",
                baseline="35 percent a decade ago",
                baseline_value=35,
            ),
            q("35 percent", "percentage", value=35, unit="%"),
        ],
    ),
    (
        "Trade was worth $1.5tn last year.",
        [q("$1.5tn", "money", value=1500000000000, unit="USD", of="last year", period="last year")],
    ),
    (
        "The area is 40,000 square kilometres.",
        [q("40,000 square kilometres", "number", value=40000, unit="square kilometres")],
    ),
    (
        "It fell more than 5%.",
        [
            q(
                "fell more than 5%",
                "change",
                value=5,
                unit="%",
                comparator="more_than",
                factor=0.95,
                direction="down",
                of="It",
            )
        ],
    ),
    (
        "Losses narrowed by 12 million pounds.",
        [q("narrowed by 12 million pounds", "change", value=12000000, unit="GBP", direction="down", of="Losses")],
    ),
    ("Rents are twice what they were.", [q("twice", "multiple", value=2, factor=2, direction="up")]),
    ("The town of 5,000 was evacuated.", [q("5,000", "number", value=5000)]),
    (
        "An estimated 45,000 people attended.",
        [q("An estimated 45,000", "number", value=45000, comparator="about", of="people")],
    ),
    (
        "Gas is four times more expensive than oil.",
        [q("four times more", "multiple", value=4, factor=4, direction="up", of="expensive", baseline="oil")],
    ),
    ("He has 30+ years of experience.", [q("30+", "number", value=30, comparator="at_least", of="years")]),
    (
        "Production tripled, and exports doubled.",
        [
            q("tripled", "change", factor=3, direction="up", of="Production"),
            q("doubled", "change", factor=2, direction="up", of="exports"),
        ],
    ),
]


@pytest.mark.parametrize(("text", "expected"), SENTENCES, ids=[row[0] for row in SENTENCES])
def test_the_numbers_of_a_sentence_are_found_and_nothing_else(text, expected):
    assert [as_expected(quantity) for quantity in found(text)] == expected


SIGNS = {"about": "~", "more_than": ">", "less_than": "<", "at_least": ">=", "at_most": "<="}


def written(quantity: Quantity) -> str:
    """A quantity as the table writes it."""
    sign = SIGNS.get(quantity.comparator, "")
    words = [quantity.form]
    if quantity.value is not None and quantity.form != "multiple":
        end = f" to {figure(quantity.maximum)}" if quantity.maximum is not None else ""
        words.append(sign + figure(quantity.value) + end)
        sign = ""
    words += [quantity.unit] if quantity.unit else []
    words += [f"{sign}x{figure(round(quantity.factor, 4))}"] if quantity.factor is not None else []
    words += [quantity.direction] if quantity.direction else []
    if (base := quantity.baseline) is not None:
        words += ["against", base.words, *([f"(={figure(base.value)})"] if base.value is not None else [])]
    return f"{quantity.span.quotation} = {' '.join(words)}"


def figure(value: float) -> str:
    return f"{value:.6f}".rstrip("0") if 0 < abs(value) < 1e-4 else f"{round(value, 6):,.15g}"


def test_the_table_of_hard_sentences_holds_every_quantity_and_nothing_else():
    wrong = []
    for text, expected in table("quantities", separator=" | "):
        said = " | ".join(map(written, read_sentence(text).quantities)) or "nothing"
        if said != expected:
            wrong.append((text, said, expected))
    assert wrong == []


@pytest.mark.parametrize("text", [row[0] for row in SENTENCES])
def test_every_span_is_the_exact_place_in_the_article(text):
    article = "Ünïcode 😀 first.\n\n" + text
    offset = len(article) - len(text)
    for quantity in quantities.find(text, offset=offset):
        spans = [quantity.span, *quantity.parts]
        spans += (
            [quantity.baseline.span] if quantity.baseline is not None and quantity.baseline.span is not None else []
        )
        for span in spans:
            assert article[span.start : span.end] == span.quotation


def test_a_baseline_in_words_is_kept_and_flagged_as_having_no_number():
    (quantity,) = found("The number of troops had tripled compared to earlier assessments.")
    assert (quantity.form, quantity.factor, quantity.direction) == ("change", 3.0, "up")
    assert quantity.baseline is not None
    assert (quantity.baseline.words, quantity.baseline.has_number, quantity.baseline.value) == (
        "earlier assessments",
        False,
        None,
    )


def test_the_verb_the_amount_and_both_ends_are_parts_of_a_change():
    (quantity,) = found("The force grew from 11,000 to 30,000.")
    assert [part.quotation for part in quantity.parts] == ["grew", "11,000", "30,000", "from 11,000 to 30,000"]


def test_an_amount_without_its_comparator_is_a_part():
    (quantity,) = found("Nearly one in five children is poor.")
    assert (quantity.span.quotation, [part.quotation for part in quantity.parts]) == (
        "Nearly one in five",
        ["one in five"],
    )


def surfaces(text: str) -> set[str]:
    return {span.quotation for each in quantities.find(text) for span in (each.span, *each.parts)}


def test_the_development_sentences_hold_every_expected_surface():
    rows = shared_rows("quantities_relative_change_dev.jsonl")
    assert [
        (row["text"], words) for row in rows for words in row["expected"] if words not in surfaces(row["text"])
    ] == []


def test_the_table_of_relative_change_holds_every_surface():
    rows = table("surfaces", separator=" | ")
    assert [(text, words) for text, cell in rows for words in cell.split("; ") if words not in surfaces(text)] == []


@pytest.mark.parametrize(
    ("language", "text", "values"),
    [
        ("es", "Según datos oficiales, 1.200 personas murieron.", [1200]),
        ("es-MX", "La inflación fue de 4.5 por ciento.", [4.5]),
        ("es", "La inflación fue de 4.5 %.", []),
        ("de", "Die Quote stieg auf 5,8 Prozent, das sind 1.234.567 Menschen.", [5.8, 1234567]),
        ("fr", "L'inflation a atteint 5,25 % en mars.", [5.25]),
        ("it", "L'inflazione è salita al 5,7% e il debito a 2.900,5 euro.", [5.7, 2900.5]),
        ("ru", "Рост составил 3,5 процента.", [3.5]),
        ("en", "Some 1,200 people paid 5.8 per cent, or 3,50 euros.", [1200, 5.8, 3.5]),
        ("", "Some 1,200 people paid 5.8 per cent.", [1200, 5.8]),
    ],
)
def test_the_language_tells_which_mark_stands_in_front_of_decimals(language, text, values):
    assert [quantity.value for quantity in read_sentence(text, language=language).quantities] == values
