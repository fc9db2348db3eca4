"""Gestures on their way from the browser to Python: none is lost, none runs twice."""

import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from playwright.sync_api import Page
from streamlit.testing.v1 import AppTest

from pages.components import actions
from tests.chromium import chromium

QUEUE = Path(actions.__file__).with_name("actions.js").read_text(encoding="utf-8")
RECORDED = """const sent = [];
    const queue = new ActionQueue();
    const page = (handled) => queue.update({
        data: { handled }, setTriggerValue: (name, value) => sent.push({ name, ...structuredClone(value) }),
    });"""


def taking_app() -> None:
    """A page that takes the message in its session, as a component's callback does, and notes what was run."""
    import streamlit as st

    from pages.components.actions import handled, take

    def on_action(action: dict[str, str]) -> None:
        st.session_state["ran"].append(action["kind"])
        if action["kind"] == "fail":
            raise ValueError(action["kind"])

    st.session_state.setdefault("ran", [])
    take("grid", on_action)
    st.session_state["told"] = handled("grid")


def message(*sent: tuple[int, str]) -> dict[str, Any]:
    return {"action": {"list": [{"number": number, "action": {"kind": kind}} for number, kind in sent]}}


def ran(messages: Sequence[dict[str, Any]]) -> AppTest:
    """Run the page once for each message."""
    app = AppTest.from_function(taking_app)
    for told in messages:
        app.session_state["grid"] = told
        app.run()
    return app


@pytest.fixture(scope="module")
def browser_page() -> Iterator[Page]:
    with chromium() as browser:
        yield browser.new_page()


def kinds(told: dict[str, Any]) -> list[str]:
    return [entry["action"]["kind"] for entry in told["list"]]


def test_gestures_of_one_message_run_in_order() -> None:
    app = ran([message((5, "tag"), (6, "undo"), (9, "clear"))])

    assert app.session_state["ran"] == ["tag", "undo", "clear"]
    assert app.session_state["told"] == 9


def test_a_gesture_that_is_sent_again_runs_once() -> None:
    app = ran([message((5, "tag")), message((5, "tag")), message((5, "tag"), (6, "undo"))])

    assert app.session_state["ran"] == ["tag", "undo"]


def test_a_gesture_that_fails_is_not_tried_again() -> None:
    app = ran([message((5, "fail"), (6, "tag")), message((5, "fail"), (6, "tag"), (7, "undo"))])

    assert app.session_state["ran"] == ["fail", "tag", "undo"]


def test_a_run_of_the_page_without_a_gesture_runs_none() -> None:
    app = ran([{"action": None}, {}])

    assert not app.exception
    assert (app.session_state["ran"], app.session_state["told"]) == ([], 0)


def test_gestures_keep_their_order_when_the_next_run_begins_before_the_last_is_through() -> None:
    begun, ran = threading.Event(), []

    def on_action(action: actions.Action) -> None:
        begun.set()
        time.sleep(0.1 if action["kind"] == "slow" else 0)
        ran.append(action["kind"])

    st.session_state["overtaken"] = message((5, "slow"), (6, "tag"))
    first = threading.Thread(target=actions.take, args=("overtaken", on_action))
    first.start()
    begun.wait()
    st.session_state["overtaken"] = message((5, "slow"), (6, "tag"), (7, "undo"))
    actions.take("overtaken", on_action)
    first.join()

    assert ran == ["slow", "tag", "undo"]


@pytest.mark.browser
def test_a_newer_message_repeats_the_gestures_that_have_no_answer(browser_page: Page) -> None:
    body = """page(0);
        for (const kind of ["one", "two", "three"]) queue.send({ kind });
        return sent;"""

    sent = browser_page.evaluate(f"() => {{ {QUEUE} {RECORDED} {body} }}")

    assert [told["name"] for told in sent] == ["action"] * 3
    assert [kinds(told) for told in sent] == [["one"], ["one", "two"], ["one", "two", "three"]]


@pytest.mark.browser
def test_a_gesture_that_was_answered_is_not_sent_again(browser_page: Page) -> None:
    body = """page(0);
        for (const kind of ["one", "two"]) queue.send({ kind });
        page(sent[1].list[0].number);
        queue.send({ kind: "three" });
        return sent.at(-1);"""

    assert kinds(browser_page.evaluate(f"() => {{ {QUEUE} {RECORDED} {body} }}")) == ["two", "three"]


@pytest.mark.browser
@pytest.mark.parametrize("ahead_ms", [-1000, 3_600_000], ids=["a moment ago", "before the clock was set back"])
def test_a_remounted_component_counts_on_above_what_was_handled(browser_page: Page, ahead_ms: int) -> None:
    body = f"""const handled = Date.now() + {ahead_ms};
        page(handled);
        for (const kind of ["one", "two", "three"]) queue.send({{ kind }});
        return [handled, ...sent.at(-1).list.map(({{ number }}) => number)];"""

    numbers = browser_page.evaluate(f"() => {{ {QUEUE} {RECORDED} {body} }}")

    assert numbers == sorted(set(numbers))
    assert len(numbers) == 4
