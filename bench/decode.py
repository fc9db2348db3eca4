"""Decoding one JPEG to a model's input and a thumbnail, in one thread."""

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from bench.measurement import Measurement, Options, Side, Unit, require_same
from bench.pictures import sample
from bench.rounds import Run, alternate, timed
from curate.embedding.preprocessing import Preprocessing
from curate.ingest.decode import DecodedFile, decode
from curate.ingest.thumbnails import LONGEST_SIDE

SIZES = {"12 MP": (4000, 3000), "2 MP": (1600, 1200)}
MOST_DIFFERENCE = 1.0
"""Of 255: the mean over all pixels of all model inputs, beside those of a full decode."""
GRAIN = 3.0
"""Standard deviation of the noise that a camera's sensor adds, of 255."""
QUALITY = 90
DRAFT = (448, 448)
"""What those who know `Image.draft` ask for: twice the model's 224 pixels."""

Inputs = np.ndarray
"""(N, 3, 224, 224) uint8."""


def measure(options: Options) -> Iterator[Measurement]:
    """Compare with plain Pillow, and with Pillow that decodes a JPEG no larger than needed either."""
    scenes = sample(options.scratch / "scenes", options.size(6, 2))
    for label, size in SIZES.items():
        photos = photos_of(options.scratch / label, scenes.paths, size)
        yield from _with(options, label, photos, scenes.origin)


@dataclass(frozen=True, slots=True)
class Photos:
    paths: list[Path]
    bits_per_pixel: float


def _with(options: Options, label: str, photos: Photos, origin: str) -> Iterator[Measurement]:
    preparation = Preprocessing.from_config({})
    ours, plain, drafted = alternate(
        options.rounds,
        lambda: timed(lambda: _each(photos.paths, lambda path: _decoded(path, preparation))),
        lambda: timed(lambda: _each(photos.paths, lambda path: _plainly(path, preparation))),
        lambda: timed(lambda: _each(photos.paths, lambda path: _drafted(path, preparation))),
    )
    truth = plain[0].result
    difference = _difference(ours[0].result, truth)
    require_same(difference <= MOST_DIFFERENCE, f"the model's inputs, by {difference:.2f} of 255")
    conditions: dict[str, str | int] = {
        "images": len(photos.paths),
        "origin": f"{origin}, scaled up, with grain",
        "JPEG": f"quality {QUALITY}, 4:2:0, {photos.bits_per_pixel:.1f} bits a pixel",
        "mean difference of ours to a full decode": f"{difference:.2f} of 255",
        "ours also": "hashes the file, a perceptual hash, and quality measures",
    }
    peers = {
        "Pillow: open, convert, CLIP's resize and crop, thumbnail": (plain, 0.0),
        f"the same after Image.draft to {DRAFT[0]} pixels": (drafted, _difference(drafted[0].result, truth)),
    }
    for name, (runs, off) in peers.items():
        yield Measurement(
            entry="decode",
            what=f"decode a JPEG of {label} to model input and thumbnail",
            unit=Unit.MILLISECONDS,
            ours=Side("Curate decode", _milliseconds(ours)),
            peer=Side(name, _milliseconds(runs)),
            same=f"the model's input, to a mean difference of {MOST_DIFFERENCE:g} of 255",
            conditions={**conditions, "mean difference of the peer to a full decode": f"{off:.2f} of 255"},
        )


def _each(paths: Sequence[Path], work: Callable[[Path], np.ndarray]) -> Inputs:
    return np.stack([work(path) for path in paths])


def _decoded(path: Path, preparation: Preprocessing) -> np.ndarray:
    file = decode(path, path.name, preparation)
    assert isinstance(file, DecodedFile)
    return file.prepared


def _plainly(path: Path, preparation: Preprocessing) -> np.ndarray:
    with Image.open(path) as file:
        return _input_and_thumbnail(file.convert("RGB"), preparation)


def _drafted(path: Path, preparation: Preprocessing) -> np.ndarray:
    with Image.open(path) as file:
        file.draft("RGB", DRAFT)
        return _input_and_thumbnail(file.convert("RGB"), preparation)


def _input_and_thumbnail(image: Image.Image, preparation: Preprocessing) -> np.ndarray:
    prepared = preparation.prepare(image)
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    image.save(io.BytesIO(), "JPEG")
    return prepared


def photos_of(folder: Path, scenes: Sequence[Path], size: tuple[int, int]) -> Photos:
    """Write each scene as a photo of this size: what matters to a decoder is how many bits a pixel takes."""
    folder.mkdir()
    random = np.random.default_rng(0)
    paths = [folder / f"{number}.jpg" for number in range(len(scenes))]
    for path, scene in zip(paths, scenes, strict=True):
        with Image.open(scene) as file:
            pixels = np.asarray(file.convert("RGB").resize(size, Image.Resampling.BICUBIC), np.float32)
        noise = random.normal(0, GRAIN, (size[1], size[0], 1)).astype(np.float32)
        photo = Image.fromarray(np.clip(pixels + noise, 0, 255).astype(np.uint8))
        photo.save(path, "JPEG", quality=QUALITY, subsampling="4:2:0")
    bits = 8 * sum(path.stat().st_size for path in paths)
    return Photos(paths, bits / (len(paths) * size[0] * size[1]))


def _difference(inputs: Inputs, truth: Inputs) -> float:
    return float(np.abs(inputs.astype(np.int16) - truth).mean())


def _milliseconds(runs: Sequence[Run[Inputs]]) -> tuple[float, ...]:
    return tuple(run.seconds / len(run.result) * 1e3 for run in runs)
