"""In which order trials run: blocks that hold every cell once, each in a random order of its own.

With a host that drifts by 10 %, running cells one after another gave 61 % false alarms, random
blocks 5 % (simulated; docs/MEASUREMENT.md).
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from hashlib import sha256

import numpy as np

from bench.plan.model import Cell, Plan, Trial


def order(cells: Sequence[Cell], *, blocks: int, seed: int) -> tuple[Trial, ...]:
    """Return every trial of a run, in the order they run."""
    return _trials(cells, range(1, blocks + 1), seed=seed, after=0)


def further(plan: Plan, cells: Sequence[Cell], *, blocks: int) -> Plan:
    """Return the plan with so many more blocks of these cells, run after all others."""
    last = max((trial.block for trial in plan.trials), default=0)
    numbers = range(last + 1, last + 1 + blocks)
    trials = _trials(cells, numbers, seed=plan.seed, after=len(plan.trials))
    return replace(plan, trials=(*plan.trials, *trials))


def _trials(
    cells: Sequence[Cell], blocks: Iterable[int], *, seed: int, after: int
) -> tuple[Trial, ...]:
    sequence = [
        (block, cells[position])
        for block in blocks
        for position in np.random.default_rng([seed, block]).permutation(len(cells))
    ]
    digits = max(3, len(str(after + len(sequence))))  # so that names sort in the order of the run
    return tuple(
        Trial(
            id=f"{index:0{digits}d}-{cell.id}-b{block}",
            index=index,
            cell_id=cell.id,
            block=block,
            seed=trial_seed(seed, cell.workload_name, block),
        )
        for index, (block, cell) in enumerate(sequence, start=after + 1)
    )


def trial_seed(seed: int, workload_name: str, block: int) -> int:
    """Return the seed of a workload's traffic in a block, in [0, 2**48).

    It does not depend on the variant: trials that are compared see the same load. 48 bits pass
    through JSON readers that keep numbers as doubles.
    """
    digest = sha256(f"{seed}/{workload_name}/{block}".encode()).digest()
    return int.from_bytes(digest[:6])
