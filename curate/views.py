"""Views: ordered lists of images as the screen shows them, each addressed by a token.

A page makes a view, hands its token to a component, and the browser fetches the rows as bytes over HTTP: a list of
a million images never goes through the page's own connection. The same list always has the same token.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from curate.errors import ViewNotFound
from curate.store.database import Database
from curate.store.images import ImageStore, TileRows
from curate.store.remembered import Remembered

MAGIC = 0x31565543
"""The first four bytes of a view, "CUV1"."""
HAS_SCORES = 1
KEPT_VIEWS = 128


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """An ordered list of images, its token, and its bytes.

    Bytes, little-endian, for N images: uint32 magic, N, flags, 0; N ids of 12 ASCII bytes; N uint16 widths;
    N uint16 heights (pixels, cut at 65,535); N uint32 versions; and, when flag 1 is set, N float32 scores.
    """

    token: str
    image_ids: list[str]
    body: bytes

    def __len__(self) -> int:
        return len(self.image_ids)


class ViewRegistry:
    """The views that open pages show; the least recently used are let go."""

    def __init__(self, database: Database, images: ImageStore) -> None:
        self._images = images
        self._remembered = Remembered(database)
        self._views: OrderedDict[str, View] = OrderedDict()
        self._lock = threading.Lock()

    def make(self, image_ids: Sequence[str], scores: np.ndarray | None = None) -> View:
        """Return the view of these images, unknown ids left out; `scores` is (N,) float32, if given."""
        if scores is None:
            view = self._remembered.get(_Same(image_ids), lambda: self._made(image_ids, None))
        else:
            view = self._made(image_ids, scores)
        with self._lock:
            self._views[view.token] = view
            self._views.move_to_end(view.token)
            while len(self._views) > KEPT_VIEWS:
                self._views.popitem(last=False)
        return view

    def _made(self, image_ids: Sequence[str], scores: np.ndarray | None) -> View:
        rows = self._images.tiles(image_ids)
        if scores is not None and len(rows.image_ids) != len(image_ids):
            known = set(rows.image_ids)
            scores = scores[[image_id in known for image_id in image_ids]]
        body = _pack(rows, scores)
        return View(hashlib.blake2b(body, digest_size=9).hexdigest(), rows.image_ids, body)

    def get(self, token: str) -> View:
        """Return a view that was made before.

        Raises:
            ViewNotFound: it was never made, or let go since.
        """
        with self._lock:
            view = self._views.get(token)
            if view is None:
                raise ViewNotFound(token)
            self._views.move_to_end(token)
            return view


class _Same:
    """A list as a key: the very same list, whatever is in it."""

    __slots__ = ("items",)

    def __init__(self, items: Sequence[str]) -> None:
        self.items = items

    def __hash__(self) -> int:
        return id(self.items)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.items is self.items


def _pack(rows: TileRows, scores: np.ndarray | None) -> bytes:
    count = len(rows.image_ids)
    parts = [
        np.array([MAGIC, count, HAS_SCORES if scores is not None else 0, 0], "<u4").tobytes(),
        np.array(rows.image_ids, "S12").tobytes(),
        np.minimum(rows.widths, 65_535).astype("<u2").tobytes(),
        np.minimum(rows.heights, 65_535).astype("<u2").tobytes(),
        rows.versions.astype("<u4").tobytes(),
    ]
    if scores is not None:
        parts.append(np.asarray(scores, "<f4").tobytes())
    return b"".join(parts)
