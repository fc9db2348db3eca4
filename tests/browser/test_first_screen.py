"""An empty workspace, both themes, and nobody but our server."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.map_on_screen import MapOnScreen
from tests.browser.screen import go_to, grid
from tests.browser.serving import RunningApp


def test_an_empty_workspace_shows_one_clear_next_step(new_app: RunningApp, visit: Visit) -> None:
    page = visit(new_app)

    expect(page.get_by_text("No images yet")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("link", name="Import a folder").click()

    expect(page.get_by_role("textbox", name="Folder")).to_be_visible()
    expect(page.get_by_role("button", name="Import", exact=True)).to_be_enabled()


def test_every_page_of_an_empty_workspace_can_be_opened(new_app: RunningApp, visit: Visit) -> None:
    page = visit(new_app)
    for name, address in (("Gallery", "/gallery"), ("Similar", "/search"), ("Clusters", "/clusters")):
        go_to(page, name)
        page.wait_for_url(f"**{address}")
        expect(page.get_by_text("No images yet")).to_be_visible()
    go_to(page, "Jobs")
    expect(page.get_by_text("appear here").first).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_works_in_both_themes_and_asks_our_server_only(app: RunningApp, visit: Visit, theme: str) -> None:
    page = visit(app, **({"color_scheme": theme} if theme == "dark" else {}))
    MapOnScreen(page, app)
    background = page.locator('[data-testid="stApp"]').evaluate("app => getComputedStyle(app).backgroundColor")
    level = sum(int(part) for part in background[4:-1].split(",")) / 3
    assert (level < 80) == (theme == "dark")

    go_to(page, "Gallery")
    grid(page)
    go_to(page, "Similar")
    page.get_by_text("Choose an image to search with").wait_for()
    go_to(page, "Clusters")
    page.locator(".st-key-cards article img").first.wait_for()
    go_to(page, "Import")
    page.get_by_role("textbox", name="Folder").wait_for()
    go_to(page, "Jobs")
    page.get_by_role("button", name="Make a new map").wait_for()
    expect(page.get_by_text("could not be drawn")).to_have_count(0)
