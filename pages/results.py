"""Lists of images with a reason: what resembles something, what is selected."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from curate.errors import CurateError
from curate.models import SearchResults
from curate.views import View
from curate.workspace import Workspace
from pages.components.embedding_map import cluster_colour
from pages.selection import current_selection
from pages.shell import open_tags
from pages.state import current_filter
from pages.words import counted, plain

DEFAULT_TOP_K = 50
_DOT = '<span class="cluster-dot" style="background:{colour}"></span>'


@dataclass(frozen=True, slots=True)
class Results:
    """A view, and what it shows."""

    view: View
    title: str
    pinned: int = 0
    """How many of its first images are the query."""
    scored: bool = False
    closable: bool = False
    cluster_id: int | None = None
    """The cluster that it is all of; its colour stands before the title."""

    @property
    def highlighted(self) -> list[str]:
        """The images to mark on the map."""
        return self.view.image_ids[self.pinned :] if self.scored else []


def similar_images(workspace: Workspace, image_ids: Sequence[str], text: str = "") -> Results:
    """Return what resembles these images and the text, within the filter; the images themselves come first."""
    query = [image.id for image in workspace.images.get_many(image_ids)]
    allowed = workspace.images.find(current_filter()) if current_filter() else None
    top_k = st.session_state.get("top_k", DEFAULT_TOP_K)
    try:
        found = workspace.similarity.search(text=text or None, positives=query, top_k=top_k, allowed=allowed)
    except CurateError as error:
        st.error(plain(error), icon=":material/error:")
        found = SearchResults((), workspace.encoder.name, 0.0)
    scores = np.array([1.0] * len(query) + [hit.score for hit in found.hits], np.float32)
    view = workspace.views.make([*query, *found.image_ids], scores)
    return Results(view, _similar_title(query, text), len(query), scored=True, closable=True)


def results_header(results: Results, *, key: str) -> None:
    """Draw the line above a list: its title, how many, and what can be done with all of them."""
    found = len(results.view) - results.pinned
    with st.container(horizontal=True, vertical_alignment="center", key=key, height=34, border=False):
        if results.cluster_id is not None:
            dark = st.context.theme.type == "dark"
            st.html(_DOT.format(colour=cluster_colour(results.cluster_id, dark)), width="content")
        st.markdown(f"**{plain(results.title)}** &nbsp; {found:,}", width="content")
        st.space("stretch")
        if results.scored and found:
            st.button("Tag all", key=f"{key}_tag_all", type="tertiary", on_click=_tag_all, args=(results,))
        if results.closable:
            st.button("Close", key=f"{key}_close", type="tertiary", on_click=close_results, help="Back to all images")


def _tag_all(results: Results) -> None:
    current_selection().replace(results.view.image_ids[results.pinned :])
    open_tags()


def close_results() -> None:
    """Go back to all images, with nothing selected."""
    st.session_state["query"] = ()
    st.session_state["enclosed"] = None
    current_selection().clear()


def _similar_title(query: Sequence[str], text: str) -> str:
    if text and not query:
        return f"Images like “{text}”"
    if len(query) == 1:
        return "Similar images"
    return f"Similar to {counted(len(query), 'image')}"
