"""What every worker process does beside its work: it says when it is ready, and how far it is."""

import asyncio
import gc
from collections.abc import Callable, Coroutine
from dataclasses import replace

from bench.engine.channel import Channel
from bench.engine.ending import end
from bench.engine.jobs import Broke, Progress, Ready, Start, Stop
from bench.engine.scheduling import take_short_turns
from bench.engine.stall import StallWatch

PROGRESS_EVERY_S = 0.2


class NeverBegunError(Exception):
    """The trial is over before this process was to begin: the pass before took all its time."""


async def started(channel: Channel) -> int:
    """Say that we are ready and wait for the start; return its instant, ns."""
    take_short_turns()
    # Everything set up so far lives as long as the trial: the collector need not look at it again.
    gc.collect()
    gc.freeze()
    await channel.send(Ready())
    told: Start | Stop = await channel.receive()
    if isinstance(told, Stop):
        raise NeverBegunError
    return told.start_ns


async def attend(
    channel: Channel,
    work: Coroutine[None, None, None],
    progress: Callable[[], Progress],
    hear: Callable[[object], None] = lambda _: None,
) -> StallWatch:
    """Do the work, telling progress, until the conductor says stop.

    Work that fails, because the server went away, say, is told; its records are still wanted.

    Args:
        channel: to the conductor.
        work: to be done.
        progress: returns how far it is.
        hear: takes what the conductor says before it says stop.

    Returns:
        When the event loop did not turn meanwhile.
    """
    stalls = StallWatch()
    with stalls.watching():
        stopped = asyncio.create_task(_stopped(channel, hear))
        working = asyncio.create_task(work)
        while not stopped.done():
            waiting = {stopped} if working.done() else {stopped, working}
            ended, _ = await asyncio.wait(
                waiting, timeout=PROGRESS_EVERY_S, return_when=asyncio.FIRST_COMPLETED
            )
            if working in ended and (error := working.exception()) is not None:
                await channel.send(Broke(_in_words(error)))
            await channel.send(replace(progress(), stalls=tuple(stalls.long)))
    await end(working)
    stopped.result()
    return stalls


async def _stopped(channel: Channel, hear: Callable[[object], None]) -> None:
    """Wait until told to stop; pass on what is told before."""
    while not isinstance(message := await channel.receive(), Stop):
        hear(message)


def _in_words(error: BaseException) -> str:
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(_in_words(one) for one in error.exceptions)
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
