"""Choose a folder, watch it come in, and see what was passed over and why."""

from collections import Counter
from pathlib import Path

import streamlit as st

from curate.errors import CurateError
from curate.ingest.browse import list_folder
from curate.ingest.folders import import_roots
from curate.ingest.sources import is_address
from curate.models import Job, JobState
from pages.shell import open_page, selected_bar, shown_errors, status_line
from pages.state import current_workspace, stop_job, told_errors
from pages.words import counted, job_words, plain

_WATCH_HELP = "New, changed, moved and deleted files are picked up within seconds, as long as the app runs"

workspace = open_page("import")


def start_import(folder: str) -> None:
    """Import a folder."""
    with told_errors():
        current_workspace().start_import(folder)


def start_typed_import() -> None:
    """Import the folder in the box. It is read here: an argument would be what the page before this click had there."""
    start_import(st.session_state["folder"])


def open_folder(path: Path) -> None:
    """Go into a folder in the list."""
    st.session_state["folder"] = str(path)


def folder_chooser() -> None:
    """Draw the box for a path, and the folders around it to click through."""
    st.session_state.setdefault("folder", str((import_roots(workspace.settings) or [Path.home()])[0]))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            "Folder",
            key="folder",
            placeholder="/home/me/pictures",
            help="Folders inside it are imported too. Addresses such as s3://bucket/pictures work as well.",
        )
        st.button("Import", type="primary", on_click=start_typed_import)
    if is_address(st.session_state["folder"]):
        st.caption("Everything at this address is imported. Its files are read when they are needed.")
        return
    try:
        listing = list_folder(st.session_state["folder"], workspace.settings)
    except CurateError as error:
        st.caption(plain(error))
        return
    with st.container(height=230, border=True, gap=None, key="folder_list"):
        if listing.parent is not None:
            _folder_button("..", listing.parent, ":material/arrow_upward:")
        for name in listing.folders:
            _folder_button(name, listing.path / name, ":material/folder:")
    st.caption(
        f"{counted(len(listing.folders), 'folder')} and {counted(listing.files, 'file')} in {plain(listing.path)}"
    )


def _folder_button(label: str, path: Path, icon: str) -> None:
    st.button(plain(label), key=f"into {path}", icon=icon, type="tertiary", on_click=open_folder, args=(path,))


@st.fragment(run_every=0.7)
def progress() -> None:
    """Draw the running import, or how the last one ended."""
    with st.container():  # of its own: a fragment that grows would overwrite what follows it
        _newest_import()


def _newest_import() -> None:
    jobs = [job for job in current_workspace().jobs.recent(20) if job.kind == "import"]
    if not jobs:
        st.caption("Your images stay where they are: Curate reads them and never changes, moves or deletes one.")
        return
    job = jobs[0]
    if job.state.ended:
        _ended(job)
        return
    share = job.done / job.total if job.total else 0.0
    st.progress(min(share, 1.0), f"**{plain(job.title)}** &nbsp; {job_words(job)}")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(plain(job.message) or "You can go on working while it runs.", width="stretch")
        st.button("Stop", on_click=stop_job, args=(job.id,), help="What is in so far stays in")


def _ended(job: Job) -> None:
    if job.state is JobState.DONE and job.result:
        result = job.result
        parts = [f"{result[name]:,} {name}" for name in ("added", "changed", "moved", "missing") if result[name]]
        told = ", ".join([*parts, f"{result['unchanged']:,} unchanged"])
        st.success(f"**{plain(job.title)}**: {told} · {result['seconds']:.0f} s", icon=":material/check:")
        st.page_link("map.py", label="See the map", icon=":material/scatter_plot:")
    elif job.state is JobState.CANCELLED:
        st.info(f"**{plain(job.title)}**: {plain(job.message)}", icon=":material/pause:")
    else:
        st.error(f"**{plain(job.title)}**: {plain(job.message)}", icon=":material/error:")


def _sentence(reason: str) -> str:
    return reason[:1].upper() + reason[1:]


def skipped_files() -> None:
    """Draw the files that were passed over, with their reasons."""
    skipped = workspace.images.skipped()
    if not skipped:
        return
    st.subheader(f"{counted(len(skipped), 'file')} skipped")
    reasons = Counter(_sentence(file.reason) for file in skipped)
    st.caption(" · ".join(f"{reason}: {count:,}" for reason, count in reasons.most_common(4)))
    columns = {"File": [file.path for file in skipped], "Why": [_sentence(file.reason) for file in skipped]}
    st.dataframe(columns, hide_index=True, height=300)


def imported_folders() -> None:
    """Draw the folders that were imported, each with a switch for watching it."""
    sources = workspace.watching.sources()
    if not sources:
        return
    st.subheader("Imported folders")
    for source, watched in sources.items():
        switch = f"watch {source}"
        st.session_state[switch] = watched  # what is on disk, whoever changed it
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(plain(source), width="stretch")
            st.toggle("Watch", key=switch, on_change=switch_watching, args=(source,), help=_WATCH_HELP)
            st.button("Import again", key=f"again {source}", on_click=start_import, args=(source,))


def switch_watching(source: str) -> None:
    """Watch a folder from now on, or no longer."""
    with told_errors():
        watching = current_workspace().watching
        (watching.watch if st.session_state[f"watch {source}"] else watching.unwatch)(source)


status_line(workspace)
left, right = st.columns([3, 2], gap="large")
with left:
    st.subheader("Import a folder")
    folder_chooser()
with right:
    st.subheader("Progress")
    progress()
    imported_folders()
with shown_errors():
    skipped_files()
selected_bar(workspace, [])
