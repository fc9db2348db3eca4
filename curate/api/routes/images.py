"""Images: the catalogue as JSON, thumbnails, and the files themselves."""

import io
import os
import re
import stat
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse

from curate.api.answers import IMMUTABLE, REVALIDATE, not_modified
from curate.api.cursors import decode_cursor, encode_cursor
from curate.api.dependencies import CurrentWorkspace
from curate.api.schemas import FilterText, ImageDetails, ImagePage
from curate.errors import ImageNotFound, NotFound, UnreadableImage
from curate.ingest.decode import read_upright
from curate.models import Image
from curate.tagging.filters import parse_filter

router = APIRouter(prefix="/images", tags=["Images"])

Sort = Literal["imported", "newest", "name", "largest", "smallest", "sharpest", "blurriest", "darkest", "brightest"]

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
PICTURE: dict[int | str, dict[str, Any]] = {200: {"content": {"image/*": {}}, "description": "The picture."}}


@router.get("", summary="List images")
def list_images(
    workspace: CurrentWorkspace,
    filter: Annotated[FilterText, Query()] = "",
    sort: Annotated[Sort, Query(description="The order.")] = "imported",
    limit: Annotated[int, Query(ge=1, le=1000, description="Images in one answer.")] = 100,
    cursor: Annotated[str | None, Query(max_length=200, description="`next_cursor` of the answer before.")] = None,
) -> ImagePage:
    """The images that a filter keeps, a page at a time. Images that come in between never shift the pages."""
    wanted = parse_filter(filter)
    after = None if cursor is None else decode_cursor(cursor, sort)
    if after is not None:
        workspace.images.require([after])
    ids = workspace.images.find(wanted, sort, limit + 1, after=after)
    shown = ids[:limit]
    return ImagePage(
        images=[ImageDetails.of(image) for image in workspace.images.get_many(shown)],
        total=workspace.images.count(wanted),
        next_cursor=encode_cursor(sort, shown[-1]) if len(ids) > limit else None,
    )


@router.get("/{image_id}", summary="Read an image")
def read_image(image_id: str, workspace: CurrentWorkspace) -> ImageDetails:
    """One image with its tags, caption, cluster and metadata."""
    return ImageDetails.of(workspace.images.get(image_id))


@router.get("/{image_id}/thumbnail", summary="Read a thumbnail", response_class=Response, responses=PICTURE)
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


@router.get("/{image_id}/file", summary="Read the file", response_class=Response, responses=PICTURE)
def read_original(image_id: str, request: Request, workspace: CurrentWorkspace) -> Response:
    """The image's file as it is where browsers can show its format; otherwise converted to JPEG."""
    image = workspace.images.get(image_id)
    try:
        status = os.stat(image.path)
        if not stat.S_ISREG(status.st_mode):  # opening a named pipe would wait for its writer for ever
            raise UnreadableImage("it is no regular file any more")
        media_type = _as_it_is(image)
        headers = {"ETag": _etag(status), "Cache-Control": REVALIDATE}
        unchanged = not_modified(request, headers)
        if unchanged is not None:
            return unchanged
        if media_type is not None:
            return FileResponse(image.path, headers=headers, media_type=media_type, stat_result=status)
        return Response(_converted(image, workspace.settings.max_megapixels), headers=headers, media_type="image/jpeg")
    except (OSError, UnreadableImage) as error:
        reason = str(error) if isinstance(error, UnreadableImage) else (error.strerror or "it can't be read").lower()
        raise NotFound(
            f"The file {image.path} can't be shown: {reason}. Put it back, or import its folder again."
        ) from error


def _etag(status: os.stat_result) -> str:
    return f'"{status.st_mtime_ns:x}-{status.st_size:x}"'


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
