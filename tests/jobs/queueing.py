"""A catalogue of pictures that wait to be embedded, the queue over it, and real worker processes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from curate.embedding.descriptor import DescriptorEncoder
from curate.embedding.encoder import Encoder
from curate.embedding.service import ImageEmbeddingService
from curate.ingest.decode import DecodedFile, decode
from curate.jobs.embedding_queue.service import EmbeddingQueueService
from curate.jobs.worker import run_worker
from curate.settings import Settings
from curate.store.database import Database
from tests.builders import save_picture
from tests.store.catalogue import add_images

ROOT = Path(__file__).resolve().parents[2]


class Collection:
    """Pictures on disk and on record, without vectors, in a workspace of their own."""

    def __init__(self, folder: Path, encoder: Encoder | None = None) -> None:
        self.pictures = folder / "pictures"
        self.database = Database(folder / "curate.duckdb")
        self.encoder = encoder or DescriptorEncoder()
        self.embeddings = ImageEmbeddingService(self.database, self.encoder, folder / "embeddings")
        self.expected: dict[str, np.ndarray] = {}
        """Image id → (D,) float32, what embedding in this process gives."""

    def add(self, count: int, width: int = 96, height: int = 64) -> list[str]:
        """Add pictures, and return their ids."""
        first = len(self.expected)
        ids = [f"image-{number:06}" for number in range(first, first + count)]
        add_images(self.database, ids, folder=str(self.pictures))
        for seed, image_id in enumerate(ids, first):
            save_picture(self.path(image_id), seed, width, height)
            self.note(image_id)
        return ids

    def path(self, image_id: str) -> Path:
        return self.pictures / f"{image_id}.jpg"

    def note(self, image_id: str) -> None:
        """Put a picture's present content on record, as an import does."""
        path = self.path(image_id)
        decoded = decode(path, path.name, self.encoder.preparation)
        assert isinstance(decoded, DecodedFile)
        self.expected[image_id] = self.encoder.embed_images([decoded.prepared])[0]
        with self.database.write() as cursor:
            cursor.execute(
                "UPDATE images SET size_bytes = ?, content_hash = ? WHERE id = ?",
                [path.stat().st_size, decoded.content_hash, image_id],
            )

    def is_whole(self, without: tuple[str, ...] = ()) -> bool:
        """Whether every image but these has a vector."""
        return self.embeddings.count() == len(self.expected) - len(without)

    def check(self, without: tuple[str, ...] = ()) -> None:
        """Check that every image but these has exactly one vector, the right one, and that no other was kept."""
        found = self.embeddings.get_all_embeddings()
        wanted = {image_id: vector for image_id, vector in self.expected.items() if image_id not in without}
        assert set(found) == set(wanted)
        for image_id, vector in wanted.items():
            np.testing.assert_array_equal(found[image_id], vector)
        assert len(np.load(next(self.embeddings.folder.glob("*.npy")), mmap_mode="r")) == len(wanted)

    def queue(self, url: str = "", on_drained: Callable[[], None] = lambda: None) -> EmbeddingQueueService:
        return EmbeddingQueueService(self.database, self.embeddings, url, on_drained)

    def close(self) -> None:
        self.embeddings.close()
        self.database.close()


@contextmanager
def collection(folder: Path, encoder: Encoder | None = None) -> Iterator[Collection]:
    opened = Collection(folder, encoder)
    try:
        yield opened
    finally:
        opened.close()


@contextmanager
def running(queue: EmbeddingQueueService) -> Iterator[EmbeddingQueueService]:
    """Start a queue, and close it at the end."""
    queue.start()
    try:
        yield queue
    finally:
        queue.close()


class WorkerProcess:
    """`python -m curate worker` in a process of its own."""

    def __init__(self, url: str, log: Path, environ: Mapping[str, str], cwd: Path) -> None:
        self._log = log
        settings = {
            "CURATE_REDIS_URL": url,
            "CURATE_ENCODER": "descriptor",
            "CURATE_DECODE_WORKERS": "1",
            "PYTHONPATH": str(ROOT),
            **environ,
        }
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "curate", "worker"],
                cwd=cwd,
                env={**os.environ, **settings, "PYTHONPATH": str(ROOT), **environ},
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    def said(self) -> str:
        return self._log.read_text(errors="replace")

    def end(self) -> None:
        """Kill it, if it still runs."""
        self.process.kill()
        self.process.wait(10)


@contextmanager
def signals_as_before() -> Iterator[None]:
    """Take back the signal handlers that a worker sets."""
    handlers = [(number, signal.getsignal(number)) for number in (signal.SIGINT, signal.SIGTERM)]
    try:
        yield
    finally:
        for number, handler in handlers:
            signal.signal(number, handler)


def work_here(url: str) -> None:
    """Be a worker in this process, until it ends by itself."""
    with signals_as_before():
        run_worker(Settings(redis_url=url, decode_workers=1), DescriptorEncoder(), lambda line: None)


def until(condition: Callable[[], object], seconds: float = 60, every: float = 0.05) -> None:
    """Return once the condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(every)
