"""The built-in encoder: colour, shape and texture, measured without a trained network and without a download."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from curate.errors import TextNotSupported

SIDE = 96
"""Pixels of the square that is measured."""


class DescriptorEncoder:
    """Unit vectors of colour and gradient statistics. Images only."""

    name = "descriptor"
    label = "Built-in descriptor"
    dimension = 304
    input_side = SIDE
    supports_text = False

    def prepare(self, image: Image.Image) -> np.ndarray:
        """Return (SIDE, SIDE, 3) uint8 RGB."""
        return np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BOX))

    def embed_images(self, prepared: Sequence[np.ndarray]) -> np.ndarray:
        """Return (B, D) float32, unit length."""
        if not len(prepared):
            return np.empty((0, self.dimension), np.float32)
        return np.stack([_describe(pixels) for pixels in prepared])

    def embed_texts(self, texts: Sequence[str]) -> np.ndarray:
        raise TextNotSupported(
            "Text search needs CLIP, and this workspace uses the built-in descriptor. "
            "Start Curate with CURATE_ENCODER=clip-vit-b-32 once the model can be downloaded."
        )


def _describe(pixels: np.ndarray) -> np.ndarray:
    grey = pixels.mean(axis=2, dtype=np.float32) / 255
    thumbnail = pixels.reshape(4, SIDE // 4, 4, SIDE // 4, 3).mean(axis=(1, 3), dtype=np.float32).ravel() / 255 - 0.5
    features = np.concatenate([_gradients(grey), thumbnail])
    return features / max(float(np.linalg.norm(features)), 1e-6)


def _gradients(grey: np.ndarray, grid: int = 4, bins: int = 16) -> np.ndarray:
    dy, dx = np.gradient(grey)
    angle = ((np.arctan2(dy, dx) + np.pi) / (2 * np.pi) * bins).astype(int) % bins
    cell = np.arange(SIDE) * grid // SIDE
    index = (cell[:, None] * grid + cell[None, :]) * bins + angle
    counts = np.sqrt(np.bincount(index.ravel(), np.hypot(dx, dy).ravel(), grid * grid * bins)).astype(np.float32)
    return counts / max(float(np.linalg.norm(counts)), 1e-6) - 1 / np.sqrt(len(counts), dtype=np.float32)
