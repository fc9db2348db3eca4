"""Reading the catalogue: which images there are, in what order, and what is known of each."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from curate.errors import ImageNotFound
from curate.models import Count, Image, SkippedFile
from curate.store.database import Database, id_table
from curate.store.remembered import Remembered
from curate.tagging.filters import EVERYTHING, ImageFilter, as_sql

CURRENT_POINTS = (
    "current_points AS (SELECT image_id, position, x, y, cluster_id FROM map_points WHERE run_id = (FROM current_run))"
)
SORTS = {
    "imported": "i.number",
    "newest": "i.number DESC",
    "name": "lower(i.name), i.number",
    "largest": "i.width::BIGINT * i.height DESC, i.number",
    "smallest": "i.width::BIGINT * i.height, i.number",
    "sharpest": "i.sharpness DESC, i.number",
    "blurriest": "i.sharpness, i.number",
    "darkest": "i.brightness, i.number",
    "brightest": "i.brightness DESC, i.number",
}


@dataclass(frozen=True, slots=True)
class TileRows:
    """What the grid must know of N images: (N,) arrays in the images' order."""

    image_ids: list[str]
    widths: np.ndarray
    """(N,) int32 pixels."""
    heights: np.ndarray
    """(N,) int32 pixels."""
    versions: np.ndarray
    """(N,) uint32, changed whenever the image's content changes: it makes thumbnail addresses immutable."""


class ImageStore:
    """Questions to the catalogue; it changes nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._remembered = Remembered(database)

    def count(self, image_filter: ImageFilter = EVERYTHING) -> int:
        """Return how many present images the filter keeps."""
        return self._remembered.get(("count", image_filter), lambda: self._count(image_filter))

    def find(
        self,
        image_filter: ImageFilter = EVERYTHING,
        sort: str = "imported",
        limit: int | None = None,
        offset: int = 0,
        after: str | None = None,
    ) -> list[str]:
        """Return the ids of the images that the filter keeps, in the sort's order.

        With `after`, an image's id, only those that follow it: pages stay whole while images are added.
        """
        question = ("find", image_filter, sort, limit, offset, after)
        return self._remembered.get(question, lambda: self._find(image_filter, sort, limit, offset, after))

    def get(self, image_id: str) -> Image:
        """Return one image with its tags, caption, cluster and metadata.

        Raises:
            ImageNotFound: no image has this id.
        """
        found = self.get_many([image_id])
        if not found:
            raise ImageNotFound(image_id)
        return found[0]

    def get_many(self, image_ids: Sequence[str]) -> list[Image]:
        """Return the images that exist among `image_ids`, in that order."""
        which, asked = _among(image_ids)
        columns = "id, path, folder, name, width, height, format, size_bytes, content_hash, imported_at"
        found = self._rows(f"SELECT {columns}, missing_since IS NOT NULL FROM images WHERE id {which}", asked)
        texts = self._rows(f"SELECT image_id, nullif(text, ''), file_text FROM captions WHERE image_id {which}", asked)
        captions = {image_id: (text, in_file) for image_id, text, in_file in texts}
        copies = dict(self._rows(_COPIES_OF.format(which=which), asked))
        tags = _grouped(self._rows(f"SELECT image_id, tag FROM image_tags WHERE image_id {which} ORDER BY tag", asked))
        pairs = self._rows(f"SELECT image_id, [key, value] FROM metadata WHERE image_id {which} ORDER BY key", asked)
        metadata = _grouped(pairs)
        clusters = {image_id: cluster for image_id, *cluster in self._rows(_CLUSTER_OF.format(which=which), asked)}
        images = {
            row[0]: Image(  # type: ignore[call-arg]
                *row,
                captions.get(row[0], (None, None))[0],
                tuple(tags.get(row[0], ())),
                *clusters.get(row[0], (None, None)),
                dict(metadata.get(row[0], ())),
                captions.get(row[0], (None, None))[1],
                copies.get(row[0], 0),
            )
            for row in found
        }
        return [images[image_id] for image_id in image_ids if image_id in images]

    def tiles(self, image_ids: Sequence[str]) -> TileRows:
        """Return sizes and versions for `image_ids`, leaving out unknown ids."""
        cursor = self._database.read()
        cursor.register("wanted", _numbered(image_ids))
        table: pa.Table = cursor.sql(
            "SELECT w.image_id, i.width, i.height, ('0x' || i.content_hash[:8])::UINTEGER AS version"
            " FROM wanted w JOIN images i ON i.id = w.image_id ORDER BY w.position"
        ).to_arrow_table()
        cursor.close()
        return TileRows(
            table.column("image_id").to_pylist(),
            table.column("width").to_numpy(),
            table.column("height").to_numpy(),
            table.column("version").to_numpy(),
        )

    def require(self, image_ids: Collection[str]) -> None:
        """Check that every id is an image.

        Raises:
            ImageNotFound: for the first one that is not.
        """
        cursor = self._database.read()
        cursor.register("wanted", id_table(list(image_ids)))
        row = cursor.execute(
            "SELECT image_id FROM wanted WHERE image_id NOT IN (SELECT id FROM images) LIMIT 1"
        ).fetchone()
        cursor.close()
        if row is not None:
            raise ImageNotFound(row[0])

    def id_for_path(self, path: str) -> str:
        """Return the id of the image at an absolute path.

        Raises:
            ImageNotFound: no image was imported from there.
        """
        sql = "SELECT id FROM images WHERE path = ? ORDER BY missing_since IS NOT NULL LIMIT 1"
        row = self._database.read().execute(sql, [path]).fetchone()
        if row is None:
            raise ImageNotFound(path)
        return str(row[0])

    def facet(self, field: str, image_filter: ImageFilter = EVERYTHING) -> list[Count]:
        """Count images by `tag`, `cluster` or `folder`: within the filter, and in all.

        A tag narrows, so tags are counted within the whole filter; clusters and folders widen, so each is counted
        within the rest of the filter, and shows what choosing it would add: a folder counts its subfolders' images too.
        """
        return self._remembered.get(("facet", field, image_filter), lambda: self._facet(field, image_filter))

    def skipped(self, source: Path | str | None = None) -> list[SkippedFile]:
        """Return every file that an import passed over, with its reason; of one imported folder, if it is named."""
        rows = self._rows(
            "SELECT path, reason FROM skipped_files WHERE source = coalesce(?, source) ORDER BY path",
            [None if source is None else str(source)],
        )
        return [SkippedFile(*row) for row in rows]

    def sources(self) -> list[str]:
        """Return the folders that were imported, oldest first."""
        return [
            row[0] for row in self._database.read().execute("SELECT path FROM sources ORDER BY added_at").fetchall()
        ]

    def _rows(self, sql: str, parameters: list[object]) -> list[tuple[Any, ...]]:
        return self._database.read().execute(sql, parameters).fetchall()

    def _count(self, image_filter: ImageFilter) -> int:
        condition, parameters = as_sql(image_filter)
        sql = f"WITH {CURRENT_POINTS} SELECT count(*) FROM images i WHERE {condition}"
        return int(self._database.read().execute(sql, parameters).fetchall()[0][0])

    def _find(
        self, image_filter: ImageFilter, sort: str, limit: int | None, offset: int, after: str | None
    ) -> list[str]:
        condition, parameters = as_sql(image_filter)
        if after is not None:
            condition, parameters = f"{condition} AND {_follows(sort)}", [*parameters, after]
        sql = f"WITH {CURRENT_POINTS} SELECT i.id FROM images i WHERE {condition} ORDER BY {SORTS[sort]}"
        if limit is not None:
            sql, parameters = f"{sql} LIMIT ? OFFSET ?", [*parameters, limit, offset]
        table: pa.Table = self._database.read().sql(sql, params=parameters).to_arrow_table()
        return list(table.column(0).to_pylist())

    def _facet(self, field: str, image_filter: ImageFilter) -> list[Count]:
        scope = image_filter if field == "tag" else image_filter.without_field(field)
        condition, parameters = as_sql(scope)
        source, value, label, order = _FACETS[field]
        sql = (
            f"WITH {CURRENT_POINTS}, kept AS (SELECT i.id FROM images i WHERE {condition})"
            f" SELECT {value}::VARCHAR, {label}, count(k.id), count(*) FROM {source}"
            " JOIN images i ON i.id = f.image_id AND i.missing_since IS NULL LEFT JOIN kept k ON k.id = i.id"
            f" GROUP BY ALL ORDER BY {order}"
        )
        return [Count(*row) for row in self._database.read().execute(sql, parameters).fetchall()]


# Other images with the very same file; what is missing has none, and is nobody's.
_COPIES_OF = """
SELECT i.id, count(other.id)
FROM images i JOIN images other ON other.content_hash = i.content_hash AND other.id <> i.id
WHERE i.missing_since IS NULL AND other.missing_since IS NULL AND i.id {which} GROUP BY i.id
"""

_CLUSTER_OF = """
SELECT p.image_id, nullif(p.cluster_id, -1), k.name
FROM map_points p LEFT JOIN clusters k ON k.run_id = p.run_id AND k.id = p.cluster_id
WHERE p.run_id = (FROM current_run) AND p.image_id {which}
"""

# Every image with its folder and each folder above that has images too: what `folder:` keeps. Cut at the separators,
# not compared pair by pair, because collections have thousands of folders.
_FOLDERS_AND_BELOW = r"""
SELECT i.id AS image_id, known.folder
FROM images i
JOIN (
    SELECT folder AS below, unnest([folder[:cut - 1] FOR cut IN range(1, len(folder) + 2)
                                    IF (folder || '/')[cut] IN ('/', '\')]) AS above
    FROM (SELECT DISTINCT folder FROM images)
) parents ON parents.below = i.folder
JOIN (SELECT DISTINCT folder FROM images) known ON rtrim(known.folder, '/\') = parents.above
"""

# field: (rows with an image_id, value, label, order)
_FACETS = {
    "tag": ("image_tags f", "f.tag", "f.tag", "4 DESC, 1"),
    "cluster": (
        "current_points f LEFT JOIN clusters c ON c.run_id = (FROM current_run) AND c.id = f.cluster_id",
        "f.cluster_id",
        "coalesce(c.name, 'No cluster')",
        "min(f.cluster_id) < 0, min(f.cluster_id)",
    ),
    "folder": (f"({_FOLDERS_AND_BELOW}) f", "f.folder", "f.folder", "1"),
}


def _follows(sort: str) -> str:
    """Return the condition that an image comes after the one whose id is its parameter."""
    key, _, tie_break = SORTS[sort].partition(", ")
    comparison = "<" if key.endswith(" DESC") else ">"
    key = key.removesuffix(" DESC")
    ties = f" OR ({key} = last.key AND i.number > last.number)" if tie_break else ""
    last = f"(SELECT {key} AS key, i.number FROM images i WHERE i.id = ?) last"
    return f"EXISTS (SELECT 1 FROM {last} WHERE {key} {comparison} last.key{ties})"


def _numbered(image_ids: Sequence[str]) -> pa.Table:
    positions = pa.array(np.arange(len(image_ids), dtype=np.int64))
    return pa.table({"image_id": pa.array(list(image_ids), pa.string()), "position": positions})


def _among(image_ids: Sequence[str]) -> tuple[str, list[object]]:
    """Return a condition for these ids, and its parameter; one id is looked up in the index."""
    return ("= ?", [image_ids[0]]) if len(image_ids) == 1 else ("IN (SELECT unnest(?))", [list(image_ids)])


def _grouped(rows: Sequence[tuple[str, Any]]) -> dict[str, list[Any]]:
    """Return the second values by the first."""
    groups: dict[str, list[Any]] = {}
    for key, value in rows:
        groups.setdefault(key, []).append(value)
    return groups
