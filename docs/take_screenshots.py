"""Take the README's screenshots of a running app that shows the demo set: `python docs/take_screenshots.py [URL]`."""

import os
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

FOLDER = Path(__file__).with_name("screenshots")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
SIZE = {"width": 1440, "height": 900}


def map_with_a_lasso(page: Page) -> None:
    """Draw a lasso around the upper right of the map, and wait for its images."""
    box = page.locator(".st-key-map").bounding_box()
    assert box
    left, top = box["x"] + box["width"] * 0.45, box["y"] + box["height"] * 0.12
    page.keyboard.press("l")
    page.mouse.move(left, top)
    page.mouse.down()
    for across, down in ((0.45, -0.02), (0.5, 0.25), (0.2, 0.35), (0, 0.2), (0, 0)):
        page.mouse.move(left + across * box["width"], top + down * box["height"], steps=12)
    page.mouse.up()
    page.get_by_text("Selected on the map").wait_for()


def gallery_with_a_selection(page: Page) -> None:
    """Open the gallery and select six images, two of them with the control key."""
    page.get_by_role("link", name="Gallery").first.click()
    tiles = page.locator(".st-key-gallery [role=option]")
    tiles.first.wait_for()
    tiles.nth(1).click()
    tiles.nth(4).click(modifiers=["Shift"])
    tiles.nth(9).click(modifiers=["Control"])
    tiles.nth(14).click(modifiers=["Control"])


def main(url: str) -> None:
    """Take both pictures, light."""
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CURATE_CHROMIUM", "/usr/bin/chromium"), args=FLAGS
        )
        for name, prepare in (("map", map_with_a_lasso), ("gallery", gallery_with_a_selection)):
            page = browser.new_page(viewport=SIZE)
            page.goto(url)
            page.get_by_text("All images").wait_for()
            page.wait_for_timeout(3000)
            prepare(page)
            page.mouse.move(0, 0)
            page.wait_for_timeout(3000)
            page.screenshot(path=FOLDER / f"{name}.jpg", type="jpeg", quality=88)
            page.close()
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8501/")
