"""How sharp, bright, contrasty, varied and framed an image is, on scales that are the same for all."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

NEAR_BLACK = 32
"""Luma up to which a bar counts as black: video's black is 16, and JPEG adds ripples beside the picture."""
THINNEST_BAR = 0.02
"""Share of the side: below it, a dark rim."""
MOST_UNEVEN = 0.5
"""The thinner of two bars beside the thicker one."""
MOST_BAR_NOISE = 1.5
"""Standard deviation of the luma over both bars: a night sky has more."""
LEAST_FILLED_EDGE = 0.6
"""Share of the picture's edge that is not black where a bar ends: a lamp in the dark has no straight edge."""


@dataclass(frozen=True, slots=True)
class Quality:
    """Measures of an image of at most 384 × 384 pixels."""

    sharpness: float
    """Variance of the Laplacian of the luma (0–255); blurred photos lie below about 100."""
    brightness: float
    """Mean luma, 0 (black) to 1 (white)."""
    contrast: float
    """Twice the luma's standard deviation, 0 (flat) to 1 (half black, half white)."""
    information: float
    """Entropy of the luma in bits a pixel, 0 (one grey) to 8; photos lie at 7, drawings and documents far below."""
    black_bars: float
    """Share of the area that near-black bars take, along the top and bottom or the left and right edges; mostly 0."""


def measure_quality(image: Image.Image) -> Quality:
    """Measure an RGB or L image that was scaled to the working size (a thumbnail's)."""
    luma = image if image.mode == "L" else image.convert("L")
    shares = np.array(luma.histogram()) / (luma.width * luma.height)
    mean = float(_LEVELS @ shares)
    deviation = float(np.sqrt((_LEVELS - mean) ** 2 @ shares))
    present = shares[shares > 0]
    return Quality(
        sharpness=_laplacian_variance(np.asarray(luma, np.int16)),
        brightness=mean / 255,
        contrast=min(deviation / 127.5, 1.0),
        information=abs(float(present @ np.log2(present))),
        black_bars=_black_bars(luma),
    )


def _laplacian_variance(luma: np.ndarray) -> float:
    """Return the variance of the 4-neighbour Laplacian over the inner pixels of (H, W) int16; 0 for under 3 × 3."""
    if min(luma.shape) < 3:
        return 0.0
    laplacian = luma[:-2, 1:-1] + luma[2:, 1:-1]
    laplacian += luma[1:-1, :-2]
    laplacian += luma[1:-1, 2:]
    laplacian -= 4 * luma[1:-1, 1:-1]
    values = laplacian.ravel().astype(np.float32)
    return max(float(values @ values / len(values) - values.mean() ** 2), 0.0)


def _black_bars(luma: Image.Image) -> float:
    """Return the share of the area outside the picture that bars leave."""
    box = luma.point(_not_black).getbbox()
    if box is None:
        return 0.0
    left, top, right, bottom = box
    pixels = np.asarray(luma)
    rows = 1 - (bottom - top) / luma.height if _is_barred(pixels[:, left:right], top, bottom) else 0.0
    columns = 1 - (right - left) / luma.width if _is_barred(pixels[top:bottom].T, left, right) else 0.0
    return 1 - (1 - rows) * (1 - columns)


def _is_barred(pixels: np.ndarray, start: int, end: int) -> bool:
    """Whether rows before `start` and from `end` on are bars: about as thick as each other, flat, with straight edges.

    `pixels` is (H, W) uint8, the near-black edges of the other direction left out.
    """
    before, after = start, len(pixels) - end
    thinnest = max(THINNEST_BAR * len(pixels), MOST_UNEVEN * max(before, after), 2)
    if min(before, after) < thinnest or end - start < 3:
        return False
    # the rows where a bar and the picture meet are half one, half the other
    if np.concatenate([pixels[: start - 1], pixels[end + 1 :]]).std() > MOST_BAR_NOISE:
        return False
    edges = pixels[[start + 1, end - 2]] > NEAR_BLACK
    return bool(edges.mean(axis=1).min() >= LEAST_FILLED_EDGE)


_LEVELS = np.arange(256, dtype=np.float64)
_not_black = [0] * (NEAR_BLACK + 1) + [255] * (255 - NEAR_BLACK)
