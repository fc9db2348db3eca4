"""What a worker does with a chunk: get the files, decode them, embed them."""

import os
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path, PurePath

import numpy as np

from curate.embedding.encoder import Encoder
from curate.errors import UnreadableImage, WorkerUnfit
from curate.ingest.decode import DecodedFile
from curate.ingest.decoder_pool import DecoderPool
from curate.ingest.reading import in_parallel
from curate.ingest.sources import files_of, is_address
from curate.jobs.embedding_queue.app_files import AppAway, AppBusy, AppFiles
from curate.jobs.embedding_queue.chunks import Chunk, ChunkResult, QueuedImage
from curate.settings import Settings

ASK_AGAIN_AFTER = 1.0
MOST_ERRORS = 20
"""Answers with an error, a second apart, after which an image counts as unreadable."""
CHANGED = "its file has changed since it was imported; import its folder again"


class ChunkEmbedder:
    """Embeds chunks with one encoder, on this machine."""

    def __init__(self, encoder: Encoder, settings: Settings, say: Callable[[str], None]) -> None:
        """`say` gets a line where there is something to wait for.

        Raises:
            InvalidParameter: the app's address can't be understood.
        """
        self.encoder = encoder
        self.stopping = False
        """Set by whoever wants no chunk waited for any longer."""
        self._say = say
        self._workers = settings.decode_workers
        self._pool = DecoderPool(settings.max_megapixels, settings.decode_seconds)
        self._app = AppFiles(settings.app_url, settings.api_token) if settings.app_url else None
        self._waits = False

    def embed(self, chunk: Chunk) -> ChunkResult:
        """Return vectors for the images that can be read, reasons for the others.

        Raises:
            WorkerUnfit: this worker can't do it, another one may.
        """
        if chunk.encoder != self.encoder.name:
            raise WorkerUnfit(
                f"A chunk wants the encoder {chunk.encoder}, but this worker has {self.encoder.name}. "
                f"Start it with CURATE_ENCODER set to the app's."
            )
        ids: list[str] = []
        prepared: list[np.ndarray] = []
        reasons: dict[str, str] = {}
        for image, outcome in in_parallel(self._outcome, chunk.images, self._workers):
            if isinstance(outcome, UnreadableImage):
                reasons[image.id] = str(outcome)
            else:
                ids.append(image.id)
                prepared.append(outcome)
        vectors = self.encoder.embed_images(prepared) if prepared else np.empty((0, self.encoder.dimension), np.float32)
        return ChunkResult(ids, vectors, reasons)

    def close(self) -> None:
        """End the decoders."""
        self._pool.close()

    def _outcome(self, image: QueuedImage) -> np.ndarray | UnreadableImage:
        try:
            return self._prepared(image)
        except UnreadableImage as reason:
            return reason

    def _prepared(self, image: QueuedImage) -> np.ndarray:
        """Return an image's model input, from the very content that the app knows."""
        if self._app is None:
            return self._prepared_from(_seen(image), image)
        if _looks_the_same(image):
            with suppress(UnreadableImage):
                return self._prepared_from(Path(image.path), image)
        return self._prepared_from(self._fetched(self._app, image), image)

    def _prepared_from(self, source: Path | bytes, image: QueuedImage) -> np.ndarray:
        decoded = self._pool.decode(source, PurePath(image.path).name, self.encoder.preparation)
        assert isinstance(decoded, DecodedFile), "no content was said to be known"
        if decoded.content_hash != image.content_hash:
            raise UnreadableImage(CHANGED)
        return decoded.prepared

    def _fetched(self, app: AppFiles, image: QueuedImage) -> bytes:
        errors = 0
        while True:
            try:
                content = app.content(image.id, image.size_bytes)
            except AppAway as away:
                errors += isinstance(away, AppBusy)
                if errors == MOST_ERRORS:
                    raise UnreadableImage("the app answers with an error when it is asked for the file") from away
                self._wait(away)
            else:
                self._waits = False
                return content

    def _wait(self, away: AppAway) -> None:
        """Wait for the app to come back, unless this worker is to stop: then the chunk is given back."""
        if self.stopping:
            raise WorkerUnfit(str(away))
        if not self._waits:
            self._waits = True
            self._say(f"{away} Waiting for it.")
        time.sleep(ASK_AGAIN_AFTER)


def _seen(image: QueuedImage) -> Path | bytes:
    """Return an image's path on this machine, or its bytes where it is at an address.

    Raises:
        WorkerUnfit: not even its folder is here.
        UnreadableImage: it can't be read from its address.
    """
    if is_address(image.path):
        return files_of(image.path).content(image.path)
    path = Path(image.path)
    if not path.parent.is_dir():
        raise WorkerUnfit(
            f"This worker can't see the folder {path.parent}, and nothing says where to fetch its images. "
            "Set CURATE_APP_URL to the app's address."
        )
    return path


def _looks_the_same(image: QueuedImage) -> bool:
    """Whether there is a file of the right size at the path: its content is compared once it is read."""
    try:
        status = os.stat(image.path)
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(status.st_mode) and status.st_size == image.size_bytes
