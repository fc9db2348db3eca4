"""The words of Curate as frozen values. Imports nothing of ours."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

NOISE = -1
"""The cluster of images that belong to none."""


@dataclass(frozen=True, slots=True)
class Image:
    """One image of the catalogue, with what people and sidecars said about it."""

    id: str
    path: str
    folder: str
    name: str
    width: int
    """Pixels, after EXIF orientation."""
    height: int
    format: str
    size_bytes: int
    content_hash: str
    imported_at: datetime
    missing: bool
    caption: str | None
    tags: tuple[str, ...]
    cluster_id: int | None
    cluster_name: str | None
    metadata: Mapping[str, str]
    caption_in_file: str | None = None
    """What the caption file says by now, where it differs from a person's own caption."""
    copies: int = 0
    """Other images, not missing, whose files are exactly the same."""


@dataclass(frozen=True, slots=True)
class SkippedFile:
    """A file that was not imported, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What one import did; `python -m curate import --json` prints it."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    moved: int = 0
    missing: int = 0
    skipped: tuple[SkippedFile, ...] = ()
    encoder: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class EncoderState:
    """An encoder of the workspace, and how much it has embedded."""

    name: str
    label: str
    dimension: int
    origin: str
    """`model`, or `import` where its vectors came from a file."""
    words: str
    """What it does, in a few words."""
    images: int
    """Images, not missing, that it has a vector of."""
    active: bool
    embeds: bool
    """Whether it can embed further images."""


@dataclass(frozen=True, slots=True)
class EncoderOffer:
    """An encoder that the workspace could use, but doesn't yet."""

    name: str
    label: str
    words: str


@dataclass(frozen=True, slots=True)
class AttachedEmbeddings:
    """Vectors from a file, an encoder of the workspace by now."""

    name: str
    label: str
    dimension: int
    images: int
    """Images, not missing, that have one."""
    matched_by: str
    """How the file names its images."""
    seconds: float


@dataclass(frozen=True, slots=True)
class Hit:
    """One search result. `score` is the cosine to the query; `rank` starts at 1."""

    image_id: str
    path: str
    score: float
    rank: int


@dataclass(frozen=True, slots=True)
class SearchResults:
    """Hits, best first."""

    hits: tuple[Hit, ...]
    encoder: str
    seconds: float

    @property
    def image_ids(self) -> list[str]:
        return [hit.image_id for hit in self.hits]


@dataclass(frozen=True, slots=True)
class ClusterRun:
    """One finished clustering. `parameters` holds everything that is needed to repeat it."""

    id: int
    algorithm: str
    reducer: str
    encoder: str
    parameters: Mapping[str, Any]
    images: int
    clusters: int
    noise: int
    seconds: float
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Cluster:
    """One cluster of a run; clusters are numbered from 0 by falling size."""

    id: int
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Count:
    """How many images have a value: a tag, a cluster, a folder.

    `selected` counts those that the current filter keeps, `total` all of them.
    """

    value: str
    label: str
    selected: int
    total: int


@dataclass(frozen=True, slots=True)
class Operation:
    """An undoable change, as the journal keeps it."""

    id: int
    kind: str
    """`tag` or `untag`."""
    tag: str
    count: int
    """Images that it really changed: those that had the tag already aren't counted."""
    created_at: datetime
    undone_at: datetime | None = None


class JobState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        return self in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


@dataclass(frozen=True, slots=True)
class Job:
    """A long piece of work, its progress and its end."""

    id: int
    kind: str
    title: str
    state: JobState
    done: int
    total: int
    message: str
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    result: Mapping[str, Any] | None = None

    @property
    def rate(self) -> float:
        """Units done a second, over the whole job so far; 0 before it starts."""
        if self.started_at is None or self.done == 0:
            return 0.0
        end = self.finished_at or datetime.now(UTC).replace(tzinfo=None)
        return self.done / max((end - self.started_at).total_seconds(), 1e-3)

    @property
    def seconds_left(self) -> float | None:
        """Seconds to go at the present rate; None before anything is known."""
        if self.state is not JobState.RUNNING or not self.rate or not self.total:
            return None
        return max(self.total - self.done, 0) / self.rate
