"""What the API takes and gives, as it stands in the OpenAPI document."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from curate.models import Cluster, ClusterRun, Hit, Image, Job, JobState, Operation

ImageId = Annotated[str, Field(description="An image's id.", examples=["3f9k2m7q0x1c"], max_length=200)]
FilterText = Annotated[
    str,
    Field(
        description="A filter, as in the pages: terms such as `tag:red`, `-tag:blurry`, `cluster:1,2`, "
        '`folder:"day one"`, `caption:dress`, `missing:caption`, `is:duplicate`, `is:caption-conflict` or a bare word, '
        "all of which must hold.",
        examples=["tag:red -tag:blurry"],
        max_length=20_000,
    ),
]
RowNumber = Annotated[int, Field(ge=0, lt=2**63)]
MOST_RESULTS = 1000
MOST_EXAMPLES = 1000
MOST_TARGETS = 2_000_000


class _Body(BaseModel):
    """A request's body; a misspelt field is an error, not silently ignored."""

    model_config = ConfigDict(extra="forbid")


class Problem(BaseModel):
    """An error, as RFC 9457 says."""

    type: str = Field(examples=["about:blank"])
    title: str = Field(description="The status in words.", examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(
        description="What happened, to what, and what to do.",
        examples=["There is no image “abc” in this workspace. Import its folder first."],
    )


class ClusterRequest(_Body):
    """How to cluster. What is left out is taken from the workspace's `clustering.yaml`."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"algorithm": "hdbscan", "seed": 7}]})

    algorithm: Literal["hdbscan", "kmeans"] | None = Field(None, description="How groups are found.")
    reducer: Literal["umap", "pca"] | None = Field(None, description="How the map is laid out.")
    n_neighbors: int | None = Field(None, ge=2, le=200, description="UMAP: neighbours that shape the map.")
    min_dist: float | None = Field(None, ge=0, le=1, description="UMAP: how close points may lie.")
    min_cluster_size: int | None = Field(None, ge=2, lt=2**31, description="HDBSCAN: images that make a cluster.")
    min_samples: int | None = Field(None, ge=1, le=1000, description="HDBSCAN: how cautious it is.")
    n_clusters: int | None = Field(None, ge=1, le=1000, description="k-means: how many clusters.")
    seed: int | None = Field(None, ge=0, lt=2**32, description="Makes a run repeatable, and somewhat slower.")


class ClusterSummary(BaseModel):
    """A finished run."""

    job_id: int
    run_id: int
    clusters: int
    noise: int = Field(description="Images that belong to no cluster.")
    images: int
    seconds: float


class JobStarted(BaseModel):
    """Work that goes on in the background; `GET /api/jobs/{job_id}` tells how far it is."""

    job_id: int


class FindRequest(_Body):
    """What to look for: an image, examples, a text, or several of them together."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"image_id": "3f9k2m7q0x1c", "top_k": 20}]}
    )

    image_id: ImageId | None = None
    text: str | None = Field(None, max_length=2000, description="Words; needs an encoder that reads text.")
    positives: list[ImageId] = Field([], max_length=MOST_EXAMPLES, description="Images to be like.")
    negatives: list[ImageId] = Field([], max_length=MOST_EXAMPLES, description="Images to be unlike.")
    filter: FilterText | None = None
    top_k: int | None = Field(None, ge=1, le=MOST_RESULTS, description="How many results; 50 when left out.")


class FoundImage(BaseModel):
    """One result."""

    image_id: ImageId
    score: float = Field(description="Cosine to the query: 1 is the same.", examples=[0.93])
    rank: int = Field(description="1 is the most similar.")
    path: str

    @classmethod
    def of(cls, hit: Hit) -> "FoundImage":
        return cls(image_id=hit.image_id, score=hit.score, rank=hit.rank, path=hit.path)


class FindResults(BaseModel):
    """The most similar images, best first; the examples themselves are never among them."""

    results: list[FoundImage]
    encoder: str
    seconds: float


class TagRequest(_Body):
    """A tag, and which images get it: their ids, a filter, or a cluster — one of the three."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"image_ids": ["3f9k2m7q0x1c"], "tag": "style_001"}]}
    )

    tag: str = Field(description="One line of up to 100 characters.", examples=["style_001"])
    image_ids: list[ImageId] | None = Field(None, max_length=MOST_TARGETS)
    filter: FilterText | None = None
    cluster_id: int | None = Field(None, ge=-1, lt=2**31, description="A cluster of the current map; -1 is noise.")
    remove: bool = Field(False, description="Take the tag off instead.")


class TagResult(BaseModel):
    """What was tagged, on disk by now. `POST /api/tagging/undo` takes it back."""

    tagged: int = Field(description="Images that were changed; those that had the tag already aren't counted.")
    operation_id: int
    tag: str = Field(description="The tag as it is kept: trimmed.")
    images: int = Field(description="Images that were meant.")


class UndoRequest(_Body):
    """Which change to take back."""

    operation_id: RowNumber | None = Field(None, description="The newest that still holds, when left out.")


class OperationDetails(BaseModel):
    """A change that can be, or was, undone."""

    operation_id: int
    kind: Literal["tag", "untag"]
    tag: str
    count: int = Field(description="Images that it changed.")
    created_at: datetime
    undone_at: datetime | None

    @classmethod
    def of(cls, operation: Operation) -> "OperationDetails":
        return cls.model_validate(
            {
                "operation_id": operation.id,
                "kind": operation.kind,
                "tag": operation.tag,
                "count": operation.count,
                "created_at": operation.created_at,
                "undone_at": operation.undone_at,
            }
        )


class ImportRequest(_Body):
    """A folder to import, with everything below it."""

    folder: str = Field(
        description="A path on the server, or an address such as `s3://bucket/name`.",
        examples=["/home/me/pictures"],
        max_length=4096,
    )
    encoder: str | None = Field(None, max_length=200, description="Must be the active one, where it is given.")


class ImageDetails(BaseModel):
    """One image, with what people and sidecars said about it."""

    model_config = ConfigDict(from_attributes=True)

    id: ImageId
    path: str
    name: str
    folder: str
    width: int = Field(description="Pixels, upright.")
    height: int
    format: str = Field(examples=["JPEG"])
    size_bytes: int
    caption: str | None
    caption_in_file: str | None = Field(
        description="What the caption file says by now, where a person wrote another caption and has not decided."
    )
    copies: int = Field(description="Other images whose files are exactly the same; `copies:ID` filters for them.")
    tags: list[str]
    cluster_id: int | None = Field(description="Its cluster on the current map; null for noise, or when off the map.")
    cluster_name: str | None
    metadata: dict[str, str]
    missing: bool = Field(description="Whether the last import of its folder no longer found the file.")
    imported_at: datetime = Field(description="UTC.")

    @classmethod
    def of(cls, image: Image) -> "ImageDetails":
        return cls.model_validate(image)


class CaptionRequest(_Body):
    """A caption, or which of two it is to be."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"text": "a red dress on a chair"}]})

    text: str | None = Field(None, max_length=100_000, description="The new caption; an empty one takes it away.")
    keep: Literal["mine", "file"] | None = Field(
        None, description="In place of `text`: which one holds, where the caption file says something else by now."
    )


class ImagePage(BaseModel):
    """Some of the images that the filter keeps."""

    images: list[ImageDetails]
    total: int = Field(description="How many images the filter keeps in all.")
    next_cursor: str | None = Field(description="Asks for what follows; null at the end.")


class ClusterDetails(BaseModel):
    """A cluster of the current map."""

    model_config = ConfigDict(from_attributes=True)

    id: int = Field(description="0 is the largest.")
    name: str
    size: int

    @classmethod
    def of(cls, cluster: Cluster) -> "ClusterDetails":
        return cls.model_validate(cluster)


class RunDetails(BaseModel):
    """The clustering run that made the current map."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    algorithm: str
    reducer: str
    encoder: str
    parameters: dict[str, Any]
    images: int
    clusters: int
    noise: int
    seconds: float
    created_at: datetime

    @classmethod
    def of(cls, run: ClusterRun) -> "RunDetails":
        return cls.model_validate(run)


class ClusterList(BaseModel):
    """The current map's clusters, the largest first; empty before the first run."""

    run: RunDetails | None
    clusters: list[ClusterDetails]


class TagCount(BaseModel):
    """A tag in use."""

    tag: str
    count: int = Field(description="Images that have it.")


class TagList(BaseModel):
    """Every tag in use, the most used first."""

    tags: list[TagCount]


class JobDetails(BaseModel):
    """A long piece of work, its progress and its end."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    kind: str = Field(examples=["import"])
    title: str
    state: JobState
    done: int
    total: int
    message: str
    rate: float = Field(description="Units done a second.")
    seconds_left: float | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    parameters: dict[str, Any]
    result: dict[str, Any] | None

    @classmethod
    def of(cls, job: Job) -> "JobDetails":
        return cls.model_validate(job)


class JobList(BaseModel):
    """The newest jobs first."""

    jobs: list[JobDetails]


class Health(BaseModel):
    """That the app is up, and what it runs on."""

    status: Literal["ok"]
    images: int
    encoder: str
    notice: str | None = Field(description="Why the encoder is not the one that could be expected.")
    schema_version: int
