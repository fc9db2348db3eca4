"""One copy of a model on one device, and images dealt out to several of them.

Pixels travel to a GPU as bytes, from pinned memory, while it still computes on the batch before; they become numbers
there. A batch that doesn't fit into memory is halved, for good.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image

from curate.embedding.checkpoint import ImagePreparation
from curate.embedding.packing import pack_layers
from curate.embedding.patches import PatchPreprocessing
from curate.errors import EncoderUnavailable

CPU_BATCH = 32
MOST_ON_GPU = 128
"""Images; larger batches gain nothing, and smaller ones overlap better with what surrounds them."""
AHEAD_ON_GPU = 2
"""Batches that a GPU has been given and not yet answered."""
TRIAL_BATCH = 8
MEMORY_SHARE = 0.8
"""Of a GPU's free memory; the rest is for whatever else uses it."""


_OUT_OF_MEMORY = ("can't allocate memory", "out of memory", "alloc_failed", "could not create a primitive")
"""Words of torch, cuBLAS and oneDNN, in lower case."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """Vectors that a device has been asked for."""

    vectors: torch.Tensor
    """(B, D) float32, unit length, on the CPU; not there yet where `ready` is still to come."""
    ready: torch.cuda.Event | None = None

    def wait(self) -> np.ndarray:
        if self.ready is not None:
            self.ready.synchronize()
        array: np.ndarray = self.vectors.numpy()
        return array


class Replica:
    """A model on one device, in one precision."""

    def __init__(self, model: Any, preparation: ImagePreparation) -> None:
        """Take a model that has `get_image_features` and `get_text_features`, on its device."""
        self.model = model
        self.device: torch.device = model.device
        self.dtype: torch.dtype = model.dtype
        self._preparation = preparation
        if self.device.type == "cpu" and self.dtype == torch.bfloat16:
            pack_layers(model)
        self._scale, self._shift = self._channels()
        self.batch_size = self._fitting_batch() if self._on_gpu else CPU_BATCH
        """Images a batch; falls when memory runs out."""

    @property
    def _on_gpu(self) -> bool:
        return self.device.type == "cuda"

    @property
    def ahead(self) -> int:
        """How many batches to ask for before waiting for the first."""
        return AHEAD_ON_GPU if self._on_gpu else 1

    def ask_for_images(self, prepared: Sequence[np.ndarray]) -> list[_Answer]:
        """Ask for the vectors of (B,) prepared images; in several answers where memory doesn't suffice for one.

        Raises:
            EncoderUnavailable: not even one image fits.
        """
        try:
            return [self._ask(lambda: self.model.get_image_features(**self.image_inputs(prepared)))]
        except (MemoryError, RuntimeError) as error:
            if not _ran_out_of_memory(error):
                raise
            if len(prepared) == 1:
                raise EncoderUnavailable(
                    f"The memory of “{self.device}” does not suffice for one image. Close what else uses it, set "
                    "CURATE_DEVICE to another device, or CURATE_ENCODER to a smaller checkpoint."
                ) from error
        # Outside of the handler, where the exception no longer keeps the failed batch in memory.
        half = (len(prepared) + 1) // 2
        self.batch_size = min(self.batch_size, half)
        if self._on_gpu:
            torch.cuda.empty_cache()
        return self.ask_for_images(prepared[:half]) + self.ask_for_images(prepared[half:])

    def text_vectors(self, tokens: Any) -> np.ndarray:
        """Return (B, D) float32, unit length, for a tokenizer's output."""
        return self._ask(lambda: self.model.get_text_features(**tokens.to(self.device))).wait()

    def image_inputs(self, prepared: Sequence[np.ndarray]) -> dict[str, torch.Tensor]:
        """Return what the model reads: `pixel_values`, scaled and centred, on its device and in its precision.

        (B, 3, S, S); for patches (B, N, P), padded with zeros, with their mask and spatial shapes.
        """
        if isinstance(self._preparation, PatchPreprocessing):
            return self._patch_inputs(prepared, self._preparation.most_patches)
        shape = (len(prepared), *prepared[0].shape)
        return {"pixel_values": self._numbers(self._sent(shape, prepared)).to(self.dtype)}

    def _patch_inputs(self, prepared: Sequence[np.ndarray], most: int) -> dict[str, torch.Tensor]:
        shapes = torch.tensor([patches.shape[:2] for patches in prepared])
        counts = shapes.prod(dim=1, keepdim=True)
        mask = (torch.arange(most) < counts).to(torch.int32).to(self.device)
        flat = [patches.reshape(-1, patches.shape[2]) for patches in prepared]
        pixels = self._numbers(self._sent((len(flat), most, flat[0].shape[1]), flat)).mul_(mask.unsqueeze(-1))
        return {
            "pixel_values": pixels.to(self.dtype),
            "pixel_attention_mask": mask,
            "spatial_shapes": shapes.to(self.device),
        }

    def _sent(self, shape: tuple[int, ...], arrays: Sequence[np.ndarray]) -> torch.Tensor:
        """Return uint8 arrays as one tensor on the device; a shorter one fills the beginning of its row."""
        staged = torch.empty(shape, dtype=torch.uint8, pin_memory=self._on_gpu)
        for row, array in zip(staged.numpy(), arrays, strict=True):
            row[: len(array)] = array
        return staged.to(self.device, non_blocking=True)

    def _numbers(self, pixels: torch.Tensor) -> torch.Tensor:
        return pixels.float().mul_(self._scale).add_(self._shift)

    def _channels(self) -> tuple[torch.Tensor, torch.Tensor]:
        channels = self._preparation.channels
        scale, shift = (torch.tensor(values, device=self.device) for values in (channels.scale, channels.shift))
        if isinstance(self._preparation, PatchPreprocessing):
            pixels = self._preparation.patch_side**2
            return scale.repeat(pixels), shift.repeat(pixels)
        return scale.view(3, 1, 1), shift.view(3, 1, 1)

    def _ask(self, features: Callable[[], Any]) -> _Answer:
        with torch.inference_mode(), torch.cuda.device(self.device) if self._on_gpu else nullcontext():
            pooled = features().pooler_output.float()
            vectors = torch.nn.functional.normalize(pooled, dim=-1)
            if not self._on_gpu:
                return _Answer(vectors.cpu())
            kept = torch.empty(vectors.shape, pin_memory=True)
            kept.copy_(vectors, non_blocking=True)
            ready = torch.cuda.Event()
            ready.record()
            return _Answer(kept, ready)

    def _fitting_batch(self) -> int:
        """Return how many images fit into the GPU's free memory, found with a batch of a few.

        A first image takes what the libraries allocate once, whatever the batch.
        """
        side = min(self._preparation.input_side, 1024)
        blank = self._preparation.prepare(Image.new("RGB", (side, side)))
        self.batch_size = TRIAL_BATCH
        self._wait_for([blank])
        before = torch.cuda.memory_allocated(self.device)
        torch.cuda.reset_peak_memory_stats(self.device)
        self._wait_for([blank] * TRIAL_BATCH)
        used = torch.cuda.max_memory_allocated(self.device) - before
        torch.cuda.empty_cache()
        free, _ = torch.cuda.mem_get_info(self.device)
        return min(fitting_batch(free, used / self.batch_size), MOST_ON_GPU)

    def _wait_for(self, prepared: Sequence[np.ndarray]) -> None:
        for answer in self.ask_for_images(prepared):
            answer.wait()


def fitting_batch(free: int, each: float) -> int:
    """Return the largest power of two of images that take `each` bytes and leave some of the `free` ones alone."""
    images = int(free * MEMORY_SHARE / max(each, 1))
    return 1 << max(images.bit_length() - 1, 0)


def image_vectors(replicas: Sequence[Replica], prepared: Sequence[np.ndarray], dimension: int) -> np.ndarray:
    """Return (B, D) float32, unit length, in the order of `prepared`, each replica taking batch after batch.

    Raises:
        EncoderUnavailable: a device's memory does not suffice for one image.
    """
    vectors = np.empty((len(prepared), dimension), np.float32)
    deal = _Deal(len(prepared))
    if len(replicas) == 1:
        _work(replicas[0], prepared, deal, vectors)
        return vectors
    with ThreadPoolExecutor(len(replicas), thread_name_prefix="curate-replica") as pool:
        for done in [pool.submit(_work, replica, prepared, deal, vectors) for replica in replicas]:
            done.result()
    return vectors


class _Deal:
    """Hands out consecutive ranges to whoever asks next."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._next = 0
        self._lock = threading.Lock()

    def take(self, at_most: int) -> range:
        with self._lock:
            taken = range(self._next, min(self._next + at_most, self._count))
            self._next = taken.stop
            return taken


def _work(replica: Replica, prepared: Sequence[np.ndarray], deal: _Deal, vectors: np.ndarray) -> None:
    """Fill in the rows of `vectors` that fall to this replica."""
    asked: deque[tuple[int, list[_Answer]]] = deque()
    while batch := deal.take(replica.batch_size):
        asked.append((batch.start, replica.ask_for_images(prepared[batch.start : batch.stop])))
        if len(asked) >= replica.ahead:
            _keep(*asked.popleft(), vectors)
    for start, answers in asked:
        _keep(start, answers, vectors)


def _keep(start: int, answers: Sequence[_Answer], vectors: np.ndarray) -> None:
    for answer in answers:
        found = answer.wait()
        vectors[start : start + len(found)] = found
        start += len(found)


def _ran_out_of_memory(error: Exception) -> bool:
    """Whether this is what running out of memory raises: on the CPU, torch has no error of its own for it."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    said = str(error).lower()
    return any(words in said for words in _OUT_OF_MEMORY)
