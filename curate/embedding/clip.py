"""CLIP, SigLIP and their kin through transformers, which no other file imports.

torch and transformers are imported when a checkpoint is loaded, not before: that takes seconds.
"""

import copy
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from curate.embedding import checkpoint as checkpoints
from curate.embedding.checkpoint import Checkpoint, ImagePreparation
from curate.embedding.devices import Precision, devices, dtype_on
from curate.embedding.patches import PatchPreprocessing
from curate.errors import EncoderUnavailable

if TYPE_CHECKING:
    import torch

    from curate.embedding.replica import Replica

_TEXT_BATCH = 128
_SIGLIP = ("siglip", "siglip2")


class ClipEncoder:
    """One checkpoint: images and texts become unit vectors in the same space."""

    embeds = True
    supports_text = True

    def __init__(
        self,
        replicas: "Sequence[Replica]",
        tokenizer: Any,
        preparation: ImagePreparation,
        name: str,
        label: str,
    ) -> None:
        """Wrap copies of one model, each on its device; `ClipEncoder.load` makes one."""
        self.name = name
        self.label = label
        self.preparation = preparation
        self._replicas = list(replicas)
        self._config = replicas[0].model.config
        self.dimension = int(getattr(self._config, "projection_dim", None) or self._config.vision_config.hidden_size)
        self._tokenizer = tokenizer
        self._tokenizer_lock = threading.Lock()

    @classmethod
    def load(
        cls,
        checkpoint: str,
        device: str = "auto",
        local_files_only: bool = False,
        hub_timeout: float = 3.0,
        precision: Precision = "auto",
    ) -> "ClipEncoder":
        """Load a checkpoint by short name, hub name or local folder, onto every device that `device` means.

        One that isn't on this computer is downloaded, unless `local_files_only`; the hub has `hub_timeout` seconds to
        say what there is. Precision "auto" is the half precision that the device computes fast, else float32.

        Raises:
            EncoderUnavailable: it can't be found, is of another kind, is damaged, or the device isn't there.
        """
        found = checkpoints.find(checkpoint, local_files_only, hub_timeout)
        preparation, siglip = found.preparation(), found.model_type() in _SIGLIP
        targets = devices(device)
        model, tokenizer = _load(found)
        _check_size(found, preparation, model.config.vision_config)
        replicas = []
        for number, target in enumerate(targets, start=1):
            own = model if number == len(targets) else copy.deepcopy(model)
            replicas.append(_placed(own, target, dtype_on(target, precision, siglip), preparation))
        return cls(replicas, tokenizer, preparation, found.name, found.label)

    @property
    def batch_size(self) -> int:
        """How many images at a time keep all devices busy."""
        return sum(replica.batch_size * replica.ahead for replica in self._replicas)

    @property
    def computes_in(self) -> str:
        """Precision and devices, such as "bfloat16 on cpu"."""
        precision = str(self._replicas[0].dtype).removeprefix("torch.")
        return f"{precision} on {', '.join(str(replica.device) for replica in self._replicas)}"

    def embed_images(self, prepared: Sequence[np.ndarray]) -> np.ndarray:
        """Return (B, D) float32, unit length, for B results of `preparation.prepare`.

        Raises:
            EncoderUnavailable: a device's memory does not suffice for one image.
        """
        from curate.embedding.replica import image_vectors

        return image_vectors(self._replicas, prepared, self.dimension)

    def image_inputs(self, prepared: Sequence[np.ndarray]) -> "dict[str, torch.Tensor]":
        """Return what the model reads for B results of `preparation.prepare`, on the first device."""
        return self._replicas[0].image_inputs(prepared)

    def embed_texts(self, texts: Sequence[str]) -> np.ndarray:
        """Return (B, D) float32, unit length; a text is cut to as many tokens as the checkpoint reads."""
        vectors = np.empty((len(texts), self.dimension), np.float32)
        for start in range(0, len(texts), _TEXT_BATCH):
            part = list(texts[start : start + _TEXT_BATCH])
            vectors[start : start + len(part)] = self._replicas[0].text_vectors(self._tokens(part))
        return vectors

    def _tokens(self, texts: list[str]) -> Any:
        siglip = self._config.model_type in _SIGLIP
        # SigLIP was trained on lower-case texts padded to full length; not all of its tokenizers see to that.
        given, padding = ([text.lower() for text in texts], "max_length") if siglip else (texts, "longest")
        longest = min(self._tokenizer.model_max_length, self._config.text_config.max_position_embeddings)
        with self._tokenizer_lock:  # a fast tokenizer that is set up in two threads at once raises "Already borrowed"
            return self._tokenizer(given, padding=padding, truncation=True, max_length=longest, return_tensors="pt")


def _load(checkpoint: Checkpoint) -> tuple[Any, Any]:
    """Return the model, in float32 on the CPU, and its tokenizer."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    folder = checkpoint.folder
    try:
        loaded: Any = AutoModel.from_pretrained(
            folder, dtype=torch.float32, local_files_only=True, output_loading_info=True
        )
        model, report = loaded
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except (
        Exception
    ) as error:  # a damaged file raises whatever its reader does: OSError, SafetensorError, RuntimeError …
        raise checkpoint.unusable(_first_line(error)) from error
    if report["missing_keys"]:
        raise checkpoint.unusable(f"{len(report['missing_keys'])} of its weights are missing")
    return model.eval(), tokenizer


def _placed(model: Any, device: "torch.device", dtype: "torch.dtype", preparation: ImagePreparation) -> "Replica":
    """Return the model on a device, ready to embed.

    Raises:
        EncoderUnavailable: this torch has no such device, or its memory does not suffice.
    """
    from curate.embedding.replica import Replica

    try:
        return Replica(model.to(device, dtype), preparation)
    except EncoderUnavailable:
        raise
    except Exception as error:  # each kind of device raises what it likes
        raise EncoderUnavailable(
            f"The encoder can't be put on the device “{device}”: {_first_line(error)}. "
            "Close what else uses it, or set CURATE_DEVICE to cpu."
        ) from error


def _check_size(checkpoint: Checkpoint, preparation: ImagePreparation, vision: Any) -> None:
    """Hold the preparation to the size that the model reads.

    Raises:
        EncoderUnavailable: they differ.
    """
    patches = isinstance(preparation, PatchPreprocessing)
    prepared, read = preparation.output_size, vision.patch_size if patches else vision.image_size
    height, width = (read, read) if isinstance(read, int) else read
    if prepared != (height, width):
        what = "patches" if patches else "images"
        raise checkpoint.unusable(
            f"its {what} are prepared at {prepared[0]} × {prepared[1]}, its model reads {height} × {width}"
        )


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
