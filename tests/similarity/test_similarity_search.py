from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from curate.embedding.service import ImageEmbeddingService
from curate.errors import EmbeddingMissing, ImageNotFound, InvalidParameter, TextNotSupported
from curate.similarity.service import SimilaritySearchService
from curate.similarity.sklearn_index import SklearnIndex
from curate.store.database import Database
from tests.similarity.given_vectors import embedding_service, give
from tests.store.catalogue import add_images

COLOURS = {"red": (1, 0, 0), "rose": (0.9, 0.2, 0.2), "orange": (1, 0.5, 0), "green": (0, 1, 0), "blue": (0, 0, 1)}


@pytest.fixture
def embeddings(database: Database, tmp_path: Path) -> ImageEmbeddingService:
    service = embedding_service(database, tmp_path / "embeddings")
    give(database, service, COLOURS)
    return service


@pytest.fixture
def similarity(database: Database, embeddings: ImageEmbeddingService) -> SimilaritySearchService:
    return SimilaritySearchService(database, embeddings)


def test_similar_images_come_best_first_without_the_image_itself(similarity: SimilaritySearchService) -> None:
    assert similarity.find_similar("red") == ["rose", "orange", "blue", "green"]
    assert similarity.find_similar("red", top_k=1) == ["rose"]


def test_a_hit_says_its_cosine_its_rank_and_where_its_file_is(similarity: SimilaritySearchService) -> None:
    results = similarity.search("red", top_k=2)
    assert [hit.rank for hit in results.hits] == [1, 2]
    assert results.hits[1].path == "/pictures/orange.jpg"
    assert results.hits[1].score == pytest.approx(1 / np.sqrt(1.25), abs=1e-6)
    assert results.encoder == "colour"


def test_a_text_finds_what_it_names(similarity: SimilaritySearchService) -> None:
    assert similarity.search(text="something green").image_ids[0] == "green"


def test_a_text_bends_the_search_by_an_image(similarity: SimilaritySearchService) -> None:
    assert similarity.search("red", text="green", top_k=1).image_ids == ["orange"]


def test_several_positives_find_what_lies_between_them_and_are_not_returned(
    similarity: SimilaritySearchService,
) -> None:
    assert similarity.search(positives=["red", "green"]).image_ids == ["orange", "rose", "blue"]


def test_negatives_push_away_by_half_their_mean_and_are_not_returned(similarity: SimilaritySearchService) -> None:
    results = similarity.search("orange", negatives=["green"])
    assert results.image_ids == ["red", "rose", "blue"]
    query = np.array([1, 0.5, 0]) / np.sqrt(1.25) - 0.5 * np.array([0, 1, 0])
    assert results.hits[0].score == pytest.approx(query[0] / np.linalg.norm(query), abs=1e-6)


def test_only_allowed_images_are_returned_and_no_fewer_than_there_are(similarity: SimilaritySearchService) -> None:
    assert similarity.search("red", allowed={"red", "green", "blue"}, top_k=2).image_ids == ["blue", "green"]


def test_an_encoder_without_a_text_tower_says_so(database: Database, tmp_path: Path) -> None:
    embeddings = embedding_service(database, tmp_path / "embeddings", reads_text=False)
    with pytest.raises(TextNotSupported):
        SimilaritySearchService(database, embeddings).search(text="red")


@pytest.mark.parametrize("nothing", [{}, {"text": "  "}, {"negatives": ["red"]}])
def test_searching_by_nothing_is_refused(similarity: SimilaritySearchService, nothing: dict) -> None:
    with pytest.raises(InvalidParameter, match="nothing to search by"):
        similarity.search(**nothing)


@pytest.mark.parametrize("top_k", [0, -1, 1001, True, 2.5])
def test_an_impossible_top_k_is_refused(similarity: SimilaritySearchService, top_k: int) -> None:
    with pytest.raises(InvalidParameter, match="top_k must be a whole number from 1 to 1000"):
        similarity.find_similar("red", top_k)


def test_examples_that_cancel_each_other_out_are_refused(
    database: Database, embeddings: ImageEmbeddingService, similarity: SimilaritySearchService
) -> None:
    give(database, embeddings, {"anti": (-1, 0, 0)})
    with pytest.raises(InvalidParameter, match="cancel"):
        similarity.search(positives=["red", "anti"])


def test_an_unknown_image_and_one_without_an_embedding_are_told_apart(
    database: Database, similarity: SimilaritySearchService
) -> None:
    add_images(database, ["unseen"])
    with pytest.raises(ImageNotFound):
        similarity.find_similar("nobody")
    with pytest.raises(EmbeddingMissing):
        similarity.find_similar("unseen")


def test_images_that_are_added_changed_or_missing_later_are_followed(
    database: Database, embeddings: ImageEmbeddingService, similarity: SimilaritySearchService
) -> None:
    assert similarity.find_similar("green", 1) == ["orange"]
    give(database, embeddings, {"grass": (0.1, 1, 0)})
    assert similarity.find_similar("green", 1) == ["grass"]
    give(database, embeddings, {"blue": (0, 1, 0.01), "grass": (0, 0, 1)})
    assert similarity.find_similar("green", 1) == ["blue"]
    with database.write() as cursor:
        cursor.execute("UPDATE images SET missing_since = imported_at WHERE id = 'blue'")
    assert "blue" not in similarity.find_similar("green")


class RememberingIndex(SklearnIndex):
    """Knows what was added to it, in order."""

    def __init__(self, dimension: int) -> None:
        super().__init__(dimension)
        self.added: list[str] = []

    def add(self, image_ids: Sequence[str], vectors: np.ndarray) -> None:
        super().add(image_ids, vectors)
        self.added += image_ids


def test_one_more_image_does_not_rebuild_the_index(database: Database, embeddings: ImageEmbeddingService) -> None:
    index = RememberingIndex(3)
    similarity = SimilaritySearchService(database, embeddings, index)
    similarity.find_similar("red")
    give(database, embeddings, {"grass": (0.1, 1, 0)})
    similarity.find_similar("red")
    assert index.added == [*COLOURS, "grass"]


def test_threads_may_search_while_images_are_added(
    database: Database, embeddings: ImageEmbeddingService, similarity: SimilaritySearchService
) -> None:
    def search(number: int) -> list[str]:
        if number % 5 == 0:
            give(database, embeddings, {f"new-{number}": (0, number + 1, 100)})
        return similarity.find_similar("red", 2)

    with ThreadPoolExecutor(8) as pool:
        assert set(map(tuple, pool.map(search, range(60)))) == {("rose", "orange")}
