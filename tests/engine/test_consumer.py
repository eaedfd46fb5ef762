"""What a consumer process tells its link to acknowledge."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench.clients.port import NO_ID, Delivered, DeliverySink, IntArray
from bench.engine.acks import AfterHandler, Cumulative
from bench.engine.consumer import Consumer
from bench.engine.handler import VirtualWorkers
from bench.engine.recorder import NEVER, ConsumeRecorder, load_consumer


class Link:
    """A link that only remembers what it was to acknowledge."""

    faults: Sequence[str] = ()

    def __init__(self) -> None:
        self.acked: list[tuple[list[int], bool]] = []

    async def open(self, sink: DeliverySink) -> None: ...

    def ask(self) -> None: ...

    def ack(self, positions: IntArray, *, cumulative: bool = False) -> None:
        self.acked.append((positions.tolist(), cumulative))

    def nak(self, positions: IntArray, delay_ns: int = 0) -> None: ...

    def term(self, positions: IntArray, reason: str = "") -> None: ...

    def drop(self, positions: IntArray) -> None: ...

    async def close(self) -> None: ...


def acknowledged(directory: Path, batch: int, seqs: list[int], deliveries: list[int]) -> list[int]:
    """Return the positions that cumulative acks went to, handlers taking no time."""
    link = Link()

    async def work() -> None:
        consumer = Consumer(
            link,
            ConsumeRecorder(len(seqs), directory / "record.npy"),
            VirtualWorkers(1),
            Cumulative(batch),
            np.zeros(max(seqs), dtype=np.int64),
        )
        column = np.array(seqs, dtype=np.int64)
        block = Delivered(
            ids=column - 1,
            stream_seqs=column,
            deliveries=np.array(deliveries, dtype=np.int64),
            received_ns=np.arange(1, len(seqs) + 1, dtype=np.int64),
        )
        consumer.delivered(block)

    asyncio.run(work())
    assert all(cumulative for _, cumulative in link.acked)
    return [positions[-1] for positions, _ in link.acked]


def test_a_cumulative_ack_goes_to_the_highest_sequence_and_not_to_the_last_delivery(
    tmp_path: Path,
) -> None:
    """Message 1 came again behind 3: an ack for it covers 1 alone, and 2 and 3 read as acked."""
    third = 2

    assert acknowledged(tmp_path, 4, [1, 2, 3, 1], [1, 1, 1, 2]) == [third]


def test_of_a_repeated_highest_message_the_latest_delivery_is_acknowledged(tmp_path: Path) -> None:
    """The server's floor of deliveries only rises: an ack of the older one may come too late."""
    repeat = 2

    assert acknowledged(tmp_path, 3, [1, 2, 2], [1, 1, 2]) == [repeat]


def test_what_comes_from_beyond_the_bounds_is_noted_and_passed_over(tmp_path: Path) -> None:
    """A replay stops at what was newest when it began: it handles no later one."""
    asked, within, beyond = [0], (2, 3), [4, 5]

    class Asking(Link):
        def ask(self) -> None:
            asked[0] += 1

    link, recorder = Asking(), ConsumeRecorder(5, tmp_path / "record.npy")

    async def work() -> None:
        acks, time_ns = AfterHandler(), np.zeros(5, dtype=np.int64)
        consumer = Consumer(link, recorder, VirtualWorkers(1), acks, time_ns)
        consumer.keep_within(*within)
        running = asyncio.create_task(consumer.run(pull=True))
        await asyncio.sleep(0)
        for seqs in ([2], [1, 3, 4], beyond):
            column = np.array(seqs, dtype=np.int64)
            consumer.delivered(
                Delivered(
                    ids=column - 1,
                    stream_seqs=column,
                    deliveries=np.ones_like(column),
                    received_ns=column,
                )
            )
        running.cancel()

    asyncio.run(work())

    record = load_consumer(tmp_path / "record.npy")
    assert record.stream_seqs.tolist() == [2, 1, 3, 4, 4, 5]
    assert record.stream_seqs[record.handled_ns != NEVER].tolist() == [2, 3]
    assert record.ids.tolist() == [1, NO_ID, 2, NO_ID, NO_ID, NO_ID]
    assert [positions for positions, _ in link.acked] == [[0], [2]]
    assert asked[0] == 2  # at first, and after the block that was all its own
