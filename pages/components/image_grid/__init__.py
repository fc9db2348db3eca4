"""The image grid: a view's images as tiles, of which only those in sight exist, and the viewer for a single one."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from curate.views import View
from pages.components.actions import Action, handled, take
from pages.selection import current_selection

_FOLDER = Path(__file__).parent
_SCRIPTS = (
    "../dom",
    "../actions",
    "view",
    "layout",
    "selected_set",
    "scroller",
    "tiles",
    "pointer",
    "keyboard",
    "toolbar",
    "overlays",
    "shortcuts",
    "viewer_stage",
    "tag_input",
    "caption_editor",
    "viewer_panel",
    "viewer",
    "grid",
    "image_grid",
)
_VIEWS_KEPT = 3


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def script() -> str:
    """Return the sections as one module; the overlays' styles are text in it, as they live outside the component."""
    styles = f"const OVERLAY_CSS = {json.dumps(_read('overlay.css'))};"
    return "\n".join([styles, *(_read(f"{name}.js") for name in _SCRIPTS)])


_component = st.components.v2.component(
    "image_grid", html=_read("image_grid.html"), css=_read("image_grid.css"), js=script()
)


def image_grid(
    view: View,
    *,
    key: str,
    version: int,
    pinned: int = 0,
    show_scores: bool = False,
    height: str = "calc(100vh - 190px)",
    on_action: Callable[[Action], None] | None = None,
    tags: Sequence[str] = (),
    empty: tuple[str, str] = ("No images", ""),
) -> None:
    """Show a view's images, share their selection with the session, and tell `on_action` of gestures.

    Args:
        view: The images, in order.
        key: Names this grid among the page's elements.
        version: `Database.version`; when it rises, an open viewer asks for its image's details again.
        pinned: How many of the first images are what was searched with, rather than results.
        show_scores: Show the view's scores on the tiles.
        height: A CSS length, the line above the tiles included.
        on_action: Called before the page runs with `{kind: "similar", id}`, `{kind: "tag" or "untag", ids, tag}`,
            `{kind: "filter_tag", tag}`, `{kind: "show_cluster", cluster_id}`, `{kind: "show_on_map", id}`,
            `{kind: "show_copies", id}`, `{kind: "caption", id, text}` or `{kind: "keep_caption", id, keep}`, where
            `keep` is "mine" or "file".
        tags: Known tags, for completion in the viewer.
        empty: A title and a hint, shown when the view has no images.
    """
    selection = current_selection()
    _remember_view(key, view)
    _component(
        key=key,
        data={
            "key": key,
            "handled": handled(key),
            "token": view.token,
            "count": len(view),
            "selection": selection.bitmap(view.image_ids),
            "selected": len(selection),
            "sequence": selection.sequence,
            "echo": _sequence_handled(key),
            "pinned": pinned,
            "show_scores": show_scores,
            "height": height,
            "version": version,
            "tags": list(tags),
            "empty": {"title": empty[0], "hint": empty[1]},
        },
        on_selection_change=partial(_take_selection, key),
        on_action_change=partial(take, key, on_action),
    )


def _views(key: str) -> dict[str, View]:
    views: dict[str, View] = st.session_state.setdefault(f"{key}: views", {})
    return views


def _remember_view(key: str, view: View) -> None:
    """Keep the latest views: a selection can arrive for one that the browser still shows."""
    views = _views(key)
    views.pop(view.token, None)
    views[view.token] = view
    while len(views) > _VIEWS_KEPT:
        del views[next(iter(views))]


def _told(key: str) -> Mapping[str, Any] | None:
    """Return the selection as the browser told it last."""
    told: Mapping[str, Any] | None = (st.session_state.get(key) or {}).get("selection")
    return told


def _sequence_handled(key: str) -> int:
    told = _told(key)
    return int(told["sequence"]) if told else 0


def _take_selection(key: str) -> None:
    told = _told(key)
    view = _views(key).get(told["token"]) if told else None
    if told and view:
        current_selection().set_within(view.image_ids, told["ranges"], told["keep_outside"])
