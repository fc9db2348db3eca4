"""The vectors of one encoder: the file that holds them, whose they are, and how more of them are made."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import partial

import duckdb
import numpy as np
import pyarrow as pa

from curate.embedding.batches import EmbeddingBatches
from curate.embedding.encoder import Encoder
from curate.embedding.matrix import EmbeddingMatrix
from curate.embedding.view import EmbeddingView
from curate.errors import EmbeddingMissing, ImageNotFound, JobCancelled, UnreadableImage
from curate.ingest.decoder_pool import DecoderPool
from curate.ingest.reading import in_parallel
from curate.ingest.sources import files_of
from curate.store import encoders as stored
from curate.store.database import Database, id_table

Progress = Callable[[int, int, str], None]


class EmbeddingSpace:
    """One encoder's embeddings. Vectors are on disk before their row numbers are committed.

    A job holds on to the space that it started with, whichever encoder is active by then.
    """

    def __init__(
        self,
        database: Database,
        encoder: Encoder,
        matrix: EmbeddingMatrix,
        decoders: Callable[[], DecoderPool] = DecoderPool,
    ) -> None:
        """Join an encoder with its file, which is the space's from now on."""
        self.encoder = encoder
        self._database = database
        self._decoders = decoders
        self._matrix = matrix
        self._view_lock = threading.Lock()
        self._view: EmbeddingView | None = None
        self._view_version = -1
        self._view_state: tuple[int, ...] = ()
        self._replaced = False

    @property
    def name(self) -> str:
        return self.encoder.name

    @property
    def dimension(self) -> int:
        """D, the length of every vector."""
        return self.encoder.dimension

    def update_embeddings(
        self,
        image_ids: Sequence[str],
        progress: Progress = lambda done, total, message: None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        """Embed these images, again where they were embedded before; each batch is kept once it is done.

        Raises:
            ImageNotFound: one of the ids is unknown; nothing was done.
            EmbeddingNotSupported: these vectors came from a file.
            UnreadableImage: some files could not be decoded; all others are embedded.
            JobCancelled: `cancelled` said so; what was done is kept.
        """
        paths = self._paths(image_ids)
        contents = self._contents(self._database.read(), list(paths))
        reasons: list[str] = []
        waiting: list[str] = []
        with self._decoders() as decoders, closing(self._batches()) as batches:
            outcomes = in_parallel(partial(self._prepared_or_reason, decoders), paths.items())
            with closing(outcomes):
                for done, ((image_id, path), outcome) in enumerate(outcomes, start=1):
                    if isinstance(outcome, UnreadableImage):
                        reasons.append(f"{path}: {outcome}")
                    else:
                        waiting.append(image_id)
                        batches.add(outcome)
                    stop = cancelled()
                    self._keep(waiting, batches.take(everything=stop), contents)
                    progress(done - len(waiting), len(paths), "Embedding images")
                    if stop:
                        raise JobCancelled
            self._keep(waiting, batches.take(everything=True), contents)
        progress(len(paths), len(paths), "Embedding images")
        if reasons:
            rest = f" The same goes for {len(reasons) - 1:,} more." if len(reasons) > 1 else ""
            raise UnreadableImage(f"{reasons[0]}{rest} All other images are embedded.")

    def get_embedding(self, image_id: str) -> np.ndarray:
        """Return one image's vector: (D,) float32, unit length, read-only.

        Raises:
            ImageNotFound: no image has this id.
            EmbeddingMissing: the image has no vector here.
        """
        query = "SELECT row_number FROM images LEFT JOIN embeddings ON image_id = id AND encoder = ? WHERE id = ?"
        found = self._database.read().execute(query, [self.name, image_id]).fetchall()
        if not found:
            raise ImageNotFound(image_id)
        if self._replaced:  # then the row is one of another file
            return self._last_vector(image_id)
        row = found[0][0]
        if row is None:
            raise EmbeddingMissing(image_id, None if self.encoder.embeds else self.encoder.label)
        vector: np.ndarray = self._matrix.array[row]
        return vector

    def get_all_embeddings(self) -> EmbeddingView:
        """Return the embeddings of all images that are not missing; the same object until one of them changes."""
        with self._view_lock:
            version = self._database.version
            if self._view is None or (self._view_version != version and not self._replaced):
                self._renew_view()
                self._view_version = version
            assert self._view is not None, "it was just made"
            return self._view

    def count(self) -> int:
        """Return how many images that are not missing are embedded."""
        return len(self.get_all_embeddings())

    def unembedded(self) -> list[str]:
        """Return the ids of the images, not missing, that have no vector here, in the order of import."""
        query = (
            "SELECT id FROM images WHERE missing_since IS NULL"
            " AND id NOT IN (SELECT image_id FROM embeddings WHERE encoder = ?) ORDER BY number"
        )
        return [row[0] for row in self._database.read().execute(query, [self.name]).fetchall()]

    def embed_prepared(self, prepared: Sequence[np.ndarray]) -> np.ndarray:
        """Return (B, D) float32, unit length, for B results of the encoder's preparation. Keeps nothing."""
        return self.encoder.embed_images(prepared)

    def append_vectors(self, vectors: np.ndarray) -> range:
        """Put (B, D) vectors on disk and return their rows, which are nobody's until `record` is committed.

        Raises:
            StorageFailed: the disk is full; nothing was kept.
        """
        first = self._matrix.append(vectors)
        return range(first, first + len(vectors))

    def record(self, cursor: duckdb.DuckDBPyConnection, image_ids: Sequence[str], rows: Sequence[int]) -> None:
        """Say, inside the caller's transaction, whose vectors these rows are; an image has one row, its latest."""
        latest = dict(zip(image_ids, rows, strict=True))
        if latest:
            ids, numbers = pa.array(latest, pa.string()), pa.array(latest.values(), pa.int64())
            stored.write_rows(cursor, self.name, ids, numbers)

    def forget(self, cursor: duckdb.DuckDBPyConnection, image_ids: Sequence[str]) -> None:
        """Drop, inside the caller's transaction, every encoder's vector of these images: their content is another."""
        if image_ids:
            stored.forget_rows(cursor, list(image_ids))

    @contextmanager
    def replaced(self) -> Iterator[None]:
        """Have another file put in this one's place, rows and all, inside the block.

        Whoever holds on to this space, such as a search, goes on with the vectors of before. If the block raises,
        nothing was replaced.
        """
        self.get_all_embeddings()
        self._replaced = True
        try:
            yield
        except BaseException:
            self._replaced = False
            raise

    def close(self) -> None:
        """Let go of the file; views handed out before stay valid."""
        self._matrix.close()

    def _last_vector(self, image_id: str) -> np.ndarray:
        view = self.get_all_embeddings()
        if image_id not in view:
            raise EmbeddingMissing(image_id, self.encoder.label)
        return view[image_id]

    def _paths(self, image_ids: Sequence[str]) -> dict[str, str]:
        """Return id → path, in the order asked for and each once."""
        cursor = self._database.read()
        cursor.register("wanted", id_table(list(image_ids)))
        try:
            found = dict(cursor.execute("SELECT id, path FROM images JOIN wanted ON image_id = id").fetchall())
        finally:
            cursor.unregister("wanted")
        for image_id in image_ids:
            if image_id not in found:
                raise ImageNotFound(image_id)
        return {image_id: found[image_id] for image_id in image_ids}

    @staticmethod
    def _contents(cursor: duckdb.DuckDBPyConnection, image_ids: list[str]) -> dict[str, str]:
        """Return id → content hash."""
        query = "SELECT id, content_hash FROM images WHERE id IN (SELECT unnest(?::VARCHAR[]))"
        return dict(cursor.execute(query, [image_ids]).fetchall())

    def _batches(self) -> EmbeddingBatches:
        return EmbeddingBatches(self.embed_prepared, self.encoder.batch_size)

    def _prepared_or_reason(self, decoders: DecoderPool, image: tuple[str, str]) -> np.ndarray | UnreadableImage:
        """Return the model input of an image, given as id and path."""
        _, path = image
        try:
            return decoders.model_input(files_of(path).content(path), path, self.encoder.preparation)
        except UnreadableImage as reason:
            return reason

    def _keep(self, waiting: list[str], vectors: Sequence[np.ndarray], contents: Mapping[str, str]) -> None:
        """Put vectors on disk: those of the images that have waited longest, which then don't any more.

        An image whose content an import has replaced meanwhile has, or gets, a vector of that.
        """
        if vectors:
            ids = waiting[: len(vectors)]
            del waiting[: len(vectors)]
            rows = self.append_vectors(np.stack(vectors))
            with self._database.write() as cursor:
                now = self._contents(cursor, ids)
                same = [place for place, image_id in enumerate(ids) if now[image_id] == contents[image_id]]
                self.record(cursor, [ids[place] for place in same], [rows[place] for place in same])

    def _renew_view(self) -> None:
        """Make the view anew if it would differ: most commits, such as a tag's, leave embeddings as they are."""
        cursor = self._database.read()
        state = stored.read_state(cursor, self.name)
        if self._view is None or self._view_state != state:
            ids, rows = stored.read_rows(cursor, self.name)
            self._view = EmbeddingView(ids, rows, self._matrix.array)
            self._view_state = state
