"""How fast images are done."""

import time
from collections import deque

WINDOW = 60.0
PAUSE = 5.0
"""Seconds without work after which the next work counts as a new beginning."""


class Pace:
    """Images a second over the last minute, or over what has passed of it since work began."""

    def __init__(self) -> None:
        self.done = 0
        """Images, all together."""
        self._began: float | None = None
        self._rested: float | None = None
        self._recent: deque[tuple[float, int]] = deque()

    def begin(self) -> None:
        """Say that work begins, or goes on; a long pause before it doesn't count."""
        now = time.monotonic()
        if self._began is None or (self._rested is not None and now - self._rested > PAUSE):
            self._began = now
            self._recent.clear()
        self._rested = None

    def add(self, images: int) -> None:
        """Count images that were just done."""
        self.begin()
        now = time.monotonic()
        self.done += images
        self._recent.append((now, images))
        while self._recent[0][0] < now - WINDOW:
            self._recent.popleft()

    def rest(self) -> None:
        """Say that there is nothing to do."""
        if self._rested is None:
            self._rested = time.monotonic()

    def rate(self) -> float:
        """Return images a second."""
        now = time.monotonic()
        images = sum(images for done_at, images in list(self._recent) if done_at > now - WINDOW)
        return images / max(min(now - (self._began or now), WINDOW), 1.0)
