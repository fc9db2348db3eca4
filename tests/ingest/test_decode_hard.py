"""Inputs that would hang a reader, crash it, or tell it half of two stories."""

import errno
import os
import socket
import threading
import time
from pathlib import Path

import pytest
from PIL import Image

from curate.embedding.descriptor import DescriptorPreparation
from curate.errors import UnreadableImage
from curate.ingest.decode import DecodedFile, TryAgainLater, decode
from curate.ingest.decoder_pool import DecoderPool
from curate.ingest.opening import HELD_IN_MEMORY, opened
from tests.builders import picture, png_bytes, save_picture
from tests.ingest.importing import opened as opened_workspace

PREPARATION = DescriptorPreparation()


def decoded(path: Path) -> DecodedFile:
    file = decode(path, path.name, PREPARATION)
    assert isinstance(file, DecodedFile)
    return file


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A file that is too large to be held in memory."""
    path = tmp_path / "large.ppm"
    path.write_bytes(b"P6 6000 4000 255\n" + bytes(6000 * 4000 * 3))
    assert path.stat().st_size > HELD_IN_MEMORY
    return path


def append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"\0" * 64)


def test_a_large_file_that_changes_while_it_is_decoded_is_tried_again_later(large: Path) -> None:
    with pytest.raises(TryAgainLater, match=r"^it changed while it was read$"), opened(large):
        append(large)


def test_a_change_is_a_better_reason_than_the_damage_that_it_looks_like(large: Path) -> None:
    def cut_off() -> None:
        append(large)
        raise UnreadableImage("the file is cut off")

    with pytest.raises(TryAgainLater, match=r"^it changed while it was read$"), opened(large):
        cut_off()


def test_a_large_file_whose_disk_fails_is_tried_again_later(large: Path) -> None:
    with pytest.raises(TryAgainLater, match=r"could not be read from the disk \(no answer\)"), opened(large):
        raise OSError(errno.EIO, "no answer")


def test_a_file_that_nobody_touches_has_not_changed(large: Path) -> None:
    assert decoded(large).width == 6000
    with pytest.raises(UnreadableImage, match="damaged"), opened(large):
        raise UnreadableImage("the file is damaged")


def test_a_file_that_is_being_written_is_tried_again_later_and_goes_in_once_it_is_whole(tmp_path: Path) -> None:
    path = save_picture(tmp_path / "growing.jpg", 1, 640, 480)
    with path.open("ab") as file:
        file.write(bytes(50_000_000))
    stop = threading.Event()

    def keep_writing() -> None:
        while not stop.is_set():
            append(path)

    reasons = []
    writer = threading.Thread(target=keep_writing)
    writer.start()
    deadline = time.monotonic() + 20
    while not reasons and time.monotonic() < deadline:
        try:
            decoded(path)
        except TryAgainLater as reason:
            reasons.append(str(reason))
    stop.set()
    writer.join()

    assert reasons == ["it changed while it was read"]
    assert decoded(path).width == 640


def test_what_is_no_file_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "folder.jpg").mkdir()
    for name in ("pipe.jpg", "folder.jpg"):
        with pytest.raises(TryAgainLater, match="not a file"):
            decoded(tmp_path / name)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.fspath(tmp_path / "socket.jpg"))
        with pytest.raises(TryAgainLater, match="could not be read from the disk"):
            decoded(tmp_path / "socket.jpg")


def test_bombs_strips_and_empty_files_are_listed_and_the_rest_goes_in(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    save_picture(folder / "fine.png")
    (folder / "bomb.png").write_bytes(png_bytes(20_000, 10_001, 8, 2, b""))
    (folder / "strip.png").write_bytes(png_bytes(100_000, 1, 8, 2, bytes(300_000)))
    (folder / "empty.jpg").write_bytes(b"")
    os.mkfifo(folder / "pipe.jpg")
    with opened_workspace(tmp_path / "workspace") as importing:
        report = importing.run(folder)

    assert report.added == 1
    assert {Path(file.path).name: file.reason for file in report.skipped} == {
        "bomb.png": "it has 200.02 megapixels, more than the 200 allowed (CURATE_MAX_MEGAPIXELS)",
        "empty.jpg": "the file is empty",
        "pipe.jpg": "it is a device, a pipe or a socket, not a file",
        "strip.png": "it is 100,000 pixels long, more than the 65,535 allowed",
    }


@pytest.mark.parametrize("mode", ["1", "P"])
def test_an_image_just_below_the_limit_fits_into_what_a_process_may_take(tmp_path: Path, mode: str) -> None:
    Image.new(mode, (14_000, 14_000)).save(tmp_path / "huge.png")
    with DecoderPool() as pool:
        file = pool.decode(tmp_path / "huge.png", "huge.png", PREPARATION)

    assert isinstance(file, DecodedFile)
    assert (file.width, file.height) == (14_000, 14_000)


@pytest.mark.parametrize("name", ["photo.avif", "photo.heic", "photo.webp", "photo.gif", "photo.tif", "photo.bmp"])
def test_every_format_is_read_in_a_process_too(tmp_path: Path, name: str) -> None:
    import pillow_heif

    pillow_heif.register_heif_opener()
    picture(2, 400, 300).save(tmp_path / name)
    with DecoderPool() as pool:
        file = pool.decode(tmp_path / name, name, PREPARATION)

    assert isinstance(file, DecodedFile)
    assert (file.width, file.height) == (400, 300)
