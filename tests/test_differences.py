"""What became of a text, as people are shown it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.differences import Piece, differences


def marked(before: str, after: str) -> str:
    signs = {"same": "{}", "removed": "[-{}-]", "added": "[+{}+]"}
    return "".join(signs[piece.kind].format(piece.text) for piece in differences(before, after))


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("Rents rose.", "Rents rose.", "Rents rose."),
        ("", "Rents rose.", "[+Rents rose.+]"),
        ("Rents rose.", "", "[-Rents rose.-]"),
        ("Rents tripled since 2020.", "Rents rose since 2020.", "Rents [-tripled-][+rose+] since 2020."),
        ("Rents rose by a third.", "Rents fell to a third.", "Rents [-rose by-][+fell to+] a third."),
        ("3.2 million", "3.3 million", "3.[-2-][+3+] million"),
        ("Sie stieg über 5 %.", "Sie fiel über 5 %.", "Sie [-stieg-][+fiel+] über 5 %."),
        ("One.\nTwo.", "One.\n\nTwo.", "One.[-\n-][+\n\n+]Two."),
        ("Cafe\u0301 au lait", "Café au lait", "[-Cafe\u0301-][+Café+] au lait"),
    ],
)  # fmt: skip
def test_words_that_changed_are_marked_and_the_others_stand_once(before, after, shown):
    assert marked(before, after) == shown


def text_of(pieces: list[Piece], without: str) -> str:
    return "".join(piece.text for piece in pieces if piece.kind != without)


WORDS = st.lists(st.sampled_from(["a", "b", "c", " ", "  ", "\n", ".", "é", "数"]), max_size=30).map("".join)


@given(WORDS, WORDS)
def test_both_texts_can_be_read_out_of_the_pieces_to_the_character(before, after):
    pieces = differences(before, after)
    assert (text_of(pieces, "added"), text_of(pieces, "removed")) == (before, after)
    assert all(piece.text for piece in pieces)


def test_of_a_long_text_lines_that_changed_far_apart_stand_as_lines():
    lines = [f"Line {n} of a long text.\n" for n in range(900)]
    changed = ["Another beginning.\n", *lines[1:-1], "Another end.\n"]
    found = [piece for piece in differences("".join(lines), "".join(changed)) if piece.kind != "same"]
    assert [piece.text for piece in found] == [lines[0], changed[0], lines[-1], changed[-1]]


@pytest.mark.parametrize("unit", ["a b ", "line {}\n"])
def test_long_texts_that_have_little_in_common_stand_whole_after_each_other(unit):
    """To look for what they share would take minutes."""
    pieces = [unit.format(n) for n in range(40_000 // len(unit))]
    before, after = "".join(pieces), "x" + "".join(reversed(pieces)) + "end"
    assert [piece.kind for piece in differences(before, after)] == ["removed", "added"]
