"""Small real files for tests."""

import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

RED, GREEN, BLUE, GREY = (200, 30, 30), (30, 160, 30), (30, 30, 200), (128, 128, 128)


def quadrants(width: int = 96, height: int = 64) -> Image.Image:
    """An image that shows which way is up: red and green above, blue and grey below."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(GREEN, (width // 2, 0, width, height))
    image.paste(BLUE, (0, height // 2, width // 2, height))
    image.paste(GREY, (width // 2, height // 2, width, height))
    return image


def picture(seed: int = 0, width: int = 96, height: int = 64) -> Image.Image:
    """A coarse random pattern, another one for each seed."""
    blocks = np.random.default_rng(seed).integers(0, 256, (4, 6, 3), dtype=np.uint8)
    return Image.fromarray(blocks).resize((width, height), Image.Resampling.BICUBIC)


def save_picture(path: Path, seed: int = 0, width: int = 96, height: int = 64) -> Path:
    """Write `picture(seed)`, in the format that the name says, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture(seed, width, height).save(path)
    return path


def png_bytes(width: int, height: int, depth: int, colour_type: int, pixels: bytes) -> bytes:
    """A PNG made by hand, for what Pillow doesn't write: 16-bit colour, or a header that lies about the size.

    `pixels` are the rows without filter bytes.
    """
    row = len(pixels) // height if height and pixels else 0
    rows = b"".join(b"\0" + pixels[start : start + row] for start in range(0, len(pixels), row or 1))
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
