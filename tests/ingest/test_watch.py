"""Watched sources, with real files, real events and real imports."""

import logging
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import fsspec
import pytest
from watchdog.events import DirCreatedEvent, FileCreatedEvent, FileModifiedEvent, FileMovedEvent, FileSystemEvent

from curate.ingest import watch
from curate.ingest.mounts import tells_of_changes
from curate.models import JobState
from curate.settings import Settings
from curate.workspace import Workspace
from tests.builders import save_picture

PATIENCE = 30.0


def until(holds: Callable[[], object]) -> None:
    """Wait until something holds, and fail when it doesn't after a long while."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for seed in range(3):
        save_picture(tmp_path / "photos" / f"{seed}.png", seed)
    return tmp_path / "photos"


def opened(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace", Settings(workspace=tmp_path / "workspace", encoder="descriptor"))


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with opened(tmp_path) as workspace:
        yield workspace


def watch_it(workspace: Workspace, source: Path | str) -> None:
    """Import a source, make its map, watch it, and wait until its changes are noticed."""
    workspace.importing.run(source)
    workspace.clustering.run({"algorithm": "kmeans", "reducer": "pca", "n_clusters": 2})
    workspace.watching.watch(str(source))
    until(lambda: workspace.watching.is_ready(str(source)))
    until(lambda: settled(workspace))


def settled(workspace: Workspace) -> bool:
    return bool(workspace.jobs.recent()) and not workspace.jobs.active()


def names(workspace: Workspace) -> set[str]:
    return {image.name for image in workspace.images.get_many(workspace.images.find())}


def id_of(workspace: Workspace, path: Path) -> str:
    return workspace.images.id_for_path(str(path))


def test_what_happens_in_a_watched_folder_is_imported_within_seconds(workspace: Workspace, folder: Path) -> None:
    watch_it(workspace, folder)
    save_picture(folder / "new" / "deep" / "added.png", 7)
    until(lambda: "added.png" in names(workspace))
    added = id_of(workspace, folder / "new" / "deep" / "added.png")
    until(lambda: workspace.images.get(added).cluster_id is not None)
    assert workspace.embeddings.get_embedding(added).any()

    before = workspace.images.get(added).content_hash
    save_picture(folder / "new" / "deep" / "added.png", 8)
    until(lambda: workspace.images.get(added).content_hash != before)

    (folder / "new").rename(folder / "old")
    until(lambda: workspace.images.get(added).path == str(folder / "old" / "deep" / "added.png"))

    (folder / "0.png").unlink()
    until(lambda: names(workspace) == {"1.png", "2.png", "added.png"})
    (folder / "1.txt").write_text("a caption")
    until(lambda: workspace.images.get(id_of(workspace, folder / "1.png")).caption == "a caption")


@pytest.mark.parametrize(
    ("event", "is_told"),
    [
        (FileCreatedEvent("/photos/a.png"), True),
        (FileMovedEvent("/photos/a.csv", "/photos/a.png"), True),
        (DirCreatedEvent("/photos/v1.log"), True),
        (FileModifiedEvent("/photos/training.log"), False),
        (FileCreatedEvent("/photos/.trash/a.png"), False),
        (FileCreatedEvent("/photos/workspace/thumbnails/a.jpg"), False),
    ],
)
def test_what_no_import_asks_for_starts_none(event: FileSystemEvent, is_told: bool) -> None:
    watched = watch._Watched("/photos")

    watch._Changes(watched, ["/photos/workspace"]).on_any_event(event)

    assert (watched.since is not None) is is_told


def test_a_file_that_is_written_slowly_goes_in_once_it_is_whole(workspace: Workspace, folder: Path) -> None:
    watch_it(workspace, folder)
    content = save_picture(folder.parent / "whole.png", 9, 400, 300).read_bytes()
    with (folder / "slow.png").open("wb") as file:
        for part in (content[:1000], content[1000:2000]):
            file.write(part)
            file.flush()
            until(lambda: [skipped.path for skipped in workspace.images.skipped()] == [str(folder / "slow.png")])
        file.write(content[2000:])

    until(lambda: "slow.png" in names(workspace))
    assert workspace.images.skipped() == []


def test_a_folder_that_is_watched_no_longer_is_left_alone(workspace: Workspace, folder: Path) -> None:
    watch_it(workspace, folder)
    workspace.watching.unwatch(str(folder))
    jobs = len(workspace.jobs.recent())
    save_picture(folder / "added.png", 7)
    time.sleep(3 * watch.QUIET_SECONDS)

    assert len(workspace.jobs.recent()) == jobs
    assert workspace.watching.sources() == {str(folder): False}


def test_watching_goes_on_after_a_restart_with_what_happened_meanwhile(tmp_path: Path, folder: Path) -> None:
    with opened(tmp_path) as workspace:
        watch_it(workspace, folder)
    save_picture(folder / "meanwhile.png", 7)

    with opened(tmp_path) as workspace:
        workspace.start()
        until(lambda: "meanwhile.png" in names(workspace))
        save_picture(folder / "later.png", 8)
        until(lambda: "later.png" in names(workspace))


def test_a_folder_that_goes_and_comes_back_is_watched_again(
    workspace: Workspace, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "LOOK_EVERY", 0.2)
    watch_it(workspace, folder)
    folder.rename(folder.parent / "away")
    time.sleep(2 * watch.QUIET_SECONDS)
    shutil.copytree(folder.parent / "away", folder)
    save_picture(folder / "added.png", 7)

    until(lambda: "added.png" in names(workspace))


def test_a_folder_that_was_away_at_the_start_is_caught_up_with_once_it_comes(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(watch, "LOOK_EVERY", 0.2)
    caplog.set_level(logging.INFO, "curate")
    with opened(tmp_path) as workspace:
        watch_it(workspace, folder)
    away = folder.rename(tmp_path / "away")
    save_picture(away / "meanwhile.png", 7)

    with opened(tmp_path) as workspace:
        workspace.start()
        until(lambda: "can't be imported now" in caplog.text)
        away.rename(folder)
        until(lambda: "meanwhile.png" in names(workspace))


def test_an_address_is_looked_at_now_and_then(
    workspace: Workspace, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "LOOK_AT_ADDRESS_EVERY", 0.2)
    bucket = f"memory://{tmp_path.name}"
    files = fsspec.filesystem("memory")
    files.put(str(folder), bucket, recursive=True)
    watch_it(workspace, bucket)

    files.put_file(str(folder / "0.png"), f"{bucket}/b.png")
    until(lambda: names(workspace) == {"0.png", "1.png", "2.png", "b.png"})
    files.rm(bucket, recursive=True)
    until(lambda: names(workspace) == set())


def test_a_workspace_inside_a_watched_folder_does_not_keep_it_busy(folder: Path) -> None:
    with opened(folder) as workspace:
        watch_it(workspace, folder)
        save_picture(folder / "added.png", 7)
        until(lambda: "added.png" in names(workspace))
        until(lambda: settled(workspace))
        jobs = len(workspace.jobs.recent())
        time.sleep(4 * watch.QUIET_SECONDS)

        assert len(workspace.jobs.recent()) == jobs
        assert {job.state for job in workspace.jobs.recent()} == {JobState.DONE}


def test_beginning_with_many_files_keeps_nobody_waiting(workspace: Workspace, tmp_path: Path) -> None:
    many = tmp_path / "many"
    for number in range(20):
        (many / f"{number}").mkdir(parents=True)
        for file in range(500):
            (many / f"{number}" / f"{file}.jpg").touch()

    workspace.watching.follow(str(many))

    assert not workspace.watching.is_ready(str(many))
    until(lambda: workspace.watching.is_ready(str(many)))


@pytest.mark.parametrize(
    ("folder", "told"),
    [("/home/me", True), ("/mnt/my nas/photos", False), ("/mnt/my nas", False), ("/mnt/my nas 2", True), ("/s", False)],
)
def test_network_drives_are_looked_at_instead(tmp_path: Path, folder: str, told: bool) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "overlay / overlay rw 0 0\n//nas/photos /mnt/my\\040nas cifs rw 0 0\nhost:/s /s fuse.sshfs rw 0 0\n"
    )

    assert tells_of_changes(folder, mounts) is told
