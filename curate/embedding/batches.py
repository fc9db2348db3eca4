"""Embedding on a thread of its own, batch by batch, while others decode and write."""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

WAITING_BATCHES = 2
"""Full batches that may wait for the encoder: enough that it never waits itself, and a bound on memory."""


class EmbeddingBatches:
    """Takes model inputs one at a time, embeds them in batches, and gives the vectors back in the same order."""

    def __init__(self, embed: Callable[[Sequence[np.ndarray]], np.ndarray], batch_size: int) -> None:
        """Embed with `embed`, which turns B model inputs into (B, D) float32, `batch_size` at a time."""
        self._embed = embed
        self._batch_size = batch_size
        self._gathered: list[np.ndarray] = []
        self._sent: deque[Future[np.ndarray]] = deque()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="curate-embed")

    def add(self, prepared: np.ndarray) -> None:
        """Take one model input; blocks while `WAITING_BATCHES` full batches wait."""
        self._gathered.append(prepared)
        if len(self._gathered) >= self._batch_size:
            self._send()
            unfinished = [batch for batch in self._sent if not batch.done()]
            if len(unfinished) > WAITING_BATCHES:
                unfinished[0].exception()  # waits; `take` raises what went wrong

    def take(self, *, everything: bool = False) -> list[np.ndarray]:
        """Return the vectors that are ready, in the order of their inputs; or wait, and return them all.

        Raises:
            Exception: whatever `embed` raised.
        """
        if everything and self._gathered:
            self._send()
        vectors: list[np.ndarray] = []
        while self._sent and (everything or self._sent[0].done()):
            vectors.extend(self._sent.popleft().result())
        return vectors

    def close(self) -> None:
        """Forget what was not taken, and end the thread."""
        self._thread.shutdown(cancel_futures=True)

    def _send(self) -> None:
        self._sent.append(self._thread.submit(self._embed, self._gathered))
        self._gathered = []
