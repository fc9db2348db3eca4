"""CLIP checkpoints through transformers, which no other file imports.

torch and transformers are imported when a checkpoint is loaded, not before: that takes seconds.
"""

import hashlib
import json
import re
import threading
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from curate.embedding import hub
from curate.embedding.preprocessing import Preprocessing
from curate.errors import EncoderUnavailable

if TYPE_CHECKING:
    import torch

Precision = Literal["auto", "float32", "bfloat16", "float16"]

KNOWN = {
    "clip-vit-b-32": ("openai/clip-vit-base-patch32", "CLIP ViT-B/32"),
    "clip-vit-l-14": ("openai/clip-vit-large-patch14", "CLIP ViT-L/14"),
}
"""Short name, which embeddings are kept under too → hub name and label."""


class ClipEncoder:
    """One CLIP checkpoint: images and texts become unit vectors in the same space."""

    embeds = True
    supports_text = True

    def __init__(self, model: Any, tokenizer: Any, preprocessing: Preprocessing, name: str, label: str) -> None:
        """Wrap a `CLIPModel` on its device and in its precision; `ClipEncoder.load` makes one."""
        self.name = name
        self.label = label
        self.dimension = int(model.config.projection_dim)
        self.preparation = preprocessing
        self._model = model
        self._tokenizer = tokenizer
        self.batch_size = 32 if model.device.type == "cpu" else 128
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
        """Load a checkpoint by short name, hub name or local folder.

        One that isn't on this computer is downloaded, unless `local_files_only`; the hub has `hub_timeout` seconds to
        say what there is. Precision "auto" is the half precision that the device computes fast, else float32.

        Raises:
            EncoderUnavailable: it can't be found, isn't CLIP, is damaged, or the device isn't there.
        """
        local = _local_folder(checkpoint)
        if local:
            return cls._from_folder(local, f"{_slug(local.name)}-{_fingerprint(local)}", local.name, device, precision)
        repository = KNOWN[checkpoint][0] if checkpoint in KNOWN else checkpoint
        cached = hub.cached_folder(repository)
        if cached and (local_files_only or _is_whole(cached)):
            return cls._from_folder(cached, *_name_and_label(repository), device, precision)
        if local_files_only:
            raise EncoderUnavailable(f"The checkpoint “{repository}” is not on this computer.")
        folder = hub.download(repository, hub_timeout)
        return cls._from_folder(folder, *_name_and_label(repository), device, precision)

    @classmethod
    def _from_folder(cls, folder: Path, name: str, label: str, device: str, precision: Precision) -> "ClipEncoder":
        preprocessing = _read_preprocessing(folder)
        model, tokenizer = _load(folder)
        expected = model.config.vision_config.image_size
        if preprocessing.output_size != (expected, expected):
            raise _unusable(
                folder, f"its images are prepared at {preprocessing.output_size}, its model reads {expected}"
            )
        target = _device(device)
        return cls(model.to(target, _dtype(target, precision)), tokenizer, preprocessing, name, label)

    def embed_images(self, prepared: Sequence[np.ndarray]) -> np.ndarray:
        """Return (B, D) float32, unit length, for B results of `preparation.prepare`: (3, S, S) uint8."""
        return self._in_batches(prepared, lambda batch: self._model.get_image_features(self.pixel_values(batch)))

    def embed_texts(self, texts: Sequence[str]) -> np.ndarray:
        """Return (B, D) float32, unit length; a text is cut to as many tokens as the checkpoint reads."""
        return self._in_batches(texts, lambda batch: self._model.get_text_features(**self._tokens(batch)))

    def pixel_values(self, prepared: Sequence[np.ndarray]) -> "torch.Tensor":
        """Return what the model reads: (B, 3, S, S), scaled and centred, on its device and in its precision."""
        import torch

        pixels = torch.from_numpy(np.stack(prepared)).to(self._model.device).float()
        scale, shift = (
            torch.tensor(values, device=pixels.device).view(3, 1, 1)
            for values in (self.preparation.scale, self.preparation.shift)
        )
        return pixels.mul_(scale).add_(shift).to(self._model.dtype)

    def _tokens(self, texts: Sequence[str]) -> Any:
        longest = self._model.config.text_config.max_position_embeddings
        with self._tokenizer_lock:  # a fast tokenizer that is set up in two threads at once raises "Already borrowed"
            tokens = self._tokenizer(
                list(texts), padding=True, truncation=True, max_length=longest, return_tensors="pt"
            )
        return tokens.to(self._model.device)

    def _in_batches(self, inputs: Sequence[Any], features: Callable[[Sequence[Any]], Any]) -> np.ndarray:
        import torch

        vectors = np.empty((len(inputs), self.dimension), np.float32)
        with torch.inference_mode():
            for start in range(0, len(inputs), self.batch_size):
                batch = inputs[start : start + self.batch_size]
                pooled = features(batch).pooler_output.float()
                vectors[start : start + len(batch)] = torch.nn.functional.normalize(pooled, dim=-1).cpu().numpy()
        return vectors


def _local_folder(checkpoint: str) -> Path | None:
    """Return the folder that a checkpoint's name means, or None where it is a short name or a hub name.

    Raises:
        EncoderUnavailable: it can only be a path, and there is no such folder.
    """
    path = Path(checkpoint).expanduser()
    if checkpoint in KNOWN:
        return None
    if path.is_dir():
        return path.resolve()
    if path.is_absolute() or checkpoint.startswith(".") or checkpoint.count("/") > 1 or "\\" in checkpoint:
        raise EncoderUnavailable(
            f"There is no folder {checkpoint}. Set CURATE_ENCODER to one that holds a CLIP checkpoint."
        )
    return None


def _is_whole(folder: Path) -> bool:
    """Whether a cached checkpoint has all its files: a stopped download leaves the small ones only."""
    shards = [json.loads(index.read_text())["weight_map"].values() for index in folder.glob("*.index.json")]
    weights = {name for names in shards for name in names} or {"model.safetensors", "pytorch_model.bin"}
    present = {path.name for path in folder.iterdir() if path.exists()}
    has_weights = weights <= present if shards else bool(weights & present)
    return has_weights and bool({"preprocessor_config.json", "processor_config.json"} & present)


def _read_preprocessing(folder: Path) -> Preprocessing:
    config = _read_json(folder, "preprocessor_config.json")
    config = config or _read_json(folder, "processor_config.json").get("image_processor", {})
    if not config:
        raise _unusable(folder, "it has no preprocessor_config.json")
    try:
        return Preprocessing.from_config(config)
    except (ValueError, TypeError) as error:
        raise _unusable(folder, f"its preprocessor_config.json asks for {error}") from error


def _load(folder: Path) -> tuple[Any, Any]:
    """Return the `CLIPModel`, in float32 on the CPU, and its tokenizer."""
    kind = _read_json(folder, "config.json").get("model_type")
    if kind != "clip":
        raise _unusable(folder, f"it holds a “{kind}” model, not CLIP" if kind else "it has no config.json")
    import torch
    from transformers import AutoTokenizer, CLIPModel

    try:
        loaded: Any = CLIPModel.from_pretrained(
            folder, dtype=torch.float32, local_files_only=True, output_loading_info=True
        )
        model, report = loaded
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except (
        Exception
    ) as error:  # a damaged file raises whatever its reader does: OSError, SafetensorError, RuntimeError …
        raise _unusable(folder, _first_line(error)) from error
    if report["missing_keys"]:
        raise _unusable(folder, f"{len(report['missing_keys'])} of its weights are missing")
    return model.eval(), tokenizer


def _read_json(folder: Path, name: str) -> dict[str, Any]:
    """Return a configuration file's content; empty where there is none."""
    try:
        content = json.loads((folder / name).read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise _unusable(folder, f"its {name} cannot be read") from error
    return content if isinstance(content, dict) else {}


def _unusable(folder: Path, reason: str) -> EncoderUnavailable:
    return EncoderUnavailable(
        f"The checkpoint in {folder} cannot be used: {reason}. Download it again, or set CURATE_ENCODER to another one."
    )


def _device(wanted: str) -> "torch.device":
    import torch

    if wanted == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(wanted)
    except RuntimeError as error:
        raise EncoderUnavailable(
            f"There is no device “{wanted}”. Set CURATE_DEVICE to auto, cpu, cuda or cuda:N."
        ) from error
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise EncoderUnavailable(
            f"CURATE_DEVICE is {wanted}, but torch sees {torch.cuda.device_count()} GPUs here. Set it to auto or cpu."
        )
    return device


def _dtype(device: "torch.device", precision: Precision) -> "torch.dtype":
    import torch

    if precision != "auto":
        return {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}[precision]
    if device.type == "cuda":
        return torch.float16
    return torch.bfloat16 if device.type == "cpu" and _cpu_computes_bfloat16() else torch.float32


@cache
def _cpu_computes_bfloat16() -> bool:
    """Whether this processor multiplies bfloat16 in hardware; elsewhere it is slower than float32."""
    try:
        return bool(re.search(r"\b(avx512_bf16|amx_bf16)\b", Path("/proc/cpuinfo").read_text()))
    except OSError:
        return False  # not Linux


def _name_and_label(repository: str) -> tuple[str, str]:
    for name, (known, label) in KNOWN.items():
        if repository == known:
            return name, label
    return _slug(repository), repository


def _slug(text: str) -> str:
    """Return a name that is safe as a file name; a hub name's slash becomes two dashes."""
    return re.sub(r"[^a-z0-9._-]+", "-", text.lower().replace("/", "--")).strip("-.") or "clip"


def _fingerprint(folder: Path) -> str:
    """Return 8 hex digits of a checkpoint's content, so that replaced weights don't mix with older embeddings.

    Of each weight file, 64 blocks spread evenly are read: enough to tell fine-tunes apart in milliseconds.
    """
    digest = hashlib.blake2b(digest_size=4)
    for path in sorted(path for path in folder.iterdir() if path.suffix in {".json", ".safetensors", ".bin"}):
        size = path.stat().st_size
        digest.update(f"{path.name} {size}\n".encode())
        with path.open("rb") as file:
            for block in range(64):
                file.seek(size * block // 64)
                digest.update(file.read(1 << 14))
    return digest.hexdigest()


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
