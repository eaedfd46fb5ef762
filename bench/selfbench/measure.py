"""The program that carries one case: `python -m bench.selfbench.measure`, job in, figures out.

A process of its own for each case, so that none inherits another's memory. Job and figures are
JSON on standard input and output; what went wrong stands in the last line of standard error.
"""

import sys
from pathlib import Path

import uvloop
from pydantic import TypeAdapter

from bench.core.errors import BenchError
from bench.selfbench import library, loads, longrun, operations, recording, timer
from bench.selfbench.cases import LoadCase, LongCase, RecordingCase, TimerCase
from bench.selfbench.figures import LoadFigures, ProcessFigures
from bench.selfbench.jobs import Job, Server

JOB = TypeAdapter(Job)
FIGURES: TypeAdapter[ProcessFigures] = TypeAdapter(ProcessFigures)


async def carry_out(job: Job) -> ProcessFigures:
    """Return the figures of a job.

    Raises:
        MeasurementError: a message was lost, or the server or the connection was.
    """
    match job:
        case Job(case=RecordingCase() as case):
            return recording.record(case, job.directory)
        case Job(case=TimerCase() as case):
            return await timer.wake(case)
        case Job(case=LongCase() as case, server=Server() as server):
            return await longrun.publish(case, server, job.directory)
        case Job(case=LoadCase() as case, server=Server() as server):
            return await _load(case, server, job.directory)
    raise ValueError(f"{job.case.name}: needs a server")


async def _load(case: LoadCase, server: Server, directory: Path) -> LoadFigures:
    match case.kind:
        case "publish":
            return await loads.publish(case, server, directory)
        case "pull" | "push":
            return await loads.consume(case, server, directory)
        case "put" | "get" | "ask":
            return await operations.operate(case, server, directory)
        case "kv-put" | "kv-get":
            return await library.use_keys(case, server)
        case "publish-async":
            return await library.publish_async(case, server)
        case "fetch":
            return await library.fetch(case, server)


def main() -> None:
    """Carry out the one job of this process."""
    job = JOB.validate_json(sys.stdin.buffer.read())
    try:
        figures = uvloop.run(carry_out(job))
    except BenchError as error:
        sys.exit(str(error))
    sys.stdout.buffer.write(FIGURES.dump_json(figures))


if __name__ == "__main__":
    main()
