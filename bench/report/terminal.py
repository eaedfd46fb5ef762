"""A judgement on the terminal: the answers, goals, a table for each workload, notices."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rich.console import Console, JustifyMethod
from rich.table import Table as RichTable
from rich.text import Text

from bench.analysis import latency
from bench.analysis.figures import LagVerdict, TrialFigures
from bench.core import text
from bench.core.marks import State
from bench.judgement.kinds import Capacity
from bench.judgement.model import Box, Goal, Judgement, WorkloadJudgement
from bench.judgement.outlook import Outlook
from bench.judgement.tried import Tuning
from bench.record.schema import Level
from bench.report import naming, rows
from bench.report.patterns import attempts, checks, outlook, tuning
from bench.report.tables import TONES, Column, Entry, Row, Table, Tone

MOST_KEPT = 12
"""So many goals that are kept are named; of more their count stands for them."""

NARROW_BELOW_COLUMNS = 100

WIDEST = 18
"""Columns of a figure and what it changes, so that the names beside it keep their room."""

_STYLES = {
    Tone.GOOD: "green",
    Tone.WARNING: "yellow",
    Tone.BAD: "bold red",
    Tone.MUTED: "dim",
    Tone.WORSE: "dark_orange3",
    Tone.BETTER: "cyan",
    Tone.PLAIN: "",
}


def print_judgement(judged: Judgement, console: Console) -> None:
    """Print what a run says: what a reader sees first in its report, and the tables."""
    console.print(_marked(judged.state, judged.headline, "bold"))
    if judged.subline:
        console.print(Text(judged.subline, style="dim"))
    console.print()
    console.print(_grid(map(_box, judged.boxes.each)))
    console.print()
    if judged.goals:
        console.print(_grid(_goals(judged.goals)))
        console.print()
    if judged.outlook is not None:
        _print_outlook(judged.outlook, console)
    for capacity in judged.capacities:
        _print_capacity(capacity, console)
        console.print()
    if judged.tuning is not None:
        _print_tuning(judged.tuning, console)
    for workload in () if judged.sought else judged.workloads:
        _print_workload(workload, console)
        console.print()
    for notice in judged.notices:
        line = _marked(notice.state, f"{notice.word}. ")
        console.print(line.append(notice.text, style="not bold default"))


def _marked(state: State | None, words: str, style: str = "") -> Text:
    """Return words after the mark of a state, in that style or the state's own."""
    own = _STYLES[TONES[state]] if state else "bold"
    return Text(f"{state.mark} {words}" if state else words, style=style or own)


def _grid(rows: Iterable[tuple[Text, Text]]) -> RichTable:
    table = RichTable.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _box(box: Box) -> tuple[Text, Text]:
    answer = _marked(box.state, box.word)
    if box.text:
        answer.append(f". {box.text}", style="not bold default")
    return Text(box.asks, style="dim"), answer


def _goals(goals: Sequence[Goal]) -> Iterator[tuple[Text, Text]]:
    """Yield a line for each goal, missed ones first; many that are kept are counted."""
    kept = sum(goal.state is State.HOLDS for goal in goals)
    for goal in goals:
        if goal.state is not State.HOLDS or kept <= MOST_KEPT:
            yield _marked(goal.state, goal.reading), _goal(goal)
    if kept > MOST_KEPT:
        yield _marked(State.HOLDS, f"{text.count(kept)} kept"), Text()


def _goal(goal: Goal) -> Text:
    line = Text(f"{goal.rule}, {goal.workload}, {goal.candidate}")
    if goal.found:
        line.append(f": {goal.found}")
    if goal.chances:
        line.append(f" ({goal.chances})")
    if goal.state is not State.HOLDS:
        line.append(f"\n{goal.reason}", style="dim")
    return line


def _print_workload(workload: WorkloadJudgement, console: Console) -> None:
    said = Text(f"{workload.figures.name}: ", style="bold")
    console.print(said.append(workload.sentence, style="not bold"))
    console.print(_printed(rows.table(workload), folded=console.width < NARROW_BELOW_COLUMNS))
    for point in checks.points(workload.held).points:
        line = _marked(point.state, f"{point.word}: ")
        console.print(line.append(point.text, style="not bold default"))
    for each in (*workload.noted, *workload.limits):
        console.print(Text(f"  {each}", style="dim"))


def _print_outlook(found: Outlook, console: Console) -> None:
    """Print what a capacity plan comes to with each variant, and what that rests on."""
    for each in found.each:
        said = Text(f"{each.variant}: ", style="bold")
        console.print(said.append_text(_marked(each.state, f"{each.sentence}.")))
        for note in each.notes:
            console.print(Text(f"  {note}", style="dim"))
        folded = console.width < NARROW_BELOW_COLUMNS
        for shown in (outlook.results(found, each, ""), outlook.given(found, each, "")):
            console.print(_printed(shown, folded=folded))
            console.print()


def _print_capacity(capacity: Capacity, console: Console) -> None:
    """Print what was found of a variant, and every rate that was tried."""
    said = Text(f"{capacity.variant}: ", style="bold")
    console.print(said.append(f"{capacity.holds}.", style="not bold"))
    for each in filter(None, (capacity.breaks, capacity.parted, capacity.limits)):
        console.print(Text(f"  {each}", style="dim"))
    shown = attempts.table(capacity, "attempts")
    console.print(_printed(shown, folded=console.width < NARROW_BELOW_COLUMNS))


def _print_tuning(found: Tuning, console: Console) -> None:
    """Print what was confirmed, how it is pasted, what mattered and what is open."""
    folded = console.width < NARROW_BELOW_COLUMNS
    for objective in found.objectives if found.compared else ():
        console.print(Text(f"{objective.metric.title}, by confirming blocks alone", style="bold"))
        console.print(
            _printed(tuning.compared(found, objective, "compared").in_words, folded=folded)
        )
        console.print()
    if found.pasted is not None:
        console.print(Text(found.pasted.file, style="bold"))
        lines = (*found.pasted.config.splitlines(), "", *found.pasted.commands)
        console.print(Text("\n".join(lines)), soft_wrap=True)
        for point in tuning.by_hand(found.pasted).points:
            console.print(Text(f"  {point.word}: {point.text}".replace("`", ""), style="dim"))
        console.print()
    for each in found.importance:
        console.print(Text(f"What mattered to {each.metric.title}", style="bold"))
        console.print(_printed(tuning.mattered(each, "mattered").in_words, folded=folded))
        console.print()
    for line in found.open_points:
        console.print(
            _marked(State.DOUBTFUL, "not decided: ").append(line, style="not bold default")
        )
    if found.open_points:
        console.print()


def _printed(found: Table, *, folded: bool) -> RichTable:
    table = RichTable(box=None, pad_edge=False, padding=(0, 1))
    table.add_column(Text(found.head), overflow="fold")
    # Sentences find no room beside figures on a narrow one.
    shown = [place for place, each in enumerate(found.columns) if not (folded and _prose(each))]
    for column in (found.columns[place] for place in shown):
        justify: JustifyMethod = "left" if _prose(column) else "right"
        widest = None if _prose(column) else WIDEST
        table.add_column(Text(column.label), justify=justify, overflow="fold", max_width=widest)
    for row in found.rows:
        entries = (_entry(row.entries[place], folded=folded) for place in shown)
        table.add_row(_name(row, folded=folded), *entries)
    return table


def _prose(column: Column[Any]) -> bool:
    return column.kind == "prose"


def _name(row: Row, *, folded: bool) -> Text:
    """Return a variant's name; in two lines its config stands above, its settings find no room."""
    (name,) = row.names
    if folded:
        return Text(name.replace("/", "/\n", 1))
    return Text(name).append(f"\n{row.soft}" if row.soft else "", style="dim")


def _entry(entry: Entry, *, folded: bool) -> Text:
    """Return an entry and what stands below it; folded its interval stands in two lines."""
    printed = Text(entry.text, style=_STYLES[entry.tone])
    for line in entry.detail.splitlines():
        shown = line.replace(" to ", " to\n") if folded else line
        printed.append(f"\n{shown}", style=_STYLES[entry.detail_tone or entry.tone])
    return printed


def trial_line(figures: TrialFigures, place: str) -> str:
    """Return one plain line on a trial: `[3/70] 003-… valid end-to-end p50 1.52 ms …`."""
    record = figures.record
    parts = [f"[{place}]", record.trial_id, _state(figures)]
    time = record.cast.ranked[0]
    p50, p99 = (latency.written(figures, time, each) for each in (50.0, 99.0))
    if time in figures.times or p50 != text.NA:
        parts += [f"{naming.of_time(time)} p50 {p50}", f"p99 {p99}"]
    if figures.rates:
        kind = record.cast.done
        rate = figures.rates[kind]
        parts.append(f"{naming.of_time(kind)} {text.in_unit(rate, 'msg/s')}")
    parts.append(f"lag {_lag_words(figures)}")
    return "  ".join(parts)


def _lag_words(figures: TrialFigures) -> str:
    """Return the verdict, and where several parts have a lag whose it is that grows."""
    if figures.lag is None:
        return text.NA
    growing = [n for n, lag in figures.lags.items() if lag.verdict is LagVerdict.GROWING]
    whose = f" ({text.listed(growing)})" if growing and len(figures.lags) > 1 else ""
    return f"{figures.lag.verdict}{whose}"


def _state(figures: TrialFigures) -> str:
    if figures.record.valid:
        return "valid"
    codes = [f.code for f in figures.record.findings if f.level is Level.INVALID]
    return f"INVALID ({', '.join(codes) or 'broke off'})"
