"""From an image to what a model of fixed input size expects: resized, perhaps cut out of the middle, scaled, centred.

Equals transformers' `CLIPImageProcessorPil` and `SiglipImageProcessorPil`, at a fraction of their cost: geometry on
8-bit pixels here, one image at a time; the arithmetic for a whole batch, on the model's device. Loads no model library.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

FULL_SIZE = 1 << 16
"""The side to ask for where a checkpoint takes pixels as they are: no image is longer."""
LONGEST_RATIO = 32
"""Sides' ratio beyond which the middle is cut out first, of which the crop sees less still: a strip of 1 × 60,000
pixels, resized whole to a shorter side of 224, would take 9 GB."""

CLIP_DEFAULTS: Mapping[str, Any] = {
    "size": {"shortest_edge": 224},
    "crop_size": 224,
    "resample": Image.Resampling.BICUBIC,
    "image_mean": (0.48145466, 0.4578275, 0.40821073),
    "image_std": (0.26862954, 0.26130258, 0.27577711),
}
"""What a CLIP checkpoint's configuration means by what it leaves out."""
SIGLIP_DEFAULTS: Mapping[str, Any] = {
    "size": {"height": 224, "width": 224},
    "do_center_crop": False,
    "resample": Image.Resampling.BICUBIC,
    "image_mean": (0.5, 0.5, 0.5),
    "image_std": (0.5, 0.5, 0.5),
}


@dataclass(frozen=True, slots=True)
class Channels:
    """How a channel's 8-bit value becomes the number that a model reads: times `scale`, plus `shift`."""

    scale: tuple[float, ...]
    shift: tuple[float, ...]

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Channels":
        """Fold rescaling and normalizing into one factor and one summand a channel."""
        factor = config.get("rescale_factor", 1 / 255) if _does(config, "rescale") else 1.0
        mean, deviation = np.zeros(3), np.ones(3)
        if _does(config, "normalize"):
            mean, deviation = mean + config["image_mean"], deviation * config["image_std"]
        return cls(tuple((factor / deviation).tolist()), tuple((-mean / deviation).tolist()))


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """What a checkpoint's `preprocessor_config.json` asks for; the `Preparation` of its encoder."""

    short_side: int | None
    """Pixels that the shorter side is resized to, the ratio kept; or None."""
    exact_size: tuple[int, int] | None
    """(height, width) that the image is resized to, whatever its ratio; or None."""
    crop: tuple[int, int] | None
    """(height, width) cut out of the middle; or None."""
    resample: Image.Resampling
    channels: Channels

    @classmethod
    def from_config(cls, given: Mapping[str, Any], defaults: Mapping[str, Any] = CLIP_DEFAULTS) -> "Preprocessing":
        """Read a configuration; what it leaves out is as in `defaults`.

        Raises:
            ValueError: it asks for something that neither CLIP nor SigLIP does, or its outputs would differ in size.
        """
        config = filled(given, defaults)
        size = _sides(config["size"], "shortest_edge") if _does(config, "resize") else {}
        if unknown := set(size) - {"shortest_edge", "height", "width"}:
            raise ValueError(f"a resize by {', '.join(sorted(unknown))}")
        crop = _sides(config.get("crop_size", {}), "both") if _does(config, "center_crop") else {}
        exact = _pair(size)
        if not crop and not exact:
            raise ValueError("images of differing sizes")
        resample = Image.Resampling(config["resample"])
        return cls(size.get("shortest_edge"), exact, _pair(crop), resample, Channels.from_config(config))

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
        """Return an RGB image's (3, height, width) uint8 model input, before `channels`."""
        image = middle_of_strip(image, LONGEST_RATIO) if self.short_side else image
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


def filled(config: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration with what it leaves out, or leaves empty, as in `defaults`."""
    return {**defaults, **{name: value for name, value in config.items() if value is not None}}


def _does(config: Mapping[str, Any], step: str) -> bool:
    return bool(config.get(f"do_{step}", True))


def _sides(value: int | Mapping[str, int | None], meaning: str) -> dict[str, int]:
    """Read a size as old and new checkpoints write it: a number, or named sides."""
    if isinstance(value, Mapping):
        return {name: int(side) for name, side in value.items() if side is not None}
    return {"height": value, "width": value} if meaning == "both" else {meaning: value}


def _pair(sides: Mapping[str, int]) -> tuple[int, int] | None:
    return (sides["height"], sides["width"]) if "height" in sides and "width" in sides else None


def middle_of_strip(image: Image.Image, ratio: int) -> Image.Image:
    """Return the middle of a hair-thin image, `ratio` times as long as it is thin; others as they are."""
    longest = ratio * min(image.size)
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
