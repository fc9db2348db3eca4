"""What every encoder offers. `clip.py` and `descriptor.py` implement it; `loading.py` chooses one."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from PIL import Image


class Encoder(Protocol):
    """Turns images (and, where it has a text tower, texts) into unit vectors."""

    @property
    def name(self) -> str:
        """Stable and safe as a file name, such as `clip-vit-b-32`; embeddings are kept under it."""

    @property
    def label(self) -> str:
        """What the screen calls it, such as "CLIP ViT-B/32"."""

    @property
    def dimension(self) -> int:
        """D, the length of every vector."""

    @property
    def input_side(self) -> int:
        """Pixels that an image's shorter side must keep when it is decoded, so that `prepare` never scales up."""

    @property
    def supports_text(self) -> bool:
        """Whether `embed_texts` works."""

    def prepare(self, image: Image.Image) -> np.ndarray:
        """Return one image's model input. `image` is upright RGB. Called from many threads at once."""

    def embed_images(self, prepared: Sequence[np.ndarray]) -> np.ndarray:
        """Return (B, D) float32, unit length, for B results of `prepare`."""

    def embed_texts(self, texts: Sequence[str]) -> np.ndarray:
        """Return (B, D) float32, unit length.

        Raises:
            TextNotSupported: this encoder has no text tower.
        """
