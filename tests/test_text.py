import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.text import (
    LONGEST_SENTENCE,
    Quotation,
    fingerprint,
    normalise_text,
    paragraphs,
    quotations,
    sentences,
)
from tests.shared import shared_file, shared_rows
from tests.tables import table


def cut(text: str) -> list[str]:
    return [text[found.start : found.end] for found in sentences(text)]


STORED = [
    ("plain text stays", "One.\nTwo.", "One.\nTwo."),
    ("Windows line ends", "One.\r\nTwo.\r\n", "One.\nTwo.\n"),
    ("old Mac line ends", "One.\rTwo.", "One.\nTwo."),
    ("a byte order mark in front", "\ufeffOne.", "One."),
    ("a mark inside is a character", "One\ufeff.", "One\ufeff."),
    ("NUL", "O\0ne.", "One."),
    ("double spaces stay", "One.  Two.", "One.  Two."),
    ("a decomposed letter stays", "Cafe\u0301", "Cafe\u0301"),
    ("nothing", "", ""),
]


@pytest.mark.parametrize(("text", "stored"), [row[1:] for row in STORED], ids=[row[0] for row in STORED])
def test_what_is_stored_differs_only_in_line_ends_and_invisible_rubbish(text, stored):
    assert normalise_text(text) == stored


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb", "\udc80\n"])
def test_a_lone_surrogate_is_refused_by_its_position(text):
    with pytest.raises(ValueError, match=r"lone surrogate at position \d"):
        normalise_text(text)
    with pytest.raises(ValueError):
        fingerprint(text)


SAME = [
    ("CRLF", "One.\nTwo.", "One.\r\nTwo."),
    ("double spaces and tabs", "One. Two.", " One. \t Two. \n"),
    ("no-break space", "10 000 men", "10\u00a0000 men"),
    ("soft hyphen", "governmental", "govern\u00admental"),
    ("zero-width space", "Lavrov", "Lav\u200brov"),
    ("direction marks", "אב", "\u200fאב\u200e"),
    ("composed and decomposed", "Café", "Cafe\u0301"),
    ("a mark between letter and accent", "Café", "Cafe\u200b\u0301"),
    ("byte order mark", "One.", "\ufeffOne."),
]
OTHER = [
    ("case", "May", "may"),
    ("a digit", "11,000", "12,000"),
    ("punctuation", "Let us eat, Ben", "Let us eat Ben"),
    ("a space less", "every one", "everyone"),
    ("a typographic quotation mark", '"Yes"', "“Yes”"),
]


@pytest.mark.parametrize(("left", "right"), [row[1:] for row in SAME], ids=[row[0] for row in SAME])
def test_texts_that_read_the_same_share_a_fingerprint(left, right):
    assert fingerprint(left) == fingerprint(right)


@pytest.mark.parametrize(("left", "right"), [row[1:] for row in OTHER], ids=[row[0] for row in OTHER])
def test_texts_that_read_differently_do_not(left, right):
    assert fingerprint(left) != fingerprint(right)


def test_a_fingerprint_is_the_sha_256_of_the_normal_form_in_hex():
    assert fingerprint(" a\n b ") == "c8687a08aa5d6ed2044328fa6a697ab8e96dc34291e8c2034ae8c38e6fcc6d65"


SENTENCES = [
    (
        "titles and initials",
        "Mr. Kim met Lt. Col. J. R. Smith. He left.",
        ["Mr. Kim met Lt. Col. J. R. Smith.", "He left."],
    ),
    ("decimals", "It rose 3.5 per cent. Prices fell.", ["It rose 3.5 per cent.", "Prices fell."]),
    (
        "abbreviated months",
        "It fell on Oct. 12 in St. Louis. Rain came.",
        ["It fell on Oct. 12 in St. Louis.", "Rain came."],
    ),
    ("approx. before an amount", "It cost approx. $5.4 million. Fine.", ["It cost approx. $5.4 million.", "Fine."]),
    ("a country at the end", "He lives in the U.S. The house is big.", ["He lives in the U.S.", "The house is big."]),
    ("a country inside", "The U.S. Treasury paid. It was late.", ["The U.S. Treasury paid.", "It was late."]),
    ("a question and who asked", "“Is it true?” she asked. Silence.", ["“Is it true?” she asked.", "Silence."]),
    ("an exclamation and who shouted", '"Stop!" Mr. Kim shouted. He ran.', ['"Stop!" Mr. Kim shouted.', "He ran."]),
    (
        "a quotation of several sentences",
        "“We lost. We will be back. Nobody cheated,” said Ada Holm.",
        ["“We lost.", "We will be back.", "Nobody cheated,” said Ada Holm."],
    ),
    ("a quotation that begins a sentence", 'He said so. "And more came."', ["He said so.", '"And more came."']),
    ("a dateline", "KYIV (Reuters) - Drones fell. Nobody died.", ["KYIV (Reuters) - Drones fell.", "Nobody died."]),
    (
        "a headline without a full stop",
        "Troops Tripled\n\nThe troops tripled.",
        ["Troops Tripled", "The troops tripled."],
    ),
    ("a list", "- 11,000 men\n- 30 tanks\n", ["- 11,000 men", "- 30 tanks"]),
    ("a caption", "The team arrives Image: Ada Holm. It won.", ["The team arrives", "Image: Ada Holm.", "It won."]),
    ("an omission", "We rose [...] Now we fall.", ["We rose [...]", "Now we fall."]),
    ("a web address", "See example.com for data. It is free.", ["See example.com for data.", "It is free."]),
    ("Russian", "Войска выросли. Они растут!", ["Войска выросли.", "Они растут!"]),
    ("Chinese", "人数增加了。是真的吗?", ["人数增加了。", "是真的吗?"]),
    ("Arabic", "زاد العدد. هل هذا صحيح؟", ["زاد العدد.", "هل هذا صحيح؟"]),
    ("emoji", "It tripled 😀. Nobody knows 🇺🇦.", ["It tripled 😀.", "Nobody knows 🇺🇦."]),
    ("nothing but space", " \n\t\n ", []),
]


@pytest.mark.parametrize(("text", "expected"), [row[1:] for row in SENTENCES], ids=[row[0] for row in SENTENCES])
def test_sentences_are_cut_as_an_editor_would(text, expected):
    assert cut(text) == expected


def test_the_table_of_hard_cases_is_cut_where_it_says():
    wrong = []
    for [row] in table("sentences"):
        expected = [piece for line in row.split(" ¶ ") for piece in line.split(" | ")]
        found = cut(row.replace(" | ", " ").replace(" ¶ ", "\n\n"))
        if found != expected:
            wrong.append((found, expected))
    assert wrong == []


def test_hard_wrapped_lines_are_one_paragraph():
    text = (
        "The number of soldiers in the region has grown from eleven thousand in\n"
        "November to thirty thousand in July. Nobody confirmed the number to\n"
        "reporters."
    )
    assert list(paragraphs(text)) == [(0, len(text))]
    assert cut(text) == [
        "The number of soldiers in the region has grown from eleven thousand in\nNovember to thirty thousand in July.",
        "Nobody confirmed the number to\nreporters.",
    ]


def test_short_lines_are_a_list():
    assert cut("Ada Holm\nBen Roe\nCleo Park\n") == ["Ada Holm", "Ben Roe", "Cleo Park"]


def test_a_title_above_its_text_is_a_paragraph_of_its_own():
    text = "Troops Tripled\nThe number of soldiers in the region has grown, a correspondent said."
    assert cut(text) == ["Troops Tripled", "The number of soldiers in the region has grown, a correspondent said."]


def test_quotations_reach_across_sentences_and_end_with_their_paragraph():
    text = "“We lost. We go on,” he said.\n“Nobody helped us.\n\nThe end."
    assert quotations(text) == [Quotation(0, 20, True), Quotation(30, 48, False)]
    assert text[0:20] == "“We lost. We go on,”"


def test_a_stray_mark_spoils_no_other_quotation():
    text = 'The 5" gun fired. "Hit," he said.'
    assert [text[found.start : found.end] for found in quotations(text)] == ['"Hit,"']


PIECES = [
    *("a", "A", ". ", "! ", "? ", '"', "“", "”", "«", "»", "(", ")", " ", "\n", "\n\n", "1", "Mr. ", "said ", "😀"),
    *("\u0301", "。", "שלום", "\u202e", "Image: ", "[...] ", "\t", "\u2028", "\x1c"),
]


@given(st.lists(st.sampled_from(PIECES), max_size=80).map("".join) | st.text(max_size=200))
def test_sentences_cover_every_visible_character_once_and_in_order(text):
    position = 0
    for found in sentences(text):
        assert found.start >= position
        assert not text[position : found.start].strip()
        assert text[found.start : found.end].strip() == text[found.start : found.end] != ""
        position = found.end
    assert not text[position:].strip()


HOSTILE = [
    "a",
    '"',
    "“",
    "«",
    "(",
    "1",
    "a. ",
    ". ",
    " ",
    "\n",
    "a\n",
    "(a.)",
    "😀",
    '"a" ',
    "。",
    "e\u0301",
    "A.B. ",
    "[...] A ",
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_hostile_text_is_cut_into_bounded_sentences(piece):
    text = piece * (100_000 // len(piece))
    found = sentences(text)
    assert all(each.end - each.start <= LONGEST_SENTENCE + len(piece) for each in found)
    assert sum(len("".join(text[each.start : each.end].split())) for each in found) == len("".join(text.split()))


def test_a_sentence_beyond_the_limit_is_cut_between_two_words():
    text = "word " * 2_000
    assert sentences(text)[0].end <= LONGEST_SENTENCE
    assert set(" ".join(cut(text)).split()) == {"word"}


def test_the_tricky_development_sentences_are_all_right():
    for row in shared_rows("sentences_tricky_dev.jsonl"):
        assert [[found.start, found.end] for found in sentences(row["text"])] == row["spans"]


def test_exact_spans_on_the_wikinews_development_documents():
    hits = found_count = gold_count = 0
    for row in shared_rows("sentences_wikinews_gum_dev.jsonl"):
        found = {(each.start, each.end) for each in sentences(row["text"])}
        gold = {tuple(span) for span in row["spans"]}
        hits, found_count, gold_count = hits + len(found & gold), found_count + len(found), gold_count + len(gold)
    assert 2 * hits / (found_count + gold_count) >= 0.95


def test_the_sentences_of_every_development_file_are_exact_places():
    for path in sorted(shared_file("data/README.md").parent.glob("*.jsonl")):
        # The debates have 40,000 lines: of them every hundredth.
        rows = shared_rows(path.name)
        for row in rows[:: len(rows) // 400 + 1]:
            text = row["text"]
            found = [text[each.start : each.end] for each in sentences(text)]
            assert "".join("".join(found).split()) == "".join(text.split()), (path.name, text)
