"""Gestures from the browser, each run once and in order; `actions.js` is the other end."""

import threading
from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

Action = Mapping[str, Any]
"""A gesture: its `kind`, and what it is about."""

_MAKING = threading.Lock()


def handled(key: str) -> int:
    """Return the number of the last gesture that was run for a component, for its `data`; 0 is none."""
    number: int = st.session_state.get(_name(key), 0)
    return number


def take(key: str, on_action: Callable[[Action], None] | None) -> None:
    """Run the gestures that a component sent and that were not run yet: its `on_action_change` callback.

    A message repeats what the browser has no answer to, so a gesture can arrive more than once.
    """
    with _turn():
        message = (st.session_state.get(key) or {}).get("action") or {"list": []}
        for sent in message["list"]:
            if sent["number"] > handled(key):
                st.session_state[_name(key)] = sent["number"]  # first, so that one that fails is not tried again
                if on_action:
                    on_action(sent["action"])


def _turn() -> threading.Lock:
    """Return the session's lock: a new run's callbacks can start while those of the last are still at work."""
    with _MAKING:
        lock: threading.Lock = st.session_state.setdefault("gestures: turn", threading.Lock())
        return lock


def _name(key: str) -> str:
    return f"{key}: handled"
