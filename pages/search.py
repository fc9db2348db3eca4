"""Find images that look like chosen ones, or like a text."""

import streamlit as st

from pages.components.image_grid import image_grid
from pages.results import DEFAULT_TOP_K, results_header, similar_images
from pages.shell import empty_page, filter_panel, open_page, selected_bar, status_line
from pages.state import current_query, current_workspace, on_image_action


def query_controls() -> None:
    """Draw the text to search with, and how many results to show."""
    encoder = current_workspace().encoder
    st.text_input(
        "Looks like",
        key="query_text",
        placeholder="a red dress on a beach" if encoder.supports_text else "Text search needs CLIP",
        disabled=not encoder.supports_text,
        help=None if encoder.supports_text else current_workspace().encoder_notice,
    )
    st.number_input("Results", 1, 1000, DEFAULT_TOP_K, step=10, key="top_k")


workspace = open_page("search")
if not empty_page(workspace):
    image_filter = filter_panel(workspace, query_controls)
    text: str = st.session_state["query_text"] if workspace.encoder.supports_text else ""
    status_line(workspace, workspace.images.count(image_filter))
    if current_query() or text:
        results = similar_images(workspace, current_query(), text)
        results_header(results, key="search_results")
        image_grid(
            results.view,
            key="search_grid",
            version=workspace.database.version,
            pinned=results.pinned,
            show_scores=True,
            height="calc(100vh - 160px)",
            on_action=on_image_action,
            tags=list(workspace.tagging.counts()),
            empty=("Nothing found", "Remove a filter, or ask for something else."),
        )
        selected_bar(workspace, [results.view])
    else:
        with st.container(horizontal_alignment="center"):
            st.space("large")
            st.subheader("Choose an image to search with", text_alignment="center")
            st.caption(
                "Point at any image and press “Find similar”, or press S on it in the gallery or the viewer.",
                text_alignment="center",
            )
            st.page_link("gallery.py", label="Open the gallery", icon=":material/grid_view:")
        selected_bar(workspace, [])
