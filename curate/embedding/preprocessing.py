"""From an image to what a CLIP checkpoint expects: resized, cut out of the middle, scaled and centred.

Equals transformers' `CLIPImageProcessorPil`, at a fraction of its cost: geometry on 8-bit pixels here, one image at a
time; the arithmetic for a whole batch, on the model's device.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

FULL_SIZE = 1 << 16
"""The side to ask for where a checkpoint takes pixels as they are: no image is longer."""
LONGEST_RATIO = 32
"""Sides' ratio beyond which the middle is cut out first: resizing a hair-thin image whole would take gigabytes."""
_CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
_CLIP_STD = (0.26862954, 0.26130258, 0.27577711)


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """What a checkpoint's `preprocessor_config.json` asks for."""

    short_side: int | None
    """Pixels that the shorter side is resized to, the ratio kept; or None."""
    exact_size: tuple[int, int] | None
    """(height, width) that the image is resized to, whatever its ratio; or None."""
    crop: tuple[int, int] | None
    """(height, width) cut out of the middle; or None."""
    resample: Image.Resampling
    scale: tuple[float, ...]
    """A channel's 8-bit value is multiplied by this …"""
    shift: tuple[float, ...]
    """… and this is added."""

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Preprocessing":
        """Read a configuration; what it leaves out is as in CLIP.

        Raises:
            ValueError: it asks for something that CLIP doesn't do, or its outputs would differ in size.
        """
        size = _sides(config.get("size", {"shortest_edge": 224}), "shortest_edge") if _does(config, "resize") else {}
        if unknown := set(size) - {"shortest_edge", "height", "width"}:
            raise ValueError(f"a resize by {', '.join(sorted(unknown))}")
        crop = _sides(config.get("crop_size", 224), "both") if _does(config, "center_crop") else {}
        scale, shift = _linear(config)
        exact = _pair(size)
        if not crop and not exact:
            raise ValueError("images of differing sizes")
        return cls(
            size.get("shortest_edge"), exact, _pair(crop), Image.Resampling(config.get("resample", 3)), scale, shift
        )

    @property
    def output_size(self) -> tuple[int, int]:
        """(height, width) of every result."""
        size = self.crop or self.exact_size
        assert size is not None
        return size

    @property
    def input_side(self) -> int:
        """Pixels that an image's shorter side should keep, for nothing to be scaled up later."""
        return self.short_side or (max(self.exact_size) if self.exact_size else FULL_SIZE)

    def prepare(self, image: Image.Image) -> np.ndarray:
        """Return an RGB image's (3, height, width) uint8 model input, before `scale` and `shift`."""
        image = _without_far_ends(image) if self.short_side else image
        size = self._resized(image.width, image.height)
        if size != image.size:
            image = image.resize(size, self.resample)
        return np.ascontiguousarray(np.moveaxis(_cut_out(np.asarray(image), *self.output_size), 2, 0))

    def _resized(self, width: int, height: int) -> tuple[int, int]:
        if self.exact_size:
            return self.exact_size[1], self.exact_size[0]
        if self.short_side and width <= height:
            return self.short_side, int(self.short_side * height / width)
        if self.short_side:
            return int(self.short_side * width / height), self.short_side
        return width, height


def _does(config: Mapping[str, Any], step: str) -> bool:
    return bool(config.get(f"do_{step}", True))


def _sides(value: int | Mapping[str, int | None], meaning: str) -> dict[str, int]:
    """Read a size as old and new checkpoints write it: a number, or named sides."""
    if isinstance(value, Mapping):
        return {name: int(side) for name, side in value.items() if side is not None}
    return {"height": value, "width": value} if meaning == "both" else {meaning: value}


def _pair(sides: Mapping[str, int]) -> tuple[int, int] | None:
    return (sides["height"], sides["width"]) if "height" in sides and "width" in sides else None


def _linear(config: Mapping[str, Any]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Fold rescaling and normalizing into one factor and one summand a channel."""
    factor = config.get("rescale_factor", 1 / 255) if _does(config, "rescale") else 1.0
    mean, deviation = np.zeros(3), np.ones(3)
    if _does(config, "normalize"):
        mean, deviation = mean + config.get("image_mean", _CLIP_MEAN), deviation * config.get("image_std", _CLIP_STD)
    return tuple((factor / deviation).tolist()), tuple((-mean / deviation).tolist())


def _without_far_ends(image: Image.Image) -> Image.Image:
    """Cut a hair-thin image to its middle, of which the crop sees less still."""
    longest = LONGEST_RATIO * min(image.size)
    if max(image.size) <= longest:
        return image
    left, top = max(image.width - longest, 0) // 2, max(image.height - longest, 0) // 2
    return image.crop((left, top, left + min(image.width, longest), top + min(image.height, longest)))


def _cut_out(pixels: np.ndarray, height: int, width: int) -> np.ndarray:
    """Return the middle (height, width) of (H, W, 3) pixels; what lies outside of a smaller image is black."""
    top, left = (pixels.shape[0] - height) // 2, (pixels.shape[1] - width) // 2
    if top >= 0 and left >= 0:
        return pixels[top : top + height, left : left + width]
    result = np.zeros((height, width, 3), np.uint8)
    inside = pixels[max(top, 0) : max(top, 0) + height, max(left, 0) : max(left, 0) + width]
    y, x = max(-top, 0), max(-left, 0)
    result[y : y + inside.shape[0], x : x + inside.shape[1]] = inside
    return result
