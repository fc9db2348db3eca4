"""Embedding in this process, where there is no Redis."""

from collections.abc import Callable

from curate.embedding.service import ImageEmbeddingService
from curate.errors import UnreadableImage
from curate.jobs.embedding_queue.backlog import Backlog
from curate.jobs.embedding_queue.status import WorkerStatus
from curate.store.database import Database
from curate.store.unembedded import never_embedded, unembedded_among

BATCH = 32
"""Images after which closing the app is looked for."""


class LocalWork:
    """Embeds what waits, a batch at each step."""

    remote = False
    address = ""
    chunk_images = BATCH
    workers: tuple[WorkerStatus, ...] = ()
    problem: str | None = None

    def __init__(self, database: Database, embeddings: ImageEmbeddingService, backlog: Backlog) -> None:
        self._database = database
        self._embeddings = embeddings
        self._backlog = backlog

    def begin(self) -> None:
        """Take up what workers were to embed, had Redis not been taken away since.

        What another encoder has embedded isn't touched: whether it is wanted under this one too, a person says.
        """
        if self._embeddings.encoder.embeds:
            self._backlog.add(never_embedded(self._database))

    def step(self, tell: Callable[[str], None]) -> int:
        """Embed the next images and return how many; `tell` gets what went wrong with some.

        Raises:
            StorageFailed: the disk is full, say; the images wait on.
        """
        ids = self._backlog.take(BATCH)
        space = self._embeddings.active
        wanted = self._lacking(space.name, ids)
        if not wanted or not space.encoder.embeds:
            self._backlog.finish(ids)
            return 0
        reason = ""
        try:
            space.update_embeddings(wanted)
        except UnreadableImage as unreadable:
            reason = str(unreadable)
            tell(reason)
        except BaseException:
            self._backlog.put_back(ids)
            raise
        failed = self._lacking(space.name, wanted)
        self._backlog.set_aside(dict.fromkeys(failed, reason))
        self._backlog.finish(ids)
        return len(wanted) - len(failed)

    def _lacking(self, encoder: str, ids: list[str]) -> list[str]:
        return [image.id for image in unembedded_among(self._database, encoder, ids)] if ids else []

    def close(self) -> None:
        """Nothing is held."""
