"""Small JPEGs of every image, as files that a web server can hand out."""

import io
import os
from contextlib import suppress
from pathlib import Path

from PIL import Image

from curate.errors import StorageFailed

LONGEST_SIDE = 384
_QUALITY = 82


def shrunk(image: Image.Image) -> Image.Image:
    """Return an image whose longest side is 384 pixels at most; smaller ones stay as they are."""
    factor = LONGEST_SIDE / max(image.size)
    if factor >= 1:
        return image
    width, height = (max(1, round(side * factor)) for side in image.size)
    return image.resize((width, height), Image.Resampling.HAMMING, reducing_gap=1.5)


def encode_thumbnail(image: Image.Image) -> bytes:
    """Return an RGB image as JPEG."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue()


class ThumbnailStore:
    """A folder of thumbnails, in subfolders by the first two characters of the image's id."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, image_id: str) -> Path:
        """Return where an image's thumbnail is, or would be."""
        return self.folder / image_id[:2] / f"{image_id}.jpg"

    def ids(self) -> set[str]:
        """Return the ids of the images that have a thumbnail.

        Raises:
            StorageFailed: the folder cannot be read.
        """
        try:
            return {
                file.name.removesuffix(".jpg")
                for shard in os.scandir(self.folder)
                if shard.is_dir()  # a file manager may have left a file of its own
                for file in os.scandir(shard.path)
                if file.name.endswith(".jpg")
            }
        except FileNotFoundError:
            return set()
        except OSError as error:
            raise StorageFailed(
                f"The thumbnails in {self.folder} could not be read: {error.strerror}. Check that folder."
            ) from error

    def write(self, image_id: str, data: bytes) -> None:
        """Write an image's thumbnail; a reader sees the old one or the new one, never half of it.

        Raises:
            StorageFailed: the disk is full, or the folder cannot be written.
        """
        path = self.path(image_id)
        partial = path.with_suffix(".part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            partial.write_bytes(data)
            partial.replace(path)
        except OSError as error:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
            raise StorageFailed(
                f"The thumbnail {path} could not be written: {error.strerror}. Free some space."
            ) from error

    def remove(self, image_id: str) -> None:
        """Delete an image's thumbnail, if there is one."""
        self.path(image_id).unlink(missing_ok=True)
