"""What a session remembers from run to run, and how gestures change it. Draws nothing."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import streamlit as st

from curate.environment import settings_from_environment
from curate.errors import CurateError, InvalidFilter
from curate.models import Operation
from curate.tagging.filters import ImageFilter, Term, parse_filter
from curate.workspace import Workspace, open_workspace
from pages.components.selection_bar import Toast
from pages.selection import current_selection
from pages.words import counted


@st.cache_resource(show_spinner=False)
def current_workspace() -> Workspace:
    """Return the workspace that this process serves."""
    return open_workspace(settings_from_environment())


@contextmanager
def told_errors() -> Iterator[None]:
    """Turn an error of ours into a toast: for callbacks, where nothing can be drawn."""
    try:
        yield
    except CurateError as error:
        tell(str(error), failed=True)


def tell(text: str, operation: Operation | None = None, failed: bool = False) -> None:
    """Show a toast on this run of the page; an operation makes it offer Undo."""
    last: Toast | None = st.session_state.get("toast")
    operation_id = operation.id if operation and operation.count else None
    st.session_state["toast"] = Toast((last.number if last else 0) + 1, text, operation_id, failed)


def current_filter() -> ImageFilter:
    """Return the filter that every page shows its images within; the address carries it."""
    if "filter" not in st.session_state:
        st.session_state["filter"] = _filter_in_address()
    image_filter: ImageFilter = st.session_state["filter"]
    return image_filter


def set_filter(image_filter: ImageFilter) -> None:
    """Show the images that this filter keeps, from now on."""
    st.session_state["filter"] = image_filter


def forget_clusters() -> None:
    """Ask for no cluster any more: those of another map have the same numbers."""
    set_filter(current_filter().without_field("cluster"))
    st.session_state["enclosed"] = st.session_state["enclosed_cluster"] = None


def show_cluster(cluster_id: int) -> None:
    """Narrow every page to one cluster."""
    image_filter = current_filter().without_field("cluster")
    set_filter(ImageFilter((*image_filter.terms, Term("cluster", (str(cluster_id),)))))


def tagcounted(image_ids: Sequence[str], tag: str, *, remove: bool = False) -> None:
    """Tag images, or take a tag off them, and say what happened."""
    tagging = current_workspace().tagging
    with told_errors():
        operation = (tagging.remove if remove else tagging.apply)(image_ids, tag)
        tell(_told_change(operation, len(image_ids)), operation)


def undo(operation_id: int | None) -> None:
    """Take a change back, and say which."""
    with told_errors():
        operation = current_workspace().tagging.undo(operation_id)
        verb = "tagging" if operation.kind == "tag" else "untagging"
        if operation.count:
            tell(f"Undone: {verb} {counted(operation.count, 'image')} “{operation.tag}”")
        else:
            tell(f"Undone: {verb} “{operation.tag}”. No image changed, as later changes stand.")


def on_selection_bar(action: Mapping[str, Any]) -> None:
    """Do what the selection bar asks for."""
    selection = current_selection()
    match action["kind"]:
        case "tag" | "untag":
            tagcounted(list(selection.ids), action["tag"], remove=action["kind"] == "untag")
        case "undo":
            undo(action["operation_id"])
        case "clear":
            selection.clear()
            st.session_state["enclosed"] = None
        case "similar":
            search_like(list(selection.ids))


def on_image_action(action: Mapping[str, Any]) -> None:
    """Do what an image in a grid or in the viewer asks for."""
    match action["kind"]:
        case "similar":
            search_like([action["id"]])
        case "tag" | "untag":
            tagcounted(action["ids"], action["tag"], remove=action["kind"] == "untag")
        case "filter_tag":
            set_filter(current_filter().toggled("tag", action["tag"]))
        case "show_cluster":
            show_cluster(action["cluster_id"])
        case "show_copies":
            show_copies(action["id"])
        case "caption":
            write_caption(action["id"], action["text"])
        case "keep_caption":
            keep_caption(action["id"], use_file=action["keep"] == "file")
        case "show_on_map":
            search_like([action["id"]])
            st.session_state["go_to"] = "map.py"


def show_copies(image_id: str) -> None:
    """Show an image with its exact copies, whatever was filtered or searched before."""
    set_filter(ImageFilter((Term("copies", (image_id,)),)))
    st.session_state["query"] = ()
    st.session_state["enclosed"] = None
    if st.session_state.get("page") != "map":
        st.session_state["go_to"] = "gallery.py"


def write_caption(image_id: str, text: str) -> None:
    """Give an image a caption, and say so."""
    with told_errors():
        current_workspace().captions.set(image_id, text)
        tell("Caption saved" if text else "Caption removed")


def keep_caption(image_id: str, *, use_file: bool) -> None:
    """Decide between a person's caption and the one in the file."""
    with told_errors():
        current_workspace().captions.resolve(image_id, use_file=use_file)
        tell("The file’s caption is used" if use_file else "Your caption is kept")


def search_like(image_ids: Sequence[str]) -> None:
    """Show what resembles these images: on the map beside it, elsewhere on the page for it."""
    st.session_state["query"] = tuple(image_ids)
    st.session_state["enclosed"] = None
    if st.session_state.get("page") != "map":
        st.session_state["go_to"] = "search.py"


def make_map() -> None:
    """Make a new map of all images, in the background."""
    with told_errors():
        current_workspace().start_clustering()


def embed_rest() -> None:
    """Embed the images that the active encoder has no vector of, in the background."""
    with told_errors():
        current_workspace().start_embedding()


def stop_job(job_id: int) -> None:
    """Stop a job at its next safe point; what it did stays."""
    with told_errors():
        current_workspace().jobs.cancel(job_id)


def current_query() -> tuple[str, ...]:
    """Return the images that results are shown for; none means no search."""
    query: tuple[str, ...] = st.session_state.get("query", ())
    return query


def _filter_in_address() -> ImageFilter:
    try:
        return parse_filter(st.query_params.get("filter", ""))
    except InvalidFilter as error:
        tell(str(error), failed=True)
        return ImageFilter()


def _told_change(operation: Operation, asked: int) -> str:
    done = "Tagged" if operation.kind == "tag" else "Removed"
    had = asked - operation.count
    if not operation.count:
        return (
            f"All {counted(asked, 'image')} {'have' if operation.kind == 'tag' else 'lack'} “{operation.tag}” already"
        )
    text = f"{done} {counted(operation.count, 'image')} “{operation.tag}”"
    if operation.kind == "untag":
        text = f"Removed “{operation.tag}” from {counted(operation.count, 'image')}"
    return f"{text} ({had:,} had it already)" if had and operation.kind == "tag" else text
