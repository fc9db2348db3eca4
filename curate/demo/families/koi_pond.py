"""Koi from above, between lily pads."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from curate.demo import light, noise
from curate.demo.colour import Colour, darker, lighter, mix, palette, varied
from curate.demo.pen import Pen, leaf, placed, smooth
from curate.demo.scene import Picture, Scene

NUMBERS = ("One", "Two", "Three", "Four", "Five", "Six")
PONDS = (
    ("dark green", "12302c 1c4a40 2f6a55"),
    ("slate blue", "142a3a 20455a 3a6a7c"),
    ("jade", "1f5450 2f7a6c 5aa58f"),
    ("inky black", "0c1518 14242a 20383e"),
)
SKINS = (
    ("white and red", "f6f0e6 d9482f"),
    ("orange", "f08c3a f6c27a"),
    ("white and black", "f2efe8 2c2c33"),
    ("golden", "eac25a f6e0a0"),
    ("red, white and black", "f6ede2 c83f2c"),
)


def draw(scene: Scene) -> Picture:
    pond_name, codes = scene.pick(PONDS)
    pond = palette(codes)
    image = _water(scene, pond)
    shoal = _shoal(scene)
    skins = [scene.pick(SKINS) for _ in shoal]
    _shadows(image, shoal, darker(pond[0], 0.6))
    pen = Pen(image)
    for koi, (_, skin_codes) in zip(shoal, skins, strict=True):
        _koi(scene, pen, koi, palette(skin_codes), pond[0])
    image = _pads(scene, pen.done())
    image = light.grain(light.vignette(image, 0.3), scene.rng, 5)
    kinds = " and ".join(sorted({name for name, _ in skins})[:2])
    count = NUMBERS[len(shoal) - 1]
    caption = (
        f"{count} koi seen from above, {kinds}, gliding between round lily pads in water of {pond_name}; "
        "tranquil and graceful."
    )
    return Picture(image, caption, {"style": "japanese illustration", "mood": "tranquil"})


def _water(scene: Scene, pond: tuple[Colour, ...]) -> Image.Image:
    deep = noise.field(scene.rng, *scene.size, scene.short * 0.6, 3)
    image = light.coloured(deep, pond)
    web = noise.field(scene.rng, *scene.size, scene.short * 0.16, 2)
    caustic = np.clip(1 - np.abs(web - 0.5) * 9, 0, 1) ** 2
    return light.screened(image, lighter(pond[2], 0.3), light.as_mask(caustic * 0.22))


@dataclass(frozen=True)
class Koi:
    """One fish: its place, and its shape along a bent spine about (0, 0), one unit long."""

    x: float
    y: float
    size: float
    turn: float
    spine: np.ndarray
    left: np.ndarray
    right: np.ndarray

    def on_canvas(self, shape: np.ndarray) -> np.ndarray:
        return placed(shape, self.x, self.y, self.size, self.turn)


def _shoal(scene: Scene) -> list[Koi]:
    """Fish that keep a little apart from each other."""
    shoal: list[Koi] = []
    wanted, size = scene.whole(2, 6), scene.short * scene.between(0.32, 0.46)
    for _ in range(60):
        x, y = scene.between(0.12, 0.88) * scene.width, scene.between(0.14, 0.86) * scene.height
        if len(shoal) < wanted and all((x - koi.x) ** 2 + (y - koi.y) ** 2 > (size * 0.75) ** 2 for koi in shoal):
            shoal.append(_fish(scene, x, y, size * scene.between(0.8, 1.15)))
    return shoal


def _fish(scene: Scene, x: float, y: float, size: float) -> Koi:
    bend = scene.between(-0.5, 0.5)
    t = np.linspace(0, 1, 30)
    spine = np.stack([t - 0.5, bend * 0.35 * np.sin(t * np.pi * 1.3) * t], axis=1)
    half = 0.105 * np.sin(np.pi * t**0.6) ** 0.75 * (1 - 0.55 * t) + 0.012
    normal = np.stack([-np.gradient(spine[:, 1]), np.gradient(spine[:, 0])], axis=1)
    normal *= (half / np.sqrt((normal**2).sum(axis=1)))[:, None]
    return Koi(x, y, size, scene.between(0, 2 * np.pi), spine, spine + normal, spine - normal)


def _shadows(image: Image.Image, shoal: list[Koi], colour: Colour) -> None:
    mask = Pen.mask(image.size)
    for koi in shoal:
        body = koi.on_canvas(np.concatenate([koi.left, koi.right[::-1]]))
        mask.polygon(body + np.array([koi.size * 0.08, koi.size * 0.1]), 130)
    image.paste(colour, mask=light.soft(mask.done(), min(image.size) * 0.012))


def _koi(scene: Scene, pen: Pen, koi: Koi, skin: tuple[Colour, ...], deep: Colour) -> None:
    _fins(pen, koi, mix(skin[0], deep, 0.25))
    pen.polygon(koi.on_canvas(np.concatenate([koi.left, koi.right[::-1]])), skin[0])
    for _ in range(scene.whole(2, 4)):
        _patch(scene, pen, koi, skin[1])
    pen.stroke(koi.on_canvas(koi.spine[5:24]), koi.size * 0.008, (*darker(skin[1], 0.2), 110))
    for side in (koi.left, koi.right):
        x, y = koi.on_canvas(side[3:4] * 0.97)[0]
        pen.disc(x, y, koi.size * 0.013, (22, 20, 26))


def _fins(pen: Pen, koi: Koi, colour: Colour) -> None:
    for side in (-1, 1):
        for at, length in ((8, 0.2), (17, 0.12)):
            fin = placed(
                leaf(length, length * 0.65, 0.5), koi.spine[at, 0], koi.spine[at, 1] + side * 0.06, 1, side * 0.9
            )
            pen.polygon(koi.on_canvas(fin), (*lighter(colour, 0.2), 190))
        tail = placed(leaf(0.26, 0.13, 0.7), koi.spine[-2, 0], koi.spine[-2, 1], 1, side * 0.3)
        pen.polygon(koi.on_canvas(tail), (*lighter(colour, 0.2), 200))


def _patch(scene: Scene, pen: Pen, koi: Koi, colour: Colour) -> None:
    """Colour a stretch of the back, from somewhere on one side to somewhere on the other."""
    start = scene.whole(0, 20)
    stop = start + scene.whole(4, 7)
    low, high = sorted((scene.between(0.0, 0.45), scene.between(0.55, 1.0)))
    left = koi.left[start:stop] * (1 - low) + koi.right[start:stop] * low
    right = koi.left[start:stop] * (1 - high) + koi.right[start:stop] * high
    middle = len(left) // 2
    knots = np.array([left[0], left[middle], left[-1], right[-1], right[middle], right[0]])
    pen.polygon(koi.on_canvas(smooth(knots, closed=True, steps=6)), varied(scene.rng, colour))


def _pads(scene: Scene, image: Image.Image) -> Image.Image:
    lotus = varied(scene.rng, scene.pick(palette("f2b8c6 f8f0ea f6d3b8 d9a0d0")))
    pads = []
    for _ in range(scene.whole(3, 8)):
        by_the_edge = scene.chance(0.7)
        x = scene.width * (scene.pick((0.0, 1.0)) + scene.between(-0.12, 0.12) if by_the_edge else scene.between(0, 1))
        pads.append((x, scene.between(0, 1) * scene.height, scene.short * scene.between(0.07, 0.15)))
    for x, y, size in pads:
        light.glow(image, x + size * 0.15, y + size * 0.2, size * 1.3, (6, 16, 16), 1.0)
    pen = Pen(image)
    for number, (x, y, size) in enumerate(pads):
        _pad(scene, pen, x, y, size)
        if number == 0 or scene.chance(0.15):
            _lotus(pen, x, y, size, lotus)
    return pen.done()


def _pad(scene: Scene, pen: Pen, x: float, y: float, size: float) -> None:
    green = varied(scene.rng, scene.pick(palette("5f9a5a 4a8558 7fae66 8fb070")))
    notch = scene.between(0, 360)
    pen.slice(x, y, size, notch, notch + 335, green)
    pen.slice(x, y, size * 0.9, notch + 2, notch + 333, lighter(green, 0.1))
    for vein in np.linspace(notch + 12, notch + 323, 11).tolist():
        end = (x + np.cos(np.radians(vein)) * size * 0.85, y + np.sin(np.radians(vein)) * size * 0.85)
        pen.stroke(np.array([(x, y), end]), size * 0.018, lighter(green, 0.3))


def _lotus(pen: Pen, x: float, y: float, size: float, colour: Colour) -> None:
    for ring, petals in ((0.75, 9), (0.52, 7), (0.3, 5)):
        for petal in range(petals):
            turn = petal * 2 * np.pi / petals + ring * 3
            pen.polygon(
                placed(leaf(size * ring, size * ring * 0.5, 1), x, y, 1, turn),
                mix(colour, lighter(colour, 0.7), 1 - ring),
            )
    pen.disc(x, y, size * 0.1, (236, 200, 96))
