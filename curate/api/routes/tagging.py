"""Tags: on many images at once, undone, and counted."""

from typing import Annotated

from fastapi import APIRouter, Body

from curate.api.dependencies import CurrentWorkspace
from curate.api.schemas import OperationDetails, TagCount, TagList, TagRequest, TagResult, UndoRequest
from curate.tagging.targets import target_images

router = APIRouter(tags=["Tags"])


@router.post("/tagging/apply", summary="Tag images")
def apply_tag(request: TagRequest, workspace: CurrentWorkspace) -> TagResult:
    """Put a tag on images (or take it off), as one change that can be undone. It is on disk when this answers."""
    targets = target_images(
        workspace.images,
        workspace.clustering,
        image_ids=request.image_ids,
        expression=request.filter,
        cluster_id=request.cluster_id,
    )
    change = workspace.tagging.remove if request.remove else workspace.tagging.apply
    operation = change(targets, request.tag)
    return TagResult(
        tagged=operation.count, operation_id=operation.id, tag=operation.tag, images=len(dict.fromkeys(targets))
    )


@router.post("/tagging/undo", summary="Undo a change")
def undo_change(workspace: CurrentWorkspace, request: Annotated[UndoRequest | None, Body()] = None) -> OperationDetails:
    """Take a change back: the one with this number, or the newest that still holds."""
    return OperationDetails.of(workspace.tagging.undo(request.operation_id if request else None))


@router.get("/tags", summary="List tags")
def list_tags(workspace: CurrentWorkspace) -> TagList:
    """Every tag in use, the most used first."""
    return TagList(tags=[TagCount(tag=tag, count=count) for tag, count in workspace.tagging.counts().items()])
