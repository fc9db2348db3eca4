"""What routes ask for in their signatures."""

from typing import Annotated

from fastapi import Depends, Request

from curate.workspace import Workspace


async def _current_workspace(request: Request) -> Workspace:
    """Return the workspace of the app; async, because a sync dependency costs a second hop to a worker thread."""
    workspace: Workspace = request.app.state.workspace()
    return workspace


CurrentWorkspace = Annotated[Workspace, Depends(_current_workspace)]
