"""Flower heads whose seeds follow the golden angle."""

import numpy as np
from PIL import Image

from curate.demo import light, noise
from curate.demo.colour import Colour, darker, lighter, mix, palette, ramp, varied
from curate.demo.pen import Pen, leaf, placed
from curate.demo.scene import Picture, Scene

GOLDEN_ANGLE = np.pi * (3 - np.sqrt(5))

# name, petals from tip to heart, seeds from rim to middle
FLOWERS = (
    ("golden sunflower", "f6cf57 e8a92f c97a1f", "3a2418 5a3a20 8a6a2f"),
    ("lemon sunflower", "f8e68a f0d050 d9a83a", "4a3a1c 7a6a2a a8a04a"),
    ("burgundy sunflower", "b5563a 8f2f2f 5c1f28", "1f1418 3a2018 6a3a20"),
    ("orange sunflower", "f2b05c e5832f b5531f", "2f1c18 5a2f1c 8a5a2a"),
    ("cream sunflower", "faf0d0 f0dca0 d9b56a", "3f2c20 6a5030 a08a50"),
)
GROUNDS = (
    ("a soft blue sky", "8fb8d6 c3d9e0 e8ead8"),
    ("blurred green leaves", "4a6b4a 6f8f5a a3b57a"),
    ("a deep teal wall", "143a40 1f4f55 2f6468"),
    ("warm linen", "e6d6bc efe4d0 dcc8a8"),
    ("a dark brown shadow", "1e1614 33241e 4a3528"),
)


def draw(scene: Scene) -> Picture:
    name, petal_codes, seed_codes = scene.pick(FLOWERS)
    where, ground_codes = scene.pick(GROUNDS)
    image = _blurred_ground(scene, palette(ground_codes))
    heads = _heads(scene)
    for x, y, radius in heads:
        light.glow(image, x + radius * 0.08, y + radius * 0.14, radius * 1.2, (20, 18, 20), 0.9)
    pen = Pen(image)
    for x, y, radius in heads:
        _petals(scene, pen, (x, y, radius), palette(petal_codes))
        _seeds(scene, pen, (x, y, radius * scene.between(0.42, 0.55)), palette(seed_codes))
    image = pen.done()
    for x, y, radius in heads:
        light.glow(image, x - radius * 0.3, y - radius * 0.35, radius * 0.9, (255, 240, 205), 0.22)
    image = light.grain(light.vignette(image, 0.25), scene.rng, 5)
    count = {1: "A single", 2: "Two", 3: "Three"}[len(heads)]
    plural = "" if len(heads) == 1 else "s"
    caption = (
        f"{count} {name}{plural} in front of {where}, seeds in tight spirals within layered petals; "
        "radiant and summery."
    )
    return Picture(image, caption, {"season": "summer", "style": "flower portrait"})


def _blurred_ground(scene: Scene, colours: tuple[Colour, ...]) -> Image.Image:
    field = noise.field(scene.rng, *scene.size, scene.short * 0.45, 2)
    image = light.coloured(field, colours)
    bokeh = Pen.mask(scene.size)
    for _ in range(scene.whole(4, 14)):
        x, y = scene.between(0, scene.width), scene.between(0, scene.height)
        bokeh.disc(x, y, scene.short * scene.between(0.02, 0.08), scene.whole(20, 60))
    image.paste(lighter(colours[-1], 0.5), mask=light.soft(bokeh.done(), scene.short * 0.006))
    return image


def _heads(scene: Scene) -> list[tuple[float, float, float]]:
    """Where the flowers are: (x, y, radius) in pixels."""
    heads = scene.pick((1, 1, 1, 2, 3))
    if heads == 1:
        reach = scene.between(0.42, 0.75)
        off = 0.25 if reach > 0.52 else 0.06
        return [
            (
                scene.width * (0.5 + scene.between(-off, off)),
                scene.height * (0.5 + scene.between(-off, off)),
                scene.short * reach,
            )
        ]
    wide = scene.width >= scene.height
    spots = []
    for head in range(heads):
        along = (head + 0.5) / heads + scene.between(-0.04, 0.04)
        across = 0.5 + (0.16 if head % 2 else -0.16) + scene.between(-0.06, 0.06)
        x, y = (along, across) if wide else (across, along)
        spots.append((scene.width * x, scene.height * y, scene.short * scene.between(0.27, 0.4)))
    return spots


def _petals(scene: Scene, pen: Pen, head: tuple[float, float, float], colours: tuple[Colour, ...]) -> None:
    x, y, radius = head
    count = scene.whole(16, 24)
    for ring in range(3):
        reach = radius * (1.0 - 0.1 * ring)
        tone = mix(darker(colours[0], 0.3), colours[0], (ring + 1) / 3)
        for petal in range(count):
            turn = (petal + ring * 0.37) * 2 * np.pi / count + scene.between(-0.06, 0.06)
            length = reach * scene.between(0.88, 1.04)
            wide = radius * 2.1 / count * 1.5
            shade = varied(scene.rng, tone, 0.008, 0.04)
            pen.polygon(placed(leaf(length, wide, 0.8, 12), x, y, 1, turn), darker(shade, 0.25))
            pen.polygon(placed(leaf(length * 0.985, wide * 0.9, 0.8, 12), x, y, 1, turn), shade)
            pen.polygon(placed(leaf(length * 0.8, wide * 0.55, 1, 9), x, y, 1, turn), mix(shade, colours[1], 0.55))
            pen.polygon(placed(leaf(length * 0.66, wide * 0.3, 1, 9), x, y, 1, turn), colours[2])


def _seeds(scene: Scene, pen: Pen, disc: tuple[float, float, float], colours: tuple[Colour, ...]) -> None:
    x, y, radius = disc
    pen.disc(x, y, radius * 1.04, darker(colours[0], 0.4))
    count = scene.whole(320, 520)
    order = np.arange(count, 0, -1)
    reach = radius * np.sqrt(order / count)
    angles = order * GOLDEN_ANGLE
    tones = ramp(colours, count)[::1].round().astype(int).tolist()
    dot = radius * 0.9 / np.sqrt(count)
    at = np.stack([x + reach * np.cos(angles), y + reach * np.sin(angles)], axis=1).tolist()
    for (sx, sy), (r, g, b) in zip(at, tones, strict=True):
        pen.disc(sx, sy, dot, (r, g, b))
        pen.disc(sx - dot * 0.25, sy - dot * 0.3, dot * 0.4, lighter((r, g, b), 0.35))
