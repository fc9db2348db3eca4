"""Every image in a grid, filtered, sorted, selected and tagged."""

import streamlit as st

from pages.components.image_grid import image_grid
from pages.shell import empty_page, filter_panel, open_page, selected_bar, status_line
from pages.state import on_image_action

ORDERS = {
    "imported": "In order of import",
    "newest": "Newest first",
    "name": "By name",
    "largest": "Largest first",
    "smallest": "Smallest first",
    "sharpest": "Sharpest first",
    "blurriest": "Blurriest first",
    "darkest": "Darkest first",
    "brightest": "Brightest first",
}


def order_chooser() -> None:
    """Draw the choice of the order."""
    st.selectbox("Order", list(ORDERS), format_func=ORDERS.__getitem__, key="order", label_visibility="collapsed")


workspace = open_page("gallery")
if not empty_page(workspace):
    image_filter = filter_panel(workspace, order_chooser)
    view = workspace.views.make(workspace.images.find(image_filter, st.session_state["order"]))
    status_line(workspace, len(view))
    image_grid(
        view,
        key="gallery",
        version=workspace.database.version,
        height="calc(100vh - 122px)",
        on_action=on_image_action,
        tags=list(workspace.tagging.counts()),
        empty=("No image passes the filter", "Remove one of the filters above."),
    )
    selected_bar(workspace, [view])
