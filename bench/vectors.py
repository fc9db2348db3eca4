"""Vectors as an encoder might give them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

DIMENSION = 512
"""As CLIP ViT-B/32."""
GROUPS = 40
SPREAD = 0.9
"""Length of what sets a vector apart from its group's centre, beside 1: the cosine to it is about 0.74."""
BACKGROUND = 0.2


@dataclass(frozen=True, slots=True)
class Mixture:
    """Groups of unequal size among scattered vectors that belong to none."""

    vectors: np.ndarray
    """(N, D) float32, unit length."""
    groups: np.ndarray
    """(N,) int64; -1 is the background."""


def mixture(count: int, seed: int = 0) -> Mixture:
    """Return `count` vectors, a fifth of them background, in random order."""
    random = np.random.default_rng(seed)
    groups = random.choice(GROUPS, size=count, p=random.dirichlet(np.full(GROUPS, 3.0)))
    groups[random.random(count) < BACKGROUND] = -1
    centres = unit(random.standard_normal((GROUPS, DIMENSION), dtype=np.float32))
    vectors = unit(random.standard_normal((count, DIMENSION), dtype=np.float32))
    member = groups >= 0
    vectors[member] = unit(centres[groups[member]] + SPREAD * vectors[member])
    return Mixture(vectors, groups)


def unit(vectors: np.ndarray) -> np.ndarray:
    """Return (N, D) float32 vectors at unit length."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: np.ndarray = (vectors / lengths).astype(np.float32, copy=False)
    return scaled


def image_ids(count: int) -> list[str]:
    """Return ids as long as those of a catalogue."""
    return [f"{number:012d}" for number in range(count)]


class GreyPreparation:
    """An image's grey values at 32 × 16."""

    input_side = 32

    def prepare(self, image: Image.Image) -> np.ndarray:
        """Return (512,) uint8."""
        return np.asarray(image.convert("L").resize((32, 16))).ravel()


class GreyEncoder:
    """An image's grey values at 32 × 16 as a vector: so cheap that everything around an encoder can be measured."""

    name = "grey"
    label = "Grey values"
    dimension = DIMENSION
    preparation = GreyPreparation()
    batch_size = 32
    embeds = True
    supports_text = False

    def embed_images(self, prepared: Sequence[np.ndarray]) -> np.ndarray:
        """Return (B, 512) float32, unit length."""
        return unit(np.stack(prepared).astype(np.float32) + 1)

    def embed_texts(self, texts: Sequence[str]) -> np.ndarray:
        from curate.errors import TextNotSupported

        raise TextNotSupported("Grey values know no words.")
