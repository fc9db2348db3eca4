"""Every page runs without a browser: on an empty workspace, and on one with images."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from curate.models import JobState
from curate.settings import Settings
from curate.workspace import Workspace, close_workspaces, open_workspace
from pages.words import plain
from tests.builders import save_picture

PAGES = Path(__file__).parents[2] / "pages"
NAMES = ["map", "gallery", "search", "clusters", "import_images", "jobs"]


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """The process's own workspace, empty, with the encoder that needs no download."""
    monkeypatch.setenv("CURATE_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.setenv("CURATE_ENCODER", "descriptor")
    st.cache_resource.clear()
    yield open_workspace(Settings())
    close_workspaces()
    st.cache_resource.clear()


def shown(name: str) -> AppTest:
    app = AppTest.from_file(str(PAGES / "main.py"), default_timeout=60).run()
    return app if name == "map" else app.switch_page(f"{name}.py").run()


@pytest.mark.parametrize("name", NAMES)
def test_a_page_of_an_empty_workspace_draws_without_an_error(workspace: Workspace, name: str) -> None:
    page = shown(name)

    assert [error.value for error in page.error] == []
    assert list(page.exception) == []


def test_an_empty_workspace_says_what_to_do_next(workspace: Workspace) -> None:
    assert "No images yet" in [heading.value for heading in shown("map").subheader]


@pytest.mark.parametrize("name", NAMES)
def test_a_page_draws_when_images_came_but_no_map(workspace: Workspace, tmp_path: Path, name: str) -> None:
    for number in range(2):
        save_picture(tmp_path / "pictures" / f"{number}.png", seed=number)
    workspace.importing.run(tmp_path / "pictures")

    page = shown(name)

    assert list(page.exception) == []
    assert [error.value for error in page.error] == []


def test_the_map_can_be_asked_for_where_there_is_none(workspace: Workspace, tmp_path: Path) -> None:
    for number in range(3):
        save_picture(tmp_path / "pictures" / f"{number}.png", seed=number)
    workspace.importing.run(tmp_path / "pictures")
    page = shown("map")

    next(button for button in page.button if button.label == "Make the map").click().run()
    job = workspace.jobs.recent()[0]

    assert workspace.jobs.wait(job.id, timeout=120).state is JobState.DONE
    assert workspace.clustering.current_run() is not None


def test_the_import_page_tells_of_a_folder_that_is_not_there(workspace: Workspace, tmp_path: Path) -> None:
    page = shown("import_images")
    page.text_input(key="folder").set_value(str(tmp_path / "nowhere")).run()

    assert any("nowhere" in caption.value for caption in page.caption)


def test_a_workspace_held_elsewhere_is_named_on_the_page(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    close_workspaces()
    monkeypatch.setenv("CURATE_ENCODER", "/no/such/checkpoint")

    assert any(plain("/no/such/checkpoint") in error.value for error in shown("map").error)
