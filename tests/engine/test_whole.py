"""Batches that are acknowledged whole or returned whole."""

import asyncio
from collections import Counter, deque
from collections.abc import Sequence
from itertools import starmap
from pathlib import Path

import numpy as np
import pytest

from bench.clients.port import Delivered, DeliverySink, Ending, IntArray
from bench.engine.acks import AfterHandler
from bench.engine.failing import FailingConsumer
from bench.engine.fates import WELL, Fates
from bench.engine.handler import VirtualWorkers
from bench.engine.recorder import ConsumeRecorder, load_consumer
from bench.engine.whole import WholeBatches, together
from bench.plan.faults import Faults
from bench.spec.faults import AS_USUAL, Fault

BATCH = 10
ONCE = Fault.model_validate({"kind": "transient", "share": "1%"})


def column(*numbers: int) -> IntArray:
    return np.array(numbers, dtype=np.int64)


@pytest.mark.parametrize("failed", [Ending.NAKED, Ending.TERMINATED, Ending.EXHAUSTED])
def test_one_failure_returns_what_went_well_beside_it(failed: Ending) -> None:
    """What failed keeps its own end, and so does what nobody answers."""
    ended = together(column(WELL, failed, Ending.UNACKED, WELL))

    assert ended.tolist() == [Ending.RETURNED, failed, Ending.UNACKED, Ending.RETURNED]


def test_without_a_failure_all_end_as_they_did() -> None:
    """A message that nobody answers is no failure of its batch."""
    assert together(column(WELL, Ending.UNACKED)).tolist() == [WELL, Ending.UNACKED]


def test_a_batch_is_whole_when_so_many_ended_or_nothing_is_in_hand() -> None:
    """In the order of their ends; a failure in the second batch says nothing of the first."""
    whole = WholeBatches(2)

    assert whole.ended(column(0), column(WELL), idle=False) == []
    found = whole.ended(column(2, 1, 3), column(WELL, Ending.NAKED, WELL), idle=False)
    (rest,) = whole.ended(column(4), column(WELL), idle=True)

    assert [positions.tolist() for positions, _ in found] == [[0, 2], [1, 3]]
    assert [endings.tolist() for _, endings in found] == [
        [WELL, WELL],
        [Ending.NAKED, Ending.RETURNED],
    ]
    assert [each.tolist() for each in rest] == [[4], [WELL]]


class Queue:
    """A server's stream, a batch for each request; what is returned comes first."""

    faults: Sequence[str] = ()

    def __init__(self, count: int) -> None:
        self.sink: DeliverySink | None = None
        self._waiting = deque((number, 1) for number in range(count))
        self._given: list[tuple[int, int]] = []
        self._again: list[tuple[int, int]] = []
        self.acked: Counter[int] = Counter()

    async def open(self, sink: DeliverySink) -> None:
        self.sink = sink

    async def close(self) -> None: ...

    def ask(self) -> None: ...

    def deliver(self) -> bool:
        """Bring a batch; say False when there is none."""
        assert self.sink is not None
        self._waiting.extendleft(reversed(self._again))
        self._again = []
        batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
        if not batch:
            return False
        self._given += batch
        ids, deliveries = (column(*each) for each in zip(*batch, strict=True))
        self.sink.delivered(
            Delivered(
                received_ns=np.ones_like(ids), ids=ids, stream_seqs=ids + 1, deliveries=deliveries
            )
        )
        return True

    def ack(self, positions: IntArray, *, cumulative: bool = False) -> None:
        self.acked.update(self._given[position][0] for position in positions.tolist())

    def nak(self, positions: IntArray, delay_ns: int = 0) -> None:
        given = (self._given[position] for position in positions.tolist())
        self._again += starmap(lambda number, count: (number, count + 1), given)
        self._again.sort()

    def term(self, positions: IntArray, reason: str = "") -> None: ...

    def drop(self, positions: IntArray) -> None: ...


def test_a_percent_of_failures_returns_a_tenth_of_the_batches(tmp_path: Path) -> None:
    """KNOWN-TRUTHS 11.2: 1 % fail once, batches of 10: 1 + (1 - 0.99^10) = 1.096 deliveries."""
    count, path = 20_000, tmp_path / "record.npy"
    failing = np.random.default_rng(7).permutation(count) < count // 100
    faults = Faults(kinds=(ONCE,), index=failing.astype(np.int64))
    queue = Queue(count)

    async def work() -> None:
        fates = Fates(faults=faults, failure=AS_USUAL, max_deliver=None, answers=True)
        handling = (np.zeros(count, dtype=np.int64), fates, None)
        recorder = ConsumeRecorder(count, path)
        consumer = FailingConsumer(queue, recorder, VirtualWorkers(1), AfterHandler(), handling)
        consumer.return_whole(BATCH)
        await queue.open(consumer)
        while queue.deliver():
            pass

    asyncio.run(work())

    record = load_consumer(path)
    struck = len({number // BATCH for number in np.flatnonzero(failing).tolist()})
    assert record.ids.size == count + BATCH * struck
    assert np.count_nonzero(record.ending == Ending.NAKED) == np.count_nonzero(failing)
    returned = np.count_nonzero(record.ending == Ending.RETURNED)
    assert returned == BATCH * struck - np.count_nonzero(failing)
    assert queue.acked == Counter(range(count))
    assert record.ids.size / count == pytest.approx(1.096, abs=0.02)
