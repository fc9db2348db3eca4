"""A city after dark: lit windows, and the river that doubles them."""

import numpy as np
from PIL import Image, ImageChops, ImageEnhance, ImageFilter

from curate.demo import light, noise
from curate.demo.colour import Colour, lighter, mix, palette
from curate.demo.pen import Pen
from curate.demo.scene import Picture, Scene

# name, sky from top to horizon, near buildings
NIGHTS = (
    ("indigo night", "0a0d24 151b45 2f2f6b 5a4a86 8a6496", "0c0e22"),
    ("teal night", "051620 0b2c3b 17505a 3b7f7d 86ab95", "061219"),
    ("dusk with an orange glow", "1b1a3f 47305f 8f4a66 d47a5a f2b06a", "15112b"),
    ("rosy twilight", "2a2350 5a3f7a a05f90 dd8f98 f5c3a2", "1a1535"),
    ("steel-blue evening", "131c2c 25364e 44597a 7288a3 aab4bd", "0e1521"),
)
WARM = palette("ffd98a ffc46b ffe8b8 ffb35c f3f0dc bfe3ef")


def draw(scene: Scene) -> Picture:
    name, sky_codes, near_code = scene.pick(NIGHTS)
    sky = palette(sky_codes)
    near = palette(near_code)[0]
    river = scene.chance(0.75)
    ground = int(scene.height * (scene.between(0.62, 0.76) if river else 1.0))
    image = light.gradient(scene.size, (*sky, *[sky[-1]] * 3))
    moon = scene.chance(0.5)
    if moon:
        _moon(scene, image, lighter(sky[-1], 0.6))
    pen = Pen(image)
    for nearness in (0.25, 0.6, 1.0):
        _row(scene, pen, ground, nearness, mix(sky[-2], near, 0.25 + 0.72 * nearness), nearness)
    image = pen.done()
    bloom = image.filter(ImageFilter.GaussianBlur(scene.short * 0.012))
    image = Image.blend(image, ImageChops.screen(image, bloom), 0.45)
    if river:
        _river(scene, image, ground, sky[1])
    image = light.grain(light.vignette(image, 0.2), scene.rng, 6)
    setting = "reflected in a calm river" if river else "rising out of the frame"
    above = " under a full moon" if moon else ""
    caption = f"A city skyline on a {name}{above}, hundreds of warm lit windows {setting}; lively yet calm."
    return Picture(image, caption, {"style": "night cityscape", "time": "night", "mood": "lively"})


def _moon(scene: Scene, image: Image.Image, colour: Colour) -> None:
    x, y = scene.width * scene.between(0.12, 0.88), scene.height * scene.between(0.1, 0.25)
    light.glow(image, x, y, scene.short * 0.35, colour, 0.4)
    disc = Pen.mask(scene.size)
    disc.disc(x, y, scene.short * scene.between(0.025, 0.06), 240)
    image.paste(lighter(colour, 0.5), mask=disc.done())


def _row(scene: Scene, pen: Pen, ground: int, nearness: float, colour: Colour, lit: float) -> None:
    """Build one row of houses from the left edge to the right."""
    x = -scene.short * scene.between(0.0, 0.1)
    while x < scene.width:
        wide = scene.short * scene.between(0.06, 0.15) * (0.7 + 0.4 * nearness)
        tall = ground * scene.between(0.22, 0.62) * (1.15 - 0.4 * nearness)
        if scene.chance(0.12):
            tall *= 1.3
        _tower(scene, pen, (x, ground - tall, x + wide, ground), colour, lit)
        x += wide * scene.between(0.92, 1.15)


def _tower(scene: Scene, pen: Pen, box: tuple[float, float, float, float], colour: Colour, lit: float) -> None:
    left, top, right, bottom = box
    wide = right - left
    pen.box(left, top, right, bottom, colour)
    roof = scene.whole(0, 4)
    if roof == 0:
        pen.polygon(np.array([[left, top], [right, top], [(left + right) / 2, top - wide * 0.7]]), colour)
    elif roof == 1:
        pen.box(left + wide * 0.2, top - wide * 0.25, right - wide * 0.2, top, colour)
        pen.box(left + wide * 0.48, top - wide * 0.9, left + wide * 0.52, top, colour)
    elif roof == 2:
        pen.slice((left + right) / 2, top, wide / 2, 180, 360, colour)
    if lit < 0.5:
        return
    _windows(scene, pen, box, colour, lit)


def _windows(scene: Scene, pen: Pen, box: tuple[float, float, float, float], colour: Colour, lit: float) -> None:
    left, top, right, bottom = box
    columns = max(int((right - left) / (scene.short * 0.02 * (0.6 + 0.5 * lit))), 2)
    step = (right - left) / (columns + 0.6)
    rows = int((bottom - top) / (step * 1.5))
    glowing = scene.rng.random((rows, columns)) < scene.between(0.25, 0.6)
    shade = scene.rng.random((rows, columns))
    warm = scene.pick(WARM)
    for row, column in np.argwhere(glowing):
        x = left + step * (0.5 + column)
        y = top + step * (0.8 + 1.5 * row)
        pen.box(x, y, x + step * 0.58, y + step * 0.85, mix(colour, warm, 0.4 + 0.6 * lit * float(shade[row, column])))


def _river(scene: Scene, image: Image.Image, ground: int, deep: Colour) -> None:
    rows = image.height - ground
    sway = noise.line(scene.rng, rows, scene.short * 0.012, 2) * np.linspace(0.004, 0.03, rows) * scene.short
    water = light.mirrored(image, ground, sway).filter(ImageFilter.BoxBlur(scene.short * 0.004))
    water = ImageEnhance.Brightness(water).enhance(0.75)
    water.paste(deep, mask=Image.linear_gradient("L").resize(water.size).point(lambda value: value * 0.6))
    image.paste(water, (0, ground))
