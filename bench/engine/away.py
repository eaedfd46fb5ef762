"""Whether what handlers depend on is away when they begin."""

from collections.abc import Sequence

import numpy as np

from bench.clients.port import IntArray
from bench.engine.table import Flags
from bench.spec.outages import Outage


class Away:
    """The outages of a trial, and which deliveries were begun in one.

    Before `starts` nothing is away: no load is offered then.
    """

    def __init__(self, outages: Sequence[Outage] = (), window_start_ns: int = 0) -> None:
        """Know what is planned.

        Args:
            outages: by their instants from the begin of the window.
            window_start_ns: when that is, from the trial's start.
        """
        self._outages = tuple(outages)
        self._window_start_ns = window_start_ns
        self._spans: list[tuple[int, int, Outage]] = []
        self._begun: set[int] = set()

    def __bool__(self) -> bool:
        return bool(self._outages)

    def starts(self, start_ns: int) -> None:
        """The trial starts at this instant, on the clock of the workers."""
        begin_ns = start_ns + self._window_start_ns
        self._spans = [(begin_ns + e.at_ns, begin_ns + e.end_ns, e) for e in self._outages]

    def takes_ns(self, position: int, begins_ns: int, usual_ns: int) -> int:
        """Return how long the handler of a delivery takes that begins at this instant."""
        outage = self.at(begins_ns)
        if outage is None:
            return usual_ns
        self._begun.add(position)
        return usual_ns if outage.time_ns is None else outage.time_ns

    def at(self, begins_ns: int) -> Outage | None:
        """Return the outage that a handler meets which begins at this instant; None for none."""
        spans = self._spans
        return next((e for since, until, e in spans if since <= begins_ns < until), None)

    def met(self, positions: IntArray) -> Flags:
        """Return which of these deliveries were begun in an outage, and forget them, shape (n,)."""
        if not self._begun:
            return np.zeros(positions.size, dtype=np.bool_)
        met = np.array([position in self._begun for position in positions.tolist()], dtype=np.bool_)
        self._begun.difference_update(positions[met].tolist())
        return met
