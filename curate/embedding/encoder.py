"""What every encoder offers. `clip.py` and `descriptor.py` implement it; `loading.py` chooses one."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from PIL import Image


class Preparation(Protocol):
    """What happens to an image before its encoder sees it.

    Small and picklable: it is sent to the processes that decode files, which never load a model's libraries.
    """

    @property
    def input_side(self) -> int:
        """Pixels that an image's shorter side must keep when it is decoded, so that `prepare` never scales up."""

    def prepare(self, image: Image.Image) -> np.ndarray:
        """Return one image's model input. `image` is upright RGB. Called from many threads at once."""


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
    def preparation(self) -> Preparation:
        """What makes an image the input of `embed_images`."""

    @property
    def batch_size(self) -> int:
        """How many images at a time `embed_images` is fastest with; it takes any number."""

    @property
    def embeds(self) -> bool:
        """Whether `embed_images` works; not where the vectors were made elsewhere and imported."""

    @property
    def supports_text(self) -> bool:
        """Whether `embed_texts` works."""

    def embed_images(self, prepared: Sequence[np.ndarray]) -> np.ndarray:
        """Return (B, D) float32, unit length, for B results of `preparation.prepare`."""

    def embed_texts(self, texts: Sequence[str]) -> np.ndarray:
        """Return (B, D) float32, unit length.

        Raises:
            TextNotSupported: this encoder has no text tower.
        """
