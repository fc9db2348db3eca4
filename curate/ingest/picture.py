"""The first frame of an image file: checked before it is decoded, decoded no larger than needed, upright, in sRGB."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from math import ceil
from threading import Lock

from PIL import Image, UnidentifiedImageError

from curate.errors import UnreadableImage
from curate.ingest import colours, pillow_setup
from curate.ingest.jpeg_scale import decode_smaller
from curate.ingest.opening import Stream, TryAgainLater
from curate.ingest.reasons import why_undecodable, why_unidentified

LONGEST_ALLOWED_SIDE = 65_535
BIG_PIXELS = 40_000_000

SideNeeded = Callable[[tuple[int, int]], int | None]
"""From an image's width and height to the shorter side that it must keep; None keeps it as it is."""

Turns = AbstractContextManager[object]
"""Entered by whoever holds a big image in memory: eight of 200 megapixels at once would take 10 GB."""

one_at_a_time: Turns = Lock()
"""The turns among the threads of this process."""

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = {5, 6, 7, 8}


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded first frame."""

    image: Image.Image
    """Upright, RGB or RGBA, perhaps smaller than the original's width and height."""
    width: int
    height: int
    format: str

    @property
    def has_alpha(self) -> bool:
        """Whether any of its pixels is not fully opaque."""
        return self.image.mode == "RGBA"


def read_picture(
    stream: Stream,
    name: str,
    side_needed: SideNeeded = lambda size: None,
    max_megapixels: int = 200,
    turns: Turns = one_at_a_time,
) -> Picture:
    """Decode a file's first frame, to less than twice the `side_needed`, and not below it.

    Anything that a hostile file makes Pillow raise (it has raised most built-in errors over the years) ends as
    UnreadableImage.
    """
    try:
        return _first_frame(stream, name, side_needed, max_megapixels, turns)
    except UnreadableImage:
        raise
    except UnidentifiedImageError as error:
        stream.seek(0)
        raise UnreadableImage(why_unidentified(stream.read(16), name)) from error
    except Image.DecompressionBombError as error:
        raise TryAgainLater(f"it has more pixels than the {max_megapixels} megapixels allowed") from error
    except MemoryError as error:
        raise TryAgainLater("it does not fit into memory") from error
    except Exception as error:
        raise UnreadableImage(why_undecodable(error)) from error


def _first_frame(stream: Stream, name: str, side_needed: SideNeeded, max_megapixels: int, turns: Turns) -> Picture:
    pillow_setup.prepare(max_megapixels)
    with Image.open(stream, formats=pillow_setup.formats_for(name)) as file:
        _check_size(file.size, max_megapixels)
        pillow_setup.refuse_previews(file)
        header_size, needed = file.size, side_needed(file.size)
        smaller = decode_smaller(file, needed)
        with turns if _is_big(file.size) else nullcontext():
            file.load()
            _check_size(file.size, max_megapixels)
            width, height = header_size if smaller else file.size
            image = _reduced(colours.eight_bit(file), needed)
        orientation = _orientation(file)
        if orientation in _SIDEWAYS:
            width, height = height, width
        return Picture(_upright(colours.to_srgb(image), orientation), width, height, file.format or "")


def _check_size(size: tuple[int, int], max_megapixels: int) -> None:
    width, height = size
    if width < 1 or height < 1:
        raise UnreadableImage("it has no pixels")
    if max(width, height) > LONGEST_ALLOWED_SIDE:
        raise UnreadableImage(
            f"it is {max(width, height):,} pixels long, more than the {LONGEST_ALLOWED_SIDE:,} allowed"
        )
    if width * height > max_megapixels * 1_000_000:
        megapixels = f"{ceil(width * height / 1e4) / 100:,.2f}".rstrip("0").removesuffix(".")
        raise TryAgainLater(
            f"it has {megapixels} megapixels, more than the {max_megapixels:,} allowed (CURATE_MAX_MEGAPIXELS)"
        )


def _is_big(size: tuple[int, int]) -> bool:
    return size[0] * size[1] > BIG_PIXELS


def _reduced(image: Image.Image, shorter_side: int | None) -> Image.Image:
    """Return the means of blocks of pixels, where that keeps the shorter side: all that follows is cheaper then."""
    factor = min(image.size) // shorter_side if shorter_side else 1
    return image.reduce(factor) if factor > 1 else image


def _orientation(file: Image.Image) -> int:
    """Return the EXIF orientation, 1 where the EXIF data is broken: a picture is worth more than its description."""
    try:
        return int(file.getexif().get(0x0112, 1))
    except Exception:  # noqa: BLE001 - Pillow's parser raises whatever a damaged directory makes it raise
        return 1


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    return image.transpose(_UPRIGHT[orientation]) if orientation in _UPRIGHT else image
