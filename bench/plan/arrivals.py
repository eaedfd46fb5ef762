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
    if publish.arrivals == "constant":
        return constant_ns(publish.rate_msgs_per_s, phases.warmup_ns + phases.measure_ns)
    warmup = poisson_ns(publish.rate_msgs_per_s, phases.warmup_ns, rng)
    window = poisson_ns(publish.rate_msgs_per_s, phases.measure_ns, rng)
    return np.concatenate([warmup, phases.warmup_ns + window])


def constant_ns(rate_msgs_per_s: float, span_ns: int) -> IntArray:
    """Return evenly spaced instants in [0, span_ns), the first at 0, shape (n,)."""
    # From the index, never by adding a rounded step: at 700 000 msg/s a 1 429 ns step is 0.03 %
    # slow, which is a second an hour.
    index = np.arange(math.ceil(rate_msgs_per_s * span_ns / NS_PER_S))
    due_ns = (index * NS_PER_S / rate_msgs_per_s).astype(np.int64)
    return due_ns[due_ns < span_ns]


def poisson_ns(rate_msgs_per_s: float, span_ns: int, rng: np.random.Generator) -> IntArray:
    """Return the instants of a Poisson process in [0, span_ns), given how many they are.

    The count is rate x span, not drawn: trials that are compared offer the same load. Given its
    count, a Poisson process is that many sorted uniform instants.

    Source: Ross, Introduction to Probability Models, 12th ed., theorem 5.2.
    """
    count = round(rate_msgs_per_s * span_ns / NS_PER_S)
    return np.sort(rng.integers(0, max(span_ns, 1), size=count, dtype=np.int64))
