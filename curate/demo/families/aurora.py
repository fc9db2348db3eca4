"""Northern lights over a lake that repeats them."""

import numpy as np
from PIL import Image, ImageChops, ImageEnhance

from curate.demo import light, noise
from curate.demo.colour import Colour, mix, palette
from curate.demo.pen import Pen, below
from curate.demo.scene import Picture, Scene

SKIES = (
    ("green and violet", "63e6a5 3fb6a8 7a5cc0 2a1f5c"),
    ("emerald", "8df0a0 3fd08f 1f8f8a 123b5c"),
    ("turquoise and blue", "8ff0dc 43b9c9 3a6fc0 1c2360"),
    ("rose and violet", "f0a0b8 b066c4 6a4fc0 251c58"),
    ("lime and teal", "c8f08a 58d08a 2a9a9a 16345c"),
)


def draw(scene: Scene) -> Picture:
    name, codes = scene.pick(SKIES)
    curtain = palette(codes)
    horizon = int(scene.height * scene.between(0.58, 0.76))
    image = light.gradient(scene.size, palette("060a1c 0b1630 14284a 24446a 24446a"))
    image = _stars(scene, image, horizon)
    for _ in range(scene.whole(2, 3)):
        image = _curtain(scene, image, horizon, curtain)
    _shore(scene, image, horizon, curtain[1])
    lake = light.mirrored(
        image, horizon, noise.line(scene.rng, scene.height - horizon, scene.short * 0.015, 2) * scene.short * 0.012
    )
    image.paste(ImageEnhance.Brightness(lake).enhance(0.72), (0, horizon))
    snow = scene.chance(0.5)
    image = _pines(scene, image, snow)
    image = light.grain(image, scene.rng, 6)
    trees = "snowy" if snow else "dark"
    caption = (
        f"A {name} aurora over a still lake, mirrored in the water, with {trees} pines and stars; cold, "
        "silent and magical."
    )
    return Picture(image, caption, {"season": "winter", "style": "night landscape", "mood": "magical"})


def _stars(scene: Scene, image: Image.Image, horizon: int) -> Image.Image:
    pen = Pen.mask(scene.size)
    for _ in range(scene.whole(90, 200)):
        pen.disc(
            scene.between(0, scene.width),
            scene.between(0, horizon),
            scene.short * scene.between(0.0006, 0.0022),
            scene.whole(80, 255),
        )
    image.paste((236, 240, 255), mask=pen.done())
    return image


def _curtain(scene: Scene, image: Image.Image, horizon: int, colours: tuple[Colour, ...]) -> Image.Image:
    """Add one sheet of light: bright at its lower hem, streaked, fading upwards through `colours`."""
    width = scene.width
    hem = horizon * (
        scene.between(0.5, 0.85) + 0.2 * noise.line(scene.rng, width, width * scene.between(0.3, 0.6), 3, 0.4)
    )
    streaks = 0.45 + 0.55 * np.clip(0.5 + 0.8 * noise.line(scene.rng, width, width * 0.03, 3), 0, 1)
    strength = streaks * np.clip(0.6 + 0.6 * noise.line(scene.rng, width, width * 0.35, 2), 0.05, 1)
    tall = horizon * scene.between(0.35, 0.6) * (0.7 + 0.3 * streaks)
    rise = (hem[None, :] - np.arange(scene.height)[:, None]) / tall[None, :]
    above = np.exp(-np.clip(rise, 0, 8) * 1.9)
    fringe = np.exp(-np.clip(-rise, 0, 1) * 16)
    power = strength[None, :] * np.where(rise > 0, above, fringe)
    colour = light.coloured(np.clip(rise * 0.75, 0, 1), colours)
    black = Image.new("RGB", image.size)
    lit = Image.composite(colour, black, light.as_mask(power * scene.between(0.7, 0.95)))
    return ImageChops.screen(image, lit)


def _shore(scene: Scene, image: Image.Image, horizon: int, tint: Colour) -> None:
    for nearness in (0.4, 1.0):
        crest = horizon - scene.height * (0.13 - 0.08 * nearness) * (
            0.75 + 0.6 * noise.line(scene.rng, scene.width, scene.short * 0.4, 6)
        )
        pen = Pen.mask(scene.size)
        pen.polygon(below(np.minimum(crest, horizon - 1), horizon), 255)
        image.paste(mix(mix((16, 28, 52), tint, 0.1), (5, 9, 20), nearness), mask=pen.done())


def _pines(scene: Scene, image: Image.Image, snow: bool) -> Image.Image:
    pen = Pen(image)
    left = scene.chance(0.5)
    for _ in range(scene.whole(4, 9)):
        side = abs(scene.between(-0.32, 0.32))
        x = scene.width * (side if left or scene.chance(0.25) else 1 - side)
        tall = scene.height * scene.between(0.2, 0.5) * (1 - side)
        _pine(pen, scene, x, scene.height * 1.02, tall, snow)
    return pen.done()


def _pine(pen: Pen, scene: Scene, x: float, foot: float, tall: float, snow: bool) -> None:
    tiers = 9
    for tier in range(tiers):
        top = foot - tall * (1 - tier / (tiers + 1))
        half = tall * 0.2 * ((tier + 1) / tiers) ** 0.85 * scene.between(0.85, 1.1)
        deep = tall * 0.16
        points = np.array(
            [
                [x, top],
                [x + half, top + deep],
                [x + half * 0.3, top + deep * 0.86],
                [x - half * 0.35, top + deep * 0.88],
                [x - half, top + deep],
            ]
        )
        pen.polygon(points, (7, 13, 24))
        if snow:
            pen.polygon(
                np.array([[x, top], [x - half * 0.85, top + deep * 0.86], [x - half * 0.2, top + deep * 0.5]]),
                (146, 172, 196),
            )
