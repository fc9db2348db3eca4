"""What the pages' components read as bytes: views, the map and scripts."""

import gzip

import numpy as np
import plotly
import pytest
from fastapi import Request
from fastapi.testclient import TestClient

from curate.api.answers import WORTH_COMPRESSING, binary
from curate.workspace import Workspace


def test_a_view_arrives_as_the_bytes_that_were_made(
    client: TestClient, workspace: Workspace, image_ids: list[str]
) -> None:
    view = workspace.views.make(image_ids)

    answer = client.get(f"/api/views/{view.token}")

    assert answer.content == view.body
    assert "immutable" in answer.headers["cache-control"]


def test_a_view_that_was_let_go_is_not_found(client: TestClient) -> None:
    assert client.get("/api/views/0123456789").status_code == 404


def test_the_maps_points_come_in_the_order_of_their_positions(
    client: TestClient, workspace: Workspace, clustered: dict[str, int]
) -> None:
    body = client.get(f"/api/map/{clustered['run_id']}/points").content

    points = workspace.clustering.map_points()
    assert body[:4] == b"MUP1"
    assert np.frombuffer(body, "<u4", 4).tolist() == [0x3150554D, 6, clustered["run_id"], 0]
    assert np.array_equal(np.frombuffer(body, "<f4", 6, 16), points.x)
    assert np.array_equal(np.frombuffer(body, "<f4", 6, 40), points.y)
    assert np.array_equal(np.frombuffer(body, "<i2", 6, 64), points.cluster_ids)
    assert len(body) == 16 + 6 * 10


def test_the_maps_points_are_sent_once_to_each_browser(client: TestClient, clustered: dict[str, int]) -> None:
    address = f"/api/map/{clustered['run_id']}/points"
    tag = client.get(address).headers["etag"]

    assert client.get(address, headers={"If-None-Match": tag}).status_code == 304


def test_the_points_of_an_unknown_run_are_not_found(client: TestClient, clustered: dict[str, int]) -> None:
    assert client.get("/api/map/77/points").status_code == 404


def test_plotly_js_comes_from_the_installed_package(client: TestClient) -> None:
    answer = client.get("/api/assets/plotly.min.js")

    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["content-encoding"] == "gzip"
    assert plotly.__version__ in answer.headers["etag"]
    assert b"Plotly" in answer.content


def _request(address: str) -> Request:
    headers = [(b"accept-encoding", b"gzip, br")]
    return Request({"type": "http", "method": "GET", "path": "/", "headers": headers, "client": (address, 1)})


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_a_big_body_is_not_compressed_within_one_machine(address: str) -> None:
    body = bytes(WORTH_COMPRESSING)

    assert binary(_request(address), body, "tag").body == body


def test_a_big_body_is_compressed_for_another_machine() -> None:
    body = bytes(WORTH_COMPRESSING)

    answer = binary(_request("192.0.2.7"), body, "tag")

    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(answer.body) == body


def test_a_small_body_is_never_compressed() -> None:
    assert binary(_request("192.0.2.7"), b"small", "tag").body == b"small"
