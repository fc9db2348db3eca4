"""What every vector index offers. Rows are addressed by image id; vectors are (N, D) float32, unit length."""

from collections.abc import Collection, Sequence
from typing import Protocol

import numpy as np


class VectorIndex(Protocol):
    """Nearest vectors by inner product, which on unit vectors is the cosine."""

    def __len__(self) -> int: ...

    def add(self, image_ids: Sequence[str], vectors: np.ndarray) -> None:
        """Add (N, D) vectors; an id that is there already gets its new vector."""

    def remove(self, image_ids: Collection[str]) -> None:
        """Forget these ids; unknown ones are passed over."""

    def search(
        self, vector: np.ndarray, top_k: int, allowed: Collection[str] | None = None
    ) -> tuple[list[str], np.ndarray]:
        """Return up to `top_k` ids, best first, with their (K,) float32 scores.

        `vector` is (D,) float32, unit length. With `allowed`, only those ids are considered, and as many of them
        are returned as there are, up to `top_k`.
        """
