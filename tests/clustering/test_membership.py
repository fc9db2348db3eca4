import numpy as np
import pytest

from curate.clustering.knn_graph import KnnGraph, knn_graph
from curate.clustering.membership import memberships, outlier_scores, without_strays
from curate.models import NOISE

GROUPS = 8
MEMBERS = 60
STRAYS = 120


def unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def drawn_in(spread: float, strays_per_cluster: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, KnnGraph]:
    """Return vectors, true groups, the clusters of a map that draws strays in, and the graph.

    So many strays are in each cluster, and the others in clusters of their own, as UMAP leaves them.
    """
    random = np.random.default_rng(3)
    centres = random.normal(size=(GROUPS, 128))
    members = np.repeat(centres, MEMBERS, axis=0)
    strays = random.normal(size=(STRAYS, 128))
    vectors = unit(np.concatenate([members + spread * random.normal(size=members.shape), strays]))
    truth = np.repeat(np.arange(GROUPS + 1), [MEMBERS] * GROUPS + [STRAYS])
    clusters = truth.copy()
    clusters[len(members) :] = GROUPS + np.arange(STRAYS) // 30
    drawn = len(members) + np.arange(GROUPS * strays_per_cluster)
    clusters[drawn] = np.arange(len(drawn)) % GROUPS
    return vectors, np.where(truth == GROUPS, NOISE, truth), clusters, knn_graph(vectors, 14)


@pytest.mark.parametrize("spread", [0.2, 0.5, 0.9])
@pytest.mark.parametrize("strays_per_cluster", [0, 2, 12])
def test_strays_become_noise_and_members_stay(spread: float, strays_per_cluster: int) -> None:
    vectors, truth, clusters, graph = drawn_in(spread, strays_per_cluster)

    kept = without_strays(clusters, memberships(vectors, clusters, graph), fewest=15)

    strays = truth == NOISE
    assert (kept[strays] == NOISE).mean() >= 0.95
    assert (kept[~strays] == truth[~strays]).mean() >= 0.97


def test_a_membership_is_one_in_the_core_and_falls_outwards() -> None:
    vectors, truth, clusters, graph = drawn_in(0.5, 0)

    membership = memberships(vectors, clusters, graph)

    members = truth == 0
    centre = vectors[members].mean(axis=0)
    cosines = vectors[members] @ centre
    assert membership[members].max() == 1
    assert np.corrcoef(cosines, membership[members])[0, 1] > 0.5
    assert membership[truth == NOISE].max() < 0.5


def test_where_all_is_noise_nobody_is_a_member() -> None:
    vectors, _, clusters, graph = drawn_in(0.5, 0)

    assert not memberships(vectors, np.full_like(clusters, NOISE), graph).any()


def test_an_image_with_near_neighbours_is_no_stray_however_tight_the_core() -> None:
    random = np.random.default_rng(2)
    centre, other = random.normal(size=(2, 64))
    copies, alike = centre + 0.02 * random.normal(size=(60, 64)), centre + 0.3 * random.normal(size=(40, 64))
    vectors = unit(np.concatenate([copies, alike, other + 0.3 * random.normal(size=(60, 64))]))
    clusters = np.repeat([0, 1], [100, 60])

    kept = without_strays(clusters, memberships(vectors, clusters, knn_graph(vectors, 14)), fewest=15)

    assert (kept == clusters).all()


def test_noise_has_no_membership() -> None:
    vectors, _, clusters, graph = drawn_in(0.5, 0)
    clusters[:10] = NOISE

    assert not memberships(vectors, clusters, graph)[:10].any()


def test_a_big_loose_cluster_with_a_tight_core_keeps_its_members() -> None:
    random = np.random.default_rng(1)
    centre = random.normal(size=64)
    tight, loose = centre + 0.1 * random.normal(size=(30, 64)), centre + 0.6 * random.normal(size=(90, 64))
    vectors = unit(np.concatenate([tight, loose, random.normal(size=(200, 64))]))
    clusters = np.repeat([0, NOISE], [120, 200])

    kept = without_strays(clusters, memberships(vectors, clusters, knn_graph(vectors, 14)), fewest=15)

    assert (kept[:120] == 0).mean() > 0.9


def test_equal_images_are_all_of_their_cluster() -> None:
    vectors = np.tile(unit(np.ones((1, 8))), (40, 1))
    clusters = np.zeros(40, int)

    assert (memberships(vectors, clusters, knn_graph(vectors, 14)) == 1).all()


@pytest.mark.parametrize("images", [0, 1, 2])
def test_hardly_any_images_are_no_strays(images: int) -> None:
    vectors = unit(np.eye(2, 4))[:images]
    clusters = np.zeros(images, int)
    graph = knn_graph(vectors, 14)

    assert len(memberships(vectors, clusters, graph)) == images
    assert outlier_scores(graph).shape == (images,)


def test_the_image_that_is_farthest_from_all_has_the_highest_outlier_score() -> None:
    _, truth, _, graph = drawn_in(0.3, 0)

    scores = outlier_scores(graph)

    assert scores.max() == 1
    assert scores[truth == NOISE].min() > scores[truth != NOISE].max()


def test_a_cluster_that_keeps_too_few_members_is_dissolved() -> None:
    clusters = np.repeat([0, 1], [20, 20])
    membership = np.ones(40, np.float32)
    membership[25:] = 0.2

    assert without_strays(clusters, membership, fewest=10).tolist() == [0] * 20 + [NOISE] * 20
