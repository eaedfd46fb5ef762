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
    # From the index, never by adding a rounded step: at 700 000 msg/s a 1 429 ns step is 0.03 %
    # slow, which is a second an hour.
    index = np.arange(math.ceil(rate_msgs_per_s * span_ns / NS_PER_S))
    due_ns = (index * NS_PER_S / rate_msgs_per_s).astype(np.int64)
    return due_ns[due_ns < span_ns]


def burst_ns(rate_msgs_per_s: float, span_ns: int, every_ns: int, during_ns: int) -> IntArray:
    """Return instants in [0, span_ns) of which each period's stand evenly in its first part.

    The schedule of a constant rate with the time within each period pressed together: nothing is
    offered more or less than at that rate.
    """
    even_ns = constant_ns(rate_msgs_per_s, span_ns)
    period, within_ns = np.divmod(even_ns, every_ns)
    # In floating point: the product of two spans in ns passes 64 bits.
    pressed_ns = (within_ns * (during_ns / every_ns)).astype(np.int64)
    return period * every_ns + pressed_ns


def ramp_ns(from_msgs_per_s: float, to_msgs_per_s: float, span_ns: int) -> IntArray:
    """Return the instants in [0, span_ns) of a rate that changes evenly from one to the other.

    Message i is due when the integral of the rate reaches i: a quadratic equation in t, solved in
    the form that does not divide by a difference near zero.
    """
    span_s = span_ns / NS_PER_S
    steepness = (to_msgs_per_s - from_msgs_per_s) / span_s if span_s else 0.0
    count = math.ceil((from_msgs_per_s + to_msgs_per_s) / 2 * span_s)
    index = np.arange(count, dtype=np.float64)
    root = np.sqrt(np.maximum(from_msgs_per_s**2 + 2 * steepness * index, 0.0))
    due_ns = (2 * index / (from_msgs_per_s + root) * NS_PER_S).astype(np.int64)
    return due_ns[due_ns < span_ns]


def poisson_ns(rate_msgs_per_s: float, span_ns: int, rng: np.random.Generator) -> IntArray:
    """Return the instants of a Poisson process in [0, span_ns), given how many they are.

    The count is rate x span, not drawn: trials that are compared offer the same load. Given its
    count, a Poisson process is that many sorted uniform instants.

    Source: Ross, Introduction to Probability Models, 12th ed., theorem 5.2.
    """
    count = round(rate_msgs_per_s * span_ns / NS_PER_S)
    return np.sort(rng.integers(0, max(span_ns, 1), size=count, dtype=np.int64))
