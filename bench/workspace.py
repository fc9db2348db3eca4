"""The services of a workspace, for an encoder that is loaded already."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from curate.embedding.encoder import Encoder
from curate.embedding.service import ImageEmbeddingService
from curate.ingest import catalogue
from curate.ingest.catalogue import ImageRow
from curate.ingest.service import ImportService
from curate.ingest.thumbnails import ThumbnailStore
from curate.settings import Settings
from curate.store.database import Database
from curate.store.images import ImageStore
from curate.store.times import utc_now
from curate.tagging.service import TaggingService


@dataclass(frozen=True, slots=True)
class Services:
    """What the entries use of a workspace."""

    database: Database
    images: ImageStore
    embeddings: ImageEmbeddingService
    importing: ImportService
    tagging: TaggingService


@contextmanager
def opened(folder: Path, encoder: Encoder) -> Iterator[Services]:
    """Open or create a workspace, for the length of the block."""
    folder.mkdir(parents=True, exist_ok=True)
    database = Database(folder / "curate.duckdb")
    embeddings = ImageEmbeddingService(database, encoder, folder / "embeddings")
    images = ImageStore(database)
    importing = ImportService(database, embeddings, ThumbnailStore(folder / "thumbnails"), Settings(workspace=folder))
    try:
        yield Services(database, images, embeddings, importing, TaggingService(database, images))
    finally:
        embeddings.close()
        database.close()


def record_images(database: Database, image_ids: Sequence[str]) -> None:
    """Put images without files into the catalogue."""
    rows = [
        ImageRow(
            id=image_id,
            path=f"/pictures/{image_id}.jpg",
            folder="/pictures",
            source="/pictures",
            name=f"{image_id}.jpg",
            size_bytes=1000,
            modified_ns=1,
            content_hash=f"{number:032x}",
            width=100,
            height=50,
            format="JPEG",
            has_alpha=False,
            perceptual_hash=0,
            sharpness=1.0,
            brightness=0.5,
            contrast=0.2,
        )
        for number, image_id in enumerate(image_ids)
    ]
    with database.write() as cursor:
        catalogue.insert_images(cursor, rows, utc_now())
