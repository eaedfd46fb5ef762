"""What each change does: one row a change, one group of columns a workload, one set of axes."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby
from typing import TypeVar

from markupsafe import Markup

from bench.core import text
from bench.core.marks import State
from bench.draw.axis import Axis, of_changes
from bench.draw.mark import MOST_DOTS, mark, open_ends
from bench.judgement.across import Changed, changed_by
from bench.judgement.model import MARGIN, CellJudgement, Change, Judgement, Side, WorkloadJudgement
from bench.report import naming
from bench.report.markup import filled
from bench.report.model import Block, Fold, Name, Section, Sentence
from bench.report.tables import NOTHING, Column, Entry, Row, Table, Tone, untold
from bench.spec.metrics import Metric
from bench.stats.simultaneous import MIN_BLOCKS

MOST_GROUPS = 3
"""Of more workloads each becomes a row below the change."""

MOST_ROWS = 8
"""Of more changes only those that stand out are open."""

T = TypeVar("T")

_TONES = {Side.WORSE: Tone.WORSE, Side.BETTER: Tone.BETTER}


def sections(judged: Judgement) -> tuple[Section, ...]:
    """Return the section of the changes; none where there is only the baseline."""
    changed = changed_by(judged.workloads)
    if not changed:
        return ()
    shown = [each for each in changed if each.stands_out] if len(changed) > MOST_ROWS else changed
    folded = [each for each in changed if each not in shown]
    axis = _axis(judged.workloads)
    blocks: list[Block] = [_key(judged.workloads)]
    if shown:
        blocks.insert(0, _table(shown, judged.workloads, axis, "changes-table"))
    if folded:
        table = _table(folded, judged.workloads, axis, "changes-alike-table")
        title = f"{text.plural(len(folded), 'change')} that do not stand out"
        blocks.append(Fold("changes-alike", title, (table,)))
    title = "What each change does"
    return (Section("changes", title, tuple(blocks), lead=_lead(judged)),)


def _lead(judged: Judgement) -> tuple[Sentence, ...]:
    names = dict.fromkeys(naming.baseline_words(each.baseline) for each in judged.workloads)
    return (("Each against the baseline: ", Name(" or ".join(names)), "."),)


def _axis(workloads: Sequence[WorkloadJudgement]) -> Axis:
    """Return the axis of every mark: it ends at the widest block."""
    ends = [
        end for each in _drawn(workloads) for end in (*each.by_block.values(), each.low, each.high)
    ]
    return of_changes([share for share in ends if share is not None])


def _drawn(workloads: Sequence[WorkloadJudgement]) -> list[Change]:
    found = [cell.changes.get(of.primary.key) for of in workloads for cell in of.cells]
    return [change for change in found if change and change.relative]


_Under = tuple[CellJudgement | None, WorkloadJudgement]
"""A change under a workload; None where it was not measured under it."""


def _table(
    changed: Sequence[Changed], workloads: Sequence[WorkloadJudgement], axis: Axis, id_: str
) -> Table:
    caption = "What each change does to the time that cells are ranked by, and to its price"
    table = Table(id_, caption, "Change", cards="changes")
    if len(workloads) <= MOST_GROUPS:
        groups = [_columns(each, axis, partial(_under, each), grouped=True) for each in workloads]
        filled_in = table.of(changed, _heading, [column for group in groups for column in group])
        return replace(filled_in, rows=tuple(_asked_once(filled_in.rows)))
    columns = _columns(workloads[0], axis, lambda under: under, grouped=False)
    rows = [row for each in changed for row in _rows(each, workloads, columns)]
    return replace(table, columns=columns, rows=tuple(_asked_once(rows)))


def _asked_once(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield rows with what stands over them in a row of its own, once for all that share it."""
    for over, alike in groupby(rows, lambda row: row.over):
        if over:
            yield Row((), over=over)
        yield from (replace(row, over="") for row in alike)


def _under(workload: WorkloadJudgement, changed: Changed) -> _Under:
    return changed.cells.get(workload.figures.name), workload


def _columns(
    workload: WorkloadJudgement, axis: Axis, under: Callable[[T], _Under], *, grouped: bool
) -> tuple[Column[T], ...]:
    name, metric = workload.figures.name, workload.primary
    column = partial(
        Column[T],
        group=name if grouped else "",
        group_href=f"#{section_id(name)}" if grouped else "",
    )
    return (
        column(
            metric.title[0].upper() + metric.title[1:],
            lambda item: _mark(*under(item), axis),
            "change",
            axis=axis.labels("ch"),
            card_axis=axis.fewer().labels("ch"),
        ),
        column(short_title(metric), lambda item: _entry(*under(item), lambda w: w.primary)),
        column("Server CPU", lambda item: _entry(*under(item), lambda w: w.price), card="CPU"),
    )


def short_title(metric: Metric) -> str:
    """Return a metric's title without its time: `p99`."""
    return metric.title.rpartition(" ")[2] if metric.percentile is not None else metric.title


def section_id(workload: str) -> str:
    """Return the id of a workload's section; names are safe as file names."""
    return f"w-{workload}"


def _heading(changed: Changed) -> Row:
    return _failing(
        Row(
            naming.short_names(changed.first),
            over=naming.above(changed.first),
            soft=naming.beside(changed.first),
        ),
        changed,
    )


def _failing(row: Row, changed: Changed) -> Row:
    state = State.FAILS if changed.reasons else None
    return replace(row, state=state, reasons=changed.reasons)


def _rows(
    changed: Changed, workloads: Sequence[WorkloadJudgement], columns: Sequence[Column[_Under]]
) -> Iterator[Row]:
    """Yield the change as a heading, and below it a row for each workload."""
    yield replace(_heading(changed), state=None, reasons=())
    for workload in workloads:
        name = workload.figures.name
        row = _failing(Row((name,), href=f"#{section_id(name)}"), changed.under(name))
        yield row.across(columns, _under(workload, changed))


def _mark(cell: CellJudgement | None, workload: WorkloadJudgement, axis: Axis) -> Entry:
    change = cell.changes.get(workload.primary.key) if cell else None
    return Entry(drawing=mark(change, axis)) if change else NOTHING


def _entry(
    cell: CellJudgement | None,
    workload: WorkloadJudgement,
    metric: Callable[[WorkloadJudgement], Metric],
) -> Entry:
    if cell is None:
        return untold("not measured under this workload")
    return change_entry(cell.changes.get(metric(workload).key))


def change_entry(change: Change | None) -> Entry:
    """Return a change with its doubt beneath it; coloured only where its side is told."""
    if change is None:
        return untold("too little is valid to compare")
    tone = side_tone(change)
    sign = f"{change.side.mark} " if tone is not Tone.PLAIN else ""
    over_none = change.low is not None and change.high is not None
    if tone is Tone.PLAIN and (over_none or change.written == text.NA):
        tone = Tone.MUTED
    return Entry(change.written, detail=sign + change.doubt, tone=tone)


def signed(change: Change) -> str:
    """Return a change after the sign of its side, where that is told: `▲ ×2.46`."""
    told = change.side.stands_out
    return f"{change.side.mark} {change.written}" if told else change.written


def side_tone(change: Change) -> Tone:
    """Return how a figure stands out by what it changes."""
    return _TONES.get(change.side, Tone.PLAIN)


def _key(workloads: Sequence[WorkloadJudgement]) -> Markup:
    changes = [each for of in workloads for cell in of.cells for each in cell.changes.values()]
    blocks = max((len(change.by_block) for change in changes), default=0)
    return filled(
        "changes_key.html.jinja",
        has_dots=blocks <= MOST_DOTS,
        has_intervals=blocks >= MIN_BLOCKS,
        has_arrows=any(any(open_ends(change)) for change in _drawn(workloads)),
        margin=text.size_of(MARGIN),
    )
