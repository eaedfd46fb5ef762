"""A proxy of the tests' own that delays publishers, or others, by a known time, each way."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from bench.broker.endpoint import Endpoint
from bench.broker.server import NO_STORES, Server, Stores, embedded_server, find_server_binary
from bench.engine.clock import Alarm, now_ns
from bench.runner.target import EmbeddedTarget
from bench.spec.variant import ServerSettings
from tests.parts import Time
from tests.server.running import complaints, percentile, run_trial, sound, workload

CHUNK = 1 << 16
PUBLISHER, CONSUMER = b'"name":"jetbench-publisher', b'"name":"jetbench-consumer'
"""Stands in the CONNECT of one, whatever the client library puts around it."""


@asynccontextmanager
async def slow_path(
    server_url: str, delay_ns: Callable[[], int], who: bytes = PUBLISHER
) -> AsyncIterator[str]:
    """Forward to the server; yields the proxy's URL. The delay is asked for with each chunk."""
    target = urlsplit(server_url)
    alarm = Alarm()
    carriers: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream = await asyncio.open_connection(target.hostname, target.port)
        delayed = False

        def delay() -> int:
            return delay_ns() if delayed else 0

        def look(chunk: bytes) -> None:
            nonlocal delayed
            delayed = delayed or who in chunk.replace(b": ", b":")

        there = _carry(reader, upstream[1], delay, alarm, look)
        back = _carry(upstream[0], writer, delay, alarm, lambda _: None)
        for carrying in (there, back):
            task = asyncio.ensure_future(carrying)
            carriers.add(task)

    proxy = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = proxy.sockets[0].getsockname()[1]
    try:
        yield f"nats://127.0.0.1:{port}"
    finally:
        proxy.close()
        for task in carriers:
            task.cancel()
        await asyncio.gather(*carriers, return_exceptions=True)
        alarm.close()


async def _carry(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    delay: Callable[[], int],
    alarm: Alarm,
    look: Callable[[bytes], None],
) -> None:
    """Carry bytes one way; each chunk leaves as long after it came as the delay says."""
    line: asyncio.Queue[tuple[int, bytes]] = asyncio.Queue()

    async def deliver() -> None:
        while True:
            leaves_ns, chunk = await line.get()
            await alarm.until(leaves_ns)
            writer.write(chunk)

    delivering = asyncio.ensure_future(deliver())
    try:
        while chunk := await reader.read(CHUNK):
            look(chunk)
            line.put_nowait((now_ns() + delay(), chunk))
    finally:
        delivering.cancel()
        writer.close()


@dataclass(frozen=True, kw_only=True)
class DelayedTarget(EmbeddedTarget):
    """An embedded server that everyone reaches through a proxy, publishers or others delayed."""

    delay_ns: int
    who: bytes = PUBLISHER

    @asynccontextmanager
    async def serving(
        self, settings: ServerSettings, stores: Stores = NO_STORES
    ) -> AsyncIterator[tuple[Server, Endpoint]]:
        async with (
            embedded_server(self.binary, settings, self.parent, stores) as server,
            slow_path(server.url, lambda: self.delay_ns, self.who) as url,
        ):
            yield replace(server, url=url), Endpoint(url=url)


def medians_behind(directory: Path, delay_ns: int) -> tuple[int, int]:
    """Return p50 of response and delivery with publishers behind a delay."""
    directory.mkdir(parents=True)
    target = DelayedTarget(binary=find_server_binary(), parent=directory, delay_ns=delay_ns)
    load = workload("200/s", "4s")
    kept = run_trial(directory, load, {"consumer": {"mode": "push"}}, target=target)
    assert sound(kept.record), complaints(kept.record)
    return percentile(kept, Time.RESPONSE, 50), percentile(kept, Time.DELIVERY, 50)
