"""Whatever can be wrong with a key, a member, a body, a header or a parameter, tried in every place of every operation: `make test` tries a
few in each."""

from __future__ import annotations

import pytest

from tests import test_every_operation as every
from tests import test_hostile_requests as hostile
from tests.test_every_operation import root, world  # noqa: F401  # fixtures
from tests.test_hostile_requests import desk, of_pages  # noqa: F401  # fixtures

pytestmark = pytest.mark.django_db


def test_every_key_that_leads_nowhere_is_404_for_every_operation(root, world):  # noqa: F811
    every.try_keys(root, list)


def test_every_member_takes_or_refuses_every_value_as_documented(root, world):  # noqa: F811
    every.try_members(root, world, list)


def test_every_member_refuses_what_json_wrote_as_any_other_type(root, world):  # noqa: F811
    assert every.try_other_types(root, world, list) > 600


@pytest.mark.parametrize(
    "sent", [every.try_bodies, every.try_odd_bodies, every.try_compressed_bodies, every.try_media_types]
)
def test_every_operation_takes_or_refuses_every_body_as_documented(root, world, sent):  # noqa: F811
    sent(root, world, list)


@pytest.mark.parametrize("sent", [every.try_parameters, every.try_formats, hostile.try_queries, hostile.try_headers])
def test_every_operation_takes_or_refuses_every_query_and_header_as_documented(root, world, sent):  # noqa: F811
    sent(root, world, list)


@pytest.mark.parametrize("sent", [hostile.try_forms, hostile.try_tokens])
def test_no_form_of_the_admin_breaks_or_moves_anything(desk, of_pages, sent):  # noqa: F811
    sent(desk, of_pages, list)
