"""A silent server is noticed, a busy client is not taken for one."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from bench.broker.endpoint import Endpoint
from bench.clients.heartbeats import HeartbeatWatch
from bench.clients.natspy import NatsPyConsumer
from bench.clients.wire.consume import WireConsumer
from bench.core.units import NS_PER_MS
from tests.clients.server import RealServer, client, make_consumer, make_stream
from tests.clients.wire.links import PATIENCE_S, Taken, binding

INTERVAL_NS = 20 * NS_PER_MS
INTERVAL_S = 0.02


def told(listen: Callable[[HeartbeatWatch], Awaitable[None]]) -> list[str]:
    """Return what a watch of 20 ms has to say about this."""
    words: list[str] = []

    async def work() -> None:
        watch = HeartbeatWatch(INTERVAL_NS, words.append)
        watch.start()
        await listen(watch)
        watch.stop()

    asyncio.run(work())
    return words


def test_a_silence_of_three_intervals_is_told() -> None:
    """And again when it lasts."""

    async def silence(words: list[str]) -> None:
        watch = HeartbeatWatch(INTERVAL_NS, words.append)
        watch.start()
        async with asyncio.timeout(PATIENCE_S):
            while len(words) < 2:
                await asyncio.sleep(INTERVAL_S)
        watch.stop()

    words: list[str] = []
    asyncio.run(silence(words))

    assert set(words) == {"push: no heartbeat for 60ms"}


def test_a_server_that_is_heard_is_not_told_of() -> None:
    """Messages are as good as heartbeats: the server sends none while it delivers."""

    async def traffic(watch: HeartbeatWatch) -> None:
        for _ in range(40):
            await asyncio.sleep(INTERVAL_S / 2)
            watch.heard()

    assert told(traffic) == []


def test_our_own_standstill_is_no_silence_of_the_server() -> None:
    """The timer rings late, and before what has arrived meanwhile is read."""

    async def standstill(watch: HeartbeatWatch) -> None:
        for _ in range(3):
            time.sleep(6 * INTERVAL_S)
            await asyncio.sleep(0)
            watch.heard()

    assert told(standstill) == []


@pytest.mark.nats
@pytest.mark.parametrize("make", [WireConsumer, NatsPyConsumer])
def test_a_server_that_stands_still_is_a_counted_fault(
    fresh_server: RealServer, make: Callable[..., WireConsumer | NatsPyConsumer]
) -> None:
    """The connection stays open, so nothing else would tell."""

    async def work() -> None:
        bound = binding("STILL", mode="push", idle_heartbeat_ns=100 * NS_PER_MS)
        async with client(fresh_server.url) as control:
            await make_stream(control, "STILL")
            await make_consumer(
                control,
                "STILL",
                "c",
                deliver_subject="STILL-deliver",
                idle_heartbeat=100 * NS_PER_MS,
            )
            link = make(Endpoint(url=fresh_server.url), bound)
            await link.open(Taken())
            await asyncio.sleep(1)
            while_it_ran = link.faults
            fresh_server.pause()
            async with asyncio.timeout(PATIENCE_S):
                while not link.faults:
                    await asyncio.sleep(0.05)
            fresh_server.resume()
            await link.close()

        assert while_it_ran == ()
        assert link.faults[0].startswith("push: no heartbeat for 300ms")

    asyncio.run(work())
