"""Several observers in one process: who shares one, and what is told of each."""

import asyncio
from pathlib import Path
from typing import Any

from bench.engine.fleet import Fleet
from bench.engine.jobs import HostJob, ObserverJob, Progress, hosted
from tests.engine.test_through import job


def observer(role: str, part: str) -> Any:
    return job(ObserverJob, role=role, part=part)


def test_observers_of_one_role_share_a_process() -> None:
    """One alone is told what it was always told."""
    a, b, c = observer("host-0", "a"), observer("b-0", "b"), observer("host-0", "c")

    assert hosted([a, b, c], "a") == (HostJob(role="host-0", jobs=(a, c), shown="a"), b)


class Told:
    """A worker that has said how far it is."""

    def __init__(self, job: Any, progress: Progress) -> None:
        self.job = job
        self.progress = progress


def test_each_hosted_observer_is_as_far_as_it_says() -> None:
    """Nobody is counted for what his neighbour received; a part of two processes adds up."""

    async def played() -> tuple[Progress, ...]:
        fleet = Fleet(Path())
        parts = {"a": Progress(received=5), "c": Progress(received=7)}
        host = HostJob(role="host-0", jobs=(observer("host-0", "a"),), shown="a")
        workers = [
            Told(host, Progress(received=12, parts=parts)),
            Told(observer("b-0", "b"), Progress(received=2)),
            Told(observer("b-1", "b"), Progress(received=3)),
        ]
        fleet.workers = workers  # type: ignore[assignment]
        return (*(fleet.of_part(part) for part in "abcd"), fleet.total("c"))

    assert [each.received for each in asyncio.run(played())] == [5, 5, 7, 0, 7]
