"""How fast images are done."""

import time
from collections import deque

WINDOW = 60.0


class Pace:
    """Images a second over the last minute, or over what has passed of it since work began."""

    def __init__(self) -> None:
        self.done = 0
        """Images, all together."""
        self._began: float | None = None
        self._recent: deque[tuple[float, int]] = deque()

    def begin(self) -> None:
        """Say that work begins now; a pause before it doesn't count."""
        if self._began is None:
            self._began = time.monotonic()

    def add(self, images: int) -> None:
        """Count images that were just done."""
        self.begin()
        self.done += images
        self._recent.append((time.monotonic(), images))

    def rest(self) -> None:
        """Say that there is nothing to do."""
        self._began = None

    def rate(self) -> float:
        """Return images a second."""
        now = time.monotonic()
        while self._recent and self._recent[0][0] < now - WINDOW:
            self._recent.popleft()
        if not self._recent:
            return 0.0
        elapsed = WINDOW if self._began is None else min(now - self._began, WINDOW)
        return sum(images for _, images in self._recent) / max(elapsed, 1.0)
