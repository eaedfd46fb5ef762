"""How long what waits longest has waited, by our own instants: the lag in seconds.

A few messages that nobody handles are a small lag in messages and a long one in time.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bench.clients.port import IntArray
from bench.engine import lag
from bench.engine.table import NEVER_NS, Tables, happened
from bench.record.schema import Window
from bench.spec.cast import Cast


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Waits:
    """When each message came, and when it left.

    Attributes:
        came_ns: ns from the trial's start, ascending, shape (n,).
        left_ns: of the same, NEVER_NS where it did not, shape (n,).
    """

    came_ns: IntArray
    left_ns: IntArray

    def at(self, instants_ns: IntArray) -> IntArray:
        """Return the age of the oldest just after each instant, ns, 0 where none waits."""
        last_ns = np.maximum.accumulate(self.left_ns)
        first = np.searchsorted(last_ns, instants_ns, side="right")
        came_ns = np.append(self.came_ns, NEVER_NS)[first]
        ages_ns: IntArray = np.maximum(instants_ns - came_ns, 0)
        return ages_ns

    def longest(self, window: Window) -> int:
        """Return the highest age within the window, ns: what waits longest is oldest meanwhile."""
        start_ns, end_ns = window.window_start_ns, window.window_end_ns
        there = (self.came_ns < end_ns) & (self.left_ns > start_ns)
        waited_ns = np.minimum(self.left_ns, end_ns)[there] - self.came_ns[there]
        return int(waited_ns.max(initial=0))


def waits_of(tables: Tables, cast: Cast) -> Mapping[str, Waits]:
    """Return what waits in each level that a cast has, by their names."""
    return {name: _waits(*each) for name, each in lag.passages(tables, cast).items()}


def _waits(came_ns: IntArray, left_ns: IntArray) -> Waits:
    """Return who waits; what had left before it was known to have come never does."""
    there = happened(came_ns)
    came_ns, left_ns = came_ns[there], left_ns[there]
    gone_ns = np.where(happened(left_ns), np.maximum(came_ns, left_ns), NEVER_NS)
    order = np.argsort(came_ns, kind="stable")
    return Waits(came_ns=came_ns[order], left_ns=gone_ns[order])


def longest(tables: Tables, cast: Cast, window: Window | None) -> Mapping[str, int]:
    """Return the highest age of each level's oldest within the window, ns; none without one."""
    if window is None:
        return {}
    return {name: each.longest(window) for name, each in waits_of(tables, cast).items()}


def grid_rows(tables: Tables, cast: Cast, until_ns: int) -> list[lag.Row]:
    """Return the rows of `lag.grid_rows`, with the age of each level's oldest beside it."""
    waits = waits_of(tables, cast)
    grid_ns = lag.looks_ns(until_ns)
    ages = {f"{name}_oldest_ns": each.at(grid_ns).tolist() for name, each in waits.items()}
    of_each = zip(*ages.values(), strict=True)
    rows = lag.grid_rows(tables, cast, until_ns)
    if not ages:
        return rows
    return [
        {**row, **dict(zip(ages, each, strict=True))}
        for row, each in zip(rows, of_each, strict=True)
    ]
