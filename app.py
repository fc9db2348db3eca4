"""The ASGI app: the pages at /, the REST API and the images at /api, on one workspace, in one process.

`streamlit run app.py` starts it.
"""

import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import Mount

from curate.api.cluster_manager import ClusterManagerAPI
from curate.api.security import PageGuard
from curate.environment import settings_from_environment
from curate.errors import CurateError
from curate.server import send_without_delay
from curate.workspace import close_workspaces, open_workspace

logger = logging.getLogger(__name__)
try:
    settings = settings_from_environment()
except CurateError as error:
    sys.exit(f"Error: {error}")
api = ClusterManagerAPI(lambda: open_workspace(settings), settings)


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[dict[str, Any]]:
    send_without_delay()
    try:
        await anyio.to_thread.run_sync(open_workspace, settings)
    except CurateError as error:
        logger.error("%s", error)  # the pages show it too, and try again when they are reloaded
    yield {}
    await anyio.to_thread.run_sync(close_workspaces)


def on_script_error(error: Exception) -> bool:
    """Show a sentence in place of a traceback; the log has the details."""
    logger.error("A page failed", exc_info=error)
    st.error("This page could not be drawn: something unexpected went wrong. Reload it; the log has the details.")
    return True


app = st.App(
    "pages/main.py",
    routes=[Mount("/api", app=api.app)],
    middleware=[Middleware(PageGuard, settings=settings)],
    lifespan=lifespan,
    on_script_error=on_script_error,
)
