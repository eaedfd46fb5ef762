"""What handlers do besides taking time: on the CPU, with JSON, with a bucket, with a file.

What computes runs in the event loop, as in a coroutine of a service: nothing else of the client
goes on meanwhile. What waits for the disk has a thread.
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench.clients.natspy_puts import NatsPyPuts
from bench.clients.port import Content
from bench.engine.calling import Caller
from bench.engine.envelopes import check_envelope
from bench.engine.jobs import ObserverJob
from bench.spec.calls import found
from bench.spec.work import WorkKind

Step = Callable[[Content], Awaitable[None] | None]
"""Is done when it returns, or when what it returns is; raises where the handler has failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Works:
    """What the handlers of one process do.

    Attributes:
        steps: one after the other.
        burns: their time is spent on the CPU, not waited for.
        links: connections of theirs, open.
    """

    steps: Sequence[Step] = ()
    burns: bool = False
    links: Sequence[NatsPyPuts] = field(default=())


def burn(for_ns: int) -> None:
    """Use the CPU for so long, by the clock of what this thread used of it."""
    until_ns = time.thread_time_ns() + for_ns
    while time.thread_time_ns() < until_ns:
        sum(range(100))


def parse(message: Content) -> None:
    """Parse an envelope and check it; ValueError where it is none."""
    if wrong := check_envelope(message):
        raise ValueError(f"the envelope is {wrong}")


class Journal:
    """A file that messages are written to, each by a thread that waits until the disk has it."""

    def __init__(self, path: Path, workers: int) -> None:
        """Open it.

        Args:
            path: of it.
            workers: so many write at a time.
        """
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._threads = ThreadPoolExecutor(workers, "journal")

    async def write(self, message: Content) -> None:
        """Return when the disk has it; OSError where it cannot be written."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._threads, self._written, message.data)

    def _written(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._file, rest) :]
        os.fsync(self._file)


async def open_works(job: ObserverJob) -> Works:
    """Return what the handlers of a job do; ServerUnavailableError where nobody answers."""
    steps: list[Step] = []
    links: list[NatsPyPuts] = []
    for kind in job.work:
        if kind == "kv":
            endpoint = replace(job.endpoint, name=f"{job.endpoint.name}-puts")
            links.append(puts := NatsPyPuts(endpoint, job.puts_into))
            await puts.open()
            steps.append(puts.put)
        elif (make := _MAKERS.get(kind)) is not None:
            steps.append(make(job))
    if job.call is not None:
        steps.append(Caller(found(job.call), job.workers).call)
    return Works(steps=steps, burns="cpu" in job.work, links=links)


def _journal(job: ObserverJob) -> Step:
    return Journal(job.record_path.with_suffix(".journal"), job.workers).write


def _decrypting(job: ObserverJob) -> Step:
    from bench.plan.sealing import decrypt  # noqa: PLC0415 - an extra, which others do without

    del job

    def step(message: Content) -> None:
        decrypt(message.data)

    return step


def _verifying(job: ObserverJob) -> Step:
    from bench.plan.sealing import verify  # noqa: PLC0415 - likewise

    del job
    return lambda message: verify(message.data)


_MAKERS: Mapping[WorkKind, Callable[[ObserverJob], Step]] = {
    "json": lambda _: parse,
    "decrypt": _decrypting,
    "verify": _verifying,
    "file": _journal,
}
