"""Choose a folder, watch it come in, and see what was passed over and why."""

from collections import Counter
from pathlib import Path

import streamlit as st

from curate.errors import CurateError
from curate.ingest.browse import list_folder
from curate.ingest.folders import import_roots
from curate.models import Job, JobState
from pages.shell import open_page, selected_bar, shown_errors, status_line
from pages.state import current_workspace, stop_job, told_errors
from pages.words import counted, job_words, plain

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
            "Folder", key="folder", placeholder="/home/me/pictures", help="Folders inside it are imported too."
        )
        st.button("Import", type="primary", on_click=start_typed_import)
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


status_line(workspace)
left, right = st.columns([3, 2], gap="large")
with left:
    st.subheader("Import a folder")
    folder_chooser()
with right:
    st.subheader("Progress")
    progress()
    if sources := workspace.images.sources():
        st.subheader("Imported folders")
        for source in sources:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.caption(plain(source), width="stretch")
                st.button("Import again", key=f"again {source}", on_click=start_import, args=(source,))
with shown_errors():
    skipped_files()
selected_bar(workspace, [])
