"""What a run tells whoever watches it; the CLI draws it, a test collects it."""

from typing import Protocol

from bench.engine.keep import Kept
from bench.engine.trial import Moment
from bench.plan.model import Cell, Plan, Trial


class Watcher(Protocol):
    """Hears of everything in order; must be quick, it runs between the conductor's waits."""

    def run_begins(self, plan: Plan, already_done: int) -> None:
        """The run starts; `already_done` trials of an earlier part are on disk."""

    def trial_begins(self, trial: Trial, cell: Cell) -> None:
        """A trial's server is about to start."""

    def moment(self, moment: Moment) -> None:
        """A few times a second while a trial runs."""

    def trial_ends(self, trial: Trial, kept: Kept) -> None:
        """The trial is saved."""

    def waits(self, text: str) -> None:
        """The run waits for something, between two trials; `text` says for what."""

    def warns(self, text: str) -> None:
        """Something that the user must know stands in no record: the run is being interrupted."""
