"""What both engines promise."""

import numpy as np
import pytest

from curate.similarity.faiss_index import FaissIndex
from curate.similarity.faiss_index import nearest_rows as faiss_nearest_rows
from curate.similarity.index import VectorIndex
from curate.similarity.sklearn_index import SklearnIndex
from curate.similarity.sklearn_index import nearest_rows as sklearn_nearest_rows
from tests.similarity.given_vectors import unit

D = 16


@pytest.fixture(params=[FaissIndex, SklearnIndex])
def index(request: pytest.FixtureRequest) -> VectorIndex:
    return request.param(D)


@pytest.fixture
def vectors() -> np.ndarray:
    return unit(np.random.default_rng(1).normal(size=(500, D)))


def ids(count: int) -> list[str]:
    return [f"image-{number:06}" for number in range(count)]


def best(vectors: np.ndarray, query: np.ndarray, top_k: int) -> list[str]:
    scores = vectors.astype(np.float64) @ query.astype(np.float64)
    return [ids(len(vectors))[row] for row in np.argsort(-scores)[:top_k]]


def test_the_nearest_come_first_with_their_cosines(index: VectorIndex, vectors: np.ndarray) -> None:
    index.add(ids(500), vectors)
    found, scores = index.search(vectors[7], 20)
    assert found == best(vectors, vectors[7], 20)
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores, np.sort(vectors @ vectors[7])[::-1][:20], atol=1e-6)


def test_equal_images_are_ordered_by_id_also_at_the_cut(index: VectorIndex, vectors: np.ndarray) -> None:
    copies = np.repeat(vectors[:1], 300, axis=0)
    shuffled = np.random.default_rng(2).permutation(ids(300)).tolist()
    index.add(["other", *shuffled], np.concatenate([-vectors[:1], copies]))
    assert index.search(vectors[0], 10)[0] == ids(300)[:10]


def test_a_filter_still_gives_as_many_as_asked_for(index: VectorIndex, vectors: np.ndarray) -> None:
    index.add(ids(500), vectors)
    farthest = best(vectors, vectors[7], 500)[-30:]
    assert index.search(vectors[7], 20, allowed=set(farthest))[0] == farthest[:20]


def test_a_filter_may_name_unknown_images_or_none_at_all(index: VectorIndex, vectors: np.ndarray) -> None:
    index.add(ids(500), vectors)
    assert index.search(vectors[7], 20, allowed=["nobody", "image-000003"])[0] == ["image-000003"]
    assert index.search(vectors[7], 20, allowed=[])[0] == []


def test_adding_an_id_again_replaces_its_vector(index: VectorIndex, vectors: np.ndarray) -> None:
    index.add(ids(10), vectors[:10])
    index.add(["image-000003"], vectors[11:12])
    assert len(index) == 10
    assert index.search(vectors[11], 1)[0] == ["image-000003"]
    assert index.search(vectors[3], 1)[1][0] < 0.99


def test_of_an_id_given_twice_at_once_the_last_vector_counts(index: VectorIndex, vectors: np.ndarray) -> None:
    index.add(["same", "same"], vectors[:2])
    assert len(index) == 1
    assert index.search(vectors[1], 1)[1][0] == pytest.approx(1, abs=1e-6)


def test_removed_images_are_not_found_and_the_others_keep_their_vectors(
    index: VectorIndex, vectors: np.ndarray
) -> None:
    index.add(ids(500), vectors)
    gone = set(ids(500)[::3])
    index.remove([*gone, "nobody"])
    assert len(index) == 500 - len(gone)
    expected = [image_id for image_id in best(vectors, vectors[7], 500) if image_id not in gone]
    assert index.search(vectors[7], 25)[0] == expected[:25]


def test_an_empty_index_finds_nothing(index: VectorIndex, vectors: np.ndarray) -> None:
    found, scores = index.search(vectors[0], 5)
    assert found == []
    assert scores.shape == (0,)
    index.add([], vectors[:0])
    index.remove(["nobody"])
    assert len(index) == 0


def test_asking_for_more_than_there_are_gives_all(index: VectorIndex, vectors: np.ndarray) -> None:
    index.add(ids(5), vectors[:5])
    assert sorted(index.search(vectors[0], 100)[0]) == ids(5)


def test_float64_queries_and_vectors_are_taken(index: VectorIndex, vectors: np.ndarray) -> None:
    index.add(ids(50), vectors[:50].astype(np.float64))
    assert index.search(vectors[7].astype(np.float64), 5)[0] == best(vectors[:50], vectors[7], 5)


def test_both_engines_find_the_same_rows_for_many_queries(vectors: np.ndarray) -> None:
    rows, scores = faiss_nearest_rows(vectors[:40], vectors, 6)
    other_rows, other_scores = sklearn_nearest_rows(vectors[:40], vectors, 6)
    np.testing.assert_array_equal(rows, other_rows)
    np.testing.assert_allclose(scores, other_scores, atol=1e-5)


def test_a_search_leaves_the_number_of_threads_as_it_was(vectors: np.ndarray) -> None:
    import faiss

    index = FaissIndex(D)
    index.add(ids(50), vectors[:50])
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(2)
    try:
        index.search(vectors[0], 5)
        assert faiss.omp_get_max_threads() == 2
    finally:
        faiss.omp_set_num_threads(before)
