"""Workspaces for the app to run on: a small one of drawn images, and a catalogue of ten thousand."""

import os
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from curate.demo import generate_demo
from curate.ingest.thumbnails import encode_thumbnail
from curate.models import Cluster, ClusterRun
from curate.settings import Settings
from curate.store.runs import MapPoints, next_run_id, write_run
from curate.store.times import utc_now
from curate.workspace import Workspace
from tests.builders import picture
from tests.store.catalogue import add_images

DRAWN = 180
MANY = 10_000
GROUPS = 24
"""Clusters of the large catalogue."""
THUMBNAILS = 48
"""Different thumbnails that the large catalogue's images share."""


def draw_images(folder: Path) -> None:
    """Draw the demo set, and beside it what grids find hard: cut-outs, a panorama, a tower, an icon."""
    generate_demo(folder, DRAWN, seed=7, side=256)
    odd = folder / "odd shapes"
    odd.mkdir()
    for name, colour in (("black cut-out", (0, 0, 0, 255)), ("white cut-out", (255, 255, 255, 255))):
        cut_out = Image.new("RGBA", (320, 320), (*colour[:3], 0))
        ImageDraw.Draw(cut_out).ellipse((90, 90, 230, 230), fill=colour)
        cut_out.save(odd / f"{name}.png")
    picture(1, 1600, 200).save(odd / "panorama.jpg")
    picture(2, 150, 900).save(odd / "tower.jpg")
    picture(3, 24, 24).save(odd / "icon.png")


def make_small_workspace(workspace: Path, images: Path) -> None:
    """Import the folder and cluster it, without UMAP: its compilation would take longer than all the rest."""
    with _opened(workspace) as opened:
        opened.importing.run(images, lambda *_: None, lambda: False)
        parameters = {"reducer": "pca", "min_cluster_size": 5}
        opened.clustering.run(parameters, lambda *_: None, lambda: False)


def make_large_workspace(workspace: Path) -> None:
    """Record ten thousand images in clusters of falling size, each with a vector, a place on the map, a thumbnail."""
    rng = np.random.default_rng(11)
    ids = [f"{number:012x}" for number in range(MANY)]
    group = np.minimum(rng.geometric(0.12, MANY) - 1, GROUPS).astype(np.int16)
    group[group == GROUPS] = -1
    group = _by_falling_size(group)
    with _opened(workspace) as opened:
        add_images(opened.database, ids, folder=str(workspace / "pictures"))
        with opened.database.write() as cursor:
            cursor.execute("UPDATE images SET width = 640, height = 320 + number % 7 * 50")
        centres = rng.normal(size=(GROUPS + 1, opened.encoder.dimension))
        vectors = centres[group] + rng.normal(scale=0.6, size=(MANY, opened.encoder.dimension))
        vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
        rows = opened.embeddings.append_vectors(vectors)
        places = rng.uniform(-0.8, 0.8, (GROUPS + 1, 2))[group] + rng.normal(scale=0.05, size=(MANY, 2))
        places = np.clip(places, -0.97, 0.97).astype(np.float32)
        with opened.database.write() as cursor:
            opened.embeddings.record(cursor, ids, list(rows))
            run_id = next_run_id(cursor)
            clusters = [Cluster(number, f"Group {number}", int((group == number).sum())) for number in range(GROUPS)]
            noise = int((group == -1).sum())
            run = ClusterRun(run_id, "hdbscan", "umap", opened.encoder.name, {}, MANY, GROUPS, noise, 1.0, utc_now())
            write_run(cursor, run, clusters, MapPoints(run_id, ids, places[:, 0], places[:, 1], group))
        _write_pictures(opened, ids, workspace / "pictures")


def _opened(workspace: Path) -> Workspace:
    return Workspace(workspace, Settings(workspace=workspace, encoder="descriptor"))


def _by_falling_size(group: np.ndarray) -> np.ndarray:
    """Number (N,) groups from 0 by falling size; -1 stays."""
    names, sizes = np.unique(group[group >= 0], return_counts=True)
    order = names[np.argsort(-sizes, kind="stable")]
    rank = np.full(GROUPS + 1, -1, np.int16)
    rank[order] = np.arange(len(order), dtype=np.int16)
    return rank[group]


def _write_pictures(opened: Workspace, ids: list[str], folder: Path) -> None:
    """Give every image a file and a thumbnail: links to a few, as ten thousand of each would take long to write."""
    folder.mkdir()
    for number, image_id in enumerate(ids):
        goal = opened.thumbnails.path(image_id)
        if number < THUMBNAILS:
            opened.thumbnails.write(image_id, encode_thumbnail(picture(number, 384, 192)))
        else:
            goal.parent.mkdir(parents=True, exist_ok=True)
            os.link(opened.thumbnails.path(ids[number % THUMBNAILS]), goal)
        os.link(goal, folder / f"{image_id}.jpg")
