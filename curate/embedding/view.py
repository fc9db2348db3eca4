"""What is embedded, read-only: image ids beside the rows of a memory-mapped matrix."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


class EmbeddingView(Mapping[str, np.ndarray]):
    """Image id → (D,) float32 unit vector, without a copy of any: ids, row numbers and the mapped matrix.

    A view never changes; what is embedded later is in the next one. Its order is that of the rows in the file. Ids
    stay an Arrow array until somebody asks for them: a million of them as Python strings take longer to make than
    the whole workspace to open.
    """

    def __init__(self, ids: pa.StringArray, rows: np.ndarray, matrix: np.ndarray) -> None:
        """Join N ids with their (N,) int64 row numbers, rising, in an (M, D) matrix."""
        self._ids = ids
        self.rows = rows
        self._matrix = matrix

    @cached_property
    def image_ids(self) -> list[str]:
        """The N ids, in the order of `vectors()`. Not to be changed."""
        ids: list[str] = self._ids.to_pylist()
        return ids

    def vectors(self) -> np.ndarray:
        """Return (N, D) float32, unit length: the mapped matrix itself, or one gathered copy where rows have gaps."""
        return self._gathered(self.rows)

    def blocks(self, size: int) -> Iterator[tuple[list[str], np.ndarray]]:
        """Yield all ids with their (B, D) vectors, B ≤ `size`: never a copy of more than one block."""
        for start in range(0, len(self), size):
            yield self._ids[start : start + size].to_pylist(), self._gathered(self.rows[start : start + size])

    def positions(self, image_ids: Sequence[str]) -> np.ndarray:
        """Return the (K,) int64 place of each image in the view's order; -1 where it has no vector."""
        found = pc.index_in(pa.array(image_ids, pa.string()), value_set=self._ids)
        places: np.ndarray = found.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
        return places

    def ids_at(self, positions: np.ndarray) -> list[str]:
        """Return the ids at these places in the view's order."""
        ids: list[str] = self._ids.take(pa.array(positions, pa.int64())).to_pylist()
        return ids

    def at(self, positions: np.ndarray) -> np.ndarray:
        """Return the (K, D) vectors at these places in the view's order, as one copy."""
        vectors: np.ndarray = self._matrix[self.rows[positions]]
        return vectors

    def _gathered(self, rows: np.ndarray) -> np.ndarray:
        if not len(rows):
            return self._matrix[:0]
        first, last = int(rows[0]), int(rows[-1])
        return self._matrix[first : last + 1] if last - first + 1 == len(rows) else self._matrix[rows]

    @cached_property
    def _row_of(self) -> dict[str, int]:
        return dict(zip(self.image_ids, self.rows.tolist(), strict=True))

    def __getitem__(self, image_id: str) -> np.ndarray:
        return self._matrix[self._row_of[image_id]]

    def __contains__(self, image_id: object) -> bool:
        return image_id in self._row_of

    def __iter__(self) -> Iterator[str]:
        return iter(self.image_ids)

    def __len__(self) -> int:
        return len(self.rows)
