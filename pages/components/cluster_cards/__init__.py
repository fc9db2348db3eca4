"""Clusters as cards: a mosaic of typical images, the name, the size, and what can be done with all of it."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from curate.models import Cluster
from pages.components.actions import handled, take
from pages.components.embedding_map.palette import cluster_colour
from pages.components.sources import script, style

_FOLDER = Path(__file__).parent
_component = st.components.v2.component(
    "cluster_cards",
    html='<div class="cards"></div>\n<!-- drawn by cluster_cards.js -->',
    css=style(_FOLDER),
    js=script(_FOLDER, "../dom.js", "../theme.js", "../actions.js", "cluster_cards.js"),
)


def cluster_cards(
    clusters: Sequence[Cluster],
    exemplars: Mapping[int, Sequence[str]],
    *,
    key: str,
    version: int,
    on_action: Callable[[Mapping[str, Any]], None],
) -> None:
    """Show a card a cluster.

    Args:
        clusters: What to show, in order.
        exemplars: Ids of typical images by cluster, the most typical first.
        key: Names the cards among the page's elements.
        version: The run's id; the cards are drawn anew when it changes.
        on_action: Called before the page runs with `{kind: "open", "select" or "tag", id}`.
    """
    _component(
        key=key,
        data={
            "handled": handled(key),
            "version": version,
            "clusters": [
                {
                    "id": cluster.id,
                    "name": cluster.name,
                    "size": cluster.size,
                    "light": cluster_colour(cluster.id),
                    "dark": cluster_colour(cluster.id, dark=True),
                    "images": list(exemplars.get(cluster.id, ())),
                }
                for cluster in clusters
            ],
        },
        on_action_change=partial(take, key, on_action),
    )
