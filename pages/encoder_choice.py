"""The quiet control in the status line that says which encoder is in use, and switches to another one."""

import streamlit as st

from curate.models import EncoderOffer, EncoderState
from curate.workspace import Workspace
from pages.state import current_workspace, embed_rest, told_errors
from pages.words import counted, plain


def encoder_choice() -> None:
    """Draw the active encoder's name; a click on it opens the list of all."""
    workspace = current_workspace()
    notice = workspace.encoder_notice and plain(workspace.encoder_notice)
    label = _in_short(workspace)
    with st.popover(label, type="tertiary", help=notice, key="encoder", on_change="rerun", wrap=False) as choice:
        if choice.open:
            _choices(workspace)


def _in_short(workspace: Workspace) -> str:
    encoder = workspace.encoder
    embedded, images = workspace.embeddings.count(), workspace.images.count()
    if embedded < images:
        return f"{plain(encoder.label)}, {embedded:,} of {counted(images, 'image')}"
    return plain(encoder.label) + ("" if encoder.supports_text else ", no text search")


def _choices(workspace: Workspace) -> None:
    if name := st.session_state.pop("activating", None):
        with st.spinner("Loading the encoder"), told_errors():
            workspace.activate_encoder(name)
        st.rerun()
    images = workspace.images.count()
    st.markdown("**What tells which images are alike**")
    for state in workspace.encoders.states():
        _encoder(workspace, state, images)
    offers = workspace.encoders.offers()
    if offers:
        st.caption("Also on this computer")
    for offer in offers:
        _row(offer, offer.words)


def _encoder(workspace: Workspace, state: EncoderState, images: int) -> None:
    coverage = f"{state.images:,} of {counted(images, 'image')}"
    _row(state, f"{coverage} · {state.words}", active=state.active)
    if state.active and state.embeds and state.images < images:
        if any(job.kind in ("embed", "import") for job in workspace.jobs.active()):
            return
        rest = f"Embed the other {images - state.images:,}" if state.images else f"Embed {counted(images, 'image')}"
        st.button(rest, key="embed_rest", on_click=embed_rest)


def _row(encoder: EncoderState | EncoderOffer, words: str, *, active: bool = False) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"{plain(encoder.label)}  \n:gray[:small[{plain(words)}]]", width="stretch")
        if active:
            st.markdown(":gray[:material/check:]", width="content")
        else:
            st.button("Use", key=f"use {encoder.name}", on_click=_activate_next, args=(encoder.name,))


def _activate_next(name: str) -> None:
    """Switch on this run of the page, where its progress can be drawn."""
    st.session_state["activating"] = name
