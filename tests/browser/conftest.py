"""The real app in headless Chromium: the browser, the apps, and pages that mind what they ask for."""

import statistics
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from tests.browser.serving import RunningApp, running_app
from tests.browser.workspaces import draw_images, make_large_workspace, make_small_workspace
from tests.chromium import chromium

PATIENCE_MS = 20_000
NOISY_MACHINE = 3
"""How many times its goal a measured time may take before a test fails: the machine does other things too."""

Visit = Callable[..., Page]
Measured = Callable[[str, Sequence[float], float], None]

_measurements: list[str] = []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder, so that `-m "not browser"` leaves it out."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """List what was measured, whether it was within its limit or not."""
    if _measurements:
        terminalreporter.section("measured in the browser")
        for line in _measurements:
            terminalreporter.write_line(line)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Headless Chromium. Without one the tests are skipped, or fail where CURATE_REQUIRE_BROWSER is set."""
    expect.set_options(timeout=PATIENCE_MS)
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="package")
def drawn_images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of drawn images."""
    folder = tmp_path_factory.mktemp("drawn") / "images"
    draw_images(folder)
    return folder


@pytest.fixture(scope="package")
def app(browser: Browser, drawn_images: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """The app on the drawn images, imported and clustered. A test that changes something takes it back."""
    workspace = tmp_path_factory.mktemp("small") / "workspace"
    make_small_workspace(workspace, drawn_images)
    with running_app(workspace) as app:
        yield app


@pytest.fixture(scope="package")
def large_app(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """The app on ten thousand images."""
    workspace = tmp_path_factory.mktemp("large") / "workspace"
    make_large_workspace(workspace)
    with running_app(workspace) as app:
        yield app


@pytest.fixture(scope="module")
def new_app(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """The app on an empty workspace, which the tests of one module fill."""
    with running_app(tmp_path_factory.mktemp("new") / "workspace") as app:
        yield app


@pytest.fixture(scope="package")
def usual_context(browser: Browser) -> Iterator[BrowserContext]:
    """What pages share: the browser's cache, so that only the first of them loads the scripts."""
    context = _context(browser)
    yield context
    context.close()


@pytest.fixture
def visit(browser: Browser, usual_context: BrowserContext) -> Iterator[Visit]:
    """Open pages: `visit(app, "gallery")`. What they ask of other hosts, and errors they log, fail the test.

    Further arguments are those of a browser context, such as `color_scheme="dark"`.
    """
    pages: list[Page] = []
    complaints: list[str] = []

    def opened(app: RunningApp, path: str = "", **options: Any) -> Page:
        page = (_context(browser, **options) if options else usual_context).new_page()
        pages.append(page)
        _watch(page, app, complaints)
        page.goto(f"{app.url}/{path}")
        return page

    yield opened
    for page in pages:
        page.evaluate("localStorage.clear()")
        page.close()
        if page.context is not usual_context:
            page.context.close()
    assert not complaints, "\n".join(complaints)


def _context(browser: Browser, **options: Any) -> BrowserContext:
    context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}} | options)
    context.set_default_timeout(PATIENCE_MS)
    return context


def _watch(page: Page, app: RunningApp, complaints: list[str]) -> None:
    ours = (f"{app.url}/", app.url.replace("http", "ws", 1), "data:", "blob:")

    def asked(url: str) -> None:
        if not url.startswith(ours):
            complaints.append(f"asked a stranger: {url}")

    def logged(message: ConsoleMessage) -> None:
        place = message.location.get("url", "")
        # Streamlit looks for itself below the page's own address first.
        if message.type == "error" and not place.endswith(("/_stcore/health", "/_stcore/host-config")):
            complaints.append(f"console: {message.text} ({place})")

    page.on("request", lambda request: asked(request.url))
    page.on("websocket", lambda socket: asked(socket.url))
    page.on("console", logged)
    page.on("pageerror", lambda error: complaints.append(f"exception: {error}"))


@pytest.fixture(scope="package")
def measured() -> Measured:
    """Compare the median of some times with its goal: it is listed after the run, and fails beyond a wide limit."""

    def compare(what: str, seconds: Sequence[float], goal: float) -> None:
        median = statistics.median(seconds)
        _measurements.append(f"{what}: median {median:.3f} s of {len(seconds)}, goal {goal:g} s")
        assert median <= NOISY_MACHINE * goal, f"{what}: {[round(second, 3) for second in seconds]}"

    return compare
