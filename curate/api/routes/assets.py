"""Scripts and styles of installed packages, so that the browser needs no other server."""

import gzip
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata, resources

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from curate.api.answers import REVALIDATE, not_modified

router = APIRouter(prefix="/assets", include_in_schema=False)


@dataclass(frozen=True, slots=True)
class _Asset:
    distribution: str
    package: str
    path: str
    media_type: str


_ASSETS = {
    "plotly.min.js": _Asset("plotly", "plotly", "package_data/plotly.min.js", "text/javascript"),
    "swagger-ui-bundle.js": _Asset(
        "fastapi-offline", "fastapi_offline", "static/swagger-ui-bundle.js", "text/javascript"
    ),
    "swagger-ui.css": _Asset("fastapi-offline", "fastapi_offline", "static/swagger-ui.css", "text/css"),
}


@router.get("/{name}", response_class=Response)
def read_asset(name: str, request: Request) -> Response:
    """One of the few files that our pages load."""
    asset = _ASSETS.get(name)
    if asset is None:
        raise HTTPException(404)
    packed = "gzip" in request.headers.get("accept-encoding", "")
    headers = {
        "ETag": f'"{asset.distribution}-{metadata.version(asset.distribution)}"',
        "Cache-Control": REVALIDATE,
        "Vary": "Accept-Encoding",
        "Content-Encoding": "gzip" if packed else "identity",
    }
    unchanged = not_modified(request, headers)
    return unchanged or Response(_content(asset, packed), headers=headers, media_type=asset.media_type)


@lru_cache(maxsize=8)
def _content(asset: _Asset, packed: bool) -> bytes:
    """Return the file, compressed once: compressing plotly.js anew for every page would take half a second."""
    content = resources.files(asset.package).joinpath(asset.path).read_bytes()
    return gzip.compress(content, 6, mtime=0) if packed else content
