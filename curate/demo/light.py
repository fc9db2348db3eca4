"""Light on a drawing: gradients, glows, shadows, grain."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from curate.demo.colour import Colour, ramp


def gradient(
    size: tuple[int, int], stops: Sequence[Colour], tilt: float = 0.0, wobble: np.ndarray | float = 0.0
) -> Image.Image:
    """Return an RGB gradient from top to bottom; `tilt` leans it to the right, `wobble` (H, W) disturbs it."""
    width, height = size
    down = np.linspace(0, 1, height)[:, None]
    if tilt == 0.0 and isinstance(wobble, float):
        column = ramp(stops, height).round().astype(np.uint8)[:, None, :]
        return Image.fromarray(column).resize(size, Image.Resampling.NEAREST)
    across = np.linspace(-0.5, 0.5, width)[None, :]
    return coloured(np.clip(down + tilt * across + wobble, 0, 1), stops)


def coloured(values: np.ndarray, stops: Sequence[Colour]) -> Image.Image:
    """Paint (H, W) values from 0 to 1 with the colours of a gradient."""
    table = ramp(stops, 1024).round().astype(np.uint8)
    return Image.fromarray(table[(np.clip(values, 0, 1) * 1023).astype(np.int64)])


def as_mask(values: np.ndarray) -> Image.Image:
    """Turn (H, W) values from 0 to 1 into a mask."""
    return Image.fromarray((np.clip(values, 0, 1) * 255).astype(np.uint8))


def halo(
    size: tuple[int, int], x: float, y: float, radius: float, strength: float = 1.0, power: float = 2.0
) -> Image.Image:
    """Return a round mask that is `strength` at (x, y) and fades to nothing at `radius` pixels."""
    width, height = size
    small = (max(width // 4, 2), max(height // 4, 2))
    columns = (np.arange(small[0]) + 0.5) * width / small[0] - x
    rows = (np.arange(small[1]) + 0.5) * height / small[1] - y
    distance = np.sqrt(columns[None, :] ** 2 + rows[:, None] ** 2) / radius
    fade = np.clip(1 - distance, 0, 1) ** power * strength
    return as_mask(fade).resize(size, Image.Resampling.BICUBIC)


def glow(image: Image.Image, x: float, y: float, radius: float, colour: Colour, strength: float = 0.8) -> None:
    """Lay a soft light over `image`, in place."""
    left, top = max(int(x - radius), 0), max(int(y - radius), 0)
    right, bottom = min(int(x + radius) + 1, image.width), min(int(y + radius) + 1, image.height)
    if right > left and bottom > top:
        mask = halo((right - left, bottom - top), x - left, y - top, radius, strength)
        image.paste(colour, (left, top, right, bottom), mask)


def screened(image: Image.Image, colour: Colour, mask: Image.Image) -> Image.Image:
    """Add light of one colour where `mask` says so; never darkens."""
    light = Image.composite(Image.new("RGB", image.size, colour), Image.new("RGB", image.size), mask)
    return ImageChops.screen(image, light)


def shaded(image: Image.Image, amount: np.ndarray) -> Image.Image:
    """Multiply an RGB image by (H, W) factors; above 1 brightens."""
    pixels = np.asarray(image, dtype=np.float64) * amount[..., None]
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def vignette(image: Image.Image, strength: float = 0.25) -> Image.Image:
    """Darken towards the corners."""
    columns = np.linspace(-1, 1, 48)[None, :]
    rows = np.linspace(-1, 1, 48)[:, None]
    fall = 1 - strength * np.clip((columns**2 + rows**2) / 2, 0, 1) ** 1.3
    mask = as_mask(fall).resize(image.size, Image.Resampling.BICUBIC)
    return ImageChops.multiply(image, Image.merge("RGB", (mask, mask, mask)))


def grain(image: Image.Image, rng: np.random.Generator, amount: float = 5.0) -> Image.Image:
    """Add film grain of at most about `amount` grey levels; it also hides the steps of 8-bit gradients."""
    width, height = image.size
    dice = np.frombuffer(rng.bytes(2 * width * height), dtype=np.uint8).astype(np.int16)
    noise = dice[: width * height] + dice[width * height :] - 255
    noise = (noise * round(amount * 4)) // 1020
    pixels = np.asarray(image, dtype=np.int16) + noise.reshape(height, width, 1)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def soft(mask: Image.Image, radius: float) -> Image.Image:
    return mask.filter(ImageFilter.GaussianBlur(radius))


def mirrored(image: Image.Image, horizon: int, ripple: np.ndarray) -> Image.Image:
    """Return the water below `horizon`: upside down, each row pushed sideways by `ripple` (rows,) pixels."""
    pixels = np.asarray(image)
    rows = image.height - horizon
    source = np.clip(horizon - 1 - np.arange(rows), 0, horizon - 1)
    columns = (np.arange(image.width)[None, :] + ripple[:, None].astype(np.int64)) % image.width
    return Image.fromarray(pixels[source[:, None], columns])
