"""Polished agate: bands that follow the shape of a hollow, crystals in the middle."""

import numpy as np
from PIL import Image

from curate.demo import light, noise
from curate.demo.colour import Colour, darker, lighter, palette, ramp, varied
from curate.demo.scene import Picture, Scene

STONES = (
    ("blue", "0f2a4a 2f6a9c 8fbcd6 e9f1f2 4a86b5 173a66 c5dde6"),
    ("amber and cream", "5a2a14 b5652a e8b068 f8ead0 c98240 7a3c1c f2d29c"),
    ("teal", "0c3a3f 1f7a7a 7fc2b4 e6f3ea 3a9a94 124f55 b8dfd2"),
    ("rose", "6a2038 b5506a e8a0a8 fbeae6 cf7486 8a3050 f2c8c8"),
    ("violet", "2a1a4f 6a4aa0 a98fcf eee6f3 8462b5 3c2670 cdbce2"),
    ("grey and rust", "2c2a2c 6f6a68 b5aea6 efebe4 a8583a 47413f d6cfc5"),
)


def draw(scene: Scene) -> Picture:
    name, codes = scene.pick(STONES)
    colours = [varied(scene.rng, colour, 0.012, 0.04) for colour in palette(codes)]
    depth = _depth(scene)
    slab = scene.chance(0.5)
    bands = _bands(scene, colours)
    rings = bands[(np.clip(depth * scene.between(0.75, 1.0), 0, 1) * (len(bands) - 1)).astype(np.int64)]
    image = Image.fromarray(rings.round().astype(np.uint8))
    crystals = noise.field(scene.rng, *scene.size, scene.short * 0.02, 2)
    heart = np.clip((0.16 - depth) * 30, 0, 1)
    image.paste(
        light.coloured(crystals, (darker(colours[0], 0.3), colours[1], (250, 248, 246))), mask=light.as_mask(heart)
    )
    sheen = 1 + 0.16 * (noise.field(scene.rng, *scene.size, scene.short * 0.5, 2) - 0.5)
    image = light.shaded(image, sheen)
    if slab:
        image = _slab(scene, image, depth, colours)
    image = light.grain(image, scene.rng, 4)
    where = "lying on a pale ground" if slab else "filling the frame"
    caption = f"A polished {name} agate slice {where}, fine bands flowing around a crystal heart; luminous and cool."
    return Picture(image, caption, {"style": "macro photograph", "material": "agate"})


def _depth(scene: Scene) -> np.ndarray:
    """Distance from the stone's heart, (H, W) float64: 0 inside, about 1 at the rim, with a wavering outline."""
    x, y = scene.width * scene.between(0.38, 0.62), scene.height * scene.between(0.38, 0.62)
    columns = (np.arange(scene.width)[None, :] - x) / scene.width * 2
    rows = (np.arange(scene.height)[:, None] - y) / scene.height * 2
    turn = scene.between(-0.4, 0.4)
    lean = columns * np.cos(turn) + rows * np.sin(turn), rows * np.cos(turn) - columns * np.sin(turn)
    round_distance = np.sqrt(lean[0] ** 2 + (lean[1] * scene.between(1.0, 1.25)) ** 2)
    waver = noise.field(scene.rng, *scene.size, scene.short * scene.between(0.35, 0.6), 3) - 0.5
    fine = noise.field(scene.rng, *scene.size, scene.short * 0.09, 2) - 0.5
    return np.clip(round_distance * 0.86 + waver * scene.between(0.4, 0.75) + fine * 0.05, 0, 2)


def _bands(scene: Scene, colours: list[Colour]) -> np.ndarray:
    """The colours from heart to rim, (1200, 3) float64: broad zones cut by hair-fine lines."""
    steps = 1200
    order = [colours[int(index)] for index in scene.rng.integers(0, len(colours), scene.whole(9, 16))]
    broad = ramp(order, steps)
    fine = noise.line(scene.rng, steps, 22, 3, 0.7)[:, None]
    return np.clip(broad * (1 + 0.16 * fine) + 26 * np.clip(fine - 0.45, 0, 1), 0, 255)


def _slab(scene: Scene, image: Image.Image, depth: np.ndarray, colours: list[Colour]) -> Image.Image:
    rim = np.clip((0.82 - depth) * scene.short * 0.28, 0, 1)
    crust = np.clip((depth - 0.765) * 60, 0, 1)
    image.paste(darker(colours[0], 0.45), mask=light.as_mask(crust * 0.85))
    ground = light.gradient(scene.size, [lighter(colours[3], 0.55), (226, 222, 216)], tilt=0.2)
    offset = np.full((1, 1), -scene.short // 70), np.full((1, 1), -scene.short // 50)
    shadow = light.soft(light.as_mask(noise.warped(rim, *offset) * 0.5), scene.short * 0.02)
    ground.paste((40, 36, 44), mask=shadow)
    ground.paste(image, mask=light.as_mask(rim))
    return ground
