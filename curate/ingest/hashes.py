"""A hash of what an image looks like: near-identical pictures differ in few of its 64 bits."""

import numpy as np
from PIL import Image

_SIDE = 32
_KEPT = 8


def perceptual_hash(image: Image.Image) -> int:
    """Return the 64-bit DCT hash of an image, as `imagehash.phash` defines it.

    The luma at 32 × 32, its DCT's 8 × 8 lowest frequencies, a bit for each that is above their median; the first
    (the mean) is the highest bit.
    """
    luma = image if image.mode == "L" else image.convert("L")
    pixels = np.asarray(luma.resize((_SIDE, _SIDE), Image.Resampling.LANCZOS), np.float64)
    lowest = _DCT @ pixels @ _DCT.T
    bits = (lowest > np.median(lowest)).ravel()
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def _dct_rows() -> np.ndarray:
    """Return the lowest rows of the (unnormalised) DCT-II matrix: (8, 32) float64."""
    frequency, position = np.arange(_KEPT)[:, None], np.arange(_SIDE)[None, :]
    return 2 * np.cos(np.pi * frequency * (2 * position + 1) / (2 * _SIDE))


_DCT = _dct_rows()
