"""Pure work on many things, shared out among the host's cores.

Processes are forked, so that nothing need be imported or sent there; each does every so manieth
thing, and ends when it has told what came of them. One that is killed leaves its part to us.
"""

import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

MANY_TRIALS = 40
"""From so many on all cores work on a run: 20 ms for each trial, and 50 ms to share them out."""

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class _Raised:
    """In place of a result: what the work raised."""

    error: Exception


_Done = dict[int, R | _Raised]
"""What came of things, by their places."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work(Generic[T, R]):
    """What is done to which things, by how many."""

    do: Callable[[T], R]
    things: Sequence[T]
    workers: int

    def part(self, number: int) -> _Done[R]:
        """Do a part, up to the first thing that it raises for."""
        done: _Done[R] = {}
        for place in range(number, len(self.things), self.workers):
            try:
                done[place] = self.do(self.things[place])
            except Exception as error:  # noqa: BLE001 - whoever shared the work out raises it
                done[place] = _Raised(error)
                break
        return done


@dataclass(frozen=True, slots=True, kw_only=True)
class _Helper:
    """A process that does a part.

    Attributes:
        number: of the part.
        pid: of the process.
        told: file descriptor that it tells by.
    """

    number: int
    pid: int
    told: int


def workers_for(trials: int) -> int:
    """Return how many processes work on a run of so many trials."""
    return (os.cpu_count() or 1) if trials >= MANY_TRIALS else 1


def shared_out(do: Callable[[T], R], things: Sequence[T], workers: int) -> list[R]:
    """Return what the work makes of each thing, in their order.

    Args:
        do: the work; what it returns and raises can be pickled.
        things: worked on, each once.
        workers: so many processes, ours among them; ours alone where other threads run.

    Raises:
        Exception: what the work raised for the first thing that it raised for.
    """
    alone = threading.active_count() > 1 or not hasattr(os, "fork")
    work = _Work(do=do, things=things, workers=1 if alone else max(1, min(workers, len(things))))
    helpers: list[_Helper] = []
    try:
        helpers.extend(_helper(work, number) for number in range(1, work.workers))
        done = work.part(0)
        for helper in helpers:
            done |= _told(helper) or work.part(helper.number)
    finally:
        for helper in helpers:
            _end(helper)
    return _results(done)


def _results(done: _Done[R]) -> list[R]:
    found: list[R] = []
    for place in sorted(done):
        outcome = done[place]
        if isinstance(outcome, _Raised):
            raise outcome.error
        found.append(outcome)
    return found


def _helper(work: _Work[T, R], number: int) -> _Helper:
    sys.stdout.flush()
    sys.stderr.flush()
    told, telling = os.pipe()
    pid = os.fork()
    if pid == 0:
        _help(work, number, telling)
    os.close(telling)
    return _Helper(number=number, pid=pid, told=told)


def _help(work: _Work[T, R], number: int, telling: int) -> None:
    """Do a part, tell what came of it, and end; a signal ends it without a word."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_DFL)
    try:
        content = pickle.dumps(work.part(number), pickle.HIGHEST_PROTOCOL)
        with open(telling, "wb") as file:
            file.write(content)
        os._exit(0)
    finally:
        os._exit(1)


def _told(helper: _Helper) -> _Done[R]:
    """Return what a helper tells; nothing where it was killed before it could."""
    with open(helper.told, "rb", closefd=False) as file:
        content = file.read()
    try:
        done: _Done[R] = pickle.loads(content)  # noqa: S301 - from a process of our own
    except (EOFError, pickle.UnpicklingError):
        return {}
    return done


def _end(helper: _Helper) -> None:
    os.close(helper.told)
    with suppress(ProcessLookupError):
        os.kill(helper.pid, signal.SIGKILL)
    os.waitpid(helper.pid, 0)
