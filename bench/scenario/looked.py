"""What handlers found of messages that are bad in themselves, held to what was dealt."""

from collections.abc import Mapping

import numpy as np

from bench.clients.port import IntArray
from bench.engine.table import Flags
from bench.scenario.rows import Rows
from bench.spec.bad import REPLAYED, BadKind
from bench.spec.failed_parts import bad_names


def counted(rows: Rows, bad: Mapping[BadKind, Flags], replayed: Flags) -> Mapping[str, int]:
    """Return what is counted of bad messages, by what is counted (bench.spec.failed_parts).

    What is replayed is known by its own sequence, for its id is that of a good message.

    Args:
        rows: all deliveries.
        bad: which messages are bad by their content, by how, shape (size,); none is so in two ways.
        replayed: which deliveries are of a message that is another one again, shape (n,).
    """
    found = {
        kind: _looked(rows.ids, ~replayed & flags[rows.ids], rows) for kind, flags in bad.items()
    }
    found[REPLAYED] = _looked(rows.seqs, replayed, rows)
    whole = {name: sum(each[name] for each in found.values()) for name in found[REPLAYED]}
    return whole | {
        name: each[counted]
        for kind, each in found.items()
        for name, counted in zip(bad_names(kind), ("bad_msgs", "unnoticed"), strict=True)
    }


def stuck_copies(rows: Rows, replayed: Flags) -> int:
    """Return how many messages that are replayed were refused, and never given up."""
    failed, over = (
        np.unique(rows.seqs[replayed & each]) for each in (rows.failed, rows.given_up | rows.done)
    )
    return int(np.setdiff1d(failed, over).size)


def _looked(keys: IntArray, chosen: Flags, rows: Rows) -> Mapping[str, int]:
    """Return the counts of what stands under these keys, by some of the deliveries."""
    came, failed, taken = (
        np.unique(keys[chosen & each]) for each in (np.ones_like(chosen), rows.failed, rows.done)
    )
    return {
        "bad_msgs": came.size,
        "noticed": int(np.setdiff1d(failed, taken).size),
        "unnoticed": taken.size,
    }
