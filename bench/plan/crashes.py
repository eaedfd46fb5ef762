"""At which messages of a trial the process that has them ends itself, and how."""

from collections.abc import Mapping, Sequence

import numpy as np

from bench.plan.arrays import IntArray
from bench.spec.crashes import MOST_CRASHES, Crash


def deal_crashes(
    kinds: Sequence[Crash], messages: int, able: IntArray, rng: np.random.Generator
) -> Mapping[int, Crash]:
    """Return the messages at which a process ends itself, by id.

    Each has a part of the window for itself, and lies in its middle half: who takes the place of
    the process that ended is through with what it left before the next one.

    Args:
        kinds: at which step, and at how many.
        messages: of the window.
        able: ids of those of them that nothing else befalls, ascending, shape (n,).
        rng: chooses.
    """
    planned = [kind for kind in kinds for _ in range(kind.among(messages))][:MOST_CRASHES]
    if not planned:
        return {}
    parts = np.array_split(able, len(planned))
    chosen = zip(rng.permutation(len(planned)).tolist(), parts, strict=True)
    return {int(rng.choice(_middle(part))): planned[number] for number, part in chosen if part.size}


def _middle(part: IntArray) -> IntArray:
    """Return what is left without the first and the last quarter."""
    return part[part.size // 4 : part.size - part.size // 4]
