"""The messages of a process that wait for a worker, and the handlers that run: on account.

As `handler` has it, workers are no coroutines, and each handler begins and ends at an exact
instant, however late the process wakes up to report it. Here it is not known from the start when a
message begins: others of its key may have to end before, or what handlers depend on may be left
alone for a while. So what happens is gone through one after the other, up to the instant that it
is now. Pure: no clock, no sleep.
"""

import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from bench.clients.port import Ending
from bench.engine.breaker import NO_PROBE, Breaker
from bench.engine.handler import Tokens
from bench.engine.tries import Course

ENDED = 0
"""Of a message whose handler was run, and went well or not."""

Begin = Callable[[int, int], Course]
"""By position and instant: how the handler goes that begins then."""


@dataclass(frozen=True, slots=True)
class Left:
    """A message that has left the line.

    Attributes:
        position: of the delivery.
        at_ns: when.
        how: ENDED; SUPERSEDED, TURNED_AWAY or IN_HAND where no handler was run.
    """

    position: int
    at_ns: int
    how: int = ENDED


@dataclass(frozen=True, slots=True, order=True)
class _Run:
    """A handler that runs; ordered by its end."""

    end_ns: int
    position: int
    lane: int
    probe: int
    failed: bool


class Line:
    """Messages in lanes: of each lane one is handled at a time, in the order they came."""

    def __init__(
        self,
        workers: int,
        begin: Begin,
        tokens: Tokens | None = None,
        breaker: Breaker | None = None,
    ) -> None:
        """Begin with all workers free.

        Args:
            workers: how many.
            begin: says how a handler goes.
            tokens: of which each handler needs one to begin; None without such a limit.
            breaker: says whether handlers may begin; None where they always may.
        """
        self._begin = begin
        self._tokens = tokens
        self._breaker = breaker
        self._at_ns = 0
        self._runs: list[_Run] = []
        self._ready: deque[tuple[int, int]] = deque()
        self._lanes: dict[int, deque[int]] = {}
        self._busy: set[int] = set()
        self._left: list[Left] = []
        self.idle = workers
        self.waiting = 0

    @property
    def empty(self) -> bool:
        """Whether nothing waits, and no handler runs."""
        return not (self.waiting or self._runs)

    def put(self, position: int, lane: int, received_ns: int) -> None:
        """Have a message wait behind those of its lane."""
        waiting = self._lanes.setdefault(lane, deque())
        waiting.append(position)
        self.waiting += 1
        if len(waiting) == 1 and lane not in self._busy:
            self._ready.append((received_ns, lane))

    def waits_in(self, lane: int) -> bool:
        """Whether a message waits in a lane."""
        return bool(self._lanes.get(lane))

    def holds(self, lane: int) -> bool:
        """Whether a message waits in a lane, or is being handled."""
        return lane in self._busy or self.waits_in(lane)

    def supersede(self, lane: int, position: int, at_ns: int) -> None:
        """Let a message take the place of the one that waits in its lane."""
        older = self._lanes[lane].pop()
        self._lanes[lane].append(position)
        self.leave(older, at_ns, Ending.SUPERSEDED)

    def leave(self, position: int, at_ns: int, how: int) -> None:
        """Have a message leave that is not to be handled."""
        self._left.append(Left(position, at_ns, how))

    @property
    def next_ns(self) -> int | None:
        """When something happens though nothing more comes; None for never."""
        ends_ns = self._runs[0].end_ns if self._runs else None
        begins_ns = self._begins_ns()
        known = [each for each in (ends_ns, begins_ns) if each is not None]
        return min(known, default=None)

    def until(self, at_ns: int) -> list[Left]:
        """Go through what happens up to an instant; return what has left, in its order."""
        self.go_on(at_ns)
        left, self._left = self._left, []
        return left

    def go_on(self, at_ns: int) -> None:
        """Go through what happens up to an instant; what leaves meanwhile is told by `until`."""
        while (next_ns := self.next_ns) is not None and next_ns <= at_ns:
            self._at_ns = next_ns
            if self._runs and self._runs[0].end_ns <= next_ns:
                self._ends()
            else:
                self._begins(next_ns)

    def _begins_ns(self) -> int | None:
        """Return when the first of the lanes that are ready begins, or is turned away."""
        if not self._ready or not self.idle:
            return None
        at_ns = max(self._at_ns, self._ready[0][0])
        free_ns = at_ns if self._breaker is None else self._breaker.begins_ns(at_ns)
        if free_ns != at_ns and self._breaker is not None and not self._breaker.pauses:
            return at_ns
        return (
            free_ns if self._tokens is None or free_ns is None else self._tokens.there_ns(free_ns)
        )

    def _begins(self, at_ns: int) -> None:
        _, lane = self._ready.popleft()
        position = self._lanes[lane].popleft()
        self.waiting -= 1
        if self._breaker is not None and self._breaker.begins_ns(at_ns) != at_ns:
            self.leave(position, at_ns, Ending.TURNED_AWAY)
            self._next_of(lane, at_ns)
            return
        if self._tokens is not None:
            self._tokens.take(at_ns)
        probe = NO_PROBE if self._breaker is None else self._breaker.begun()
        course = self._begin(position, at_ns)
        run = _Run(at_ns + course.takes_ns, position, lane, probe, course.failed)
        heapq.heappush(self._runs, run)
        self._busy.add(lane)
        self.idle -= 1

    def _ends(self) -> None:
        run = heapq.heappop(self._runs)
        self.idle += 1
        self._busy.discard(run.lane)
        if self._breaker is not None:
            self._breaker.ended(run.end_ns, run.probe, failed=run.failed)
        self._next_of(run.lane, run.end_ns)
        self._left.append(Left(run.position, run.end_ns))

    def _next_of(self, lane: int, at_ns: int) -> None:
        """Have the next one of a lane be ready; forget a lane that holds none."""
        if self._lanes[lane]:
            self._ready.append((at_ns, lane))
        else:
            del self._lanes[lane]
