"""How far the consumers were behind at every instant, by our own instants (MEASUREMENT.md R14).

Exact, and told whatever the server says: it counts a message as done when it is acknowledged, or
sent where nothing is, whether or not its handler has begun.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.clients.port import IntArray
from bench.core.units import NS_PER_MS
from bench.engine.table import NOT_YET, MessageTable, Tables, happened, reached
from bench.record.schema import Window
from bench.spec.cast import Cast, Part, levels
from bench.spec.lags import lag_of

GRID_NS = 100 * NS_PER_MS

_GOLDEN = (5**0.5 - 1) / 2

ACK_WAY_NS = 100 * NS_PER_MS
"""How long an ack may be under way beyond what a question and its answer took, either way: a
library notes a whole batch when its last ack is handed over, and a double ack when it is back."""

Row = Mapping[str, int | None]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Level:
    """How many messages came and have not left, over time.

    Attributes:
        came_ns, left_ns: instants, ns from the trial's start, each ascending.
    """

    came_ns: IntArray
    left_ns: IntArray

    def at(self, instants_ns: IntArray) -> IntArray:
        """Return the level just after each instant, shape as given."""
        return self.between(instants_ns, instants_ns)

    def between(self, left_by_ns: IntArray, came_by_ns: IntArray) -> IntArray:
        """Return how many came by one instant less how many left by another, for each pair."""
        came = np.searchsorted(self.came_ns, came_by_ns, side="right")
        left = np.searchsorted(self.left_ns, left_by_ns, side="right")
        return came - left

    def peak(self, window: Window) -> int:
        """Return the highest level within the window: it rises only where a message comes."""
        start, end = np.searchsorted(self.came_ns, [window.window_start_ns, window.window_end_ns])
        rises_ns = np.append(self.came_ns[start:end], window.window_start_ns)
        return int(self.at(rises_ns).max())


def unacked(table: MessageTable) -> Level:
    """Return the messages that are stored and not acknowledged."""
    return _level(_known_ns(table.stored_ns, table), table.acked_ns)


def levels_of(tables: Tables, cast: Cast) -> Mapping[str, Level]:
    """Return the levels that a cast has, by their names."""
    return {name: _level(*each) for name, each in passages(tables, cast).items()}


def passages(tables: Tables, cast: Cast) -> Mapping[str, tuple[IntArray, IntArray]]:
    """Return when each operation came to each level and left it, NOT_YET where it did not."""
    reach = {part.name: reached(tables, cast, part) for part in cast.parts}
    return {
        name: (
            _known_ns(reach[part.name][level.came], tables[part.name]),
            reach[part.name][level.left],
        )
        for name, (part, level) in levels(cast).items()
    }


def level_from_due(tables: Tables, cast: Cast, part: Part, within_ns: int | None = None) -> Level:
    """Return how many of a part's operations were due and have not left its lag.

    What never came to be, as it was never sent or stored, and never left, is no lag.

    Args:
        tables: of each part.
        cast: what takes part.
        part: that has a level.
        within_ns: what has not left so long after it was due never will, and waits no longer; None
            where everything is waited for.
    """
    table, lag = tables[part.name], lag_of(part)
    at_ns = reached(tables, cast, part)
    left_ns = at_ns[lag.left]
    came = happened(at_ns[lag.came]) | happened(left_ns)
    if within_ns is not None:
        left_ns = np.where(happened(left_ns), left_ns, table.intended_ns + within_ns)
    return _level(np.where(came, table.intended_ns, NOT_YET), left_ns)


def peaks(tables: Tables, cast: Cast, window: Window) -> Mapping[str, int]:
    """Return the peak of each level within the window."""
    return {name: level.peak(window) for name, level in levels_of(tables, cast).items()}


def looks_ns(until_ns: int, every_ns: int = GRID_NS) -> IntArray:
    """Return an instant of each `every_ns`, from the trial's start on, shape (n,).

    Each time another one: what comes or leaves in step with a grid, as acks of a hundred messages
    at a thousand a second do, would be seen in one phase of its swing alone.
    """
    steps = np.arange(until_ns // every_ns + 1)
    found: IntArray = steps * every_ns + (steps * _GOLDEN % 1 * every_ns).astype(np.int64)
    return found[found <= until_ns]


def grid_rows(tables: Tables, cast: Cast, until_ns: int) -> list[Row]:
    """Return rows of the samples table: each level in each GRID_NS from the trial's start on."""
    grid_ns = looks_ns(until_ns)
    columns = {"t_ns": grid_ns}
    columns |= {f"{name}_msgs": each.at(grid_ns) for name, each in levels_of(tables, cast).items()}
    of_each = zip(*(column.tolist() for column in columns.values()), strict=True)
    return [dict(zip(columns, values, strict=True)) for values in of_each]


def with_bounds(rows: Sequence[Row], table: MessageTable, prefix: str = "") -> list[Row]:
    """Return samples with the least and the most that the server's lag can have been by ours.

    Least: what was confirmed when it was asked and was not acknowledged soon after it had answered.
    Most: what was handed over when it had answered and was not acknowledged well before the
    question. Rows without the server's lag stay as they are.

    Args:
        rows: of the samples table.
        table: of the part whose consumer the lag is of.
        prefix: of the columns that tell of it.
    """
    lag, wait, *bounded = (
        prefix + name for name in ("lag_msgs", "lag_wait_ns", "lag_msgs_least", "lag_msgs_most")
    )
    sure, possible = unacked(table), _level(_handed_over_ns(table), table.acked_ns)
    asked = [row for row in rows if row.get(lag) is not None]
    middle_ns = np.array([row["t_ns"] for row in asked], dtype=np.int64)
    wait_ns = np.array([row.get(wait) or 0 for row in asked], dtype=np.int64)
    before_ns, after_ns = middle_ns - wait_ns // 2, middle_ns + wait_ns // 2
    least = sure.between(after_ns + wait_ns + ACK_WAY_NS, before_ns)
    most = possible.between(before_ns - wait_ns - ACK_WAY_NS, after_ns)
    bounds = iter(zip(np.maximum(least, 0).tolist(), most.tolist(), strict=True))
    return [
        row if row.get(lag) is None else {**row, **dict(zip(bounded, next(bounds), strict=True))}
        for row in rows
    ]


def _known_ns(came_ns: IntArray, table: MessageTable) -> IntArray:
    """Return since when each is known to have come: by its PubAck, say, or by its delivery."""
    return np.where(happened(came_ns), came_ns, table.received_ns)


def _handed_over_ns(table: MessageTable) -> IntArray:
    """Return since when each message may be stored."""
    return np.where(table.refused & ~happened(table.stored_ns), NOT_YET, table.sent_ns)


def _level(came_ns: IntArray, left_ns: IntArray) -> Level:
    """Return the level; a message that was done with before it was known to have come never adds.

    That happens: a delivery may be seen before the PubAck.
    """
    there = happened(came_ns)
    gone = there & happened(left_ns)
    return Level(
        came_ns=np.sort(came_ns[there]),
        left_ns=np.sort(np.maximum(came_ns[gone], left_ns[gone])),
    )
