"""Checkpoints as folders of files: where one is, what it is called, and how it wants its images. Loads no model."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from curate.embedding import hub
from curate.embedding.patches import PatchPreprocessing
from curate.embedding.preprocessing import CLIP_DEFAULTS, SIGLIP_DEFAULTS, Preprocessing
from curate.errors import EncoderUnavailable

KNOWN = {
    "clip-vit-b-32": ("openai/clip-vit-base-patch32", "CLIP ViT-B/32"),
    "clip-vit-l-14": ("openai/clip-vit-large-patch14", "CLIP ViT-L/14"),
    "siglip-base": ("google/siglip-base-patch16-224", "SigLIP B/16"),
    "siglip2-base": ("google/siglip2-base-patch16-224", "SigLIP 2 B/16"),
    "siglip2-so400m": ("google/siglip2-so400m-patch14-384", "SigLIP 2 So400m/14"),
    "siglip2-naflex": ("google/siglip2-base-patch16-naflex", "SigLIP 2 B/16 NaFlex"),
}
"""Short name, which embeddings are kept under too → hub name and label."""

ImagePreparation = Preprocessing | PatchPreprocessing

MODEL_TYPES = {
    "clip": "CLIPImageProcessor",
    "siglip": "SiglipImageProcessor",
    "siglip2": "Siglip2ImageProcessor",
    "metaclip_2": "CLIPImageProcessor",
    "altclip": "CLIPImageProcessor",
    "chinese_clip": "ChineseCLIPImageProcessor",
}
"""Model type, as its config.json says → the image processor of those that don't name one."""

_clip = partial(Preprocessing.from_config, defaults=CLIP_DEFAULTS)
_READERS: dict[str, Callable[[Mapping[str, Any]], ImagePreparation]] = {
    "CLIPImageProcessor": _clip,
    "ChineseCLIPImageProcessor": _clip,
    "SiglipImageProcessor": partial(Preprocessing.from_config, defaults=SIGLIP_DEFAULTS),
    "Siglip2ImageProcessor": PatchPreprocessing.from_config,
}


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A folder with a model, its tokenizer and their configurations."""

    folder: Path
    name: str
    """What embeddings made with it are kept under: safe as a file name."""
    label: str

    def model_type(self) -> str:
        """Return what kind of model it is, such as "siglip".

        Raises:
            EncoderUnavailable: one that Curate can't use, or it doesn't say.
        """
        kind = self._json("config.json").get("model_type")
        if kind in MODEL_TYPES:
            return str(kind)
        if kind is None:
            raise self.unusable("it has no config.json")
        known = ", ".join(MODEL_TYPES)
        raise self.unusable(f"it holds a “{kind}” model, not one that embeds images and texts alike ({known})")

    def preparation(self) -> ImagePreparation:
        """Return how the model wants its images.

        Raises:
            EncoderUnavailable: it doesn't say, or wants what Curate can't do.
        """
        config = self._json("processor_config.json").get("image_processor") or self._json("preprocessor_config.json")
        if not config:
            raise self.unusable("it has no preprocessor_config.json")
        kind = _processor(config) or MODEL_TYPES[self.model_type()]
        if kind not in _READERS:
            raise self.unusable(f"its images are prepared by “{kind}”, which Curate doesn't know")
        try:
            return _READERS[kind](config)
        except (ValueError, TypeError, KeyError) as error:
            raise self.unusable(f"its preprocessor_config.json asks for {error}") from error

    def unusable(self, reason: str) -> EncoderUnavailable:
        """Return the error that says why this checkpoint can't be used."""
        return EncoderUnavailable(
            f"The checkpoint in {self.folder} cannot be used: {reason}. "
            "Download it again, or set CURATE_ENCODER to another one."
        )

    def _json(self, name: str) -> dict[str, Any]:
        """Return a configuration file's content; empty where there is none."""
        try:
            content = json.loads((self.folder / name).read_text("utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise self.unusable(f"its {name} cannot be read") from error
        return content if isinstance(content, dict) else {}


def find(checkpoint: str, local_files_only: bool = False, hub_timeout: float = 3.0) -> Checkpoint:
    """Return a checkpoint by short name, hub name or local folder.

    One that isn't on this computer is downloaded, unless `local_files_only`; the hub has `hub_timeout` seconds to say
    what there is.

    Raises:
        EncoderUnavailable: it can't be had.
    """
    local = _local_folder(checkpoint)
    if local:
        return Checkpoint(local, f"{_slug(local.name)}-{_fingerprint(local)}", local.name)
    repository = KNOWN[checkpoint][0] if checkpoint in KNOWN else checkpoint
    cached = hub.cached_folder(repository)
    if cached and (local_files_only or is_whole(cached)):
        return Checkpoint(cached, *_name_and_label(repository))
    if local_files_only:
        raise EncoderUnavailable(f"The checkpoint “{repository}” is not on this computer.")
    return Checkpoint(hub.download(repository, hub_timeout), *_name_and_label(repository))


def is_on_this_computer(name: str) -> bool:
    """Whether a known checkpoint can be had without a download."""
    cached = hub.cached_folder(KNOWN[name][0])
    return cached is not None and is_whole(cached)


def _processor(config: Mapping[str, Any]) -> str:
    """Return an image processor's name without the endings that tell its implementations apart."""
    name = str(config.get("image_processor_type") or config.get("feature_extractor_type") or "")
    return name.replace("FeatureExtractor", "ImageProcessor").removesuffix("Fast").removesuffix("Pil")


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
            f"There is no folder {checkpoint}. Set CURATE_ENCODER to one that holds a CLIP or SigLIP checkpoint."
        )
    return None


def is_whole(folder: Path) -> bool:
    """Whether a cached checkpoint has all its files: a stopped download leaves the small ones only."""
    shards = [json.loads(index.read_text())["weight_map"].values() for index in folder.glob("*.index.json")]
    weights = {name for names in shards for name in names} or {"model.safetensors", "pytorch_model.bin"}
    present = {path.name for path in folder.iterdir() if path.exists()}
    has_weights = weights <= present if shards else bool(weights & present)
    return has_weights and bool({"preprocessor_config.json", "processor_config.json"} & present)


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
