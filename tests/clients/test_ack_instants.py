"""When a message counts as acked: just before its ack is handed over, whatever client does it."""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from bench.broker.endpoint import Endpoint
from bench.clients.factory import make_consumer as make_link
from bench.clients.natspy import NatsPyConsumer
from bench.clients.wire.connection import Connection
from bench.engine.ackcheck import METRIC_SUBJECT, read_ack_event
from tests.clients.server import RealServer, client, make_consumer, make_stream
from tests.clients.wire.links import Taken, binding, messages, publish, run
from tests.clients.wire.samples import ENDPOINT, msg
from tests.clients.wire.test_deliveries import SHORT, consumer

COUNT = 5
PAUSE_S = 0.002


@dataclass
class SlowMessage:
    """A message of nats-py whose ack takes its time, and notes when it was begun.

    Attributes:
        begun_ns: instants at which an ack was begun, of all messages together.
        fails: its ack raises.
    """

    begun_ns: list[int]
    fails: bool = False

    async def ack(self) -> None:
        self.begun_ns.append(time.monotonic_ns())
        await asyncio.sleep(PAUSE_S)
        if self.fails:
            raise ConnectionError("gone")

    ack_sync = ack


def acked_by_natspy(
    held: Iterable[SlowMessage], *, double: bool = False, cumulative: bool = False
) -> Taken:
    """Return what a nats-py link tells of one order over all of these."""
    taken = Taken()

    async def work() -> None:
        link = NatsPyConsumer(ENDPOINT, binding("S", double_acks=double))
        link._sink = taken
        link._unacked = dict(enumerate(held))  # type: ignore[arg-type]
        count = len(link._unacked)
        link.ack(np.arange(count), cumulative=cumulative)
        link._start(link._answer_forever())
        while len(taken.acked_positions) < count and taken.error is None:
            await asyncio.sleep(PAUSE_S)
        await link.close()

    asyncio.run(work())
    return taken


def test_each_ack_of_natspy_has_the_instant_just_before_its_own_call() -> None:
    """One instant after the whole order called early acks late, and a client slower than it is."""
    begun_ns: list[int] = []

    taken = acked_by_natspy([SlowMessage(begun_ns) for _ in range(COUNT)])

    assert taken.acked_positions == list(range(COUNT))
    for at, acked_ns in enumerate(taken.acked_ns):
        assert acked_ns <= begun_ns[at]
        assert at == 0 or acked_ns > begun_ns[at - 1]


def test_a_double_ack_of_natspy_has_the_instant_of_its_own_confirmation() -> None:
    """The first message was safe long before the last one was."""
    begun_ns: list[int] = []

    taken = acked_by_natspy([SlowMessage(begun_ns) for _ in range(COUNT)], double=True)

    for at, acked_ns in enumerate(taken.acked_ns):
        assert acked_ns > begun_ns[at]
        assert at == COUNT - 1 or acked_ns <= begun_ns[at + 1]


def test_a_cumulative_ack_of_natspy_has_one_instant_for_all_it_covers() -> None:
    """It is one call of the library."""
    begun_ns: list[int] = []

    taken = acked_by_natspy([SlowMessage(begun_ns) for _ in range(COUNT)], cumulative=True)

    assert len(begun_ns) == 1
    assert set(taken.acked_ns) == {taken.acked_ns[0]}
    assert taken.acked_ns[0] <= begun_ns[0]


def test_acks_before_the_one_that_failed_are_told() -> None:
    """They are on their way to the server: it would count more than we do."""
    begun_ns: list[int] = []

    taken = acked_by_natspy([SlowMessage(begun_ns, fails=at == 3) for at in range(COUNT)])

    assert taken.acked_positions == [0, 1, 2]
    assert isinstance(taken.error, ConnectionError)


def test_acks_of_wire_have_the_instant_just_before_their_write(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All of an order leave in one write."""
    written_ns: list[int] = []
    monkeypatch.setattr(Connection, "write", lambda *_: written_ns.append(time.monotonic_ns()))
    link, taken = consumer()
    frames = [msg(b"a", 1, b"%016d" % at, SHORT % (1, at + 1, 0)) for at in range(COUNT)]
    link._connection.data_received(b"".join(frames))
    begun_ns = time.monotonic_ns()

    link.ack(np.arange(COUNT))

    (acked_ns,) = set(taken.acked_ns)
    assert begun_ns <= acked_ns <= written_ns[0]


@dataclass
class Events:
    """The server's own ack times by stream sequence, as its metric tells them."""

    ack_ns: dict[int, int] = field(default_factory=dict)

    async def take(self, message: Msg) -> None:
        event = read_ack_event(message.data)
        assert event is not None
        self.ack_ns[event[0]] = event[1]

    async def all_of(self, count: int) -> None:
        while len(self.ack_ns) < count:
            await asyncio.sleep(0.005)


async def _stocked(control: Client, server: RealServer, stream: str, mode: str) -> None:
    await make_stream(control, stream)
    await publish(Endpoint(url=server.url), messages(200, subjects=(f"{stream}.a",)))
    pushed = {"deliver_subject": f"{stream}-deliver"} if mode == "push" else {}
    await make_consumer(control, stream, "c", sample_freq="100%", **pushed)


@pytest.mark.nats
@pytest.mark.parametrize("mode", ["pull", "push"])
@pytest.mark.parametrize("name", ["wire", "nats-py"])
def test_our_ack_lies_before_the_servers(server: RealServer, name: str, mode: str) -> None:
    """The server counts from its delivery to the ack's arrival: our span lies within its own."""
    stream = f"ACKS-{name}-{mode}"
    events, taken = Events(), Taken()

    async def work() -> None:
        async with client(server.url) as control:
            await _stocked(control, server, stream, mode)
            await control.subscribe(f"{METRIC_SUBJECT}.{stream}.c", cb=events.take)
            await control.flush()
            link = make_link(name, Endpoint(url=server.url), binding(stream, mode=mode, batch=50))
            await link.open(taken)
            while taken.stop < 200:
                link.ack(await taken.more(link))
            await events.all_of(200)
            await link.close()

    run(work)

    seqs, received_ns = taken.column("stream_seqs"), taken.column("received_ns")
    assert sorted(taken.acked_positions) == list(range(200))
    for position, acked_ns in zip(taken.acked_positions, taken.acked_ns, strict=True):
        assert 0 <= acked_ns - received_ns[position] <= events.ack_ns[seqs[position]]
