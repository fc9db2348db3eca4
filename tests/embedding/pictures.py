"""Images whose every pixel counts, in sizes that preprocessing gets wrong first."""

import numpy as np
from PIL import Image

SIZES = [(64, 64), (100, 40), (40, 100), (33, 47), (301, 97), (20, 20), (17, 90), (32, 32), (1, 1)]


def noise(width: int, height: int) -> Image.Image:
    """Return random pixels, always the same of one size."""
    pixels = np.random.default_rng(width * 1000 + height).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels)
