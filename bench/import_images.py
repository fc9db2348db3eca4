"""Importing images, with CLIP and with the built-in descriptor."""

from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path

import numpy as np
from PIL import Image

from bench.clip_checkpoint import save_random_clip
from bench.measurement import Measurement, Options, Side, Unit, require_same
from bench.pictures import Pictures, sample
from bench.rounds import Run, alternate, timed
from bench.vectors import unit
from bench.workspace import opened
from curate.embedding.clip import ClipEncoder
from curate.embedding.descriptor import DescriptorEncoder
from curate.embedding.encoder import Encoder
from curate.ingest.thumbnails import LONGEST_SIDE

LEAST_COSINE = 0.99
"""Of an image's two embeddings, each less the mean of all: half precision and JPEGs decoded at a reduced size leave
small differences, while the embeddings of two images are at about 0."""


def measure(options: Options) -> Iterator[Measurement]:
    """Compare an import with a plain loop that only embeds, and with one that only makes thumbnails."""
    pictures = sample(options.scratch / "pictures", options.images or options.size(128, 12))
    yield _with_clip(options, pictures)
    yield _with_descriptor(options, pictures)


def _with_clip(options: Options, pictures: Pictures) -> Measurement:
    checkpoint = options.scratch / "clip"
    model = save_random_clip(checkpoint, small=options.quick)
    encoder = ClipEncoder.load(str(checkpoint))
    embed = _plain_loop(checkpoint)
    embed(pictures.paths[:2])
    encoder.embed_images(
        [encoder.preparation.prepare(Image.open(path).convert("RGB")) for path in pictures.paths[: encoder.batch_size]]
    )

    ours, theirs = alternate(
        options.rounds,
        _importing(options.scratch / "with-clip", pictures, encoder),
        lambda: timed(lambda: embed(pictures.paths)),
    )
    require_same(alike(ours[0].result, theirs[0].result), "the embeddings")
    return Measurement(
        entry="import",
        what="import with CLIP",
        unit=Unit.IMAGES_PER_SECOND,
        ours=Side("Curate ImportService", _rates(ours)),
        peer=Side("loop: Pillow, CLIPImageProcessorPil, one float32 forward an image", _rates(theirs)),
        same=f"each image's embedding, less the mean of all, to a cosine of {LEAST_COSINE} at least",
        conditions={**_conditions(pictures), "model": model, "ours computes in": encoder.computes_in},
    )


def _with_descriptor(options: Options, pictures: Pictures) -> Measurement:
    ours, theirs = alternate(
        options.rounds,
        _importing(options.scratch / "with-descriptor", pictures, DescriptorEncoder()),
        lambda: timed(lambda: _thumbnails(pictures.paths)),
    )
    require_same(len(ours[0].result) == len(theirs[0].result), "the number of images")
    return Measurement(
        entry="import",
        what="import with the built-in descriptor",
        unit=Unit.IMAGES_PER_SECOND,
        ours=Side("Curate ImportService", _rates(ours)),
        peer=Side("loop: Pillow open, convert and thumbnail alone (a floor, not an import)", _rates(theirs)),
        same="the number of images read",
        conditions=_conditions(pictures),
    )


def _importing(folder: Path, pictures: Pictures, encoder: Encoder) -> Callable[[], Run[np.ndarray]]:
    """Return work that imports into a new workspace each time, giving (N, D) embeddings in the order of the paths."""
    numbers = count()

    def run() -> Run[np.ndarray]:
        with opened(folder / str(next(numbers)), encoder) as workspace:
            done = timed(lambda: workspace.importing.run(pictures.folder))
            ids = [workspace.images.id_for_path(str(path)) for path in pictures.paths]
            return Run(done.seconds, np.stack([workspace.embeddings.get_embedding(image_id) for image_id in ids]))

    return run


def _plain_loop(checkpoint: Path) -> Callable[[Sequence[Path]], np.ndarray]:
    """Return what a script would do: embed (N,) paths one by one, giving (N, D) float32, unit length."""
    import torch
    from transformers import CLIPImageProcessorPil, CLIPModel

    device = "cuda" if torch.cuda.is_available() else "cpu"
    processor = CLIPImageProcessorPil.from_pretrained(checkpoint)
    model = CLIPModel.from_pretrained(checkpoint).eval().to(device)

    def embed(paths: Sequence[Path]) -> np.ndarray:
        vectors = []
        with torch.inference_mode():
            for path in paths:
                image = Image.open(path).convert("RGB")
                inputs = processor(images=image, return_tensors="pt").to(device)
                vectors.append(model.get_image_features(**inputs).pooler_output[0].cpu().numpy())
        return unit(np.stack(vectors))

    return embed


def _thumbnails(paths: Sequence[Path]) -> np.ndarray:
    """Return the (N, 2) sizes of thumbnails as large as ours."""
    sizes = []
    for path in paths:
        image = Image.open(path).convert("RGB")
        image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        sizes.append(image.size)
    return np.array(sizes)


def alike(ours: np.ndarray, theirs: np.ndarray) -> bool:
    """Whether two (N, D) embeddings of the same images say the same of each."""
    cosines = (unit(ours - ours.mean(axis=0)) * unit(theirs - theirs.mean(axis=0))).sum(axis=1)
    return float(cosines.min()) >= LEAST_COSINE


def _rates(runs: list[Run[np.ndarray]]) -> tuple[float, ...]:
    return tuple(len(run.result) / run.seconds for run in runs)


def _conditions(pictures: Pictures) -> dict[str, str | int]:
    megapixels = sorted(_pixels(path) / 1e6 for path in pictures.paths)
    return {
        "images": len(pictures.paths),
        "origin": pictures.origin,
        "median size": f"{megapixels[len(megapixels) // 2]:.2f} megapixels",
        "ours also": "hashes, thumbnails, quality measures, and everything on disk",
    }


def _pixels(path: Path) -> int:
    with Image.open(path) as image:
        return image.width * image.height
