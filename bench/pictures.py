"""Images to import: real ones where they are at hand, else drawn ones."""

import io
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from curate.demo.generate import generate_demo

_REAL = Path(__file__).resolve().parents[2] / "shared" / "data"
_ENDINGS = {".jpg", ".jpeg", ".png", ".webp"}


@dataclass(frozen=True, slots=True)
class Pictures:
    """A folder of images that a plain `Image.open(path).convert("RGB")` reads rightly."""

    folder: Path
    paths: list[Path]
    origin: str


def sample(folder: Path, count: int) -> Pictures:
    """Copy `count` images, spread evenly over all that there are, into `folder`.

    Images with transparency, a colour profile, or an orientation are left out: a plain loop gets those wrong.
    """
    real = Path(os.environ.get("CURATE_TEST_DATA", _REAL)) / "real"
    if real.is_dir():
        source, origin = real, "photos of the test data"
    else:
        source, origin = folder.with_name(f"{folder.name}-drawn"), "drawn by the demo: no test data here"
        generate_demo(source, count * 5 // 4 + 5)  # some are left out below
    plain = [path for path in sorted(source.rglob("*")) if path.suffix.lower() in _ENDINGS and _is_plain(path)]
    places = np.unique(np.linspace(0, len(plain) - 1, min(count, len(plain))).astype(int))
    folder.mkdir(parents=True)
    paths = [folder / f"{number:05d}{plain[place].suffix}" for number, place in enumerate(places)]
    for place, path in zip(places, paths, strict=True):
        shutil.copyfile(plain[place], path)
    return Pictures(folder, paths, origin)


def many_files(folder: Path, count: int, size_bytes: int) -> None:
    """Write `count` different JPEGs of 32 × 32 pixels, a thousand a folder, each padded to `size_bytes`."""
    random = np.random.default_rng(0)
    for number in range(count):
        path = folder / f"{number // 1000:03d}" / f"{number:06d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        coarse = Image.fromarray(random.integers(0, 256, (4, 4, 3), dtype=np.uint8))
        content = io.BytesIO()
        coarse.resize((32, 32)).save(content, "JPEG")
        path.write_bytes(content.getvalue().ljust(size_bytes, b"\0"))


def _is_plain(path: Path) -> bool:
    with Image.open(path) as image:
        unusual = "transparency" in image.info or image.info.get("icc_profile")
        return image.mode == "RGB" and not unusual and image.getexif().get(0x0112, 1) == 1
