"""A run of one trial on a server of the test's own, with a mishap in the midst of its window."""

import asyncio
import subprocess
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import psutil
from nats.aio.client import Client

from bench.record.schema import Finding, TrialRecord
from bench.record.store import WholeTrial
from tests.clients.server import RealServer, api, client
from tests.server.commands import TIMEOUT_S, project, start, wholes_of
from tests.server.running import Tree

RATE_MSGS_PER_S = 200
WARMUP_MSGS = RATE_MSGS_PER_S // 2
RATE = f"{RATE_MSGS_PER_S}/s"
LOAD: Tree = {
    "publish": {"rate": RATE},
    "phases": {"warmup": "500ms", "measure": "3s", "drain": "1s"},
}
PLANNED = RATE_MSGS_PER_S * 7 // 2
ONE: Tree = {"question": "What if it goes wrong?", "variants": {"only": {}}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Midst:
    """A trial in its window.

    Attributes:
        client: somebody else's connection to the server.
        stream: of the trial.
        conductor: the process of `jetbench run`.
    """

    client: Client
    stream: str
    conductor: psutil.Process

    def worker(self, place: int) -> psutil.Process:
        """Return a worker: 0 publishes, 1 consumes, 2 samples."""
        words = "bench.engine.worker"
        below = self.conductor.children(recursive=True)
        forked = [one for one in below if one.ppid() != self.conductor.pid]
        found = [one for one in forked if words in one.cmdline()]
        return sorted(found, key=lambda one: one.pid)[place]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """All that jetbench says of a run with one trial."""

    exit_code: int
    stdout: str
    stderr: str
    kept: WholeTrial

    @property
    def record(self) -> TrialRecord:
        """Of the trial."""
        return self.kept.record

    def findings(self, code: str) -> dict[str, Finding]:
        """Return those of a code by whom they befell; a busy host may hold up others as well."""
        return {each.role: each for each in self.record.findings if each.code == code}


Act = Callable[[Midst], Awaitable[None]]


def told_of(
    directory: Path,
    server: RealServer,
    act: Act,
    *,
    settings: Tree | None = None,
    load: Tree | None = None,
    user: str = "",
) -> Told:
    """Run a trial, act in its window, and return what is said of it."""
    variants: Tree = {"variants": {"only": settings or {}}}
    project(directory, workload=LOAD | (load or {}), config=ONE | variants)
    url = server.url.replace("://", f"://{user}")
    process = start(directory, "run", "tiny", "--server", url)
    try:
        asyncio.run(_act(server.url, process, act))
        stdout, stderr = process.communicate(timeout=TIMEOUT_S)
    finally:
        process.kill()
    (kept,) = wholes_of(directory)
    return Told(exit_code=process.returncode, stdout=stdout, stderr=stderr, kept=kept)


async def _act(url: str, process: "subprocess.Popen[str]", act: Act) -> None:
    async with client(url) as somebody:
        stream = await _stream_in_window(somebody, process)
        await act(Midst(client=somebody, stream=stream, conductor=psutil.Process(process.pid)))


async def _stream_in_window(somebody: Client, process: "subprocess.Popen[str]") -> str:
    """Return the stream of a trial once it has messages of the window."""
    while process.poll() is None:
        for stream in (await api(somebody, "STREAM.LIST"))["streams"] or []:
            if stream["state"]["last_seq"] > WARMUP_MSGS + RATE_MSGS_PER_S // 5:
                return str(stream["config"]["name"])
        await asyncio.sleep(0.02)
    raise AssertionError(process.communicate())
