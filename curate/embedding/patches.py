"""From an image to what a SigLIP 2 NaFlex model expects: as many square patches as fit, at the image's own ratio.

Equals transformers' `Siglip2ImageProcessorPil`, without its padding, which waits until images meet in a batch. Loads
no model library.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from curate.embedding.preprocessing import Channels, filled

DEFAULTS: Mapping[str, Any] = {
    "patch_size": 16,
    "max_num_patches": 256,
    "resample": Image.Resampling.BILINEAR,
    "image_mean": (0.5, 0.5, 0.5),
    "image_std": (0.5, 0.5, 0.5),
}
_LEAST_SCALE, _MOST_SCALE, _SCALE_STEP = 1e-6, 100.0, 1e-5
"""Where transformers looks for the scale, and how closely: the sizes must be the same to the pixel."""


@dataclass(frozen=True, slots=True)
class PatchPreprocessing:
    """What the `preprocessor_config.json` of a NaFlex checkpoint asks for; the `Preparation` of its encoder."""

    patch_side: int
    most_patches: int
    resample: Image.Resampling
    channels: Channels

    @classmethod
    def from_config(cls, given: Mapping[str, Any]) -> "PatchPreprocessing":
        """Read a configuration; what it leaves out is as in SigLIP 2.

        Raises:
            ValueError: it leaves images at their own size.
        """
        config = filled(given, DEFAULTS)
        if not config.get("do_resize", True):
            raise ValueError("images of differing sizes")
        resample = Image.Resampling(config["resample"])
        return cls(int(config["patch_size"]), int(config["max_num_patches"]), resample, Channels.from_config(config))

    @property
    def output_size(self) -> tuple[int, int]:
        """(height, width) of every patch."""
        return self.patch_side, self.patch_side

    @property
    def input_side(self) -> int:
        """Pixels that an image's shorter side should keep: no shorter side gets more patches than a square's."""
        return math.isqrt(self.most_patches) * self.patch_side

    def prepare(self, image: Image.Image) -> np.ndarray:
        """Return an RGB image's (rows, columns, patch_side² · 3) uint8 patches, before `channels`."""
        rows, columns = self._grid(image.height, image.width)
        side = self.patch_side
        pixels = np.asarray(image.resize((columns * side, rows * side), self.resample))
        patches = pixels.reshape(rows, side, columns, side, 3).swapaxes(1, 2)
        return np.ascontiguousarray(patches).reshape(rows, columns, side * side * 3)

    def _grid(self, height: int, width: int) -> tuple[int, int]:
        """Return the rows and columns of patches at the largest scale that does not exceed `most_patches`."""
        least, most = _LEAST_SCALE, _MOST_SCALE
        while most - least >= _SCALE_STEP:
            scale = (least + most) / 2
            if self._patches(height, scale) * self._patches(width, scale) <= self.most_patches:
                least = scale
            else:
                most = scale
        return self._patches(height, least), self._patches(width, least)

    def _patches(self, side: int, scale: float) -> int:
        return max(1, math.ceil(side * scale / self.patch_side))
