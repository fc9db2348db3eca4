"""An import that is killed, in a process of its own."""

import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.builders import save_picture
from tests.ingest.importing import Importing, opened

IMAGES = 600


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("killed") / "photos"
    for seed in range(IMAGES):
        save_picture(folder / f"{seed % 7}" / f"{seed}.png", seed, 64, 48)
        if seed % 10 == 0:
            (folder / f"{seed % 7}" / f"{seed}.txt").write_text(f"picture {seed}")
    (folder / "broken.png").write_bytes(b"\x89PNG broken")
    return folder


def import_until_killed(workspace: Path, folder: Path, acknowledged: int, delay: float) -> int:
    """Kill an import `delay` seconds after it reported so many files; return how many it reported by then."""
    command = [sys.executable, "-m", "tests.ingest.importing", str(workspace), str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        reported = 0
        for line in process.stdout:
            reported = int(line)
            if reported >= acknowledged:
                time.sleep(delay)
                break
        process.kill()
        later = [int(line) for line in process.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
    return max([reported, *later])


def everything(importing: Importing) -> list[tuple[object, ...]]:
    return importing.rows(
        "SELECT i.* EXCLUDE (imported_at, number), c.text FROM images i LEFT JOIN captions c ON c.image_id = i.id"
        " ORDER BY i.path"
    )


@pytest.mark.parametrize("acknowledged", [0, 1, 257])
def test_nothing_that_was_reported_is_lost_and_the_next_import_completes_it(
    tmp_path: Path, folder: Path, acknowledged: int
) -> None:
    delay = random.Random(acknowledged).uniform(0.05, 0.4)
    reported = import_until_killed(tmp_path / "killed", folder, acknowledged, delay)

    with opened(tmp_path / "killed") as importing, opened(tmp_path / "undisturbed") as undisturbed:
        kept = importing.one("SELECT (SELECT count(*) FROM images) + (SELECT count(*) FROM skipped_files)")
        assert kept >= reported
        assert importing.embeddings.count() == importing.one("SELECT count(*) FROM images")

        report = importing.run(folder)
        expected = undisturbed.run(folder)

        assert report.skipped == expected.skipped
        assert report.added + report.unchanged == IMAGES
        assert everything(importing) == everything(undisturbed)
        vectors, wanted = importing.embeddings.get_all_embeddings(), undisturbed.embeddings.get_all_embeddings()
        assert set(vectors) == set(wanted)
        for image_id in vectors:
            np.testing.assert_array_equal(vectors[image_id], wanted[image_id])
            assert (
                importing.thumbnails.path(image_id).read_bytes() == undisturbed.thumbnails.path(image_id).read_bytes()
            )


def test_a_disk_that_fills_up_keeps_what_was_reported_and_the_next_import_goes_on(tmp_path: Path, folder: Path) -> None:
    command = [sys.executable, "-m", "tests.ingest.importing", str(tmp_path / "full"), str(folder), "450000"]
    failed = subprocess.run(command, capture_output=True, text=True, check=False)
    reported = max(map(int, failed.stdout.split()))

    assert "StorageFailed" in failed.stderr.splitlines()[-1]
    with opened(tmp_path / "full") as importing:
        kept = importing.one("SELECT count(*) FROM images")
        skipped = importing.one("SELECT count(*) FROM skipped_files")
        assert IMAGES > kept + skipped >= reported > 0
        assert importing.embeddings.count() == kept
        report = importing.run(folder)
        assert (report.unchanged, report.added) == (kept, IMAGES - kept)
