"""Fruit in a bowl on a table, in window light."""

import numpy as np
from PIL import Image

from curate.demo import light, noise
from curate.demo.colour import Colour, darker, lighter, mix, palette, varied
from curate.demo.pen import Pen, leaf, placed, smooth
from curate.demo.scene import Picture, Scene

# name, mood, wall, table
ROOMS = (
    ("a dark umber wall", "solemn and rich", "1d1613 3a2a20 5a4230", "4a3122"),
    ("a slate blue wall", "cool and quiet", "3f5262 5f7686 8397a0", "8a6f58"),
    ("a cream plaster wall", "light and airy", "d9ccb4 e9dfca f3ecdc", "b58f66"),
    ("an olive green wall", "earthy", "3f4630 5d6644 808a5f", "6a4a30"),
    ("a dusty rose wall", "tender", "b98880 d0a79c e2c6ba", "93705c"),
)
# name, colour, size, stretch (tall over wide)
FRUITS = (
    ("apples", "b8392f", 1.0, 0.95),
    ("green apples", "94a83f", 1.0, 0.95),
    ("oranges", "e0852f", 0.98, 1.0),
    ("lemons", "e8c544", 0.82, 0.84),
    ("peaches", "eaa274", 0.95, 0.97),
    ("plums", "5a3358", 0.74, 1.05),
    ("pears", "b9ad4a", 0.92, 1.12),
    ("apricots", "eeae58", 0.7, 1.0),
)
BOWLS = (
    ("blue and white", "dfe5e8", "46699a"),
    ("terracotta", "b5643f", "8a4527"),
    ("celadon", "a5c0ac", "7f9f8c"),
    ("black", "2c2a2e", "54505a"),
    ("cream", "ebe1cc", "c9ab7a"),
)


def draw(scene: Scene) -> Picture:
    room, mood, wall_codes, table_code = scene.pick(ROOMS)
    image = _room(scene, palette(wall_codes), varied(scene.rng, palette(table_code)[0]))
    unit = scene.short * scene.between(0.09, 0.125)
    x, table = scene.width * scene.between(0.44, 0.56), scene.height * scene.between(0.72, 0.8)
    bowl_name, body, trim = scene.pick(BOWLS)
    order = scene.rng.permutation(len(FRUITS))[: scene.whole(2, 3)]
    kinds = [FRUITS[int(index)] for index in order]
    _shadow(image, x, table, unit * 3.4, unit * 0.55)
    rim = table - unit * 1.75
    for row, fruits in ((1.35, 3), (0.75, 4), (0.2, 5)):
        for place in np.linspace(-1, 1, fruits).tolist():
            fruit = scene.pick(kinds)
            wide = 2.1 if fruits == 5 else 1.6 if fruits == 4 else 0.95
            _fruit(
                scene, image, x + place * unit * wide + scene.between(-0.1, 0.1) * unit, rim - unit * row, unit, fruit
            )
    image = _bowl(scene, image, x, rim, table, unit, palette(body)[0], palette(trim)[0])
    for _ in range(scene.whole(0, 3)):
        side = scene.pick((-1, 1)) * scene.between(3.3, 4.6)
        fruit = scene.pick(kinds)
        fx, fy = x + side * unit, table + unit * scene.between(0.1, 0.6) - unit * 0.7
        _shadow(image, fx, fy + unit * 0.8, unit * 1.3, unit * 0.3)
        _fruit(scene, image, fx, fy, unit, fruit)
    image = _painted(scene, image)
    names = " and ".join(kind[0] for kind in kinds[:2])
    caption = (
        f"A still life of {names} in a {bowl_name} bowl on a wooden table before {room}, painted in soft "
        f"window light; {mood}."
    )
    return Picture(image, caption, {"style": "oil still life", "mood": mood})


def _room(scene: Scene, wall: tuple[Colour, ...], table: Colour) -> Image.Image:
    field = noise.field(scene.rng, *scene.size, scene.short * 0.5, 4)
    from_left = np.linspace(1, 0, scene.width)[None, :] * 0.55
    image = light.coloured(np.clip(field * 0.4 + from_left + 0.05, 0, 1), wall)
    edge = int(scene.height * scene.between(0.6, 0.68))
    rows = scene.height - edge
    streaks = (
        noise.field(scene.rng, scene.width, rows, scene.short * 0.3, 2) * 0.6
        + noise.line(scene.rng, rows, scene.short * 0.012, 3)[:, None] * 0.16
    )
    image.paste(
        light.coloured(np.clip(streaks + from_left * 0.8, 0, 1), (darker(table, 0.45), table, lighter(table, 0.22))),
        (0, edge),
    )
    image.paste(darker(table, 0.5), (0, edge, scene.width, edge + max(scene.height // 160, 1)))
    return image


def _shadow(image: Image.Image, x: float, y: float, rx: float, ry: float) -> None:
    mask = Pen.mask((image.width // 3, image.height // 3))
    mask.oval(x / 3 + rx * 0.07, y / 3, rx / 3, ry / 3, 170)
    image.paste((18, 12, 14), mask=light.soft(mask.done(), ry / 8).resize(image.size, Image.Resampling.BILINEAR))


def _fruit(
    scene: Scene, image: Image.Image, x: float, y: float, unit: float, fruit: tuple[str, str, float, float]
) -> None:
    """Model one fruit as a lit ball on its own small canvas, then lay it down."""
    name, code, size, stretch = fruit
    colour = varied(scene.rng, palette(code)[0], 0.02, 0.05)
    radius = unit * size * scene.between(0.92, 1.06)
    side = max(int(radius * 3), 8)
    span = (np.arange(side) + 0.5 - side / 2) / radius
    across, down = span[None, :], span[:, None] / stretch
    pinch = 1 - 0.34 * np.clip(-down, 0, 1) if name == "pears" else np.ones_like(down)
    reach = np.sqrt((across / pinch) ** 2 + down**2)
    depth = np.sqrt(np.clip(1 - reach**2, 0, 1))
    lambert = np.clip(-0.5 * across - 0.55 * down + 0.68 * depth, 0, 1)
    mottled = noise.field(scene.rng, side, side, radius * 0.5, 3)
    warm = mix(colour, (236, 176, 72), 0.45)
    tones = (darker(colour, 0.72), darker(colour, 0.35), colour, mix(colour, warm, 0.5), lighter(warm, 0.35))
    ball = light.coloured(np.clip(lambert * 0.9 + (mottled - 0.5) * 0.16 + 0.04, 0, 1), tones)
    gloss = np.clip(1 - ((across + 0.36) ** 2 + (down + 0.42) ** 2) / 0.05, 0, 1) * (
        0.25 if name in ("peaches", "apricots") else 0.7
    )
    ball.paste((255, 250, 240), mask=light.as_mask(gloss))
    edge = light.as_mask(np.clip((1 - reach) * radius * 1.2 + 0.5, 0, 1))
    image.paste(ball, (round(x - side / 2), round(y - side / 2)), edge)
    if name not in ("oranges", "lemons"):
        _stalk(scene, image, x, y - radius * stretch * 0.92, radius)


def _stalk(scene: Scene, image: Image.Image, x: float, y: float, radius: float) -> None:
    reach = max(int(radius), 6)
    left, top = round(x) - reach, round(y) - reach
    pen = Pen(image.crop((left, top, left + 2 * reach, top + 2 * reach)))
    lean = scene.between(-0.3, 0.3) * radius
    pen.taper(
        smooth(
            [
                (reach, reach + radius * 0.12),
                (reach + lean * 0.3, reach - radius * 0.12),
                (reach + lean, reach - radius * 0.32),
            ]
        ),
        radius * 0.06,
        radius * 0.1,
        (74, 52, 34),
    )
    if scene.chance(0.35):
        blade = leaf(radius * 0.7, radius * 0.32, 1.2)
        pen.polygon(
            placed(blade, reach + lean * 0.5, reach - radius * 0.18, 1, scene.between(-0.5, 0.2)), (86, 110, 62)
        )
    image.paste(pen.done(), (left, top))


def _bowl(
    scene: Scene, image: Image.Image, x: float, rim: float, table: float, unit: float, body: Colour, trim: Colour
) -> Image.Image:
    t = np.linspace(0, np.pi, 40)
    half = unit * 3.0
    outline = np.stack(
        [x + half * np.cos(t) * (1 - 0.28 * np.sin(t) ** 2), rim + (table - rim) * np.sin(t) ** 0.8], axis=1
    )
    mask = Pen.mask(scene.size)
    mask.polygon(outline, 255)
    mask.box(x - unit * 1.05, table - unit * 0.15, x + unit * 1.05, table + unit * 0.14, 255, unit * 0.08)
    across = np.clip((np.arange(scene.width) - x + half) / (2 * half), 0, 1)[None, :]
    down = np.clip((np.arange(scene.height) - rim) / (table - rim), 0, 1)[:, None]
    shade = np.clip(1.05 - np.abs(across - 0.3) * 1.25 - down * 0.3, 0, 1)
    image.paste(
        light.coloured(shade, (darker(body, 0.72), darker(body, 0.3), body, lighter(body, 0.3))), mask=mask.done()
    )
    pen = Pen(image)
    for band in (0.05, 0.42):
        y = rim + (table - rim) * band
        reach = half * (0.985 - 0.16 * band)
        pen.arc(x, y - unit * 0.1, reach, unit * 0.32, 4, 176, unit * 0.09, (*trim, 220))
    return pen.done()


def _painted(scene: Scene, image: Image.Image) -> Image.Image:
    """Break the smooth light up like canvas and brush do."""
    canvas = 1 + 0.07 * (noise.field(scene.rng, *scene.size, max(scene.short * 0.012, 2), 2) - 0.5)
    return light.grain(light.vignette(light.shaded(image, canvas), 0.35), scene.rng, 6)
