"""Smooth random fields: clouds, hills, marble, paper.

Fields are float64 on purpose: the last bit of a float32 sine differs between processors and would show in the bytes.
"""

import math

import numpy as np
from PIL import Image


def field(rng: np.random.Generator, width: int, height: int, cell: float, octaves: int = 3) -> np.ndarray:
    """Return fractal value noise, (height, width) float64, 0 to 1, with lumps about `cell` pixels wide."""
    total = np.zeros((height, width))
    weight, weights = 1.0, 0.0
    for _ in range(octaves):
        total += weight * _octave(rng, width, height, max(cell, 1.0))
        weights += weight
        weight, cell = weight / 2, cell / 2
    return np.clip(0.5 + (total / weights - 0.5) * 1.35, 0.0, 1.0)


def line(rng: np.random.Generator, length: int, cell: float, octaves: int = 4, rough: float = 0.5) -> np.ndarray:
    """Return a fractal line, (length,) float64, about -1 to 1; `rough` is how much each finer octave keeps."""
    total = np.zeros(length)
    weight, weights = 1.0, 0.0
    for _ in range(octaves):
        knots = rng.uniform(-1, 1, math.ceil(length / max(cell, 1.0)) + 3)
        total += weight * _eased(knots, np.arange(length) / max(cell, 1.0) + rng.random())
        weights += weight
        weight, cell = weight * rough, cell / 2.1
    return total / weights * 1.4


def warped(values: np.ndarray, dx: np.ndarray, dy: np.ndarray) -> np.ndarray:
    """Read `values` (H, W) at positions moved by `dx` and `dy` pixels, held at the edges."""
    height, width = values.shape
    columns = np.clip(np.arange(width) + dx.astype(np.int64), 0, width - 1)
    rows = np.clip(np.arange(height)[:, None] + dy.astype(np.int64), 0, height - 1)
    return values[rows, columns]


def _octave(rng: np.random.Generator, width: int, height: int, cell: float) -> np.ndarray:
    columns, rows = width / cell, height / cell
    grid = rng.random((math.ceil(rows) + 2, math.ceil(columns) + 2), dtype=np.float32)
    left, top = rng.random(2)
    box = (left, top, left + columns, top + rows)
    smooth = Image.fromarray(grid).resize((width, height), Image.Resampling.BICUBIC, box=box)
    return np.asarray(smooth, dtype=np.float64)


def _eased(knots: np.ndarray, at: np.ndarray) -> np.ndarray:
    whole = at.astype(np.int64)
    part = at - whole
    part = part * part * (3 - 2 * part)
    return knots[whole] * (1 - part) + knots[whole + 1] * part
