"""The REST API over a workspace, as one FastAPI app that is mounted at /api."""

from collections.abc import Callable

from fastapi import FastAPI

from curate.api import problems
from curate.api.routes import assets, images, map, views
from curate.workspace import Workspace


class ClusterManagerAPI:
    """Builds the FastAPI app from a workspace; `app` is ready to be mounted.

    A mounted app's own lifespan does not run: whoever mounts it opens and closes the workspace.
    """

    def __init__(self, workspace: Callable[[], Workspace]) -> None:
        """Serve what `workspace()` returns, asked for anew by every request."""
        self.app = FastAPI(title="Curate", docs_url=None, redoc_url=None)
        self.app.state.workspace = workspace
        for routes in (images, views, map, assets):
            self.app.include_router(routes.router)
        problems.install(self.app)
