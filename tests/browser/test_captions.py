"""Captions in the viewer, the choice when a file says something else, and exact copies."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.screen import chip, expect_shown, expect_tiles, grid, tile, toast, viewer
from tests.browser.serving import RunningApp
from tests.builders import save_picture


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three images, of which two are the same, and a caption."""
    folder = tmp_path_factory.mktemp("captioned") / "pictures"
    save_picture(folder / "a.jpg", 1)
    save_picture(folder / "b.jpg", 2)
    shutil.copy(folder / "a.jpg", folder / "copy of a.jpg")
    (folder / "a.txt").write_text("from the file")
    return folder


@pytest.fixture
def page(new_app: RunningApp, visit: Visit, folder: Path) -> Page:
    new_app.post("/import", {"folder": str(folder)})
    new_app.wait_for_jobs()
    page = visit(new_app, "gallery")
    grid(page)
    return page


def image(app: RunningApp, name: str) -> dict[str, object]:
    (found,) = [image for image in app.get("/images")["images"] if image["name"] == name]
    return dict(found)


def eventually(question: Callable[[], object], answer: object) -> None:
    end = time.monotonic() + 15
    while question() != answer and time.monotonic() < end:
        time.sleep(0.1)
    assert question() == answer


def test_a_caption_is_written_in_the_viewer_and_kept(page: Page, new_app: RunningApp) -> None:
    tile(grid(page), 1).dblclick()
    field = viewer(page).get_by_role("textbox", name="Caption")
    expect(field).to_have_value("")
    page.keyboard.press("c")
    page.keyboard.type("a quiet s")
    page.keyboard.type("ea, z and i")
    page.keyboard.press("Control+Enter")

    eventually(lambda: image(new_app, "b.jpg")["caption"], "a quiet sea, z and i")
    field.fill("second thoughts")
    viewer(page).get_by_role("button", name="Next").click()
    eventually(lambda: image(new_app, "b.jpg")["caption"], "second thoughts")

    page.keyboard.press("ArrowLeft")
    expect(field).to_have_value("second thoughts")
    field.fill("")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(toast(page)).to_contain_text("Caption removed")
    assert image(new_app, "b.jpg")["caption"] is None


def test_a_file_that_says_something_else_is_shown_and_either_can_be_chosen(
    page: Page, new_app: RunningApp, folder: Path
) -> None:
    tile(grid(page), 0).dblclick()
    field = viewer(page).get_by_role("textbox", name="Caption")
    expect(field).to_have_value("from the file")
    field.fill("my own words")
    page.keyboard.press("Control+Enter")
    eventually(lambda: image(new_app, "a.jpg")["caption"], "my own words")

    for text, button, outcome in (
        ("changed", "Keep mine", "my own words"),
        ("changed again", "Use it", "changed again"),
    ):
        (folder / "a.txt").write_text(text)
        new_app.post("/import", {"folder": str(folder)})
        expect(viewer(page).get_by_text("The caption file now says:")).to_be_visible()
        expect(viewer(page).get_by_text(text, exact=True)).to_be_visible()

        viewer(page).get_by_role("button", name=button).click()

        expect(viewer(page).get_by_text("The caption file now says:")).to_be_hidden()
        expect(field).to_have_value(outcome)
        eventually(lambda: image(new_app, "a.jpg")["caption_in_file"], None)
        assert image(new_app, "a.jpg")["caption"] == outcome


def test_exact_copies_are_counted_and_shown(page: Page, new_app: RunningApp) -> None:
    ids = [str(image(new_app, name)["id"]) for name in ("a.jpg", "copy of a.jpg")]
    tile(grid(page), 0).dblclick()

    viewer(page).get_by_role("button", name="1 exact copy").click()

    expect_shown(page, 2, 3)
    expect_tiles(grid(page), ids)
    chip(page, "Copies of a.jpg").click()
    expect_shown(page, 3, 3)
    page.get_by_placeholder("Filter by words").fill("is:duplicate")
    page.keyboard.press("Enter")
    expect(chip(page, "With exact copies")).to_be_visible()
    expect_tiles(grid(page), ids)
