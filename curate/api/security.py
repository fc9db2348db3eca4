"""Who may call: the host that a request names, the page that it comes from, and the token that it shows.

Three dangers. A web page anywhere can make a browser send requests to localhost: changes therefore must not come from
another origin. Its name can be pointed at 127.0.0.1 later ("DNS rebinding"), which makes it the same origin: only known
host names are answered. And whoever reaches the port can call: a token shuts them out where one is set.
"""

import hmac
import ipaddress
import secrets
import socket
from collections.abc import Callable
from functools import lru_cache
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from curate.api.problems import problem
from curate.settings import Settings

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OPEN_CALLS = ("/health", "/docs", "/openapi.json", "/assets")
"""What needs no token: nothing of the collection is in it."""
PAGE_CALLS = ("/images", "/views", "/map")
"""What the pages' own components read, by the cookie that came with the page."""

_PAGE_KEY = secrets.token_urlsafe(32)


class RequestGuard:
    """Lets only those API requests through that a person at a known address can have meant."""

    def __init__(self, app: ASGIApp, settings: Callable[[], Settings]) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope, Headers(scope=scope))
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            status, sentence = refusal
            challenge = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else None
            await problem(status, sentence, challenge)(scope, receive, send)

    def _refusal(self, scope: Scope, headers: Headers) -> tuple[HTTPStatus, str] | None:
        settings = self._settings()
        host = headers.get("host", "")
        if not is_known_host(host, settings.allowed_hosts):
            return HTTPStatus.FORBIDDEN, unknown_host(host)
        if scope["method"] not in SAFE_METHODS and not _same_origin(headers.get("origin"), host):
            return HTTPStatus.FORBIDDEN, "This request comes from another web site, so it was refused."
        if settings.api_token and not self._is_authorised(scope, headers, settings.api_token):
            return HTTPStatus.UNAUTHORIZED, (
                "This server wants a token. Send the header “Authorization: Bearer …” with what CURATE_API_TOKEN says."
            )
        return None

    def _is_authorised(self, scope: Scope, headers: Headers, token: str) -> bool:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        if _is_below(path, OPEN_CALLS) and scope["method"] in SAFE_METHODS:
            return True
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and _equal(given.strip(), token):
            return True
        return scope["method"] in SAFE_METHODS and _is_below(path, PAGE_CALLS) and _has_page_key(scope, headers)


class PageGuard:
    """For the app around the API: answers known hosts only, and gives the page a key to the images it shows.

    The key is random for each process. It goes with every answer outside the API until the browser shows it, so that
    a tab that stays open over a restart gets the new one when it connects again.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _is_below(scope["path"], ("/api",)):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not is_known_host(host, self._settings.allowed_hosts):
            await problem(HTTPStatus.FORBIDDEN, unknown_host(host))(scope, receive, send)
            return
        if not self._settings.api_token or _has_page_key(scope, headers):
            await self._app(scope, receive, send)
            return

        async def send_with_key(message: Message) -> None:
            if message["type"] == "http.response.start":
                cookie = f"{_cookie_name(scope)}={_PAGE_KEY}; Path=/; HttpOnly; SameSite=Strict"
                MutableHeaders(scope=message).append("Set-Cookie", cookie)
            await send(message)

        await self._app(scope, receive, send_with_key)


def is_known_host(host: str, allowed_hosts: str) -> bool:
    """Whether a Host header names this machine, or one of `allowed_hosts` (separated by commas, "*" for all).

    An address in numbers is always fine: a name that was pointed here stays a name in the header.
    """
    name = _name_of(host)
    allowed = {entry.strip().lower() for entry in allowed_hosts.split(",") if entry.strip()}
    return "*" in allowed or name in allowed or name in _own_names() or _is_address(name)


def unknown_host(host: str) -> str:
    """Return the sentence for a request to an unknown host."""
    return (
        f"This app doesn't answer to the name “{_name_of(host)[:60]}”. "
        "Open it at localhost, or add the name to CURATE_ALLOWED_HOSTS."
    )


@lru_cache(maxsize=1)
def _own_names() -> frozenset[str]:
    own = socket.gethostname().lower()
    return frozenset({"localhost", own, own.partition(".")[0], f"{own.partition('.')[0]}.local"})


def _name_of(host: str) -> str:
    """Return a Host header's name, without port, brackets and a final dot."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _same_origin(origin: str | None, host: str) -> bool:
    """Whether a request has no Origin (it's no browser's), or that of the host it goes to."""
    return origin is None or origin.partition("://")[2].lower() == host.lower()


def _is_below(path: str, prefixes: tuple[str, ...]) -> bool:
    return any(path == prefix or path.startswith(f"{prefix}/") for prefix in prefixes)


def _has_page_key(scope: Scope, headers: Headers) -> bool:
    try:
        cookie = SimpleCookie(headers.get("cookie", "")).get(_cookie_name(scope))
    except CookieError:
        return False
    return cookie is not None and _equal(cookie.value, _PAGE_KEY)


def _cookie_name(scope: Scope) -> str:
    """Browsers share cookies between the ports of a host, so two apps need two names."""
    server = scope.get("server")
    return f"curate_page_{server[1] if server else 0}"


def _equal(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())
