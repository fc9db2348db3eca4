"""The queue with a real Redis server and real worker processes: nothing is lost, nothing counts twice."""

import signal
import socket
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from rq import Callback, Queue, SimpleWorker

from curate.embedding.descriptor import DescriptorEncoder
from curate.errors import EncoderUnavailable, InvalidParameter, WorkerUnfit
from curate.jobs.embedding_queue.broker import Broker
from curate.jobs.embedding_queue.chunks import Chunk, QueuedImage
from curate.jobs.embedding_queue.presence import Presence, WorkerReport
from curate.jobs.embedding_queue.rq_jobs import ChunkJob, JSONSerializer, connect, queue_of
from curate.jobs.embedding_queue.service import EmbeddingQueueService
from curate.store.unembedded import unembedded_among, workspace_mark
from tests.builders import save_picture
from tests.jobs.queueing import Collection, WorkerProcess, collection, running, signals_as_before, until, work_here
from tests.redis_server import RedisServer

StartWorker = Callable[..., WorkerProcess]


def chunk_of(held: Collection, ids: list[str], encoder: str = "descriptor") -> Chunk:
    images = unembedded_among(held.database, encoder, ids)
    return Chunk(encoder=encoder, images=tuple(QueuedImage(**image._asdict()) for image in images))


def broker_of(held: Collection, url: str) -> Broker:
    """Redis as this collection's app sees it."""
    return Broker(connect(url), workspace_mark(held.database))


def busy_worker(url: str) -> int:
    """Return the pid of a worker that is in the middle of a chunk."""
    client = connect(url)
    workers = Presence(client, "worker", WorkerReport)
    found: list[str] = []

    def look() -> bool:
        for name, report in workers.present().items():
            if report.chunk and client.hget(f"rq:job:{report.chunk}", "status") == b"started":
                found.append(name)
        return bool(found)

    until(look, every=0.01)
    return int(found[0].split("-")[-2])


def test_a_killed_worker_loses_nothing_and_every_image_gets_the_vector_that_this_process_gives(
    tmp_path: Path, redis_url: str, start_worker: StartWorker
) -> None:
    drained: list[int] = []
    with collection(tmp_path) as held, running(held.queue(redis_url, lambda: drained.append(1))) as queue:
        workers = {worker.pid: worker for worker in (start_worker(redis_url), start_worker(redis_url))}
        queue.enqueue(held.add(150))
        killed = busy_worker(redis_url)
        workers.pop(killed).process.send_signal(signal.SIGKILL)
        killed_at = time.monotonic()

        until(lambda: f"-{killed}-" in (queue.status().last_error or ""))
        assert time.monotonic() - killed_at < 15  # RQ itself would take more than a minute
        until(held.is_whole)

        held.check()
        until(lambda: drained)
        until(lambda: [worker.name.split("-")[-2] for worker in queue.status().workers] == [str(*workers)])
        status = queue.status()
        assert (status.images, status.chunks, status.problem) == (0, 0, None)
        assert status.rate > 0
        worker = workers.popitem()[1]
        worker.process.send_signal(signal.SIGINT)
        assert worker.process.wait(10) == 0
        assert "Embedded " in worker.said()


def test_chunks_that_were_done_while_the_app_was_away_are_kept_and_what_was_sent_twice_counts_once(
    tmp_path: Path, redis_url: str, start_worker: StartWorker
) -> None:
    with collection(tmp_path) as held:
        ids = held.add(9)
        sent = broker_of(held, redis_url).send([chunk_of(held, ids[:6]), chunk_of(held, ids[3:6])])
        worker = start_worker(redis_url)
        client = connect(redis_url)
        until(lambda: all(client.hget(f"rq:job:{job_id}", "status") == b"finished" for job_id in sent))
        worker.process.send_signal(signal.SIGINT)

        with running(held.queue(redis_url)) as queue:
            until(lambda: held.embeddings.count() == 6)
            until(lambda: queue.status().images == 3)
            assert "no worker is there" in (queue.status().problem or "")
            start_worker(redis_url)
            until(held.is_whole)
            until(lambda: not queue.busy)

        held.check()
        assert not client.smembers(f"curate:{workspace_mark(held.database)}:chunks")
        assert client.keys("rq:job:*") == []


def test_an_image_that_changed_on_its_way_is_embedded_anew_and_an_unreadable_one_told_of(
    tmp_path: Path, redis_url: str, start_worker: StartWorker
) -> None:
    with collection(tmp_path) as held:
        ids = held.add(5)
        broker_of(held, redis_url).send([chunk_of(held, ids)])
        save_picture(held.path(ids[1]), seed=77)
        held.note(ids[1])
        held.path(ids[3]).write_bytes(held.path(ids[3]).read_bytes()[:300])

        with running(held.queue(redis_url)) as queue:
            start_worker(redis_url)
            until(lambda: held.is_whole(without=(ids[3],)) and not queue.busy)

            assert queue.status().set_aside == 1
            assert f"{ids[3]}.jpg" in (queue.status().last_error or "")
        held.check(without=(ids[3],))


def test_a_worker_with_another_encoder_refuses_and_its_chunks_wait_for_the_right_one(
    tmp_path: Path, redis_url: str
) -> None:
    class Other(DescriptorEncoder):
        name = "other"

    with collection(tmp_path, Other()) as held, running(held.queue(redis_url)) as queue:
        queue.enqueue(held.add(2))
        until(lambda: connect(redis_url).exists("rq:queue:curate-other"))

        with pytest.raises(WorkerUnfit, match="The app embeds with other, but this worker has descriptor"):
            work_here(redis_url)

        assert queue.status().images == 2


def test_a_chunk_that_reaches_a_worker_with_another_encoder_comes_back_whole(tmp_path: Path, redis_url: str) -> None:
    with collection(tmp_path) as held:
        wrong = chunk_of(held, held.add(2)).model_copy(update={"encoder": "other"})
        queue = queue_of(connect(redis_url), "descriptor")
        queue.enqueue("any.name", wrong.model_dump(), job_id="misled")

        with pytest.raises(WorkerUnfit, match="A chunk wants the encoder other"):
            work_here(redis_url)

        job = queue.fetch_job("misled")
        assert job is not None
        assert "A chunk wants the encoder other" in job.return_value()["given_back"]


def test_redis_may_be_away_and_come_back_empty(tmp_path: Path, start_worker: StartWorker) -> None:
    server = RedisServer(tmp_path)
    with collection(tmp_path) as held, running(held.queue(server.url)) as queue:
        first = held.add(3)
        began = time.monotonic()
        queue.enqueue(first)
        assert time.monotonic() - began < 0.5
        until(lambda: "Redis at redis://127.0.0.1" in (queue.status().problem or ""))

        server.start()
        worker = start_worker(server.url)
        until(held.is_whole)
        server.stop()
        queue.enqueue(held.add(3))
        until(lambda: queue.status().problem)
        until(lambda: "Redis can't be reached" in worker.said())
        server.start()
        until(held.is_whole)

        held.check()
        assert worker.process.poll() is None
        assert queue.status().problem is None
    server.stop()


def test_a_server_that_takes_connections_and_never_answers_holds_nobody_up(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, collection(tmp_path) as held:
        with running(held.queue(f"redis://:secret@127.0.0.1:{silent.getsockname()[1]}")) as queue:
            ids = held.add(1)
            began = time.monotonic()
            queue.enqueue(ids)
            queue.status()
            assert time.monotonic() - began < 0.5
            until(lambda: queue.status().problem)
            assert "secret" not in f"{queue.status()}"
            began = time.monotonic()
        assert time.monotonic() - began < 15


def test_nothing_that_is_put_on_redis_is_run(tmp_path: Path, redis_url: str, start_worker: StartWorker) -> None:
    victim = tmp_path / "victim"
    victim.write_text("here")
    with collection(tmp_path) as held:
        queue_of(connect(redis_url), "descriptor").enqueue(
            "os.unlink", str(victim), on_failure=Callback("os.getcwd"), job_id="evil"
        )
        with running(held.queue(redis_url)) as queue:
            start_worker(redis_url)
            queue.enqueue(held.add(2))
            until(held.is_whole)

        job = queue_of(connect(redis_url), "descriptor").fetch_job("evil")
        assert job is not None
        assert job.is_failed
        assert victim.exists()


def test_a_worker_without_a_server_says_which_setting_it_needs() -> None:
    with pytest.raises(InvalidParameter, match="CURATE_REDIS_URL"):
        work_here("")


def test_an_address_that_cannot_be_understood_is_told_at_once(tmp_path: Path) -> None:
    with collection(tmp_path) as held, pytest.raises(InvalidParameter, match="CURATE_REDIS_URL"):
        EmbeddingQueueService(held.database, held.embeddings, "redis://localhost:not-a-port")


def test_without_redis_this_process_embeds_in_the_background(tmp_path: Path) -> None:
    drained: list[int] = []
    with collection(tmp_path) as held:
        left = held.add(3)  # on record before the start, as an import that counted on workers leaves them
        with running(held.queue(on_drained=lambda: drained.append(1))) as queue:
            ids = held.add(70)
            held.path(ids[5]).unlink()
            queue.enqueue([*ids, ids[0]])
            until(lambda: held.is_whole(without=(ids[5],)) and not queue.busy)
            until(lambda: drained)

            assert (queue.status().set_aside, queue.status().remote) == (1, False)
            assert ids[5] in (queue.status().last_error or "")
        held.check(without=(ids[5],))
        np.testing.assert_array_equal(held.embeddings.get_embedding(left[0]), held.expected[left[0]])


class _OutOfMemory(DescriptorEncoder):
    """A descriptor whose device has memory for its images or not."""

    fits = True

    def embed_images(self, prepared: Sequence[np.ndarray]) -> np.ndarray:
        if not self.fits:
            raise EncoderUnavailable("Not even one image fits.")
        return super().embed_images(prepared)


def test_an_encoder_that_cannot_go_on_says_why_and_its_images_wait(tmp_path: Path) -> None:
    encoder = _OutOfMemory()
    with collection(tmp_path, encoder) as held:
        held.add(2)
        encoder.fits = False
        with running(held.queue()) as queue:
            until(lambda: queue.status().problem == "Not even one image fits.")

            encoder.fits = True
            until(held.is_whole)
        held.check()


class _Crash(ChunkJob):
    """A chunk that makes every worker fail."""

    def _execute(self) -> None:
        raise RuntimeError("the device is on fire")


def test_an_image_that_no_worker_survives_is_left_out_at_last(tmp_path: Path, redis_url: str) -> None:
    def fail_once() -> bool:
        connection = connect(redis_url)
        queue = Queue("curate-descriptor", connection, job_class=_Crash, serializer=JSONSerializer)
        with signals_as_before():
            SimpleWorker([queue], connection=connection, job_class=_Crash, serializer=JSONSerializer).work(burst=True)
        return not waiting.busy

    with collection(tmp_path) as held, running(held.queue(redis_url)) as waiting:
        waiting.enqueue(held.add(2))

        until(fail_once, every=0.2)

        assert waiting.status().set_aside == 2
        assert waiting.status().last_error == "A worker failed: RuntimeError: the device is on fire"
        assert held.embeddings.count() == 0


class _Meanwhile(DescriptorEncoder):
    """A descriptor beside which something else happens once, between decoding and keeping."""

    happens: Callable[[], None] | None = None

    def embed_images(self, prepared: Sequence[np.ndarray]) -> np.ndarray:
        happens, self.happens = self.happens, None
        if happens:
            happens()
        return super().embed_images(prepared)


def test_a_vector_of_a_content_that_an_import_replaced_meanwhile_is_not_kept(tmp_path: Path) -> None:
    encoder = _Meanwhile()
    with collection(tmp_path, encoder) as held:
        (image_id,) = held.add(1)

        def imported() -> None:
            save_picture(held.path(image_id), 77)
            held.note(image_id)
            held.embeddings.update_embeddings([image_id])

        encoder.happens = imported
        held.embeddings.update_embeddings([image_id])

        np.testing.assert_array_equal(held.embeddings.get_embedding(image_id), held.expected[image_id])
