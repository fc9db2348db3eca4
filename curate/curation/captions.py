"""Captions: what a person says of an image, and how that stands to what its caption file says."""

from typing import NamedTuple

import duckdb

from curate.errors import InvalidInput
from curate.store.database import Database
from curate.store.images import ImageStore
from curate.store.times import utc_now

MAX_CAPTION_LENGTH = 20_000


class CaptionService:
    """Captions of images. Every change is on disk before the call returns.

    A caption comes from a file until a person writes their own: from then on a changed file changes nothing, but is
    kept beside it as a conflict until they decide.
    """

    def __init__(self, database: Database, images: ImageStore) -> None:
        self._database = database
        self._images = images

    def set(self, image_id: str, text: str) -> None:
        """Give an image a caption; an empty text takes it away. What its caption file says is from the file again.

        Raises:
            ImageNotFound: no image has this id.
            InvalidInput: the text is too long.
        """
        cleaned = clean_caption(text)
        self._images.require([image_id])
        with self._database.write() as cursor:
            stored = _stored(cursor, image_id)
            if cleaned == (stored.in_file or ""):
                _keep(cursor, image_id, _Stored(cleaned, "sidecar"))
            else:
                seen = stored.text if stored.origin == "sidecar" else stored.seen_text
                _keep(cursor, image_id, _Stored(cleaned, "user", stored.file_text, seen))

    def resolve(self, image_id: str, *, use_file: bool) -> None:
        """Decide between a person's caption and what the caption file says by now.

        Raises:
            ImageNotFound: no image has this id.
            InvalidInput: both say the same.
        """
        self._images.require([image_id])
        with self._database.write() as cursor:
            stored = _stored(cursor, image_id)
            if stored.file_text is None:
                raise InvalidInput("The caption file says nothing else than this image's caption. Reload the page.")
            if use_file:
                _keep(cursor, image_id, _Stored(stored.file_text, "sidecar"))
            else:
                _keep(cursor, image_id, _Stored(stored.text, "user", None, stored.file_text))


class _Stored(NamedTuple):
    """A row of `captions`, less image and time."""

    text: str = ""
    origin: str = "user"
    file_text: str | None = None
    seen_text: str | None = None

    @property
    def in_file(self) -> str | None:
        """What the caption file says, as far as known."""
        return self.text if self.origin == "sidecar" else self.file_text or self.seen_text


def clean_caption(text: str) -> str:
    """Return a caption as it is kept: trimmed, its lines ended alike, without what no database keeps.

    Raises:
        InvalidInput: it is longer than 20,000 characters.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    cleaned = lines.encode("utf-8", "replace").decode("utf-8").strip()
    if len(cleaned) > MAX_CAPTION_LENGTH:
        raise InvalidInput(
            f"A caption may have {MAX_CAPTION_LENGTH:,} characters; this one has {len(cleaned):,}. Shorten it."
        )
    return cleaned


def _stored(cursor: duckdb.DuckDBPyConnection, image_id: str) -> _Stored:
    query = "SELECT text, origin, file_text, seen_text FROM captions WHERE image_id = ?"
    row = cursor.execute(query, [image_id]).fetchone()
    return _Stored(*row) if row else _Stored()


def _keep(cursor: duckdb.DuckDBPyConnection, image_id: str, row: _Stored) -> None:
    """Write an image's caption. An empty one stays, as a person's word, only where a file says something."""
    if row.text or row.file_text or row.seen_text:
        cursor.execute(
            "INSERT OR REPLACE INTO captions (image_id, text, origin, updated_at, file_text, seen_text)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            [image_id, row.text, row.origin, utc_now(), row.file_text, row.seen_text],
        )
    else:
        cursor.execute("DELETE FROM captions WHERE image_id = ?", [image_id])
