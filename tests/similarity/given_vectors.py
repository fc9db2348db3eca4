"""Images with vectors of the test's choosing, behind the real embedding service."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from curate.embedding.service import ImageEmbeddingService
from curate.errors import TextNotSupported
from curate.store.database import Database
from tests.store.catalogue import add_images

AXES = ("red", "green", "blue")


class MeanColour:
    """The preparation: an image's mean colour, (3,) float32."""

    input_side = 1

    def prepare(self, image: Image.Image) -> np.ndarray:
        return np.asarray(image.resize((1, 1)), np.float32)[0, 0]


class ColourEncoder:
    """The mean colour of an image, or the colour that a text names, as a unit vector; further dimensions are 0."""

    name = "colour"
    label = "Mean colour"
    preparation = MeanColour()
    batch_size = 32
    embeds = True

    def __init__(self, dimension: int = 3, reads_text: bool = True) -> None:
        self.dimension = dimension
        self.supports_text = reads_text

    def embed_images(self, prepared: Sequence[np.ndarray]) -> np.ndarray:
        return self._unit(np.stack(prepared))

    def embed_texts(self, texts: Sequence[str]) -> np.ndarray:
        if not self.supports_text:
            raise TextNotSupported("Mean colour reads images only.")
        return self._unit(np.array([[float(axis in text) for axis in AXES] for text in texts]))

    def _unit(self, colours: np.ndarray) -> np.ndarray:
        vectors = np.pad(colours, ((0, 0), (0, self.dimension - 3))).astype(np.float32)
        return unit(vectors)


def unit(vectors: np.ndarray) -> np.ndarray:
    """Return (N, D) float32 rows of length 1."""
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def embedding_service(
    database: Database, folder: Path, dimension: int = 3, *, reads_text: bool = True
) -> ImageEmbeddingService:
    folder.mkdir(exist_ok=True)
    return ImageEmbeddingService(database, ColourEncoder(dimension, reads_text), folder)


def give(database: Database, embeddings: ImageEmbeddingService, vectors: Mapping[str, Sequence[float]]) -> None:
    """Put images on record, where they aren't yet, and give each its vector."""
    known = {row[0] for row in database.read().execute("SELECT id FROM images").fetchall()}
    new = [image_id for image_id in vectors if image_id not in known]
    if new:
        add_images(database, new)
    rows = embeddings.append_vectors(unit(np.array(list(vectors.values()), np.float32)))
    with database.write() as cursor:
        embeddings.record(cursor, list(vectors), rows)
