"""What is written together: thumbnails, vectors, then one transaction."""

import os
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from curate.embedding.batches import EmbeddingBatches
from curate.embedding.space import EmbeddingSpace
from curate.errors import UnreadableImage
from curate.ingest import catalogue
from curate.ingest.catalogue import UNREMEMBERED, ImageRow, KnownImage, Relocation, SkippedRow
from curate.ingest.decode import DecodedFile, TryAgainLater
from curate.ingest.found import FoundFile, is_below
from curate.ingest.sidecars import NOTHING, Notes, SidecarReader
from curate.ingest.thumbnails import ThumbnailStore
from curate.store.database import Database
from curate.store.times import utc_now

_MOST_FILES = 256
_MOST_SECONDS = 2.0


class _Entry(NamedTuple):
    """A decoded file on its way to the disk."""

    row: ImageRow
    known: KnownImage | None
    thumbnail: bytes

    @property
    def has_new_content(self) -> bool:
        return self.known is not None and self.known.content_hash != self.row.content_hash


class ChunkWriter:
    """Gathers files that were read, has them embedded meanwhile, and commits those that are complete.

    The order of `commit` is what makes a crash harmless: thumbnails and vectors that no row names are overwritten
    or cut off later; a row never names what is not there.
    """

    def __init__(
        self,
        database: Database,
        embeddings: EmbeddingSpace,
        thumbnails: ThumbnailStore,
        sidecars: SidecarReader,
        source: str,
        embed_later: Callable[[list[str]], None] | None = None,
    ) -> None:
        """With `embed_later`, images are committed without a vector, and it takes their ids."""
        self._database = database
        self._embeddings = embeddings
        self._thumbnails = thumbnails
        self._sidecars = sidecars
        self._source = source
        self._embed_later = embed_later
        self._batches = EmbeddingBatches(embeddings.embed_prepared, embeddings.encoder.batch_size)
        self.committed = 0
        """Files that are on disk, with all that was found out about them."""
        self.skipped: dict[str, SkippedRow] = {}
        """Path → every file that was skipped so far, committed or not."""
        self._entries: list[_Entry] = []
        self._relocations: list[Relocation] = []
        self._skipped_rows: list[SkippedRow] = []
        self._displaced: list[str] = []
        self._committed_at = time.monotonic()

    @property
    def due(self) -> bool:
        """Whether enough is gathered, or enough time has passed."""
        return self._gathered() >= _MOST_FILES or time.monotonic() - self._committed_at >= _MOST_SECONDS

    def add(self, file: FoundFile, decoded: DecodedFile, image: KnownImage | None) -> None:
        """Take a decoded file: the new content of an image, or (None) a new image."""
        row = ImageRow(
            *self._place(file, image),
            content_hash=decoded.content_hash,
            width=decoded.width,
            height=decoded.height,
            format=decoded.format,
            has_alpha=decoded.has_alpha,
            perceptual_hash=decoded.perceptual_hash,
            sharpness=decoded.quality.sharpness,
            brightness=decoded.quality.brightness,
            contrast=decoded.quality.contrast,
            information=decoded.quality.information,
            black_bars=decoded.quality.black_bars,
        )
        self._entries.append(_Entry(row, image, decoded.thumbnail))
        if self._embeds:
            self._batches.add(decoded.prepared)

    def relocate(self, file: FoundFile, image: KnownImage) -> None:
        """Take a file that holds the very content of an image, at another path or of another time."""
        self._relocations.append(self._place(file, image))

    def skip(self, file: FoundFile, reason: UnreadableImage, image: KnownImage | None) -> None:
        """Take a file that cannot be read; an image that it used to be is missing from now on."""
        modified_ns = UNREMEMBERED if isinstance(reason, TryAgainLater) else file.modified_ns
        row = SkippedRow(file.path, str(reason), file.size_bytes, modified_ns)
        self.skipped[file.path] = row
        self._skipped_rows.append(row)
        if image is not None:
            self.displace(image)

    def displace(self, image: KnownImage) -> None:
        """Take an image that is no longer at its path: it is missing until it is found elsewhere, now or later."""
        if not image.missing:
            self._displaced.append(image.id)

    def commit(self, *, everything: bool = False) -> None:
        """Put what is complete on disk: all but the images that wait for their vectors, or everything.

        Raises:
            StorageFailed: the disk is full, say; earlier chunks stay.
        """
        vectors = self._batches.take(everything=everything)
        complete = len(vectors) if self._embeds else len(self._entries)
        entries, self._entries = self._with_ids(self._entries[:complete]), self._entries[complete:]
        self._committed_at = time.monotonic()
        done = len(entries) + len(self._relocations) + len(self._skipped_rows)
        if not done:
            return
        for entry in entries:
            self._thumbnails.write(entry.row.id, entry.thumbnail)
        numbers = self._embeddings.append_vectors(np.stack(vectors)) if vectors else range(0)
        self._write_rows(entries, numbers)
        self._relocations, self._skipped_rows, self._displaced = [], [], []
        self.committed += done
        if self._embed_later and entries:
            self._embed_later([entry.row.id for entry in entries])

    def close(self) -> None:
        """Let go of what was not committed."""
        self._batches.close()

    @property
    def _embeds(self) -> bool:
        return self._embed_later is None and self._embeddings.encoder.embeds

    def _gathered(self) -> int:
        return len(self._entries) + len(self._relocations) + len(self._skipped_rows)

    def _write_rows(self, entries: Sequence[_Entry], numbers: range) -> None:
        now = utc_now()
        rows = [entry.row for entry in entries]
        with self._database.write() as cursor:
            catalogue.set_missing(cursor, self._displaced, now)
            catalogue.insert_images(cursor, [entry.row for entry in entries if entry.known is None], now)
            catalogue.update_images(cursor, [entry.row for entry in entries if entry.known is not None])
            catalogue.relocate_images(cursor, self._relocations)
            catalogue.write_notes(cursor, self._notes([*rows, *self._relocations]), now)
            catalogue.forget_skipped(cursor, [place.path for place in rows] + [file.path for file in self._relocations])
            catalogue.remember_skipped(cursor, self._source, self._skipped_rows)
            ids = [row.id for row in rows]
            self._embeddings.forget(cursor, [entry.row.id for entry in entries if entry.has_new_content])
            if self._embeds:
                self._embeddings.record(cursor, ids, numbers)

    def _with_ids(self, entries: Sequence[_Entry]) -> list[_Entry]:
        """Return the entries, each new image with an id."""
        new = [(entry.row.path, entry.row.content_hash) for entry in entries if entry.known is None]
        ids = iter(catalogue.fresh_ids(self._database, new))
        return [entry if entry.known else entry._replace(row=entry.row._replace(id=next(ids))) for entry in entries]

    def _notes(self, places: Sequence[ImageRow | Relocation]) -> dict[str, Notes]:
        """Return what the sidecars say.

        An image that left its sidecars behind keeps what they said; where they were deleted, the end of the import
        sees to it.
        """
        notes = {place.id: self._sidecars.notes(place.path) for place in places}
        return {image_id: note for image_id, note in notes.items() if note != NOTHING}

    def _place(self, file: FoundFile, image: KnownImage | None) -> Relocation:
        folder, name = os.path.split(file.path)
        return Relocation(
            id=image.id if image else "",
            path=file.path,
            folder=folder,
            source=image.source if image and is_below(file.path, image.source) else self._source,
            name=name,
            size_bytes=file.size_bytes,
            modified_ns=file.modified_ns,
        )
