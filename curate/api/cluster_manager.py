"""The REST API over a workspace, as one FastAPI app that is mounted at /api."""

from collections.abc import Callable
from functools import partial

from fastapi import FastAPI
from starlette.middleware import Middleware

from curate.api import documentation, problems
from curate.api.answers import NoSniffing
from curate.api.problems import UnexpectedErrors
from curate.api.request_metrics import CountRequests, RequestCounts
from curate.api.routes import (
    assets,
    clustering,
    encoders,
    images,
    imports,
    jobs,
    map,
    queue,
    similarity,
    status,
    tagging,
    views,
)
from curate.api.security import RequestGuard
from curate.settings import Settings
from curate.workspace import Workspace

ROUTES = (
    images,
    imports,
    encoders,
    clustering,
    similarity,
    tagging,
    jobs,
    queue,
    status,
    views,
    map,
    assets,
    documentation,
)


class ClusterManagerAPI:
    """Builds the FastAPI app from a workspace; `app` is ready to be mounted.

    A mounted app's own lifespan does not run: whoever mounts it opens and closes the workspace.
    """

    def __init__(self, workspace: Callable[[], Workspace], settings: Settings | None = None) -> None:
        """Serve what `workspace()` returns, asked for anew by every request.

        With `settings`, requests that are refused never open the workspace.
        """
        requests = RequestCounts()
        self.app = FastAPI(
            title="Curate",
            version="1",
            summary="Cluster, search and tag a folder of images.",
            docs_url=None,
            redoc_url=None,
            openapi_url="/openapi.json",
            root_path_in_servers=False,  # the document's paths begin with /api already
            redirect_slashes=False,
            telemetry={"tracing": False, "metrics": False, "logs": False},
            middleware=[  # the outermost first
                Middleware(CountRequests, counts=requests),
                Middleware(NoSniffing),
                Middleware(UnexpectedErrors),
                Middleware(RequestGuard, settings=lambda: settings or workspace().settings),
            ],
        )
        self.app.state.workspace = workspace
        self.app.state.requests = requests
        self.app.openapi = partial(documentation.describe, self.app)  # type: ignore[method-assign]
        for module in ROUTES:
            self.app.include_router(module.router)
        problems.install(self.app)
