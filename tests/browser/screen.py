"""Where things are on the screen, as the tests name them."""

import io
import re
from collections.abc import Iterable

import numpy as np
from PIL import Image
from playwright.sync_api import Locator, Page, expect


def grid(page: Page, key: str = "gallery") -> Locator:
    """One page's image grid, once its first pictures are there."""
    found = page.locator(f".st-key-{key}")
    found.locator(".tile img.ready").first.wait_for()
    return found


def tile(grid: Locator, position: int) -> Locator:
    return grid.locator(f'.tile[data-index="{position}"]:not([hidden])')


def tile_ids(grid: Locator) -> list[str]:
    """The ids of the images whose tiles are drawn, in the grid's order."""
    script = """tiles => tiles.filter(tile => !tile.hidden && tile.querySelector("img").src)
        .sort((a, b) => a.dataset.index - b.dataset.index)
        .map(tile => tile.querySelector("img").src.split("/images/")[1].slice(0, 12))"""
    ids: list[str] = grid.locator(".tile").evaluate_all(script)
    return ids


def expect_tiles(grid: Locator, ids: Iterable[str]) -> None:
    """The drawn tiles become those of exactly these images, in any order."""
    wanted = sorted(ids)
    for _ in range(100):
        if sorted(tile_ids(grid)) == wanted:
            return
        grid.page.wait_for_timeout(100)
    assert sorted(tile_ids(grid)) == wanted


def selected(grid: Locator) -> list[int]:
    """The positions of the drawn tiles that are selected."""
    positions: list[int] = grid.locator('.tile[aria-selected="true"]:not([hidden])').evaluate_all(
        "tiles => tiles.map(tile => Number(tile.dataset.index)).sort((a, b) => a - b)"
    )
    return positions


def bar(page: Page) -> Locator:
    """The bar that appears when images are selected."""
    return page.get_by_role("toolbar", name="Selected images")


def expect_selected(page: Page, count: int, outside: int = 0) -> None:
    """The bar says how many images are selected, and how many of them are not in view."""
    words = f"{count:,} selected" + (f" ({outside:,} not in view)" if outside else "")
    expect(bar(page).locator(".bar-count")).to_have_text(words)


def expect_shown(page: Page, shown: int, total: int) -> None:
    """The status line says how many images pass the filter."""
    expect(page.locator(".st-key-status_line")).to_contain_text(f"Showing {shown:,} of {total:,}")


def toast(page: Page) -> Locator:
    return page.locator(".st-key-selection_bar").get_by_role("status")


def tag_list(page: Page) -> Locator:
    """The list of tags above the selection bar."""
    return page.get_by_role("dialog", name="Tags of the selected images")


def facet(page: Page, title: str, value: str) -> Locator:
    """One line of the side panel, such as ("Clusters", "Wall")."""
    rows = page.get_by_role("region", name=title).get_by_role("button", name=re.compile(rf"^{re.escape(value)}\b"))
    return rows.first


def chip(page: Page, words: str) -> Locator:
    """An active filter above the content; a click removes it."""
    return page.locator(".st-key-status_line").get_by_role("button", name=re.compile(re.escape(words)))


def go_to(page: Page, name: str) -> None:
    """Go to another page by the links along the top."""
    page.get_by_role("link", name=name, exact=True).first.click()


def viewer(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Image", exact=True)


def luminance(locator: Locator) -> np.ndarray:
    """What is on the screen there: (H, W) float, 0 black to 255 white."""
    return np.asarray(Image.open(io.BytesIO(locator.screenshot())).convert("L"), float)
