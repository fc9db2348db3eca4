"""The map's points, as bytes for the page's component."""

import hashlib
import threading
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Path, Request, Response

from curate.api.answers import binary
from curate.api.dependencies import CurrentWorkspace
from curate.store.runs import MapPoints

MAGIC = 0x3150554D
"""The first four bytes of a map, "MUP1"."""

router = APIRouter(prefix="/map", include_in_schema=False)


@router.get("/{run_id}/points", response_class=Response)
def read_points(
    run_id: Annotated[int, Path(ge=0, lt=2**31)], request: Request, workspace: CurrentWorkspace
) -> Response:
    """The bytes of a run's map; `pack_points` describes them. Positions are those of the run's view."""
    body, etag = _last.packed(workspace.clustering.map_points(run_id))
    return binary(request, body, etag)


def pack_points(points: MapPoints) -> bytes:
    """Return N points, little-endian: uint32 magic, N, run id, 0; N float32 x; N float32 y; N int16 clusters."""
    head = np.array([MAGIC, len(points), points.run_id, 0], "<u4")
    arrays = (points.x.astype("<f4"), points.y.astype("<f4"), points.cluster_ids.astype("<i2"))
    return b"".join([head.tobytes(), *(array.tobytes() for array in arrays)])


class _LastPacked:
    """The bytes of the map that was asked for last: every open tab wants the same one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._points: MapPoints | None = None
        self._packed = (b"", "")

    def packed(self, points: MapPoints) -> tuple[bytes, str]:
        """Return the bytes and their tag."""
        with self._lock:
            if self._points is not points:
                body = pack_points(points)
                self._packed = body, hashlib.blake2b(body, digest_size=9).hexdigest()
                self._points = points
            return self._packed


_last = _LastPacked()
