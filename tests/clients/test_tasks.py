"""Handlers in nats-py's own places, on a real server: as many at a time as there are workers."""

import asyncio
from dataclasses import dataclass

import numpy as np
import pytest

from bench.broker.endpoint import Endpoint
from bench.clients.factory import make_task_link
from bench.clients.port import TaskLink
from tests.clients.server import (
    RealServer,
    client,
    consumer_info,
    make_consumer,
    make_stream,
)
from tests.clients.wire.links import Taken, binding, messages, publish, run

pytestmark = pytest.mark.nats

COUNT = 60
BATCH = 20


@dataclass
class Handlers(Taken):
    """A TaskSink that waits a moment for each message and counts how many are at it.

    Attributes:
        most_at_once: largest number of handlers at work together.
        begun: positions in the order their handlers began.
        ends: handlers that have ended.
    """

    link: TaskLink | None = None
    pause_s: float = 0.001
    at_work: int = 0
    most_at_once: int = 0
    ends: int = 0

    def __post_init__(self) -> None:
        self.begun: list[int] = []
        self.ids: list[int] = []

    def came(self, received_ns: int, message_id: int, stream_seq: int, deliveries: int) -> None:
        assert received_ns > 0
        self.ids.append(message_id)
        assert (stream_seq, deliveries) == (len(self.ids), 1)

    async def handle(self, position: int) -> None:
        assert self.link is not None
        assert len(self.ids) > position  # it came before
        self.begun.append(position)
        self.at_work += 1
        self.most_at_once = max(self.most_at_once, self.at_work)
        await asyncio.sleep(self.pause_s)
        self.at_work -= 1
        self.ends += 1
        await self.link.acknowledge(np.array([position]))


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize("mode", ["pull", "push"])
def test_so_many_handlers_run_as_there_are_workers(
    server: RealServer, mode: str, workers: int
) -> None:
    """One more would be a faster service than the workload says; each message is handled once."""
    stream = f"TASKS-{mode}-{workers}"
    handlers = Handlers()

    async def work() -> None:
        async with client(server.url) as control:
            await make_stream(control, stream)
            await publish(Endpoint(url=server.url), messages(COUNT, subjects=(f"{stream}.a",)))
            pushed = {"deliver_subject": f"{stream}-deliver"} if mode == "push" else {}
            await make_consumer(control, stream, "c", **pushed)
            bound = binding(stream, mode=mode, batch=BATCH)
            link = make_task_link("nats-py", Endpoint(url=server.url), bound, workers)
            handlers.link = link
            await link.open(handlers)
            while len(handlers.acked_positions) < COUNT:
                await asyncio.sleep(0.005)
            while (await consumer_info(control, stream, "c"))["num_ack_pending"]:
                await asyncio.sleep(0.01)
            await link.close()
            assert link.faults == ()

    run(work)

    assert handlers.most_at_once == workers
    assert handlers.begun == list(range(COUNT))
    assert handlers.ids == list(range(COUNT))
    assert sorted(handlers.acked_positions) == list(range(COUNT))


def test_a_slow_handler_is_no_silent_server(server: RealServer) -> None:
    """While a callback is at work, heartbeats wait in the library: the server was not silent."""
    handlers = Handlers(pause_s=0.5)
    heartbeat_ns = 100_000_000

    async def work() -> None:
        async with client(server.url) as control:
            await make_stream(control, "BUSY")
            await publish(Endpoint(url=server.url), messages(2, subjects=("BUSY.a",)))
            await make_consumer(
                control, "BUSY", "c", deliver_subject="BUSY-deliver", idle_heartbeat=heartbeat_ns
            )
            bound = binding("BUSY", mode="push", idle_heartbeat_ns=heartbeat_ns)
            link = make_task_link("nats-py", Endpoint(url=server.url), bound, 1)
            handlers.link = link
            await link.open(handlers)
            while handlers.ends < 2:
                await asyncio.sleep(0.01)
            await link.close()
            assert link.faults == ()

    run(work)


def test_a_handler_that_fails_is_told(server: RealServer) -> None:
    """A task that dies in silence would leave its message unhandled and the trial green."""

    errors: list[Exception] = []

    class Failing(Handlers):
        def failed(self, error: Exception) -> None:
            errors.append(error)

        async def handle(self, position: int) -> None:
            raise RuntimeError(f"no work for {position}")

    handlers = Failing()

    async def work() -> None:
        async with client(server.url) as control:
            await make_stream(control, "FAILING")
            await publish(Endpoint(url=server.url), messages(1, subjects=("FAILING.a",)))
            await make_consumer(control, "FAILING", "c")
            bound = binding("FAILING", batch=BATCH)
            link = make_task_link("nats-py", Endpoint(url=server.url), bound, 4)
            await link.open(handlers)
            while not errors:
                await asyncio.sleep(0.01)
            await link.close()

    run(work)

    assert str(errors[0]) == "no work for 0"
