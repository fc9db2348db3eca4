"""Import a folder: find what is new, read it once, embed it, and keep it, a chunk at a time."""

import os
import time
from collections import Counter
from collections.abc import Callable, Container, Iterator
from contextlib import closing
from pathlib import Path

from curate.embedding.service import ImageEmbeddingService
from curate.embedding.space import EmbeddingSpace
from curate.embedding.vectors import NoPreparation
from curate.errors import InvalidFolder, JobCancelled, UnreadableImage
from curate.ingest import catalogue
from curate.ingest.catalogue import UNREMEMBERED, KnownImage, SkippedRow
from curate.ingest.chunk import ChunkWriter
from curate.ingest.decode import DecodedFile, KnownContent
from curate.ingest.decoder_pool import DecoderPool
from curate.ingest.folders import checked_source, import_roots
from curate.ingest.found import FoundFile, is_sidecar
from curate.ingest.moves import Moves
from curate.ingest.opening import TryAgainLater
from curate.ingest.plan import is_complete, plan_import, same_state
from curate.ingest.reading import in_parallel
from curate.ingest.scan import FolderScan, scan_folder
from curate.ingest.sidecars import SidecarChanges, SidecarReader, compare_sidecars
from curate.ingest.sources import files_of
from curate.ingest.thumbnails import ThumbnailStore
from curate.models import ImportReport, SkippedFile
from curate.settings import Settings
from curate.store.database import Database
from curate.store.times import utc_now

Progress = Callable[[int, int, str], None]
EmbedLater = Callable[[list[str]], None]
Outcome = DecodedFile | KnownContent | UnreadableImage


class ImportService:
    """Brings a folder's images into the catalogue, and the catalogue up to date with the folder.

    Source files are only read. What `progress` has reported as done is on disk; an import that was stopped or
    killed goes on where it was when it is started again.
    """

    def __init__(
        self,
        database: Database,
        embeddings: ImageEmbeddingService,
        thumbnails: ThumbnailStore,
        settings: Settings,
        embed_later: EmbedLater | None = None,
    ) -> None:
        """With `embed_later`, imports leave embedding to others: it takes the ids of images as they are committed."""
        self._database = database
        self._embeddings = embeddings
        self._thumbnails = thumbnails
        self._settings = settings
        self._embed_later = embed_later

    def check_folder(self, folder: Path | str) -> str:
        """Return the absolute path, or the address, of a folder that can be imported.

        Raises:
            InvalidFolder: it is missing, no folder, not readable, not allowed, or holds nothing to import.
        """
        source = checked_source(folder, self._settings)
        files = files_of(source).walk(source, self._own_folders(), import_roots(self._settings))
        if not any(isinstance(file, FoundFile) and not is_sidecar(file.path) for file in files):
            self._refuse_empty(source)
        return source

    def run(
        self,
        folder: Path | str,
        progress: Progress = lambda done, total, message: None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> ImportReport:
        """Import a folder, and everything below it.

        `progress` gets files done, files to read, and a message; `cancelled` is asked at least once a chunk.

        Raises:
            InvalidFolder: see `check_folder`.
            JobCancelled: `cancelled` said so; what was done is kept.
            StorageFailed: the disk is full, say; what was reported as done is kept.
        """
        started = time.monotonic()
        source = checked_source(folder, self._settings)
        progress(0, 0, "Looking through the folder")
        scan = scan_folder(source, self._own_folders(), import_roots(self._settings))
        if not scan.candidates:
            self._refuse_empty(source)
        space = self._embeddings.active
        run = _Run(self._database, space, self._thumbnails, self._settings, source, scan, self._embed_later)
        run.read_files(progress, cancelled)
        run.finish()
        return run.report(time.monotonic() - started)

    def _own_folders(self) -> list[Path]:
        """The workspace's own files are not imported, even where it lies in the folder."""
        return [self._database.path.parent, self._thumbnails.folder]

    def _refuse_empty(self, source: str) -> None:
        """Raise InvalidFolder, unless images came from here before: then the import says that they are missing."""
        if not catalogue.known_images(self._database, source, self._embeddings.encoder.name):
            raise InvalidFolder(f"The folder {source} holds no files that could be images. Choose another one.")


class _Run:
    """One import of one folder, from the plan to the report."""

    def __init__(
        self,
        database: Database,
        embeddings: EmbeddingSpace,
        thumbnails: ThumbnailStore,
        settings: Settings,
        folder: str,
        scan: FolderScan,
        embed_later: EmbedLater | None,
    ) -> None:
        self._database = database
        self._encoder = embeddings.encoder
        self._embeds = embeddings.encoder.embeds and embed_later is None
        self._preparation = embeddings.encoder.preparation if self._embeds else NoPreparation()
        self._settings = settings
        self._decoders = DecoderPool(settings.max_megapixels, settings.decode_seconds)
        self._folder = folder
        self._scan = scan
        self._thumbnails = thumbnails.ids()
        self._skipped_before = {row.path: row for row in catalogue.skipped_rows(database, folder)}
        known = catalogue.known_images(database, folder, self._to_embed_with)
        self._plan = plan_import(scan, known, self._skipped_before.values(), self._thumbnails)
        self._moves = self._possible_moves()
        self._sidecars = SidecarReader(scan.sidecars)
        self._writer = ChunkWriter(database, embeddings, thumbnails, self._sidecars, folder, embed_later)
        self._counts = Counter(unchanged=len(self._plan.unchanged))

    @property
    def _to_embed_with(self) -> str | None:
        """The encoder whose vectors make an image complete; None where none are made here."""
        return self._encoder.name if self._embeds else None

    def read_files(self, progress: Progress, cancelled: Callable[[], bool]) -> None:
        """Read and keep what is new or changed."""
        catalogue.add_source(self._database, self._folder)
        total = len(self._plan.to_read)
        progress(0, total, "Reading images")
        outcomes = in_parallel(self._read, self._plan.to_read, self._settings.decode_workers)
        with self._decoders, closing(self._writer), closing(outcomes):
            for file, outcome in outcomes:
                self._settle(file, outcome)
                stop = cancelled()
                if stop or self._writer.due:
                    self._writer.commit(everything=stop)
                    progress(self._writer.committed, total, "Reading images")
                if stop:
                    raise JobCancelled
            self._writer.commit(everything=True)
        progress(self._writer.committed, total, "Reading images")

    def finish(self) -> None:
        """Write what only a complete pass knows: what is missing or back, skipped files, changed sidecars."""
        now = utc_now()
        gone = [image.id for image in self._plan.gone if image.id not in self._moves.claimed]
        missing = [*gone, *self._moves.left_behind]
        back = [image.id for image in self._plan.unchanged if image.missing]
        changes = self._sidecar_changes()
        concerned = changes.concern(self._paths_with_their_images())
        notes = {self._plan.known[path].id: self._sidecars.notes(path) for path in concerned}
        skipped, forgotten = self._skipped_changes(changes)
        self._counts["missing"] = len(missing)
        if not (missing or back or changes or skipped or forgotten):
            return
        with self._database.write() as cursor:
            catalogue.set_missing(cursor, missing, now)
            catalogue.set_missing(cursor, back, None)
            catalogue.write_notes(cursor, notes, now)
            read = [file for file in changes.read if file.path not in self._sidecars.unread]
            catalogue.write_sidecars(cursor, read, changes.gone)
            catalogue.remember_skipped(cursor, self._folder, skipped)
            catalogue.forget_skipped(cursor, forgotten)

    def _paths_with_their_images(self) -> Iterator[str]:
        """Yield the paths at which the image is the one that was there before, with the same content or another."""
        yield from (image.path for image in self._plan.unchanged)
        yield from (file.path for file in self._plan.to_read if self._moves.is_at_home(file.path))

    def report(self, seconds: float) -> ImportReport:
        rows = catalogue.skipped_rows(self._database, self._folder)
        return ImportReport(
            **self._counts,
            skipped=tuple(SkippedFile(row.path, row.reason) for row in rows),
            encoder=self._encoder.name,
            seconds=seconds,
        )

    def _read(self, file: FoundFile) -> Outcome:
        """Decode a file, on any thread."""
        self._sidecars.fetch(file.path)
        return self._decoded(file, self._contents_to_recognise(file))

    def _decoded(self, file: FoundFile, known: Container[str]) -> Outcome:
        try:
            content = files_of(file.path).content(file.path)
            return self._decoders.decode(content, os.path.basename(file.path), self._preparation, known)
        except UnreadableImage as reason:
            return reason

    def _contents_to_recognise(self, file: FoundFile) -> frozenset[str]:
        """Return the hashes of contents that need no decoding at this path."""
        image = self._plan.known.get(file.path)
        if image is None:
            return self._moves.complete
        return frozenset([image.content_hash]) if is_complete(image, self._thumbnails) else frozenset()

    def _settle(self, file: FoundFile, outcome: Outcome) -> None:
        """Decide which image a file is.

        Content comes before place: an image that was moved over another one is itself, and so is one whose name a
        new file has taken.
        """
        at_path = self._moves.image_at(file.path)
        if isinstance(outcome, UnreadableImage):
            self._writer.skip(file, outcome, None if _is_still_there(at_path, file, outcome) else at_path)
        elif at_path and at_path.content_hash == outcome.content_hash:
            self._keep("unchanged", file, outcome, at_path)
        elif lost := self._moves.claim(outcome.content_hash):
            self._leave(lost)
            self._leave(at_path)
            self._keep("moved", file, outcome, lost)
        elif isinstance(outcome, KnownContent):  # another copy was faster
            self._settle(file, self._decoded(file, frozenset()))
        elif at_path and not self._moves.has_new_home(at_path):
            self._keep("changed", file, outcome, at_path)
        else:
            self._leave(at_path)
            self._keep("added", file, outcome, None)

    def _leave(self, image: KnownImage | None) -> None:
        """Note that an image is no longer at its path."""
        if image is not None and not image.missing:
            self._moves.displace(image)
            self._writer.displace(image)

    def _keep(self, kind: str, file: FoundFile, outcome: DecodedFile | KnownContent, image: KnownImage | None) -> None:
        self._counts[kind] += 1
        if isinstance(outcome, DecodedFile):
            self._writer.add(file, outcome, image)
        elif image is not None:
            self._writer.relocate(file, image)

    def _possible_moves(self) -> Moves:
        sizes = {file.size_bytes for file in self._plan.to_read}
        candidates = catalogue.images_of_sizes(self._database, sizes, self._to_embed_with) if sizes else []
        return Moves(self._plan, candidates, self._thumbnails)

    def _sidecar_changes(self) -> SidecarChanges:
        before = catalogue.known_sidecars(self._database, self._folder)
        return compare_sidecars(self._scan.sidecars, (file.path for file in self._scan.candidates), before)

    def _skipped_changes(self, changes: SidecarChanges) -> tuple[list[SkippedRow], set[str]]:
        """Return the rows to add to the skipped files, and the paths to drop."""
        still = {row.path for row in self._plan.still_skipped} | changes.unchanged | self._writer.skipped.keys()
        files = (*self._scan.skipped, *self._sidecars.problems.values())
        found = {file.path: SkippedRow(file.path, file.reason, 0, UNREMEMBERED) for file in files}
        new = [row for path, row in found.items() if self._skipped_before.get(path) != row]
        return new, self._skipped_before.keys() - still - found.keys()


def _is_still_there(image: KnownImage | None, file: FoundFile, reason: UnreadableImage) -> bool:
    """Whether a file that can't be read just now is the image that it was before, as far as its size and time say."""
    return image is not None and isinstance(reason, TryAgainLater) and same_state(image, file)
