"""When a trial is over: all was driven, and whoever puts things right has finished."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bench.engine.fleet import Fleet
from bench.engine.jobs import DriverJob, Mending, ObserverJob, SamplerJob


def job(of: type, **fields: Any) -> Any:
    made: Any = object.__new__(of)
    for name, value in fields.items():
        object.__setattr__(made, name, value)
    return made


class Worker:
    """A worker that remembers what it was told."""

    def __init__(self, job: Any) -> None:
        self.job = job
        self.finished = asyncio.get_running_loop().create_future()
        self.told = 0

    async def through(self) -> None:
        self.told += 1


def fleet(path: Path, *jobs: Any) -> tuple[Fleet, list[Worker]]:
    made, workers = Fleet(path), [Worker(each) for each in jobs]
    made.workers = workers  # type: ignore[assignment]
    return made, workers


MENDING = object.__new__(Mending)


def test_who_puts_right_is_told_when_all_writers_are_through(tmp_path: Path) -> None:
    """Not before; and the trial waits for him, and for no other observer."""

    async def played() -> list[tuple[bool, int]]:
        whole, workers = fleet(
            tmp_path,
            job(DriverJob),
            job(DriverJob),
            job(ObserverJob, mending=MENDING),
            job(ObserverJob, mending=None),
            job(SamplerJob),
        )
        first, second, mender, watcher, _ = workers
        seen = []
        for finished in (first, second, mender):
            seen.append((await whole.through(), mender.told))
            finished.finished.set_result(None)
        seen.append((await whole.through(), mender.told))
        assert watcher.told == 0
        return seen

    assert asyncio.run(played()) == [(False, 0), (False, 0), (False, 1), (True, 2)]


@pytest.mark.parametrize("finished", [True, False])
def test_without_one_the_writers_alone_count(tmp_path: Path, finished: bool) -> None:
    """As it was."""

    async def played() -> bool:
        whole, (writer, _) = fleet(tmp_path, job(DriverJob), job(ObserverJob, mending=None))
        if finished:
            writer.finished.set_result(None)
        return await whole.through()

    assert asyncio.run(played()) is finished
