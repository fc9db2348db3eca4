"""What every page has around its content: facets at the left, chips and the status line above, the selection bar."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import streamlit as st

from curate.errors import CurateError
from curate.ingest.sources import parts_of, short_name
from curate.models import Count
from curate.tagging.filters import ImageFilter, Term, parse_filter
from curate.views import View
from curate.workspace import Workspace
from pages.components.facet_panel import Facet, facet_panel
from pages.components.selection_bar import selection_bar
from pages.encoder_choice import encoder_choice
from pages.selection import current_selection
from pages.state import current_filter, current_workspace, forget_clusters, on_selection_bar, set_filter, told_errors
from pages.words import job_words, plain

_KINDS = {"duplicate": "With exact copies", "caption-conflict": "Caption file says otherwise"}
_SAID = {"text": "“{}”", "is": "{}", "copies": "Copies of {}"}
STATUS_EVERY = 2.0
"""Seconds between two looks at what changed outside this session: jobs started through the API, for one."""


def open_page(name: str) -> Workspace:
    """Begin a page: go on to another one if a gesture asked for it, and return the workspace."""
    st.session_state["page"] = name
    if target := st.session_state.pop("go_to", None):
        st.switch_page(target)
    st.html(_STYLE)
    try:
        return current_workspace()
    except CurateError as error:
        st.error(plain(error), icon=":material/error:")
        st.stop()


@contextmanager
def shown_errors() -> Iterator[None]:
    """Show an error of ours as a sentence on the page, and go on below it."""
    try:
        yield
    except CurateError as error:
        st.error(plain(error), icon=":material/error:")


def filter_panel(workspace: Workspace, controls: Callable[[], None] = lambda: None) -> ImageFilter:
    """Draw the side panel, with a page's own `controls` above the facets, and return the filter."""
    image_filter = current_filter()
    st.query_params.from_dict({"filter": str(image_filter)} if image_filter else {})
    with st.sidebar:
        st.text_input(
            "Filter",
            key="filter_text",
            placeholder="Filter by words or tag:name",
            label_visibility="collapsed",
            icon=":material/search:",
            on_change=_add_typed_terms,
        )
        controls()
        facet_panel(_facets(workspace, image_filter), key="facets", on_action=_on_facet)
    return image_filter


def status_line(workspace: Workspace, shown: int | None = None) -> None:
    """Draw the filter's chips, and the quiet line that says how many images are shown, by which encoder.

    A page that is not about filtered images leaves `shown` out, and has no chips.
    """
    with st.container(horizontal=True, vertical_alignment="center", key="status_line"):
        if shown is not None:
            _chips(workspace)
        st.session_state["seen_version"] = workspace.database.version
        _live_status(shown)


def selected_bar(workspace: Workspace, views: Sequence[View]) -> None:
    """Draw the bar for the selected images, and the newest toast. `views` are the grids on the page."""
    selection = current_selection()
    shown = set().union(*(view.image_ids for view in views)) if selection.ids else set()
    selection_bar(
        key="selection_bar",
        count=len(selection),
        outside=sum(image_id not in shown for image_id in selection.ids),
        tags=workspace.tagging.counts_within(list(selection.ids)) if selection.ids else [],
        toast=st.session_state.get("toast"),
        opened=st.session_state.get("open_tags", 0),
        on_action=on_selection_bar,
    )


def open_tags() -> None:
    """Open the list of tags for the selected images."""
    st.session_state["open_tags"] = st.session_state.get("open_tags", 0) + 1


def empty_page(workspace: Workspace) -> bool:
    """Say what to do next where there are no images; return whether that was the case."""
    if workspace.images.count():
        return False
    with st.container(horizontal_alignment="center", key="empty_page"):
        st.space("large")
        st.subheader("No images yet", text_alignment="center")
        running = next((job for job in workspace.jobs.active() if job.kind == "import"), None)
        if running:
            st.caption("An import is running: its first images appear here in a moment.", text_alignment="center")
        else:
            st.caption("Import a folder, and its images appear here as a map and a gallery.", text_alignment="center")
            st.page_link("import_images.py", label="Import a folder", icon=":material/create_new_folder:")
    status_line(workspace)
    return True


def _chips(workspace: Workspace) -> None:
    for number, term in enumerate(current_filter().terms):
        st.button(
            f"{plain(_words(workspace, term))} ✕",
            key=f"chip_{number}",
            type="secondary",
            on_click=lambda term=term: set_filter(current_filter().without(term)),
            help="Remove this filter",
        )
    if len(current_filter().terms) > 1:
        st.button("Clear all", key="chip_all", type="tertiary", on_click=lambda: set_filter(ImageFilter()))


@st.fragment(run_every=STATUS_EVERY)
def _live_status(shown: int | None) -> None:
    """Redraw the status line by itself, and the whole page when anything on it changed elsewhere."""
    workspace = current_workspace()
    run = workspace.clustering.current_run()
    images, encoder, jobs = workspace.images.count(), workspace.encoder.name, workspace.jobs.active()
    state = (images, run.id if run else None, bool(jobs), encoder)
    before = st.session_state.setdefault("seen_state", state)
    if state != before or workspace.database.version != st.session_state["seen_version"]:
        st.session_state["seen_state"] = state
        if encoder != before[-1]:
            forget_clusters()
        st.rerun()
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center", key="status"):
        st.caption(f"Showing {shown:,} of {images:,}" if shown is not None else f"{images:,} images", width="content")
        encoder_choice()
        if jobs:
            told = " · ".join(f"{plain(job.title)}: {job_words(job)}" for job in jobs)
            st.caption(told, width="content")


def _facets(workspace: Workspace, image_filter: ImageFilter) -> list[Facet]:
    folders = _short_folders(workspace.images.facet("folder", image_filter))
    return [
        Facet("tag", "Tags", workspace.images.facet("tag", image_filter), image_filter.values("tag"), "No tags yet."),
        Facet(
            "cluster",
            "Clusters",
            workspace.images.facet("cluster", image_filter),
            image_filter.values("cluster"),
            "No map yet.",
        ),
        Facet("folder", "Folders", folders, image_filter.values("folder"), "No folders yet."),
    ]


def _short_folders(counts: list[Count]) -> list[Count]:
    """Label folders by what tells them apart: their path below the part that all share."""
    parts = [parts_of(count.value) for count in counts]
    shared = 0
    if parts:
        while all(len(part) > shared + 1 and part[: shared + 1] == parts[0][: shared + 1] for part in parts):
            shared += 1
    return [
        Count(count.value, "/".join(part[shared:]) or count.label, count.selected, count.total)
        for count, part in zip(counts, parts, strict=True)
    ]


def _on_facet(action: Mapping[str, Any]) -> None:
    with told_errors():
        set_filter(current_filter().toggled(action["field"], action["value"]))


def _add_typed_terms() -> None:
    """Add what was typed to the filter; what can't be read stays in the box."""
    with told_errors():
        typed = parse_filter(st.session_state["filter_text"])
        set_filter(ImageFilter((*current_filter().terms, *typed.terms)))
        st.session_state["filter_text"] = ""


def _words(workspace: Workspace, term: Term) -> str:
    """Return a term as people say it: "Tag: red", "Not cluster: Sunsets"."""
    values = term.values
    if term.field == "cluster":
        names = {str(cluster.id): cluster.name for cluster in workspace.clustering.clusters()} | {"-1": "No cluster"}
        values = tuple(names.get(value, value) for value in values)
    if term.field == "folder":
        values = tuple(short_name(value) for value in values)
    if term.field == "is":
        values = tuple(_KINDS[value] for value in values)
    if term.field == "copies":
        values = tuple(image.name for image in workspace.images.get_many(values)) or values
    said = ", ".join(values)
    words = _SAID.get(term.field, f"{term.field.capitalize()}: {{}}").format(said)
    return f"Not {words[0].lower()}{words[1:]}" if term.negated else words


_STYLE = """
<style>
  :is([data-testid="stTopNavLink"], [data-testid="stPageLink-NavLink"]):focus-visible {
    outline: 2px solid currentColor; outline-offset: -2px;
  }
  [data-testid="stMainBlockContainer"] { padding-left: 1.25rem; padding-right: 1.25rem; }
  .st-key-status_line { min-height: 1.9rem; gap: .4rem; margin-bottom: -.35rem; }
  .st-key-status_line [data-testid="stCaptionContainer"] p { font-variant-numeric: tabular-nums; white-space: nowrap; }
  .st-key-status { gap: .5rem; }
  .st-key-encoder button { color: inherit !important; opacity: .65; }
  .st-key-encoder button:is(:hover, :focus-visible, [aria-expanded="true"]) { opacity: 1; }
  .cluster-dot { display: block; width: 10px; height: 10px; border-radius: 50%; }
  .st-key-status_line button { padding: .1rem .6rem; min-height: 1.75rem; border-radius: 999px; }
</style>
"""
