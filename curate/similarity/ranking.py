"""The last step of every search: exact scores and a stable order, whatever engine found the candidates."""

from collections.abc import Callable, Sequence

import numpy as np

SPARE = 16
"""Candidates fetched beyond the number asked for, so that a tie at the cut is seen."""

ROUNDING = 1e-5
"""Two float32 scores closer than this may stand in the wrong order."""


def candidates(find: Callable[[int], tuple[np.ndarray, np.ndarray]], top_k: int, available: int) -> np.ndarray:
    """Return (C,) int64 rows that are sure to hold the best `top_k` of `available`, ties at the cut included.

    `find(k)` returns the rows and float32 scores of an engine's best k, best first. It is asked again for more
    while the last one found can't be told from the last one wanted.
    """
    wanted = min(top_k + SPARE, available)
    while True:
        rows, scores = find(wanted)
        if wanted >= available or scores[top_k - 1] - scores[-1] > ROUNDING:
            return rows
        wanted = min(wanted * 4, available)


def ranked(
    image_ids: Sequence[str], vectors: np.ndarray, query: np.ndarray, top_k: int
) -> tuple[list[str], np.ndarray]:
    """Return the best `top_k` ids with (K,) float32 scores, by falling score and, where equal, by id.

    `vectors` is (C, D), one row an id; `query` is (D,). Each score is summed in float64 over its own row, so that
    equal vectors get equal scores wherever they are stored.
    """
    scores = (vectors.astype(np.float64) * query.astype(np.float64)).sum(axis=1).astype(np.float32)
    order = np.lexsort((np.asarray(image_ids, dtype=str), -scores))[:top_k]
    return [image_ids[i] for i in order], scores[order]
