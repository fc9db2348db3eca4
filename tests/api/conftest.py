"""A real workspace with six small pictures, and a client of the API over it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from starlette.routing import Mount

from curate.api.cluster_manager import ClusterManagerAPI
from curate.settings import Settings
from curate.workspace import Workspace
from tests.builders import save_picture

QUICK_RUN = {"algorithm": "kmeans", "reducer": "pca", "n_clusters": 2, "seed": 1}


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder of six pictures: JPEG, PNG and TIFF, two of each."""
    folder = tmp_path / "pictures"
    for number, ending in enumerate(["jpg", "jpg", "png", "png", "tif", "tif"]):
        save_picture(folder / f"picture-{number}.{ending}", seed=number)
    return folder


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(workspace=tmp_path / "workspace", encoder="descriptor")


@pytest.fixture
def workspace(settings: Settings, pictures: Path) -> Iterator[Workspace]:
    """The workspace with the pictures imported, and no map yet."""
    with Workspace(settings.workspace, settings) as workspace:
        workspace.importing.run(pictures)
        yield workspace


def client_of(
    workspace: Callable[[], Workspace], host: str = "localhost:8501", settings: Settings | None = None
) -> TestClient:
    """A client of the API as the app mounts it."""
    app = Starlette(routes=[Mount("/api", app=ClusterManagerAPI(workspace, settings).app)])
    return TestClient(app, base_url=f"http://{host}")


@pytest.fixture
def client(workspace: Workspace) -> TestClient:
    return client_of(lambda: workspace)


@pytest.fixture
def image_ids(workspace: Workspace) -> list[str]:
    """The ids of picture-0 to picture-5."""
    return workspace.images.find(sort="name")


@pytest.fixture
def clustered(client: TestClient) -> dict[str, int]:
    """The summary of a quick run over the pictures."""
    answer = client.post("/api/cluster/run?wait=true", json=QUICK_RUN)
    assert answer.status_code == 200, answer.text
    summary: dict[str, int] = answer.json()
    return summary
