"""A race of few points: every survivor runs once in each block, and what is clearly worse leaves.

Clearly: of all pairs of the survivors, by all their shared blocks, allowed for the choice of the
best and for every look that is had. Of equal points hardly any leaves; what leaves is no worse off
than what stays for having had bad luck once.
"""

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from bench.stats.simultaneous import MIN_BLOCKS, all_pairs

MOST_BLOCKS = 10
"""After so many the survivors are told apart by their confirmation alone."""

LEVEL = 0.10
"""Share of races between equal points in which any may leave."""

Array = NDArray[np.float64]


def left(
    tables: Sequence[Array], out: Collection[int] = (), weak: Collection[int] = ()
) -> dict[int, int]:
    """Return which points have left a race, and after how many blocks.

    Args:
        tables: for each objective how bad each point was in each block, shape (k, n), in the order
            of the blocks; less is better, NaN where it has no valid trial.
        out: rows that are not in the race: they break a rule, or cannot be measured.
        weak: rows that beat nobody, however good: they look to break a rule.

    Returns:
        Row -> blocks. With several objectives what leaves is worse in each of them than one
        and the same survivor.
    """
    blocks = tables[0].shape[1]
    racing = [row for row in range(len(tables[0])) if row not in set(out)]
    found: dict[int, int] = {}
    for look in range(MIN_BLOCKS, min(blocks, MOST_BLOCKS) + 1):
        strong = np.array([row not in set(weak) for row in racing], dtype=bool)
        worse = _clearly_worse([table[racing, :look] for table in tables], strong)
        found |= {racing[place]: look for place in worse}
        racing = [row for row in racing if row not in found]
    return found


def _clearly_worse(tables: Sequence[Array], strong: NDArray[np.bool_]) -> list[int]:
    """Return the places of what is worse than a strong survivor, in all objectives."""
    places = len(tables[0])
    if places < 2:
        return []
    level = LEVEL / (MOST_BLOCKS - MIN_BLOCKS + 1) / len(tables)
    beaten = np.repeat(strong[None, :], places, axis=0)
    for table in tables:
        pairs = all_pairs(table, level=level, scatter_of=np.ones(places, dtype=bool))
        # An unknown reach tells nothing: a comparison with NaN is false.
        beaten &= pairs.mean > pairs.reach
    return [int(place) for place in np.flatnonzero(beaten.any(axis=1))]
