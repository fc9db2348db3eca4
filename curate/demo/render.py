"""Draws one planned image and encodes it with its sidecars."""

import io
import json
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

from curate.demo.plan import Planned, Role, planned
from curate.demo.scene import Picture, Scene

ENDINGS = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp"}


@dataclass(frozen=True)
class Rendered:
    """The files of one image: paths relative to the set's folder, and their bytes. The image comes last."""

    files: tuple[tuple[PurePosixPath, bytes], ...]


def rendered(seed: int, index: int, side: int) -> Rendered:
    """Draw image `index` of the set, `side` pixels on its longer side."""
    plan = planned(seed, index)
    if plan.is_copy:
        return _copy(seed, plan, side)
    picture, encoding, data = _original(seed, plan, side)
    path = PurePosixPath(plan.family.folder, f"{plan.family.name}-{index:05d}{ENDINGS[encoding]}")
    files = [(path.with_suffix(".txt"), f"{picture.caption}\n".encode())]
    if picture.metadata:
        text = json.dumps(dict(picture.metadata), ensure_ascii=False, indent=2)
        files.append((path.with_suffix(".json"), f"{text}\n".encode()))
    return Rendered((*files, (path, data)))


def _original(seed: int, plan: Planned, side: int) -> tuple[Picture, str, bytes]:
    rng = np.random.default_rng([seed, plan.index, 1])
    wide, tall = plan.family.aspects[int(rng.integers(len(plan.family.aspects)))]
    longest = max(wide, tall)
    picture = plan.family.draw(Scene(rng, round(side * wide / longest), round(side * tall / longest)))
    image = picture.image
    if plan.role is Role.BLURRED:
        image = image.filter(ImageFilter.GaussianBlur(side * rng.uniform(0.012, 0.022)))
    elif plan.role is Role.DARK:
        image = ImageEnhance.Brightness(image.convert("RGB")).enhance(rng.uniform(0.05, 0.12))
    encoding = _encoding(rng, plan, image)
    return picture, encoding, _encoded(image, encoding, int(rng.integers(86, 94)))


def _copy(seed: int, plan: Planned, side: int) -> Rendered:
    """Repeat another image as downloads do: under another name, without its sidecars, sometimes worn."""
    assert plan.source is not None
    _, encoding, data = _original(seed, planned(seed, plan.source), side)
    if plan.role is Role.NEAR_COPY:
        encoding, data = "JPEG", _worn(np.random.default_rng([seed, plan.index, 1]), data)
    return Rendered(((PurePosixPath("downloads", f"img-{plan.index:05d}{ENDINGS[encoding]}"), data),))


def _worn(rng: np.random.Generator, data: bytes) -> bytes:
    """Crop a little, shrink, and compress again."""
    with Image.open(io.BytesIO(data)) as file:
        image = Image.new("RGB", file.size, (255, 255, 255))
        image.paste(file, mask=file if file.mode == "RGBA" else None)
    width, height = image.size
    left, top, right, bottom = rng.uniform(0, 0.04, 4)
    image = image.crop(
        (round(width * left), round(height * top), round(width * (1 - right)), round(height * (1 - bottom)))
    )
    scale = rng.uniform(0.55, 0.95)
    image = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS)
    return _encoded(image, "JPEG", int(rng.integers(58, 80)))


def _encoding(rng: np.random.Generator, plan: Planned, image: Image.Image) -> str:
    dice = rng.random()
    if image.mode == "RGBA" or (plan.family.flat and dice < 0.4):
        return "PNG"
    return "WEBP" if dice > 0.93 else "JPEG"


def _encoded(image: Image.Image, encoding: str, quality: int) -> bytes:
    file = io.BytesIO()
    if encoding == "JPEG":
        image.convert("RGB").save(file, "JPEG", quality=quality)
    elif encoding == "WEBP":
        image.save(file, "WEBP", quality=quality, method=2)
    else:
        image.save(file, "PNG")
    return file.getvalue()
