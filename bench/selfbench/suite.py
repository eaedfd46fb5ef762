"""The walk over the cases: every case once in a shuffled order, then all of them again."""

import asyncio
import random
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path

from bench.broker import admin
from bench.broker.preload import preload
from bench.broker.server import Server as Broker
from bench.core.errors import MeasurementError
from bench.runner.target import EmbeddedTarget
from bench.selfbench.cases import Case, LoadCase, LongCase, PacedCase, in_repeat
from bench.selfbench.figures import Figures, ProcessFigures, Run
from bench.selfbench.jobs import Job, Server, template
from bench.selfbench.measure import FIGURES, JOB
from bench.selfbench.paced import pace
from bench.spec.variant import BucketSettings, ServerSettings, Settings

IN_FLIGHT_BYTES = 32 * 1024 * 1024
"""Half of what a server keeps for one connection before it cuts it off (`max_pending`)."""

SERVER = ServerSettings.model_validate({"max_payload": "8MiB"})
"""Takes the largest messages of the cases."""
_SETTLE_S = 0.3
"""What the server still does for a stream that is gone must not count for the next."""

CaseEnds = Callable[[Run], None]


async def run_suite(
    cases: Sequence[Case], repeats: int, target: EmbeddedTarget, case_ends: CaseEnds
) -> tuple[Run, ...]:
    """Run every case as often as `repeats` says; each repeat has a server of its own.

    Raises:
        MeasurementError: a case lost a message, or could not be measured.
    """
    runs = []
    for repeat in range(1, repeats + 1):
        async with target.serving(SERVER) as (broker, _):
            for index, case in enumerate(_shuffled(in_repeat(cases, repeat), repeat), start=1):
                figures = await _figures(case, repeat, index, broker, target)
                runs.append(Run(case=case.name, repeat=repeat, figures=figures))
                case_ends(runs[-1])
                await asyncio.sleep(_SETTLE_S)
    place = {case.name: number for number, case in enumerate(cases)}
    return tuple(sorted(runs, key=lambda run: (place[run.case], run.repeat)))


def _shuffled(cases: Sequence[Case], repeat: int) -> list[Case]:
    """The same order on every machine, another one in every repeat: neighbours change."""
    return random.Random(repeat).sample(cases, len(cases))  # noqa: S311 - an order, not a secret


async def _figures(
    case: Case, repeat: int, index: int, broker: Broker, target: EmbeddedTarget
) -> Figures:
    # Below the server's directory, so that its guardian removes it whatever happens.
    with tempfile.TemporaryDirectory(prefix="selfbench-", dir=broker.directory) as name:
        directory = Path(name)
        if isinstance(case, PacedCase):
            return await pace(case, repeat, target, directory)
        names = admin.trial_names(f"selfbench-{repeat}", index)
        if isinstance(case, LongCase):
            async with _null(names) as server:
                return await _carry_out(Job(case=case, server=server, directory=directory))
        if not isinstance(case, LoadCase):
            return await _carry_out(Job(case=case, server=None, directory=directory))
        async with _made(case, names, broker, directory) as server:
            if case.empties:
                await _carry_out(Job(case=_filling(case), server=server, directory=directory))
            return await _carry_out(Job(case=case, server=server, directory=directory))


def _made(
    case: LoadCase, names: admin.Names, broker: Broker, directory: Path
) -> AbstractAsyncContextManager[Server]:
    if case.storage == "null":
        return _null(names)
    if case.kind == "ask":
        return _responder(case, names, broker, directory)
    return _bucket(names, broker) if case.of_keys else _stream(case, names, broker)


@asynccontextmanager
async def _responder(
    case: LoadCase, names: admin.Names, broker: Broker, directory: Path
) -> AsyncIterator[Server]:
    """Run a process that answers the requests of a case."""
    assert broker.pid is not None  # noqa: S101 - it is embedded
    server = Server(url=broker.url, pid=broker.pid, names=names)
    process = await _python("bench.selfbench.responder")
    try:
        assert process.stdin is not None and process.stdout is not None  # noqa: S101 - pipes
        job = Job(case=case, server=server, directory=directory)
        process.stdin.write(JOB.dump_json(job) + b"\n")
        if not await process.stdout.readline():
            raise MeasurementError(f"{case.name}: nobody answers")
        yield server
    finally:
        await _end(process)


@asynccontextmanager
async def _bucket(names: admin.Names, broker: Broker) -> AsyncIterator[Server]:
    """Make a bucket with values for one case, and remove it."""
    assert broker.pid is not None  # noqa: S101 - it is embedded
    server = Server(url=broker.url, pid=broker.pid, names=admin.bucket_names(names))
    client = await admin.connect(server.endpoint)
    try:
        await admin.make_bucket(client, BucketSettings(storage="memory"), server.names)
        await preload(client, ((key, template(128).filled(0)) for key in server.keys))
        yield server
    finally:
        await admin.clean_up(client, server.names)
        await client.close()


def _filling(case: LoadCase) -> LoadCase:
    """Return the case that puts into the stream what this one takes out."""
    return replace(case, kind="publish", client="wire")


@asynccontextmanager
async def _stream(case: LoadCase, names: admin.Names, broker: Broker) -> AsyncIterator[Server]:
    """Make a stream and a consumer for one case, and remove them."""
    assert broker.pid is not None  # noqa: S101 - it is embedded
    server = Server(url=broker.url, pid=broker.pid, names=names)
    client = await admin.connect(server.endpoint)
    try:
        await admin.provision(client, _settings(case), names, shared=False, sample_percent=None)
        yield server
    finally:
        await admin.clean_up(client, names)
        await client.close()


def _settings(case: LoadCase) -> Settings:
    in_flight_msgs = min(case.max_ack_pending, IN_FLIGHT_BYTES // case.size_bytes)
    return Settings.model_validate(
        {
            "stream": {"storage": case.storage},
            "consumer": {
                "mode": "push" if case.kind == "push" else "pull",
                "max_ack_pending": in_flight_msgs,
            },
        }
    )


@asynccontextmanager
async def _null(names: admin.Names) -> AsyncIterator[Server]:
    """Run a null server for one connection."""
    process = await _python("bench.selfbench.null_server")
    try:
        assert process.stdout is not None  # noqa: S101 - it was asked for as a pipe
        port = int(await process.stdout.readline())
        yield Server(url=f"nats://127.0.0.1:{port}", pid=process.pid, names=names)
    finally:
        await _end(process)


async def _carry_out(job: Job) -> ProcessFigures:
    """Have a job done by a process of its own."""
    process = await _python("bench.selfbench.measure")
    try:
        answer, complaint = await process.communicate(JOB.dump_json(job))
    finally:
        await _end(process)
    if process.returncode:
        lines = complaint.decode(errors="replace").strip().splitlines() or ["no reason given"]
        raise MeasurementError(f"{job.case.name}: {lines[-1]}")
    return FIGURES.validate_json(answer)


async def _python(module: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for the suite, which ends the process
    )


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
    await process.wait()
