"""Several encoders side by side: each with a file of its own, one of them active, on disk too."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from curate.embedding.service import ImageEmbeddingService
from curate.embedding.vectors import VectorsOnly
from curate.errors import EmbeddingMissing, EmbeddingNotSupported, EncoderNotFound, TextNotSupported
from curate.similarity.service import SimilaritySearchService
from curate.store import encoders as stored
from curate.store.database import Database
from tests.similarity.given_vectors import ColourEncoder, unit
from tests.store.catalogue import add_images

IDS = [f"image-{number:06}" for number in range(6)]


class OtherEncoder(ColourEncoder):
    """The same colours under another name."""

    name = "other"
    label = "Another encoder"


@pytest.fixture
def service(database: Database, tmp_path: Path) -> Iterator[ImageEmbeddingService]:
    """Six images; "colour" has embedded all, "other" the first three, in the opposite order. "colour" is active."""
    add_images(database, IDS)
    service = opened(database, tmp_path)
    keep(service, database, IDS)
    service.activate(OtherEncoder(4))
    keep(service, database, IDS[2::-1])
    service.activate(ColourEncoder(3))
    yield service
    service.close()


def opened(database: Database, tmp_path: Path) -> ImageEmbeddingService:
    return ImageEmbeddingService(database, ColourEncoder(3), tmp_path / "embeddings")


def keep(service: ImageEmbeddingService, database: Database, image_ids: list[str]) -> None:
    rows = service.append_vectors(vectors(len(image_ids), service.dimension))
    with database.write() as cursor:
        service.record(cursor, image_ids, rows)


def vectors(count: int, dimension: int) -> np.ndarray:
    return unit(np.random.default_rng(dimension).normal(size=(count, dimension)))


def test_each_encoder_has_its_own_vectors_of_the_same_image(service: ImageEmbeddingService) -> None:
    assert service.get_embedding(IDS[0]).shape == (3,)
    assert service.space("other").get_embedding(IDS[0]).shape == (4,)
    np.testing.assert_array_equal(service.space("other").get_embedding(IDS[0]), vectors(3, 4)[2])


def test_after_a_switch_everything_is_the_other_encoders(service: ImageEmbeddingService, database: Database) -> None:
    version = database.version

    service.activate(OtherEncoder(4))

    assert (service.encoder.name, service.dimension, service.count()) == ("other", 4, 3)
    assert service.get_all_embeddings().image_ids == IDS[2::-1]
    assert database.version > version
    assert stored.read_active(database.read()) == "other"
    with pytest.raises(EmbeddingMissing):
        service.get_embedding(IDS[5])


def test_activating_the_active_encoder_changes_nothing(service: ImageEmbeddingService, database: Database) -> None:
    version = database.version

    service.activate(ColourEncoder(3))

    assert database.version == version


def test_what_began_with_an_encoder_goes_on_with_it_after_a_switch(
    service: ImageEmbeddingService, database: Database
) -> None:
    began = service.active
    service.activate(OtherEncoder(4))

    rows = began.append_vectors(vectors(1, 3))
    with database.write() as cursor:
        began.record(cursor, [IDS[4]], rows)

    np.testing.assert_array_equal(service.space("colour").get_embedding(IDS[4]), vectors(1, 3)[0])
    assert service.count() == 3


def test_searches_follow_a_switch_and_back(service: ImageEmbeddingService, database: Database) -> None:
    similarity = SimilaritySearchService(database, service)
    assert sorted(similarity.find_similar(IDS[0])) == IDS[1:]

    service.activate(OtherEncoder(4))
    assert sorted(similarity.find_similar(IDS[0])) == IDS[1:3]
    assert similarity.search(IDS[0]).encoder == "other"

    service.activate(ColourEncoder(3))
    assert sorted(similarity.find_similar(IDS[0])) == IDS[1:]


def test_every_encoders_torn_tail_is_cut_when_it_is_opened(
    service: ImageEmbeddingService, database: Database, tmp_path: Path
) -> None:
    service.space("other").append_vectors(vectors(2, 4))
    service.append_vectors(vectors(5, 3))
    service.close()

    reopened = opened(database, tmp_path)

    assert np.load(tmp_path / "embeddings" / "colour.npy").shape == (6, 3)
    assert reopened.space("other").count() == 3
    assert np.load(tmp_path / "embeddings" / "other.npy").shape == (3, 4)
    np.testing.assert_array_equal(reopened.space("other").get_embedding(IDS[2]), vectors(3, 4)[0])


def test_changed_content_loses_the_vectors_of_all_encoders(service: ImageEmbeddingService, database: Database) -> None:
    with database.write() as cursor:
        service.forget(cursor, [IDS[0]])

    assert IDS[0] not in service.get_all_embeddings()
    assert IDS[0] not in service.space("other").get_all_embeddings()


def test_an_encoder_of_which_there_are_only_vectors_compares_and_cannot_embed(
    database: Database, tmp_path: Path, service: ImageEmbeddingService
) -> None:
    service.close()
    reopened = opened(database, tmp_path)
    only = reopened.space("other").encoder

    assert isinstance(only, VectorsOnly)
    with pytest.raises(EmbeddingNotSupported, match="Another encoder"):
        only.embed_images([])
    with pytest.raises(TextNotSupported, match="Another encoder"):
        only.embed_texts(["red"])
    with pytest.raises(EncoderNotFound, match="nobody"):
        reopened.space("nobody")


def test_encoders_from_before_they_were_on_record_are_found_by_their_files(
    service: ImageEmbeddingService, database: Database, tmp_path: Path
) -> None:
    service.close()
    with database.write() as cursor:
        cursor.execute("DELETE FROM encoders")
        cursor.execute("DELETE FROM meta WHERE key = 'active_encoder'")

    reopened = opened(database, tmp_path)

    found = {row.name: (row.label, row.dimension) for row in stored.read_encoders(database.read())}
    assert found == {"colour": ("Mean colour", 3), "other": ("other", 4)}
    assert reopened.space("other").count() == 3


def test_rows_that_rise_are_not_asked_for_again_by_a_tag(service: ImageEmbeddingService, database: Database) -> None:
    view = service.get_all_embeddings()

    with database.write() as cursor:
        cursor.execute("INSERT INTO meta VALUES ('unrelated', 'change')")
    assert service.get_all_embeddings() is view

    keep(service, database, [IDS[0]])
    assert service.get_all_embeddings().image_ids == [*IDS[1:], IDS[0]]
    assert view.image_ids == IDS


def test_a_view_finds_positions_and_gathers_blocks(service: ImageEmbeddingService, database: Database) -> None:
    keep(service, database, [IDS[1]])
    view = service.get_all_embeddings()

    places = view.positions(["nobody", IDS[1], IDS[5]])
    blocks = list(view.blocks(4))

    assert places.tolist() == [-1, 5, 4]
    np.testing.assert_array_equal(view.at(places[1:]), np.stack([view[IDS[1]], view[IDS[5]]]))
    assert [image_id for ids, _ in blocks for image_id in ids] == view.image_ids
    np.testing.assert_array_equal(np.concatenate([block for _, block in blocks]), view.vectors())
