"""Which messages a filter matches, however many subjects there are."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bench.plan.arrays import IntArray
from bench.spec.filters import matching
from bench.spec.workload import Subjects

Flags = NDArray[np.bool_]


def chosen(subjects: Subjects, pattern: str, subject_index: IntArray) -> Flags:
    """Return which messages a filter matches, shape (n,).

    Args:
        subjects: of the workload.
        pattern: the filter.
        subject_index: of each message, index into the subjects' names, shape (n,).
    """
    if not subjects.is_plain:
        return chosen_by_name(subjects.names, pattern, subject_index)
    matched = subjects.combined.matched(pattern)
    found = np.full(subject_index.shape, matched.count > 0)
    for stride, size, index in matched.steps:
        found &= subject_index // stride % size == index
    return found


def chosen_by_name(names: Sequence[str], pattern: str, subject_index: IntArray) -> Flags:
    """Return the same by looking at each name, of few or of a trace's subjects."""
    matched = matching(pattern, names)
    of_each = np.array([name in matched for name in names])
    found: Flags = of_each[subject_index]
    return found
