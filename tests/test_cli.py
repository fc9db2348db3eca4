"""The command line, on real workspaces."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from curate.cli import app
from curate.settings import Settings
from curate.workspace import Workspace
from tests.builders import save_picture

ROOT = Path(__file__).resolve().parents[1]
QUICK_MAP = "clustering:\n  algorithm: kmeans\n  reducer: pca\n  n_clusters: 2\n  seed: 1\n"
ENVIRONMENT = os.environ | {"CURATE_ENCODER": "descriptor", "OMP_NUM_THREADS": "1"}


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder of six pictures and one file that only says it is one."""
    folder = tmp_path / "pictures"
    for number in range(6):
        save_picture(folder / f"picture-{number}.jpg", seed=number)
    (folder / "broken.jpg").write_bytes(b"no picture")
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty workspace whose maps are made quickly."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    (folder / "clustering.yaml").write_text(QUICK_MAP)
    return folder


@pytest.fixture
def filled(folder: Path, pictures: Path) -> Path:
    """A workspace with the pictures imported and a map of two clusters."""
    for verb in (["import", pictures], ["cluster"]):
        assert curate(*verb, "--workspace", folder).exit_code == 0
    return folder


def curate(*arguments: object) -> Result:
    """Run a verb within this process."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"CURATE_ENCODER": "descriptor"})


def found(*arguments: object) -> Any:
    """Run a verb that must succeed, and return its JSON."""
    result = curate(*arguments, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def curate_process(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a verb as a person does."""
    command = [sys.executable, "-m", "curate", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, timeout=120, **options)


def assert_fails(result: Result, *words: str) -> None:
    """Check for status 1 and one line on stderr that has these words."""
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")
    assert len(result.stderr.splitlines()) == 1
    assert len(result.stderr) < 500
    for word in words:
        assert word in result.stderr


def test_importing_reports_what_was_added_and_skipped(folder: Path, pictures: Path) -> None:
    report = found("import", pictures, "--workspace", folder)

    assert set(report) >= {"added", "changed", "unchanged", "moved", "missing", "skipped", "encoder", "seconds"}
    assert (report["added"], report["unchanged"], report["encoder"]) == (6, 0, "descriptor")
    assert [Path(skipped["path"]).name for skipped in report["skipped"]] == ["broken.jpg"]
    assert report["skipped"][0]["reason"]


def test_importing_again_reads_nothing_anew(filled: Path, pictures: Path) -> None:
    report = found("import", pictures, "--workspace", filled)

    assert (report["added"], report["unchanged"]) == (0, 6)


def test_clustering_reports_the_run(filled: Path) -> None:
    run = found("cluster", "--n-clusters", 3, "--workspace", filled)

    assert (run["run_id"], run["clusters"], run["noise"], run["images"]) == (2, 3, 0, 6)
    assert run["seconds"] > 0


@pytest.mark.parametrize("by_path", [True, False])
def test_similar_images_are_found_by_path_and_by_id(filled: Path, pictures: Path, by_path: bool) -> None:
    path = pictures / "picture-0.jpg"
    with Workspace(filled, Settings(workspace=filled, encoder="descriptor")) as workspace:
        image_id = workspace.images.id_for_path(str(path))
        expected = workspace.similarity.find_similar(image_id, 3)

    results = found("similar", "--image", path if by_path else image_id, "--top-k", 3, "--workspace", filled)["results"]

    assert [result["image_id"] for result in results] == expected
    assert [result["rank"] for result in results] == [1, 2, 3]
    assert set(results[0]) == {"image_id", "path", "score", "rank"}


def test_tagging_is_counted_and_stays(filled: Path, pictures: Path) -> None:
    images = [pictures / f"picture-{number}.jpg" for number in range(3)]

    first = found("tag", "red", "--image", images[0], "--image", images[1], "--workspace", filled)
    second = found("tag", "red", "--image", *images, "--workspace", filled)

    assert (first, second["tagged"]) == ({"tagged": 2, "operation_id": 1}, 1)
    assert found("status", "--workspace", filled)["tags"] == {"red": 3}


def test_a_cluster_and_a_filter_can_be_tagged_and_untagged(filled: Path) -> None:
    found("tag", "first", "--cluster", 0, "--workspace", filled)
    found("tag", "pair", "--filter", "name:picture-1,picture-2", "--workspace", filled)
    found("tag", "pair", "--filter", "name:picture-1", "--remove", "--workspace", filled)

    tags = found("status", "--workspace", filled)["tags"]
    assert tags["pair"] == 1
    assert 1 <= tags["first"] <= 5


def test_status_says_what_the_workspace_holds(filled: Path) -> None:
    assert found("status", "--workspace", filled) == {
        "images": 6,
        "embedded": 6,
        "skipped": 1,
        "clusters": 2,
        "noise": 0,
        "tags": {},
        "encoder": "descriptor",
        "schema_version": 2,
    }


def test_people_get_sentences_in_place_of_json(filled: Path) -> None:
    assert "6 images" in curate("status", "--workspace", filled).stdout
    assert "Put “red” on 6 images" in curate("tag", "red", "--filter", "name:picture", "--workspace", filled).stdout


def test_the_demo_is_drawn_imported_and_clustered(folder: Path) -> None:
    demo = found("demo", "--count", 12, "--side", 64, "--workspace", folder)

    assert (demo["drawn"], demo["added"], demo["clusters"]) == (12, 12, 2)
    assert Path(demo["folder"]) == folder / "demo-images"
    assert found("demo", "--count", 12, "--side", 64, "--workspace", folder)["added"] == 0


def test_an_image_that_is_not_there_is_one_line(filled: Path, pictures: Path) -> None:
    assert_fails(curate("similar", "--image", "nonexistent0", "--workspace", filled), "nonexistent0")
    assert_fails(curate("similar", "--image", pictures / "broken.jpg", "--workspace", filled), "broken.jpg")
    assert_fails(curate("tag", "red", "--image", "nonexistent0", "--workspace", filled), "nonexistent0")


@pytest.mark.parametrize("top_k", [0, -1, 10**9])
def test_top_k_outside_its_range_is_one_line(filled: Path, pictures: Path, top_k: int) -> None:
    image = pictures / "picture-0.jpg"

    assert_fails(curate("similar", "--image", image, "--top-k", top_k, "--workspace", filled), "1 to 1000")


@pytest.mark.parametrize("tag", ["", "  ", "a\nb", "x" * 10_000])
def test_a_tag_that_cannot_be_kept_is_one_line(filled: Path, tag: str) -> None:
    assert_fails(curate("tag", tag, "--cluster", 0, "--workspace", filled), "tag")


def test_a_folder_that_cannot_be_imported_is_one_line(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    assert_fails(curate("import", tmp_path / "nowhere", "--workspace", folder), "nowhere")
    assert_fails(curate("import", tmp_path / "empty", "--workspace", folder), "empty")


def test_what_cannot_be_clustered_is_one_line(folder: Path, filled: Path) -> None:
    assert_fails(curate("cluster", "--algorithm", "dbscan", "--workspace", filled), "hdbscan or kmeans")
    assert_fails(curate("cluster", "--n-clusters", 7, "--workspace", filled), "6")
    assert_fails(curate("tag", "red", "--cluster", 99, "--workspace", filled), "99")
    assert_fails(curate("tag", "red", "--filter", "colour:red", "--workspace", filled), "colour")


def test_a_workspace_without_images_says_what_to_do_first(folder: Path) -> None:
    assert_fails(curate("cluster", "--workspace", folder), "Import a folder")
    assert_fails(curate("tag", "red", "--cluster", 0, "--workspace", folder), "Import a folder")
    assert found("status", "--workspace", folder)["images"] == 0


def test_a_text_needs_an_encoder_that_reads_text(filled: Path) -> None:
    assert_fails(curate("similar", "--text", "a cat", "--workspace", filled), "text")


def test_a_wrong_setting_is_named() -> None:
    result = CliRunner().invoke(app, ["status"], env={"CURATE_DECODE_WORKERS": "many"})

    assert_fails(result, "CURATE_DECODE_WORKERS")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["unknown"],
        ["similar"],
        ["similar", "--image", "a", "--top-k", "many"],
        ["tag", "red"],
        ["tag", "red", "--cluster", "0", "--filter", "tag:a"],
        ["tag", "red", "more", "--cluster", "0"],
        ["tag", "red", "--cluster", str(10**40)],
        ["import"],
        ["serve", "--port", "70000"],
    ],
)
def test_a_command_that_cannot_be_understood_exits_with_two(arguments: list[str]) -> None:
    result = curate(*arguments)

    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys, curate.cli\n"
        "heavy = {'torch', 'transformers', 'duckdb', 'numpy', 'streamlit', 'fastapi', 'PIL'} & set(sys.modules)\n"
        "sys.exit(f'{heavy}' if heavy else 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)

    assert result.returncode == 0, result.stderr


def test_a_process_prints_only_json_on_stdout_and_nothing_where_no_terminal_is(folder: Path, pictures: Path) -> None:
    result = curate_process("import", pictures, "--workspace", folder, "--json")

    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["added"] == 6
    assert result.stderr == ""


def test_a_second_process_is_told_who_has_the_workspace(filled: Path) -> None:
    with Workspace(filled, Settings(workspace=filled, encoder="descriptor")):
        result = curate_process("status", "--workspace", filled)

    assert result.returncode == 1
    assert result.stderr.startswith("Error: ")
    assert str(os.getpid()) in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.fixture
def served(filled: Path) -> Iterator[httpx.Client]:
    """The app, started by `serve`."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "curate", "serve", "--port", str(port), "--workspace", str(filled), "--json"]
    process = subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    address = json.loads(process.stdout.readline())["url"]
    with httpx.Client(base_url=address, timeout=60) as client:
        try:
            _wait_for(client, process)
            yield client
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)


def _wait_for(client: httpx.Client, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        try:
            client.get("/api/health")
            return
        except httpx.TransportError:
            time.sleep(0.2)
    raise AssertionError("the app did not start")


def test_serve_starts_the_app_and_keeps_other_processes_out(served: httpx.Client, filled: Path) -> None:
    assert served.get("/api/health").json()["images"] == 6
    assert "text/html" in served.get("/").headers["content-type"]

    refused = curate_process("serve", "--workspace", filled)

    assert (refused.returncode, len(refused.stderr.splitlines())) == (1, 1)
