"""Small houses under snow, with light in the windows."""

import numpy as np
from PIL import Image

from curate.demo import light, noise
from curate.demo.colour import Colour, darker, lighter, mix, palette, varied
from curate.demo.pen import Pen, below
from curate.demo.scene import Picture, Scene

# when, mood, sky, snow in light, snow in shade
EVENINGS = (
    ("on a blue winter evening", "cosy and hushed", "1d2a55 3a4f86 7085b5 a9b6d6", "dfe6f3", "8296c0"),
    ("at dusk", "tender", "3c3566 7a5a8c c98ea0 f0c4b0", "f0e4ea", "a295bd"),
    ("on a pale snowy morning", "bright and fresh", "9db8d3 bfd0e0 dbe4ea f0f0ec", "fafaf8", "b9c8da"),
    ("under a starry sky", "silent", "0b1230 162048 2c3c70 4f6296", "c4d0ea", "5a6da0"),
)
WALLS = palette("a5533f 8c6a4a c08a5a 5f6f7d d9c3a0 6d4a45 4f6b66 b5795f")
WINDOW = (255, 214, 128)


def draw(scene: Scene) -> Picture:
    when, mood, sky_codes, lit_code, shade_code = scene.pick(EVENINGS)
    sky = palette(sky_codes)
    lit, shade = palette(lit_code)[0], palette(shade_code)[0]
    image = light.gradient(scene.size, (*sky, sky[-1]))
    dark = sum(sky[0]) < 250
    horizon = scene.height * scene.between(0.4, 0.55)
    if dark:
        _night(scene, image)
    _hill(scene, image, horizon - scene.height * 0.1, 0.12, mix(lit, sky[-1], 0.75), mix(shade, sky[-1], 0.6))
    rows = scene.whole(2, 3)
    houses = 0
    for row in range(rows):
        nearness = (row + 1) / rows
        y = horizon + (scene.height - horizon) * (nearness - 0.4) * 0.75
        crest = _hill(
            scene, image, y, 0.05, mix(sky[-1], lit, 0.4 + 0.6 * nearness), mix(sky[-1], shade, 0.4 + 0.6 * nearness)
        )
        image, built = _houses(scene, image, crest, nearness, lit, shade, dark)
        houses += built
    _hill(scene, image, scene.height * scene.between(0.86, 0.93), 0.05, lit, shade)
    image = _snowfall(scene, image)
    image = light.grain(light.vignette(image, 0.2), scene.rng, 5)
    caption = (
        f"A snowy village {when}: {houses} little houses with white roofs and lit windows among "
        f"snow-covered firs, {mood}."
    )
    return Picture(image, caption, {"season": "winter", "style": "storybook illustration", "mood": mood})


def _night(scene: Scene, image: Image.Image) -> None:
    pen = Pen.mask(scene.size)
    for _ in range(70):
        pen.disc(
            scene.between(0, scene.width),
            scene.between(0, scene.height * 0.45),
            scene.short * scene.between(0.0008, 0.002),
            scene.whole(90, 230),
        )
    x, y = scene.width * scene.between(0.15, 0.85), scene.height * scene.between(0.1, 0.22)
    pen.disc(x, y, scene.short * 0.04, 245)
    image.paste((250, 244, 224), mask=pen.done())
    light.glow(image, x, y, scene.short * 0.3, (250, 236, 200), 0.3)


def _hill(scene: Scene, image: Image.Image, y: float, swing: float, lit: Colour, shade: Colour) -> np.ndarray:
    """Lay one snow hill and return its crest, (W,) pixels."""
    crest = y - scene.height * swing * noise.line(scene.rng, scene.width, scene.short * 0.7, 3, 0.35)
    pen = Pen.mask(scene.size)
    pen.polygon(below(crest, scene.height), 255)
    top = max(int(crest.min()), 0)
    body = Image.new("RGB", scene.size, shade)
    body.paste(
        light.gradient(
            (scene.width, max(int(scene.height * 0.32), 2)), (lighter(lit, 0.3), lit, mix(lit, shade, 0.55), shade)
        ),
        (0, top),
    )
    image.paste(body, mask=pen.done())
    return crest


def _houses(
    scene: Scene, image: Image.Image, crest: np.ndarray, nearness: float, lit: Colour, shade: Colour, dark: bool
) -> tuple[Image.Image, int]:
    pen = Pen(image)
    size = scene.short * (0.07 + 0.09 * nearness)
    glows: list[tuple[float, float]] = []
    x, built = scene.between(-0.5, 0.8) * size, 0
    while x < scene.width:
        ground = float(crest[min(max(int(x + size * 0.5), 0), scene.width - 1)]) + size * 0.12
        if scene.chance(0.55):
            _house(scene, pen, x, ground, size * scene.between(0.85, 1.15), lit, shade)
            glows.append((x + size / 2, ground - size * 0.3))
            built += 1
            x += size * scene.between(1.1, 1.7)
        else:
            _fir(scene, pen, x + size * 0.3, ground, size * scene.between(1.0, 1.9), lit, dark)
            x += size * scene.between(0.35, 0.7)
    image = pen.done()
    for gx, gy in glows:
        light.glow(image, gx, gy, size * 0.95, WINDOW, 0.4 if dark else 0.12)
    return image, built


def _house(scene: Scene, pen: Pen, x: float, ground: float, size: float, lit: Colour, shade: Colour) -> None:
    wall = varied(scene.rng, scene.pick(WALLS))
    tall = size * scene.between(0.5, 0.75)
    roof = size * scene.between(0.45, 0.7)
    eaves = ground - tall
    middle = x + size / 2
    pen.box(x + size * 0.68, eaves - roof * 0.9, x + size * 0.8, eaves, darker(wall, 0.3))
    pen.box(x + size * 0.66, eaves - roof * 0.95, x + size * 0.82, eaves - roof * 0.86, lighter(lit, 0.4))
    pen.box(x, eaves, x + size, ground, wall)
    pen.polygon(np.array([[x, eaves], [x + size, eaves], [middle, eaves - roof * 0.9]]), darker(wall, 0.12))
    over, thick = size * 0.12, size * 0.13
    for side, tone in ((-1, lighter(lit, 0.35)), (1, mix(lit, shade, 0.55))):
        edge = middle + side * (size / 2 + over)
        low = eaves + over * 0.9
        pen.polygon(
            np.array(
                [
                    [middle, eaves - roof - thick],
                    [edge, low - thick * 0.6],
                    [edge, low + thick * 0.4],
                    [middle, eaves - roof + thick * 0.7],
                ]
            ),
            tone,
        )
    pane = size * 0.17
    for column in (0.16, 0.62):
        wx, wy = x + size * column, eaves + tall * 0.25
        pen.box(wx, wy, wx + pane, wy + pane * 1.15, WINDOW)
        pen.box(wx + pane * 0.45, wy, wx + pane * 0.55, wy + pane * 1.15, darker(wall, 0.4))
    pen.box(x + size * 0.41, ground - tall * 0.5, x + size * 0.56, ground, darker(wall, 0.45))


def _fir(scene: Scene, pen: Pen, x: float, ground: float, tall: float, lit: Colour, dark: bool) -> None:
    green = varied(scene.rng, (38, 66, 70) if dark else (58, 92, 84), 0.02, 0.05)
    for tier in range(5):
        top = ground - tall * (1 - tier * 0.17)
        half = tall * (0.1 + 0.05 * tier)
        deep = tall * 0.26
        pen.polygon(np.array([[x, top], [x + half, top + deep], [x - half, top + deep]]), green)
        pen.polygon(
            np.array(
                [
                    [x, top],
                    [x + half * 0.25, top + deep * 0.55],
                    [x - half * 0.15, top + deep * 0.4],
                    [x - half * 0.75, top + deep * 0.85],
                ]
            ),
            mix(green, lit, 0.85),
        )


def _snowfall(scene: Scene, image: Image.Image) -> Image.Image:
    pen = Pen.mask(scene.size)
    for _ in range(scene.whole(60, 220)):
        pen.disc(
            scene.between(0, scene.width),
            scene.between(0, scene.height),
            scene.short * scene.between(0.0015, 0.0055),
            scene.whole(90, 220),
        )
    image.paste((255, 255, 255), mask=pen.done())
    return image
