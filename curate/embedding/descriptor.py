"""The built-in encoder: shape and colour measured directly, without a trained network and without a download."""

from collections.abc import Sequence
from functools import cache

import numpy as np
from PIL import Image

from curate.embedding.preprocessing import middle_of_strip
from curate.errors import TextNotSupported

SIDE = 64
"""Pixels of the square that an image is squeezed into."""
LONGEST_RATIO = 8
"""Of a longer strip, the middle is described: squeezed into a square, nothing of it could be told."""
CELLS = 8
"""Gradients are counted in 8 × 8 cells …"""
DIRECTIONS = 12
"""… and 12 directions, 15 degrees apart."""
SHAPE_TERMS = 256
PALETTE = tuple(np.array(centres, np.float32) for centres in ((10, 36, 62, 88), (-45, -15, 15, 45), (-45, -15, 15, 45)))
"""Centres of the colour histogram's bins in CIE L*, a* and b*."""
PALETTE_WIDTHS = (13.0, 10.0, 10.0)
USUAL_COLOUR = np.array((58, 1, 4), np.float32), np.array((27, 14, 18), np.float32)
"""Mean and deviation of L*a*b* over photographs at large: what is left over after them is what tells images apart."""
LAYOUT_CELLS = 4
COLOUR_WEIGHT = 0.3
LAYOUT_WEIGHT = 0.1


class DescriptorPreparation:
    """Computes the whole vector: decoding runs in many processes, the encoder in one."""

    input_side = 128

    def prepare(self, image: Image.Image) -> np.ndarray:
        """Return (368,) float32, unit length."""
        image = middle_of_strip(image, LONGEST_RATIO)
        return _describe(np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BILINEAR, reducing_gap=3.0)))


class DescriptorEncoder:
    """Unit vectors of 368 numbers: 256 for shape, 64 for the palette, 48 for where its colours lie.

    Shape is a grid of gradient directions (Dalal and Triggs, 2005), of the channel that changes most at each pixel, as
    a cosine transform over the grid and a Fourier transform over the directions: its low frequencies are the layout.
    Terms that change sign when the image is mirrored count less, so that an image and its mirror image stay close.
    All parts are centred on what images have in common, so that the cosine of unrelated images is near 0. Every
    constant is analytic: a vector depends on its own image only.

    It knows form and colour, not meaning. On 400 photos of clothes in 10 classes the nearest neighbour has the same
    class in 0.54 of cases (a trained MobileNet: 0.57), and of the 10 nearest 0.39 do (MobileNet: 0.46): near images
    look alike, but a neighbourhood is less pure. A resized or edited copy is the nearest one in 0.99 (MobileNet: 0.91).
    """

    name = "descriptor"
    label = "Built-in descriptor"
    dimension = SHAPE_TERMS + 4**3 + LAYOUT_CELLS**2 * 3
    preparation = DescriptorPreparation()
    batch_size = 32
    embeds = True
    supports_text = False

    def embed_images(self, prepared: Sequence[np.ndarray]) -> np.ndarray:
        """Return (B, 368) float32, unit length: the B results of `preparation.prepare`, which are the vectors."""
        return np.stack(prepared) if len(prepared) else np.empty((0, self.dimension), np.float32)

    def embed_texts(self, texts: Sequence[str]) -> np.ndarray:
        raise TextNotSupported(
            "The built-in descriptor knows shape and colour, not words. To search by text, start Curate with "
            "CURATE_ENCODER=clip-vit-b-32 and import the folders again."
        )


def _describe(pixels: np.ndarray) -> np.ndarray:
    """Return (368,) float32, unit length, for (64, 64, 3) uint8 RGB."""
    lab = _block_means(_lab(pixels), SIDE // 2)
    parts = (_shape(lab), COLOUR_WEIGHT * _palette(lab), LAYOUT_WEIGHT * _layout(lab))
    vector = np.concatenate([part.ravel() for part in parts])
    unit: np.ndarray = (vector / np.linalg.norm(vector)).astype(np.float32)
    return unit


def _shape(lab: np.ndarray) -> np.ndarray:
    """Return (256,) frequencies of an image's gradient histogram, of length 1 unless it has hardly any gradients."""
    cells = _gradient_cells(lab / 100) ** 0.6
    waves = _cosines()
    columns = np.tensordot(waves, cells - cells.mean(), (1, 1))
    spectrum = np.tensordot(waves, columns, (1, 1)) @ _directions_basis()
    order, weights = _shape_terms()
    return _unit(spectrum.ravel()[order] * weights, least=0.2)


def _gradient_cells(lab: np.ndarray) -> np.ndarray:
    """Return (8, 8, 12): how much contrast each cell has in each direction, shared between the two nearest ones."""
    dy, dx = np.zeros_like(lab), np.zeros_like(lab)
    dy[1:-1], dx[:, 1:-1] = lab[2:] - lab[:-2], lab[:, 2:] - lab[:, :-2]
    strongest = (dy**2 + dx**2).argmax(axis=2)[..., None]
    dy, dx = np.take_along_axis(dy, strongest, 2)[..., 0], np.take_along_axis(dx, strongest, 2)[..., 0]
    place = np.arctan2(dy, dx) % np.pi / np.pi * DIRECTIONS
    lower = np.floor(place)
    share, size = place - lower, np.hypot(dy, dx)
    side = len(lab)
    row = np.arange(side) * CELLS // side
    cell = (row[:, None] * CELLS + row) * DIRECTIONS
    counts = sum(
        np.bincount((cell + (lower + step).astype(int) % DIRECTIONS).ravel(), part.ravel(), CELLS**2 * DIRECTIONS)
        for step, part in ((0, size * (1 - share)), (1, size * share))
    )
    return np.reshape(counts, (CELLS, CELLS, DIRECTIONS)) * (CELLS / side) ** 2


def _palette(lab: np.ndarray) -> np.ndarray:
    """Return (4, 4, 4): the square root of a soft colour histogram, less that of photographs at large."""
    colours = _block_means(lab, LAYOUT_CELLS * 4).reshape(-1, 3)
    lightness, a, b = (_shares(colours[:, axis], axis) for axis in range(3))
    histogram = np.einsum("pl,pa,pb->lab", lightness, a, b, optimize=True) / len(colours)
    return _unit(np.sqrt(histogram) - _usual_palette(), least=0.05)


def _layout(lab: np.ndarray) -> np.ndarray:
    """Return (4, 4, 3): the mean colour of each sixteenth, less the usual one."""
    mean, deviation = USUAL_COLOUR
    return _unit((_block_means(lab, LAYOUT_CELLS) - mean) / deviation, least=1.0)


def _shares(values: np.ndarray, axis: int) -> np.ndarray:
    """Return (P, 4): how P values of one colour axis are divided among its bins."""
    weights = np.exp(-0.5 * ((values[:, None] - PALETTE[axis]) / PALETTE_WIDTHS[axis]) ** 2)
    shares: np.ndarray = weights / weights.sum(axis=1, keepdims=True)
    return shares


def _lab(pixels: np.ndarray) -> np.ndarray:
    """Return (H, W, 3) float32 CIE L*a*b* (D65) of sRGB pixels."""
    xyz = _linear_light()[pixels] @ _to_xyz()
    curve = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    x, y, z = np.moveaxis(curve, 2, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=2)


def _block_means(pixels: np.ndarray, side: int) -> np.ndarray:
    """Return (side, side, C) means of equal blocks of (H, H, C)."""
    block = len(pixels) // side
    means: np.ndarray = pixels.reshape(side, block, side, block, -1).mean(axis=(1, 3))
    return means


def _unit(values: np.ndarray, least: float) -> np.ndarray:
    """Scale to length 1; what is shorter than `least` is little more than noise, and stays short."""
    scaled: np.ndarray = values / max(float(np.linalg.norm(values)), least)
    return scaled


@cache
def _linear_light() -> np.ndarray:
    """(256,) float32: sRGB values as light."""
    value = np.arange(256) / 255
    return np.where(value > 0.04045, ((value + 0.055) / 1.055) ** 2.4, value / 12.92).astype(np.float32)


@cache
def _to_xyz() -> np.ndarray:
    """(3, 3) float32: linear sRGB to XYZ, relative to white."""
    matrix = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
    return (np.array(matrix) / np.array(((0.95047,), (1.0,), (1.08883,)))).T.astype(np.float32)


def _harmonics() -> list[tuple[int, int]]:
    """(frequency, parity) of each column of `_directions_basis`: a cosine is 1 under mirroring, a sine -1."""
    half = DIRECTIONS // 2
    return [(0, 1)] + [(k, parity) for k in range(1, half) for parity in (1, -1)] + [(half, 1)]


@cache
def _cosines() -> np.ndarray:
    """(8, 8) orthonormal: a DCT-II. SciPy's would double the time that a decoding process takes to start."""
    frequency, place = np.arange(CELLS)[:, None], np.arange(CELLS)
    waves = np.cos(np.pi * frequency * (2 * place + 1) / (2 * CELLS)) * np.sqrt(2 / CELLS)
    waves[0] /= np.sqrt(2)
    return waves


@cache
def _directions_basis() -> np.ndarray:
    """(12, 12) orthonormal: direction bins to cosines and sines."""
    angle = np.arange(DIRECTIONS) * 2 * np.pi / DIRECTIONS
    columns = [np.cos(k * angle) if parity > 0 else np.sin(k * angle) for k, parity in _harmonics()]
    return np.stack([column / np.linalg.norm(column) for column in columns], axis=1)


@cache
def _shape_terms() -> tuple[np.ndarray, np.ndarray]:
    """The 256 lowest frequencies of an (8, 8, 12) spectrum, flat, and their weights.

    Contrast falls with frequency in natural images; a weight that rises with it evens that out half-way. The very
    first term, all contrast there is, is left out.
    """
    frequency, parity = (np.array(values) for values in zip(*_harmonics(), strict=True))
    grid = np.arange(CELLS)
    radius = np.sqrt(grid[:, None, None] ** 2 + grid[:, None] ** 2 + frequency**2)
    mirrored = (-1) ** grid[:, None] * parity
    weights = (1 + radius) ** 0.4 * np.where(mirrored > 0, 1.0, 0.6)
    order = np.argsort(radius.ravel(), kind="stable")[1 : SHAPE_TERMS + 1]
    return order, weights.ravel()[order]


@cache
def _usual_palette() -> np.ndarray:
    """(4, 4, 4): the square root of the palette of normally distributed colours."""
    steps = np.linspace(-3, 3, 601)
    density = np.exp(-0.5 * steps**2)
    mean, deviation = USUAL_COLOUR
    lightness, a, b = (
        density @ _shares(mean[axis] + deviation[axis] * steps, axis) / density.sum() for axis in range(3)
    )
    return np.sqrt(np.einsum("l,a,b->lab", lightness, a, b))
