"""The calls that change, search and watch."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from curate.workspace import Workspace
from tests.api.conftest import QUICK_RUN
from tests.builders import save_picture


def test_a_tag_put_on_by_the_api_is_seen_by_the_services(
    client: TestClient, workspace: Workspace, image_ids: list[str]
) -> None:
    answer = client.post("/api/tagging/apply", json={"image_ids": image_ids[:2], "tag": " red "})

    assert answer.json() == {"tagged": 2, "operation_id": 1, "tag": "red", "images": 2}
    assert workspace.tagging.images_with("red") == image_ids[:2]


def test_images_that_had_the_tag_already_are_not_counted(client: TestClient, image_ids: list[str]) -> None:
    client.post("/api/tagging/apply", json={"image_ids": image_ids[:2], "tag": "red"})

    answer = client.post("/api/tagging/apply", json={"image_ids": image_ids[:3], "tag": "red"}).json()

    assert (answer["tagged"], answer["images"]) == (1, 3)


def test_undoing_takes_back_the_newest_change(client: TestClient, workspace: Workspace, image_ids: list[str]) -> None:
    client.post("/api/tagging/apply", json={"image_ids": image_ids[:1], "tag": "red"})
    newest = client.post("/api/tagging/apply", json={"image_ids": image_ids, "tag": "blue"}).json()

    undone = client.post("/api/tagging/undo").json()

    assert undone["operation_id"] == newest["operation_id"]
    assert workspace.tagging.counts() == {"red": 1}


def test_a_named_change_can_be_undone(client: TestClient, workspace: Workspace, image_ids: list[str]) -> None:
    first = client.post("/api/tagging/apply", json={"image_ids": image_ids[:1], "tag": "red"}).json()
    client.post("/api/tagging/apply", json={"image_ids": image_ids, "tag": "blue"})

    client.post("/api/tagging/undo", json={"operation_id": first["operation_id"]})

    assert workspace.tagging.counts() == {"blue": 6}


def test_what_a_filter_keeps_can_be_tagged(client: TestClient, workspace: Workspace, image_ids: list[str]) -> None:
    client.post("/api/tagging/apply", json={"filter": "name:picture-1,picture-2", "tag": "pair"})

    assert workspace.tagging.images_with("pair") == image_ids[1:3]


def test_a_cluster_can_be_tagged(client: TestClient, workspace: Workspace, clustered: dict[str, int]) -> None:
    client.post("/api/tagging/apply", json={"cluster_id": 0, "tag": "first"})

    assert set(workspace.tagging.images_with("first")) == set(workspace.clustering.members(0))


def test_a_tag_can_be_taken_off(client: TestClient, workspace: Workspace, image_ids: list[str]) -> None:
    workspace.tagging.apply(image_ids, "red")

    client.post("/api/tagging/apply", json={"image_ids": image_ids[:4], "tag": "red", "remove": True})

    assert workspace.tagging.images_with("red") == image_ids[4:]


def test_tags_are_listed_with_their_counts(client: TestClient, workspace: Workspace, image_ids: list[str]) -> None:
    workspace.tagging.apply(image_ids[:1], "rare")
    workspace.tagging.apply(image_ids, "common")

    assert client.get("/api/tags").json()["tags"] == [{"tag": "common", "count": 6}, {"tag": "rare", "count": 1}]


@pytest.mark.parametrize("in_body", [True, False])
def test_similar_images_are_found_by_query_parameter_and_by_body(
    client: TestClient, workspace: Workspace, image_ids: list[str], in_body: bool
) -> None:
    query = {"image_id": image_ids[0], "top_k": 3}

    answer = client.post("/api/similarity/find", **({"json": query} if in_body else {"params": query}))  # type: ignore[arg-type]

    results = answer.json()["results"]
    assert [result["image_id"] for result in results] == workspace.similarity.find_similar(image_ids[0], 3)
    assert [result["rank"] for result in results] == [1, 2, 3]
    assert results == sorted(results, key=lambda result: -result["score"])
    assert all(Path(result["path"]).is_file() for result in results)


def test_a_search_within_a_filter_finds_only_what_it_keeps(client: TestClient, image_ids: list[str]) -> None:
    body = {"image_id": image_ids[0], "filter": "name:picture-4,picture-5"}

    results = client.post("/api/similarity/find", json=body).json()["results"]

    assert {result["image_id"] for result in results} == set(image_ids[4:])


def test_a_run_that_is_waited_for_answers_with_its_summary(client: TestClient, clustered: dict[str, int]) -> None:
    assert (clustered["clusters"], clustered["noise"], clustered["images"]) == (2, 0, 6)
    listed = client.get("/api/clusters").json()
    assert listed["run"]["id"] == clustered["run_id"]
    assert sum(cluster["size"] for cluster in listed["clusters"]) == 6


def test_a_run_in_the_background_is_a_job(client: TestClient, workspace: Workspace) -> None:
    answer = client.post("/api/cluster/run", json=QUICK_RUN)

    assert answer.status_code == 202
    workspace.jobs.wait(answer.json()["job_id"])
    job = client.get(f"/api/jobs/{answer.json()['job_id']}").json()
    assert (job["kind"], job["state"], job["result"]["images"]) == ("cluster", "done", 6)


def test_a_folder_is_imported_in_the_background(
    client: TestClient, workspace: Workspace, clustered: dict[str, int], tmp_path: Path
) -> None:
    save_picture(tmp_path / "more" / "new.jpg", seed=50)

    answer = client.post("/api/import", json={"folder": str(tmp_path / "more")})

    assert answer.status_code == 202
    job = workspace.jobs.wait(answer.json()["job_id"])
    assert job.result is not None
    assert job.result["added"] == 1
    assert client.get("/api/images").json()["total"] == 7


def test_stopping_a_job_that_has_ended_leaves_it_as_it_is(client: TestClient, clustered: dict[str, int]) -> None:
    stopped = client.delete(f"/api/jobs/{clustered['job_id']}").json()

    assert stopped["state"] == "done"
    assert [job["id"] for job in client.get("/api/jobs").json()["jobs"]] == [clustered["job_id"]]


def test_health_says_what_the_app_runs_on(client: TestClient) -> None:
    found = client.get("/api/health").json()

    assert (found["status"], found["images"], found["encoder"]) == ("ok", 6, "descriptor")


def test_metrics_count_images_jobs_and_requests(client: TestClient, clustered: dict[str, int]) -> None:
    client.get("/api/images/unknown")

    lines = client.get("/api/metrics").text.splitlines()

    assert "curate_images 6" in lines
    assert "curate_embedded_images 6" in lines
    assert 'curate_jobs{state="done"} 1' in lines
    labels = '{method="GET",route="/images/{image_id}",status="404"}'
    assert f"curate_request_duration_seconds_count{labels} 1" in lines
