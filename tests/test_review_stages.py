"""A review is taken through every stage by the people whose turn it is."""

from __future__ import annotations

import pytest

from reviews.facts import Stage
from tests import make

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("stage", list(Stage))
def test_every_stage_can_be_reached(stage):
    assert make.review(make.newsroom(), stage).stage == stage
