"""What the API says of the embedding queue."""

from pydantic import BaseModel, ConfigDict, Field

from curate.jobs.embedding_queue.status import QueueStatus


class WorkerDetails(BaseModel):
    """A worker that is there."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    host: str = Field(description="The machine that it runs on.")
    encoder: str
    busy: bool
    images: int = Field(description="Images that it has embedded since it started.")
    rate: float = Field(description="Images a second, over the last minute.")


class QueueDetails(BaseModel):
    """What waits to be embedded, and who does it."""

    model_config = ConfigDict(from_attributes=True)

    remote: bool = Field(description="Whether workers on Redis embed; otherwise the app does.")
    address: str = Field(description="Of Redis, without its password.", examples=["redis://localhost:6379/0"])
    encoder: str
    images: int = Field(description="Images that wait or are being embedded.")
    chunks: int = Field(description="Chunks that they make.")
    workers: list[WorkerDetails]
    rate: float = Field(description="Images a second over the last minute, of all workers.")
    set_aside: int = Field(description="Images that could not be embedded; they are tried again at the next start.")
    problem: str | None = Field(description="Why nothing goes on at the moment, and what to do.")
    last_error: str | None = Field(description="The newest thing that went wrong with a chunk or an image.")

    @classmethod
    def of(cls, status: QueueStatus) -> "QueueDetails":
        return cls.model_validate(status)
