"""One read and one decode of an image file: upright, in right colours, with everything that an import keeps of it."""

import hashlib
from collections.abc import Callable, Container
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Lock

import numpy as np
from PIL import Image, UnidentifiedImageError

from curate.embedding.encoder import Preparation
from curate.errors import UnreadableImage
from curate.ingest import colours, pillow_setup
from curate.ingest.hashes import perceptual_hash
from curate.ingest.opening import Stream, TryAgainLater, opened
from curate.ingest.quality import Quality, measure_quality
from curate.ingest.reasons import why_undecodable, why_unidentified
from curate.ingest.thumbnails import LONGEST_SIDE, encode_thumbnail, shrunk

LONGEST_ALLOWED_SIDE = 65_535
BIG_PIXELS = 40_000_000
MODEL_ASPECT = 8

_SideNeeded = Callable[[tuple[int, int]], int | None]
Turns = AbstractContextManager[object]
"""Entered by whoever holds a big image in memory: eight of 200 megapixels at once would take 10 GB."""

_turns: Turns = Lock()

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


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


def read_upright(path: Path, shortest_side: int | None = None, max_megapixels: int = 200) -> Image.Image:
    """Return a file's first frame as RGB: EXIF orientation applied, in sRGB, transparency composited on white.

    With `shortest_side`, a JPEG may come back smaller than it is, yet never with a shorter side below that.

    Raises:
        UnreadableImage: with the reason, such as "the file is cut off".
    """
    with opened(path) as stream:
        return colours.on_white(_decoded(stream, path.name, lambda size: shortest_side, max_megapixels).image)


def model_input(
    source: Path | bytes, name: str, preparation: Preparation, max_megapixels: int = 200, turns: Turns = _turns
) -> np.ndarray:
    """Return a file's model input, the very one that an import computes.

    Raises:
        UnreadableImage: with the reason.
    """
    with opened(source) as stream:
        side_needed = partial(_side_needed, preparation.input_side)
        picture = _decoded(stream, name, side_needed, max_megapixels, turns)
    return preparation.prepare(_middle_of_strip(colours.on_white(picture.image)))


def decode(
    source: Path | bytes,
    name: str,
    preparation: Preparation,
    max_megapixels: int = 200,
    known: Container[str] = frozenset(),
    turns: Turns = _turns,
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
        picture = _decoded(stream, name, side_needed, max_megapixels, turns)
    image = colours.on_white(picture.image)
    small = shrunk(image)
    return DecodedFile(
        content_hash=content_hash,
        width=picture.width,
        height=picture.height,
        format=picture.format,
        has_alpha=picture.has_alpha,
        perceptual_hash=perceptual_hash(small),
        quality=measure_quality(small),
        thumbnail=encode_thumbnail(colours.on_checkerboard(shrunk(picture.image)) if picture.has_alpha else small),
        prepared=preparation.prepare(_middle_of_strip(image)),
    )


def hash_content(source: Stream) -> str:
    """Return the BLAKE2b-128 of a whole file, hex, leaving it rewound."""
    source.seek(0)
    digest = hashlib.file_digest(source, partial(hashlib.blake2b, digest_size=16)).hexdigest()
    source.seek(0)
    return digest


@dataclass(frozen=True, slots=True)
class _Picture:
    """A decoded first frame: `image` is upright, RGB or RGBA, perhaps smaller than the original's width and height."""

    image: Image.Image
    width: int
    height: int
    format: str
    has_alpha: bool


def _decoded(
    source: Stream, name: str, side_needed: _SideNeeded, max_megapixels: int, turns: Turns = _turns
) -> _Picture:
    """Decode the first frame.

    Anything that a hostile file makes Pillow raise (it has raised most built-in errors over the years) ends as
    UnreadableImage.
    """
    try:
        return _first_frame(source, name, side_needed, max_megapixels, turns)
    except UnreadableImage:
        raise
    except UnidentifiedImageError as error:
        source.seek(0)
        raise UnreadableImage(why_unidentified(source.read(16), name)) from error
    except Image.DecompressionBombError as error:
        raise TryAgainLater(f"it has more pixels than the {max_megapixels} megapixels allowed") from error
    except MemoryError as error:
        raise TryAgainLater("it does not fit into memory") from error
    except Exception as error:
        raise UnreadableImage(why_undecodable(error)) from error


def _first_frame(
    source: Stream, name: str, side_needed: _SideNeeded, max_megapixels: int, turns: Turns = _turns
) -> _Picture:
    pillow_setup.prepare(max_megapixels)
    with Image.open(source, formats=pillow_setup.formats_for(name)) as file:
        _check_size(file.size, max_megapixels)
        pillow_setup.refuse_previews(file)
        header_size = file.size
        drafted = _draft(file, side_needed(file.size))
        with turns if _is_big(file.size) else nullcontext():
            file.load()
            _check_size(file.size, max_megapixels)
            width, height = header_size if drafted else file.size
            turn = _UPRIGHT.get(_orientation(file))
            image = colours.to_srgb(file)
            if turn is not None:
                image = image.transpose(turn)
                if turn not in (_UPRIGHT[2], _UPRIGHT[3], _UPRIGHT[4]):
                    width, height = height, width
            return _Picture(image, width, height, file.format or "", colours.shows_background(image))


def _check_size(size: tuple[int, int], max_megapixels: int) -> None:
    width, height = size
    if width < 1 or height < 1:
        raise UnreadableImage("it has no pixels")
    if max(width, height) > LONGEST_ALLOWED_SIDE:
        raise UnreadableImage(
            f"it is {max(width, height):,} pixels long, more than the {LONGEST_ALLOWED_SIDE:,} allowed"
        )
    if width * height > max_megapixels * 1_000_000:
        megapixels = f"{width * height / 1e6:,.1f}".removesuffix(".0")
        raise TryAgainLater(
            f"it has {megapixels} megapixels, more than the {max_megapixels:,} allowed (CURATE_MAX_MEGAPIXELS)"
        )


def _side_needed(input_side: int, size: tuple[int, int]) -> int:
    """Return the shorter side that serves both the model input and the thumbnail."""
    return max(input_side, -(-LONGEST_SIDE * min(size) // max(size)))


def _draft(file: Image.Image, shortest_side: int | None) -> bool:
    """Let a JPEG decode at 1/2, 1/4 or 1/8 where that keeps the shorter side; True where it will."""
    shorter = min(file.size)
    if shortest_side is None or file.format not in ("JPEG", "MPO") or shorter < 2 * shortest_side:
        return False
    before = file.size
    file.draft(None, tuple(-(-side * shortest_side // shorter) for side in file.size))  # type: ignore[arg-type]
    return file.size != before


def _is_big(size: tuple[int, int]) -> bool:
    return size[0] * size[1] > BIG_PIXELS


def _orientation(file: Image.Image) -> int:
    """Return the EXIF orientation, 1 where the EXIF data is broken: a picture is worth more than its description."""
    try:
        return int(file.getexif().get(0x0112, 1))
    except Exception:  # noqa: BLE001 - Pillow's parser raises whatever a damaged directory makes it raise
        return 1


def _middle_of_strip(image: Image.Image) -> Image.Image:
    """Return an image without the far ends of an extreme strip, which models cut off anyway.

    Scaled to a shorter side of 224, a strip of 1 × 60,000 pixels would become one of 3,000 megapixels.
    """
    width, height = image.size
    longest = MODEL_ASPECT * min(width, height)
    if max(width, height) <= longest:
        return image
    left, top = max(width - longest, 0) // 2, max(height - longest, 0) // 2
    return image.crop((left, top, left + min(width, longest), top + min(height, longest)))
