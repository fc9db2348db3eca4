"""An import whose images are embedded by workers."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from curate.settings import Settings
from curate.workspace import Workspace
from tests.builders import save_picture
from tests.jobs.queueing import WorkerProcess, until


def test_an_import_leaves_embedding_to_workers_and_the_map_follows(
    tmp_path: Path, redis_url: str, start_worker: Callable[..., WorkerProcess]
) -> None:
    pictures = tmp_path / "pictures"
    for seed in range(40):
        save_picture(pictures / f"{seed}.jpg", seed)
    settings = Settings(workspace=tmp_path / "workspace", encoder="descriptor", redis_url=redis_url)

    with Workspace(settings.workspace, settings) as workspace:
        workspace.start()
        report = workspace.jobs.wait(workspace.start_import(pictures).id, 60).result

        assert report is not None
        assert (report["added"], workspace.images.count(), workspace.embeddings.count()) == (40, 40, 0)

        start_worker(redis_url)
        until(lambda: workspace.embeddings.count() == 40)
        until(lambda: workspace.clustering.current_run() is not None, seconds=60)
        again = workspace.jobs.wait(workspace.start_import(pictures).id, 60).result
        vectors = dict(workspace.embeddings.get_all_embeddings())

    assert again is not None
    assert again["unchanged"] == 40
    here = Settings(workspace=tmp_path / "here", encoder="descriptor")
    with Workspace(here.workspace, here) as alone:
        alone.jobs.wait(alone.start_import(pictures, then_map=False).id, 60)
        expected = alone.embeddings.get_all_embeddings()
        for image_id, vector in vectors.items():
            np.testing.assert_array_equal(vector, expected[image_id])  # ids follow from path and content
