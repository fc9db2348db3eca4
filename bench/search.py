"""Exact search for one query's nearest vectors."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from bench.measurement import Measurement, Options, Side, Unit, require_same
from bench.rounds import alternate
from bench.vectors import DIMENSION, image_ids, mixture
from curate.similarity.faiss_index import FaissIndex

TOP_K = 50
TIE = 1e-6
"""Cosines closer than this may stand in either order: float32 doesn't tell them apart."""

Find = Callable[[np.ndarray], np.ndarray]
"""From a (D,) query to the (50,) rows nearest to it, best first."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What one side answered in one round."""

    seconds: np.ndarray
    """(Q,) of each query."""
    rows: np.ndarray
    """(Q, 50) found, best first."""


def measure(options: Options) -> Iterator[Measurement]:
    """Compare the index with three ways to do it without one."""
    count, queries = options.size(100_000, 2_000), options.size(30, 5)
    given = mixture(count + queries).vectors
    vectors, asked = given[:count], given[count:]
    ours = _ours(vectors)
    peers = {
        "scikit-learn NearestNeighbors, brute, fitted before": _sklearn(vectors),
        "NumPy: normalise all rows, dot, argsort": _naive(vectors),
        "NumPy: rows normalised before, dot, argpartition": _careful(vectors),
    }
    finders = [ours, *peers.values()]
    for find in finders:
        find(asked[0])
    found, *found_by_peers = alternate(options.rounds, *(_answering(find, asked) for find in finders))
    for name, answers in zip(peers, found_by_peers, strict=True):
        require_same_ids(vectors, asked, found[0].rows, answers[0].rows)
        for percent in (50, 95):
            yield Measurement(
                entry="search",
                what=f"one query, p{percent}",
                unit=Unit.MILLISECONDS,
                ours=Side("Curate FaissIndex, one thread", _percentile(found, percent)),
                peer=Side(name, _percentile(answers, percent)),
                same=f"the {TOP_K} ids found for each of {queries} queries",
                conditions={"vectors": count, "dimension": DIMENSION, "top_k": TOP_K, "queries a round": queries},
            )


def _ours(vectors: np.ndarray) -> Find:
    index = FaissIndex(vectors.shape[1])
    index.add(image_ids(len(vectors)), vectors)
    return lambda query: np.array(index.search(query, TOP_K)[0], dtype=np.int64)


def _sklearn(vectors: np.ndarray) -> Find:
    """On unit vectors the Euclidean metric gives the order of the cosine, at a third of its cost."""
    from sklearn.neighbors import NearestNeighbors

    nearest = NearestNeighbors(n_neighbors=TOP_K, algorithm="brute", metric="euclidean").fit(vectors)
    return lambda query: np.asarray(nearest.kneighbors(query[None], return_distance=False))[0]


def _naive(vectors: np.ndarray) -> Find:
    def find(query: np.ndarray) -> np.ndarray:
        scores = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)) @ query
        return np.argsort(-scores)[:TOP_K]

    return find


def _careful(vectors: np.ndarray) -> Find:
    def find(query: np.ndarray) -> np.ndarray:
        scores = vectors @ query
        best = np.argpartition(-scores, TOP_K)[:TOP_K]
        return best[np.argsort(-scores[best])]

    return find


def _answering(find: Find, asked: np.ndarray) -> Callable[[], Answers]:
    def answer() -> Answers:
        seconds, rows = [], []
        for query in asked:
            started = time.perf_counter()
            rows.append(find(query))
            seconds.append(time.perf_counter() - started)
        return Answers(np.array(seconds), np.stack(rows))

    return answer


def _percentile(rounds: list[Answers], percent: int) -> tuple[float, ...]:
    return tuple(float(np.percentile(answers.seconds, percent)) * 1000 for answers in rounds)


def require_same_ids(vectors: np.ndarray, asked: np.ndarray, ours: np.ndarray, theirs: np.ndarray) -> None:
    """Hold both to the same (Q, K) rows for (Q, D) queries, but for ties.

    Raises:
        ResultsDiffer: one found vectors that are nearer or farther than the other's.
    """
    exact = vectors.astype(np.float64), asked.astype(np.float64)
    gap = max(
        float(np.abs(exact[0][mine] @ query - exact[0][other] @ query).max())
        for query, mine, other in zip(exact[1], ours, theirs, strict=True)
    )
    require_same(gap < TIE, "the ids that they find")
