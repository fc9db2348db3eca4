import threading
import warnings

import numpy as np
import pytest

from curate.clustering.assign import by_falling_size, hdbscan_clusters, kmeans_clusters, number_of_clusters
from curate.clustering.knn_graph import knn_graph
from curate.clustering.placement import place
from curate.clustering.reduce import pca_layout, umap_layout
from tests.clustering.given_groups import groups


def test_the_graph_holds_each_images_nearest_others_in_order() -> None:
    vectors, _ = groups(3, 40)
    graph = knn_graph(vectors, 5)
    distances = 1 - vectors.astype(np.float64) @ vectors.T
    np.fill_diagonal(distances, np.inf)
    np.testing.assert_array_equal(graph.indices, np.argsort(distances, axis=1)[:, :5])
    np.testing.assert_allclose(graph.distances, np.sort(distances, axis=1)[:, :5], atol=1e-6)


def test_an_image_with_many_copies_is_never_its_own_neighbour() -> None:
    vectors = np.repeat(groups(1, 1)[0], 50, axis=0)
    graph = knn_graph(vectors, 8)
    assert graph.indices.shape == (50, 8)
    assert not (graph.indices == np.arange(50)[:, None]).any()


@pytest.mark.parametrize(("images", "k"), [(0, 0), (1, 0), (2, 1), (5, 4)])
def test_few_images_have_as_many_neighbours_as_there_are(images: int, k: int) -> None:
    graph = knn_graph(groups(1, 5)[0][:images], 14)
    assert graph.indices.shape == graph.distances.shape == (images, k)


@pytest.mark.parametrize("images", [0, 1, 2, 3, 9, 10, 11, 14, 17])
def test_any_number_of_images_gets_a_layout_without_a_warning(images: int) -> None:
    vectors = groups(1, 20)[0][:images]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for layout in (umap_layout(vectors, knn_graph(vectors, 14), min_dist=0.1), pca_layout(vectors)):
            assert layout.shape == (images, 2)
            assert layout.dtype == np.float32
            assert np.isfinite(layout).all()


@pytest.mark.parametrize("different", [1, 2, 12])
def test_many_copies_of_few_images_get_a_layout(different: int) -> None:
    vectors = np.repeat(groups(1, different)[0], 40, axis=0)
    assert np.isfinite(umap_layout(vectors, knn_graph(vectors, 14), min_dist=0.1)).all()


def test_a_seed_makes_the_layout_repeat_exactly() -> None:
    vectors, _ = groups(4, 30)
    graph = knn_graph(vectors, 14)
    first, second, other = (umap_layout(vectors, graph, min_dist=0.1, seed=seed) for seed in (7, 7, 8))
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)


def test_drawing_reports_how_far_it_is_and_stops_when_asked_to() -> None:
    vectors, _ = groups(20, 60)
    graph = knn_graph(vectors, 14)
    seen: list[tuple[int, int]] = []
    umap_layout(vectors, graph, min_dist=0.1, seed=1, step=lambda done, total: seen.append((done, total)))
    assert seen == sorted(seen)
    assert seen[-1] == (500, 500)

    def stop(done: int, total: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        umap_layout(vectors, graph, min_dist=0.1, seed=1, step=stop)


def test_two_threads_may_draw_at_once() -> None:
    vectors, _ = groups(4, 30)
    graph = knn_graph(vectors, 14)
    layouts: list[np.ndarray] = []
    threads = [
        threading.Thread(target=lambda: layouts.append(umap_layout(vectors, graph, min_dist=0.1))) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(layout) for layout in layouts] == [120] * 3


def test_hdbscan_finds_the_groups_and_leaves_strays_over() -> None:
    rng = np.random.default_rng(1)
    centres = np.array([[0, 0], [20, 0], [0, 20]])
    positions = np.concatenate([np.repeat(centres, [50, 40, 30], axis=0) + rng.normal(size=(120, 2)), [[60, 60]]])
    found = hdbscan_clusters(positions.astype(np.float32), 15, 5)
    assert found[-1] == -1
    assert [int((found == cluster).sum()) >= size - 6 for cluster, size in enumerate((50, 40, 30))] == [True] * 3


def test_too_few_images_for_a_cluster_are_all_noise() -> None:
    assert hdbscan_clusters(np.zeros((2, 2), np.float32), 3, 5).tolist() == [-1, -1]


def test_copies_of_one_image_are_one_cluster() -> None:
    assert hdbscan_clusters(np.zeros((30, 2), np.float32), 3, 5).tolist() == [0] * 30


@pytest.mark.parametrize("number", [2, 5, 12])
def test_kmeans_finds_how_many_groups_there_are(number: int) -> None:
    vectors, group = groups(number, 30)
    positions = umap_layout(vectors, knn_graph(vectors, 14), min_dist=0.1, seed=1)
    assert number_of_clusters(positions) == number
    found = kmeans_clusters(positions, None)
    assert len({(a, b) for a, b in zip(group, found.tolist(), strict=True)}) == number


@pytest.mark.parametrize("images", [0, 1, 2, 3, 5])
def test_kmeans_takes_any_number_of_images(images: int) -> None:
    assert kmeans_clusters(groups(1, 5)[0][:images], None).shape == (images,)


def test_kmeans_puts_copies_of_one_image_together() -> None:
    assert kmeans_clusters(np.ones((20, 4), np.float32), None).tolist() == [0] * 20


def test_clusters_are_numbered_by_falling_size_and_noise_stays() -> None:
    assert by_falling_size(np.array([5, 2, 2, -1, 9, 9, 9, 5])).tolist() == [1, 2, 2, -1, 0, 0, 0, 1]
    assert by_falling_size(np.array([-1, -1])).tolist() == [-1, -1]


def test_new_images_land_in_the_midst_of_their_group() -> None:
    vectors, group = groups(4, 60)
    graph = knn_graph(vectors, 14)
    positions = umap_layout(vectors, graph, min_dist=0.1, seed=1)
    later = np.arange(len(vectors)) % 10 == 0
    places, clusters = place(vectors[later], vectors[~later], positions[~later], group[~later])
    assert (clusters == group[later]).mean() > 0.99
    spread = np.ptp(positions, axis=0).max()
    assert np.quantile(np.linalg.norm(places - positions[later], axis=1), 0.95) < spread / 8
