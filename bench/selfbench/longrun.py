"""One publisher process over many millions of messages: its memory must not grow with them."""

import asyncio
from contextlib import suppress
from pathlib import Path

import psutil

from bench.core.errors import MeasurementError
from bench.core.units import NS_PER_S
from bench.engine.clock import now_ns
from bench.selfbench.cases import LongCase
from bench.selfbench.figures import MemoryFigures
from bench.selfbench.jobs import Server, require_all
from bench.selfbench.loads import OpenPublisher, opened_publisher

SIZE_BYTES = 128
LIMIT_NS = 1800 * NS_PER_S
_EARLY_PART = 50
_POLL_S = 0.05


async def publish(case: LongCase, server: Server, directory: Path) -> MemoryFigures:
    """Publish to a server that stores nothing, and read the memory early and late."""
    side = await opened_publisher(case.messages, SIZE_BYTES, server, directory)
    begun_ns = now_ns()
    running = asyncio.create_task(side.publish_at_once(begun_ns, begun_ns + LIMIT_NS))
    early_rss_bytes = await _rss_after(side, case.messages // _EARLY_PART, running)
    await running
    late_rss_bytes = _rss_bytes()
    await side.link.close()
    if side.faults:
        raise MeasurementError(f"{case.name}: {'; '.join(side.faults)}")
    require_all("confirmed", side.recorder.stored_msgs, case)
    return MemoryFigures(
        messages=case.messages, early_rss_bytes=early_rss_bytes, late_rss_bytes=late_rss_bytes
    )


async def _rss_after(side: OpenPublisher, messages: int, running: "asyncio.Task[None]") -> int:
    """Return the resident memory once so many messages are confirmed, or the run is over."""
    while side.recorder.stored_msgs < messages and not running.done():
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(running), _POLL_S)
    return _rss_bytes()


def _rss_bytes() -> int:
    rss_bytes: int = psutil.Process().memory_info().rss
    return rss_bytes
