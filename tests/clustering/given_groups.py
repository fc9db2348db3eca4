"""Vectors in well separated groups."""

import numpy as np

from tests.similarity.given_vectors import unit


def groups(number: int, size: int, dimension: int = 32, noise: float = 0.25) -> tuple[np.ndarray, np.ndarray]:
    """Return (N, D) float32 unit vectors around `number` random directions, and each one's (N,) int group, in turn."""
    rng = np.random.default_rng(1)
    centres = rng.normal(size=(number, dimension))
    group = np.arange(number * size) % number
    return unit(centres[group] + noise * rng.normal(size=(number * size, dimension))), group
