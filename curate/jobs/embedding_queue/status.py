"""What can be said of the queue at any moment."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WorkerStatus:
    """A worker that reported within the last seconds."""

    name: str
    host: str
    encoder: str
    busy: bool
    images: int
    """Embedded since it started."""
    rate: float
    """Images a second over the last minute."""


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """How much waits to be embedded, who embeds it, and what stands in the way."""

    remote: bool
    """Whether workers on Redis embed; otherwise this process does."""
    address: str
    """Of Redis, without its password; empty where there is none."""
    encoder: str
    images: int
    """Images that wait or are being embedded."""
    chunks: int
    """Chunks that they make."""
    workers: tuple[WorkerStatus, ...]
    rate: float
    """Images a second over the last minute, of all workers."""
    set_aside: int
    """Images that could not be embedded; they are tried again at the next start."""
    problem: str | None
    """Why nothing goes on at the moment, and what to do."""
    last_error: str | None
    """The newest thing that went wrong with a chunk or an image."""
