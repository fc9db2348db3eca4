"""The file of vectors: it grows, stays readable, and survives crashes and full disks."""

import contextlib
import resource
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from curate.embedding.matrix import HEADER_BYTES, EmbeddingMatrix
from curate.errors import StorageFailed

D = 6


def vectors(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, D)).astype(np.float32)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "embeddings" / "test.npy"


@contextlib.contextmanager
def disk_full_after(size: int) -> Iterator[None]:
    """Let files of this process grow to `size` bytes at most, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_numpy_reads_the_file_after_every_append(path: Path) -> None:
    matrix = EmbeddingMatrix(path, D)
    assert np.load(path).shape == (0, D)

    for seed, count in enumerate((3, 1, 0, 5)):
        matrix.append(vectors(count, seed))
        loaded = np.load(path)
        assert loaded.dtype == np.dtype("<f4")
        np.testing.assert_array_equal(loaded, matrix.array)

    assert len(matrix) == 9
    np.testing.assert_array_equal(loaded[4:], vectors(5, 3))


def test_append_returns_the_first_new_row(path: Path) -> None:
    matrix = EmbeddingMatrix(path, D)

    assert [matrix.append(vectors(count)) for count in (3, 2, 1)] == [0, 3, 5]


def test_float64_and_transposed_vectors_are_stored_as_float32_rows(path: Path) -> None:
    matrix = EmbeddingMatrix(path, D)

    matrix.append(np.asfortranarray(vectors(4), dtype=np.float64))

    np.testing.assert_array_equal(matrix.array, vectors(4))


def test_vectors_of_another_length_are_refused(path: Path) -> None:
    matrix = EmbeddingMatrix(path, D)

    with pytest.raises(ValueError, match="expected"):
        matrix.append(np.zeros((2, D + 1), np.float32))

    assert len(matrix) == 0


def test_an_array_handed_out_stays_as_it_is_while_the_file_grows(path: Path) -> None:
    matrix = EmbeddingMatrix(path, D)
    matrix.append(vectors(3))
    before = matrix.array

    matrix.append(vectors(2, 1))

    np.testing.assert_array_equal(before, vectors(3))
    assert len(matrix.array) == 5


def test_the_array_is_mapped_from_the_file_and_read_only(path: Path) -> None:
    matrix = EmbeddingMatrix(path, D)
    matrix.append(vectors(3))

    assert isinstance(matrix.array, np.memmap)
    assert matrix.array is matrix.array
    with pytest.raises(ValueError, match="read-only"):
        matrix.array[0, 0] = 1


def test_opening_cuts_rows_that_the_database_does_not_know(path: Path) -> None:
    EmbeddingMatrix(path, D).append(vectors(5))

    reopened = EmbeddingMatrix(path, D, rows=3)

    assert len(reopened) == 3
    np.testing.assert_array_equal(np.load(path), vectors(5)[:3])
    assert path.stat().st_size == HEADER_BYTES + 3 * D * 4
    assert reopened.append(vectors(1, 9)) == 3
    np.testing.assert_array_equal(np.load(path)[3:], vectors(1, 9))


def test_opening_cuts_a_half_written_row_that_the_header_does_not_count(path: Path) -> None:
    EmbeddingMatrix(path, D).append(vectors(5))
    with path.open("ab") as file:
        file.write(b"torn")
    np.testing.assert_array_equal(np.load(path), vectors(5))

    assert len(EmbeddingMatrix(path, D, rows=5)) == 5
    assert path.stat().st_size == HEADER_BYTES + 5 * D * 4


def test_opening_mends_a_header_that_lags_behind_its_data(path: Path) -> None:
    EmbeddingMatrix(path, D).append(vectors(3))
    header = path.read_bytes()[:HEADER_BYTES]
    EmbeddingMatrix(path, D, rows=3).append(vectors(2, 1))
    path.write_bytes(header + path.read_bytes()[HEADER_BYTES:])

    EmbeddingMatrix(path, D, rows=5)

    np.testing.assert_array_equal(np.load(path), np.concatenate([vectors(3), vectors(2, 1)]))


def test_a_file_torn_while_it_was_made_is_made_anew(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"\x93NUM")

    EmbeddingMatrix(path, D).append(vectors(2))

    np.testing.assert_array_equal(np.load(path), vectors(2))


def test_a_file_that_lost_rows_is_refused_and_left_alone(path: Path) -> None:
    EmbeddingMatrix(path, D).append(vectors(3))
    before = path.read_bytes()

    with pytest.raises(StorageFailed, match="holds 3 of the 4 vectors"):
        EmbeddingMatrix(path, D, rows=4)

    assert path.read_bytes() == before


def test_a_missing_file_of_known_rows_is_refused(path: Path) -> None:
    with pytest.raises(StorageFailed, match=r"test\.npy"):
        EmbeddingMatrix(path, D, rows=4)


def test_vectors_of_another_encoder_are_refused(path: Path) -> None:
    EmbeddingMatrix(path, D).append(vectors(3))

    with pytest.raises(StorageFailed, match=f"length {D}, not {D + 1}"):
        EmbeddingMatrix(path, D + 1, rows=2)


def test_a_file_that_is_no_matrix_is_refused(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("precious, though no vectors " * 100)

    with pytest.raises(StorageFailed, match="holds no embeddings"):
        EmbeddingMatrix(path, D, rows=2)

    assert path.read_text().startswith("precious")


def test_a_full_disk_leaves_the_matrix_as_it_was(path: Path) -> None:
    matrix = EmbeddingMatrix(path, D)
    matrix.append(vectors(3))

    with disk_full_after(path.stat().st_size + 100), pytest.raises(StorageFailed, match="Free some space"):
        matrix.append(vectors(1000, 1))

    assert len(matrix) == 3
    np.testing.assert_array_equal(np.load(path), vectors(3))
    assert path.stat().st_size == HEADER_BYTES + 3 * D * 4
    assert matrix.append(vectors(2, 2)) == 3
    np.testing.assert_array_equal(np.load(path)[3:], vectors(2, 2))


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "embeddings").write_text("a file where the folder should be")

    with pytest.raises(StorageFailed, match="could not be"):
        EmbeddingMatrix(tmp_path / "embeddings" / "test.npy", D)


def test_threads_that_append_at_once_keep_their_rows_together(path: Path) -> None:
    matrix = EmbeddingMatrix(path, D)
    first_rows: dict[int, int] = {}

    def append(seed: int) -> None:
        first_rows[seed] = matrix.append(vectors(7, seed))
        assert len(matrix.array) >= first_rows[seed] + 7

    threads = [threading.Thread(target=append, args=(seed,)) for seed in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(matrix) == 84
    for seed, first in first_rows.items():
        np.testing.assert_array_equal(matrix.array[first : first + 7], vectors(7, seed))
