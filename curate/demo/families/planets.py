"""Banded planets, rings and moons before a field of stars."""

import numpy as np
from PIL import Image

from curate.demo import light, noise
from curate.demo.colour import Colour, darker, lighter, palette, varied
from curate.demo.pen import Pen, placed
from curate.demo.scene import Picture, Scene

WORLDS = (
    ("ochre gas giant", "6a3f24 b57a45 e8c48f f6e6c8 c98a52", "gas"),
    ("ice-blue giant", "1f4f7a 4f94b5 a8d6df e6f3f2 6fb0c6", "gas"),
    ("rust-red desert world", "5a2418 a04a2a d08050 e8b48a 8a3c22", "rock"),
    ("blue and green ocean world", "123f6a 1f6a94 3f9aa8 7fae6a e6dfc0", "rock"),
    ("violet gas giant", "3a2a66 7a5aa8 b898d0 efdfee 9070b8", "gas"),
    ("grey cratered moon", "3a3a40 6a6a70 9a9898 c6c2bd 807e80", "rock"),
)
NEBULAE = (
    ("violet", "0a0716 1a1036 3f2362 7a4480"),
    ("teal", "04090f 08202c 114450 2f7a78"),
    ("rust", "0c0708 241216 51262a 94503c"),
    ("blue", "05070f 0c1630 1d3563 41669a"),
)


def draw(scene: Scene) -> Picture:
    name, codes, kind = scene.pick(WORLDS)
    sky_name, sky_codes = scene.pick(NEBULAE)
    image = _stars(scene, palette(sky_codes))
    colours = tuple(varied(scene.rng, colour, 0.012, 0.04) for colour in palette(codes))
    radius = scene.short * scene.between(0.2, 0.4)
    x, y = scene.width * scene.between(0.35, 0.65), scene.height * scene.between(0.4, 0.6)
    sun = scene.between(0, 2 * np.pi)
    ringed = kind == "gas" and scene.chance(0.6)
    tilt = scene.between(-0.5, 0.5)
    light.glow(image, x + np.cos(sun) * radius * 0.25, y + np.sin(sun) * radius * 0.25, radius * 1.7, colours[2], 0.35)
    if ringed:
        image = _rings(scene, image, (x, y, radius, tilt), colours, back=True)
    _ball(scene, image, (x, y, radius, tilt), colours, kind, sun)
    if ringed:
        image = _rings(scene, image, (x, y, radius, tilt), colours, back=False)
    moons = scene.whole(0, 3)
    for _ in range(moons):
        turn, far = scene.between(0, 2 * np.pi), radius * scene.between(1.5, 2.1)
        spot = (x + np.cos(turn) * far, y + np.sin(turn) * far * 0.6, radius * scene.between(0.07, 0.17), 0.0)
        _ball(scene, image, spot, palette("4a4a52 8a8890 bab6b2 dcd6cc 9a969a"), "rock", sun)
    image = light.grain(image, scene.rng, 5)
    rings = " with wide rings" if ringed else ""
    company = f" and {moons} small moon{'s' if moons > 1 else ''}" if moons else ""
    caption = (
        f"{'An' if name[0] in 'aeiou' else 'A'} {name}{rings}{company} in front of stars and a "
        f"{sky_name} nebula, half in shadow; vast and silent."
    )
    return Picture(image, caption, {"style": "space art", "mood": "vast"})


def _stars(scene: Scene, colours: tuple[Colour, ...]) -> Image.Image:
    cloud = noise.field(scene.rng, *scene.size, scene.short * 0.55, 4) * noise.field(
        scene.rng, *scene.size, scene.short * 0.9, 2
    )
    image = light.coloured(np.clip(cloud * 1.7 - 0.1, 0, 1), colours)
    pen = Pen.mask(scene.size)
    for size, shine in zip(
        (scene.rng.random(scene.whole(150, 320)) ** 4).tolist(), scene.rng.random(400).tolist(), strict=False
    ):
        pen.disc(
            scene.between(0, scene.width),
            scene.between(0, scene.height),
            scene.short * (0.0007 + 0.0028 * size),
            70 + int(shine * 185),
        )
    image.paste((246, 240, 255), mask=pen.done())
    return image


def _ball(
    scene: Scene,
    image: Image.Image,
    spot: tuple[float, float, float, float],
    colours: tuple[Colour, ...],
    kind: str,
    sun: float,
) -> None:
    """Lay one lit sphere over `image`; `sun` is the direction of the light, in radians."""
    x, y, radius, tilt = spot
    side = max(int(radius * 2.2), 6)
    span = (np.arange(side) + 0.5 - side / 2) / radius
    across, down = span[None, :], span[:, None]
    reach = np.sqrt(across**2 + down**2)
    depth = np.sqrt(np.clip(1 - reach**2, 0, 1))
    if kind == "gas":
        turbulence = noise.field(scene.rng, side, side, radius * 0.4, 4) - 0.5
        latitude = (down * np.cos(tilt) - across * np.sin(tilt)) * 0.48 + 0.5 + turbulence * 0.045
        bands = np.clip(0.5 + 0.62 * noise.line(scene.rng, 512, 60, 4, 0.65), 0, 1)
        surface = bands[(np.clip(latitude, 0, 1) * 511).astype(np.int64)]
    else:
        surface = noise.field(scene.rng, side, side, radius * 0.55, 5)
        surface = np.clip((surface - 0.5) * 1.5 + 0.5, 0, 1)
    lit = np.clip(across * np.cos(sun) * 0.8 + down * np.sin(sun) * 0.8 + depth * 0.6, 0, 1) ** 0.8
    ball = light.shaded(light.coloured(surface, colours), 0.04 + 1.08 * lit)
    rim = np.clip(reach - 0.86, 0, 1) * 5 * lit
    ball.paste(lighter(colours[2], 0.4), mask=light.as_mask(rim * 0.6))
    edge = light.as_mask((1 - reach) * radius + 0.5)
    image.paste(ball, (round(x - side / 2), round(y - side / 2)), edge)


def _rings(
    scene: Scene, image: Image.Image, spot: tuple[float, float, float, float], colours: tuple[Colour, ...], back: bool
) -> Image.Image:
    """Draw the half of the rings behind the planet, or the half before it."""
    x, y, radius, tilt = spot
    turns = np.linspace(np.pi, 2 * np.pi, 60) if back else np.linspace(0, np.pi, 60)
    pen = Pen(image)
    for share, ink in (
        (1.45, colours[1]),
        (1.58, colours[2]),
        (1.7, colours[3]),
        (1.86, colours[4]),
        (2.0, colours[2]),
    ):
        arcs = [
            np.stack([np.cos(turns) * radius * edge, np.sin(turns) * radius * edge * 0.24], axis=1)
            for edge in (share, share + 0.1)
        ]
        band = np.concatenate([arcs[0], arcs[1][::-1]])
        pen.polygon(placed(band, x, y, 1, tilt), (*(darker(ink, 0.3) if back else ink), 170))
    return pen.done()
