"""A chunk of images on its way to a worker, and what comes back: plain JSON, read with suspicion."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

CHUNK_IMAGES = 64
"""Images that travel together: half a second of work for a GPU, ten for a CPU, and 130 KB of vectors."""

_UNIT_TOLERANCE = 1e-3


class QueuedImage(BaseModel):
    """An image as a worker must find it: a file of another content is not embedded."""

    model_config = ConfigDict(frozen=True)

    id: str
    path: str
    size_bytes: int
    content_hash: str


class Chunk(BaseModel):
    """Images to embed with one encoder. `attempts` counts the workers that were lost over it."""

    model_config = ConfigDict(frozen=True)

    encoder: str
    images: tuple[QueuedImage, ...]
    attempts: int = 0

    @property
    def ids(self) -> list[str]:
        return [image.id for image in self.images]


@dataclass(frozen=True, slots=True)
class ChunkResult:
    """What a worker made of a chunk: vectors for some images, reasons for the others; or why it gave the chunk back."""

    ids: Sequence[str] = ()
    vectors: np.ndarray = field(default_factory=lambda: np.empty((0, 0), np.float32))
    """(N, D) float32, unit length, in the order of `ids`."""
    reasons: Mapping[str, str] = field(default_factory=dict)
    given_back: str = ""
    """A sentence where the worker can't do any such chunk; empty where it did this one."""

    def to_json(self) -> dict[str, Any]:
        vectors = base64.b64encode(np.ascontiguousarray(self.vectors, "<f4").tobytes()).decode()
        given = {"ids": list(self.ids), "vectors": vectors, "reasons": dict(self.reasons)}
        return {**given, "given_back": self.given_back}


Sentence = Annotated[str, Field(max_length=2000)]


class _Wire(BaseModel):
    """A result as it travels: the vectors as base64 of float32, little-endian, row by row."""

    ids: list[str]
    vectors: str
    reasons: dict[str, Sentence]
    given_back: Sentence


def read_result(content: Any, chunk: Chunk, dimension: int) -> ChunkResult:
    """Return the result for `chunk` that arrived, with vectors of length `dimension`.

    Raises:
        ValueError: it isn't what a worker sends for this chunk: other images, another length, no unit vectors.
    """
    try:
        wire = _Wire.model_validate(content)
        numbers = np.frombuffer(base64.b64decode(wire.vectors, validate=True), "<f4")
    except (ValidationError, binascii.Error, ValueError) as error:
        raise ValueError("it isn't in the form that a worker of this version sends") from error
    if wire.given_back:
        return ChunkResult(given_back=wire.given_back)
    if sorted([*wire.ids, *wire.reasons]) != sorted(chunk.ids):
        raise ValueError("it isn't about the images of the chunk")
    if numbers.size != len(wire.ids) * dimension:
        raise ValueError(f"its vectors don't have the length {dimension}")
    vectors = numbers.reshape(len(wire.ids), dimension)
    lengths = np.linalg.norm(vectors, axis=1)
    if not (np.abs(lengths - 1) < _UNIT_TOLERANCE).all():  # False for NaN too
        raise ValueError("its vectors are not of unit length")
    return ChunkResult(wire.ids, vectors.astype(np.float32), wire.reasons)
