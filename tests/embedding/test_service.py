"""Embeddings of a workspace: made, found again, and never pointing at nothing."""

import contextlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from curate.embedding.descriptor import DescriptorEncoder, DescriptorPreparation
from curate.embedding.service import ImageEmbeddingService
from curate.errors import EmbeddingMissing, ImageNotFound, UnreadableImage
from curate.ingest.decode import DecodedFile, decode
from curate.store.database import Database
from curate.store.times import utc_now
from tests.builders import save_picture
from tests.store.catalogue import add_images

IDS = [f"image-{number:06}" for number in range(5)]


@pytest.fixture
def service(database: Database, tmp_path: Path) -> Iterator[ImageEmbeddingService]:
    """A service over five images on record, each with a file of its own; none is embedded."""
    add_images(database, IDS, folder=str(tmp_path / "pictures"))
    for seed, image_id in enumerate(IDS):
        save_picture(tmp_path / "pictures" / f"{image_id}.jpg", seed)
    service = opened(database, tmp_path)
    yield service
    service.close()


def opened(database: Database, tmp_path: Path) -> ImageEmbeddingService:
    return ImageEmbeddingService(database, DescriptorEncoder(), tmp_path / "embeddings")


def unit_vectors(count: int, seed: int = 0) -> np.ndarray:
    values = np.random.default_rng(seed).standard_normal((count, DescriptorEncoder.dimension)).astype(np.float32)
    return values / np.linalg.norm(values, axis=1, keepdims=True)


def keep(service: ImageEmbeddingService, database: Database, image_ids: list[str], vectors: np.ndarray) -> None:
    rows = service.append_vectors(vectors)
    with database.write() as cursor:
        service.record(cursor, image_ids, rows)


@pytest.mark.parametrize("size", [(96, 64), (1600, 1200), (3000, 40)])
def test_an_updated_image_has_the_vector_that_an_import_gives_it(
    service: ImageEmbeddingService, tmp_path: Path, size: tuple[int, int]
) -> None:
    path = save_picture(tmp_path / "pictures" / f"{IDS[0]}.jpg", 7, *size)

    service.update_embeddings([IDS[2], IDS[0]])

    imported = decode(path, path.name, DescriptorPreparation())
    assert isinstance(imported, DecodedFile)
    np.testing.assert_array_equal(
        service.get_embedding(IDS[0]), DescriptorEncoder().embed_images([imported.prepared])[0]
    )
    assert service.count() == 2


def test_an_unknown_id_stops_an_update_before_anything_is_embedded(service: ImageEmbeddingService) -> None:
    with pytest.raises(ImageNotFound, match="nowhere"):
        service.update_embeddings([IDS[0], "nowhere"])

    assert service.count() == 0


def test_an_unreadable_file_does_not_keep_the_others_from_being_embedded(
    service: ImageEmbeddingService, tmp_path: Path
) -> None:
    (tmp_path / "pictures" / f"{IDS[1]}.jpg").write_bytes(b"no image")
    (tmp_path / "pictures" / f"{IDS[3]}.jpg").unlink()

    with pytest.raises(UnreadableImage, match=rf"{IDS[1]}\.jpg.*1 more"):
        service.update_embeddings(IDS)

    assert list(service.get_all_embeddings()) == [IDS[0], IDS[2], IDS[4]]


def test_an_unknown_image_and_one_without_a_vector_are_told_apart(service: ImageEmbeddingService) -> None:
    with pytest.raises(ImageNotFound):
        service.get_embedding("nowhere")
    with pytest.raises(EmbeddingMissing):
        service.get_embedding(IDS[0])


def test_an_image_embedded_again_gets_its_new_vector(service: ImageEmbeddingService, tmp_path: Path) -> None:
    service.update_embeddings(IDS)
    before = service.get_embedding(IDS[1]).copy()
    save_picture(tmp_path / "pictures" / f"{IDS[1]}.jpg", seed=99)

    service.update_embeddings([IDS[1]])

    assert service.count() == 5
    assert float(service.get_embedding(IDS[1]) @ before) < 0.99
    np.testing.assert_array_equal(service.get_all_embeddings()[IDS[1]], service.get_embedding(IDS[1]))


def test_all_embeddings_are_the_mapped_file_itself(service: ImageEmbeddingService, database: Database) -> None:
    vectors = unit_vectors(5)
    keep(service, database, IDS, vectors)

    view = service.get_all_embeddings()

    assert isinstance(view.vectors(), np.memmap)
    assert np.shares_memory(view.vectors(), view[IDS[3]])
    np.testing.assert_array_equal(view.vectors(), vectors)
    assert dict(zip(view.image_ids, range(5), strict=True)) == {image_id: row for row, image_id in enumerate(view)}


def test_rows_with_gaps_are_gathered_in_the_order_of_the_ids(
    service: ImageEmbeddingService, database: Database
) -> None:
    keep(service, database, IDS, unit_vectors(5))
    keep(service, database, [IDS[1]], unit_vectors(1, seed=1))

    view = service.get_all_embeddings()

    assert view.image_ids == [IDS[0], IDS[2], IDS[3], IDS[4], IDS[1]]
    np.testing.assert_array_equal(view.vectors(), np.stack([view[image_id] for image_id in view.image_ids]))


def test_missing_images_are_left_out(service: ImageEmbeddingService, database: Database) -> None:
    keep(service, database, IDS, unit_vectors(5))
    assert service.count() == 5

    with database.write() as cursor:
        cursor.execute("UPDATE images SET missing_since = ? WHERE id = ?", [utc_now(), IDS[0]])

    assert IDS[0] not in service.get_all_embeddings()
    assert service.count() == 4


def test_the_view_is_made_anew_only_when_an_embedding_changes(
    service: ImageEmbeddingService, database: Database
) -> None:
    keep(service, database, IDS[:3], unit_vectors(3))
    view = service.get_all_embeddings()
    with database.write() as cursor:
        cursor.execute("INSERT INTO image_tags VALUES (?, 'cat', ?)", [IDS[0], utc_now()])
    assert service.get_all_embeddings() is view

    keep(service, database, IDS[3:], unit_vectors(2, seed=1))

    assert len(service.get_all_embeddings()) == 5
    assert len(view) == 3


def test_a_crash_between_file_and_commit_leaves_no_trace(
    service: ImageEmbeddingService, database: Database, tmp_path: Path
) -> None:
    keep(service, database, IDS[:3], unit_vectors(3))
    service.append_vectors(unit_vectors(2, seed=1))
    service.close()

    reopened = opened(database, tmp_path)

    assert np.load(tmp_path / "embeddings" / "descriptor.npy").shape == (3, reopened.dimension)
    assert reopened.append_vectors(unit_vectors(1)) == range(3, 4)


def test_a_rolled_back_record_leaves_the_image_without_a_vector(
    service: ImageEmbeddingService, database: Database
) -> None:
    rows = service.append_vectors(unit_vectors(5))
    with contextlib.suppress(KeyError), database.write() as cursor:
        service.record(cursor, IDS, rows)
        raise KeyError

    with pytest.raises(EmbeddingMissing):
        service.get_embedding(IDS[0])
    keep(service, database, IDS, unit_vectors(5, seed=1))
    np.testing.assert_array_equal(service.get_embedding(IDS[0]), unit_vectors(5, seed=1)[0])


def test_embeddings_are_there_after_reopening(
    service: ImageEmbeddingService, database: Database, tmp_path: Path
) -> None:
    service.update_embeddings(IDS)
    vectors = np.array(service.get_all_embeddings().vectors())
    service.close()

    np.testing.assert_array_equal(opened(database, tmp_path).get_all_embeddings().vectors(), vectors)


def test_reading_goes_on_while_another_thread_embeds(service: ImageEmbeddingService, database: Database) -> None:
    done = threading.Event()

    def lengths_seen() -> set[int]:
        seen = set()
        while not done.is_set():
            vectors = service.get_all_embeddings().vectors()
            np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
            seen.add(len(vectors))
        return seen

    with ThreadPoolExecutor(1) as pool:
        reader = pool.submit(lengths_seen)
        for seed in range(20):
            keep(service, database, IDS, unit_vectors(5, seed))
        done.set()

    assert reader.result() <= {0, 5}
