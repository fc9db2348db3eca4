"""Counts requests and the time they took, by method, route and status."""

import threading
import time
from collections import Counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

METHODS = frozenset({"GET", "HEAD", "POST", "DELETE", "OPTIONS", "PUT", "PATCH"})
RequestKey = tuple[str, str, int]
"""Method, route with its parameters unfilled, and status: few enough to keep for ever."""


class RequestCounts:
    """What was served since the process started."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[RequestKey] = Counter()
        self._seconds: dict[RequestKey, float] = {}

    def add(self, key: RequestKey, seconds: float) -> None:
        """Count one request."""
        with self._lock:
            self._counts[key] += 1
            self._seconds[key] = self._seconds.get(key, 0.0) + seconds

    def snapshot(self) -> list[tuple[RequestKey, int, float]]:
        """Return (key, requests, seconds in all), in the keys' order."""
        with self._lock:
            return [(key, count, self._seconds[key]) for key, count in sorted(self._counts.items())]


class CountRequests:
    """The middleware that does the counting."""

    def __init__(self, app: ASGIApp, counts: RequestCounts) -> None:
        self._app = app
        self._counts = counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500

        async def watched_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched_send)
        finally:
            route = getattr(scope.get("route"), "path", "unknown")
            method = scope["method"] if scope["method"] in METHODS else "other"
            self._counts.add((method, route, status), time.perf_counter() - started)
