"""Anti-aliased shapes: drawn three times too large, then averaged down."""

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

OVERSAMPLE = 3

Ink = int | tuple[int, int, int] | tuple[int, int, int, int]
"""A mask value, a colour, or a colour with its opacity; each 0 to 255."""


class Pen:
    """Draws on a ground in the pixel coordinates of the finished picture. Points are (N, 2) float64, x before y."""

    def __init__(self, ground: Image.Image) -> None:
        big = (ground.width * OVERSAMPLE, ground.height * OVERSAMPLE)
        self._canvas = ground.resize(big, Image.Resampling.NEAREST)
        self._plain = ImageDraw.Draw(self._canvas)
        self._glaze = ImageDraw.Draw(self._canvas, "RGBA") if ground.mode == "RGB" else self._plain

    @classmethod
    def mask(cls, size: tuple[int, int]) -> "Pen":
        """A pen on an empty mask; its ink is a number."""
        return cls(Image.new("L", size))

    @classmethod
    def clear(cls, size: tuple[int, int]) -> "Pen":
        """A pen on a fully transparent ground."""
        return cls(Image.new("RGBA", size))

    def _on(self, ink: Ink) -> ImageDraw.ImageDraw:
        """Blending costs several times what filling does, so only see-through ink is blended."""
        return self._glaze if isinstance(ink, tuple) and len(ink) == 4 else self._plain

    def done(self) -> Image.Image:
        return self._canvas.reduce(OVERSAMPLE)

    def polygon(self, points: np.ndarray, ink: Ink) -> None:
        self._on(ink).polygon(_flat(points), fill=ink)

    def stroke(self, points: np.ndarray, width: float, ink: Ink, round_ends: bool = True) -> None:
        """Draw a line through `points`, `width` pixels wide, with round joints."""
        thick = max(round(width * OVERSAMPLE), 1)
        self._on(ink).line(_flat(points), fill=ink, width=thick, joint="curve")
        if round_ends and thick > 3:
            for x, y in (points[0], points[-1]):
                self.disc(x, y, width / 2, ink)

    def taper(self, points: np.ndarray, start: float, end: float, ink: Ink) -> None:
        """Draw a line whose width goes from `start` to `end` pixels, like a stem or a branch."""
        along = np.gradient(points, axis=0)
        length = np.maximum(np.sqrt((along**2).sum(axis=1, keepdims=True)), 1e-6)
        normal = np.stack([-along[:, 1], along[:, 0]], axis=1) / length
        half = np.linspace(start, end, len(points))[:, None] / 2
        self.polygon(np.concatenate([points + normal * half, (points - normal * half)[::-1]]), ink)

    def disc(self, x: float, y: float, radius: float, ink: Ink) -> None:
        self.oval(x, y, radius, radius, ink)

    def oval(self, x: float, y: float, rx: float, ry: float, ink: Ink) -> None:
        self._on(ink).ellipse(_scaled(x - rx, y - ry, x + rx, y + ry), fill=ink)

    def ring(self, x: float, y: float, radius: float, width: float, ink: Ink) -> None:
        thick = max(round(width * OVERSAMPLE), 1)
        self._on(ink).ellipse(_scaled(x - radius, y - radius, x + radius, y + radius), outline=ink, width=thick)

    def box(self, left: float, top: float, right: float, bottom: float, ink: Ink, radius: float = 0.0) -> None:
        if right <= left or bottom <= top:
            return
        corners = _scaled(left, top, right, bottom)
        if radius > 0:
            self._on(ink).rounded_rectangle(corners, radius * OVERSAMPLE, fill=ink)
        else:
            self._on(ink).rectangle(corners, fill=ink)

    def slice(self, x: float, y: float, radius: float, start: float, end: float, ink: Ink) -> None:
        """Draw a piece of pie; angles in degrees, clockwise from three o'clock."""
        self._on(ink).pieslice(_scaled(x - radius, y - radius, x + radius, y + radius), start, end, fill=ink)

    def arc(self, x: float, y: float, rx: float, ry: float, start: float, end: float, width: float, ink: Ink) -> None:
        thick = max(round(width * OVERSAMPLE), 1)
        self._on(ink).arc(_scaled(x - rx, y - ry, x + rx, y + ry), start, end, fill=ink, width=thick)


def below(heights: np.ndarray, floor: float) -> np.ndarray:
    """Close a skyline `heights` (W,) down to `floor`: the points of a polygon."""
    step = max(len(heights) // 320, 1)
    xs = np.append(np.arange(0, len(heights), step), len(heights))
    top = np.stack([xs.astype(np.float64), heights[np.minimum(xs, len(heights) - 1)]], axis=1)
    return np.concatenate([top, [[float(len(heights)), floor], [0.0, floor]]])


def placed(shape: np.ndarray, x: float, y: float, scale: float = 1.0, turn: float = 0.0) -> np.ndarray:
    """Scale a shape drawn about (0, 0), turn it by `turn` radians (clockwise on screen) and move it to (x, y)."""
    cos, sin = math.cos(turn) * scale, math.sin(turn) * scale
    moved = np.empty_like(shape)
    moved[:, 0] = x + shape[:, 0] * cos - shape[:, 1] * sin
    moved[:, 1] = y + shape[:, 0] * sin + shape[:, 1] * cos
    return moved


def oval_points(rx: float, ry: float, count: int = 40) -> np.ndarray:
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False)
    return np.stack([rx * np.cos(angles), ry * np.sin(angles)], axis=1)


def smooth(knots: Sequence[tuple[float, float]] | np.ndarray, closed: bool = False, steps: int = 10) -> np.ndarray:
    """Run a Catmull-Rom curve through `knots` (N, 2)."""
    points = np.asarray(knots, dtype=np.float64)
    if closed:
        around = np.concatenate([points[-1:], points, points[:2]])
    else:
        around = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None, None]
    a, b, c, d = around[:-3], around[1:-2], around[2:-1], around[3:]
    curve = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    flowing = curve.transpose(1, 0, 2).reshape(-1, 2)
    return flowing if closed else np.concatenate([flowing, points[-1:]])


def leaf(length: float, width: float, point: float = 1.0, count: int = 14) -> np.ndarray:
    """A leaf from (0, 0) along +x; `point` above 1 sharpens the tip, below 1 rounds it."""
    return _unit_leaf(point, count) * [length, width]


@lru_cache(maxsize=64)
def _unit_leaf(point: float, count: int) -> np.ndarray:
    t = np.linspace(0, 1, count)
    half = 0.5 * np.sin(np.pi * t ** (1 / max(point, 0.2) ** 0.5)) ** 0.9
    half[-1] = 0.0
    upper = np.stack([t, -half], axis=1)
    lower = np.stack([t, half], axis=1)[::-1]
    return np.concatenate([upper, lower[1:-1]])


def _flat(points: np.ndarray) -> list[float]:
    flat: list[float] = (np.asarray(points, dtype=np.float64) * OVERSAMPLE).ravel().tolist()
    return flat


def _scaled(left: float, top: float, right: float, bottom: float) -> tuple[float, float, float, float]:
    return (left * OVERSAMPLE, top * OVERSAMPLE, right * OVERSAMPLE, bottom * OVERSAMPLE)
