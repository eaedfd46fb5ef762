"""Workers that are started together: none is forgotten where another one cannot begin."""

import asyncio

import pytest

from bench.engine.fleet import Worker, WorkerDiedError, _begun


class _Started(Worker):
    def __init__(self) -> None:
        """No process is needed to be known."""


async def _start(worker: Worker) -> Worker:
    await asyncio.sleep(0.01)
    return worker


async def _fail() -> Worker:
    raise WorkerDiedError("consumer-1", "could not begin: no memory")


def test_who_began_is_known_though_another_one_did_not() -> None:
    """Else nobody would end it, and it would listen as long as the conductor lives."""
    one, other = _Started(), _Started()
    known: list[Worker] = []

    with pytest.raises(WorkerDiedError, match="no memory"):
        asyncio.run(_begun([_start(one), _fail(), _start(other)], known))

    assert known == [one, other]
