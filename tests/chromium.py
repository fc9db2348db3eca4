"""Headless Chromium, for every test that needs a browser."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

PLACES = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running browser. Without one the test is skipped, or fails where CURATE_REQUIRE_BROWSER is set."""
    with sync_playwright() as playwright:
        program = _program(playwright)
        if program is None:
            reason = "no Chromium found; set CURATE_CHROMIUM, or run `playwright install chromium`"
            if os.environ.get("CURATE_REQUIRE_BROWSER"):
                pytest.fail(reason)
            pytest.skip(reason)
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


def _program(playwright: Playwright) -> str | None:
    if chosen := os.environ.get("CURATE_CHROMIUM"):
        return chosen
    found = next(filter(None, map(shutil.which, PLACES)), None)
    own = playwright.chromium.executable_path
    return found or (own if Path(own).exists() else None)
