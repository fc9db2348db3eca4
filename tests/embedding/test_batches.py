import threading
from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from curate.embedding.batches import WAITING_BATCHES, EmbeddingBatches


class SlowEncoder:
    """Doubles its inputs once it is let, and remembers how many came at a time."""

    def __init__(self) -> None:
        self.may_go_on = threading.Event()
        self.sizes: list[int] = []

    def embed(self, prepared: Sequence[np.ndarray]) -> np.ndarray:
        assert self.may_go_on.wait(10)
        self.sizes.append(len(prepared))
        return 2 * np.stack(prepared)


@pytest.fixture
def encoder() -> SlowEncoder:
    return SlowEncoder()


@pytest.fixture
def batches(encoder: SlowEncoder) -> Iterator[EmbeddingBatches]:
    batches = EmbeddingBatches(encoder.embed, batch_size=4)
    yield batches
    encoder.may_go_on.set()
    batches.close()


def numbered(count: int) -> list[np.ndarray]:
    return [np.full(3, number, np.float32) for number in range(count)]


def test_vectors_come_in_the_order_of_their_inputs(batches: EmbeddingBatches, encoder: SlowEncoder) -> None:
    encoder.may_go_on.set()
    for prepared in numbered(10):
        batches.add(prepared)

    vectors = batches.take(everything=True)

    assert [vector[0] for vector in vectors] == [2 * number for number in range(10)]
    assert encoder.sizes == [4, 4, 2]


def test_what_is_not_embedded_yet_is_not_waited_for(batches: EmbeddingBatches, encoder: SlowEncoder) -> None:
    for prepared in numbered(6):
        batches.add(prepared)

    assert batches.take() == []

    encoder.may_go_on.set()
    assert len(batches.take(everything=True)) == 6
    assert batches.take(everything=True) == []


def test_inputs_wait_while_enough_batches_do(batches: EmbeddingBatches, encoder: SlowEncoder) -> None:
    inputs = numbered(4 * (WAITING_BATCHES + 1))
    for prepared in inputs[:-1]:
        batches.add(prepared)
    last = threading.Thread(target=batches.add, args=[inputs[-1]])
    last.start()
    last.join(0.2)

    assert last.is_alive()

    encoder.may_go_on.set()
    last.join(10)
    assert not last.is_alive()


def test_an_error_of_the_encoder_reaches_who_takes_the_vectors() -> None:
    def broken(prepared: Sequence[np.ndarray]) -> np.ndarray:
        raise RuntimeError("no memory left")

    batches = EmbeddingBatches(broken, batch_size=1)
    batches.add(np.zeros(3, np.float32))

    with pytest.raises(RuntimeError, match="no memory left"):
        batches.take(everything=True)
    batches.close()
