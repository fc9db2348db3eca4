"""Pillow, set up once for a process that reads strangers' files: more formats, fewer risky ones, no chatter."""

import ctypes
import logging
import os
import re
import warnings
from functools import lru_cache
from pathlib import Path

import PIL
from PIL import Image

from curate.errors import UnreadableImage

# EPS and WMF hand the file to another program; the rest are containers of which Pillow reads the header only.
_NOT_READ = {"EPS", "WMF", "MPEG", "HDF5", "GRIB", "BUFR"}

# These have no signature: any few bytes may pass as such an image, so here the name must agree.
_BY_NAME = {"TGA": (".tga", ".icb", ".vda", ".vst"), "SPIDER": (".spider", ".spi"), "IPTC": (".iim",), "PCD": (".pcd",)}

_REDUCED_IMAGE = 1
_SUBFILE_TYPE = 254

_PILLOW_WARNINGS = re.compile(r"PIL(\.|$)|pillow_heif")


def prepare(max_megapixels: int) -> None:
    """Make Pillow ready to read files of up to so many pixels; cheap to call before every file."""
    _register()
    _silence()
    # Pillow's own limit is one for the process; ours, checked from each header, is the one that counts
    Image.MAX_IMAGE_PIXELS = max(Image.MAX_IMAGE_PIXELS or 0, max_megapixels * 1_000_000)


def formats_for(name: str) -> list[str]:
    """Return the formats that a file of this name may be in."""
    suffix = os.path.splitext(name)[1].lower()
    return [name for name in _register() if name not in _BY_NAME or suffix in _BY_NAME[name]]


def refuse_previews(file: Image.Image) -> None:
    """Refuse a camera raw file, of which Pillow sees the small preview only.

    Raises:
        UnreadableImage: it is one.
    """
    tags = getattr(file, "tag_v2", None)
    if file.format == "TIFF" and tags is not None and tags.get(_SUBFILE_TYPE, 0) == _REDUCED_IMAGE:
        raise UnreadableImage("it is a camera raw file; convert it to JPEG, PNG or TIFF first")


@lru_cache(maxsize=1)
def _register() -> tuple[str, ...]:
    """Load every plugin once and return the names of the formats to try."""
    import pillow_heif

    Image.init()
    pillow_heif.register_heif_opener()
    _silence_libtiff()
    logging.getLogger("PIL").setLevel(logging.CRITICAL)
    return tuple(name for name in Image.ID if name not in _NOT_READ)


def _silence_libtiff() -> None:
    """Keep libtiff from writing to the process's stderr, where Pillow's wheels bring their own copy of it."""
    for library in (Path(PIL.__file__).parent.parent / "pillow.libs").glob("libtiff*.so*"):
        libtiff = ctypes.CDLL(str(library))
        libtiff.TIFFSetErrorHandler(None)
        libtiff.TIFFSetWarningHandler(None)


def _silence() -> None:
    """Ignore Pillow's warnings.

    Not with `catch_warnings`, which swaps the filters of the whole process and so mixes up threads. Looked up each
    time, as others (pytest, for one) swap them too.
    """
    item = ("ignore", None, Warning, _PILLOW_WARNINGS, 0)
    if item not in warnings.filters:
        warnings.filterwarnings("ignore", module=_PILLOW_WARNINGS.pattern)
