"""A real web server and a real browser for the desk's tests."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest
from django.conf import global_settings
from django.db import connections
from playwright.sync_api import Browser, sync_playwright

from tests.serving import serving

T = TypeVar("T")


@pytest.fixture
def site(committed_database: str, broker: str, tmp_path: Path, settings) -> Iterator[str]:
    """Gunicorn over the test's own database. The value is its address."""
    # Passwords made here are checked there, by the hasher that is used in earnest.
    settings.PASSWORD_HASHERS = global_settings.PASSWORD_HASHERS
    with serving(committed_database, broker, tmp_path / "web.log") as web:
        yield web.address


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
