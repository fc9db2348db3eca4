"""A workspace's import, opened for a test; also run as a process of its own, to be killed."""

import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from curate.embedding.descriptor import DescriptorEncoder
from curate.embedding.service import ImageEmbeddingService
from curate.ingest.service import ImportService
from curate.ingest.thumbnails import ThumbnailStore
from curate.models import ImportReport
from curate.settings import Settings
from curate.store.database import Database


class Importing:
    """The services that an import needs, and questions to what it left."""

    def __init__(self, workspace: Path, **settings: Any) -> None:
        workspace.mkdir(exist_ok=True)
        self.database = Database(workspace / "curate.duckdb")
        self.thumbnails = ThumbnailStore(workspace / "thumbnails")
        self.embeddings = ImageEmbeddingService(self.database, DescriptorEncoder(), workspace / "embeddings")
        options = Settings(**{"workspace": workspace, "decode_workers": 2} | settings)
        self.service = ImportService(self.database, self.embeddings, self.thumbnails, options)

    def run(self, folder: Path) -> ImportReport:
        return self.service.run(folder)

    def rows(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        return self.database.read().execute(sql, list(parameters)).fetchall()

    def one(self, sql: str, *parameters: object) -> Any:
        ((value,),) = self.rows(sql, *parameters)
        return value

    def id_of(self, path: Path) -> str:
        return str(self.one("SELECT id FROM images WHERE path = ? AND missing_since IS NULL", str(path)))

    def present(self) -> set[str]:
        return {row[0] for row in self.rows("SELECT path FROM images WHERE missing_since IS NULL")}

    def close(self) -> None:
        self.embeddings.close()
        self.database.close()


@contextmanager
def opened(workspace: Path, **settings: Any) -> Iterator[Importing]:
    """Open a workspace for a while."""
    importing = Importing(workspace, **settings)
    try:
        yield importing
    finally:
        importing.close()


def main(workspace: str, folder: str, largest_file: str = "") -> None:
    """Import a folder and print every number of files that is reported as done.

    With `largest_file`, no file can grow beyond so many bytes: much like a disk that fills up.
    """
    if largest_file:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(largest_file), resource.RLIM_INFINITY))
    with opened(Path(workspace)) as importing:
        importing.service.run(folder, lambda done, total, message: print(done, flush=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
