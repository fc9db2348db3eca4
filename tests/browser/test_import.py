"""Importing as a person does it: progress, going elsewhere, stopping, going on, what was skipped, wrong folders."""

import io
import os
import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.screen import go_to, toast
from tests.browser.serving import RunningApp
from tests.builders import picture, save_picture

SLOW_FILES = 100
BROKEN = {"empty.jpg": b"", "letter.jpg": b"%PDF-1.7 not a picture", "cut.png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"}


@pytest.fixture(scope="module")
def slow_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures that take seconds to import, and a few broken files."""
    folder = make_slow_pictures(tmp_path_factory.mktemp("slow") / "pictures", SLOW_FILES)
    for name, content in BROKEN.items():
        (folder / name).write_bytes(content)
    return folder


def make_slow_pictures(folder: Path, count: int) -> Path:
    """Write PNGs, no two alike, that are slow to decode and yet small on the disk."""
    folder.mkdir()
    content = io.BytesIO()
    picture(5).resize((3300, 2200), Image.Resampling.NEAREST).save(content, "PNG")
    for number in range(count):
        (folder / f"picture-{number:03}.png").write_bytes(content.getvalue() + b"%d" % number)  # after the image's end
    return folder


@pytest.fixture
def page(new_app: RunningApp, visit: Visit) -> Page:
    page = visit(new_app)
    go_to(page, "Import")
    page.get_by_role("textbox", name="Folder").wait_for()
    return page


def imported(app: RunningApp, folder: Path) -> list[str]:
    """The ids of a folder's images that are in the workspace."""
    return app.image_ids(f'folder:"{folder}"')


def type_folder_and_import(page: Page, folder: Path | str) -> None:
    page.get_by_role("textbox", name="Folder").fill(str(folder))
    page.get_by_role("button", name="Import", exact=True).click()


def test_an_import_started_through_the_api_shows_in_an_idle_tab(
    new_app: RunningApp, visit: Visit, tmp_path: Path
) -> None:
    folder = make_slow_pictures(tmp_path / "elsewhere", SLOW_FILES)
    page = visit(new_app)
    expect(page.get_by_text("No images yet")).to_be_visible()

    job = new_app.post("/import", {"folder": str(folder)})["job_id"]

    expect(page.locator(".st-key-status_line")).to_contain_text("Import elsewhere")
    new_app.stop_job(job)


def test_an_import_shows_progress_goes_on_elsewhere_stops_and_later_does_only_the_rest(
    page: Page, new_app: RunningApp, slow_folder: Path
) -> None:
    type_folder_and_import(page, slow_folder)

    progress = page.get_by_text(re.compile(rf"[1-9]\d* of {SLOW_FILES + len(BROKEN)} · .*a second · .* left"))
    expect(progress).to_be_visible()
    go_to(page, "Gallery")
    expect(page.locator(".st-key-status_line")).to_contain_text("Import pictures")
    go_to(page, "Import")
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Stop").wait_for(state="hidden")
    new_app.wait_for_jobs()
    stopped = len(imported(new_app, slow_folder))
    assert 0 < stopped < SLOW_FILES

    again = page.locator('[data-testid="stHorizontalBlock"]', has_text=str(slow_folder)).last
    again.get_by_role("button", name="Import again").click()

    rest = SLOW_FILES - stopped
    expect(page.get_by_text(re.compile(rf"{rest} added, {stopped} unchanged"))).to_be_visible(timeout=60_000)
    assert len(imported(new_app, slow_folder)) == SLOW_FILES
    expect(page.get_by_text(f"{len(BROKEN)} files skipped")).to_be_visible()
    expect(page.get_by_text(re.compile("the file is empty: 1", re.IGNORECASE))).to_be_visible()
    expect(page.get_by_text(re.compile("it is a PDF document, not an image: 1", re.IGNORECASE))).to_be_visible()
    expect(page.get_by_text(re.compile(r"the file is (damaged|cut off): 1", re.IGNORECASE))).to_be_visible()


def test_a_folder_that_cannot_be_imported_is_explained_on_the_screen(page: Page, tmp_path: Path) -> None:
    empty, file = tmp_path / "empty", save_picture(tmp_path / "picture.jpg")
    empty.mkdir()
    for folder, words in (
        (tmp_path / "missing", "There is no folder"),
        (empty, "holds no files that could be images"),
        (file, "is a file, not a folder"),
    ):
        type_folder_and_import(page, folder)
        expect(toast(page)).to_contain_text(words)
        expect(toast(page)).to_contain_text(str(folder))


def test_the_folder_that_was_typed_last_is_imported_even_when_import_is_pressed_at_once(
    page: Page, new_app: RunningApp, tmp_path: Path
) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    save_picture(one / "a.jpg", 21)
    save_picture(other / "b.jpg", 22)
    page.get_by_role("textbox", name="Folder").fill(str(one))
    page.keyboard.press("Enter")
    page.get_by_text(f"in {one}").wait_for()

    type_folder_and_import(page, other)

    page.get_by_text("Import other").first.wait_for()
    new_app.wait_for_jobs()
    names = {os.path.basename(image["path"]) for image in new_app.get("/images", limit=1000)["images"]}
    assert "b.jpg" in names
    assert "a.jpg" not in names
