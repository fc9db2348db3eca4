"""Fixtures that several test modules share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from curate.store.database import Database
from curate.store.images import ImageStore
from curate.tagging.service import TaggingService


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty database in a file of its own."""
    database = Database(tmp_path / "curate.duckdb")
    yield database
    database.close()


@pytest.fixture
def images(database: Database) -> ImageStore:
    return ImageStore(database)


@pytest.fixture
def tagging(database: Database, images: ImageStore) -> TaggingService:
    return TaggingService(database, images)
