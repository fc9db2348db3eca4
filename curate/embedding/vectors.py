"""An encoder of which there are only vectors: they came from a file, or its model isn't loaded."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

import numpy as np
from PIL import Image

from curate.errors import EmbeddingNotSupported, TextNotSupported


class NoPreparation:
    """Nothing is made of an image, as nothing will read it."""

    input_side = 1

    def prepare(self, image: Image.Image) -> np.ndarray:
        """Return (0,) uint8."""
        return np.empty(0, np.uint8)


@dataclass(frozen=True)
class VectorsOnly:
    """Compares the images that have a vector; can embed neither images nor texts."""

    name: str
    label: str
    dimension: int
    preparation = NoPreparation()
    batch_size = 1
    embeds = False
    supports_text = False

    def embed_images(self, prepared: Sequence[np.ndarray]) -> NoReturn:
        raise EmbeddingNotSupported(
            f"Of “{self.label}” there are only vectors here, no model, so it can't embed images. "
            "Attach more vectors, or switch to another encoder."
        )

    def embed_texts(self, texts: Sequence[str]) -> NoReturn:
        raise TextNotSupported(
            f"Of “{self.label}” there are only vectors here, no model, so it can't read text. "
            "Switch to a CLIP encoder to search by text."
        )
