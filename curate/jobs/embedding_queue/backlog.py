"""Which images wait, which are being embedded, and which could not be."""

import threading
from collections.abc import Callable, Iterable, Mapping
from itertools import islice


class Backlog:
    """Image ids in the order in which they came, each once. Threads may use it at the same time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, None] = {}
        self._taken: set[str] = set()
        self._set_aside: dict[str, str] = {}

    def add(self, image_ids: Iterable[str]) -> None:
        """Let images wait, unless they do already or are being embedded."""
        with self._lock:
            for image_id in image_ids:
                self._set_aside.pop(image_id, None)
                if image_id not in self._taken:
                    self._waiting[image_id] = None

    def take(self, count: int) -> list[str]:
        """Return up to `count` ids that are being embedded from now on."""
        with self._lock:
            ids = list(islice(self._waiting, count))
            for image_id in ids:
                del self._waiting[image_id]
            self._taken.update(ids)
            return ids

    def claim(self, image_ids: Iterable[str]) -> None:
        """Count images as being embedded that an earlier process sent out."""
        with self._lock:
            for image_id in image_ids:
                self._waiting.pop(image_id, None)
                self._taken.add(image_id)

    def put_back(self, image_ids: Iterable[str]) -> None:
        """Let images wait again, before all others."""
        with self._lock:
            again = dict.fromkeys(image_ids)
            self._taken.difference_update(again)
            self._waiting = again | self._waiting

    def finish(self, image_ids: Iterable[str]) -> None:
        """Forget images: they are embedded, or can't be."""
        with self._lock:
            self._taken.difference_update(image_ids)

    def set_aside(self, reasons: Mapping[str, str]) -> None:
        """Leave out images that can't be embedded, each with its reason, until they are added again."""
        with self._lock:
            self._taken.difference_update(reasons)
            self._set_aside.update(reasons)

    def reset(self, wanted: Callable[[], Iterable[str]]) -> None:
        """Let what `wanted` returns wait, unless it is being embedded, in place of all that waits or was set aside.

        In one step: whoever waits for the end never sees an empty moment, and what is added meanwhile is not lost.
        """
        with self._lock:
            self._waiting = dict.fromkeys(image_id for image_id in wanted() if image_id not in self._taken)
            self._set_aside.clear()

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def unfinished(self) -> int:
        """Images that wait or are being embedded."""
        with self._lock:
            return len(self._waiting) + len(self._taken)

    @property
    def left_out(self) -> int:
        """Images that were set aside."""
        return len(self._set_aside)
