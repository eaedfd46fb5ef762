"""Shares dealt out exactly: 5 % of 6000 messages are 300 of them, at random places."""

from collections.abc import Sequence

import numpy as np

from bench.plan.arrays import IntArray


def apportion(count: int, shares: Sequence[float]) -> IntArray:
    """Return how many of `count` fall to each share: whole numbers that add up to `count`.

    Args:
        count: things to hand out, >= 0.
        shares: fractions that add up to 1, shape (k,).

    Returns:
        Shape (k,). Each lies within 1 of its exact part (largest remainders, Hamilton's method).
    """
    exact = count * np.asarray(shares, dtype=np.float64)
    whole = np.floor(exact).astype(np.int64)
    left = count - int(whole.sum())
    neediest = np.argsort(whole - exact, kind="stable")[: max(left, 0)]
    whole[neediest] += 1
    return whole


def deal(counts: Sequence[int], shares: Sequence[float], rng: np.random.Generator) -> IntArray:
    """Return for each message which share it falls to, shuffled within each phase.

    Args:
        counts: messages of each phase.
        shares: fractions that add up to 1, shape (k,).
        rng: shuffles.

    Returns:
        Index into `shares`, shape (sum(counts),). Every phase holds every share exactly, so the
        window of one trial carries the same bytes as that of the next.
    """
    kinds = np.arange(len(shares))
    return np.concatenate(
        [rng.permutation(np.repeat(kinds, apportion(count, shares))) for count in counts]
    )
