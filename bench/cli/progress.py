"""How a run shows itself: a live line on a terminal, one plain line per trial elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from bench.analysis.summary import summarise_trial
from bench.core.units import NS_PER_S, human_clock
from bench.engine.keep import Kept
from bench.engine.trial import Moment
from bench.plan.estimate import Estimate
from bench.plan.model import Cell, Plan, Trial
from bench.record.schema import Level
from bench.report.terminal import trial_line
from bench.runner.progress import Watcher

REFRESH_HZ = 4


class PlainWatcher:
    """Says one line for each trial; for logs, pipes and CI."""

    def __init__(self, console: Console, expected: Estimate) -> None:
        self._console = console
        self._expected = expected
        self._plan: Plan | None = None
        self._ended = 0
        self._begun_s = time.monotonic()
        self._ended_here = 0

    def run_begins(self, plan: Plan, already_done: int) -> None:
        """Note the plan."""
        self._plan = plan
        self._ended = already_done

    def trial_begins(self, trial: Trial, cell: Cell) -> None:
        """Nothing is said: the line comes when the trial ends."""

    def moment(self, moment: Moment) -> None:
        """Nothing is said."""

    def trial_ends(self, trial: Trial, kept: Kept) -> None:
        """Say the trial's line, its findings, and the time left."""
        self._ended += 1
        self._ended_here += 1
        for line in self._lines(trial, kept):
            self._console.print(line, markup=False, soft_wrap=True)

    @property
    def total(self) -> int:
        """Trials of the plan."""
        return len(self._plan.trials) if self._plan else 0

    @property
    def ended(self) -> int:
        """Trials on disk."""
        return self._ended

    def left_s(self) -> float:
        """Return the time left, from the estimate, corrected by how the run has gone so far."""
        per_trial_s = self._expected.duration_s / max(1, self.total)
        if self._ended_here:
            per_trial_s = (time.monotonic() - self._begun_s) / self._ended_here
        return per_trial_s * (self.total - self._ended)

    def _lines(self, trial: Trial, kept: Kept) -> Iterator[str]:
        assert self._plan is not None  # noqa: S101 - a run begins before its trials end
        cell = self._plan.cell(trial.cell_id)
        figures = summarise_trial(kept.record, kept.intervals, kept.samples, cell)
        left = f"  {human_clock(self.left_s())} left" if self._ended < self.total else ""
        yield trial_line(figures, self._ended, self.total) + left
        for finding in kept.record.findings:
            if finding.level is not Level.NOTE:
                yield f"    {finding.level} {finding.code}: {finding.text}"


class LiveWatcher(PlainWatcher):
    """Draws where the run is; finished trials scroll by above."""

    def __init__(self, console: Console, expected: Estimate) -> None:
        super().__init__(console, expected)
        self._cell_id = ""
        self._length_s = 1.0
        self._moment: Moment | None = None

    def trial_begins(self, trial: Trial, cell: Cell) -> None:
        """Show the cell."""
        phases = cell.workload.phases
        self._cell_id = f"{cell.id}, block {trial.block}"
        self._length_s = (phases.warmup_ns + phases.measure_ns) / NS_PER_S
        self._moment = None

    def moment(self, moment: Moment) -> None:
        """Remember where the trial is, for the next refresh."""
        self._moment = moment

    def __rich__(self) -> Group:
        """Return the picture of now."""
        total, left = self.total, human_clock(self.left_s())
        bar = Table.grid(padding=(0, 1))
        bar.add_row(
            f"trial {min(self.ended + 1, total)}/{total}",
            ProgressBar(total=max(1, total), completed=self.ended + self._share(), width=30),
            f"{left} left",
        )
        return Group(bar, Text(self._now(), overflow="ellipsis", no_wrap=True))

    def _share(self) -> float:
        if self._moment is None:
            return 0.0
        return min(1.0, max(0.0, self._moment.elapsed_ns / NS_PER_S / self._length_s))

    def _now(self) -> str:
        if self._moment is None:
            return f"{self._cell_id}: starting"
        moment, seen = self._moment, self._moment.progress
        return (
            f"{self._cell_id}: {moment.phase} {max(0, moment.elapsed_ns) / NS_PER_S:.0f} s, "
            f"sent {seen.sent:,}, stored {seen.stored:,}, received {seen.received:,}, "
            f"acked {seen.acked:,}"
        )


@contextmanager
def make_watcher(console: Console, expected: Estimate) -> Iterator[Watcher]:
    """Return the watcher that suits the console."""
    if not console.is_terminal:
        yield PlainWatcher(console, expected)
        return
    watcher = LiveWatcher(console, expected)
    with Live(watcher, console=console, refresh_per_second=REFRESH_HZ, transient=True):
        yield watcher
