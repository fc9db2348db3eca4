"""Scripts that pages load from this server, so that the browser needs no other."""

import gzip
from functools import lru_cache
from importlib import resources

import plotly
from fastapi import APIRouter, Request, Response

from curate.api.answers import REVALIDATE, not_modified

router = APIRouter(prefix="/assets", include_in_schema=False)


@router.get("/plotly.min.js")
def read_plotly(request: Request) -> Response:
    """plotly.js, of the installed plotly package."""
    packed = "gzip" in request.headers.get("accept-encoding", "")
    headers = {
        "ETag": f'"plotly-{plotly.__version__}"',
        "Cache-Control": REVALIDATE,
        "Vary": "Accept-Encoding",
        "Content-Encoding": "gzip" if packed else "identity",
    }
    return not_modified(request, headers) or Response(_plotly(packed), headers=headers, media_type="text/javascript")


@lru_cache(maxsize=2)
def _plotly(packed: bool) -> bytes:
    source = (resources.files("plotly") / "package_data" / "plotly.min.js").read_bytes()
    return gzip.compress(source, 6, mtime=0) if packed else source
