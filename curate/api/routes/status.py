"""Health and metrics."""

from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import APIRouter, Request, Response

from curate.api.dependencies import CurrentWorkspace
from curate.api.request_metrics import RequestCounts
from curate.api.schemas import Health
from curate.store.database import SCHEMA_VERSION
from curate.workspace import Workspace

router = APIRouter(tags=["Status"])

PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
PROMETHEUS_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "Prometheus text format."}
}


@router.get("/health", summary="Check that the app is up")
def read_health(workspace: CurrentWorkspace) -> Health:
    """That the app answers and its database can be read, and what it runs on. Needs no token."""
    return Health(
        status="ok",
        images=workspace.images.count(),
        encoder=workspace.encoder.name,
        notice=workspace.encoder_notice,
        schema_version=SCHEMA_VERSION,
    )


@router.get("/metrics", summary="Read the metrics", response_class=Response, responses=PROMETHEUS_ANSWER)
def read_metrics(workspace: CurrentWorkspace, request: Request) -> Response:
    """Images, tags, jobs, the embedding queue and requests, for Prometheus."""
    lines = [*_collection(workspace), *_queue(workspace), *_requests(request.app.state.requests)]
    return Response("\n".join(lines) + "\n", media_type=PROMETHEUS)


def _collection(workspace: Workspace) -> Iterable[str]:
    tags = workspace.tagging.counts()
    jobs = workspace.jobs.counts()
    yield from _metric("curate_images", "gauge", "Images in the workspace.", {"": workspace.images.count()})
    yield from _metric(
        "curate_embedded_images", "gauge", "Images with an embedding.", {"": workspace.embeddings.count()}
    )
    yield from _metric("curate_tags", "gauge", "Different tags in use.", {"": len(tags)})
    yield from _metric("curate_image_tags", "gauge", "Tags on images, all together.", {"": sum(tags.values())})
    by_state = {f'{{state="{state.value}"}}': count for state, count in jobs.items()}
    yield from _metric("curate_jobs", "gauge", "Jobs, by state.", by_state)


def _queue(workspace: Workspace) -> Iterable[str]:
    queue = workspace.embedding_queue.status()
    for name, help_text, value in (
        ("images", "Images that wait to be embedded, or are being embedded.", queue.images),
        ("chunks", "Chunks that those images make.", queue.chunks),
        ("workers", "Workers on Redis that are there.", len(queue.workers)),
        ("images_per_second", "Images embedded a second, over the last minute.", round(queue.rate, 3)),
        ("set_aside_images", "Images that could not be embedded.", queue.set_aside),
        ("stuck", "1 while something keeps the queue from going on.", int(queue.problem is not None)),
    ):
        yield from _metric(f"curate_queue_{name}", "gauge", help_text, {"": value})


def _requests(counts: RequestCounts) -> Iterable[str]:
    name = "curate_request_duration_seconds"
    yield from _metric(name, "summary", "Time that requests took.", {})
    for (method, route, status), count, seconds in counts.snapshot():
        labels = f'{{method="{method}",route="{route}",status="{status}"}}'
        yield f"{name}_count{labels} {count}"
        yield f"{name}_sum{labels} {seconds:.6f}"


def _metric(name: str, kind: str, help_text: str, values: Mapping[str, float]) -> Iterable[str]:
    yield f"# HELP {name} {help_text}"
    yield f"# TYPE {name} {kind}"
    for labels, value in values.items():
        yield f"{name}{labels} {value}"
