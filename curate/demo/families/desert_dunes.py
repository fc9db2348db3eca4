"""Wind-combed sand: one lit flank, one in shade, and a line between."""

import numpy as np
from PIL import Image

from curate.demo import light, noise
from curate.demo.colour import lighter, mix, palette, varied
from curate.demo.pen import Pen, below
from curate.demo.scene import Picture, Scene

# when, mood, sky from top to horizon, lit sand, shaded sand
LIGHTS = (
    ("under a low evening sun", "glowing and quiet", "5a5f93 b07f97 eaa27c f8cf98", "e9a25f", "7a3f3f"),
    ("at noon", "bright and dry", "5f9ac4 93bdd6 c8dbdf eee6d0", "ecc58b", "b07a4c"),
    ("in rose light before sunrise", "soft", "8d86ad c3a3b6 efc3b0 fbe2c8", "e2a58c", "8c5a66"),
    ("under moonlight", "cold and still", "0e1630 1d2b52 3a4a76 6a7595", "7f86a0", "232b4d"),
    ("in amber dust", "hot and hazy", "c58b53 d9a86b ebc68c f4dcae", "dc9850", "8a4f2c"),
)


def draw(scene: Scene) -> Picture:
    when, mood, sky_codes, lit_code, shade_code = scene.pick(LIGHTS)
    sky = palette(sky_codes)
    lit, shade = varied(scene.rng, palette(lit_code)[0]), varied(scene.rng, palette(shade_code)[0])
    image = light.gradient(scene.size, (*sky, sky[-1]))
    horizon = scene.height * scene.between(0.25, 0.45)
    x = scene.width * scene.between(0.15, 0.85)
    light.glow(image, x, horizon * 0.6, scene.short * 0.55, lighter(sky[-1], 0.6), 0.7)
    disc = Pen.mask(scene.size)
    disc.disc(x, horizon * scene.between(0.4, 0.9), scene.short * scene.between(0.03, 0.06), 240)
    image.paste(lighter(sky[-1], 0.75), mask=disc.done())
    dunes = scene.whole(3, 5)
    ripples = scene.between(0.02, 0.09)
    for dune in range(dunes):
        nearness = (dune + 1) / dunes
        haze = mix(sky[-1], lit, 0.35 + 0.65 * nearness), mix(sky[-1], shade, 0.3 + 0.7 * nearness)
        _dune(scene, image, horizon, nearness, haze, ripples)
    image = light.grain(light.vignette(image, 0.18), scene.rng, 7)
    ground = "finely rippled sand" if ripples > 0.05 else "smooth sand"
    caption = f"Desert dunes {when}: {ground} with sharp crests, one side lit and the other in shade, {mood}."
    return Picture(image, caption, {"style": "painterly landscape", "mood": mood})


def _dune(
    scene: Scene,
    image: Image.Image,
    horizon: float,
    nearness: float,
    colours: tuple[tuple[int, int, int], tuple[int, int, int]],
    ripples: float,
) -> None:
    """Lay one dune over `image`, lit on one side of a line that winds down from its peak."""
    lit, shade = colours
    width, height = scene.size
    xs = np.arange(width)
    base = horizon + (height - horizon) * (nearness - 0.3) * 0.85
    peak = width * scene.between(0.1, 0.9)
    reach = width * scene.between(0.3, 0.6)
    bump = np.exp(-(np.abs((xs - peak) / reach) ** 1.35))
    crest = base - height * scene.between(0.06, 0.2) * bump + height * 0.02 * noise.line(scene.rng, width, width / 2, 2)
    top = max(int(crest.min()) - 1, 0)
    rows = np.arange(top, height)[:, None]
    depth = (rows - crest[None, :]) / scene.short
    slope = scene.between(-0.9, 0.9)
    winding = peak + (rows - top) * slope + width * 0.06 * np.sin((rows - top) / scene.short * scene.between(3, 6))
    side = (xs[None, :] - winding) / (scene.short * (0.015 + 0.25 * np.clip(depth, 0, 1)))
    shadow = 1 / (1 + np.exp(-np.clip(side, -30, 30)))
    if scene.chance(0.5):
        shadow = 1 - shadow
    shadow = shadow * np.exp(-np.clip(depth, 0, 2) * 1.1) + 0.28 * (1 - np.exp(-np.clip(depth, 0, 2) * 1.6))
    folds = noise.field(scene.rng, width, height - top, scene.short * 0.35, 2)
    comb = np.sin((rows + folds * scene.short * 0.22 + xs[None, :] * 0.25) / scene.short * (230 - 120 * nearness))
    shadow = shadow + ripples * comb * np.clip(nearness * 1.3 - 0.2, 0, 1) + 0.18 * (folds - 0.5)
    body = light.coloured(shadow, (lighter(lit, 0.18), lit, mix(lit, shade, 0.6), shade))
    pen = Pen.mask((width, height - top))
    pen.polygon(below(crest - top, height - top), 255)
    image.paste(body, (0, top), pen.done())
