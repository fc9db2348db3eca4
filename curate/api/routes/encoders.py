"""Encoders side by side: list them, switch, and embed what one of them lacks."""

from typing import Annotated

from fastapi import APIRouter, Body

from curate.api.dependencies import CurrentWorkspace
from curate.api.encoder_schemas import EmbeddingRequest, EncoderChoice, EncoderDetails, EncoderList, OfferDetails
from curate.api.schemas import JobStarted
from curate.workspace import Workspace

router = APIRouter(prefix="/encoders", tags=["Encoders"])


@router.get("", summary="List encoders")
def list_encoders(workspace: CurrentWorkspace) -> EncoderList:
    """The encoders that images of this workspace were embedded with, and those that it could use besides."""
    return _listed(workspace)


@router.post("/activate", summary="Switch to another encoder")
def activate_encoder(choice: EncoderChoice, workspace: CurrentWorkspace) -> EncoderList:
    """Use an encoder for the map, similar images and search, in every open page. A model is loaded first."""
    workspace.activate_encoder(choice.name)
    return _listed(workspace)


@router.post("/embed", status_code=202, summary="Embed what an encoder lacks")
def embed_images(workspace: CurrentWorkspace, request: Annotated[EmbeddingRequest | None, Body()] = None) -> JobStarted:
    """Embed, in the background, the images that an encoder has no vector of; the active one when it isn't named."""
    return JobStarted(job_id=workspace.start_embedding(request.name if request else None).id)


def _listed(workspace: Workspace) -> EncoderList:
    return EncoderList(
        active=workspace.encoder.name,
        images=workspace.images.count(),
        encoders=[EncoderDetails.of(state) for state in workspace.encoders.states()],
        offers=[OfferDetails.of(offer) for offer in workspace.encoders.offers()],
    )
