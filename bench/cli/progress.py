"""How a run shows itself: a picture on a terminal, plain lines where nobody watches."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live

from bench.analysis.summary import summarise_trial
from bench.cli.live import LiveView, Where
from bench.engine.keep import Kept
from bench.engine.trial import Moment
from bench.plan.estimate import Ahead, Estimate
from bench.plan.model import Cell, Plan, Trial
from bench.record.schema import Level
from bench.report.terminal import trial_line
from bench.runner.progress import Watcher

REFRESH_HZ = 4
SAY_EVERY_S = 30.0
"""A log that is silent for minutes looks like a hang, and some CI systems end the job."""


class PlainWatcher:
    """Says one line for each trial, and one now and then while a long one runs; for logs and CI.

    Attributes:
        ended: trials that have a record.
        view: what is known of the running trial.
    """

    def __init__(self, console: Console, expected: Estimate, ahead: Ahead | None = None) -> None:
        self._console = console
        self._expected = expected
        self._ahead = ahead
        self._plan: Plan | None = None
        self._ended_before = 0
        self._begun_s = self._last_end_s = time.monotonic()
        self._ended_here = 0
        self._said_s = 0.0
        self.ended = 0
        self.view = LiveView()

    def run_begins(self, plan: Plan, already_done: int) -> None:
        """Note the plan."""
        self._plan = plan
        self.ended = self._ended_before = already_done
        self._show_place()

    def trial_begins(self, trial: Trial, cell: Cell) -> None:
        """Note the cell."""
        blocks = self._plan.blocks if self._plan else 0
        of = f" of {blocks}" if trial.block <= blocks else ", on top"
        block = "" if self._ahead else f", block {trial.block}{of}"
        self.view.begin(f"{cell.id}{block}", cell.workload, cell.cast)
        self._said_s = time.monotonic()
        self._show_place()

    def moment(self, moment: Moment) -> None:
        """Note where the trial is, and say so when nothing was said for long."""
        self.view.see(moment)
        self._show_place()
        if time.monotonic() - self._said_s >= SAY_EVERY_S:
            self._say_moment()

    def trial_ends(self, trial: Trial, kept: Kept) -> None:
        """Say the trial's line, its findings, and the time left."""
        self.ended += 1
        self._ended_here += 1
        self._last_end_s = time.monotonic()
        for line in self._lines(trial, kept):
            self._console.print(line, markup=False, soft_wrap=True)

    def waits(self, text: str) -> None:
        """Say what for."""
        self._console.print(f"    {text}", markup=False, soft_wrap=True)

    def warns(self, text: str) -> None:
        """Say it, though no trial ends with it."""
        self._console.print(f"warning: {text}", markup=False, soft_wrap=True)

    @property
    def where(self) -> Where:
        """How far the run is; of a plan that grows what may come at most."""
        if self._ahead is None:
            total = len(self._plan.trials) if self._plan else 0
            return Where(ended=self.ended, total=total, left_s=self._left_s(total))
        left_s = self._ahead.duration_s - (time.monotonic() - self._begun_s)
        total = self._ended_before + self._ahead.trials
        return Where(ended=self.ended, total=total, left_s=max(0.0, left_s), grows=True)

    def _left_s(self, total: int) -> float:
        """Return the time left, from the estimate, corrected by how the run has gone so far."""
        per_trial_s = self._expected.duration_s / max(1, total)
        if self._ended_here:
            per_trial_s = (self._last_end_s - self._begun_s) / self._ended_here
        running_s = time.monotonic() - self._last_end_s
        return max(0.0, per_trial_s * (total - self.ended) - running_s)

    def _say_moment(self) -> None:
        self._said_s = time.monotonic()
        self._console.print(self.view.line(), markup=False, soft_wrap=True)

    def _show_place(self) -> None:
        self.view.place(self.where)

    def _lines(self, trial: Trial, kept: Kept) -> Iterator[str]:
        assert self._plan is not None  # noqa: S101 - a run begins before its trials end
        cell = self._plan.cell(trial.cell_id)
        figures = summarise_trial(kept.record, kept.intervals, kept.samples, cell)
        where = self.where
        left = f"  {where.left}" if where.ended < where.total else ""
        yield trial_line(figures, where.done) + left
        for finding in figures.record.findings:
            if finding.level is not Level.NOTE:
                yield f"    {finding.level} {finding.code}: {finding.text}"


class LiveWatcher(PlainWatcher):
    """Draws the running trial; finished ones scroll by above."""

    def _say_moment(self) -> None:
        """Nothing: the picture says it."""


@contextmanager
def make_watcher(
    console: Console, expected: Estimate, *, ahead: Ahead | None = None, live: bool = True
) -> Iterator[Watcher]:
    """Return the watcher that suits the console.

    Args:
        console: where it shows itself.
        expected: what the plan takes.
        ahead: what may still come of a plan that grows; None of one that is whole.
        live: False asks for plain lines on a terminal, too.
    """
    if not (live and console.is_terminal):
        yield PlainWatcher(console, expected, ahead)
        return
    watcher = LiveWatcher(console, expected, ahead)
    with Live(watcher.view, console=console, refresh_per_second=REFRESH_HZ, transient=True):
        yield watcher
