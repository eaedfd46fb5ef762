"""The same figures for the terminal: a table for each workload, a line for each trial."""

from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from bench.analysis import latency
from bench.analysis.figures import CellFigures, RunFigures, TrialFigures, WorkloadFigures
from bench.analysis.ranking import ranking_key
from bench.core import text
from bench.core.marks import State
from bench.record.schema import Level, Time
from bench.report import comparison, standing
from bench.report.model import Entry, Tone, plain
from bench.report.notices import notices
from bench.report.tables import TONES
from bench.spec.criteria import count_word
from bench.spec.metrics import View

NARROW_BELOW_COLUMNS = 100
_STYLES = {
    Tone.BEST: "bold green",
    Tone.GOOD: "green",
    Tone.WARNING: "yellow",
    Tone.BAD: "bold red",
    Tone.MUTED: "dim",
}


def print_summary(figures: RunFigures, console: Console) -> None:
    """Print what came out of a run: a table and the answers of each workload, then the notices."""
    for workload in figures.workloads:
        console.print(_workload_table(figures, workload, console.width))
        for sentence in standing.answers(workload, figures.plan.baseline):
            console.print(Text(plain(sentence)))
        console.print()
    for notice in notices(figures):
        words = Text(f"{notice.word}. ", style=_STYLES[notice.tone])
        console.print(words.append(plain(notice.sentence), style="not bold default"))


def _workload_table(figures: RunFigures, workload: WorkloadFigures, columns: int) -> RichTable:
    narrow = columns < NARROW_BELOW_COLUMNS
    ranking = (ranking_key(workload.cells, "p50"), ranking_key(workload.cells))
    view = View.NARROW if narrow else View.TERMINAL
    metrics = [m for m in figures.metrics if m.key in ranking or view in m.shown]
    table = comparison.workload_table(workload, metrics, id_=workload.name)
    printed = RichTable(title=Text(workload.name), title_justify="left", box=None, pad_edge=False)
    printed.add_column("variant", overflow="fold")
    counts, short = (
        comparison.count_columns(workload.cells),
        comparison.shortfalls_of(workload.cells),
    )
    for column in table.columns[:-counts]:
        printed.add_column(_heading(column.group, column.title, column.unit), justify="right")
    printed.add_column("lag")
    for word in ("lost", *short):
        printed.add_column(count_word(word), justify="right")
    for row, cell in zip(table.rows, workload.cells, strict=True):
        entries, counted = row.entries[:-counts], row.entries[-counts:]
        printed.add_row(
            _name(row.names, folded=narrow),
            *(_printed(entry) for entry in entries),
            _printed(comparison.verdict_entry(cell)),
            _lost(cell),
            *(_printed(entry) for entry in counted[: len(short)]),
        )
    return printed


def _heading(group: str, title: str, unit: str) -> Text:
    return Text(f"{group}\n{title}\n{unit}")


def _name(names: tuple[str, ...], *, folded: bool) -> Text:
    more = f" (+{len(names) - 1})" if len(names) > 1 else ""
    first = names[0].replace("/", "/\n", 1) if folded else names[0]
    return Text(first + more)


def _printed(entry: Entry) -> Text:
    printed = Text(entry.text, style=_STYLES.get(entry.tone, ""))
    if entry.detail:
        printed.append(f"\n{entry.detail}", style="not bold dim")
    return printed


def style_of(state: State) -> str:
    """Return how the terminal shows what is in a state."""
    return _STYLES[TONES[state]]


def _lost(cell: CellFigures) -> Text:
    lost = standing.lost(cell)
    if lost is None:
        return Text(f"{State.DOUBTFUL.mark} {text.NA}", style=style_of(State.DOUBTFUL))
    if not lost:
        return Text("0")
    return Text(f"{State.FAILS.mark} {text.count(lost)}", style=style_of(State.FAILS))


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
