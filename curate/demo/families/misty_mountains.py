"""Ridge behind ridge in the mist, under a low sun or an early moon."""

import numpy as np
from PIL import Image

from curate.demo import light, noise
from curate.demo.colour import Colour, darker, lighter, mix, palette, varied
from curate.demo.pen import Pen, below
from curate.demo.scene import Picture, Scene

# name, mood, season, sky from top to horizon, nearest ridge
HOURS = (
    ("at sunset", "warm and calm", "summer", "3b3561 8a4f7d d9727a f4a56f fbd59a", "2a1f3d"),
    ("at dawn", "tender and quiet", "spring", "7d93b8 b9b3cb eac6c4 f8dcc4 fdf0dc", "3a4560"),
    ("in the blue hour", "cool and still", "autumn", "1c2b4f 34507f 6c86ae a9bacf d7dde2", "101a33"),
    ("on a green misty morning", "fresh and hushed", "spring", "8fb0aa b4cbbf d3dfcf e8ecdc f5f3e4", "1e3a38"),
    ("in the last violet light", "dreamy", "autumn", "2d2350 5b3f7e 9a62a0 d693ae f6c9b8", "1d1537"),
    ("in golden haze", "warm and hazy", "autumn", "c98f5a dfae72 efcb93 f7e0b5 fdf1d6", "4d3328"),
    ("in ink-grey fog", "sober and silent", "winter", "9aa3aa b7bec2 ced3d3 e0e2df efeeea", "272d33"),
)


def draw(scene: Scene) -> Picture:
    when, mood, season, sky_codes, near_code = scene.pick(HOURS)
    sky = [varied(scene.rng, colour, 0.012, 0.03) for colour in palette(sky_codes)]
    near = varied(scene.rng, palette(near_code)[0])
    image = light.gradient(scene.size, sky + [sky[-1]] * 4)
    sun_x, sun_y = scene.width * scene.between(0.2, 0.8), scene.height * scene.between(0.2, 0.45)
    _sun(scene, image, sun_x, sun_y, sky[-1])
    ridges = scene.whole(4, 7)
    for ridge in range(ridges):
        _ridge(scene, image, (ridge + 1) / ridges, sky[-1], near)
    birds = scene.chance(0.35)
    if birds:
        image = _birds(scene, image, near)
    image = light.grain(light.vignette(image, 0.2), scene.rng, 6)
    beyond = " while a few birds cross the sky" if birds else ""
    caption = (
        f"{_number(ridges)} layers of misty mountains {when}{beyond}, {mood}, fading from dark slopes to pale haze."
    )
    return Picture(image, caption, {"style": "gouache landscape", "season": season, "mood": mood})


def _sun(scene: Scene, image: Image.Image, x: float, y: float, haze: Colour) -> None:
    bright = lighter(haze, 0.7)
    light.glow(image, x, y, scene.short * scene.between(0.5, 0.9), bright, 0.6)
    disc = Pen.mask(scene.size)
    disc.disc(x, y, scene.short * scene.between(0.03, 0.075), 235)
    image.paste(bright, mask=disc.done())


def _ridge(scene: Scene, image: Image.Image, nearness: float, haze: Colour, near: Colour) -> None:
    """Lay one ridge over `image`: its crest in its own colour, its foot lost in the haze."""
    crest = scene.height * (0.34 + 0.52 * nearness**1.1 + scene.between(-0.03, 0.03))
    swing = scene.height * (0.13 - 0.05 * nearness)
    cell = scene.short * (0.55 - 0.2 * nearness)
    heights = crest - swing * noise.line(scene.rng, scene.width, cell, 6, 0.48)
    if nearness > 0.8 and scene.chance(0.7):
        heights = heights - _pines(scene, scene.short * 0.06)
    pen = Pen.mask(scene.size)
    pen.polygon(below(heights, scene.height), 255)
    crest_colour = mix(haze, near, 0.12 + 0.88 * nearness**1.4)
    foot = mix(crest_colour, haze, 0.75 * (1 - nearness**2))
    top = int(max(heights.min(), 0))
    body = Image.new("RGB", scene.size, foot)
    span = max(int(scene.height * 0.3), 2)
    body.paste(light.gradient((scene.width, span), (crest_colour, mix(crest_colour, foot, 0.4), foot)), (0, top))
    image.paste(body, mask=pen.done())


def _pines(scene: Scene, tall: float) -> np.ndarray:
    """Return how far treetops rise above a ridge, (W,) pixels."""
    rise = np.zeros(scene.width)
    xs = np.arange(scene.width)
    for _ in range(scene.whole(30, 60)):
        size = tall * scene.between(0.35, 1.0)
        rise = np.maximum(rise, size - np.abs(xs - scene.between(0, scene.width)) * 3.2)
    return rise


def _birds(scene: Scene, image: Image.Image, ink: Colour) -> Image.Image:
    pen = Pen(image)
    x, y = scene.width * scene.between(0.2, 0.7), scene.height * scene.between(0.1, 0.25)
    for _ in range(scene.whole(3, 7)):
        wing = scene.short * scene.between(0.012, 0.022)
        bx, by = x + scene.short * scene.between(-0.15, 0.15), y + scene.short * scene.between(-0.06, 0.06)
        points = np.array(
            [
                [bx - wing, by - wing * 0.5],
                [bx - wing * 0.4, by - wing * 0.55],
                [bx, by],
                [bx + wing * 0.4, by - wing * 0.55],
                [bx + wing, by - wing * 0.4],
            ]
        )
        pen.stroke(points, scene.short * 0.004, darker(ink, 0.2))
    return pen.done()


def _number(count: int) -> str:
    return {4: "Four", 5: "Five", 6: "Six", 7: "Seven"}[count]
