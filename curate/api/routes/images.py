"""Images: the catalogue as JSON, thumbnails, and the files themselves."""

import io
import os
import re
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse

from curate.api.answers import IMMUTABLE, REVALIDATE, not_modified
from curate.api.dependencies import CurrentWorkspace
from curate.errors import ImageNotFound, NotFound, UnreadableImage
from curate.ingest.decode import read_upright
from curate.models import Image

router = APIRouter(prefix="/images")

SHOWN_BY_BROWSERS = {
    "JPEG": ("image/jpeg", rb"\xff\xd8\xff"),
    "MPO": ("image/jpeg", rb"\xff\xd8\xff"),
    "PNG": ("image/png", rb"\x89PNG\r\n\x1a\n"),
    "GIF": ("image/gif", rb"GIF8[79]a"),
    "WEBP": ("image/webp", rb"RIFF.{4}WEBP"),
    "BMP": ("image/bmp", rb"BM"),
    "AVIF": ("image/avif", rb".{4}ftypavi[fs]"),
}
"""Pillow's format → media type, and how such a file begins. SVG can hold scripts, so it is never among them."""
CONVERTED_QUALITY = 92


@router.get("/{image_id}")
def read_image(image_id: str, workspace: CurrentWorkspace) -> dict[str, object]:
    """One image with its tags, caption, cluster and metadata."""
    image = workspace.images.get(image_id)
    return {
        "id": image.id, "path": image.path, "name": image.name, "folder": image.folder, "width": image.width,
        "height": image.height, "format": image.format, "size_bytes": image.size_bytes, "caption": image.caption,
        "tags": list(image.tags), "cluster_id": image.cluster_id, "cluster_name": image.cluster_name,
        "metadata": dict(image.metadata), "missing": image.missing, "imported_at": image.imported_at.isoformat(),
    }  # fmt: skip


@router.get("/{image_id}/thumbnail", response_class=Response)
def read_thumbnail(
    image_id: str, request: Request, workspace: CurrentWorkspace, v: Annotated[str, Query(max_length=64)] = ""
) -> Response:
    """The image's thumbnail: JPEG, its longest side 384 pixels or less.

    With `v`, the version of the content, the browser may keep it for good.
    """
    if not re.fullmatch(r"[0-9a-z]{12}", image_id):
        raise ImageNotFound(image_id)
    try:
        with workspace.thumbnails.path(image_id).open("rb") as file:
            headers = {"ETag": _etag(os.fstat(file.fileno())), "Cache-Control": IMMUTABLE if v else REVALIDATE}
            unchanged = not_modified(request, headers)
            return unchanged or Response(file.read(), headers=headers, media_type="image/jpeg")
    except FileNotFoundError:
        workspace.images.require([image_id])
        raise NotFound(f"Image {image_id} has no thumbnail any more. Import its folder again.") from None


@router.get("/{image_id}/file", response_class=Response)
def read_original(image_id: str, request: Request, workspace: CurrentWorkspace) -> Response:
    """The image's file as it is where browsers can show its format; otherwise converted to JPEG."""
    image = workspace.images.get(image_id)
    try:
        media_type, stat = _as_it_is(image), os.stat(image.path)
        headers = {"ETag": _etag(stat), "Cache-Control": REVALIDATE}
        unchanged = not_modified(request, headers)
        if unchanged is not None:
            return unchanged
        if media_type is not None:
            return FileResponse(image.path, headers=headers, media_type=media_type, stat_result=stat)
        return Response(_converted(image, workspace.settings.max_megapixels), headers=headers, media_type="image/jpeg")
    except (OSError, UnreadableImage) as error:
        reason = str(error) if isinstance(error, UnreadableImage) else (error.strerror or "it can't be read").lower()
        raise NotFound(
            f"The file {image.path} can't be shown: {reason}. Put it back, or import its folder again."
        ) from error


def _etag(stat: os.stat_result) -> str:
    return f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"'


def _as_it_is(image: Image) -> str | None:
    """Return the media type to send a file with, None where it must be converted.

    The file may have been replaced since the import, so its beginning is compared with the catalogue's word.
    """
    media_type, beginning = SHOWN_BY_BROWSERS.get(image.format, (None, rb""))
    with open(image.path, "rb") as file:
        return media_type if re.match(beginning, file.read(16), re.DOTALL) else None


def _converted(image: Image, max_megapixels: int) -> bytes:
    buffer = io.BytesIO()
    read_upright(Path(image.path), max_megapixels=max_megapixels).save(buffer, "JPEG", quality=CONVERTED_QUALITY)
    return buffer.getvalue()
