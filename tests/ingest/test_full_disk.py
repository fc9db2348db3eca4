"""A disk that fills up half-way: a real one, small and in memory."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from curate.errors import StorageFailed
from curate.models import JobState
from curate.settings import Settings
from curate.store.images import ImageStore
from curate.tagging.service import TaggingService
from curate.workspace import Workspace
from tests.builders import save_picture
from tests.ingest.importing import opened

DISK_KB = 6_000
IMAGES = 700


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with little room."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_KB}k", "tmpfs", str(place)]
    try:
        mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount command here")
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)  # a memory map may still hold it


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("many") / "photos"
    for seed in range(IMAGES):
        save_picture(folder / f"{seed:03}.jpg", seed, 64, 48)
    return folder


def fill(disk: Path, leave_kb: int) -> Path:
    """Take all but so much of the room."""
    ballast = disk / "ballast"
    free = int(
        subprocess.run(
            ["df", "-k", "--output=avail", str(disk)], capture_output=True, text=True, check=True
        ).stdout.split()[1]
    )
    ballast.write_bytes(bytes(max(free - leave_kb, 0) * 1024))
    return ballast


def test_an_import_that_fills_the_disk_keeps_what_it_reported_and_goes_on_with_more_room(
    disk: Path, folder: Path
) -> None:
    reported = [0]
    with opened(disk / "workspace") as importing:
        first = save_picture(folder.parent / "first" / "first.jpg", 9999)
        importing.run(first.parent)
        tagging = TaggingService(importing.database, ImageStore(importing.database))
        tagging.tag_images([importing.id_of(first)], "kept")
        ballast = fill(disk, leave_kb=1200)

        with pytest.raises(StorageFailed) as failure:
            importing.service.run(folder, lambda done, total, message: reported.append(done))

        sentence = str(failure.value)
        assert "\n" not in sentence
        assert sentence.endswith(".")
        assert "space" in sentence
        ballast.unlink()
        report = importing.run(folder)
        assert report.added + report.unchanged == IMAGES
        assert report.unchanged >= reported[-1]
        assert tagging.images_with("kept") == [importing.id_of(first)]
        assert importing.embeddings.count() == IMAGES + 1

    with opened(disk / "workspace") as importing:
        assert importing.run(folder).unchanged == IMAGES


def test_a_process_that_ends_on_a_full_disk_has_lost_nothing_that_was_reported(disk: Path, folder: Path) -> None:
    reported = [0]
    with opened(disk / "workspace") as importing:
        ballast = fill(disk, leave_kb=1200)
        with pytest.raises(StorageFailed):
            importing.service.run(folder, lambda done, total, message: reported.append(done))
        kept = importing.one("SELECT count(*) FROM images")
        assert kept >= reported[-1]
    ballast.unlink()

    with opened(disk / "workspace") as importing:
        report = importing.run(folder)
        assert (report.unchanged, report.added) == (kept, IMAGES - kept)


def test_a_job_on_a_full_disk_fails_with_a_sentence_and_the_next_one_succeeds(disk: Path, folder: Path) -> None:
    settings = Settings(workspace=disk / "workspace", encoder="descriptor", decode_workers=2)
    with Workspace(settings.workspace, settings) as workspace:
        ballast = fill(disk, leave_kb=1200)
        job = workspace.jobs.wait(workspace.start_import(folder, then_map=False).id, 120)
        assert job.state is JobState.FAILED
        assert "space" in job.message
        assert "unexpected" not in job.message

        ballast.unlink()
        again = workspace.jobs.wait(workspace.start_import(folder, then_map=False).id, 120)
        assert again.state is JobState.DONE, again.message
        assert workspace.images.count() == IMAGES
