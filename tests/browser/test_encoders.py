"""Switching encoders where their name stands: the pages follow, in other tabs too."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from curate.settings import Settings
from curate.workspace import Workspace
from tests.browser.conftest import Visit
from tests.browser.screen import go_to
from tests.browser.serving import RunningApp, running_app
from tests.builders import save_picture

IMAGES, WITH_VECTOR = 24, 20


@pytest.fixture(scope="module")
def two_encoders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """An app whose images were embedded with the descriptor, with a map, and have vectors from a file besides."""
    folder = tmp_path_factory.mktemp("encoders")
    for number in range(IMAGES):
        save_picture(folder / "pictures" / f"{number:02}.jpg", number)
    settings = Settings(workspace=folder / "workspace", encoder="descriptor")
    with Workspace(settings.workspace, settings) as workspace:
        workspace.importing.run(folder / "pictures")
        workspace.clustering.run({"algorithm": "kmeans", "reducer": "pca", "n_clusters": 2})
        _attach(workspace, folder)
    with running_app(settings.workspace) as app:
        yield app


def _attach(workspace: Workspace, folder: Path) -> None:
    np.save(folder / "vectors.npy", np.random.default_rng(0).normal(size=(WITH_VECTOR, 16)))
    (folder / "ids.txt").write_text("".join(f"{number:02}.jpg\n" for number in range(WITH_VECTOR)))
    workspace.exchange.attach(folder / "vectors.npy", folder / "ids.txt", "From afar")


def use(page: Page, label: str) -> None:
    """Open the list of encoders and choose the one of this label."""
    page.locator(".st-key-encoder button:visible").click()
    choices = page.get_by_test_id("stPopoverBody")
    expect(choices).to_contain_text(label)
    choices.get_by_role("button", name="Use").click()


def test_a_switch_at_the_encoders_name_is_followed_by_every_page_and_tab(
    two_encoders: RunningApp, visit: Visit
) -> None:
    page, other = visit(two_encoders), visit(two_encoders, "clusters")
    expect(page.locator(".st-key-encoder")).to_contain_text("Built-in descriptor, no text search")

    use(page, f"{WITH_VECTOR} of {IMAGES} images")

    for tab in (page, other):
        expect(tab.locator(".st-key-encoder")).to_contain_text(f"From afar, {WITH_VECTOR} of {IMAGES} images")
        expect(tab.get_by_text("No map with From afar yet")).to_be_visible()
        expect(tab.get_by_role("button", name="Make the map")).to_be_visible()

    go_to(other, "Map")
    page.keyboard.press("Escape")
    use(page, "Built-in descriptor")

    for tab in (page, other):
        expect(tab.locator(".st-key-encoder")).to_contain_text("Built-in descriptor")
        expect(tab.get_by_text("No map with")).to_be_hidden()
        tab.locator(".st-key-map").wait_for()
