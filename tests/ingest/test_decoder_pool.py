"""Decoding in processes of its own: what a file does to one of them stays there."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from curate.embedding.descriptor import DescriptorPreparation
from curate.errors import DecoderUnavailable, UnreadableImage
from curate.ingest.decode import DecodedFile, KnownContent, TryAgainLater, decode
from curate.ingest.decoder_pool import DecoderPool
from tests.builders import png_bytes, save_picture
from tests.ingest.importing import opened

PREPARATION = DescriptorPreparation()
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes under /proc")


@pytest.fixture
def pool() -> Iterator[DecoderPool]:
    with DecoderPool() as pool:
        yield pool


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return save_picture(tmp_path / "photo.jpg", 3, 640, 480)


@pytest.fixture
def slow(tmp_path: Path) -> Path:
    """A small file with so many pixels that decoding them takes seconds."""
    path = tmp_path / "slow.png"
    Image.new("P", (14_000, 14_000)).save(path)
    return path


def result(pool: DecoderPool, path: Path) -> DecodedFile:
    file = pool.decode(path, path.name, PREPARATION)
    assert isinstance(file, DecodedFile)
    return file


def children(parent: int) -> list[int]:
    """The processes that a process has started and that still run."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, fields = stat.read_text().rpartition(")")
        except OSError:
            continue  # it has ended meanwhile
        state, parent_id = fields.split()[:2]
        if int(parent_id) == parent and state != "Z":
            found.append(int(name.split()[0]))
    return found


def decoders(parent: int) -> list[int]:
    return [pid for pid in children(parent) if b"curate.ingest.decoder" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def test_a_process_gives_what_decoding_here_gives(pool: DecoderPool, photo: Path) -> None:
    here = decode(photo, photo.name, PREPARATION)
    assert isinstance(here, DecodedFile)

    for source in (photo, photo.read_bytes()):
        there = pool.decode(source, photo.name, PREPARATION)
        np.testing.assert_array_equal(pool.model_input(source, photo.name, PREPARATION), here.prepared)

        assert isinstance(there, DecodedFile)
        np.testing.assert_array_equal(there.prepared, here.prepared)
        assert there.thumbnail == here.thumbnail
        assert (there.content_hash, there.quality, there.width) == (here.content_hash, here.quality, here.width)


def test_a_file_that_cannot_be_read_has_the_same_reason_as_here(pool: DecoderPool, tmp_path: Path) -> None:
    (tmp_path / "half.jpg").write_bytes(save_picture(tmp_path / "whole.jpg").read_bytes()[:300])

    with pytest.raises(UnreadableImage, match=r"^the file is cut off$"):
        result(pool, tmp_path / "half.jpg")
    with pytest.raises(TryAgainLater, match="disappeared"):
        result(pool, tmp_path / "gone.jpg")


def test_known_contents_are_asked_for_not_sent(pool: DecoderPool, photo: Path) -> None:
    class Remembered(set[str]):
        """A set that cannot leave this process."""

        def __reduce__(self) -> str:
            raise AssertionError("it was sent")

    content_hash = result(pool, photo).content_hash

    assert pool.decode(photo, photo.name, PREPARATION, Remembered([content_hash])) == KnownContent(content_hash)
    assert isinstance(pool.decode(photo, photo.name, PREPARATION, Remembered(["other"])), DecodedFile)


def test_a_file_that_takes_too_long_is_given_up_and_the_next_one_goes_on(slow: Path, photo: Path) -> None:
    with DecoderPool(seconds=0.3) as pool:
        started = time.monotonic()
        with pytest.raises(TryAgainLater, match=r"^it took longer than 0.3 seconds to decode"):
            result(pool, slow)
        waited = time.monotonic() - started

        assert result(pool, photo).width == 640
    assert waited < 5


@LINUX
def test_a_killed_process_costs_its_file_only(pool: DecoderPool, slow: Path, photo: Path) -> None:
    result(pool, photo)
    (decoder,) = decoders(os.getpid())
    threading.Timer(0.2, os.kill, (decoder, signal.SIGKILL)).start()

    with pytest.raises(TryAgainLater, match="the system ended the process that decoded it"):
        result(pool, slow)

    assert result(pool, photo).width == 640


@LINUX
def test_a_process_that_died_between_two_files_is_replaced_unnoticed(pool: DecoderPool, photo: Path) -> None:
    result(pool, photo)
    (decoder,) = decoders(os.getpid())
    os.kill(decoder, signal.SIGSEGV)

    assert result(pool, photo).width == 640
    assert decoders(os.getpid()) != [decoder]


class Crashing:
    """A preparation that does what a defect in a decoder does."""

    input_side = 64

    def prepare(self, image: Image.Image) -> np.ndarray:
        os.kill(os.getpid(), signal.SIGSEGV)
        raise AssertionError


class Failing:
    input_side = 64

    def prepare(self, image: Image.Image) -> np.ndarray:
        raise ZeroDivisionError("no such luck")


def test_a_crash_is_the_files_reason(pool: DecoderPool, photo: Path) -> None:
    with pytest.raises(UnreadableImage, match="crashed") as raised:
        pool.decode(photo, photo.name, Crashing())

    assert not isinstance(raised.value, TryAgainLater)
    assert result(pool, photo).width == 640


def test_our_own_mistakes_are_not_the_files_reason(pool: DecoderPool, photo: Path) -> None:
    with pytest.raises(ZeroDivisionError, match="no such luck") as raised:
        pool.decode(photo, photo.name, Failing())

    assert "in prepare" in raised.value.__notes__[0]


@LINUX
def test_memory_beyond_reason_is_refused(photo: Path, pool: DecoderPool) -> None:
    with DecoderPool(max_megapixels=1) as small, pytest.raises(MemoryError):
        small.decode(photo, photo.name, Greedy())
    assert pool.decode(photo, photo.name, Greedy()).prepared.size == 1


class Greedy:
    input_side = 64

    def prepare(self, image: Image.Image) -> np.ndarray:
        return np.empty(3 * 2**30, np.uint8)[:1].copy()


@LINUX
def test_closing_a_pool_leaves_no_process(photo: Path) -> None:
    with DecoderPool() as pool:
        threads = [threading.Thread(target=result, args=(pool, photo)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        running = len(decoders(os.getpid()))

    assert 1 <= running <= 3
    assert decoders(os.getpid()) == []


@LINUX
def test_decoders_end_when_the_app_is_killed(slow: Path, photo: Path) -> None:
    script = """
import sys, threading
from pathlib import Path
from curate.ingest.decoder_pool import DecoderPool
from tests.ingest.test_decoder_pool import PREPARATION
pool = DecoderPool(seconds=4)
photo, slow = map(Path, sys.argv[1:])
for path in (slow, slow):
    threading.Thread(target=pool.decode, args=(path, path.name, PREPARATION)).start()
pool.decode(photo, photo.name, PREPARATION)
print("decoding", flush=True)
"""
    with subprocess.Popen([sys.executable, "-c", script, photo, slow], stdout=subprocess.PIPE, text=True) as app:
        assert app.stdout is not None
        app.stdout.readline()
        running = decoders(app.pid)
        app.kill()
    deadline = time.monotonic() + 15
    while any(Path(f"/proc/{pid}").exists() for pid in running) and time.monotonic() < deadline:
        time.sleep(0.05)

    assert len(running) >= 2
    assert not [pid for pid in running if Path(f"/proc/{pid}").exists()]


def test_a_decoder_starts_with_few_modules() -> None:
    preparations = "curate.embedding.preprocessing, curate.embedding.descriptor"
    script = f"import sys, curate.ingest.decoder, {preparations}; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()

    assert not {"torch", "transformers", "duckdb", "streamlit", "pyarrow", "scipy", "pydantic"} & set(modules)


def test_a_process_that_cannot_start_is_said_not_blamed_on_the_file(
    photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")

    with pytest.raises(DecoderUnavailable, match="could not be started: No such file or directory"):
        DecoderPool().decode(photo, photo.name, PREPARATION)


def test_a_process_that_ends_at_once_is_said_not_blamed_on_the_file(
    photo: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "numpy.py").write_text("raise SystemExit(3)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    with pytest.raises(DecoderUnavailable, match="ended with status 3"):
        DecoderPool().decode(photo, photo.name, PREPARATION)


def test_two_big_images_wait_for_each_other_without_their_clocks_running(tmp_path: Path) -> None:
    big = tmp_path / "big.png"
    big.write_bytes(png_bytes(7_000, 7_000, 8, 0, bytes(7_000 * 7_000)))
    with DecoderPool(seconds=30) as pool:
        results: list[DecodedFile] = []
        threads = [threading.Thread(target=lambda: results.append(result(pool, big))) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert [file.width for file in results] == [7_000, 7_000]


def test_images_of_before_a_measure_was_known_are_measured_by_the_next_import(tmp_path: Path) -> None:
    save_picture(tmp_path / "photos" / "old.png", 1)
    save_picture(tmp_path / "photos" / "new.png", 2)
    with opened(tmp_path / "workspace") as importing:
        importing.run(tmp_path / "photos")
        before = importing.rows("SELECT path, information, black_bars FROM images ORDER BY path")
        with importing.database.write() as cursor:
            cursor.execute("UPDATE images SET information = NULL, black_bars = NULL WHERE name = 'old.png'")

        report = importing.run(tmp_path / "photos")

        assert (report.added, report.changed, report.unchanged) == (0, 0, 2)
        assert importing.rows("SELECT path, information, black_bars FROM images ORDER BY path") == before
        assert all(information > 0 for _, information, _ in before)


@LINUX
def test_an_import_leaves_no_process_and_lists_what_took_too_long(tmp_path: Path, slow: Path) -> None:
    save_picture(tmp_path / "fine.jpg")
    with opened(tmp_path / "workspace", decode_seconds=0.3) as importing:
        report = importing.run(tmp_path)

        assert report.added == 1
        assert [(file.path, file.reason.split(" (")[0]) for file in report.skipped] == [
            (str(slow), "it took longer than 0.3 seconds to decode")
        ]
        assert decoders(os.getpid()) == []
    with opened(tmp_path / "workspace") as importing:
        assert importing.run(tmp_path).added == 1
