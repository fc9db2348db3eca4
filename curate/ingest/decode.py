"""One read and one decode of an image file, and everything that an import keeps of it."""

from collections.abc import Container
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b, file_digest
from io import BytesIO
from math import ceil
from pathlib import Path

import numpy as np
from PIL import Image

from curate.embedding.encoder import Preparation
from curate.ingest import colours
from curate.ingest.hashes import perceptual_hash
from curate.ingest.opening import Stream, TryAgainLater, opened
from curate.ingest.picture import Turns, one_at_a_time, read_picture
from curate.ingest.quality import Quality, measure_quality
from curate.ingest.thumbnails import LONGEST_SIDE, encode_thumbnail, shrunk

__all__ = ["DecodedFile", "KnownContent", "TryAgainLater", "decode", "hash_content", "model_input", "read_upright"]

HASHED_SIDE = 128
"""Pixels of the shorter side from which on half of them do for the perceptual hash, which looks at 32 × 32."""
LEAST_SHRINKING = 1.5
"""How many times larger than the model's input an image is decoded at least. A model that reads 224 pixels then gets
what a full decode gives it to a mean difference below 1/255; at 1.2 times it would be 2/255 for some photos."""


@dataclass(frozen=True, slots=True)
class KnownContent:
    """A file whose bytes hash to one of those that need no decoding."""

    content_hash: str


@dataclass(frozen=True, slots=True)
class DecodedFile:
    """What one decode of a file gives."""

    content_hash: str
    """BLAKE2b-128 of the file's bytes, hex."""
    width: int
    """Pixels of the original, upright."""
    height: int
    format: str
    has_alpha: bool
    """Whether any pixel is not fully opaque."""
    perceptual_hash: int
    """64 bits."""
    quality: Quality
    thumbnail: bytes
    """JPEG, longest side 384 at most."""
    prepared: np.ndarray
    """The encoder's model input."""


def read_upright(
    source: Path | bytes, shortest_side: int | None = None, max_megapixels: int = 200, name: str = ""
) -> Image.Image:
    """Return a file's first frame as RGB: EXIF orientation applied, in sRGB, transparency composited on white.

    With `shortest_side`, it may come back smaller than it is, yet never with a shorter side below that.

    Raises:
        UnreadableImage: with the reason, such as "the file is cut off".
    """
    name = source.name if isinstance(source, Path) else name
    with opened(source) as stream:
        return colours.on_white(read_picture(stream, name, lambda size: shortest_side, max_megapixels).image)


def model_input(
    source: Path | bytes, name: str, preparation: Preparation, max_megapixels: int = 200, turns: Turns = one_at_a_time
) -> np.ndarray:
    """Return a file's model input, the very one that an import computes.

    Raises:
        UnreadableImage: with the reason.
    """
    with opened(source) as stream:
        side_needed = partial(_side_needed, preparation.input_side)
        picture = read_picture(stream, name, side_needed, max_megapixels, turns)
    return preparation.prepare(colours.on_white(picture.image))


def decode(
    source: Path | bytes,
    name: str,
    preparation: Preparation,
    max_megapixels: int = 200,
    known: Container[str] = frozenset(),
    turns: Turns = one_at_a_time,
) -> DecodedFile | KnownContent:
    """Read a file, or take its bytes, and derive all that an import keeps.

    `name` is the file's, whose ending some formats go by. Content whose hash is in `known` is hashed only. A turn of
    `turns` is taken for as long as a big image is in memory.

    Raises:
        UnreadableImage: with the reason.
    """
    with opened(source) as stream:
        content_hash = hash_content(stream)
        if content_hash in known:
            return KnownContent(content_hash)
        side_needed = partial(_side_needed, preparation.input_side)
        picture = read_picture(stream, name, side_needed, max_megapixels, turns)
    image = colours.on_white(picture.image)
    small = shrunk(image)
    luma = small.convert("L")
    return DecodedFile(
        content_hash=content_hash,
        width=picture.width,
        height=picture.height,
        format=picture.format,
        has_alpha=picture.has_alpha,
        perceptual_hash=perceptual_hash(luma.reduce(2) if min(luma.size) >= HASHED_SIDE else luma),
        quality=measure_quality(luma),
        thumbnail=encode_thumbnail(colours.on_checkerboard(shrunk(picture.image)) if picture.has_alpha else small),
        prepared=preparation.prepare(image),
    )


def hash_content(source: Stream) -> str:
    """Return the BLAKE2b-128 of a whole file, hex, leaving it rewound."""
    if isinstance(source, BytesIO):
        return blake2b(source.getvalue(), digest_size=16).hexdigest()  # no copy, unlike what file_digest makes
    source.seek(0)
    digest = file_digest(source, partial(blake2b, digest_size=16)).hexdigest()
    source.seek(0)
    return digest


def _side_needed(input_side: int, size: tuple[int, int]) -> int:
    """Return the shorter side that serves both the model input and the thumbnail."""
    return max(ceil(LEAST_SHRINKING * input_side), -(-LONGEST_SIDE * min(size) // max(size)))
