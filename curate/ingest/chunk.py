"""What is written together: thumbnails, vectors, then one transaction."""

import os
import time

import numpy as np

from curate.embedding.service import BATCH, ImageEmbeddingService
from curate.errors import UnreadableImage
from curate.ingest import catalogue
from curate.ingest.catalogue import UNREMEMBERED, ImageRow, KnownImage, Relocation, SkippedRow
from curate.ingest.decode import DecodedFile, TryAgainLater
from curate.ingest.scan import FoundFile, is_below
from curate.ingest.sidecars import NOTHING, Notes, SidecarReader
from curate.ingest.thumbnails import ThumbnailStore
from curate.store.database import Database
from curate.store.times import utc_now

_MOST_FILES = 256
_MOST_SECONDS = 2.0


class ChunkWriter:
    """Gathers files that were read, embeds them in batches, and commits them.

    The order of `commit` is what makes a crash harmless: thumbnails and vectors that no row names are overwritten
    or cut off later; a row never names what is not there.
    """

    def __init__(
        self,
        database: Database,
        embeddings: ImageEmbeddingService,
        thumbnails: ThumbnailStore,
        sidecars: SidecarReader,
        source: str,
    ) -> None:
        self._database = database
        self._embeddings = embeddings
        self._thumbnails = thumbnails
        self._sidecars = sidecars
        self._source = source
        self.committed = 0
        """Files that are on disk, with all that was found out about them."""
        self.skipped: dict[str, SkippedRow] = {}
        """Path → every file that was skipped so far, committed or not."""
        self._start_chunk()

    def _start_chunk(self) -> None:
        self._known: list[KnownImage | None] = []
        self._rows: list[ImageRow] = []
        self._thumbnail_data: list[bytes] = []
        self._prepared: list[np.ndarray] = []
        self._vectors: list[np.ndarray] = []
        self._relocations: list[Relocation] = []
        self._skipped_rows: list[SkippedRow] = []
        self._unreadable: list[str] = []
        self._started = time.monotonic()

    @property
    def due(self) -> bool:
        """Whether enough is gathered, or enough time has passed."""
        return len(self) >= _MOST_FILES or (len(self) > 0 and time.monotonic() - self._started >= _MOST_SECONDS)

    def __len__(self) -> int:
        return len(self._rows) + len(self._relocations) + len(self._skipped_rows)

    def add(self, file: FoundFile, decoded: DecodedFile, image: KnownImage | None) -> None:
        """Take a decoded file: the new content of an image, or (None) a new image."""
        place = self._place(file, image)
        self._rows.append(
            ImageRow(
                *place,
                content_hash=decoded.content_hash,
                width=decoded.width,
                height=decoded.height,
                format=decoded.format,
                has_alpha=decoded.has_alpha,
                perceptual_hash=decoded.perceptual_hash,
                sharpness=decoded.quality.sharpness,
                brightness=decoded.quality.brightness,
                contrast=decoded.quality.contrast,
            )
        )
        self._known.append(image)
        self._thumbnail_data.append(decoded.thumbnail)
        self._prepared.append(decoded.prepared)
        if len(self._prepared) >= BATCH:
            self._embed()

    def relocate(self, file: FoundFile, image: KnownImage) -> None:
        """Take a file that holds the very content of an image, at another path or of another time."""
        self._relocations.append(self._place(file, image))

    def skip(self, file: FoundFile, reason: UnreadableImage, image: KnownImage | None) -> None:
        """Take a file that cannot be read; an image that it used to be is missing from now on."""
        modified_ns = UNREMEMBERED if isinstance(reason, TryAgainLater) else file.modified_ns
        row = SkippedRow(file.path, str(reason), file.size_bytes, modified_ns)
        self.skipped[file.path] = row
        self._skipped_rows.append(row)
        if image is not None and not image.missing:
            self._unreadable.append(image.id)

    def commit(self) -> None:
        """Put what was gathered on disk.

        Raises:
            StorageFailed: the disk is full, say; earlier chunks stay.
        """
        if not len(self):
            return
        self._embed()
        self._name_new_images()
        for row, data in zip(self._rows, self._thumbnail_data, strict=True):
            self._thumbnails.write(row.id, data)
        numbers = self._embeddings.append_vectors(np.concatenate(self._vectors)) if self._vectors else range(0)
        self._write_rows(numbers)
        self.committed += len(self)
        self._start_chunk()

    def _write_rows(self, numbers: range) -> None:
        now = utc_now()
        new = [row for row, image in zip(self._rows, self._known, strict=True) if image is None]
        known = [row for row, image in zip(self._rows, self._known, strict=True) if image is not None]
        with self._database.write() as cursor:
            catalogue.insert_images(cursor, new, now)
            catalogue.update_images(cursor, known)
            catalogue.relocate_images(cursor, self._relocations)
            catalogue.write_notes(cursor, self._notes(), now)
            catalogue.remember_skipped(cursor, self._source, self._skipped_rows)
            catalogue.set_missing(cursor, self._unreadable, now)
            self._embeddings.record(cursor, [row.id for row in self._rows], numbers)

    def _embed(self) -> None:
        if self._prepared:
            self._vectors.append(self._embeddings.embed_prepared(self._prepared))
            self._prepared = []

    def _name_new_images(self) -> None:
        new = [index for index, image in enumerate(self._known) if image is None]
        contents = [(self._rows[index].path, self._rows[index].content_hash) for index in new]
        for index, image_id in zip(new, catalogue.fresh_ids(self._database, contents), strict=True):
            self._rows[index] = self._rows[index]._replace(id=image_id)

    def _notes(self) -> dict[str, Notes]:
        """Return what the sidecars say.

        An image that left its sidecars behind keeps what they said; where they were deleted, the end of the import
        sees to it.
        """
        places = [(row.id, row.path) for row in self._rows] + [(row.id, row.path) for row in self._relocations]
        notes = {image_id: self._sidecars.notes(path) for image_id, path in places}
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
