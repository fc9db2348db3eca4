"""Puts plain rows into the catalogue, for tests that need images on record but no pixels."""

from collections.abc import Sequence

import pyarrow as pa

from curate.store.database import Database
from curate.store.times import utc_now


def add_images(database: Database, image_ids: Sequence[str], *, folder: str = "/pictures") -> None:
    """Record images that are 100 × 50 pixels, in this order, in one folder."""
    first = database.read().execute("SELECT coalesce(max(number), 0) FROM images").fetchall()[0][0]
    count = len(image_ids)
    table = pa.table(
        {
            "id": list(image_ids),
            "number": range(first + 1, first + count + 1),
            "path": [f"{folder}/{image_id}.jpg" for image_id in image_ids],
            "folder": [folder] * count,
            "source": ["/pictures"] * count,
            "name": [f"{image_id}.jpg" for image_id in image_ids],
            "size_bytes": [1000] * count,
            "modified_ns": [1] * count,
            "content_hash": [f"{number:032x}" for number in range(first, first + count)],
            "width": [100] * count,
            "height": [50] * count,
            "format": ["JPEG"] * count,
            "has_alpha": [False] * count,
            "perceptual_hash": pa.array([0] * count, pa.uint64()),
            "sharpness": [1.0] * count,
            "brightness": [0.5] * count,
            "contrast": [0.2] * count,
            "imported_at": [utc_now()] * count,
        }
    )
    with database.write() as cursor:
        cursor.register("incoming", table)
        cursor.execute("INSERT INTO images BY NAME SELECT * FROM incoming")


def add_run(database: Database, cluster_of: dict[str, int]) -> None:
    """Record a clustering run with these clusters, named "Cluster 0" and so on, and show it."""
    clusters = sorted({cluster for cluster in cluster_of.values() if cluster >= 0})
    with database.write() as cursor:
        run_id = cursor.execute("SELECT nextval('run_id')").fetchall()[0][0]
        cursor.execute(
            "INSERT INTO cluster_runs VALUES (?, 'hdbscan', 'umap', 'test', '{}', ?, ?, 0, 1.0, ?)",
            [run_id, len(cluster_of), len(clusters), utc_now()],
        )
        for cluster in clusters:
            size = list(cluster_of.values()).count(cluster)
            cursor.execute("INSERT INTO clusters VALUES (?, ?, ?, ?)", [run_id, cluster, f"Cluster {cluster}", size])
        for position, (image_id, cluster) in enumerate(cluster_of.items()):
            cursor.execute(
                "INSERT INTO map_points (run_id, position, image_id, x, y, cluster_id) VALUES (?, ?, ?, 0, 0, ?)",
                [run_id, position, image_id, cluster],
            )
        cursor.execute("INSERT OR REPLACE INTO current_runs VALUES ('test', ?)", [run_id])
        cursor.execute("INSERT OR REPLACE INTO meta VALUES ('active_encoder', 'test')")
