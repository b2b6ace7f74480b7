"""A real browser for the desk's tests, which visits the `site` of `tests/web.py`."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from django.db import connections
from playwright.sync_api import Browser, sync_playwright

T = TypeVar("T")
# Half a minute and more: begun last, each would keep the other processes waiting for its end.
LONG = (
    "test_fuzz",
    "test_readme_story",
    "kept_out_of_the_desk",
    "no_key_of_any_page",
    "from_import_to_the_public",
    "kept_out",
    "under_their_policy",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones first: the processes take them one after the other."""
    items.sort(key=lambda item: next((n for n, name in enumerate(LONG) if name in item.nodeid), len(LONG)))


def in_database(ask: Callable[[], T]) -> T:
    """What `ask` answers in a thread of its own, with a connection of its own."""

    def work() -> T:
        try:
            return ask()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work).result()


@pytest.fixture
def chromium() -> Iterator[Browser]:
    """Ask for it last, and for rows through `in_database`: it runs an event loop in this thread, where Django's connections do not go."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("needs Chromium on the PATH")
    with sync_playwright() as playwright:
        # Chromium's sandbox does not start as root, nor in most containers.
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()
