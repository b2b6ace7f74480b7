"""The defects that `make soak` seeds are of code that is there, each with a test to catch it."""

from __future__ import annotations

from tests.defects import DEFECTS, holder_of
from tests.test_contributing import names_in


def test_every_seeded_defect_is_of_a_function_that_is_there_and_names_the_test_that_catches_it():
    assert len({defect.name for defect in DEFECTS}) == len(DEFECTS) >= 12
    for defect in DEFECTS:
        assert defect.place == "database" or callable(getattr(*holder_of(defect.place))), defect.name
        file, _, test = defect.caught_by.partition("::")
        assert test in names_in(file), defect.name
