"""What the API takes and gives about encoders."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from curate.models import AttachedEmbeddings, EncoderOffer, EncoderState

EncoderName = Field(description="An encoder's name.", examples=["clip-vit-b-32"], max_length=200)


class EncoderDetails(BaseModel):
    """An encoder of the workspace, and how much it has embedded."""

    model_config = ConfigDict(from_attributes=True)

    name: str = Field(examples=["clip-vit-b-32"])
    label: str = Field(examples=["CLIP ViT-B/32"])
    dimension: int = Field(description="Numbers in each vector.")
    origin: Literal["model", "import"] = Field(description="`import` where its vectors came from a file.")
    words: str = Field(description="What it does.")
    images: int = Field(description="Images that it has a vector of.")
    active: bool = Field(description="Whether pages and searches use it now.")
    embeds: bool = Field(description="Whether it can embed further images.")

    @classmethod
    def of(cls, state: EncoderState) -> "EncoderDetails":
        return cls.model_validate(state)


class OfferDetails(BaseModel):
    """An encoder that the workspace could use without a download, but doesn't yet."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    label: str
    words: str

    @classmethod
    def of(cls, offer: EncoderOffer) -> "OfferDetails":
        return cls.model_validate(offer)


class EncoderList(BaseModel):
    """The encoders side by side, and what else there is."""

    active: str
    images: int = Field(description="Images in the workspace, not missing.")
    encoders: list[EncoderDetails]
    offers: list[OfferDetails]


class EncoderChoice(BaseModel):
    """Which encoder to use."""

    model_config = ConfigDict(extra="forbid")

    name: str = EncoderName


class EmbeddingRequest(BaseModel):
    """Which encoder's missing vectors to make."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(None, description="The active encoder, when left out.", max_length=200)


class AttachRequest(BaseModel):
    """Vectors that were made elsewhere, and whose they are."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"file": "/data/dino.npy", "ids": "/data/ids.csv", "name": "DINOv2"}]},
    )

    file: str = Field(description="A .npy, .npz or .parquet file on the server, one row an image.", max_length=4096)
    ids: str | None = Field(
        None, description="A .csv with a column `id` or `path`, or one a line; Parquet may do without.", max_length=4096
    )
    name: str = Field(description="What the screen calls them.", examples=["DINOv2"], max_length=200)
    replace: bool = Field(False, description="Take the place of those of the same name.")


class AttachedDetails(BaseModel):
    """Vectors from a file, an encoder of the workspace by now."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    label: str
    dimension: int
    images: int = Field(description="Images that have one.")
    matched_by: str = Field(description="How the file names its images.", examples=["image id", "absolute path"])
    seconds: float

    @classmethod
    def of(cls, attached: AttachedEmbeddings) -> "AttachedDetails":
        return cls.model_validate(attached)
