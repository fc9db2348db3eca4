from pathlib import Path

import duckdb
import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from curate.clustering.service import ClusteringService
from curate.embedding.service import ImageEmbeddingService
from curate.errors import (
    ClusterNotFound,
    EmbeddingMissing,
    ImageNotFound,
    InvalidInput,
    InvalidParameter,
    JobCancelled,
    NotClustered,
    NotReady,
    RunNotFound,
)
from curate.store import runs
from curate.store.database import Database
from curate.store.images import ImageStore
from curate.store.runs import MapPoints
from tests.clustering.given_groups import groups
from tests.similarity.given_vectors import embedding_service, give, unit
from tests.store.catalogue import add_images

D = 32
QUICK = {"reducer": "pca", "seed": 1}
"""Two or three groups are as plain on PCA's axes as on UMAP's map."""


@pytest.fixture
def embeddings(database: Database, tmp_path: Path) -> ImageEmbeddingService:
    return embedding_service(database, tmp_path / "embeddings", D)


@pytest.fixture
def clustering(database: Database, embeddings: ImageEmbeddingService, tmp_path: Path) -> ClusteringService:
    """A service over 90 images, a0 to c29, in three groups, the first with a caption each."""
    give(database, embeddings, three_groups())
    with database.write() as cursor:
        cursor.execute(
            "INSERT INTO captions SELECT id, 'A red dress', 'user', imported_at, NULL, NULL FROM images"
            " WHERE id LIKE 'a%'"
        )
    return ClusteringService(database, embeddings, tmp_path)


def three_groups() -> dict[str, np.ndarray]:
    vectors, group = groups(3, 30, D)
    return {f"{'abc'[g]}{row // 3}": vector for row, (g, vector) in enumerate(zip(group, vectors, strict=True))}


def test_images_that_resemble_nothing_are_noise_although_the_map_draws_them_in(
    database: Database, embeddings: ImageEmbeddingService, tmp_path: Path
) -> None:
    vectors, truth = groups(12, 60, D * 4, noise=0.5)
    strays = unit(np.random.default_rng(5).normal(size=(180, D * 4)))
    ids = [f"{row:04}" for row in range(900)]

    service = ClusteringService(database, embeddings, tmp_path)
    found = service.run_clustering(dict(zip(ids, np.concatenate([vectors, strays]), strict=True)))

    clusters = np.array([found[image_id] for image_id in ids])
    assert adjusted_rand_score(truth, clusters[:720]) >= 0.97
    assert (clusters[720:] == -1).mean() >= 0.85
    assert adjusted_rand_score([*truth, *[-1] * 180], clusters) >= 0.9


def test_a_run_keeps_how_firmly_each_image_is_in_its_cluster(clustering: ClusteringService, database: Database) -> None:
    run = clustering.run(QUICK)

    rows = (
        database.read()
        .execute("SELECT cluster_id, membership, outlier_score FROM map_points WHERE run_id = ?", [run.id])
        .fetchnumpy()
    )
    assert (rows["membership"][rows["cluster_id"] >= 0] >= 0.5).all()
    assert (rows["membership"][rows["cluster_id"] < 0] < 0.5).all()
    assert (rows["outlier_score"].min(), rows["outlier_score"].max()) == (0, 1)


def test_clustering_a_dict_finds_its_groups_and_stores_nothing(clustering: ClusteringService) -> None:
    found = clustering.run_clustering({image_id: 3 * vector for image_id, vector in three_groups().items()})
    assert len(set(found.values()) - {-1}) == 3
    assert all(len({found[f"{letter}{row}"] for row in range(30)} - {-1}) == 1 for letter in "abc")
    assert clustering.current_run() is None


def test_clustering_nothing_gives_nothing(clustering: ClusteringService) -> None:
    assert clustering.run_clustering({}) == {}


@pytest.mark.parametrize("images", [1, 2, 3, 5, 12])
def test_any_number_of_images_can_be_clustered(clustering: ClusteringService, images: int) -> None:
    few = dict(list(three_groups().items())[:images])
    assert list(clustering.run_clustering(few)) == list(few)


def test_copies_of_one_image_make_one_cluster(clustering: ClusteringService) -> None:
    copies = {f"copy-{number}": three_groups()["a0"] for number in range(40)}
    assert set(clustering.run_clustering(copies).values()) == {0}


@pytest.mark.parametrize("odd", [np.full(D, np.nan), np.ones(D - 1), np.ones((2, D))])
def test_odd_vectors_are_refused(clustering: ClusteringService, odd: np.ndarray) -> None:
    with pytest.raises(InvalidInput):
        clustering.run_clustering({**three_groups(), "odd": odd})


def test_a_run_is_kept_with_its_clusters_its_map_and_what_it_takes_to_repeat_it(
    clustering: ClusteringService, database: Database, embeddings: ImageEmbeddingService, tmp_path: Path
) -> None:
    run = clustering.run(QUICK)
    again = ClusteringService(database, embeddings, tmp_path)
    assert again.current_run() == run
    assert again.runs() == [run]
    assert (run.images, run.clusters, run.encoder, run.reducer) == (90, 3, "colour", "pca")
    assert run.parameters["min_cluster_size"] == 9
    assert sum(cluster.size for cluster in again.clusters()) + run.noise == 90
    points = again.map_points()
    assert points.image_ids == list(three_groups())
    assert (points.x.dtype, points.y.dtype, points.cluster_ids.dtype) == (np.float32, np.float32, np.int16)
    assert max(np.abs(points.x).max(), np.abs(points.y).max()) < 1


def test_clusters_come_by_falling_size_with_their_names(clustering: ClusteringService) -> None:
    clustering.run({**QUICK, "algorithm": "kmeans", "n_clusters": 3})
    assert [cluster.size for cluster in clustering.clusters()] == [30, 30, 30]
    named = {cluster.name: clustering.members(cluster.id) for cluster in clustering.clusters()}
    assert sorted(named["Red dress"]) == sorted(f"a{row}" for row in range(30))
    assert [cluster.id for cluster in clustering.clusters()] == [0, 1, 2]


def test_a_seed_makes_a_run_repeat_exactly(clustering: ClusteringService) -> None:
    clustering.run({"seed": 5})
    first = clustering.map_points()
    clustering.run({"seed": 5})
    second = clustering.map_points()
    assert first.run_id != second.run_id
    np.testing.assert_array_equal(first.xy, second.xy)
    np.testing.assert_array_equal(first.cluster_ids, second.cluster_ids)


def test_members_and_an_images_cluster_agree(clustering: ClusteringService) -> None:
    clustering.run(QUICK)
    for cluster in (-1, 0, 1, 2):
        assert {clustering.get_cluster_for_image(image_id) for image_id in clustering.members(cluster)} <= {cluster}
    with pytest.raises(ClusterNotFound):
        clustering.members(3)
    with pytest.raises(ImageNotFound):
        clustering.get_cluster_for_image("nobody")


def test_before_the_first_run_there_is_no_map(clustering: ClusteringService) -> None:
    assert clustering.clusters() == []
    assert clustering.place_new_images() == 0
    for ask in (
        clustering.map_points,
        lambda: clustering.members(0),
        lambda: clustering.get_cluster_for_image("a0"),
        lambda: clustering.inside_box(0, 0, 1, 1),
    ):
        with pytest.raises(NotClustered):
            ask()


def test_an_older_run_keeps_its_map_and_an_unknown_one_is_refused(clustering: ClusteringService) -> None:
    first = clustering.run(QUICK)
    clustering.run({**QUICK, "algorithm": "kmeans", "n_clusters": 2})
    assert clustering.map_points(first.id).cluster_ids.max() == 2
    assert clustering.map_points().cluster_ids.max() == 1
    with pytest.raises(RunNotFound):
        clustering.map_points(99)


def test_a_run_that_is_stopped_or_refused_changes_nothing(clustering: ClusteringService) -> None:
    before = clustering.run(QUICK)
    answers = iter([False, False, True])
    with pytest.raises(JobCancelled):
        clustering.run(QUICK, cancelled=lambda: next(answers))
    with pytest.raises(InvalidParameter):
        clustering.run({"min_cluster_size": 91})
    assert clustering.runs() == [before]
    assert len(clustering.map_points()) == 90


def test_progress_rises_to_the_end(clustering: ClusteringService) -> None:
    seen: list[tuple[int, int, str]] = []
    clustering.run({"seed": 1}, progress=lambda done, total, message: seen.append((done, total, message)))
    assert [done for done, _, _ in seen] == sorted(done for done, _, _ in seen)
    assert seen[-1] == (100, 100, "3 clusters")
    assert {"Comparing images", "Drawing the map", "Finding clusters", "Naming clusters"} <= {m for _, _, m in seen}


def test_a_workspace_without_embeddings_says_what_to_do(
    database: Database, embeddings: ImageEmbeddingService, tmp_path: Path
) -> None:
    with pytest.raises(NotReady, match="Import a folder"):
        ClusteringService(database, embeddings, tmp_path).run()


def test_new_images_join_the_cluster_of_their_neighbours_and_are_counted(
    clustering: ClusteringService, database: Database, embeddings: ImageEmbeddingService
) -> None:
    clustering.run({**QUICK, "algorithm": "kmeans", "n_clusters": 3})
    home = clustering.get_cluster_for_image("b0")
    vectors = three_groups()
    give(database, embeddings, {"new-1": vectors["b0"] + vectors["b1"], "new-2": vectors["b2"] + vectors["b3"]})

    assert clustering.place_new_images() == 2

    assert clustering.place_new_images() == 0
    assert clustering.members(home)[-2:] == ["new-1", "new-2"]
    assert clustering.clusters()[0].id == home
    assert clustering.clusters()[0].size == 32
    run = clustering.current_run()
    assert run is not None
    assert run.images == 92
    points = clustering.map_points()
    assert points.image_ids[90:] == ["new-1", "new-2"]
    at_home = points.xy[:90][points.cluster_ids[:90] == home]
    assert (points.xy[90:] >= at_home.min(axis=0)).all()
    assert (points.xy[90:] <= at_home.max(axis=0)).all()


def test_asking_for_the_cluster_of_a_new_image_places_it(
    clustering: ClusteringService, database: Database, embeddings: ImageEmbeddingService
) -> None:
    clustering.run({**QUICK, "algorithm": "kmeans", "n_clusters": 3})
    give(database, embeddings, {"new": three_groups()["c0"]})
    assert clustering.get_cluster_for_image("new") == clustering.get_cluster_for_image("c0")
    add_images(database, ["unseen"])
    with pytest.raises(EmbeddingMissing):
        clustering.get_cluster_for_image("unseen")


def test_outlines_and_boxes_give_positions_on_the_map(clustering: ClusteringService) -> None:
    clustering.run(QUICK)
    points = clustering.map_points()
    everything = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    assert clustering.inside_polygon(everything).tolist() == list(range(90))
    left = clustering.inside_box(-1, -1, 0, 1)
    np.testing.assert_array_equal(left, np.flatnonzero(points.x <= 0))
    for bad in ([[0, 0], [1, 1]], [[0, 0], [1, np.nan], [1, 1]], [0, 1, 2]):
        with pytest.raises(InvalidInput, match="at least three corners"):
            clustering.inside_polygon(np.array(bad))


def test_placing_images_never_starts_from_a_map_that_a_reader_remembered(
    clustering: ClusteringService,
    database: Database,
    embeddings: ImageEmbeddingService,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = clustering.run(QUICK)
    vectors = three_groups()
    read = runs.read_points

    def read_while_images_are_placed(cursor: duckdb.DuckDBPyConnection, run_id: int) -> MapPoints:
        """Answer a slow reader with the map as it was before the images that are placed meanwhile."""
        monkeypatch.setattr(runs, "read_points", read)
        before = read(cursor, run_id)
        give(database, embeddings, {"new-1": vectors["b0"]})
        assert clustering.place_new_images() == 1
        return before

    with database.write() as cursor:
        cursor.execute("UPDATE images SET sharpness = 2")
    monkeypatch.setattr(runs, "read_points", read_while_images_are_placed)
    clustering.map_points(run.id)
    give(database, embeddings, {"new-2": vectors["b1"]})

    assert clustering.place_new_images() == 1
    assert clustering.map_points().image_ids[90:] == ["new-1", "new-2"]


def test_an_image_has_one_place_on_a_map(clustering: ClusteringService, database: Database) -> None:
    clustering.run(QUICK)
    with pytest.raises(duckdb.ConstraintException), database.write() as cursor:
        runs.add_points(cursor, clustering.map_points(), first_position=90)


def test_missing_images_are_neither_members_nor_counted(
    clustering: ClusteringService, database: Database, images: ImageStore
) -> None:
    clustering.run({**QUICK, "algorithm": "kmeans", "n_clusters": 3})
    home, lost = clustering.get_cluster_for_image("a0"), clustering.get_cluster_for_image("b0")
    with database.write() as cursor:
        cursor.execute("UPDATE images SET missing_since = imported_at WHERE id = 'a0' OR id LIKE 'b%'")

    assert sorted(clustering.members(home)) == sorted(f"a{row}" for row in range(1, 30))
    sizes = {cluster.id: cluster.size for cluster in clustering.clusters()}
    assert sizes == {int(count.value): count.total for count in images.facet("cluster")}
    assert sizes[home] == 29
    assert lost not in sizes
    with pytest.raises(ClusterNotFound):
        clustering.members(lost)
    run = clustering.current_run()
    assert run is not None
    assert (run.images, run.clusters) == (59, 2)
    assert len(clustering.map_points()) == 90


def test_a_stop_after_the_map_is_saved_comes_too_late(clustering: ClusteringService) -> None:
    run = clustering.run(QUICK, cancelled=lambda: clustering.current_run() is not None)
    assert clustering.current_run() == run


def test_an_outline_can_be_drawn_on_an_older_map(clustering: ClusteringService) -> None:
    first = clustering.run(QUICK)
    clustering.run({"seed": 3})
    older = clustering.map_points(first.id)
    left = np.array([[-1, -1], [0, -1], [0, 1], [-1, 1]])
    assert clustering.inside_polygon(left, first.id).tolist() == np.flatnonzero(older.x < 0).tolist()
    assert clustering.inside_polygon(left).tolist() == np.flatnonzero(clustering.map_points().x < 0).tolist()
