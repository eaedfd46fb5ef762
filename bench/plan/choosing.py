"""Which name each operation takes: drawn before the first one leaves.

Which names are hot is the same for all classes of operations, for all trials.

Source: B. F. Cooper et al., "Benchmarking Cloud Serving Systems with YCSB" (SoCC 2010), section 4.
"""

from collections.abc import Sequence

import numpy as np

from bench.core.units import NS_PER_S
from bench.plan.arrays import IntArray
from bench.plan.dealing import deal
from bench.spec.keys import Choice

HOT_NAMES, HOT_OPERATIONS = 0.2, 0.8
"""Of `hotspot`: this share of the names takes this share of the operations."""

_HOT_SEED = 20_261_127


def choose(
    counts: Sequence[int],
    names: int,
    choice: Choice | None,
    due_ns: IntArray,
    rng: np.random.Generator,
) -> IntArray:
    """Return the index of the name that each operation takes, shape (n,).

    Args:
        counts: operations of each phase.
        names: how many there are.
        choice: None where names take turns, evenly.
        due_ns: when operations are due, shape (n,).
        rng: draws.
    """
    if choice is None:
        return np.concatenate([_turns(count, names, rng) for count in counts])
    drawn = _drawn(names, choice, due_ns, rng)
    return drawn if choice.writers == 1 else _owned(drawn, names, choice.writers)


def _turns(count: int, names: int, rng: np.random.Generator) -> IntArray:
    """Return the names of a phase, that take turns; of more names than that, some, once each."""
    if count < names:
        some: IntArray = rng.permutation(names)[:count]
        return some
    return deal([count], [1 / names] * names, rng)


def _drawn(names: int, choice: Choice, due_ns: IntArray, rng: np.random.Generator) -> IntArray:
    size = due_ns.size
    match choice.distribution:
        case "uniform":
            return rng.integers(0, names, size=size)
        case "sequential":
            return np.arange(size, dtype=np.int64) % names
        case "zipfian":
            return _scattered(names)[_ranks(names, choice.skew, size, rng)]
        case "hotspot":
            return _scattered(names)[_hot(names, size, rng)]
        case "latest":
            written = (due_ns * (choice.written_per_s / NS_PER_S)).astype(np.int64)
            newest: IntArray = written - 1 - _ranks(names, choice.skew, size, rng)
            return newest % names


def _ranks(names: int, skew: float, size: int, rng: np.random.Generator) -> IntArray:
    """Draw ranks from 0 on, of which rank k is `(k + 1) ** -skew` times as likely as the first."""
    weights = np.arange(1, names + 1, dtype=np.float64) ** -skew
    bounds = np.cumsum(weights)
    found: IntArray = np.searchsorted(bounds, rng.random(size) * bounds[-1], side="right")
    return found.clip(max=names - 1)


def _hot(names: int, size: int, rng: np.random.Generator) -> IntArray:
    hot = max(1, round(names * HOT_NAMES))
    is_hot = rng.random(size) < HOT_OPERATIONS
    among_hot = rng.integers(0, hot, size=size)
    among_cold = rng.integers(min(hot, names - 1), names, size=size)
    return np.where(is_hot, among_hot, among_cold)


def _scattered(names: int) -> IntArray:
    """Return the name of each rank: hot ones are not neighbours."""
    return np.random.default_rng(_HOT_SEED).permutation(names)


def _owned(drawn: IntArray, names: int, writers: int) -> IntArray:
    """Move each operation to a name near the drawn one that belongs to its own process."""
    own = drawn - drawn % writers + np.arange(drawn.size) % writers
    return np.where(own < names, own, own - writers)
