"""The Japanese wave pattern: rows of overlapping concentric arcs."""

import numpy as np
from PIL import Image

from curate.demo import light
from curate.demo.colour import Colour, lighter, mix, palette, varied
from curate.demo.pen import Pen
from curate.demo.scene import Picture, Scene

# name, sky, waves from far to near, lines, disc
PRINTS = (
    ("indigo and cream", "f2e8d2 f6efdf", "5f84a8 27456f 16294a", "f2e8d2", "cc4f3a"),
    ("teal and gold", "f6ecd0 f3dfb4", "4fa099 1f6a6e 123f48", "e9c877", "e08f4a"),
    ("coral and rose", "fbeee2 f8d9c8", "f0a690 dc7568 a8484f", "fdf1e6", "f2c063"),
    ("sage and ivory", "f5f2e6 e9ead6", "a9b995 758f70 455f52", "f5f2e6", "d9826a"),
    ("midnight blue and silver", "1b2340 2f3a63", "3f4f80 232f5c 111838", "c3cbdd", "f0e3c0"),
)


def draw(scene: Scene) -> Picture:
    names, sky_codes, wave_codes, line_code, disc_code = scene.pick(PRINTS)
    waves, line = palette(wave_codes), palette(line_code)[0]
    image = light.gradient(scene.size, palette(sky_codes))
    full = scene.chance(0.4)
    if not full:
        image = _disc(scene, image, palette(disc_code)[0], line)
    image = _rows(scene, image, 0.0 if full else scene.between(0.4, 0.62), waves, line)
    image = light.grain(image, scene.rng, 4)
    above = "filling the whole sheet" if full else "under a large sun disc"
    caption = f"A seigaiha wave pattern in {names}, rows of overlapping concentric arcs {above}; rhythmic and calm."
    return Picture(image, caption, {"style": "ukiyo-e pattern"})


def _disc(scene: Scene, image: Image.Image, colour: Colour, line: Colour) -> Image.Image:
    x, y = scene.width * scene.between(0.25, 0.75), scene.height * scene.between(0.28, 0.42)
    radius = scene.short * scene.between(0.16, 0.26)
    pen = Pen(image)
    pen.disc(x, y, radius, varied(scene.rng, colour))
    for band in range(scene.whole(0, 4)):
        by = y + radius * (0.35 + 0.18 * band)
        pen.box(
            x - radius * 1.6,
            by,
            x + radius * (0.4 + 0.3 * band),
            by + scene.short * 0.012,
            (*line, 200),
            scene.short * 0.006,
        )
    return pen.done()


def _rows(scene: Scene, image: Image.Image, start: float, waves: tuple[Colour, ...], line: Colour) -> Image.Image:
    pen = Pen(image)
    radius = scene.short * scene.between(0.055, 0.13)
    rings = scene.whole(3, 5)
    top = scene.height * start
    step = radius * scene.between(0.45, 0.55)
    rows = int((scene.height - top) / step) + 3
    accent = scene.chance(0.4)
    for row in range(rows):
        share = row / max(rows - 1, 1)
        y = top + radius * 0.3 + row * step
        tone = mix(waves[0], waves[1], share * 2) if share < 0.5 else mix(waves[1], waves[2], share * 2 - 1)
        for column in range(-1, int(scene.width / radius / 2) + 2):
            x = column * radius * 2 + (radius if row % 2 else 0)
            lift = radius * 0.25 * np.sin(x / scene.width * 6 + row * 0.5) if start else 0.0
            ink = varied(scene.rng, tone, 0.006, 0.03)
            _scale(
                pen,
                x,
                y + float(lift),
                radius,
                rings,
                lighter(ink, 0.35) if accent and scene.chance(0.06) else ink,
                line,
            )
    return pen.done()


def _scale(pen: Pen, x: float, y: float, radius: float, rings: int, ink: Colour, line: Colour) -> None:
    """One fan of arcs, each a line with the wave's colour inside."""
    for ring in range(rings):
        reach = radius * (1 - ring / rings)
        pen.disc(x, y, reach, mix(ink, line, 0.9))
        pen.disc(x, y, reach - radius * 0.055, mix(ink, line, 0.08 * ring))
