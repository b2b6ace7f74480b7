"""Whatever can be wrong with a key, a member, a body or a parameter, tried in every place of every operation: `make test` tries a few in each."""

from __future__ import annotations

import pytest

from tests.test_every_operation import (
    root,  # noqa: F401
    try_bodies,
    try_keys,
    try_members,
    try_other_types,
    try_parameters,
    world,  # noqa: F401
)

pytestmark = pytest.mark.django_db


def test_every_key_that_leads_nowhere_is_404_for_every_operation(root, world):  # noqa: F811
    try_keys(root, list)


def test_every_member_takes_or_refuses_every_value_as_documented(root, world):  # noqa: F811
    try_members(root, world, list)


def test_every_member_refuses_what_json_wrote_as_any_other_type(root, world):  # noqa: F811
    assert try_other_types(root, world, list) > 600


def test_every_operation_refuses_every_hostile_body_and_nothing_moves(root, world):  # noqa: F811
    try_bodies(root, world, list)


def test_every_parameter_takes_or_refuses_every_value_as_documented(root, world):  # noqa: F811
    try_parameters(root, world, list)
