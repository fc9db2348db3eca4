"""Finding similar images."""

from typing import Annotated

from fastapi import APIRouter, Body, Query

from curate.api.dependencies import CurrentWorkspace
from curate.api.schemas import MOST_RESULTS, FindRequest, FindResults, FoundImage
from curate.tagging.filters import parse_filter

router = APIRouter(prefix="/similarity", tags=["Similarity"])

DEFAULT_RESULTS = 50


@router.post("/find", summary="Find similar images")
def find_similar(
    workspace: CurrentWorkspace,
    body: Annotated[FindRequest | None, Body()] = None,
    image_id: Annotated[str | None, Query(description="In place of the body's.")] = None,
    top_k: Annotated[int | None, Query(ge=1, le=MOST_RESULTS, description="In place of the body's.")] = None,
) -> FindResults:
    """The images nearest to an image, to several examples, to a text, or to all of these; `filter` narrows them."""
    request = body or FindRequest.model_validate({})
    wanted = parse_filter(request.filter or "")
    found = workspace.similarity.search(
        image_id or request.image_id,
        text=request.text,
        positives=request.positives,
        negatives=request.negatives,
        top_k=top_k or request.top_k or DEFAULT_RESULTS,
        allowed=workspace.images.find(wanted) if wanted else None,
    )
    return FindResults(results=[FoundImage.of(hit) for hit in found.hits], encoder=found.encoder, seconds=found.seconds)
