"""What stands where there is no map: when it will be there, or the one next step."""

import streamlit as st

from curate.workspace import Workspace
from pages.state import embed_rest, make_map
from pages.words import counted, plain


def no_map_yet(workspace: Workspace) -> None:
    """Say when the active encoder's map will be there, or offer to make it."""
    with st.container(horizontal_alignment="center", border=True, height=420, vertical_alignment="center"):
        if workspace.jobs.active():
            st.subheader("The map is on its way", text_alignment="center")
            st.caption("It is made when all images are in. You can already look through them.", text_alignment="center")
        elif workspace.embeddings.count() or not workspace.encoder.embeds:
            st.subheader(_title(workspace), text_alignment="center")
            st.caption("It puts images that look alike side by side, in clusters.", text_alignment="center")
            st.button("Make the map", type="primary", on_click=make_map)
        else:
            st.subheader(_title(workspace), text_alignment="center")
            st.caption("The images must be embedded first. The map is made right after it.", text_alignment="center")
            images = counted(workspace.images.count(), "image")
            st.button(f"Embed {images}", type="primary", on_click=embed_rest)


def _title(workspace: Workspace) -> str:
    if len(workspace.encoders.states()) == 1:
        return "No map yet"
    return f"No map with {plain(workspace.encoder.label)} yet"
