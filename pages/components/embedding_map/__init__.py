"""The map of the embedding: every image a point, similar images close together, coloured by cluster.

The points come over HTTP, so a rerun carries only names, bitmaps and a few positions. Plotly draws the map at rest;
a bitmap painter of our own draws moving frames and whatever depends on a filter or selection; a canvas above both
holds the marks. Lassos and boxes come back as geometry in map coordinates: a selection of any size is a short message.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from curate.models import Cluster
from curate.views import View
from pages.components.actions import handled, take
from pages.components.embedding_map.palette import cluster_colour, palette

__all__ = ["cluster_colour", "embedding_map", "script"]

SECTIONS = [
    "../actions",
    "camera",
    "points",
    "painter",
    "figure",
    "overlay",
    "labels",
    "legend",
    "card",
    "looks",
    "motion",
    "gestures",
    "main",
]


def _text(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


def script() -> str:
    """Return the browser's part: one module, its sections in reading order."""
    return "\n".join(_text(f"{section}.js") for section in SECTIONS)


_component = st.components.v2.component(
    "curate_embedding_map", html=_text("embedding_map.html"), css=_text("embedding_map.css"), js=script()
)
_PALETTE = {"light": palette(dark=False), "dark": palette(dark=True)}


def embedding_map(
    *,
    key: str,
    run_id: int,
    view: View,
    clusters: Sequence[Cluster],
    version: int = 0,
    kept: str = "",
    selection: str = "",
    sequence: int = 0,
    highlighted: Sequence[int] = (),
    query: int | None = None,
    height: str = "calc(100vh - 190px)",
    on_action: Callable[[Mapping[str, Any]], None],
) -> None:
    """Draw the map of one run. Positions count the images of `view`, which lists the run's images in its order.

    Args:
        version: changes when the same run's points do, as when new images were placed.
        kept: which images the filter keeps, as `Selection.bitmap` packs them; "" keeps all. The others are dimmed, and
            neither hovered, clicked nor selected.
        selection: which images are selected, packed the same way; "" is none.
        sequence: the selection's sequence. A change made on the map shows at once and stays until this changes.
        highlighted: positions of the similar images shown beside the map.
        query: position of the image they resemble.
        height: a CSS length.
        on_action: called before the rerun with one of these, and `run_id` in each:
            `{kind: "similar", position}`; `{kind: "lasso", points: [[x, y], …], op}`;
            `{kind: "box", x0, y0, x1, y1, op}`; `{kind: "cluster", id, op}` (-1: images in no cluster);
            `{kind: "add", position}` (select one image, or let it go); `{kind: "clear"}`.
            `op` is "replace", "add" or "remove"; x and y are map coordinates, outlines even-odd.
    """
    _component(
        key=key,
        data={
            "handled": handled(key),
            "run_id": run_id,
            "version": version,
            "token": view.token,
            "clusters": [[cluster.id, cluster.name, cluster.size] for cluster in clusters],
            "kept": kept,
            "selection": selection,
            "sequence": sequence,
            "highlighted": list(highlighted),
            "query": query,
            "palette": _PALETTE,
            "height": height,
        },
        on_action_change=partial(take, key, on_action),
    )
