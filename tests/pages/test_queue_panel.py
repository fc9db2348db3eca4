"""The Jobs page tells of the embedding queue, where there is one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from curate.settings import Settings
from curate.workspace import Workspace, close_workspaces, open_workspace
from pages.words import plain
from tests.builders import save_picture
from tests.jobs.queueing import until
from tests.pages.test_pages import shown
from tests.redis_server import RedisServer


@contextmanager
def opened(tmp_path: Path, redis_url: str) -> Iterator[Workspace]:
    """The process's own workspace with two images, which have no vector where there is Redis."""
    settings = Settings(workspace=tmp_path / "workspace", encoder="descriptor")
    for number in range(2):
        save_picture(tmp_path / "pictures" / f"{number}.png", seed=number)
    with Workspace(settings.workspace, settings) as workspace:
        workspace.importing.run(tmp_path / "pictures")
        if redis_url:
            with workspace.database.write() as cursor:
                cursor.execute("DELETE FROM embeddings")
    st.cache_resource.clear()
    yield open_workspace(Settings())
    close_workspaces()
    st.cache_resource.clear()


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CURATE_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.setenv("CURATE_ENCODER", "descriptor")


def texts(page: AppTest) -> str:
    assert list(page.exception) == []
    return "\n".join(element.value for element in [*page.markdown, *page.warning, *page.caption])


def test_without_redis_and_with_nothing_to_embed_there_is_no_panel(tmp_path: Path) -> None:
    with opened(tmp_path, redis_url=""):
        assert "Embedding queue" not in texts(shown("jobs"))


def test_the_page_says_that_redis_is_away_and_then_that_a_worker_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = RedisServer(tmp_path)
    monkeypatch.setenv("CURATE_REDIS_URL", server.url)
    with opened(tmp_path, server.url) as workspace:
        until(lambda: workspace.embedding_queue.status().problem)
        assert plain("connection refused") in texts(shown("jobs"))

        server.start()
        until(lambda: workspace.embedding_queue.status().images == 2)
        page = texts(shown("jobs"))
        assert "2 images in 1 chunk" in page
        assert plain("no worker is there") in page
        server.stop()
