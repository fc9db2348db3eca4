"""Hot-air balloons over soft hills."""

import numpy as np
from PIL import Image

from curate.demo import light, noise
from curate.demo.colour import Colour, darker, lighter, mix, palette
from curate.demo.pen import Pen, below
from curate.demo.scene import Picture, Scene

# when, mood, sky, hills
MORNINGS = (
    ("in a clear morning sky", "light-hearted", "6fa8d6 9cc6e4 cfe2ea f6ecd8", "7f9f6a"),
    ("at sunrise", "peaceful", "8a9cc8 c5b3cc f3c6b4 fde3bf", "8a7f72"),
    ("in a peach evening sky", "dreamy", "d98f7a eeb391 f7d0a8 fdeacb", "8f6a5c"),
    ("over lavender haze", "gentle", "9a9acb bdb6dc ddcfe4 f4e7ea", "7d7aa0"),
    ("in a mint sky", "cheerful", "7fbfb5 a9d6c8 d3e8d6 f4f3dd", "6b8f70"),
)
NUMBERS = ("One", "Two", "Three", "Four", "Five", "Six", "Seven")
CLOTHS = (
    ("red and cream", "c8503f f3e6cf"),
    ("navy and gold", "2f4468 e5b558"),
    ("teal and white", "2f8a86 f2efe2"),
    ("orange and plum", "e08a3c 6a3f63"),
    ("rose and ivory", "d9808c f8ecdc"),
    ("mustard and brown", "d9a53a 7a4f35"),
    ("sky blue and yellow", "5f9fc8 f2cf6a"),
)


def draw(scene: Scene) -> Picture:
    when, mood, sky_codes, hill_code = scene.pick(MORNINGS)
    sky, hill = palette(sky_codes), palette(hill_code)[0]
    image = light.gradient(scene.size, sky)
    light.glow(
        image, scene.width * scene.between(0.1, 0.9), scene.height * 0.75, scene.short * 0.8, (255, 246, 220), 0.6
    )
    _clouds(scene, image)
    for nearness in (0.3, 0.65, 1.0):
        crest = scene.height * (0.78 + 0.13 * nearness) - scene.height * 0.06 * noise.line(
            scene.rng, scene.width, scene.short * 0.6, 3, 0.35
        )
        pen = Pen.mask(scene.size)
        pen.polygon(below(crest, scene.height), 255)
        image.paste(mix(sky[-1], hill, 0.3 + 0.6 * nearness), mask=pen.done())
    sizes = [*sorted(scene.between(0.035, 0.09) for _ in range(scene.whole(2, 6))), scene.between(0.15, 0.24)]
    cloth = CLOTHS[0][0]
    taken: list[tuple[float, float, float]] = []
    pen = Pen(image)
    for size in sizes:
        cloth, codes = scene.pick(CLOTHS)
        _balloon(scene, pen, size * scene.short, palette(codes), sky[-1], 0.5 * (1 - size / sizes[-1]), taken)
    image = light.grain(pen.done(), scene.rng, 5)
    caption = (
        f"{NUMBERS[len(taken) - 1]} hot-air {'balloon' if len(taken) == 1 else 'balloons'} {when}, the "
        f"largest striped in {cloth}, drifting over soft hills; {mood}."
    )
    return Picture(image, caption, {"style": "poster illustration", "mood": mood, "season": "summer"})


def _clouds(scene: Scene, image: Image.Image) -> None:
    field = noise.field(scene.rng, scene.width, scene.height, scene.short * 0.5, 4)
    stretch = np.linspace(0.2, 1.0, scene.height)[:, None]
    image.paste((255, 252, 246), mask=light.as_mask(np.clip((field - 0.5) * 2.2, 0, 1) * stretch * 0.75))


def _balloon(
    scene: Scene,
    pen: Pen,
    radius: float,
    cloth: tuple[Colour, ...],
    haze: Colour,
    fade: float,
    taken: list[tuple[float, float, float]],
) -> None:
    """Hang one balloon where there is room; `fade` (0 to 1) sends it into the distance."""
    for _ in range(30):
        x = scene.between(radius, scene.width - radius)
        y = scene.between(radius * 1.1, max(scene.height * 0.72 - radius, radius * 1.2))
        if all((x - ox) ** 2 + (y - oy) ** 2 > (radius + other) ** 2 * 1.3 for ox, oy, other in taken):
            break
    else:
        return
    taken.append((x, y, radius))
    first, second = (mix(colour, haze, fade) for colour in cloth)
    gores = scene.pick((8, 10, 12))
    turn = scene.between(0, 1)
    down = np.linspace(0, np.pi * 0.86, 24)
    profile = np.sin(down) ** 0.92
    drop = -np.cos(down) * radius * 1.12
    banded = scene.chance(0.35)
    for gore in range(gores + 1):
        edges = np.clip((np.array([gore, gore + 1]) - turn) / gores * 2 - 1, -1, 1)
        across = np.sin(edges * np.pi / 2)
        tone = first if gore % 2 else second
        shade = darker(tone, 0.28 * float(np.clip(across.mean() * 0.7 + 0.25, 0, 1)))
        lit = lighter(shade, 0.25 * float(np.clip(-across.mean() * 0.8, 0, 1)))
        sides = [np.stack([x + profile * radius * edge, y + drop], axis=1) for edge in across]
        pen.polygon(np.concatenate([sides[0], sides[1][::-1]]), lit)
    if banded:
        rows = slice(9, 13)
        left = np.stack([x - profile[rows] * radius, y + drop[rows]], axis=1)
        right = np.stack([x + profile[rows] * radius, y + drop[rows]], axis=1)
        pen.polygon(np.concatenate([left, right[::-1]]), mix(darker(first, 0.15), haze, 0.1))
    _basket(pen, x, y, radius, mix((94, 62, 40), haze, fade))


def _basket(pen: Pen, x: float, y: float, radius: float, colour: Colour) -> None:
    mouth, top = y + radius * 1.0, y + radius * 1.42
    for side in (-1, 1):
        pen.stroke(
            np.array([[x + side * radius * 0.36, mouth], [x + side * radius * 0.14, top]]), radius * 0.02, colour
        )
    pen.box(x - radius * 0.16, top, x + radius * 0.16, top + radius * 0.24, colour, radius * 0.05)
