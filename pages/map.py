"""The map of all images beside the grid: click for similar images, lasso to select, click a cluster for its members."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st

from curate.models import NOISE
from curate.store.runs import MapPoints
from curate.tagging.filters import ImageFilter
from curate.workspace import Workspace
from pages.components.embedding_map import embedding_map
from pages.components.image_grid import image_grid
from pages.no_map import no_map_yet
from pages.results import Results, close_results, results_header, similar_images
from pages.selection import current_selection, pack_positions
from pages.shell import empty_page, filter_panel, open_page, selected_bar, shown_errors, status_line
from pages.state import (
    current_filter,
    current_query,
    current_workspace,
    on_image_action,
    told_errors,
)

HEIGHT = "calc(100vh - 122px)"


def on_map_action(action: Mapping[str, Any]) -> None:
    """Do what a gesture on the map asks for; a newer run than the one drawn makes it void."""
    with told_errors():
        points = current_workspace().clustering.map_points()
        selection = current_selection()
        if points.run_id != action["run_id"]:
            return
        match action["kind"]:
            case "similar":
                st.session_state["query"] = (points.image_ids[action["position"]],)
                st.session_state["enclosed"] = None
            case "add":
                image_id = points.image_ids[action["position"]]
                (selection.remove if image_id in selection else selection.add)([image_id])
                st.session_state["enclosed_cluster"] = None
                st.session_state["enclosed"] = list(selection.ids)
            case "clear":
                close_results()
            case "lasso" | "box" | "cluster":
                change = {"replace": selection.replace, "add": selection.add, "remove": selection.remove}
                change[action["op"]](_enclosed(points, action))
                st.session_state["enclosed"] = list(selection.ids)
                whole = action["kind"] == "cluster" and action["op"] == "replace"
                st.session_state["enclosed_cluster"] = action["id"] if whole else None


def _enclosed(points: MapPoints, action: Mapping[str, Any]) -> list[str]:
    """Return the ids inside a lasso, a box or a cluster, of those that the filter keeps."""
    clustering = current_workspace().clustering
    if action["kind"] == "lasso":
        positions = clustering.inside_polygon(np.array(action["points"], np.float64), points.run_id)
    elif action["kind"] == "box":
        positions = clustering.inside_box(action["x0"], action["y0"], action["x1"], action["y1"], points.run_id)
    else:
        positions = np.flatnonzero(points.cluster_ids == action["id"])
    kept = set(current_workspace().images.find(current_filter()))
    drawn = (points.image_ids[position] for position in positions if position < len(points))  # more may be placed now
    return [image_id for image_id in drawn if image_id in kept]


def beside_the_map(workspace: Workspace, image_filter: ImageFilter) -> Results:
    """Return what the grid beside the map shows: what was last asked for on the map, else everything."""
    if enclosed := st.session_state.get("enclosed"):
        cluster_id: int | None = st.session_state.get("enclosed_cluster")
        names = {cluster.id: cluster.name for cluster in workspace.clustering.clusters()} | {NOISE: "No cluster"}
        title = "Selected on the map" if cluster_id is None else names.get(cluster_id, "Selected on the map")
        return Results(workspace.views.make(enclosed), title, closable=True, cluster_id=cluster_id)
    if current_query():
        return similar_images(workspace, current_query())
    return Results(workspace.views.make(workspace.images.find(image_filter)), "All images")


def drawn_map(workspace: Workspace, image_filter: ImageFilter, highlighted: Sequence[str]) -> None:
    """Draw the map, with the filter, the selection and the results marked on it."""
    points = workspace.clustering.map_points()
    place = {image_id: position for position, image_id in enumerate(points.image_ids)}
    selection = current_selection()
    kept = workspace.images.find(image_filter) if image_filter else ()
    embedding_map(
        key="map",
        run_id=points.run_id,
        view=workspace.views.make(points.image_ids),
        clusters=workspace.clustering.clusters(),
        version=len(points),
        kept=pack_positions([place[i] for i in kept if i in place], len(points)) if image_filter else "",
        selection=selection.bitmap(points.image_ids),
        sequence=selection.sequence,
        highlighted=[place[image_id] for image_id in highlighted if image_id in place],
        query=place.get(current_query()[0]) if current_query() else None,
        height=HEIGHT,
        on_action=on_map_action,
    )


workspace = open_page("map")
if not empty_page(workspace):
    image_filter = filter_panel(workspace)
    status_line(workspace, workspace.images.count(image_filter))
    left, right = st.columns([3, 2], gap="small")
    results = beside_the_map(workspace, image_filter)
    with left, shown_errors():
        if workspace.clustering.current_run():
            drawn_map(workspace, image_filter, results.highlighted)
        else:
            no_map_yet(workspace)
    with right:
        results_header(results, key="map_results")
        image_grid(
            results.view,
            key="map_grid",
            version=workspace.database.version,
            pinned=results.pinned,
            show_scores=results.scored,
            height=f"calc({HEIGHT} - 44px)",
            on_action=on_image_action,
            tags=list(workspace.tagging.counts()),
            empty=("No image passes the filter", "Remove one of the filters above."),
        )
    selected_bar(workspace, [results.view])
