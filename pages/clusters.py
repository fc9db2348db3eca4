"""Every cluster as a card with some of its images: open it, or select all of it."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.components.cluster_cards import cluster_cards
from pages.no_map import no_map_yet
from pages.selection import current_selection
from pages.shell import empty_page, open_page, open_tags, selected_bar, shown_errors, status_line
from pages.state import current_workspace, show_cluster, told_errors


def on_card(action: Mapping[str, Any]) -> None:
    """Open a cluster in the gallery, or select its images."""
    with told_errors():
        if action["kind"] == "open":
            show_cluster(action["id"])
            st.session_state["go_to"] = "gallery.py"
            return
        current_selection().replace(current_workspace().clustering.members(action["id"]))
        if action["kind"] == "tag":
            open_tags()


workspace = open_page("clusters")
if not empty_page(workspace):
    status_line(workspace)
    run = workspace.clustering.current_run()
    if run is None:
        no_map_yet(workspace)
    else:
        with shown_errors():
            clusters = workspace.clustering.clusters()
            noise = f", and {run.noise:,} images in none" if run.noise else ""
            st.caption(f"{len(clusters):,} clusters{noise}")
            cluster_cards(clusters, workspace.clustering.exemplars(6), key="cards", version=run.id, on_action=on_card)
    selected_bar(workspace, [])
