"""A real headless Chromium, started once for the tests of this folder."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.chromium import FLAGS, MISSING, find_chromium
from tests.browser.pages import Opener


@pytest.fixture(scope="package")  # its event loop must be gone before other tests start theirs
def browser() -> Iterator[Browser]:
    """A Chromium with a new profile; skips without one, but fails on CI."""
    path = find_chromium()
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield started
        started.close()


@pytest.fixture
def opener(browser: Browser) -> Iterator[Opener]:
    """Opens pages; they are closed after the test."""
    yield Opener(browser)
    for context in browser.contexts:
        context.close()
