"""The schedule of a long load in pieces, so that it need never be there as a whole.

A constant rate, bursts and a ramp are computed from the index of each message, and come out as they
do in one piece (`bench.plan.arrivals`). Poisson arrivals are drawn piece by piece: how many fall
into each is drawn first, and given those numbers each piece is that many uniform instants. That is
the process that one draw over the whole would be, and another draw of it.

Source: Ross, Introduction to Probability Models, 12th ed., theorem 5.2.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from bench.core.units import NS_PER_S
from bench.plan.arrays import IntArray
from bench.plan.arrivals import burst_at_ns, constant_at_ns, ramp_at_ns
from bench.spec.workload import Phases, Publish

PIECE_MSGS = 1_000_000
"""Of them a schedule takes 8 MB; a finer cut gains nothing."""

At = Callable[[IntArray], IntArray]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Piece:
    """Messages that follow one another.

    Attributes:
        first: id of the first one.
        intended_ns: when each is due, ns from the trial's start, never descending, shape (n,).
    """

    first: int
    intended_ns: IntArray


def count_of(publish: Publish, phases: Phases) -> int:
    """Return how many messages the schedule of warm-up and window has."""
    rate, warmup_ns, measure_ns = publish.rate_msgs_per_s, phases.warmup_ns, phases.measure_ns
    if publish.arrivals == "poisson":
        return sum(round(rate * span_ns / NS_PER_S) for span_ns in (warmup_ns, measure_ns))
    if publish.ramp is not None:
        low = publish.ramp.from_msgs_per_s
        flat: At = lambda index: constant_at_ns(low, index)  # noqa: E731
        steep: At = lambda index: ramp_at_ns(low, rate, measure_ns, index)  # noqa: E731
        return _count(low, warmup_ns, flat) + _count((low + rate) / 2, measure_ns, steep)
    even: At = lambda index: constant_at_ns(rate, index)  # noqa: E731
    return _count(rate, warmup_ns + measure_ns, even)  # bursts move none out of its period


def _count(mean_msgs_per_s: float, span_ns: int, at: At) -> int:
    """Return how many are due within a span, reckoned from the index."""
    count = math.ceil(mean_msgs_per_s * span_ns / NS_PER_S)
    while count and at(np.array([count - 1]))[0] >= span_ns:
        count -= 1
    return count


def pieces(publish: Publish, phases: Phases, seed: int, most: int = PIECE_MSGS) -> Iterator[Piece]:
    """Yield the schedule of warm-up and window; no piece holds messages of both.

    Args:
        publish: how operations are offered.
        phases: of the workload.
        seed: of the arrivals, where they are drawn.
        most: messages of a piece: exactly of a reckoned one, on the mean of a drawn one.
    """
    first = 0
    for begin_ns, due_ns in _of_phases(publish, phases, seed, most):
        if due_ns.size:
            yield Piece(first=first, intended_ns=begin_ns + due_ns)
        first += due_ns.size


def _of_phases(
    publish: Publish, phases: Phases, seed: int, most: int
) -> Iterator[tuple[int, IntArray]]:
    """Yield from when on a piece counts, and its instants from there."""
    rate, warmup_ns, measure_ns = publish.rate_msgs_per_s, phases.warmup_ns, phases.measure_ns
    if publish.burst is not None:
        every_ns, during_ns = publish.burst.every_ns, publish.burst.during_ns
        bursts: At = lambda index: burst_at_ns(rate, index, every_ns, during_ns)  # noqa: E731
        yield from _whole(_reckoned(rate, warmup_ns + measure_ns, bursts, most, warmup_ns))
    elif publish.ramp is not None:
        low = publish.ramp.from_msgs_per_s
        flat: At = lambda index: constant_at_ns(low, index)  # noqa: E731
        steep: At = lambda index: ramp_at_ns(low, rate, measure_ns, index)  # noqa: E731
        yield from _whole(_reckoned(low, warmup_ns, flat, most))
        mean = (low + rate) / 2
        yield from ((warmup_ns, each) for each in _reckoned(mean, measure_ns, steep, most))
    elif publish.arrivals == "poisson":
        yield from _drawn(rate, (0, warmup_ns), seed, most)
        yield from _drawn(rate, (warmup_ns, measure_ns), seed + 1, most)
    else:
        even: At = lambda index: constant_at_ns(rate, index)  # noqa: E731
        yield from _whole(_reckoned(rate, warmup_ns + measure_ns, even, most, warmup_ns))


def _whole(found: Iterator[IntArray]) -> Iterator[tuple[int, IntArray]]:
    """Yield instants that count from the trial's start."""
    yield from ((0, each) for each in found)


def _reckoned(
    mean_msgs_per_s: float, span_ns: int, at: At, most: int, cut_ns: int = 0
) -> Iterator[IntArray]:
    """Yield what is due within a span, reckoned from the index; cut in two at an instant."""
    count = math.ceil(mean_msgs_per_s * span_ns / NS_PER_S)
    for first in range(0, count, most):
        due_ns = at(np.arange(first, min(count, first + most)))
        due_ns = due_ns[due_ns < span_ns]
        cut = int(np.searchsorted(due_ns, cut_ns))
        yield from (each for each in (due_ns[:cut], due_ns[cut:]) if each.size)


def _drawn(
    rate_msgs_per_s: float, span: tuple[int, int], seed: int, most: int
) -> Iterator[tuple[int, IntArray]]:
    """Yield the instants of a Poisson process over a span: its start and length, ns."""
    begin_ns, length_ns = span
    count = round(rate_msgs_per_s * length_ns / NS_PER_S)
    if not count:
        return
    edges_ns = np.linspace(0, length_ns, -(-count // most) + 1).astype(np.int64)
    lengths_ns = np.diff(edges_ns)
    rng = np.random.default_rng([seed, 0])
    counts = rng.multinomial(count, lengths_ns / length_ns)
    for place, (edge_ns, own_ns, own) in enumerate(
        zip(edges_ns.tolist(), lengths_ns.tolist(), counts.tolist(), strict=False)
    ):
        piece = np.random.default_rng([seed, 1 + place])
        yield begin_ns, edge_ns + np.sort(piece.integers(0, max(own_ns, 1), size=own))
