"""Woven cloth: a twill of coloured threads, lying in soft folds."""

import numpy as np
from PIL import Image

from curate.demo import light, noise
from curate.demo.colour import Colour, palette, varied
from curate.demo.scene import Picture, Scene

CLOTHS = (
    ("forest green, navy and gold", "1f4a3a 1c2c4c 12211f d9b04a"),
    ("brick red, black and cream", "9c2f2c 1f1c1f 6a1f24 ecdcb8"),
    ("camel, black and rust", "c9a06a 2b2624 ead9b8 a8492f"),
    ("heather, grey and plum", "8d86a3 5a5666 b9b3bf 4a2f4c"),
    ("sky blue, white and navy", "9cc0d6 f1efe6 c8dae0 25406a"),
    ("mustard, brown and teal", "d19d34 5c3d28 e8c878 2b6264"),
    ("rose, ivory and moss", "d59aa0 f4ece0 b86f7c 6d7a4c"),
)


def draw(scene: Scene) -> Picture:
    names, codes = scene.pick(CLOTHS)
    colours = [varied(scene.rng, colour, 0.01, 0.03) for colour in palette(codes)]
    thread = max(round(scene.short * scene.between(0.005, 0.009)), 1)
    sett = _sett(scene, colours)
    warp = _threads(sett, scene.width, thread)
    weft = _threads(sett, scene.height, thread)
    over = ((np.arange(scene.width)[None, :] + np.arange(scene.height)[:, None]) // thread) % 4 < 2
    cloth = np.where(over[..., None], warp[None, :], weft[:, None])
    diagonal = scene.chance(0.35)
    folds = noise.field(scene.rng, *scene.size, scene.short * (0.9 if diagonal else 0.6), 2)
    if diagonal:
        shift = (folds - 0.5) * scene.short * 0.35
        rows = np.clip(np.arange(scene.height)[:, None] + shift, 0, scene.height - 1).astype(np.int64)
        columns = np.clip(np.arange(scene.width)[None, :] + shift * 0.6, 0, scene.width - 1).astype(np.int64)
        cloth = cloth[rows, columns]
    slope = np.gradient(folds, axis=1) + np.gradient(folds, axis=0)
    shade = 0.97 + np.clip(slope * scene.short * (0.16 if diagonal else 0.07), -0.4, 0.3)
    weave = 1 + 0.07 * np.where(over, 1.0, -1.0)
    pixels = np.clip(cloth * (shade * weave)[..., None], 0, 255).astype(np.uint8)
    image = light.grain(light.vignette(Image.fromarray(pixels), 0.15), scene.rng, 7)
    how = "draped in soft folds" if diagonal else "lying flat"
    caption = (
        f"A woven plaid in {names}, {how}, with fine twill threads crossing in stripes and squares; cosy "
        "and traditional."
    )
    return Picture(image, caption)


def _sett(scene: Scene, colours: list[Colour]) -> list[tuple[Colour, int]]:
    """The order of stripes, as colours and numbers of threads."""
    ground, second, third, accent = colours
    stripes = [
        (ground, scene.whole(10, 18)),
        (second, scene.whole(3, 8)),
        (third, scene.whole(6, 14)),
        (accent, scene.whole(1, 2)),
        (third, scene.whole(2, 6)),
        (second, scene.whole(5, 10)),
    ]
    if scene.chance(0.5):
        stripes += [(ground, 2), (accent, 1), (ground, scene.whole(2, 5))]
    return stripes + stripes[-2:0:-1]


def _threads(sett: list[tuple[Colour, int]], length: int, thread: int) -> np.ndarray:
    """Repeat the sett over `length` pixels: (length, 3) float64."""
    stripe = np.concatenate(
        [np.tile(np.asarray(colour, dtype=np.float64), (count * thread, 1)) for colour, count in sett]
    )
    return np.tile(stripe, (length // len(stripe) + 1, 1))[:length]
