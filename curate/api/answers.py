"""Answers that browsers keep: conditional, immutable and binary ones."""

import zlib
from collections.abc import Mapping

from fastapi import Request, Response
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

IMMUTABLE = "private, max-age=31536000, immutable"
REVALIDATE = "private, no-cache"
WORTH_COMPRESSING = 64 * 1024
"""Bytes from which compressing a body costs less than sending it over a network."""

_THIS_MACHINE = ("127.0.0.1", "::1", "localhost", "testclient")


class NoSniffing:
    """Tells browsers to believe the media type: an image file that looks like a page is no page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_header(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Content-Type-Options"] = "nosniff"
            await send(message)

        await self._app(scope, receive, send_with_header)


def not_modified(request: Request, headers: Mapping[str, str]) -> Response | None:
    """Return 304 when the browser has what `headers["ETag"]` names, else None."""
    known = request.headers.get("if-none-match", "")
    tags = {tag.strip().removeprefix("W/") for tag in known.split(",")}
    if headers["ETag"] not in tags and known.strip() != "*":
        return None
    return Response(status_code=304, headers=dict(headers))


def binary(request: Request, body: bytes, etag: str, cache: str = REVALIDATE) -> Response:
    """Answer with bytes, compressed at the quickest level where they travel over a network.

    Within one machine sending is quicker than compressing. The encoding is always named: the pages' own server would
    otherwise compress it at its slowest level, which takes seconds for a million images.
    """
    headers = {"ETag": f'"{etag}"', "Cache-Control": cache, "Vary": "Accept-Encoding"}
    unchanged = not_modified(request, headers)
    if unchanged is not None:
        return unchanged
    headers["Content-Encoding"] = "identity"
    if len(body) >= WORTH_COMPRESSING and _takes_gzip(request) and not _is_local(request):
        packer = zlib.compressobj(1, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
        body = packer.compress(body) + packer.flush()
        headers["Content-Encoding"] = "gzip"
    return Response(body, headers=headers, media_type="application/octet-stream")


def _takes_gzip(request: Request) -> bool:
    return "gzip" in request.headers.get("accept-encoding", "")


def _is_local(request: Request) -> bool:
    return request.client is None or request.client.host.removeprefix("::ffff:") in _THIS_MACHINE
