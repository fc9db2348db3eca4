"""Images: the catalogue as JSON, thumbnails, and the files themselves."""

import io
import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse

from curate.api.answers import IMMUTABLE, REVALIDATE, not_modified
from curate.api.cursors import decode_cursor, encode_cursor
from curate.api.dependencies import CurrentWorkspace
from curate.api.schemas import CaptionRequest, FilterText, ImageDetails, ImagePage
from curate.errors import ImageNotFound, InvalidParameter, NotFound, UnreadableImage
from curate.ingest.decode import read_upright
from curate.ingest.sources import files_of
from curate.settings import Settings
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


@router.put("/{image_id}/caption", summary="Write a caption")
def write_caption(image_id: str, request: CaptionRequest, workspace: CurrentWorkspace) -> ImageDetails:
    """Give an image a caption, or decide between it and what its caption file says by now. It is on disk then."""
    if (request.text is None) == (request.keep is None):
        raise InvalidParameter("Give either the caption's text, or which one to keep.")
    if request.text is not None:
        workspace.captions.set(image_id, request.text)
    else:
        workspace.captions.resolve(image_id, use_file=request.keep == "file")
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
    files = files_of(image.path)
    try:
        file = files.stat(image.path)
        if file is None:  # opening a named pipe would wait for its writer for ever
            raise UnreadableImage("there is no regular file any more")
        headers = {"ETag": f'"{file.modified_ns:x}-{file.size_bytes:x}"', "Cache-Control": REVALIDATE}
        unchanged = not_modified(request, headers)
        if unchanged is not None:
            return unchanged
        content = files.content(image.path)
        media_type = _as_it_is(image.format, content)
        if media_type is None:
            return Response(
                _converted(content, image.name, workspace.settings), headers=headers, media_type="image/jpeg"
            )
        if isinstance(content, bytes):
            return Response(content, headers=headers, media_type=media_type)
        return FileResponse(content, headers=headers, media_type=media_type)
    except (OSError, UnreadableImage) as error:
        reason = str(error) if isinstance(error, UnreadableImage) else (error.strerror or "it can't be read").lower()
        raise NotFound(
            f"The file {image.path} can't be shown: {reason}. Put it back, or import its folder again."
        ) from error


def _etag(status: os.stat_result) -> str:
    return f'"{status.st_mtime_ns:x}-{status.st_size:x}"'


def _as_it_is(image_format: str, content: Path | bytes) -> str | None:
    """Return the media type to send a file with, None where it must be converted.

    The file may have been replaced since the import, so its beginning is compared with the catalogue's word.
    """
    media_type, beginning = SHOWN_BY_BROWSERS.get(image_format, (None, rb""))
    if isinstance(content, bytes):
        return media_type if re.match(beginning, content[:16], re.DOTALL) else None
    with content.open("rb") as file:
        return media_type if re.match(beginning, file.read(16), re.DOTALL) else None


def _converted(content: Path | bytes, name: str, settings: Settings) -> bytes:
    buffer = io.BytesIO()
    picture = read_upright(content, max_megapixels=settings.max_megapixels, name=name)
    picture.save(buffer, "JPEG", quality=CONVERTED_QUALITY)
    return buffer.getvalue()
