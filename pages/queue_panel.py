"""The queue of images that wait to be embedded: how many, who embeds them, what stands in the way."""

from html import escape

import streamlit as st

from curate.jobs.embedding_queue.status import QueueStatus, WorkerStatus
from pages.state import current_workspace
from pages.words import counted, duration, plain


@st.fragment(run_every=1.0)
def queue_panel() -> None:
    """Draw the queue, where one is configured or something waits."""
    status = current_workspace().embedding_queue.status()
    with st.container():  # of its own: a fragment that grows would overwrite what follows it
        if status.remote or status.images or status.set_aside:
            _panel(status)


def _panel(status: QueueStatus) -> None:
    with st.container(border=True, gap="small", key="queue_panel"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(_badge(status), width=90)
            st.markdown(f"**Embedding queue**  \n{_words(status)}", width="stretch")
            if status.remote:
                st.caption(plain(status.address), width="content", help="The Redis server that the workers share")
        if status.workers:
            st.html(_STYLE + _table(status))
        if status.problem:
            st.warning(plain(status.problem), icon=":material/hourglass_top:")
        if status.last_error:
            st.caption(f":material/info: Last: {plain(status.last_error)}")


def _badge(status: QueueStatus) -> str:
    if status.problem:
        return ":orange-badge[Stuck]" if status.images else ":orange-badge[Away]"
    return ":blue-badge[Running]" if status.images else ":gray-badge[Idle]"


def _words(status: QueueStatus) -> str:
    if not status.images:
        parts = ["Everything is embedded" if not status.set_aside else "Nothing waits"]
    else:
        parts = [f"{counted(status.images, 'image')} in {counted(status.chunks, 'chunk')}"]
        if status.rate >= 0.1 and not status.problem:
            parts += [f"{_rate(status.rate)} a second", f"{duration(status.images / status.rate)} left"]
    if status.set_aside:
        parts.append(f"{counted(status.set_aside, 'image')} can't be embedded")
    return " · ".join(parts)


def _table(status: QueueStatus) -> str:
    rows = "".join(_row(worker, worker.encoder == status.encoder) for worker in status.workers)
    return (
        '<table class="queue-workers"><thead><tr><th>Worker</th><th>Encoder</th><th>Images</th><th>A second</th></tr>'
        f"</thead><tbody>{rows}</tbody></table>"
    )


def _row(worker: WorkerStatus, wanted: bool) -> str:
    state = "busy" if worker.busy else "idle" if wanted else "other"
    said = {"busy": "Embedding", "idle": "Waiting", "other": "Has another encoder than this workspace"}[state]
    return (
        f'<tr><td><i class="{state}" title="{said}" aria-label="{said}"></i>{escape(worker.host)}'
        f" <small>{escape(worker.name.removeprefix(worker.host).strip('-').partition('-')[0])}</small></td>"
        f"<td>{escape(worker.encoder)}</td><td>{worker.images:,}</td><td>{_rate(worker.rate)}</td></tr>"
    )


def _rate(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= 10 else f"{rate:.1f}"


_STYLE = """
<style>
  .queue-workers { width: 100%; border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; }
  .queue-workers th { font-weight: 400; opacity: .6; text-align: left; }
  .queue-workers :is(th, td) { padding: .2rem .75rem .2rem 0; border: 0; }
  .queue-workers :is(th, td):nth-child(n+3) { text-align: right; padding-right: 0; width: 6rem; }
  .queue-workers small { opacity: .6; }
  .queue-workers i { display: inline-block; width: 8px; height: 8px; border-radius: 50%; margin-right: .5rem;
    background: currentColor; opacity: .3; }
  .queue-workers i.busy { background: #2f9e44; opacity: 1; }
  .queue-workers i.other { background: #e8890c; opacity: 1; }
</style>
"""
