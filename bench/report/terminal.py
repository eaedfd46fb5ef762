"""A judgement on the terminal: the answers, goals, a table for each workload, notices."""

from collections.abc import Sequence
from dataclasses import replace

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.analysis import latency
from bench.analysis.figures import TrialFigures
from bench.core import text
from bench.core.marks import State
from bench.judgement.model import Box, Goal, Judgement, Side, WorkloadJudgement
from bench.record.schema import Level, Time
from bench.report.rows import Entry, rows_of

MOST_KEPT = 12
"""So many goals that are kept are named; of more their count stands for them."""

NARROW_BELOW_COLUMNS = 100

WIDEST = 18
"""Columns of a figure and what it changes, so that the names beside it keep their room."""

STYLES = {
    State.HOLDS: "green",
    State.DOUBTFUL: "yellow",
    State.FAILS: "bold red",
    State.UNKNOWN: "dim",
}
_SIDES = {Side.WORSE: "dark_orange3", Side.BETTER: "cyan", Side.SAME: "dim", Side.UNTOLD: "dim"}


def print_judgement(judged: Judgement, console: Console) -> None:
    """Print what a run says: what a reader sees first in its report, and the tables."""
    console.print(_marked(judged.state, judged.headline, "bold"))
    if judged.subline:
        console.print(Text(judged.subline, style="dim"))
    console.print()
    console.print(_boxes(judged.boxes.each))
    console.print()
    if judged.goals:
        console.print(_goals(judged.goals))
        console.print()
    for workload in judged.workloads:
        print_workload(workload, console)
        console.print()
    for notice in judged.notices:
        line = _marked(notice.state, f"{notice.word}. ", STYLES[notice.state])
        console.print(line.append(notice.text, style="not bold default"))


def print_workload(workload: WorkloadJudgement, console: Console) -> None:
    """Print what came out under a workload, and its cells beside their baseline."""
    console.print(Text(f"{workload.figures.name}: ", style="bold").append(
        workload.sentence, style="not bold"
    ))  # fmt: skip
    console.print(_table(workload, folded=console.width < NARROW_BELOW_COLUMNS))


def _boxes(boxes: Sequence[Box]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for box in boxes:
        answer = _marked(box.state, box.word, STYLES[box.state] if box.state else "bold")
        if box.text:
            answer.append(f". {box.text}", style="not bold default")
        table.add_row(Text(box.asks, style="dim"), answer)
    return table


def _goals(goals: Sequence[Goal]) -> Table:
    """Return a line for each goal, missed ones first; many that are kept are counted."""
    kept = [goal for goal in goals if goal.state is State.HOLDS]
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for goal in goals:
        if goal.state is not State.HOLDS or len(kept) <= MOST_KEPT:
            mark = _marked(goal.state, goal.reading, STYLES[goal.state])
            table.add_row(mark, _goal(goal))
    if len(kept) > MOST_KEPT:
        table.add_row(_marked(State.HOLDS, f"{text.count(len(kept))} kept", "green"), Text())
    return table


def _goal(goal: Goal) -> Text:
    line = Text(f"{goal.rule}, {goal.workload}, {goal.candidate}")
    if goal.found:
        line.append(f": {goal.found}")
    if goal.chances:
        line.append(f" ({goal.chances})")
    if goal.state is not State.HOLDS:
        line.append(f"\n{goal.reason}", style="dim")
    return line


def _table(workload: WorkloadJudgement, *, folded: bool) -> Table:
    found = rows_of(workload)
    table = Table(box=None, pad_edge=False, padding=(0, 1))
    table.add_column(Text(found.heads[0]), overflow="fold")
    for head in found.heads[1:]:
        table.add_column(Text(head), justify="right", overflow="fold", max_width=WIDEST)
    for name, *entries in found.rows:
        shown = (_broken_name(name), *map(_broken, entries)) if folded else (name, *entries)
        table.add_row(*map(_printed, shown))
    return table


def _broken_name(name: Entry) -> Entry:
    """Return a variant's name in two lines, its config above; its settings take too much room."""
    return replace(name, written=name.written.replace("/", "/\n", 1), beneath=())


def _broken(entry: Entry) -> Entry:
    """Return an entry whose interval stands in two lines."""
    return replace(entry, beneath=tuple(line.replace(" to ", " to\n") for line in entry.beneath))


def _printed(entry: Entry) -> Text:
    stands_out = entry.side in {Side.WORSE, Side.BETTER}
    style = STYLES[entry.state] if entry.state and not entry.beneath else ""
    printed = Text(entry.written, style=_SIDES[entry.side] if stands_out else style)
    beneath = STYLES[entry.state] if entry.state else _SIDES[entry.side]
    for line in entry.beneath:
        printed.append(f"\n{line}", style=beneath)
    return printed


def _marked(state: State | None, words: str, style: str) -> Text:
    return Text(f"{state.mark} {words}" if state else words, style=style)


def trial_line(figures: TrialFigures, position: int, total: int) -> str:
    """Return one plain line on a trial: `[3/70] 003-… valid end-to-end p50 1.52 ms …`."""
    record = figures.record
    parts = [f"[{position}/{total}]", record.trial_id, _state(figures)]
    p50, p99 = (latency.written(figures, Time.END_TO_END, each) for each in (50.0, 99.0))
    if Time.END_TO_END in figures.times or p50 != text.NA:
        parts += [f"end-to-end p50 {p50}", f"p99 {p99}"]
    if figures.rates is not None:
        kind = "acked" if record.acks else "delivered"
        rate = figures.rates.acked if record.acks else figures.rates.delivered
        parts.append(f"{kind} {text.in_unit(rate, 'msg/s')}")
    parts.append(f"lag {figures.lag.verdict if figures.lag else text.NA}")
    return "  ".join(parts)


def _state(figures: TrialFigures) -> str:
    if figures.record.valid:
        return "valid"
    codes = [f.code for f in figures.record.findings if f.level is Level.INVALID]
    return f"INVALID ({', '.join(codes) or 'broke off'})"
