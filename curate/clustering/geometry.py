"""Plane geometry of the map: fitting it into a square, and which points lie within an outline."""

import numpy as np

EDGE = 0.9
"""Where most of the map ends; what lies farther out is drawn in between here and `LIMIT`."""

LIMIT = 0.98


def fitted_into_square(positions: np.ndarray) -> np.ndarray:
    """Return (N, 2) float32 positions, moved and scaled alike on both axes, so that all lie within ±`LIMIT`.

    99 of 100 lie within ±`EDGE`; a few that are far off don't shrink the rest, but are pulled in.
    """
    if len(positions) == 0:
        return np.empty((0, 2), np.float32)
    low, high = np.quantile(positions, [0.005, 0.995], axis=0)
    half = float((high - low).max()) / 2
    if half < 1e-12:
        low, high = positions.min(axis=0), positions.max(axis=0)
        half = max(float((high - low).max()) / 2, 1e-12)
    scaled = (positions - (low + high) / 2) / half * EDGE
    beyond = np.maximum(np.abs(scaled) - EDGE, 0)
    room = LIMIT - EDGE
    return np.where(beyond > 0, np.sign(scaled) * (EDGE + room * np.tanh(beyond / room)), scaled).astype(np.float32)


def inside_box(x: np.ndarray, y: np.ndarray, x0: float, y0: float, x1: float, y1: float) -> np.ndarray:
    """Return the (K,) int64 positions, rising, of points in a box between two opposite corners, its edges included."""
    left, right = sorted((x0, x1))
    bottom, top = sorted((y0, y1))
    return np.flatnonzero((x >= left) & (x <= right) & (y >= bottom) & (y <= top))


def inside_polygon(x: np.ndarray, y: np.ndarray, outline: np.ndarray) -> np.ndarray:
    """Return the (K,) int64 positions, rising, of points within an outline of (M, 2) corners, by the even-odd rule.

    Points are (N,) float32. Those in the outline's box are sorted by y, so that each edge looks only at the points
    that it passes: for a lasso of hundreds of corners the work is a few times N, not N × M.
    """
    outline = np.asarray(outline, dtype=np.float64)
    near = inside_box(x, y, *outline.min(axis=0), *outline.max(axis=0))
    near = near[np.argsort(y[near], kind="stable")]
    px, py = x[near].astype(np.float64), y[near].astype(np.float64)
    inside = np.zeros(len(near), dtype=bool)
    ends = np.roll(outline, -1, axis=0)
    for (ax, ay), (bx, by) in zip(outline, ends, strict=True):
        if ay == by:
            continue
        # An edge owns its lower end and not its upper one, so that a corner is counted once.
        passed = slice(*np.searchsorted(py, sorted((ay, by))))
        inside[passed] ^= px[passed] < ax + (py[passed] - ay) * ((bx - ax) / (by - ay))
    return np.sort(near[inside])
