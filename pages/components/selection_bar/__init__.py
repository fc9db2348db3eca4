"""The bar that appears when images are selected: how many, their tags, clear; and the toast after every change."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from curate.models import Count
from pages.components.actions import handled, take
from pages.components.sources import script, style

_FOLDER = Path(__file__).parent
_TAGS_SENT = 1000


@dataclass(frozen=True, slots=True)
class Toast:
    """A sentence about what was just done; with an operation, it offers Undo."""

    number: int
    """Rises with every toast, so that the same sentence can be shown twice."""
    text: str
    operation_id: int | None = None
    failed: bool = False


_component = st.components.v2.component(
    "selection_bar",
    html='<div class="bar-host"></div>\n<div class="toast-host"></div>',
    css=style(_FOLDER),
    js=script(_FOLDER, "../dom.js", "../actions.js", "tag_list.js", "toasts.js", "selection_bar.js"),
)


def selection_bar(
    *,
    key: str,
    count: int,
    outside: int,
    tags: Sequence[Count],
    toast: Toast | None,
    opened: int,
    on_action: Callable[[Mapping[str, Any]], None],
) -> None:
    """Show the bar while `count` is above 0, and the newest toast for a few seconds.

    Args:
        key: Names the bar among the page's elements.
        count: Images selected.
        outside: How many of them the page does not show at present.
        tags: Every tag, with its count in the selection and in all.
        toast: What was done last in this session.
        opened: When it rises, the tag list opens.
        on_action: Called before the page runs with `{kind: "tag" or "untag", tag}`, `{kind: "similar"}`,
            `{kind: "undo", operation_id}` (the toast's; None: the newest change of anyone) or `{kind: "clear"}`.
    """
    _component(
        key=key,
        data={
            "handled": handled(key),
            "count": count,
            "outside": outside,
            "tags": [[tag.value, tag.selected, tag.total] for tag in tags[:_TAGS_SENT]],
            "toast": None
            if toast is None
            else {
                "number": toast.number,
                "text": toast.text,
                "operation_id": toast.operation_id,
                "failed": toast.failed,
            },
            "opened": opened,
        },
        on_action_change=partial(take, key, on_action),
    )
