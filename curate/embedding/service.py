"""The embeddings of a workspace: several encoders side by side, one of them active."""

import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path

import duckdb
import numpy as np

from curate.embedding.checkpoint import KNOWN
from curate.embedding.descriptor import DescriptorEncoder
from curate.embedding.encoder import Encoder
from curate.embedding.matrix import EmbeddingMatrix, dimension_of
from curate.embedding.space import EmbeddingSpace
from curate.embedding.vectors import VectorsOnly
from curate.embedding.view import EmbeddingView
from curate.errors import EncoderNotFound
from curate.ingest.decoder_pool import DecoderPool
from curate.store import encoders as stored
from curate.store.database import Database
from curate.store.encoders import MODEL, StoredEncoder
from curate.store.times import utc_now


class ImageEmbeddingService:
    """Makes, keeps and hands out embeddings; all but `space` is about the active encoder's.

    The vectors of an encoder are in `<folder>/<encoder>.npy`; the table `embeddings` says which row is whose. What
    takes several steps, such as an import, holds on to `active`: the person may switch in between.
    """

    def __init__(
        self,
        database: Database,
        encoder: Encoder,
        folder: Path,
        decoders: Callable[[], DecoderPool] = DecoderPool,
        checkpoint: str | None = None,
    ) -> None:
        """Open the encoder's file in `folder`, and make it the active one; `decoders` starts those that read images.

        Raises:
            StorageFailed: the file is damaged or can't be opened.
        """
        self.folder = folder
        self._database = database
        self._decoders = decoders
        self._lock = threading.RLock()
        self._spaces: dict[str, EmbeddingSpace] = {}
        self._register_older()
        self._active = self._opened(encoder)
        self.activate(encoder, checkpoint)

    @property
    def active(self) -> EmbeddingSpace:
        """The space that pages and searches use now."""
        return self._active

    @property
    def encoder(self) -> Encoder:
        """The active encoder."""
        return self._active.encoder

    @property
    def dimension(self) -> int:
        """D, the length of every vector."""
        return self._active.dimension

    def activate(self, encoder: Encoder, checkpoint: str | None = None) -> EmbeddingSpace:
        """Make an encoder the active one, on disk too; `checkpoint` is what loads it again.

        Raises:
            StorageFailed: its file is damaged or can't be opened.
        """
        with self._lock:
            space = self._opened(encoder)
            self._make_active(space, self._unregistered(encoder, checkpoint))
            return space

    def space(self, name: str) -> EmbeddingSpace:
        """Return the space of any encoder of this workspace; one whose model isn't loaded can't embed.

        Raises:
            EncoderNotFound: there is no such encoder.
            StorageFailed: its file is damaged or can't be opened.
        """
        with self._lock:
            if name not in self._spaces:
                row = stored.read_encoder(self._database.read(), name)
                if row is None:
                    raise EncoderNotFound(name)
                self._spaces[name] = self._open(VectorsOnly(row.name, row.label, row.dimension), row.file_name)
            return self._spaces[name]

    def is_loaded(self, name: str) -> bool:
        """Whether images can be embedded with this encoder right now."""
        space = self._spaces.get(name)
        return space is not None and space.encoder.embeds

    def attach(
        self, row: StoredEncoder, matrix: EmbeddingMatrix, write: Callable[[duckdb.DuckDBPyConnection], None]
    ) -> None:
        """Put a file of vectors into the workspace, new or in place of another of its name, in one transaction.

        `write` says inside it whose rows they are. The matrix is the service's once this returns.
        """
        with self._lock:
            before = self._spaces.get(row.name)
            with before.replaced() if before else nullcontext(), self._database.write() as cursor:
                stored.write_encoder(cursor, row)
                write(cursor)
            space = EmbeddingSpace(self._database, VectorsOnly(row.name, row.label, row.dimension), matrix)
            self._spaces[row.name] = space
            if before is not None:
                self._active = space if self._active is before else self._active
                before.close()

    def update_embeddings(self, image_ids: list[str]) -> None:
        """Embed these images; see `EmbeddingSpace.update_embeddings`."""
        self._active.update_embeddings(image_ids)

    def get_embedding(self, image_id: str) -> np.ndarray:
        """Return one image's vector: (D,) float32, unit length, read-only.

        Raises:
            ImageNotFound: no image has this id.
            EmbeddingMissing: the image has no vector under the active encoder.
        """
        return self._active.get_embedding(image_id)

    def get_all_embeddings(self) -> EmbeddingView:
        """Return the embeddings of all images that are not missing; the same object until one of them changes."""
        return self._active.get_all_embeddings()

    def count(self) -> int:
        """Return how many images that are not missing are embedded."""
        return self._active.count()

    def embed_prepared(self, prepared: Sequence[np.ndarray]) -> np.ndarray:
        """Return (B, D) float32, unit length, for B results of the encoder's preparation. Keeps nothing."""
        return self._active.embed_prepared(prepared)

    def append_vectors(self, vectors: np.ndarray) -> range:
        """Put (B, D) vectors on disk and return their rows; see `EmbeddingSpace.append_vectors`."""
        return self._active.append_vectors(vectors)

    def record(self, cursor: duckdb.DuckDBPyConnection, image_ids: Sequence[str], rows: Sequence[int]) -> None:
        """Say, inside the caller's transaction, whose vectors these rows are."""
        self._active.record(cursor, image_ids, rows)

    def forget(self, cursor: duckdb.DuckDBPyConnection, image_ids: Sequence[str]) -> None:
        """Drop, inside the caller's transaction, every encoder's vector of these images."""
        self._active.forget(cursor, image_ids)

    def close(self) -> None:
        """Let go of the files."""
        with self._lock:
            for space in self._spaces.values():
                space.close()

    def _opened(self, encoder: Encoder) -> EmbeddingSpace:
        space = self._spaces.get(encoder.name)
        if space is None:
            row = stored.read_encoder(self._database.read(), encoder.name)
            space = self._open(encoder, row.file_name if row else f"{encoder.name}.npy")
            self._spaces[encoder.name] = space
        if encoder.embeds:
            space.encoder = encoder
        return space

    def _open(self, encoder: Encoder, file_name: str) -> EmbeddingSpace:
        """Open an encoder's file, and cut off rows that a crash left unrecorded."""
        rows = stored.count_rows(self._database.read(), encoder.name)
        matrix = EmbeddingMatrix(self.folder / file_name, encoder.dimension, rows)
        return EmbeddingSpace(self._database, encoder, matrix, self._decoders)

    def _unregistered(self, encoder: Encoder, checkpoint: str | None) -> StoredEncoder | None:
        """Return the row to write for an encoder; None where it is on record as it is."""
        row = stored.read_encoder(self._database.read(), encoder.name)
        checkpoint = checkpoint or (row.checkpoint if row else None)
        if row is not None and (not encoder.embeds or (row.label, row.checkpoint) == (encoder.label, checkpoint)):
            return None
        added_at = row.added_at if row else utc_now()
        return StoredEncoder(encoder.name, encoder.label, encoder.dimension, MODEL, added_at, checkpoint)

    def _make_active(self, space: EmbeddingSpace, row: StoredEncoder | None) -> None:
        """Set the active space together with what the database says, which decides whose map is shown."""
        before = self._active
        if row is None and stored.read_active(self._database.read()) == space.name:
            self._active = space
            return
        try:
            with self._database.write() as cursor:
                if row is not None:
                    stored.write_encoder(cursor, row)
                stored.write_active(cursor, space.name)
                self._active = space  # before the commit, so that no answer of the new version is of the old encoder
        except BaseException:
            self._active = before
            raise

    def _register_older(self) -> None:
        """Put encoders on record that embedded images here before encoders were."""
        names = stored.names_without_encoder(self._database.read())
        dimensions = {name: dimension_of(self.folder / f"{name}.npy") for name in names}
        rows = [StoredEncoder(name, _label(name), size, MODEL, utc_now()) for name, size in dimensions.items() if size]
        if rows:
            with self._database.write() as cursor:
                for row in rows:
                    stored.write_encoder(cursor, row)


def _label(name: str) -> str:
    """Return what an encoder is called that nothing but its name is known of."""
    known = {short: label for short, (_, label) in KNOWN.items()} | {DescriptorEncoder.name: DescriptorEncoder.label}
    return known.get(name, name)
