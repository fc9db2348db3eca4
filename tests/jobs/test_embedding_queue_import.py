"""An import on an app with workers: rows and thumbnails come at once, vectors and the map when the workers are done."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from curate.models import JobState
from curate.settings import Settings
from curate.workspace import Workspace
from tests.builders import save_picture
from tests.jobs.queueing import ROOT, WorkerProcess, until

PLAIN_MAP = "clustering:\n  algorithm: kmeans\n  reducer: pca\n  n_clusters: 2\n"
"""A map that takes no time to make."""


def test_an_import_leaves_embedding_to_workers_and_the_map_to_the_end_of_the_queue(
    tmp_path: Path, redis_url: str, start_worker: Callable[..., WorkerProcess]
) -> None:
    for number in range(6):
        save_picture(tmp_path / "pictures" / f"{number}.png", seed=number)
    settings = Settings(workspace=tmp_path / "workspace", encoder="descriptor", redis_url=redis_url)
    settings.workspace.mkdir()
    (settings.workspace / "clustering.yaml").write_text(PLAIN_MAP)
    with Workspace(settings.workspace, settings) as workspace:
        workspace.embedding_queue.start()
        job = workspace.jobs.wait(workspace.start_import(tmp_path / "pictures").id, 60)
        assert job.state is JobState.DONE
        assert (workspace.images.count(), workspace.embeddings.count()) == (6, 0)
        assert [job.kind for job in workspace.jobs.recent()] == ["import"]

        start_worker(redis_url)
        until(lambda: len(workspace.jobs.recent()) == 2)
        made = workspace.jobs.wait(workspace.jobs.recent()[0].id, 60)
        assert (made.kind, made.state) == ("first map", JobState.DONE)
        run = workspace.clustering.current_run()
        assert run is not None
        assert run.images == 6

        save_picture(tmp_path / "pictures" / "new.png", seed=9)
        workspace.jobs.wait(workspace.start_import(tmp_path / "pictures").id, 60)
        new = workspace.images.id_for_path(str(tmp_path / "pictures" / "new.png"))
        until(lambda: new in workspace.clustering.map_points().image_ids)


def test_an_import_on_the_command_line_waits_for_the_workers(
    tmp_path: Path, redis_url: str, start_worker: Callable[..., WorkerProcess]
) -> None:
    for seed in range(5):
        save_picture(tmp_path / "pictures" / f"{seed}.jpg", seed)
    start_worker(redis_url)

    environ = {**os.environ, "CURATE_REDIS_URL": redis_url, "CURATE_ENCODER": "descriptor"}
    command = [sys.executable, "-m", "curate", "import", str(tmp_path / "pictures"), "--workspace", str(tmp_path / "w")]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60)

    assert done.returncode == 0, done.stderr
    with Workspace(tmp_path / "w", Settings(encoder="descriptor")) as workspace:
        assert workspace.embeddings.count() == 5


def test_what_an_encoder_lacks_is_embedded_by_the_workers_too(
    tmp_path: Path, redis_url: str, start_worker: Callable[..., WorkerProcess]
) -> None:
    for number in range(5):
        save_picture(tmp_path / "pictures" / f"{number}.jpg", seed=number)
    settings = Settings(workspace=tmp_path / "workspace", encoder="descriptor")
    with Workspace(settings.workspace, settings) as workspace:
        workspace.jobs.wait(workspace.start_import(tmp_path / "pictures", then_map=False).id, 60)
        with workspace.database.write() as cursor:
            workspace.embeddings.forget(cursor, workspace.images.find(limit=3))

    start_worker(redis_url)
    with_workers = settings.model_copy(update={"redis_url": redis_url})
    with Workspace(settings.workspace, with_workers) as workspace:
        started = workspace.start_embedding()
        until(lambda: workspace.embedding_queue.busy)  # so that it is this job's images that the workers get
        workspace.embedding_queue.start()
        job = workspace.jobs.wait(started.id, 60)

        assert job.result is not None
        assert job.result["embedded"] == 3
        assert workspace.embeddings.count() == 5
