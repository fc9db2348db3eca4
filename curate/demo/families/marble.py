"""Marbled ink and veined stone."""

import numpy as np
from PIL import Image

from curate.demo import light, noise
from curate.demo.colour import palette, varied
from curate.demo.scene import Picture, Scene

INKS = (
    ("emerald and gold", "08281f 0f4a3a 1f7a5c 5aa883 dcebdc", True),
    ("white and grey", "f6f4f0 e9e6e1 d2cec9 a8a4a4 f3f1ed", True),
    ("black and gold", "0e0e12 1c1c22 2f2f38 54545c 17171c", True),
    ("blush and wine", "f8e6e0 efc4bc d08a8c 8f3f52 f3d8cf", True),
    ("indigo, sky and cream", "14234f 2f4f8a 7fa5c9 e2ddc8 f5eedc", False),
    ("peacock blue and copper", "0c3a4a 17707f 5fb0a8 d9a06a f0dcc0", False),
    ("plum, coral and sand", "3a1a3f 7f3a5a d9785f f0be8a f8ead2", False),
)


def draw(scene: Scene) -> Picture:
    name, codes, veined = scene.pick(INKS)
    colours = [varied(scene.rng, colour, 0.01, 0.03) for colour in palette(codes)]
    cell = scene.short * scene.between(0.45, 0.8)
    push_x = (noise.field(scene.rng, *scene.size, cell, 2) - 0.5) * scene.short * 0.9
    push_y = (noise.field(scene.rng, *scene.size, cell, 2) - 0.5) * scene.short * 0.9
    base = noise.field(scene.rng, *scene.size, cell * 0.9, 4)
    flow = noise.warped(noise.warped(base, push_x, push_y), push_y * 0.6, push_x * 0.6)
    flow = _stretched(flow)
    if not veined:
        flow = 0.5 + 0.5 * np.sin(flow * scene.between(6, 11))
    image = light.coloured(flow, colours)
    if veined:
        image = _veins(scene, image, flow, push_x)
    image = light.grain(image, scene.rng, 4)
    how = "crossed by thin shimmering veins" if veined else "folded into flowing ribbons"
    caption = f"An abstract marble surface in {name}, {how}; elegant and fluid."
    return Picture(
        image,
        caption,
        {"style": "ink marbling" if not veined else "stone texture", "material": "marble" if veined else "ink"},
    )


def _stretched(flow: np.ndarray) -> np.ndarray:
    """Use the whole range from 0 to 1, and fold it once so that bands come back."""
    flow = (flow - flow.min()) / max(float(np.ptp(flow)), 1e-9)
    return 0.5 - 0.5 * np.cos(flow * np.pi * 2.6)


def _veins(scene: Scene, image: Image.Image, flow: np.ndarray, push: np.ndarray) -> Image.Image:
    gold = scene.pick(palette("d9b05a c9a66b e5c587 b98f4a"))
    for level in (0.2, 0.45, 0.7, 0.88):
        crossing = np.abs(flow - level - scene.between(-0.03, 0.03))
        slope = np.hypot(*np.gradient(flow)) * scene.short
        line = np.clip(1 - crossing * scene.short / np.maximum(slope, 2.0) / scene.between(0.8, 2.2), 0, 1)
        fade = np.clip(noise.field(scene.rng, *scene.size, scene.short * 0.4, 2) * 2.4 - 0.8, 0, 1)
        image.paste(gold, mask=light.as_mask(line * fade * 0.9))
    return image
