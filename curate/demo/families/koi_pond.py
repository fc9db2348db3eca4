"""Koi from above, between lily pads."""

import numpy as np
from PIL import Image

from curate.demo import light, noise
from curate.demo.colour import Colour, darker, lighter, mix, palette, varied
from curate.demo.pen import Pen, leaf, placed, smooth
from curate.demo.scene import Picture, Scene

PONDS = (
    ("dark green", "12302c 1c4a40 2f6a55"),
    ("slate blue", "142a3a 20455a 3a6a7c"),
    ("jade", "1f5450 2f7a6c 5aa58f"),
    ("ink-black", "0c1518 14242a 20383e"),
)
SKINS = (("white and red", "f6f0e6 d9482f"), ("orange", "f08c3a f6c27a"), ("white and black", "f2efe8 2c2c33"), ("golden", "eac25a f6e0a0"), ("red, white and black", "f6ede2 c83f2c"))


def draw(scene: Scene) -> Picture:
    pond_name, codes = scene.pick(PONDS)
    pond = palette(codes)
    image = _water(scene, pond)
    count = scene.whole(2, 6)
    skins = []
    for _ in range(count):
        name, skin_codes = scene.pick(SKINS)
        skins.append(name)
        image = _koi(scene, image, palette(skin_codes), pond[0])
    image = _pads(scene, image)
    image = light.grain(light.vignette(image, 0.3), scene.rng, 5)
    kinds = " and ".join(sorted(set(skins))[:2])
    caption = f"{count} koi seen from above in a {pond_name} pond, {kinds}, gliding between round lily pads; tranquil and graceful."
    return Picture(image, caption, {"style": "japanese illustration", "mood": "tranquil"})


def _water(scene: Scene, pond: tuple[Colour, ...]) -> Image.Image:
    deep = noise.field(scene.rng, *scene.size, scene.short * 0.6, 3)
    image = light.coloured(deep, pond)
    web = noise.field(scene.rng, *scene.size, scene.short * 0.16, 2)
    caustic = np.clip(1 - np.abs(web - 0.5) * 9, 0, 1) ** 2
    return light.screened(image, lighter(pond[2], 0.3), light.as_mask(caustic * 0.22))


def _koi(scene: Scene, image: Image.Image, skin: tuple[Colour, ...], deep: Colour) -> Image.Image:
    x, y = scene.between(0.15, 0.85) * scene.width, scene.between(0.15, 0.85) * scene.height
    size = scene.short * scene.between(0.3, 0.5)
    turn, bend = scene.between(0, 2 * np.pi), scene.between(-0.5, 0.5)
    t = np.linspace(0, 1, 30)
    spine = np.stack([(t - 0.5), bend * 0.35 * np.sin(t * np.pi * 1.3) * t], axis=1)
    half = 0.105 * np.sin(np.pi * np.clip(t, 0, 1) ** 0.6) ** 0.75 * (1 - 0.55 * t) + 0.012
    normal = np.stack([-np.gradient(spine[:, 1]), np.gradient(spine[:, 0])], axis=1)
    normal /= np.sqrt((normal**2).sum(axis=1, keepdims=True))
    sides = spine + normal * half[:, None], spine - normal * half[:, None]
    body = np.concatenate([sides[0], sides[1][::-1]])
    shadow = Pen.mask(scene.size)
    shadow.polygon(placed(body, x + size * 0.08, y + size * 0.1, size, turn), 130)
    image.paste(darker(deep, 0.6), mask=light.soft(shadow.done(), size * 0.03))
    pen = Pen(image)
    _fins(pen, spine, (x, y, size, turn), mix(skin[0], deep, 0.25))
    pen.polygon(placed(body, x, y, size, turn), skin[0])
    for _ in range(scene.whole(2, 4)):
        _patch(scene, pen, sides, (x, y, size, turn), skin[1])
    pen.stroke(placed(spine[5:24], x, y, size, turn), size * 0.008, (*darker(skin[1], 0.2), 110))
    for side in sides:
        ex, ey = placed(side[3:4] * 0.97, x, y, size, turn)[0]
        pen.disc(ex, ey, size * 0.013, (22, 20, 26))
    return pen.done()


def _fins(pen: Pen, spine: np.ndarray, place: tuple[float, float, float, float], colour: Colour) -> None:
    x, y, size, turn = place
    for side in (-1, 1):
        for at, length in ((8, 0.2), (17, 0.12)):
            fin = placed(leaf(length, length * 0.65, 0.5), spine[at, 0], spine[at, 1] + side * 0.06, 1, side * 0.9)
            pen.polygon(placed(fin, x, y, size, turn), (*lighter(colour, 0.2), 190))
        tail = placed(leaf(0.26, 0.13, 0.7), spine[-2, 0], spine[-2, 1], 1, side * 0.3)
        pen.polygon(placed(tail, x, y, size, turn), (*lighter(colour, 0.2), 200))


def _patch(scene: Scene, pen: Pen, sides: tuple[np.ndarray, np.ndarray], place: tuple[float, float, float, float], colour: Colour) -> None:
    """Colour a stretch of the back, from somewhere on one side to somewhere on the other."""
    x, y, size, turn = place
    start = scene.whole(0, 20)
    stop = start + scene.whole(4, 7)
    low, high = sorted((scene.between(0.0, 0.45), scene.between(0.55, 1.0)))
    left = sides[0][start:stop] * (1 - low) + sides[1][start:stop] * low
    right = sides[0][start:stop] * (1 - high) + sides[1][start:stop] * high
    outline = np.concatenate([left, right[::-1]])
    knots = np.array([outline[0], outline[len(left) // 2], outline[len(left) - 1], outline[len(left)], outline[-len(left) // 2], outline[-1]])
    pen.polygon(placed(smooth(knots, closed=True, steps=6), x, y, size, turn), varied(scene.rng, colour))


def _pads(scene: Scene, image: Image.Image) -> Image.Image:
    lotus = varied(scene.rng, scene.pick(palette("f2b8c6 f8f0ea f6d3b8 d9a0d0")))
    for pad in range(scene.whole(3, 8)):
        edge = scene.between(0, 1) < 0.7
        x = scene.width * (scene.pick((0.0, 1.0)) + scene.between(-0.12, 0.12) if edge else scene.between(0, 1))
        y = scene.between(0, 1) * scene.height
        size = scene.short * scene.between(0.07, 0.15)
        shadow = light.halo(scene.size, x + size * 0.15, y + size * 0.2, size * 1.25, 0.6, 0.7)
        image.paste((6, 16, 16), mask=shadow)
        pen = Pen(image)
        green = varied(scene.rng, scene.pick(palette("5f9a5a 4a8558 7fae66 8fb070")))
        notch = scene.between(0, 360)
        pen.slice(x, y, size, notch, notch + 335, green)
        pen.slice(x, y, size * 0.9, notch + 2, notch + 333, lighter(green, 0.1))
        for vein in np.linspace(notch + 12, notch + 323, 11).tolist():
            end = np.array([x + np.cos(np.radians(vein)) * size * 0.85, y + np.sin(np.radians(vein)) * size * 0.85])
            pen.stroke(np.array([[x, y], end]), size * 0.018, lighter(green, 0.3))
        if pad == 0 or scene.chance(0.15):
            for ring, petals in ((0.75, 9), (0.52, 7), (0.3, 5)):
                for petal in range(petals):
                    at = petal * 2 * np.pi / petals + ring * 3
                    pen.polygon(placed(leaf(size * ring, size * ring * 0.5, 1), x, y, 1, at), mix(lotus, lighter(lotus, 0.7), 1 - ring))
            pen.disc(x, y, size * 0.1, (236, 200, 96))
        image = pen.done()
    return image
