"""Messages as they are kept: one that went well, one that was killed over and given up, others."""

from dataclasses import replace

import numpy as np

from bench.record.messages import NEVER, Messages, Names, Place

WELL, ILL, EVICTED = 3, 7, 5
PLANNED = 10


def two() -> Messages:
    """The ill one came to a process that was killed, then to who took its place."""
    names = Names(
        places=(
            Place(part="publish", role="publisher-0", flow="publish"),
            Place(part="consume", role="consumer-0", flow="publish"),
        ),
        endings={2: "terminated"},
        outcomes={1: "refused"},
        reasons=("attempts",),
        planned={"publish": PLANNED},
    )
    sends = [(0, 0, WELL, 30, 31, 32, 0), (0, 0, ILL, 70, 71, 72, 0)]
    deliveries = [
        (1, 2, ILL, 8, 2, 90, NEVER, 91, 2),
        (1, 1, WELL, 4, 1, 33, 34, 35, 0),
        (1, 1, ILL, 8, 1, 73, NEVER, NEVER, 0),
    ]
    return Messages(
        names=names,
        sends=np.array(sends, dtype=np.int64).T,
        deliveries=np.array(deliveries, dtype=np.int64).T,
        letters=np.array([(8, 2, 0)], dtype=np.int64).T,
    )


def with_one_evicted() -> Messages:
    """Those, and one that a limit of the stream took before it came to its consumer."""
    told = two()
    row = np.array([[0, 0, EVICTED, 50, 51, 52, 0]], dtype=np.int64).T
    names = replace(told.names, lacking=(Place(part="consume", role="", flow="publish"),))
    return replace(
        told,
        names=names,
        sends=np.concatenate([told.sends, row], axis=1),
        evicted=np.array([[0], [EVICTED]]),
    )
