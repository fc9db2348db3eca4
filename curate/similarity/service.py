"""Find images that look like others, or like a text."""

import threading
import time
from collections.abc import Collection, Sequence

import numpy as np

from curate.embedding.service import ImageEmbeddingService
from curate.embedding.space import EmbeddingSpace
from curate.embedding.view import EmbeddingView
from curate.errors import InvalidParameter
from curate.models import Hit, SearchResults
from curate.similarity.engine import new_index
from curate.similarity.index import VectorIndex
from curate.store.database import Database

MOST_RESULTS = 1000
NEGATIVE_WEIGHT = 0.5
"""How far the mean of the negatives pushes the query away, beside 1 for the positives."""
BLOCK = 16_384
"""Vectors that are added to an index at once: a million of them are never copied in one piece."""


class SimilaritySearchService:
    """Nearest images by cosine similarity, over the active encoder's embeddings. Safe to call from any thread."""

    def __init__(self, database: Database, embeddings: ImageEmbeddingService, index: VectorIndex | None = None) -> None:
        """Search these embeddings, with the best exact index of this machine unless another is given, empty."""
        self._database = database
        self._embeddings = embeddings
        self._lock = threading.Lock()
        self._indexed = _Indexed(embeddings.active, new_index(embeddings.dimension) if index is None else index)

    def find_similar(self, image_id: str, top_k: int = 50) -> list[str]:
        """Return up to `top_k` other image ids, most similar first.

        Raises:
            ImageNotFound: no image has this id.
            EmbeddingMissing: the image is not embedded yet.
            InvalidParameter: `top_k` is not 1 to 1000.
        """
        return self.search(image_id, top_k=top_k).image_ids

    def search(
        self,
        image_id: str | None = None,
        *,
        text: str | None = None,
        positives: Sequence[str] = (),
        negatives: Sequence[str] = (),
        top_k: int = 50,
        allowed: Collection[str] | None = None,
    ) -> SearchResults:
        """Return the images nearest to the examples and the text, and away from the negatives.

        The query is the mean of the positives (`image_id` and `text` among them) less half the mean of the
        negatives. The examples themselves are never returned. With `allowed`, only those ids are considered.

        Raises:
            ImageNotFound, EmbeddingMissing: for an example.
            TextNotSupported: a text, but the encoder reads images only.
            InvalidParameter: nothing to search by, or `top_k` is not 1 to 1000.
        """
        started = time.perf_counter()
        _check_top_k(top_k)
        space = self._embeddings.active
        liked = list(dict.fromkeys([image_id, *positives] if image_id else positives))
        query = _query(space, liked, (text or "").strip(), list(dict.fromkeys(negatives)))
        found, scores = self._nearest(space, query, {*liked, *negatives}, top_k, allowed)
        return SearchResults(self._hits(found, scores), space.name, time.perf_counter() - started)

    def warm_up(self) -> None:
        """Build the index ahead of the first search."""
        with self._lock:
            self._in_step(self._embeddings.active)

    def _nearest(
        self,
        space: EmbeddingSpace,
        query: np.ndarray,
        examples: set[str],
        top_k: int,
        allowed: Collection[str] | None,
    ) -> tuple[list[str], np.ndarray]:
        """Return the best ids that are no examples, with their (K,) float32 scores."""
        with self._lock:
            found, scores = self._in_step(space).search(query, top_k + len(examples), allowed)
        kept = [position for position, image_id in enumerate(found) if image_id not in examples][:top_k]
        return [found[position] for position in kept], scores[kept]

    def _hits(self, image_ids: list[str], scores: np.ndarray) -> tuple[Hit, ...]:
        query = "SELECT id, path FROM images WHERE id IN (SELECT unnest(?::VARCHAR[]))"
        paths = dict(self._database.read().execute(query, [image_ids]).fetchall())
        return tuple(
            Hit(image_id, paths[image_id], float(score), rank)
            for rank, (image_id, score) in enumerate(zip(image_ids, scores, strict=True), start=1)
        )

    def _in_step(self, space: EmbeddingSpace) -> VectorIndex:
        """Return the index of a space's present embeddings; only one space's is kept."""
        if self._indexed.space is not space:
            self._indexed = _Indexed(space, new_index(space.dimension))
        self._indexed.keep_in_step()
        return self._indexed.index


class _Indexed:
    """An index, and which vectors of which space are in it."""

    def __init__(self, space: EmbeddingSpace, index: VectorIndex) -> None:
        self.space = space
        self.index = index
        self._view: EmbeddingView | None = None

    def keep_in_step(self) -> None:
        """Bring the index to the present embeddings, touching only what changed.

        The view is the same object while nothing changed. A row of the file is one image's for good: one that was
        embedded anew has another row.
        """
        view, before = self.space.get_all_embeddings(), self._view
        if view is before:
            return
        if before is None:
            new = np.arange(len(view))
        else:
            gone = ~np.isin(before.rows, view.rows, assume_unique=True)
            self.index.remove(before.ids_at(np.flatnonzero(gone)))
            new = np.flatnonzero(~np.isin(view.rows, before.rows, assume_unique=True))
        for start in range(0, len(new), BLOCK):
            block = new[start : start + BLOCK]
            self.index.add(view.ids_at(block), view.at(block))
        self._view = view


def _query(space: EmbeddingSpace, liked: list[str], text: str, disliked: list[str]) -> np.ndarray:
    """Return the (D,) float32 unit vector to search by."""
    if not liked and not text:
        raise InvalidParameter("There is nothing to search by. Give an image, a text or a positive example.")
    wanted = [space.get_embedding(image_id) for image_id in liked]
    if text:
        wanted.append(space.encoder.embed_texts([text])[0])
    query = np.stack(wanted).mean(axis=0, dtype=np.float64)
    if disliked:
        unwanted = [space.get_embedding(image_id) for image_id in disliked]
        query -= NEGATIVE_WEIGHT * np.stack(unwanted).mean(axis=0, dtype=np.float64)
    length = float(np.linalg.norm(query))
    if length < 1e-6:
        raise InvalidParameter("These examples cancel each other out. Leave one of them away.")
    return (query / length).astype(np.float32)


def _check_top_k(top_k: int) -> None:
    if isinstance(top_k, bool) or not isinstance(top_k, int) or not 1 <= top_k <= MOST_RESULTS:
        raise InvalidParameter(f"top_k must be a whole number from 1 to {MOST_RESULTS}, not {top_k!r}.")
