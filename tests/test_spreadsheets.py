"""A table that we export is text to a spreadsheet, whatever stands in it."""

from __future__ import annotations

import csv
import io

import pytest

from factcheck.api.spreadsheets import CHUNK_CHARS, as_csv


def table(*rows: dict[str, str], numbers: tuple[str, ...] = ()) -> list[dict[str, str]]:
    written = b"".join(as_csv(("name", "rank"), rows, numbers=numbers)).decode()
    return list(csv.DictReader(io.StringIO(written, newline="")))


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0"])
def test_what_a_formula_would_begin_with_has_an_apostrophe_before_it(formula):
    [row] = table({"name": formula, "rank": "2"})
    assert row == {"name": f"'{formula}", "rank": "2"}


@pytest.mark.parametrize("text", ["", "true", "'quoted", "a=1", " =1", 'say "no", twice\r\nor more', "Ωmega"])
def test_other_words_are_left_as_they_are(text):
    assert table({"name": text, "rank": ""}) == [{"name": text, "rank": ""}]


def test_a_number_that_we_write_ourselves_stays_a_number():
    row = {"name": "-1", "rank": "-1"}
    assert table(row, numbers=("rank",)) == [{"name": "'-1", "rank": "-1"}]


def test_a_long_table_comes_in_pieces_and_an_empty_one_has_its_head():
    rows = ({"name": "x" * 100, "rank": str(number)} for number in range(5000))
    pieces = list(as_csv(("name", "rank"), rows))
    assert len(pieces) > 5
    assert max(map(len, pieces)) < CHUNK_CHARS + 200
    assert b"".join(pieces).count(b"\r\n") == 5001
    assert list(as_csv(("name", "rank"), [])) == [b"name,rank\r\n"]
