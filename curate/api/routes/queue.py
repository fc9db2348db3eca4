"""The queue of images that wait to be embedded, and the files that workers fetch."""

from pathlib import Path
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse

from curate.api.dependencies import CurrentWorkspace
from curate.api.queue_schemas import QueueDetails
from curate.errors import NotFound, UnreadableImage
from curate.ingest.sources import files_of

router = APIRouter(prefix="/queue", tags=["Jobs"])

BYTES = "application/octet-stream"
FILE: dict[int | str, dict[str, Any]] = {200: {"content": {BYTES: {}}, "description": "The file's bytes."}}
NEVER_SHOWN = {"Content-Disposition": "attachment", "Cache-Control": "private, no-store"}
"""A browser is to keep such a file, not to open it: an image's name can belong to a page with scripts."""


@router.get("", summary="Read the queue")
def read_queue(workspace: CurrentWorkspace) -> QueueDetails:
    """How many images wait to be embedded, who embeds them and how fast, and what stands in the way."""
    return QueueDetails.of(workspace.embedding_queue.status())


@router.get("/images/{image_id}", summary="Read a file's bytes", response_class=Response, responses=FILE)
def read_bytes(image_id: str, workspace: CurrentWorkspace) -> Response:
    """An image's file exactly as it is, for a worker that doesn't see it."""
    image = workspace.images.get(image_id)
    files = files_of(image.path)
    try:
        if files.stat(image.path) is None:  # a pipe, say, which would keep its reader waiting
            raise UnreadableImage("there is no regular file any more")
        content = files.content(image.path)
    except (OSError, UnreadableImage) as error:
        raise NotFound(f"The file {image.path} can't be read: {error}. Put it back, or import its folder.") from error
    if isinstance(content, Path):
        return FileResponse(content, media_type=BYTES, headers=NEVER_SHOWN)
    return Response(content, media_type=BYTES, headers=NEVER_SHOWN)
