"""What a source gives: drafts and refused rows, whatever the format."""

import gzip
import io
import itertools
import os
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson
import pytest

from claims.sources import FORMATS, ArticleDraft, BadRow, Options, Place, Unreadable, draft_of_html
from claims.sources.base import MAX_DOCUMENT_BYTES, MAX_ROW_BYTES, PageAddress
from claims.sources.guess import format_by_content, format_by_name
from claims.sources.headline import headline_of
from claims.sources.inputs import Skipped, find_sources, open_input

OPTIONS = Options()


def read(format: str, content: bytes | str, options: Options = OPTIONS, offset: int = 0) -> list[ArticleDraft | BadRow]:
    stream = io.BytesIO(content if isinstance(content, bytes) else content.encode())
    return list(FORMATS[format].read(stream, "wire", options, offset))


def article(format: str, content: bytes | str, options: Options = OPTIONS) -> ArticleDraft:
    (draft,) = read(format, content, options)
    assert isinstance(draft, ArticleDraft), draft
    return draft


def refusal(format: str, content: bytes | str, options: Options = OPTIONS) -> tuple[str, str]:
    (bad,) = read(format, content, options)
    assert isinstance(bad, BadRow), bad
    return bad.field, bad.code


def row(**fields: object) -> bytes:
    return orjson.dumps({"text": "Bread doubled."} | fields)


# Fields, the same for JSON, JSONL and CSV


def test_fields_are_known_by_the_names_that_other_systems_give_them():
    content = orjson.dumps(
        {
            "articleBody": "Bread doubled.",
            "headline": " Bread\nprices ",
            "link": "https://Wire.example/bread/?utm_source=x",
            "author": [{"name": "Ada Smith"}, "Finn Roy"],
            "inLanguage": "en_gb",
            "publisher": {"@type": "Organization", "name": "Example Wire"},
            "datePublished": "2025-07-02T10:00:00+03:00",
        }
    )
    assert article("jsonl", content) == ArticleDraft(
        text="Bread doubled.",
        title="Bread prices",
        url="https://Wire.example/bread/?utm_source=x",
        canonical_url="https://wire.example/bread",
        byline="Ada Smith, Finn Roy",
        language="en-GB",
        outlet="Example Wire",
        outlet_domain="wire.example",
        published_at=datetime(2025, 7, 2, 7, 0, tzinfo=UTC),
        place=Place("wire", 1, len(content), content, orjson.loads(content)),
    )


def test_a_mapping_wins_over_the_known_names():
    options = Options(mapping={"Überschrift": "title", "title": "byline"})
    draft = article("jsonl", row(Überschrift="Brot", title="Ada", byline="Finn"), options)
    assert (draft.title, draft.byline) == ("Brot", "Ada")


def test_of_several_fields_for_one_thing_the_first_that_holds_something_counts():
    draft = article(
        "jsonl", orjson.dumps({"content": "Bread doubled.", "text": None, "headline": "Bread", "title": ""})
    )
    assert (draft.text, draft.title) == ("Bread doubled.", "Bread")


def test_the_options_fill_only_what_a_row_leaves_out():
    options = Options(outlet="Example Wire", language="en")
    draft = article("jsonl", row(), options)
    assert (draft.outlet, draft.language) == ("Example Wire", "en")
    draft = article("jsonl", row(source="Kurier", lang="de"), options)
    assert (draft.outlet, draft.language) == ("Kurier", "de")


def test_the_outlet_domain_is_the_stated_one_or_the_host_of_the_url():
    assert article("jsonl", row(url="https://www.wire.example:8443/a")).outlet_domain == "wire.example"
    assert article("jsonl", row(url="https://wire.example/a", domain="https://www.Kurier.example/")).outlet_domain == (
        "kurier.example"
    )
    assert article("jsonl", row()).outlet_domain == ""


def test_a_relative_url_is_completed_by_the_base_and_refused_without():
    draft = article("jsonl", row(url="/bread"), Options(base="https://wire.example/news/"))
    assert (draft.url, draft.canonical_url) == ("/bread", "https://wire.example/bread")
    assert refusal("jsonl", row(url="/bread")) == ("url", "invalid_url")


KYIV = ZoneInfo("Europe/Kyiv")
DATES = [
    ("2025-07-02T10:00:00Z", datetime(2025, 7, 2, 10, tzinfo=UTC)),
    ("2025-07-02t10:00:00.25z", datetime(2025, 7, 2, 10, 0, 0, 250_000, tzinfo=UTC)),
    ("2025-07-02T10:00:00+0200", datetime(2025, 7, 2, 8, tzinfo=UTC)),
    ("2025-07-02 10:00:00 -0500", datetime(2025, 7, 2, 15, tzinfo=UTC)),
    ("2025-07-02 10:00", datetime(2025, 7, 2, 7, tzinfo=UTC)),
    ("2025-01-02 10:00", datetime(2025, 1, 2, 8, tzinfo=UTC)),
    (" 2025-07-02 ", datetime(2025, 7, 1, 21, tzinfo=UTC)),
    ("", None),
    (None, None),
]


@pytest.mark.parametrize(("written", "published_at"), DATES)
def test_a_date_without_an_offset_is_one_in_the_default_time_zone(written: str | None, published_at: datetime | None):
    options = Options(default_timezone=KYIV)
    assert article("jsonl", row(date=written), options).published_at == published_at


@pytest.mark.parametrize(
    "written",
    ["July 2", "2025-13-01", "2025-07", "02.07.2025", "0001-01-01T00:00:00Z", "9999-12-31", "1751450400", "now"],
)
def test_what_is_no_iso_date_is_refused_not_guessed(written: str):
    assert refusal("jsonl", row(published=written)) == ("published_at", "invalid_date")


REFUSED_FIELDS = [
    ({"text": ""}, "text", "empty_text"),
    ({"text": " \n\t"}, "text", "empty_text"),
    ({"text": "\0"}, "text", "empty_text"),
    ({"text": None}, "text", "missing_text"),
    ({"text": 5}, "text", "wrong_type"),
    ({"text": ["Bread doubled."]}, "text", "wrong_type"),
    ({"title": True}, "title", "wrong_type"),
    ({"title": "a" * 1001}, "title", "too_long"),
    ({"url": "wire.example/bread"}, "url", "invalid_url"),
    ({"url": "javascript:alert(1)"}, "url", "invalid_url"),
    ({"url": {"href": "https://wire.example"}}, "url", "wrong_type"),
    ({"author": [5]}, "byline", "wrong_type"),
    ({"language": "English"}, "language", "invalid_language"),
    ({"outlet": "a" * 201}, "outlet", "too_long"),
    ({"outlet": {"id": 7}}, "outlet", "wrong_type"),
    ({"domain": "wire..example"}, "outlet_domain", "invalid_url"),
    ({"published_at": 1751450400}, "published_at", "wrong_type"),
]


@pytest.mark.parametrize(("fields", "field", "code"), REFUSED_FIELDS)
def test_a_row_is_refused_by_field_and_code(fields: dict[str, object], field: str, code: str):
    assert refusal("jsonl", row(**fields)) == (field, code)


def test_the_text_stays_as_it_is_but_for_nul_which_no_database_holds():
    assert article("jsonl", row(text=" \u200bBread\r\n\0doubled. ", title="Bread")).text == " \u200bBread\r\ndoubled. "


@pytest.mark.parametrize(
    ("given", "wrong"), [({"mapping": {"a": "headline"}}, "headline"), ({"language": "English"}, "English")]
)
def test_options_that_can_fit_no_row_are_refused_at_once(given: dict, wrong: str):
    with pytest.raises(ValueError, match=wrong):
        Options(**given)


# The headline of a text

HEADLINES = [
    ("Bread prices tripled\n\nThe price rose.", "Bread prices tripled"),
    ("\n\n  Bread prices tripled  \r\n\r\nThe price rose.", "Bread prices tripled"),
    ("Bread prices “tripled”\n \t\nThe price rose.", "Bread prices “tripled”"),
    ("The price rose.\n\nIt fell.", ""),
    ("He said it “tripled.”\n\nIt fell.", ""),
    ("Bread prices tripled\nThe price rose.", ""),
    ("Bread prices tripled", ""),
    ("Bread prices tripled\n\n \n", ""),
    ("a" * 200 + "\n\nThe price rose.", "a" * 200),
    ("a" * 201 + "\n\nThe price rose.", ""),
    ("", ""),
]


@pytest.mark.parametrize(("text", "headline"), HEADLINES)
def test_a_short_first_paragraph_that_ends_like_no_sentence_is_the_headline(text: str, headline: str):
    assert headline_of(text) == headline


def test_the_headline_stays_in_the_text():
    draft = article("text", "Bread prices tripled\n\nThe price rose.\n")
    assert (draft.title, draft.text) == ("Bread prices tripled", "Bread prices tripled\n\nThe price rose.\n")


def test_a_stated_title_is_the_title_whatever_the_text_begins_with():
    draft = article("jsonl", row(title="Bread", text="Prices tripled\n\nThe price rose."))
    assert (draft.title, draft.text) == ("Bread", "Prices tripled\n\nThe price rose.")


# Documents


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_text_is_read_in_utf_8_and_in_what_its_byte_order_mark_says(encoding: str):
    assert article("text", "Ціни зросли.".encode(encoding)).text == "Ціни зросли."


BAD_DOCUMENTS = [
    ("Ціни зросли.".encode("cp1251"), "invalid_encoding"),
    ("Bread".encode("utf-16-le"), "nul_character"),
    (b"a" * (MAX_DOCUMENT_BYTES + 1), "too_large"),
    (b"\n", "empty_text"),
]


@pytest.mark.parametrize("format", ["text", "markdown"])
@pytest.mark.parametrize(("content", "code"), BAD_DOCUMENTS, ids=[code for _, code in BAD_DOCUMENTS])
def test_a_document_that_cannot_be_read_is_refused_not_guessed(format: str, content: bytes, code: str):
    assert refusal(format, content) == ("text", code)


@pytest.mark.parametrize("format", ["text", "markdown", "html"])
def test_a_document_that_was_read_is_not_read_again(format: str):
    content = b"<p>Bread doubled.</p>"
    assert read(format, content, offset=len(content)) == []


def test_nobody_takes_the_time_of_a_file_for_a_date(tmp_path: Path):
    path = tmp_path / "bread.txt"
    path.write_text("Bread doubled.")
    with open_input(str(path), OPTIONS, io.BytesIO()) as source:
        (draft,) = source.articles(OPTIONS)
    assert isinstance(draft, ArticleDraft)
    assert draft.published_at is None


MARKDOWN = """---
title: "Bread: dearer"
date: 2025-07-02
author: Ada Smith
tags:
  - bread
---
# Bread *prices* tripled

The price [tripled](https://wire.example "x") &amp; **rose**
again, said `Finn`.<br>

![a loaf](loaf.png)

- eleven
- thirty-three

> “Dear,” he said.

| year | price |
|------|-------|
| 2024 | 11    |

<div>In <b>crowns</b><script>alert(1)</script></div>
"""


def test_markdown_becomes_what_a_reader_sees():
    draft = article("markdown", MARKDOWN)
    assert draft.text.split("\n\n") == [
        "Bread prices tripled",
        "The price tripled & rose again, said Finn.",
        "eleven",
        "thirty-three",
        "“Dear,” he said.",
        "year\tprice",
        "2024\t11",
        "In crowns",
    ]
    assert (draft.title, draft.byline, draft.published_at) == (
        "Bread: dearer",
        "Ada Smith",
        datetime(2025, 7, 2, tzinfo=UTC),
    )


MARKDOWN_TITLES = [
    ("# Bread *prices*\n\nThe price rose.", "Bread prices"),
    ("## Bread\n\nThe price rose.\n\n# Milk", "Bread"),
    ("By Ada.\n\n# Bread\n\nThe price rose.", "Bread"),
    ("The price rose.\n\n## Background\n\nIt fell.", ""),
    ("Bread prices\n\nThe price rose.", "Bread prices"),
    ("---\ntitle: never closed.\n\nThe price rose.", ""),
]


@pytest.mark.parametrize(("content", "title"), MARKDOWN_TITLES)
def test_the_title_of_markdown_is_its_heading(content: str, title: str):
    assert article("markdown", content).title == title


PAGE = """<!doctype html><html lang="en-GB"><head><title>Bread prices tripled | Example Wire</title>
<meta property="og:site_name" content="Example Wire"><meta name="author" content="Ada Smith">
<link rel="canonical" href="https://wire.example/bread">{head}</head>
<body><nav><a href="/">Home</a></nav><article><h1>Bread prices tripled</h1>
<p>The price of bread tripled in a year, the office said on Monday.</p>
<p>It rose from 11 to 33 crowns, «ціна» and all, since 2019-03-01.</p></article>
<footer>Copyright 2018</footer></body></html>"""


def test_a_page_gives_its_article_and_what_it_states_about_it():
    draft = article("html", PAGE.format(head=""))
    assert draft.text.split("\n\n") == [
        "Bread prices tripled",
        "The price of bread tripled in a year, the office said on Monday.",
        "It rose from 11 to 33 crowns, «ціна» and all, since 2019-03-01.",
    ]
    assert (draft.title, draft.byline, draft.outlet, draft.language) == (
        "Bread prices tripled",
        "Ada Smith",
        "Example Wire",
        "en-GB",
    )
    assert (draft.canonical_url, draft.outlet_domain) == ("https://wire.example/bread", "wire.example")


LINKED_DATA = '<script type="application/ld+json">{}</script>'
STATED_DATES = [
    ("nothing stated", "", None),
    ("linked data", LINKED_DATA.replace("{}", '{"@graph":[{"@type":"NewsArticle","datePublished":"2025-07-02T10:00:00+03:00"}]}'), 7),
    ("a date of something else", LINKED_DATA.replace("{}", '{"@type":"Event","datePublished":"2025-07-02T10:00Z"}'), None),
    ("Open Graph", '<meta property="article:published_time" content="2025-07-02T08:00:00Z">', 8),
    ("broken linked data", '<script type="application/ld+json">{</script><meta name="date" content="2025-07-02T09:00:00Z">', 9),
    ("a date in words", '<meta name="date" content="July 2, 2025">', None),
    ("one time", '<time datetime="2025-07-02T06:00:00Z">today</time>', 6),
    ("two times", '<time datetime="2025-07-02T06:00:00Z">a</time><time datetime="2025-07-03T06:00:00Z">b</time>', None),
    ("the last change", '<meta property="article:modified_time" content="2025-07-02T08:00:00Z">', None),
]  # fmt: skip


@pytest.mark.parametrize(("head", "hour"), [case[1:] for case in STATED_DATES], ids=[case[0] for case in STATED_DATES])
def test_the_date_of_a_page_is_one_that_it_states(head: str, hour: int | None):
    published_at = article("html", PAGE.format(head=head)).published_at
    assert published_at == (None if hour is None else datetime(2025, 7, 2, hour, tzinfo=UTC))


def test_a_page_is_read_in_the_encoding_that_it_names():
    page = PAGE.format(head='<meta charset="windows-1251">')
    assert article("html", page.encode("cp1251")).text == article("html", PAGE.format(head="")).text


@pytest.mark.parametrize("charset", ["", '<meta charset="zlib">', '<meta charset="no-such">'])
def test_a_page_that_names_no_encoding_we_know_must_be_utf_8(charset: str):
    assert refusal("html", PAGE.format(head=charset).encode("cp1251")) == ("text", "invalid_encoding")


@pytest.mark.parametrize("page", ["", "  ", "<!-- -->", "<html></html>", "<div>" * 20_000])
def test_a_page_without_an_article_is_refused(page: str):
    assert refusal("html", page) == ("text", "empty_text")


def test_what_is_said_about_a_page_wins_over_what_it_states():
    draft = draft_of_html(
        PAGE.format(head=""), OPTIONS, Place("api", None, 0), url="https://kurier.example/b", title="Brot"
    )
    assert isinstance(draft, ArticleDraft)
    assert (draft.canonical_url, draft.title, draft.outlet) == ("https://kurier.example/b", "Brot", "Example Wire")


def test_half_a_character_in_a_page_is_refused():
    bad = draft_of_html("<p>\ud800</p>", OPTIONS, Place("api", None, 0))
    assert isinstance(bad, BadRow)
    assert bad.code == "invalid_encoding"


BRIEF = "Rail fares rose by 13% in 2022, the <b>rail agency</b> said."
BRIEF_TEXT = "Rail fares rose by 13% in 2022, the rail agency said."
FILLER = "<p>" + "The ministry went on to say that nothing else is known of it so far. " * 30 + "</p>"
BRIEFS = [
    ("navigation", f"<nav>Home | News</nav><h1>Rail plan</h1><p>{BRIEF}</p>", f"Rail plan\n\n{BRIEF_TEXT}"),
    ("an article element", f"<article><p>{BRIEF}</p></article>", BRIEF_TEXT),
    ("an article element beside a teaser", f"<article><h1>Plan</h1><p>{BRIEF}</p></article><article>Else</article>", f"Plan\n\n{BRIEF_TEXT}\n\nElse"),
    ("the only article with the only title of a long page", f"<article><h1>Plan</h1><p>{BRIEF}</p></article>{FILLER}", f"Plan\n\n{BRIEF_TEXT}"),
    ("what every page has around it", f"<header>Wire</header><main><header><h1>Plan</h1></header>{BRIEF}</main><aside>Ads</aside><footer>2018</footer>", f"Plan\n\n{BRIEF_TEXT}"),
    ("parts of the site by their names", f'<div class="top menu">Home</div><p>{BRIEF}</p><div id="comments">First!</div>', BRIEF_TEXT),
    ("what is hidden", f'<p hidden>a</p><p style="display: none">b</p><p aria-hidden="true">c</p><p>{BRIEF}</p>', BRIEF_TEXT),
    ("text without an element", f"{BRIEF}<!-- page --> It was <i>2022</i>.<div>More</div> tail", f"{BRIEF_TEXT} It was 2022.\n\nMore\n\ntail"),
    ("line breaks", "<p>One<br>two <em>and</em><br><br>three</p>", "One\ntwo and\n\nthree"),
    ("a no-break space in a number", "<p>11&nbsp;000   crowns\n more</p>", "11\u00a0000 crowns more"),
    ("a table", "<p>Fees</p><table><tr><th>Year</th><th>Fee</th></tr><tr><td>2020</td><td>11</td></tr></table>", "Fees\n\nYear\tFee\n\n2020\t11"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "text"), [case[1:] for case in BRIEFS], ids=[case[0] for case in BRIEFS])
def test_a_short_page_keeps_its_paragraphs_whole_and_leaves_the_site_around_it_out(body: str, text: str):
    assert article("html", f"<html><head><title>R</title></head><body>{body}</body></html>").text == text


def test_the_table_of_a_long_page_is_plain_text():
    table = "<table><tr><th>Year</th><th>Fee</th></tr><tr><td>2020</td><td>11</td></tr></table>"
    text = article("html", f"<html><body><article><h1>Fees</h1>{FILLER}{table}</article></body></html>").text
    assert text.split("\n\n")[-2:] == ["Year\tFee", "2020\t11"]


def test_a_page_that_a_script_fills_gives_the_text_of_its_linked_data():
    body = "Bread tripled in a year, the office said. " * 10
    data = orjson.dumps({"@type": "NewsArticle", "articleBody": body}).decode()
    page = f"<html><body>{LINKED_DATA.replace('{}', data)}<div>Loading</div></body></html>"
    assert article("html", page).text.startswith("Bread tripled in a year, the office said.")


# Rows

BROKEN_LINES = [
    (b'{"text": "Bread', "", "invalid_json"),
    (b'{"text": NaN}', "", "invalid_json"),
    (b"[" * 5000, "", "invalid_json"),
    (b'["Bread"]', "", "not_an_object"),
    (b"7", "", "not_an_object"),
    (b'{"text": "Bread \xff"}', "", "invalid_encoding"),
    (b'{"text": "Bread \\ud800"}', "", "invalid_encoding"),
    (b"{}", "text", "missing_text"),
    (b'{"text": "' + b"a" * MAX_ROW_BYTES + b'"}', "", "too_large"),
]


def test_a_bad_row_stops_none_of_the_others():
    good = [row(title=str(number)) for number in range(len(BROKEN_LINES))]
    content = b"\n".join(itertools.chain(*zip(good, (broken[0] for broken in BROKEN_LINES), strict=True)))
    items = read("jsonl", content)
    assert [item.title for item in items[0::2] if isinstance(item, ArticleDraft)] == [str(n) for n in range(len(good))]
    assert [(item.place.line, item.field, item.code) for item in items[1::2] if isinstance(item, BadRow)] == [
        (2 * number, field, code) for number, (_, field, code) in enumerate(BROKEN_LINES, start=1)
    ]


def test_a_refused_row_names_its_place_in_one_line():
    (bad,) = read("jsonl", b"\n\n" + row(date="July 2"))
    assert str(bad) == (
        "wire:3 published_at invalid_date 'July 2' is no ISO 8601 date; write it like 2025-07-02T14:30:00+03:00"
    )


def test_what_stands_in_a_row_steers_no_terminal_and_forges_no_line():
    (bad,) = read("jsonl", b'{"\\u001b[2J\\nwire:9 text": "Bread \xd0\xb0"}')
    assert "(fields: \\x1b[2J\\nwire:9 text)" in str(bad)
    assert str(bad).isprintable()


def test_refused_rows_are_fed_back_once_repaired():
    items = read("jsonl", b'{"text": "Bread", "n": 1, "date": "July 2"}\n{"text": "Milk", "n": 2\n{"text": "\xff"}\n')
    errors = b"".join(item.as_line() for item in items if isinstance(item, BadRow))
    assert [bad.code for bad in read("jsonl", errors) if isinstance(bad, BadRow)] == [
        "invalid_date",
        "invalid_json",
        "invalid_json",
    ]
    repaired = (
        errors.replace(b"July 2", b"2025-07-02").replace(b'\\"n\\": 2', b'\\"n\\": 2}').replace(b"\\\\xff", b"Tea")
    )
    drafts = [item for item in read("jsonl", repaired) if isinstance(item, ArticleDraft)]
    assert [draft.text for draft in drafts] == ["Bread", "Milk", "Tea"]
    assert drafts[0].published_at == datetime(2025, 7, 2, tzinfo=UTC)
    assert [draft.place.line for draft in drafts] == [1, 2, 3]


def test_a_refused_record_of_a_table_comes_back_as_json():
    (bad,) = read("csv", "Titel;Text\nBrot;\n", Options(mapping={"Titel": "title"}))
    assert isinstance(bad, BadRow)
    line = orjson.loads(bad.as_line())
    assert line == {
        "_bad_row": {
            "source": "wire",
            "line": 2,
            "field": "text",
            "code": "empty_text",
            "detail": "the text is empty",
            "map": {"Titel": "title"},
        },
        "Titel": "Brot",
        "Text": "",
    }
    line["Text"] = "Brot ist teurer."
    draft = article("jsonl", orjson.dumps(line))
    assert (draft.title, draft.text) == ("Brot", "Brot ist teurer.")


def test_the_mapping_of_a_refused_row_comes_back_with_it_and_the_one_said_now_wins():
    options = Options(mapping={"kop": "title", "inhoud": "text"})
    lines = [
        bad.as_line() for bad in read("jsonl", b'{"kop": "Brood"}\n{"kop": "Melk"', options) if isinstance(bad, BadRow)
    ]
    brood = orjson.dumps(orjson.loads(lines[0]) | {"inhoud": "Brood is duurder."})
    melk = lines[1].replace(b'Melk\\"', b'Melk\\",\\"inhoud\\":\\"Melk is duurder.\\"}')
    assert [(d.title, d.text) for d in read("jsonl", brood + b"\n" + melk) if isinstance(d, ArticleDraft)] == [
        ("Brood", "Brood is duurder."),
        ("Melk", "Melk is duurder."),
    ]
    assert article("jsonl", brood, Options(mapping={"kop": "byline"})).byline == "Brood"
    for garbled in ({"inhoud": ["text"]}, {"inhoud": "body"}, ["inhoud"], None, 7):
        line = orjson.dumps({"_bad_row": {"map": garbled}, "inhoud": "Brood is duurder."})
        assert refusal("jsonl", line) == ("text", "missing_text")


@pytest.mark.parametrize(
    ("content", "code", "raw"),
    [
        (b"[1,2,3]", "not_an_object", "[1,2,3]"),
        (b"{}", "missing_text", "{}"),
        (b'{"text":', "invalid_json", '{"text":'),
    ],
)
def test_a_row_fed_back_unrepaired_is_refused_for_the_same_reason_and_kept_the_same_way(
    content: bytes, code: str, raw: str
):
    for _ in range(3):
        (bad,) = read("jsonl", content)
        assert isinstance(bad, BadRow)
        line = orjson.loads(bad.as_line())
        assert (bad.code, line["_bad_row"]["raw"], list(line)) == (code, raw, ["_bad_row"])
        content = bad.as_line()


def test_a_row_whose_bytes_are_not_kept_is_refused_again():
    (bad,) = read("text", b"")
    for _ in range(2):
        assert isinstance(bad, BadRow)
        (bad,) = read("jsonl", bad.as_line())
        assert isinstance(bad, BadRow)
        assert (bad.field, bad.code, "raw" in orjson.loads(bad.as_line())["_bad_row"]) == (
            "text",
            "missing_text",
            False,
        )


ROWS = {
    "jsonl": '{"text": "Brot\\n1"}\n\n{"text": "ціна 2"}\r\n{"text": "3"}\n{"text": "4"}',
    "json": '\n[{"text": "Brot\\n1"},\n\n {"text": "ціна 2", "of": [{}, "]\\"}"]} , {"text": "3"},{"text": "4"} ]\n',
    "csv": '\ufefftext,n\n"Brot\n1",1\n\nціна 2,"2"\r\n"3",""\n4,4',
}


@pytest.mark.parametrize("format", ROWS)
def test_reading_goes_on_behind_any_row(format: str):
    whole = read(format, ROWS[format])
    assert [item.text for item in whole if isinstance(item, ArticleDraft)] == ["Brot\n1", "ціна 2", "3", "4"]
    for number, item in enumerate(whole, start=1):
        assert read(format, ROWS[format], offset=item.place.offset) == whole[number:]


@pytest.mark.parametrize("format", ROWS)
def test_the_raw_row_stands_where_its_offset_says(format: str):
    content = ROWS[format].encode()
    for item in read(format, content):
        assert item.place.raw
        assert content[: item.place.offset].endswith(item.place.raw)


@pytest.mark.parametrize("format", ["jsonl", "csv"])
def test_an_empty_file_gives_nothing(format: str):
    assert read(format, b"") == []


def test_rows_are_read_one_by_one():
    asked = io.BytesIO(b"".join(row() + b"\n" for _ in range(100_000)))
    drafts = FORMATS["jsonl"].read(asked, "wire", OPTIONS, 0)
    for _ in range(10):
        next(drafts)
    assert asked.tell() == 10 * (len(row()) + 1)


# JSON


def test_a_json_file_may_hold_one_object():
    assert article("json", b'\xef\xbb\xbf {"text":\n"Bread"}\n').text == "Bread"


def test_a_row_of_a_list_that_is_broken_inside_stops_none_of_the_others():
    items = read("json", b'[{"text": "1"},\n{"text": },\n7, [],\n{"text": "2"}]')
    assert [(item.place.line, getattr(item, "code", "")) for item in items] == [
        (1, ""),
        (2, "invalid_json"),
        (3, "invalid_json"),
        (3, "not_an_object"),
        (4, ""),
    ]


@pytest.mark.parametrize("content", [b'[{"text": "1"},', b'[{"text": "1"}, {"text": "2'])
def test_a_list_that_was_cut_off_is_told(content: bytes):
    first, *others = read("json", content)
    assert isinstance(first, ArticleDraft)
    assert {(bad.field, bad.code) for bad in others if isinstance(bad, BadRow)} == {("", "invalid_json")}
    assert others[-1].place.offset == len(content)


def test_a_row_too_large_to_keep_is_passed_over():
    huge = b'{"text": "' + b'a\\"' * (MAX_ROW_BYTES // 2) + b'"}'
    items = read("json", b"[" + huge + b"," + row() + b"]")
    assert [getattr(item, "code", "") for item in items] == ["too_large", ""]
    assert items[0].place.offset == len(huge) + 1


def test_a_file_that_is_no_json_is_unreadable():
    with pytest.raises(Unreadable, match="wire: a JSON file holds one object or a list of objects"):
        read("json", b"Bread doubled.")


# CSV


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_that_cuts_the_header(delimiter: str):
    table = delimiter.join(["title", "text"]) + "\n" + delimiter.join(["Bread", '"said ""so"", twice;"'])
    draft = article("csv", table)
    assert (draft.title, draft.text) == ("Bread", 'said "so", twice;')


def test_a_stray_quotation_mark_loses_its_own_record_only():
    table = 'text,n\na,1\n"b,2\nc,3\n"d",4\ne,5\n"f,6\ng,7\n'
    assert [(item.place.line, getattr(item, "text", "!")) for item in read("csv", table)] == [
        (2, "a"),
        (3, "!"),
        (4, "c"),
        (5, "d"),
        (6, "e"),
        (7, "!"),
        (8, "g"),
    ]


@pytest.mark.parametrize(
    ("record", "code"),
    [
        (b"a", "invalid_csv"),
        (b"a,b,c", "invalid_csv"),
        (b'"a"b,c', "invalid_csv"),
        (b"a\rb,c", "invalid_csv"),
        (b"\xff,b", "invalid_encoding"),
        (b"a" * (MAX_ROW_BYTES + 1) + b",b", "too_large"),
    ],
)
def test_a_record_that_does_not_fit_the_header_is_refused(record: bytes, code: str):
    items = read("csv", b"text,n\n" + record + b"\na,1\n")
    assert [(item.place.line, getattr(item, "code", "")) for item in items] == [(2, code), (3, "")]


@pytest.mark.parametrize(
    ("header", "why"),
    [
        (b"name,age\nAda,7\n", "no column holds the text"),
        (b"text,text\na,b\n", "two columns have the name 'text'"),
        ("text,n\na,b\n".encode("utf-16"), "UTF-16"),
        (b"te\xffxt\na\n", "no header"),
    ],
)
def test_a_table_without_a_header_for_us_is_unreadable(header: bytes, why: str):
    with pytest.raises(Unreadable, match=why):
        read("csv", header)


def test_a_mapped_column_may_hold_the_text():
    assert article("csv", "Inhalt\nBrot\n", Options(mapping={"Inhalt": "text"})).text == "Brot"


# What is named on the command line


@pytest.mark.parametrize(
    ("path", "format"),
    [
        ("a.txt", "text"),
        ("a/b.MD", "markdown"),
        ("a.htm", "html"),
        ("a.json.gz", "json"),
        ("a.ndjson", "jsonl"),
        ("a.tsv", "csv"),
        ("a.pdf", ""),
        ("a", ""),
        ("-", ""),
    ],
)
def test_a_name_tells_the_format(path: str, format: str):
    assert format_by_name(path) == format


@pytest.mark.parametrize(
    ("head", "format"),
    [
        (b"", "text"),
        (b"Bread doubled, they said.\n\nIt did.", "text"),
        (b"[Kyiv] Bread doubled.", "text"),
        (b'\xef\xbb\xbf\n{"text": "Bread"}\n{"text": "Milk"}\n', "jsonl"),
        (b'{\n  "text": "Bread"\n}', "json"),
        (b'[\n  {"text": "Bread"}]', "json"),
        (b"<!DOCTYPE html><p>Bread", "html"),
        (b"  <html><p>Bread", "html"),
        (b"# Bread\n\nIt doubled.", "markdown"),
        (b"---\ntitle: Bread\n---\n", "markdown"),
        (b"Title;Text\nBread;It doubled.\n", "csv"),
        (b"name,age\nAda,7\n", "text"),
    ],
)
def test_content_tells_the_format_where_the_name_does_not(head: bytes, format: str):
    assert format_by_content(head) == format


def test_a_folder_is_walked_in_order_and_says_what_it_leaves_out(tmp_path: Path):
    for name in ["b/2.txt", "b/.hidden.txt", ".git/x.txt", "a.json", "photo.jpg", "c.md"]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "b" / "up").symlink_to(tmp_path)
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe.txt")
    found = find_sources([str(tmp_path)])
    assert [path.removeprefix(f"{tmp_path}/") for path in found if isinstance(path, str)] == [
        "a.json",
        "b/2.txt",
        "c.md",
    ]
    assert [(item.source.removeprefix(f"{tmp_path}/"), item.code) for item in found if isinstance(item, Skipped)] == [
        ("gone.txt", "not_a_file"),
        ("photo.jpg", "unknown_format"),
        ("pipe.txt", "not_a_file"),
    ]


def test_files_globs_and_standard_input_come_in_the_order_they_are_named(tmp_path: Path):
    for name in ["2.jpg", "1.txt", "[3].txt"]:
        (tmp_path / name).touch()
    arguments = [f"{tmp_path}/2.jpg", "-", f"{tmp_path}/*.txt", f"{tmp_path}/[3].txt"]
    assert find_sources(arguments) == [
        f"{tmp_path}/2.jpg",
        "-",
        f"{tmp_path}/1.txt",
        f"{tmp_path}/[3].txt",
        f"{tmp_path}/[3].txt",
    ]


def test_a_format_for_all_takes_every_file_of_a_folder(tmp_path: Path):
    (tmp_path / "bread.dat").touch()
    assert find_sources([str(tmp_path)], format="text") == [f"{tmp_path}/bread.dat"]


@pytest.mark.parametrize("name", ["nowhere.txt", "*.txt", ""])
def test_a_source_that_stands_for_nothing_is_unreadable(tmp_path: Path, name: str):
    with pytest.raises(Unreadable):
        find_sources([str(tmp_path / name)])


def test_a_file_and_standard_input_are_read_alike(tmp_path: Path):
    content = b"".join(row(title=str(number)) + b"\n" for number in range(3000))
    (tmp_path / "a.jsonl").write_bytes(content)
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(content))
    seen = []
    for source in [f"{tmp_path}/a.jsonl", f"{tmp_path}/b.jsonl.gz", "-"]:
        with open_input(source, OPTIONS, io.BytesIO(content)) as opened:
            drafts = list(opened.articles(OPTIONS))
            seen.append((opened.format.name, opened.head_digest(), [draft.place.offset for draft in drafts]))
            assert (opened.size_bytes, drafts[0].place.source) == (
                len(content) if source.endswith("l") else None,
                source,
            )
    assert seen[0] == seen[1] == seen[2]
    assert seen[0][2][-1] == len(content)


def test_the_digest_of_the_beginning_tells_a_file_that_changed(tmp_path: Path):
    path = tmp_path / "a.jsonl"
    digests = []
    for content in [b"a" * 70_000, b"a" * 70_000 + b"more", b"b" + b"a" * 70_000]:
        path.write_bytes(content)
        with open_input(str(path), OPTIONS, io.BytesIO()) as opened:
            digests.append(opened.head_digest())
    assert digests[0] == digests[1] != digests[2]


def test_a_compressed_file_that_was_cut_off_gives_its_rows_and_then_says_so(tmp_path: Path):
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(b"".join(orjson.dumps({"text": str(n)}) + b"\n" for n in range(60_000)))[:-9])
    with open_input(str(path), OPTIONS, io.BytesIO()) as opened:
        drafts = opened.articles(OPTIONS)
        first = next(drafts)
        assert isinstance(first, ArticleDraft)
        assert first.text == "0"
        with pytest.raises(Unreadable, match="ended before"):
            list(drafts)


def test_what_cannot_be_opened_is_unreadable(tmp_path: Path):
    for path in [tmp_path, tmp_path / "nowhere.txt"]:
        with pytest.raises(Unreadable) as caught, open_input(str(path), OPTIONS, io.BytesIO()):
            pytest.fail("it opened")
        assert caught.value.source == str(path)


# Lists of addresses


def test_a_list_names_pages_by_their_lines_and_can_be_gone_on_with_behind_any_of_them():
    content = "\ufeff# Today\n\nhttp://a.example/1\r\n  # later\n  http://b.example/x#y  \nnot an address"
    items = read("urls", content)
    assert [(item.url, item.place.line) for item in items] == [
        ("http://a.example/1", 3),
        ("http://b.example/x#y", 5),
        ("not an address", 6),
    ]
    for number, item in enumerate(items, 1):
        assert read("urls", content, offset=item.place.offset) == items[number:]


def test_a_line_that_is_no_text_or_has_no_end_is_refused():
    assert refusal("urls", b"http://a.example/\xff") == ("url", "invalid_encoding")
    assert refusal("urls", b"http://a.example/" + b"a" * 70_000) == ("url", "too_large")


def test_no_list_of_addresses_is_taken_for_one_unless_somebody_says_so():
    assert format_by_content(b"http://a.example/1\nhttp://a.example/2\n") == "text"
    assert {format_by_name(f"list{suffix}") for suffix in (".urls", ".url", ".list")} == {""}


@pytest.mark.parametrize(
    ("line", "is_address"),
    [
        ({"_bad_row": {"fetch": True}, "url": "http://a.example/1"}, True),
        ({"_bad_row": {"fetch": True}, "url": "http://a.example/1", "text": "Copied."}, False),
        ({"_bad_row": {"fetch": 1}, "url": "http://a.example/1"}, False),
        ({"_bad_row": {}, "url": "http://a.example/1"}, False),
        ({"_bad_row": {"fetch": True}, "url": 7}, False),
        ({"url": "http://a.example/1"}, False),
    ],
)
def test_a_row_of_an_errors_file_is_an_address_to_fetch_while_it_is_nothing_else(line, is_address):
    for format, content in (("jsonl", orjson.dumps(line)), ("json", orjson.dumps([line]))):
        (item,) = read(format, content)
        assert isinstance(item, PageAddress) is is_address
        assert item.place.is_address is is_address
