"""The images that a person has selected: one set, shared by every page of a session."""

import base64
from collections.abc import Iterable, Sequence

import numpy as np
import streamlit as st


class Selection:
    """Selected image ids, and how components and Python tell each other about them.

    Over a view of N images a selection travels as a bitmap to the browser, and as ranges of positions back.
    """

    def __init__(self) -> None:
        self.ids: dict[str, None] = {}
        """In the order of choosing."""
        self.sequence = 0
        """Rises with every change; a component ignores what is older than its own newest change."""

    def __len__(self) -> int:
        return len(self.ids)

    def __contains__(self, image_id: str) -> bool:
        return image_id in self.ids

    def replace(self, image_ids: Iterable[str]) -> None:
        """Select exactly these images."""
        self._set(dict.fromkeys(image_ids))

    def add(self, image_ids: Iterable[str]) -> None:
        """Select these images too."""
        self._set(self.ids | dict.fromkeys(image_ids))

    def remove(self, image_ids: Iterable[str]) -> None:
        """Select these images no longer."""
        dropped = set(image_ids)
        self._set({image_id: None for image_id in self.ids if image_id not in dropped})

    def clear(self) -> None:
        """Select nothing."""
        self._set({})

    def set_within(self, view_ids: Sequence[str], ranges: Sequence[Sequence[int]], keep_outside: bool) -> None:
        """Take over a grid's selection: inclusive `ranges` of positions in the view.

        Selected images that the view does not show stay selected when `keep_outside` says so.
        """
        kept: dict[str, None] = {}
        if keep_outside:
            shown = set(view_ids)
            kept = {image_id: None for image_id in self.ids if image_id not in shown}
        for first, last in ranges:
            kept |= dict.fromkeys(view_ids[first : last + 1])
        self._set(kept)

    def bitmap(self, view_ids: Sequence[str]) -> str:
        """Return which of `view_ids` are selected: base64 of N bits, first image in the highest bit; "" for none."""
        if not self.ids:
            return ""
        chosen = np.fromiter((image_id in self.ids for image_id in view_ids), bool, len(view_ids))
        return base64.b64encode(np.packbits(chosen).tobytes()).decode() if chosen.any() else ""

    def _set(self, ids: dict[str, None]) -> None:
        self.ids = ids
        self.sequence += 1


def current_selection() -> Selection:
    """Return this session's selection."""
    selection: Selection = st.session_state.setdefault("selection", Selection())
    return selection


def pack_positions(positions: Sequence[int], count: int) -> str:
    """Return positions among `count` images as a bitmap of the kind that `Selection.bitmap` returns."""
    chosen = np.zeros(count, bool)
    chosen[np.asarray(positions, np.int64)] = True
    return base64.b64encode(np.packbits(chosen).tobytes()).decode()
