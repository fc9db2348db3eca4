"""The ASGI app: the pages at /, the REST API and the images at /api, on one workspace, in one process.

`streamlit run app.py` starts it.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import streamlit as st
from curate.api.cluster_manager import ClusterManagerAPI
from starlette.routing import Mount

from curate.settings import Settings
from curate.workspace import close_workspaces, open_workspace

api = ClusterManagerAPI(lambda: open_workspace(Settings()))


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[dict[str, Any]]:
    workspace = await anyio.to_thread.run_sync(open_workspace, Settings())
    workspace.start()
    yield {}
    await anyio.to_thread.run_sync(close_workspaces)


app = st.App("pages/main.py", routes=[Mount("/api", app=api.app)], lifespan=lifespan)
