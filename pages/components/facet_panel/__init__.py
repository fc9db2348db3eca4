"""The side panel's facets: every tag, cluster and folder with a bar of how many of its images the filter keeps."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from curate.models import Count
from pages.components.actions import handled, take
from pages.components.embedding_map.palette import cluster_colour
from pages.components.sources import script, style

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Facet:
    """One group of values to filter by; `chosen` are those that the filter asks for."""

    field: str
    title: str
    counts: Sequence[Count]
    chosen: Sequence[str]
    empty: str
    """What to say when there is no value yet."""


_component = st.components.v2.component(
    "facet_panel",
    html='<div class="facets"></div>\n<!-- drawn by facet_panel.js -->',
    css=style(_FOLDER),
    js=script(_FOLDER, "../dom.js", "../theme.js", "../actions.js", "facet_panel.js"),
)


def facet_panel(facets: Sequence[Facet], *, key: str, on_action: Callable[[Mapping[str, Any]], None]) -> None:
    """Show the facets; `on_action` is called before the page runs with `{kind: "toggle", field, value}`."""
    _component(
        key=key,
        data={
            "handled": handled(key),
            "facets": [
                {
                    "field": facet.field,
                    "title": facet.title,
                    "empty": facet.empty,
                    "chosen": list(facet.chosen),
                    "values": [
                        [count.value, count.label, count.selected, count.total, *_colours(facet.field, count.value)]
                        for count in facet.counts
                    ],
                }
                for facet in facets
            ],
        },
        on_action_change=partial(take, key, on_action),
    )


def _colours(field: str, value: str) -> list[str]:
    """Return a cluster's dot, light and dark; other values have none."""
    return [cluster_colour(int(value)), cluster_colour(int(value), dark=True)] if field == "cluster" else []
