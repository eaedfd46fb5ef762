"""Intended send times of an open-loop load.

The schedule is fixed before the first message leaves, so a slow server cannot slow the load
(coordinated omission). No clock, no sleep; randomness comes in as an argument.
"""

import math

import numpy as np

from bench.core.units import NS_PER_S
from bench.plan.arrays import IntArray
from bench.spec.workload import Phases, Publish


def intended_ns(publish: Publish, phases: Phases, rng: np.random.Generator) -> IntArray:
    """Return when each message of warm-up and window is due, ns from the trial's start.

    Shape (n,), never descending, all below warm-up + window.
    """
    rate, whole_ns = publish.rate_msgs_per_s, phases.warmup_ns + phases.measure_ns
    if publish.burst is not None:
        return burst_ns(rate, whole_ns, publish.burst.every_ns, publish.burst.during_ns)
    if publish.ramp is not None:
        warmup = constant_ns(publish.ramp.from_msgs_per_s, phases.warmup_ns)
        window = ramp_ns(publish.ramp.from_msgs_per_s, rate, phases.measure_ns)
    elif publish.arrivals == "poisson":
        warmup = poisson_ns(rate, phases.warmup_ns, rng)
        window = poisson_ns(rate, phases.measure_ns, rng)
    else:
        return constant_ns(rate, whole_ns)
    return np.concatenate([warmup, phases.warmup_ns + window])


def constant_ns(rate_msgs_per_s: float, span_ns: int) -> IntArray:
    """Return evenly spaced instants in [0, span_ns), the first at 0, shape (n,)."""
    index = np.arange(math.ceil(rate_msgs_per_s * span_ns / NS_PER_S))
    due_ns = constant_at_ns(rate_msgs_per_s, index)
    return due_ns[due_ns < span_ns]


def constant_at_ns(rate_msgs_per_s: float, index: IntArray) -> IntArray:
    """Return when the messages of these numbers are due at a constant rate, shape as given."""
    # From the index, never by adding a rounded step: at 700 000 msg/s a 1 429 ns step is 0.03 %
    # slow, which is a second an hour.
    due_ns: IntArray = (index * NS_PER_S / rate_msgs_per_s).astype(np.int64)
    return due_ns


def burst_ns(rate_msgs_per_s: float, span_ns: int, every_ns: int, during_ns: int) -> IntArray:
    """Return instants in [0, span_ns) of which each period's stand evenly in its first part.

    The schedule of a constant rate with the time within each period pressed together: nothing is
    offered more or less than at that rate.
    """
    return _pressed_ns(constant_ns(rate_msgs_per_s, span_ns), every_ns, during_ns)


def burst_at_ns(rate_msgs_per_s: float, index: IntArray, every_ns: int, during_ns: int) -> IntArray:
    """Return when the messages of these numbers are due in bursts, shape as given."""
    return _pressed_ns(constant_at_ns(rate_msgs_per_s, index), every_ns, during_ns)


def _pressed_ns(even_ns: IntArray, every_ns: int, during_ns: int) -> IntArray:
    """Return instants moved into the first part of their periods."""
    period, within_ns = np.divmod(even_ns, every_ns)
    # In floating point: the product of two spans in ns passes 64 bits.
    pressed_ns = (within_ns * (during_ns / every_ns)).astype(np.int64)
    return period * every_ns + pressed_ns


def ramp_ns(from_msgs_per_s: float, to_msgs_per_s: float, span_ns: int) -> IntArray:
    """Return the instants in [0, span_ns) of a rate that changes evenly from one to the other."""
    count = math.ceil((from_msgs_per_s + to_msgs_per_s) / 2 * (span_ns / NS_PER_S))
    due_ns = ramp_at_ns(from_msgs_per_s, to_msgs_per_s, span_ns, np.arange(count))
    return due_ns[due_ns < span_ns]


def ramp_at_ns(
    from_msgs_per_s: float, to_msgs_per_s: float, span_ns: int, index: IntArray
) -> IntArray:
    """Return when the messages of these numbers are due on a ramp, shape as given.

    Message i is due when the integral of the rate reaches i: a quadratic equation in t, solved in
    the form that does not divide by a difference near zero.
    """
    span_s = span_ns / NS_PER_S
    steepness = (to_msgs_per_s - from_msgs_per_s) / span_s if span_s else 0.0
    numbers = index.astype(np.float64)
    root = np.sqrt(np.maximum(from_msgs_per_s**2 + 2 * steepness * numbers, 0.0))
    due_ns: IntArray = (2 * numbers / (from_msgs_per_s + root) * NS_PER_S).astype(np.int64)
    return due_ns


def poisson_ns(rate_msgs_per_s: float, span_ns: int, rng: np.random.Generator) -> IntArray:
    """Return the instants of a Poisson process in [0, span_ns), given how many they are.

    The count is rate x span, not drawn: trials that are compared offer the same load. Given its
    count, a Poisson process is that many sorted uniform instants.

    Source: Ross, Introduction to Probability Models, 12th ed., theorem 5.2.
    """
    count = round(rate_msgs_per_s * span_ns / NS_PER_S)
    return np.sort(rng.integers(0, max(span_ns, 1), size=count, dtype=np.int64))
