"""The open-loop publisher against a link of the test's own: what is due leaves, come what may."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import uvloop

from bench.clients.port import IntArray
from bench.core.units import NS_PER_MS, NS_PER_S
from bench.engine.clock import LoopTimer, now_ns
from bench.engine.publisher import OpenLoopPublisher
from bench.engine.recorder import PublishRecorder, load_publisher
from bench.spec.workload import Publish


class ScriptedLink:
    """Answers each message after a delay, or never; a real server can't be told to fall silent."""

    faults = ()

    def __init__(self, recorder: PublishRecorder, answer_after_s: float | None) -> None:
        self._recorder = recorder
        self._answer_after_s = answer_after_s
        self.blocks: list[tuple[int, int]] = []
        self.most_in_flight = 0
        self.start_ns = 0
        self.handed_over_ns: list[int] = []

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    def blocked(self) -> "asyncio.Future[None] | None":
        return None

    def send(self, first: int, stop: int) -> None:
        self.blocks.append((first, stop))
        self.handed_over_ns.append(now_ns())
        self.most_in_flight = max(self.most_in_flight, stop - self._recorder.settled)
        if self._answer_after_s is not None:
            loop = asyncio.get_running_loop()
            loop.call_later(self._answer_after_s, self._answer, range(first, stop))

    def _answer(self, positions: range) -> None:
        self._recorder.stored(tuple(positions), now_ns())
        self._recorder.caught_up()


class WritingLink(ScriptedLink):
    """Has a block out only after other work of the event loop, as nats-py's flusher has."""

    def __init__(self, recorder: PublishRecorder, events: list[str]) -> None:
        super().__init__(recorder, 0.001)
        self._events = events
        self._writing: asyncio.Task[None] | None = None

    def blocked(self) -> "asyncio.Future[None] | None":
        return None if self._writing is None or self._writing.done() else self._writing

    def send(self, first: int, stop: int) -> None:
        super().send(first, stop)
        self._events.append("handed over")
        self._writing = asyncio.get_running_loop().create_task(self._write())

    async def _write(self) -> None:
        await asyncio.sleep(0)
        self._events.append("written")


class StuckLink(ScriptedLink):
    """Takes one block and never another, as a connection that is not mended."""

    def blocked(self) -> "asyncio.Future[None] | None":
        return asyncio.get_running_loop().create_future() if self.blocks else None


class NotedTimer(LoopTimer):
    """Notes when it is set."""

    def __init__(self, ring: Callable[[], None], events: list[str]) -> None:
        super().__init__(ring)
        self._events = events

    def ring_at(self, instant_ns: int) -> None:
        self._events.append("timer set")
        super().ring_at(instant_ns)


def offer(window: int) -> Publish:
    return Publish.model_validate({"rate": "1000/s", "window": window})


async def publish(
    path: Path, offsets_ns: IntArray, window: int, answer_after_s: float | None
) -> tuple[ScriptedLink, OpenLoopPublisher]:
    recorder = PublishRecorder(np.arange(offsets_ns.size, dtype=np.int64), path)
    link = ScriptedLink(recorder, answer_after_s)
    return link, await publish_by(link, recorder, offsets_ns, window)


async def publish_by(
    link: ScriptedLink, recorder: PublishRecorder, offsets_ns: IntArray, window: int
) -> OpenLoopPublisher:
    publisher = OpenLoopPublisher(link, recorder, offer(window))
    link.start_ns = start_ns = now_ns() + 5 * NS_PER_MS
    await publisher.run(start_ns + offsets_ns, start_ns + NS_PER_S // 2)
    return publisher


def every_ms(count: int) -> IntArray:
    return np.arange(count, dtype=np.int64) * NS_PER_MS


def test_everything_is_sent_once_and_in_order(tmp_path: Path) -> None:
    """The blocks that leave tile the plan without gap or overlap."""
    link, publisher = uvloop.run(publish(tmp_path / "p.npy", every_ms(100), 256, 0.001))

    assert [first for first, _ in link.blocks] == [0, *(stop for _, stop in link.blocks[:-1])]
    assert link.blocks[-1][1] == publisher.sent == 100


def test_nothing_leaves_before_it_is_due(tmp_path: Path) -> None:
    """A negative slip would be a time that cannot be; nor is "sent" said after it has left."""
    link, _ = uvloop.run(publish(tmp_path / "p.npy", every_ms(50), 256, 0.001))

    record = load_publisher(tmp_path / "p.npy")
    assert (record.sent_ns >= link.start_ns + every_ms(50)).all()
    said_ns = record.sent_ns[[first for first, _ in link.blocks]]
    assert (said_ns <= link.handed_over_ns).all()
    assert (np.diff(said_ns) > 0).all()


def test_a_slow_server_does_not_slow_the_schedule(tmp_path: Path) -> None:
    """Answers take 100 ms, the window is wide: all 50 leave before the first answer is in."""
    link, publisher = uvloop.run(publish(tmp_path / "p.npy", every_ms(50), 256, 0.1))

    assert link.most_in_flight == 50
    assert publisher.window_full_msgs == 0


def test_the_window_is_never_exceeded_and_what_waits_is_counted(tmp_path: Path) -> None:
    """100 messages due at once through a window of 10: the 90 others had to wait, once each."""
    at_once = np.zeros(100, dtype=np.int64)

    link, publisher = uvloop.run(publish(tmp_path / "p.npy", at_once, 10, 0.001))

    assert link.most_in_flight == 10
    assert publisher.sent == 100
    assert publisher.window_full_msgs == 90


class StoppingLink(ScriptedLink):
    """Takes ten, and the next ten a while after it had those."""

    def __init__(self, recorder: PublishRecorder) -> None:
        super().__init__(recorder, 0.001)
        self.stop = 10
        self._full: asyncio.Future[None] | None = None

    def blocked(self) -> "asyncio.Future[None] | None":
        return self._full

    def send(self, first: int, stop: int) -> None:
        super().send(first, stop)
        if stop == self.stop:
            self._full = asyncio.get_running_loop().create_future()
            asyncio.get_running_loop().call_later(0.002, self._more)

    def _more(self) -> None:
        full, self._full, self.stop = self._full, None, self.stop + 10
        if full is not None:
            full.set_result(None)


@pytest.mark.parametrize(
    ("window_ms", "counted_ms"), [((0, 100), 15), ((0, 20), 5), ((20, 25), 5), ((40, 50), 0)]
)
def test_a_wait_counts_while_something_is_due_and_the_window_is_open(
    tmp_path: Path, window_ms: tuple[int, int], counted_ms: int
) -> None:
    """The link stops at 10 ms, the next message is due at 15, and it goes on at 30."""
    recorder = PublishRecorder(np.arange(2, dtype=np.int64), tmp_path / "p.npy")
    start_ns, end_ns = (each * NS_PER_MS for each in window_ms)
    link = ScriptedLink(recorder, None)
    publisher = OpenLoopPublisher(link, recorder, offer(9), lambda: 1, (start_ns, end_ns))
    publisher._due_ns = np.array([0, 15 * NS_PER_MS]).data
    publisher.sent = 1
    publisher._stopped_ns = 10 * NS_PER_MS

    publisher._count_wait(30 * NS_PER_MS)
    publisher._count_wait(90 * NS_PER_MS)

    assert publisher.awaited_ns == counted_ms * NS_PER_MS


def test_no_more_leaves_than_a_link_takes_by_then(tmp_path: Path) -> None:
    """All is due at once, and the window is wide: that nothing is lost on the way is the point."""

    async def work() -> StoppingLink:
        recorder = PublishRecorder(np.arange(95, dtype=np.int64), tmp_path / "p.npy")
        link = StoppingLink(recorder)
        start_ns = now_ns()
        window_ns = (start_ns, start_ns + 60 * NS_PER_S)
        publisher = OpenLoopPublisher(link, recorder, offer(256), lambda: link.stop, window_ns)
        await publisher.run(np.full(95, start_ns), start_ns + 60 * NS_PER_S)
        assert 0 < publisher.awaited_ns < now_ns() - start_ns
        return link

    assert uvloop.run(work()).blocks == [(first, min(first + 10, 95)) for first in range(0, 95, 10)]


def test_one_by_one_each_message_waits_for_the_one_before(tmp_path: Path) -> None:
    """That is what a caller of a blocking publish does; more on the way would be another mode."""
    link, publisher = uvloop.run(publish(tmp_path / "p.npy", every_ms(30), 1, 0.002))

    assert link.most_in_flight == 1
    assert link.blocks == [(position, position + 1) for position in range(30)]
    assert publisher.window_full_msgs > 0


def test_the_timer_is_set_when_the_block_is_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Setting it takes its time, which would be counted as the message's."""
    events: list[str] = []
    monkeypatch.setattr("bench.engine.publisher.make_timer", lambda ring: NotedTimer(ring, events))

    async def noted() -> OpenLoopPublisher:
        recorder = PublishRecorder(np.arange(20, dtype=np.int64), tmp_path / "p.npy")
        return await publish_by(WritingLink(recorder, events), recorder, every_ms(20), 256)

    publisher = uvloop.run(noted())

    assert publisher.sent == 20
    after = [events[index + 1] for index, event in enumerate(events) if event == "handed over"]
    assert set(after) == {"written"}


def test_a_server_that_never_answers_does_not_hold_the_publisher_for_ever(tmp_path: Path) -> None:
    """It gives up when the drain is over; what was sent is on record, the rest is not."""
    _, publisher = uvloop.run(publish(tmp_path / "p.npy", every_ms(50), 10, None))

    record = load_publisher(tmp_path / "p.npy")
    assert publisher.sent == 10
    assert np.count_nonzero(record.sent_ns) == 10
    assert np.count_nonzero(record.stored_ns) == 0


@pytest.mark.parametrize("count", [1, 50])
def test_a_link_that_stays_blocked_does_not_hold_the_publisher_for_ever(
    tmp_path: Path, count: int
) -> None:
    """Whether more is due or not: the deadline is the publisher's own."""

    async def stuck() -> tuple[StuckLink, OpenLoopPublisher]:
        recorder = PublishRecorder(np.arange(count, dtype=np.int64), tmp_path / "p.npy")
        link = StuckLink(recorder, None)
        async with asyncio.timeout(60):
            return link, await publish_by(link, recorder, every_ms(count), 256)

    link, publisher = uvloop.run(stuck())

    assert link.blocks == [(0, publisher.sent)]
