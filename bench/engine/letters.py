"""Posts what a consumer gives up, or the server, before it is wanted never again.

By a connection of its own: what carries the load has no place for publishing, and a letter is to
cost the same behind every client and every way of running handlers.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from typing import Any, Protocol

from nats.aio.msg import Msg

from bench.broker.admin import Names
from bench.broker.letters import Letter, Reason, post
from bench.clients.faults import Faults
from bench.clients.natspy_connection import NatsPyConnection
from bench.clients.port import Endpoint
from bench.core.errors import MeasurementError, ServerUnavailableError
from bench.core.units import NS_PER_S
from bench.engine.jobs import ObserverJob
from bench.engine.sampler import giving_up_subject

TRIES = 3
AGAIN_S = 0.2
"""From one try to the next; the server may be on its way back."""

AT_A_TIME = 64
CLOSE_WITHIN_S = 5.0

LATER_NS = NS_PER_S
"""How long the server is to wait at least with what has no letter, before it delivers it again."""

Told = Callable[[bool], None]


class Postbox(Protocol):
    """Where dead letters are posted."""

    async def posts(self, letter: Letter) -> bool:
        """Post a letter; say whether it is stored."""

    def hand_over(self, letter: Letter, told: Told) -> None:
        """Post a letter beside whatever else is done, and tell whether it is stored."""


class Letters(NatsPyConnection):
    """The Postbox of one process."""

    def __init__(self, endpoint: Endpoint, names: Names, *, hears: bool) -> None:
        """Be ready to open.

        Args:
            endpoint: how to connect.
            names: of the stream and the consumer whose messages are given up.
            hears: the server gives messages up as well, and says so.
        """
        super().__init__(endpoint)
        self._names = names
        self._hears = hears
        self._under_way: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(AT_A_TIME)
        self._unposted = Faults()

    @property
    def refusals(self) -> tuple[str, ...]:
        """Why letters were not stored, try by try."""
        return self._unposted.words()

    async def open(self) -> None:
        """Connect; hear what the server gives up, one of several processes of each message."""
        client = await self._connect()
        if self._hears:
            subject = giving_up_subject(self._names)
            await client.subscribe(subject, queue="letters", cb=self._given_up)
        await client.flush()

    async def posts(self, letter: Letter) -> bool:
        """Post a letter; say whether it is stored."""
        async with self._room:
            for attempt in range(TRIES):
                await asyncio.sleep(AGAIN_S * attempt)
                try:
                    await post(self.client, self._names, letter)
                    return True
                except (MeasurementError, ServerUnavailableError, ValueError) as error:
                    self._unposted.note(f"a dead letter: {error}")
        return False

    def hand_over(self, letter: Letter, told: Told) -> None:
        """Post a letter beside whatever else is done, and tell whether it is stored."""
        self._start(_then(self.posts(letter), told))

    async def close(self) -> None:
        """Post what is under way, and disconnect; never raises."""
        if self._client is not None and self._under_way:
            await asyncio.wait(self._under_way, timeout=CLOSE_WITHIN_S)
        for task in self._under_way:
            task.cancel()
        await super().close()

    async def _given_up(self, message: Msg) -> None:
        """The server gave a message up: nobody is to be told what becomes of its letter."""
        told: dict[str, Any] = json.loads(message.data)
        letter = Letter(
            seq=int(told["stream_seq"]),
            attempts=int(told["deliveries"]),
            reason=Reason.MAX_DELIVER,
        )
        self.hand_over(letter, lambda _: None)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)


async def open_letters(job: ObserverJob) -> Letters | None:
    """Return the open postbox of a process; None where it posts nothing.

    Raises:
        ServerUnavailableError: nobody answers, or we are refused.
    """
    if job.letters is None:
        return None
    endpoint = replace(job.endpoint, name=f"{job.endpoint.name}-letters")
    letters = Letters(endpoint, job.letters, hears=job.max_deliver is not None)
    await letters.open()
    return letters


async def _then(posting: Awaitable[bool], told: Told) -> None:
    told(await posting)
