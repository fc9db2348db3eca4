"""Encoders side by side: list them, switch, and embed what one of them lacks."""

import os
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Body

from curate.api.dependencies import CurrentWorkspace
from curate.api.encoder_schemas import (
    AttachedDetails,
    AttachRequest,
    EmbeddingRequest,
    EncoderChoice,
    EncoderDetails,
    EncoderList,
    OfferDetails,
)
from curate.api.schemas import JobStarted
from curate.errors import InvalidEmbeddings
from curate.ingest.folders import checked_folder, may_be_imported
from curate.settings import Settings
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


@router.post("/import", summary="Attach embeddings from a file")
def attach_embeddings(request: AttachRequest, workspace: CurrentWorkspace) -> AttachedDetails:
    """Make vectors that were made elsewhere an encoder of the workspace: all of them, or nothing changes.

    Answers when they are in. The active encoder stays as it is.
    """
    file = _allowed(request.file, workspace.settings)
    ids = _allowed(request.ids, workspace.settings) if request.ids else None
    return AttachedDetails.of(workspace.exchange.attach(file, ids, request.name, replace=request.replace))


@router.post("/embed", status_code=202, summary="Embed what an encoder lacks")
def embed_images(workspace: CurrentWorkspace, request: Annotated[EmbeddingRequest | None, Body()] = None) -> JobStarted:
    """Embed, in the background, the images that an encoder has no vector of; the active one when it isn't named."""
    return JobStarted(job_id=workspace.start_embedding(request.name if request else None).id)


def _allowed(path: str, settings: Settings) -> Path:
    """Return the path of a file in a folder that may be read: the same as those that may be imported."""
    folder, name = os.path.split(os.path.expanduser(path))
    file = checked_folder(folder, settings) / name
    if "\0" in name or not may_be_imported(file.resolve(), settings) or _is_no_file(file):
        raise InvalidEmbeddings(f"{file.parent} holds no such file that may be read. Choose another one.")
    return file


def _is_no_file(path: Path) -> bool:
    """Whether there is something else: a pipe or a device would keep its reader waiting, or feed it forever."""
    return path.exists() and not path.is_file()


def _listed(workspace: Workspace) -> EncoderList:
    return EncoderList(
        active=workspace.encoder.name,
        images=workspace.images.count(),
        encoders=[EncoderDetails.of(state) for state in workspace.encoders.states()],
        offers=[OfferDetails.of(offer) for offer in workspace.encoders.offers()],
    )
