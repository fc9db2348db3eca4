"""Who may call the API."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from curate.api.cluster_manager import ClusterManagerAPI
from curate.api.security import PageGuard, is_known_host
from curate.settings import Settings
from curate.workspace import Workspace
from tests.api.conftest import client_of

TOKEN = "a-secret-of-many-words"


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8501", "127.0.0.1:80", "[::1]:8501", "192.168.1.5", "LOCALHOST."]
)
def test_this_machine_and_addresses_in_numbers_are_known_hosts(host: str) -> None:
    assert is_known_host(host, "")


@pytest.mark.parametrize("host", ["evil.example", "", "localhost.evil.example", "127.0.0.1.evil.example", "[", "a b"])
def test_other_names_are_not_known_hosts(host: str) -> None:
    assert not is_known_host(host, "")


def test_allowed_hosts_are_known_too() -> None:
    assert is_known_host("curate.example:443", "other.example, curate.example")
    assert is_known_host("whatever.example", "*")


def test_a_name_that_was_pointed_at_this_machine_reads_nothing(workspace: Workspace) -> None:
    answer = client_of(lambda: workspace, "evil.example:8501").get("/api/images")

    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert "CURATE_ALLOWED_HOSTS" in answer.json()["detail"]


def test_a_refused_request_never_opens_the_workspace(settings: Settings) -> None:
    opened = []

    def open_it() -> Workspace:
        opened.append(True)
        return Workspace(settings.workspace, settings)

    answer = client_of(open_it, "evil.example:8501", settings).get("/api/images")

    assert answer.status_code == 403
    assert opened == []


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:9999", "http://localhost"])
def test_a_change_from_another_page_is_refused(
    client: TestClient, workspace: Workspace, image_ids: list[str], origin: str
) -> None:
    body = {"image_ids": image_ids, "tag": "red"}

    answer = client.post("/api/tagging/apply", json=body, headers={"Origin": origin})

    assert answer.status_code == 403
    assert workspace.tagging.counts() == {}


def test_a_change_from_our_own_page_goes_through(client: TestClient, image_ids: list[str]) -> None:
    body = {"image_ids": image_ids, "tag": "red"}

    answer = client.post("/api/tagging/apply", json=body, headers={"Origin": "http://localhost:8501"})

    assert answer.status_code == 200


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[TestClient]:
    """The whole app, pages and API, with a token set."""
    settings = Settings(workspace=tmp_path / "workspace", encoder="descriptor", api_token=TOKEN)
    with Workspace(settings.workspace, settings) as workspace:
        api = ClusterManagerAPI(lambda: workspace).app
        page = Route("/", lambda _: PlainTextResponse("the page"))
        guard = Middleware(PageGuard, settings=settings)
        app = Starlette(routes=[Mount("/api", app=api), page], middleware=[guard])
        with TestClient(app, base_url="http://localhost:8501") as client:
            yield client


def test_without_the_token_nothing_of_the_collection_is_told(locked: TestClient) -> None:
    for path in ("/api/images", "/api/tags", "/api/clusters", "/api/jobs", "/api/metrics", "/api/views/x"):
        assert locked.get(path).status_code == 401, path
    answer = locked.post("/api/tagging/undo")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert "CURATE_API_TOKEN" in answer.json()["detail"]


@pytest.mark.parametrize(
    "given", [f"Bearer {TOKEN}x", "Bearer ", TOKEN, f"Basic {TOKEN}", "Bearer ÿ".encode("latin-1")]
)
def test_a_wrong_token_is_refused(locked: TestClient, given: str | bytes) -> None:
    assert locked.get("/api/tags", headers={"Authorization": given}).status_code == 401  # type: ignore[dict-item]


def test_the_right_token_opens_every_call(locked: TestClient) -> None:
    assert locked.get("/api/tags", headers={"Authorization": f"bearer {TOKEN}"}).status_code == 200


def test_health_and_the_documentation_need_no_token(locked: TestClient) -> None:
    for path in ("/api/health", "/api/docs", "/api/openapi.json"):
        assert locked.get(path).status_code == 200, path


def test_the_page_brings_the_key_to_its_images_and_to_nothing_else(locked: TestClient) -> None:
    cookie = locked.get("/").headers["set-cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert locked.get("/api/images").status_code == 200
    assert locked.get("/api/views/unknown").status_code == 404
    assert locked.get("/api/tags").status_code == 401
    assert locked.post("/api/tagging/undo").status_code == 401


def test_a_browser_that_has_the_key_gets_it_no_second_time(locked: TestClient) -> None:
    locked.get("/")

    assert "set-cookie" not in locked.get("/").headers


def test_the_page_is_not_shown_under_an_unknown_name(locked: TestClient) -> None:
    assert locked.get("/", headers={"Host": "evil.example"}).status_code == 403
