"""Running and finished jobs, and the history of changes, each of which can be undone."""

import streamlit as st

from curate.models import Job, JobState
from curate.store.times import utc_now
from pages.queue_panel import queue_panel
from pages.shell import open_page, selected_bar, status_line
from pages.state import current_workspace, make_map, stop_job, undo
from pages.words import ago, counted, job_words, plain

STATES = {
    JobState.QUEUED: ":gray-badge[Waiting]",
    JobState.RUNNING: ":blue-badge[Running]",
    JobState.DONE: ":green-badge[Done]",
    JobState.FAILED: ":red-badge[Failed]",
    JobState.CANCELLED: ":orange-badge[Stopped]",
}

workspace = open_page("jobs")


@st.fragment(run_every=1.0)
def jobs() -> None:
    """Draw the newest jobs."""
    with st.container():  # of its own: a fragment that grows would overwrite what follows it
        _recent_jobs()


def _recent_jobs() -> None:
    recent = current_workspace().jobs.recent(30)
    if not recent:
        st.caption("Imports and maps in the making appear here.")
    for job in recent:
        with st.container(horizontal=True, vertical_alignment="center", border=True):
            st.markdown(STATES[job.state], width=90)
            st.markdown(f"**{plain(job.title)}**  \n{plain(_outcome(job))}", width="stretch")
            st.caption(ago((utc_now() - job.created_at).total_seconds()), width="content")
            if not job.state.ended:
                st.button("Stop", key=f"stop {job.id}", on_click=stop_job, args=(job.id,))


def history() -> None:
    """Draw the newest changes, each with its Undo."""
    operations = workspace.tagging.history(50)
    if not operations:
        st.caption("Every tag you add or remove appears here, and can be undone, also tomorrow.")
    for operation in operations:
        with st.container(horizontal=True, vertical_alignment="center", border=True):
            verb = "Tagged" if operation.kind == "tag" else "Untagged"
            images = counted(operation.count, "image")
            st.markdown(f"{verb} **{images}** “{plain(operation.tag)}”", width="stretch")
            st.caption(ago((utc_now() - operation.created_at).total_seconds()), width="content")
            if operation.undone_at:
                st.caption("Undone", width=60)
            else:
                st.button("Undo", key=f"undo {operation.id}", on_click=undo, args=(operation.id,))


def _outcome(job: Job) -> str:
    if not job.state.ended:
        return job_words(job)
    if job.state is JobState.DONE and job.result and job.kind in ("cluster", "first map"):
        return (
            f"{job.result['clusters']:,} clusters of {job.result['images']:,} images in {job.result['seconds']:.0f} s"
        )
    if job.state is JobState.DONE and job.result and job.kind == "import":
        return f"{job.result['added']:,} added, {job.result['unchanged']:,} unchanged in {job.result['seconds']:.0f} s"
    if job.state is JobState.DONE and job.result and job.kind == "embed":
        return " ".join([f"{counted(job.result['embedded'], 'image')} embedded.", job.result["unreadable"]]).strip()
    return job.message


status_line(workspace)
left, right = st.columns(2, gap="large")
with left:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader("Jobs", width="stretch")
        st.button("Make a new map", on_click=make_map, help="Cluster all images again")
    queue_panel()
    jobs()
with right:
    st.subheader("Changes")
    history()
selected_bar(workspace, [])
