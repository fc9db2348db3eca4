"""Every mode and profile that a file can be in, as plain 8-bit sRGB; and what to put behind transparency."""

import io
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

_TILE = 8
_LIGHT, _DARK = (204, 204, 204), (153, 153, 153)
_BITS_PER_SAMPLE = 258


def eight_bit(image: Image.Image) -> Image.Image:
    """Return a loaded image in a mode whose pixels can be averaged: RGB, L or CMYK; RGBA where any is not opaque.

    Its colours are as they were; its profile, where it has one, still holds for them.
    """
    if image.mode.startswith("I") or image.mode == "F":
        return _from_deep_grey(image)
    if image.mode == "LAB":
        return ImageCms.applyTransform(image, _lab_to_srgb()) or image
    if image.has_transparency_data or image.mode in ("La", "RGBa"):
        image = _with_alpha(image)
        return image if _shows_background(image) else image.convert("RGB")
    if image.mode == "1":
        return image.convert("L")
    return image if image.mode in ("RGB", "CMYK", "L") else image.convert("RGB")


def to_srgb(image: Image.Image) -> Image.Image:
    """Return an `eight_bit` image as RGB or RGBA: in sRGB where it names its profile.

    A profile that is broken, or for other modes, counts as none.
    """
    if profile := image.info.get("icc_profile"):
        try:
            transform = _to_srgb_transform(profile, image.mode)
            if transform is not None:
                return ImageCms.applyTransform(image, transform) or image
        except (ImageCms.PyCMSError, ValueError, OSError):
            return _plain(image)
    return _plain(image)


def _shows_background(image: Image.Image) -> bool:
    return image.getchannel("A").getextrema()[0] < 255  # type: ignore[operator]


def on_white(image: Image.Image) -> Image.Image:
    """Return RGB, with white behind what is transparent."""
    return _composited(image, lambda size: Image.new("RGB", size, (255, 255, 255)))


def on_checkerboard(image: Image.Image) -> Image.Image:
    """Return RGB, with a light and mid-grey checkerboard behind: it reads on white and on dark pages."""
    return _composited(image, _checkerboard)


def _composited(image: Image.Image, background_of: Callable[[tuple[int, int]], Image.Image]) -> Image.Image:
    if image.mode != "RGBA":
        return image
    background = background_of(image.size)
    background.paste(image, mask=image.getchannel("A"))
    return background


def _checkerboard(size: tuple[int, int]) -> Image.Image:
    columns, rows = np.arange(size[0]) // _TILE, np.arange(size[1]) // _TILE
    dark = (columns[None, :] + rows[:, None]) % 2 == 1
    return Image.fromarray(np.where(dark[..., None], _DARK, _LIGHT).astype(np.uint8))


def _with_alpha(image: Image.Image) -> Image.Image:
    if image.mode == "La":
        image = image.convert("LA")
    return image.convert("RGBA")


def _plain(image: Image.Image) -> Image.Image:
    return image if image.mode in ("RGB", "RGBA") else image.convert("RGB")


@lru_cache(maxsize=64)
def _to_srgb_transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Return the transform from a profile to sRGB; None where the colours are sRGB already."""
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    if "srgb" in (source.profile.profile_description or "").lower():
        return None
    return ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGBA" if mode == "RGBA" else "RGB")


@lru_cache(maxsize=1)
def _lab_to_srgb() -> ImageCms.ImageCmsTransform:
    return ImageCms.buildTransform(ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB")


def _from_deep_grey(image: Image.Image) -> Image.Image:
    """Return 16-bit, 32-bit and float grey as RGB: black stays black, and white is the format's white."""
    values = np.asarray(image).astype(np.float32)
    if image.mode == "F":
        values[~np.isfinite(values)] = 0
    low, high = _range_of(image, float(values.min()), float(values.max()))
    values -= low  # in place from here on: at 200 megapixels each copy would take 800 MB
    values *= 255.0 / (high - low)
    np.rint(values, out=values)
    return Image.fromarray(np.clip(values, 0, 255, out=values).astype(np.uint8)).convert("RGB")


def _range_of(image: Image.Image, low: float, high: float) -> tuple[float, float]:
    """Return which values are black and white: known for integers of 16 bits, guessed from the values otherwise."""
    if image.mode.startswith("I;16"):
        bits = getattr(image, "tag_v2", {}).get(_BITS_PER_SAMPLE, (16,))[0]
        return 0.0, float(2 ** min(bits, 16) - 1)
    if image.format == "PPM":
        return 0.0, 65535.0 if image.mode == "I" else 1.0
    whites = (1.0, 255.0, 65535.0) if image.mode == "F" else (255.0, 65535.0)
    white = next((white for white in whites if low >= 0 and high <= white), None)
    if white is not None:
        return 0.0, white
    return (low, high) if high > low else (low, low + 1)
