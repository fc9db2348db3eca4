"""How sharp, bright and contrasty an image is, on scales that are the same for all."""

from dataclasses import dataclass

import numpy as np
from PIL import Image


@dataclass(frozen=True, slots=True)
class Quality:
    """Measures of an image of at most 384 × 384 pixels."""

    sharpness: float
    """Variance of the Laplacian of the luma (0–255); blurred photos lie below about 100."""
    brightness: float
    """Mean luma, 0 (black) to 1 (white)."""
    contrast: float
    """Twice the luma's standard deviation, 0 (flat) to 1 (half black, half white)."""


def measure_quality(image: Image.Image) -> Quality:
    """Measure an RGB image that was scaled to the working size (a thumbnail's)."""
    luma = np.asarray(image.convert("L"), np.float32)
    return Quality(
        sharpness=_laplacian_variance(luma),
        brightness=float(luma.mean() / 255),
        contrast=float(min(luma.std() / 127.5, 1.0)),
    )


def _laplacian_variance(luma: np.ndarray) -> float:
    """Return the variance of the 4-neighbour Laplacian over the inner pixels; 0 for images under 3 × 3."""
    if min(luma.shape) < 3:
        return 0.0
    laplacian = luma[:-2, 1:-1] + luma[2:, 1:-1] + luma[1:-1, :-2] + luma[1:-1, 2:] - 4 * luma[1:-1, 1:-1]
    return float(laplacian.var())
