"""What every test may ask for. `tests/services.py` has the database, the broker and the worker, `tests/web.py` the web server,
`tests/internet.py` other people's servers, `tests/receiving.py` one that takes webhooks, `tests/storage.py` the place for evidence,
`tests/comparing.py` comparisons, `tests/remembering.py` what was made before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.api import Api

pytest_plugins = [
    "tests.services",
    "tests.web",
    "tests.internet",
    "tests.receiving",
    "tests.storage",
    "tests.comparing",
    "tests.remembering",
]


@pytest.fixture
def anybody() -> Api:
    """A stranger who asks the API."""
    from tests.api import api  # with Django, which is set up by now

    return api(None)
