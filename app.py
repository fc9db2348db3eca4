"""The ASGI app: the pages at /, the REST API and the images at /api, on one workspace, in one process.

`streamlit run app.py` starts it.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import Mount

from curate.api.cluster_manager import ClusterManagerAPI
from curate.api.security import PageGuard
from curate.server import send_without_delay
from curate.settings import Settings
from curate.workspace import close_workspaces, open_workspace

settings = Settings()
api = ClusterManagerAPI(lambda: open_workspace(settings))


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[dict[str, Any]]:
    send_without_delay()
    workspace = await anyio.to_thread.run_sync(open_workspace, settings)
    workspace.start()
    yield {}
    await anyio.to_thread.run_sync(close_workspaces)


app = st.App(
    "pages/main.py",
    routes=[Mount("/api", app=api.app)],
    middleware=[Middleware(PageGuard, settings=settings)],
    lifespan=lifespan,
)
