"""The queue's parts: what is believed of an answer, who waits, how fast it goes."""

import base64
import threading
from typing import Any

import numpy as np
import pytest

from curate.jobs.embedding_queue.backlog import Backlog
from curate.jobs.embedding_queue.chunks import Chunk, ChunkResult, QueuedImage, read_result
from curate.jobs.embedding_queue.pace import Pace
from curate.jobs.embedding_queue.rq_jobs import address_of

IMAGES = tuple(QueuedImage(id=name, path=f"/{name}.jpg", size_bytes=1, content_hash=name) for name in ("a", "b", "c"))
CHUNK = Chunk(encoder="descriptor", images=IMAGES)
VECTORS = np.eye(2, 4, dtype=np.float32)
GOOD = ChunkResult(["a", "c"], VECTORS, {"b": "it is cut off"}).to_json()


def test_a_result_survives_the_journey_bit_for_bit() -> None:
    result = read_result(GOOD, CHUNK, 4)

    assert (list(result.ids), dict(result.reasons)) == (["a", "c"], {"b": "it is cut off"})
    np.testing.assert_array_equal(result.vectors, VECTORS)


def test_a_chunk_of_unreadable_images_alone_has_no_vectors() -> None:
    result = read_result(ChunkResult(reasons=dict.fromkeys("abc", "gone")).to_json(), CHUNK, 4)

    assert result.vectors.shape == (0, 4)


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        "text",
        {"ids": ["a"]},
        {**GOOD, "ids": ["a", "x"]},
        {**GOOD, "ids": ["a", "a"]},
        {**GOOD, "reasons": {}},
        {**GOOD, "vectors": "not base64"},
        {**GOOD, "vectors": base64.b64encode(VECTORS.tobytes()[:-3]).decode()},
        {**GOOD, "vectors": base64.b64encode(np.eye(2, 3, dtype=np.float32).tobytes()).decode()},
        {**GOOD, "vectors": base64.b64encode((2 * VECTORS).tobytes()).decode()},
        {**GOOD, "vectors": base64.b64encode((VECTORS * np.nan).tobytes()).decode()},
    ],
)
def test_an_answer_that_no_worker_would_send_is_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"^it"):
        read_result(wrong, CHUNK, 4)


def test_an_image_waits_once_and_comes_back_before_the_others() -> None:
    backlog = Backlog()
    backlog.add(["a", "b", "c", "a"])

    assert backlog.take(2) == ["a", "b"]
    backlog.add(["a", "d"])
    assert backlog.unfinished == 4
    backlog.put_back(["b"])
    backlog.set_aside({"a": "cut off"})
    assert (backlog.take(9), backlog.left_out) == (["b", "c", "d"], 1)

    backlog.finish(["b", "c", "d"])
    backlog.add(["a"])
    assert (backlog.unfinished, backlog.left_out) == (1, 0)


def test_what_waits_is_replaced_without_an_empty_moment_and_without_what_is_being_embedded() -> None:
    backlog = Backlog()
    backlog.add(["a", "b", "c"])
    backlog.take(1)
    backlog.set_aside({"x": "cut off"})
    late = threading.Thread(target=backlog.add, args=(["e"],))

    def wanted() -> list[str]:
        late.start()
        late.join(0.2)
        return ["a", "c", "d"]

    backlog.reset(wanted)
    late.join()

    assert (backlog.take(9), backlog.unfinished, backlog.left_out) == (["c", "d", "e"], 4, 0)


def test_the_pace_counts_from_when_work_began() -> None:
    pace = Pace()
    assert pace.rate() == 0

    pace.begin()
    pace.add(50)

    assert (pace.done, pace.rate()) == (50, 50)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://localhost:6379/0", "redis://localhost:6379/0"),
        ("redis://:secret@host:1/2", "redis://host:1/2"),
        ("rediss://user:sec@ret@host", "rediss://host"),
        ("unix:///run/redis.sock?password=secret", "unix:///run/redis.sock"),
    ],
)
def test_an_address_is_shown_without_its_password(url: str, shown: str) -> None:
    assert address_of(url) == shown
