"""Trunks in the fog, and leaves in every colour of October."""

import numpy as np
from PIL import Image

from curate.demo import light, noise
from curate.demo.colour import Colour, darker, lighter, mix, palette, varied
from curate.demo.pen import OVERSAMPLE, Pen
from curate.demo.scene import Picture, Scene

# name, mood, fog from top to bottom, leaves, ground
WOODS = (
    ("golden", "warm and luminous", "f6e3b4 f9edcf f2d9a0", "e3a32c d98a1f f0c04d c46f1d a8791f", "b0702b"),
    ("crimson", "rich and melancholy", "ecc9b4 f5e0cf e5b59a", "b5382c 8f2a2a d2603a e08b4a 7a2f33", "8a4433"),
    ("copper", "quiet and earthy", "dccbb6 eee2d0 cfb699", "b8692f 9a5128 d08f4a 7c4a2c c7a05a", "7d5234"),
    ("lemon and lime", "fresh", "e4ecc0 f2f5dc d6e0a8", "d9c83a b3b83a 8fa23c ecd95f 7c8f3a", "94923f"),
)


def draw(scene: Scene) -> Picture:
    name, mood, fog_codes, leaf_codes, ground_code = scene.pick(WOODS)
    fog, leaves, ground = palette(fog_codes), palette(leaf_codes), palette(ground_code)[0]
    birch = scene.chance(0.45)
    image = light.gradient(scene.size, fog)
    sun = scene.width * scene.between(0.2, 0.8)
    light.glow(image, sun, scene.height * scene.between(0.2, 0.45), scene.short * 0.7, lighter(fog[1], 0.8), 0.95)
    floor = scene.height * scene.between(0.7, 0.84)
    _floor(scene, image, floor, ground, fog[2])
    layers = 3
    for layer in range(layers):
        nearness = (layer + 1) / layers
        pen = Pen(image)
        _trees(scene, pen, floor, nearness, fog[1], birch)
        _leaves(scene, pen, floor, nearness, fog[1], leaves)
        if layer == layers - 1:
            _litter(scene, pen, floor, leaves)
        image = pen.done()
        light.glow(image, sun, scene.height * 0.35, scene.short * 0.8, lighter(fog[1], 0.7), 0.22 * (1 - nearness))
    image = light.grain(light.vignette(image, 0.25), scene.rng, 7)
    trees = "white birch trunks" if birch else "dark trunks"
    caption = f"An autumn forest in {name} colours, {trees} in soft fog and fallen leaves on the ground, {mood}."
    return Picture(image, caption, {"season": "autumn", "style": "impressionist landscape", "mood": mood})


def _floor(scene: Scene, image: Image.Image, top: float, ground: Colour, fog: Colour) -> None:
    height = scene.height - int(top)
    tone = light.gradient((scene.width, height), (mix(fog, ground, 0.3), ground, darker(ground, 0.25)))
    image.paste(tone, (0, int(top)))


def _trees(scene: Scene, pen: Pen, floor: float, nearness: float, fog: Colour, birch: bool) -> None:
    bark = (232, 226, 214) if birch else (52, 38, 34)
    colour = mix(fog, bark, 0.25 + 0.7 * nearness) if not birch else mix(mix(fog, (170, 150, 130), 0.5), bark, nearness)
    for _ in range(round(9 - 5 * nearness)):
        x = scene.between(-0.02, 1.02) * scene.width
        wide = scene.short * (0.012 + 0.05 * nearness**1.6) * scene.between(0.7, 1.3)
        foot = floor + (scene.height - floor) * (0.05 + 0.55 * nearness) * scene.between(0.7, 1.2)
        sway = noise.line(scene.rng, 12, 6, 2) * wide * 0.6
        trunk = np.stack(
            [x + sway + np.linspace(0, scene.between(-1, 1) * wide * 2, 12), np.linspace(foot, -5, 12)], axis=1
        )
        pen.taper(trunk, wide * 1.2, wide * 0.7, varied(scene.rng, colour, 0.01, 0.03))
        shade = (*darker(colour, 0.55), 90)
        pen.taper(trunk + np.array([wide * 0.32, 0.0]), wide * 0.5, wide * 0.25, shade)
        for _ in range(scene.whole(1, 3)):
            _branch(scene, pen, trunk[scene.whole(5, 10)], wide, colour)
        if birch:
            _bark_marks(scene, pen, trunk, wide, nearness)


def _branch(scene: Scene, pen: Pen, start: np.ndarray, wide: float, colour: Colour) -> None:
    lean = scene.pick((-1, 1)) * scene.between(0.6, 1.4)
    reach = scene.short * scene.between(0.08, 0.2)
    points = start + np.array([[0, 0], [lean * 0.5, -0.35], [lean * 0.85, -0.8]]) * reach
    pen.taper(points, wide * 0.4, wide * 0.08, colour)


def _bark_marks(scene: Scene, pen: Pen, trunk: np.ndarray, wide: float, nearness: float) -> None:
    for _ in range(round(16 * nearness)):
        x, y = trunk[scene.whole(0, 11)] + [scene.between(-0.4, 0.1) * wide, scene.between(-0.04, 0.04) * scene.height]
        pen.oval(x, y, wide * scene.between(0.08, 0.22), wide * scene.between(0.02, 0.06), (58, 50, 48, 210))


def _leaves(scene: Scene, pen: Pen, floor: float, nearness: float, fog: Colour, colours: tuple[Colour, ...]) -> None:
    """Dab foliage in clumps, denser towards the top of the picture."""
    clumps = scene.whole(12, 16)
    at = scene.rng.random((clumps, 2)) * [scene.width, floor * (0.75 - 0.25 * nearness)]
    size = scene.short * (0.006 + 0.007 * nearness)
    for x, y in at:
        tone = mix(fog, varied(scene.rng, scene.pick(colours)), 0.4 + 0.6 * nearness)
        spread = scene.short * scene.between(0.05, 0.11)
        dots = scene.rng.normal(0, 1, (round(30 - 8 * nearness), 3))
        for dx, dy, tint in dots.tolist():
            ink = lighter(tone, min(0.18 * tint, 0.4)) if tint > 0 else darker(tone, min(-0.15 * tint, 0.35))
            pen.oval(x + dx * spread, y + dy * spread * 0.6, size * 1.25, size * 0.85, ink)


def _litter(scene: Scene, pen: Pen, floor: float, colours: tuple[Colour, ...]) -> None:
    for share in np.sqrt(scene.rng.random(300)).tolist():
        y = floor + (scene.height - floor) * share
        size = scene.short * (0.002 + 0.007 * share)
        ink = varied(scene.rng, scene.pick(colours), 0.02, 0.12)
        pen.oval(
            scene.between(0, scene.width), y, max(size * 1.5, 1 / OVERSAMPLE), max(size * 0.7, 1 / OVERSAMPLE), ink
        )
