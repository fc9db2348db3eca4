"""Views, as bytes for the page's components."""

from fastapi import APIRouter, Request, Response

from curate.api.answers import IMMUTABLE, binary
from curate.api.dependencies import CurrentWorkspace

router = APIRouter(prefix="/views", include_in_schema=False)


@router.get("/{token}")
def read_view(token: str, request: Request, workspace: CurrentWorkspace) -> Response:
    """The bytes of a view; `curate/views.py` describes them. A token always names the same bytes."""
    return binary(request, workspace.views.get(token).body, token, IMMUTABLE)
