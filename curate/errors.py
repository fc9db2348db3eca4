"""Everything that can go wrong in Curate, as sentences for the person who reads them.

CurateError
├── NotFound             ImageNotFound · ClusterNotFound · RunNotFound · JobNotFound · OperationNotFound · ViewNotFound
│                        EncoderNotFound
├── InvalidInput         InvalidTag · InvalidFilter · InvalidFolder · InvalidParameter · InvalidEmbeddings
├── NotReady             EmbeddingMissing · NotClustered · NothingToUndo
├── Unavailable          EncoderUnavailable · TextNotSupported · EmbeddingNotSupported · WorkspaceBusy
│                        DecoderUnavailable · QueueUnreachable · WorkerUnfit
├── StorageFailed        the disk is full, or a file of the workspace cannot be read or written
├── UnreadableImage      one file's reason for not being imported
└── JobCancelled         raised inside a job when the person asked it to stop

Each message says what happened, to what, and what to do. `curate/api/problems.py` turns them into HTTP answers,
`pages/shell.py` into `st.error`, and `curate/cli/` into one line on stderr: nothing else does.
"""


class CurateError(Exception):
    """Base of all errors that carry a sentence for the user."""


class NotFound(CurateError):
    """Something was named that this workspace does not have."""


class ImageNotFound(NotFound):
    def __init__(self, image_id: str) -> None:
        super().__init__(f"There is no image {_shown(image_id)} in this workspace. Import its folder first.")
        self.image_id = image_id


class ClusterNotFound(NotFound):
    def __init__(self, cluster_id: int) -> None:
        super().__init__(f"There is no cluster {cluster_id} on the current map. `GET /api/clusters` lists them.")


class RunNotFound(NotFound):
    def __init__(self, run_id: object) -> None:
        super().__init__(f"There is no clustering run {_shown(run_id)} in this workspace.")


class JobNotFound(NotFound):
    def __init__(self, job_id: object) -> None:
        super().__init__(f"There is no job {_shown(job_id)} in this workspace.")


class OperationNotFound(NotFound):
    def __init__(self, operation_id: object) -> None:
        super().__init__(f"There is no change {_shown(operation_id)} in this workspace's history.")


class ViewNotFound(NotFound):
    def __init__(self, token: str) -> None:
        super().__init__(f"The list of images {_shown(token)} is no longer held. Reload the page.")


class EncoderNotFound(NotFound):
    def __init__(self, name: str) -> None:
        super().__init__(f"There is no encoder {_shown(name)} here. Choose one from the list of encoders.")


class InvalidInput(CurateError):
    """A value that a person gave cannot be used as it is."""


class InvalidTag(InvalidInput):
    """An empty, over-long or unprintable tag."""


class InvalidFilter(InvalidInput):
    """A filter expression that cannot be read; `position` is the offending character's index."""

    def __init__(self, message: str, position: int = 0) -> None:
        super().__init__(message)
        self.position = position


class InvalidFolder(InvalidInput):
    """A folder that does not exist, is not a folder, or may not be read."""


class InvalidParameter(InvalidInput):
    """A number or a choice outside its range."""


class InvalidEmbeddings(InvalidInput):
    """A file of vectors or of ids that can't be attached to this workspace as it is."""


class NotReady(CurateError):
    """The request makes sense, but an earlier step is missing."""


class EmbeddingMissing(NotReady):
    def __init__(self, image_id: str, vectors: str | None = None) -> None:
        """`vectors` is the encoder's label where only vectors from a file are here, and none of this image."""
        what = f"has no vector in {_shown(vectors)}. Switch to another encoder, or choose another image."
        todo = "is not embedded yet. Wait for the import to finish, or import again."
        super().__init__(f"Image {_shown(image_id)} {todo if vectors is None else what}")


class NotClustered(NotReady):
    def __init__(self) -> None:
        super().__init__(
            "There is no map yet. Import a folder, then press “Make the map” (or run `python -m curate cluster`)."
        )


class NothingToUndo(NotReady):
    """There is no change left to take back, or this one was taken back before."""


class Unavailable(CurateError):
    """Something outside this request is missing or in use."""


class EncoderUnavailable(Unavailable):
    """A named encoder cannot be loaded."""


class TextNotSupported(Unavailable):
    """The active encoder reads images only."""


class EmbeddingNotSupported(Unavailable):
    """The encoder has vectors from a file only, so nothing new can be embedded with it."""


class WorkspaceBusy(Unavailable):
    """Another process holds the workspace's database."""


class DecoderUnavailable(Unavailable):
    """The process that decodes images cannot be started."""


class QueueUnreachable(Unavailable):
    def __init__(self, address: str, reason: str) -> None:
        super().__init__(
            f"Redis at {address} can't be used: {reason}. Start it, or correct CURATE_REDIS_URL; "
            "embedding goes on by itself once it answers."
        )


class WorkerUnfit(Unavailable):
    """A worker is set up so that it can't embed what the app sends; others may."""


class StorageFailed(CurateError):
    """The disk is full, or a file of the workspace cannot be read or written."""


class UnreadableImage(CurateError):
    """Why one file is not imported, in words for the list of skipped files."""


class JobCancelled(CurateError):
    """Raised inside a job when the person asked it to stop."""

    def __init__(self) -> None:
        super().__init__("Stopped. What was done so far is kept; start it again to go on.")


def _shown(value: object, limit: int = 60) -> str:
    """Quote a user's value for a message, cut where it is long."""
    text = str(value)
    return f"“{text[:limit]}…”" if len(text) > limit else f"“{text}”"
