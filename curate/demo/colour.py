"""Colours as 8-bit sRGB triples, and the few ways in which the drawings bend them."""

import colorsys
from collections.abc import Sequence

import numpy as np

Colour = tuple[int, int, int]


def palette(codes: str) -> tuple[Colour, ...]:
    """Read colours written as hexadecimal words: `"f4ecdc 203040"`."""
    return tuple((int(code[0:2], 16), int(code[2:4], 16), int(code[4:6], 16)) for code in codes.split())


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """Go from `first` (share 0) to `second` (share 1)."""
    (r, g, b), (to_r, to_g, to_b) = first, second
    return (round(r + (to_r - r) * share), round(g + (to_g - g) * share), round(b + (to_b - b) * share))


def lighter(colour: Colour, share: float) -> Colour:
    return mix(colour, (255, 252, 244), share)


def darker(colour: Colour, share: float) -> Colour:
    return mix(colour, (12, 10, 24), share)


def varied(rng: np.random.Generator, colour: Colour, hue: float = 0.015, depth: float = 0.06) -> Colour:
    """Return a close relative of `colour`; `hue` in turns, `depth` in units of saturation and value."""
    h, s, v = colorsys.rgb_to_hsv(*(channel / 255 for channel in colour))
    h += rng.uniform(-hue, hue)
    s = min(max(s + rng.uniform(-depth, depth), 0.0), 1.0)
    v = min(max(v + rng.uniform(-depth, depth), 0.0), 1.0)
    r, g, b = colorsys.hsv_to_rgb(h % 1.0, s, v)
    return (round(r * 255), round(g * 255), round(b * 255))


def ramp(stops: Sequence[Colour], steps: int) -> np.ndarray:
    """Return the colours of an even gradient through `stops`: (steps, 3) float64, 0 to 255."""
    at = np.linspace(0, len(stops) - 1, steps)
    table = np.asarray(stops, dtype=np.float64)
    return np.stack([np.interp(at, np.arange(len(stops)), table[:, channel]) for channel in range(3)], axis=1)
