"""The switch that watches a folder."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit
from tests.browser.screen import expect_shown, go_to, grid
from tests.browser.serving import RunningApp
from tests.builders import save_picture


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("watched") / "pictures"
    for seed in range(3):
        save_picture(folder / f"{seed}.jpg", seed)
    return folder


def watch_switch(page: Page, folder: Path) -> Locator:
    """Return the folder's switch, on the Import page."""
    go_to(page, "Import")
    row = page.locator('[data-testid="stHorizontalBlock"]', has_text=str(folder)).last
    return row.get_by_role("switch", name="Watch").or_(row.get_by_role("checkbox", name="Watch"))


def test_new_files_of_a_watched_folder_appear_by_themselves_until_the_switch_is_off(
    new_app: RunningApp, visit: Visit, folder: Path
) -> None:
    new_app.post("/import", {"folder": str(folder)})
    new_app.wait_for_jobs()
    page = visit(new_app, "gallery")
    grid(page)
    switch = watch_switch(page, folder)
    expect(switch).not_to_be_checked()
    page.get_by_text("Watch", exact=True).click()
    expect(switch).to_be_checked()
    go_to(page, "Gallery")
    expect_shown(page, 3, 3)

    save_picture(folder / "new" / "added.jpg", 9)
    expect_shown(page, 4, 4)
    new_app.wait_for_jobs()

    page.reload()
    switch = watch_switch(page, folder)
    expect(switch).to_be_checked()
    page.get_by_text("Watch", exact=True).click()
    expect(switch).not_to_be_checked()
    save_picture(folder / "unseen.jpg", 10)
    page.wait_for_timeout(4000)
    assert len(new_app.image_ids()) == 4
