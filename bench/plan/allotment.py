"""How the time of a tuning is shared out between its search and the confirmation."""

from dataclasses import dataclass

from bench.core.units import NS_PER_S
from bench.plan.estimate import TRIAL_OVERHEAD_S
from bench.plan.model import Cell

LEAST_BLOCKS, MOST_BLOCKS = 5, 10
"""Of the confirmation: fewer show a change but bear nothing out, more hardly sharpen it."""

MORE_BLOCKS = 3
"""So many more confirming blocks are run, at most, in place of those with an invalid trial."""

MOST_FINALISTS = 4
"""The incumbent and three runners-up."""

MOST_SEARCHED = 250
"""Trials of a search by an optimiser, however much time there is: more hardly find any better."""

CONFIRMING_SHARE = 0.4
"""So much of the time the confirmation may take, at most where that is enough for the least."""

SEEN_AT_LEAST = 2
"""Trials of a search that has anything to confirm: of the base and of one point."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allotment:
    """What a budget is enough for, fixed before anything is measured.

    Attributes:
        finalists: beside the base, in each block of the confirmation.
        blocks: of the confirmation.
        searching: trials of the search, should each take what is reckoned.
    """

    finalists: int
    blocks: int
    searching: int

    @property
    def confirming(self) -> int:
        """Trials of the confirmation, at most."""
        return self.blocks * (self.finalists + 1)

    @property
    def most_blocks(self) -> int:
        """Confirming blocks, those in place of others among them."""
        return self.blocks + MORE_BLOCKS


def trial_ns(cell: Cell) -> int:
    """Return how long a trial of a cell is reckoned to take: a drain that ends at once is none."""
    phases = cell.workload.phases
    return round(TRIAL_OVERHEAD_S * NS_PER_S) + phases.warmup_ns + phases.measure_ns


def least_budget_ns(base: Cell) -> int:
    """Return the least budget that something can be sought and confirmed in."""
    return (LEAST_BLOCKS * 2 + SEEN_AT_LEAST) * trial_ns(base)


def allotted(base: Cell, budget_ns: int) -> Allotment:
    """Return what a budget is enough for."""
    trials = budget_ns // trial_ns(base)
    most = int(CONFIRMING_SHARE * trials)
    finalists = min(max(most // LEAST_BLOCKS - 1, 1), MOST_FINALISTS)
    blocks = min(max(most // (finalists + 1), LEAST_BLOCKS), MOST_BLOCKS)
    return Allotment(
        finalists=finalists,
        blocks=blocks,
        searching=max(0, trials - blocks * (finalists + 1)),
    )
