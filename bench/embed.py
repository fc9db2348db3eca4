"""Importing photos with a CLIP model: how much it adds to the model's own work, and what people do instead."""

from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path

import numpy as np
from PIL import Image

from bench.clip_checkpoint import save_random_clip
from bench.decode import SIZES, Photos, photos_of
from bench.import_images import LEAST_COSINE, alike
from bench.measurement import Measurement, Options, Side, Unit, require_same
from bench.pictures import sample
from bench.rounds import Run, alternate, timed
from bench.vectors import unit
from bench.workspace import opened
from curate.embedding.clip import ClipEncoder
from curate.embedding.replica import CPU_BATCH, MOST_ON_GPU

SIZE = "2 MP"

Embed = Callable[[], np.ndarray]
"""Gives (N, D) float32, unit length, in the order of the photos."""


def measure(options: Options) -> Iterator[Measurement]:
    """Compare an import with the forward pass alone on tensors that are ready, and with transformers' pipeline.

    ViT-B/32; on a GPU, ViT-L/14 too.
    """
    import torch

    scenes = sample(options.scratch / "scenes", options.images or options.size(192, 6))
    photos = photos_of(options.scratch / "photos", scenes.paths, SIZES[SIZE])
    for large in (False, True) if torch.cuda.is_available() and not options.quick else (False,):
        checkpoint = options.scratch / ("clip-large" if large else "clip-base")
        yield from _with(options, checkpoint, photos, scenes.origin, large)


def _with(options: Options, checkpoint: Path, photos: Photos, origin: str, large: bool) -> Iterator[Measurement]:
    model = save_random_clip(checkpoint, small=options.quick, large=large)
    encoder = ClipEncoder.load(str(checkpoint))
    forward, pipeline = _forward_alone(encoder, checkpoint, photos.paths), _pipeline(checkpoint, photos.paths)
    forward(), pipeline()  # the first round sets things up
    ours, pure, piped = alternate(
        options.rounds,
        _importing(checkpoint.with_name(f"{checkpoint.name}-workspaces"), photos.paths, encoder),
        lambda: timed(forward),
        lambda: timed(pipeline),
    )
    peers = {
        "forward pass alone, on tensors that are ready (a floor, not an import)": pure,
        'transformers pipeline("image-feature-extraction"), file by file': piped,
    }
    for name, runs in peers.items():
        require_same(alike(ours[0].result, runs[0].result), "the embeddings")
        yield Measurement(
            entry="embed",
            what=f"import photos of {SIZE} with {model}",
            unit=Unit.IMAGES_PER_SECOND,
            ours=Side("Curate ImportService", _rates(ours)),
            peer=Side(name, _rates(runs)),
            same=f"each image's embedding, less the mean of all, to a cosine of {LEAST_COSINE} at least",
            conditions={
                "images": len(photos.paths),
                "origin": f"{origin}, scaled up, with grain; {photos.bits_per_pixel:.1f} bits a pixel",
                "ours and the forward pass compute in": f"{encoder.computes_in}, batches of {_batch(encoder)}",
                "the pipeline computes in": "float32 on the same device",
                "ours also": "hashes, thumbnails, quality measures, and everything on disk",
            },
        )


def _importing(folder: Path, paths: Sequence[Path], encoder: ClipEncoder) -> Callable[[], Run[np.ndarray]]:
    """Return work that imports into a new workspace each time."""
    numbers = count()

    def run() -> Run[np.ndarray]:
        with opened(folder / str(next(numbers)), encoder) as workspace:
            done = timed(lambda: workspace.importing.run(paths[0].parent))
            ids = [workspace.images.id_for_path(str(path)) for path in paths]
            return Run(done.seconds, np.stack([workspace.embeddings.get_embedding(image_id) for image_id in ids]))

    return run


def _forward_alone(encoder: ClipEncoder, checkpoint: Path, paths: Sequence[Path]) -> Embed:
    """Return transformers' own forward pass, in the encoder's precision and batches, on tensors on its device."""
    import torch
    from transformers import CLIPModel

    prepared = [encoder.preparation.prepare(Image.open(path).convert("RGB")) for path in paths]
    batch = _batch(encoder)
    inputs = [
        encoder.image_inputs(prepared[start : start + batch])["pixel_values"]
        for start in range(0, len(prepared), batch)
    ]
    model = CLIPModel.from_pretrained(checkpoint).eval().to(inputs[0].device, inputs[0].dtype)

    def embed() -> np.ndarray:
        with torch.inference_mode():
            features = [model.get_image_features(pixel_values=pixels).pooler_output for pixels in inputs]
            return unit(torch.cat(features).float().cpu().numpy())

    return embed


def _pipeline(checkpoint: Path, paths: Sequence[Path]) -> Embed:
    """Return what a script would do with transformers."""
    from transformers import CLIPImageProcessorPil, CLIPVisionModelWithProjection, pipeline
    from transformers.utils import logging

    logging.set_verbosity_error()  # or it lists the text tower's weights, which this loop has no use for
    model = CLIPVisionModelWithProjection.from_pretrained(checkpoint)
    extract = pipeline(
        "image-feature-extraction", model=model, image_processor=CLIPImageProcessorPil.from_pretrained(checkpoint)
    )
    return lambda: unit(np.array([extract(str(path))[0] for path in paths], np.float32))


def _batch(encoder: ClipEncoder) -> int:
    return CPU_BATCH if encoder.computes_in.endswith("cpu") else MOST_ON_GPU


def _rates(runs: Sequence[Run[np.ndarray]]) -> tuple[float, ...]:
    return tuple(len(run.result) / run.seconds for run in runs)
