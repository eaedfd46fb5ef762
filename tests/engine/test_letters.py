"""What is to be given up is given up when its dead letter is stored, and not before."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bench.broker.letters import Letter
from bench.clients.port import Delivered, DeliverySink, Ending, IntArray, TaskSink
from bench.engine.acks import AfterHandler
from bench.engine.failing import FailingConsumer, FailingTasks
from bench.engine.fates import Fates
from bench.engine.handler import VirtualWorkers
from bench.engine.letters import LATER_NS
from bench.engine.recorder import NEVER, ConsumeRecorder, ConsumerRecord, load_consumer
from bench.plan.faults import Faults
from bench.spec.faults import FailureSettings, Fault

POISON = Fault.model_validate({"kind": "permanent", "share": "50%"})
SOUND_ID, POISON_ID = 0, 1


class Link:
    """Notes what it was asked to say of which positions."""

    faults = ()

    def __init__(self) -> None:
        self.said: list[tuple[str, list[int], int]] = []

    async def open(self, sink: DeliverySink | TaskSink) -> None: ...

    def ask(self) -> None: ...

    def ack(self, positions: IntArray, *, cumulative: bool = False) -> None:
        self.said.append(("ack", positions.tolist(), cumulative))

    def nak(self, positions: IntArray, delay_ns: int = 0) -> None:
        self.said.append(("nak", positions.tolist(), delay_ns))

    def term(self, positions: IntArray, reason: str = "") -> None:
        self.said.append(("term", positions.tolist(), 0))

    async def acknowledge(self, positions: IntArray, *, cumulative: bool = False) -> None:
        self.ack(positions, cumulative=cumulative)

    async def asked_again(self, positions: IntArray, delay_ns: int = 0) -> None:
        self.nak(positions, delay_ns)

    async def given_up(self, positions: IntArray, reason: str = "") -> None:
        self.term(positions, reason)

    def drop(self, positions: IntArray) -> None: ...

    async def close(self) -> None: ...


class Postbox:
    """Keeps letters until it is told what becomes of them."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.became: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    async def posts(self, letter: Letter) -> bool:
        self.letters.append(letter)
        return await asyncio.shield(self.became)

    def hand_over(self, letter: Letter, told: Callable[[bool], None]) -> None:
        self.letters.append(letter)
        self.became.add_done_callback(lambda became: told(became.result()))


def fates() -> Fates:
    return Fates(
        faults=Faults(kinds=(POISON,), index=np.array([0, 1])),
        failure=FailureSettings.model_validate({"attempts": 3}),
        max_deliver=None,
        answers=True,
    )


async def virtual(recorder: ConsumeRecorder, link: Link, postbox: Postbox) -> None:
    """Have both come for the third time, handled at once."""
    handling = (np.zeros(2, dtype=np.int64), fates(), postbox)
    workers = VirtualWorkers(2)
    consumer = FailingConsumer(link, recorder, workers, AfterHandler(), handling)
    ids = np.array([SOUND_ID, POISON_ID])
    both = np.array([3, 3])
    block = Delivered(received_ns=both, ids=ids, stream_seqs=ids + 11, deliveries=both)
    consumer.delivered(block)
    await asyncio.sleep(0)


async def tasks(recorder: ConsumeRecorder, link: Link, postbox: Postbox) -> None:
    handling = (np.zeros(2, dtype=np.int64), fates(), postbox)
    consumer = FailingTasks(link, recorder, AfterHandler(), handling)
    for message_id in (SOUND_ID, POISON_ID):
        consumer.came(3, message_id, message_id + 11, 3)
    works = [consumer.handle(position) for position in (SOUND_ID, POISON_ID)]
    background.extend(map(asyncio.ensure_future, works))
    for _ in range(5):
        await asyncio.sleep(0)


background: list["asyncio.Future[None]"] = []


@pytest.mark.parametrize("run", [virtual, tasks])
@pytest.mark.parametrize("stored", [True, False])
def test_a_message_is_termed_when_its_letter_is_stored_and_else_asked_for_again(
    tmp_path: Path, run: Callable[[ConsumeRecorder, Link, Postbox], object], stored: bool
) -> None:
    path, link = tmp_path / "record.npy", Link()

    async def played() -> tuple[list[Letter], ConsumerRecord]:
        recorder, postbox = ConsumeRecorder(2, path), Postbox()
        await run(recorder, link, postbox)  # type: ignore[misc]
        assert link.said == [("ack", [SOUND_ID], False)], "nothing is said before it is known"
        assert (recorder.handled, recorder.received) == (1, 2)
        postbox.became.set_result(stored)
        for _ in range(5):
            await asyncio.sleep(0)
        return postbox.letters, load_consumer(path)

    letters, record = asyncio.run(played())

    assert letters == [Letter(seq=12, attempts=3, reason="attempts")]
    last = ("term", [POISON_ID], 0) if stored else ("nak", [POISON_ID], LATER_NS)
    assert link.said[1:] == [last]
    assert record.ending.tolist() == [0, Ending.TERMINATED if stored else Ending.UNPOSTED]
    assert (record.handled_ns != NEVER).tolist() == [True, stored]
