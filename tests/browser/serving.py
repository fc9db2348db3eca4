"""The real app in a process of its own, on a workspace and a free port."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 90


@dataclass(frozen=True)
class RunningApp:
    """An app that answers at `url`."""

    url: str
    workspace: Path
    log: Path

    def get(self, path: str, **query: Any) -> Any:
        """Return what the API answers to a GET below /api, read from JSON."""
        return self._json("GET", path, params=query)

    def post(self, path: str, body: Mapping[str, Any] | None = None, **query: Any) -> Any:
        """Return what the API answers to a POST below /api, read from JSON."""
        return self._json("POST", path, params=query, json=body or {})

    def bytes_of(self, path: str) -> bytes:
        """Return the body of a GET below /api."""
        return httpx.get(f"{self.url}/api{path}", timeout=30).raise_for_status().content

    def image_ids(self, expression: str = "") -> list[str]:
        """Return the ids of the images that a filter keeps, in the order of import."""
        ids: list[str] = []
        cursor = None
        while True:
            query = {"filter": expression, "limit": 1000} | ({"cursor": cursor} if cursor else {})
            page = self.get("/images", **query)
            ids += [image["id"] for image in page["images"]]
            cursor = page.get("next_cursor")
            if not cursor:
                return ids

    def tags(self) -> dict[str, int]:
        """Return every tag with its count."""
        return {row["tag"]: row["count"] for row in self.get("/tags")["tags"]}

    def stop_job(self, job_id: int) -> None:
        """Stop a job, and return once it has ended."""
        self._json("DELETE", f"/jobs/{job_id}")
        self.wait_for_jobs()

    def wait_for_jobs(self, seconds: float = 60) -> None:
        """Return once no job is waiting or running."""
        end = time.monotonic() + seconds
        while any(job["state"] in ("queued", "running") for job in self.get("/jobs")["jobs"]):
            assert time.monotonic() < end, "a job did not end"
            time.sleep(0.1)

    def _json(self, method: str, path: str, **parts: Any) -> Any:
        answer = httpx.request(method, f"{self.url}/api{path}", timeout=60, **parts)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json()


@contextmanager
def running_app(workspace: Path) -> Iterator[RunningApp]:
    """Start the app on a workspace, and stop it at the end."""
    port = _free_port()
    log = workspace.parent / f"{workspace.name}.log"
    app = RunningApp(f"http://127.0.0.1:{port}", workspace, log)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "curate", "serve", "--address", "127.0.0.1", "--port", str(port)],
            cwd=ROOT,
            env={**os.environ, "CURATE_WORKSPACE": str(workspace), "CURATE_ENCODER": "descriptor"},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_healthy(app, process)
        yield app
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_healthy(app: RunningApp, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        assert process.poll() is None, f"the app ended while it started:\n{app.log.read_text(errors='replace')}"
        try:
            if httpx.get(f"{app.url}/api/health", timeout=2).is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"the app did not start:\n{app.log.read_text(errors='replace')}")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
