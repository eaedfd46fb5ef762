"""What each change does: one row a change, one group of columns a workload, one set of axes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from bench.core import text
from bench.core.marks import State
from bench.judgement.model import MARGIN, CellJudgement, Change, Judgement, Side, WorkloadJudgement
from bench.report import naming
from bench.report.draw.axis import Axis, of_changes
from bench.report.draw.mark import MOST_DOTS, mark
from bench.report.model import Block, Fold, Key, Name, Section
from bench.report.tables import Column, Entry, Row, Table, Tone
from bench.spec.metrics import Metric
from bench.stats.simultaneous import MIN_BLOCKS

MOST_GROUPS = 3
"""Of more workloads each becomes a row below the change."""

MOST_ROWS = 8
"""Of more changes only those that stand out are open."""

_TONES = {Side.WORSE: Tone.WORSE, Side.BETTER: Tone.BETTER}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Changed:
    """One change under each workload that has it.

    Attributes:
        first: names and settings of the change.
        cells: workload -> its cell.
    """

    first: CellJudgement
    cells: Mapping[str, CellJudgement]

    @property
    def stands_out(self) -> bool:
        """Whether anything of it is worse or better, or does not hold."""
        told = (Side.WORSE, Side.BETTER)
        return any(
            cell.state is State.FAILS or any(each.side in told for each in cell.changes.values())
            for cell in self.cells.values()
        )


def sections(judged: Judgement) -> tuple[Section, ...]:
    """Return the section of the changes; none where there is only the baseline."""
    changed = _changed(judged.workloads)
    if not changed:
        return ()
    shown = [each for each in changed if each.stands_out] if len(changed) > MOST_ROWS else changed
    folded = [each for each in changed if each not in shown]
    axis = _axis(judged.workloads)
    blocks: list[Block] = []
    if shown:
        blocks.append(_table(shown, judged.workloads, axis, "changes-table"))
    blocks.append(Key(markup=_key(judged.workloads)))
    if folded:
        table = _table(folded, judged.workloads, axis, "changes-alike-table")
        title = f"{text.plural(len(folded), 'change')} that do not stand out"
        blocks.append(Fold(id="changes-alike", title=title, blocks=(table,)))
    title = "What each change does"
    return (Section(id="changes", title=title, lead=_lead(judged), blocks=tuple(blocks)),)


def _lead(judged: Judgement) -> tuple[tuple[str | Name, ...], ...]:
    names = dict.fromkeys(naming.baseline_words(each.baseline) for each in judged.workloads)
    return (("Each against the baseline: ", Name(" or ".join(names)), "."),)


def _changed(workloads: Sequence[WorkloadJudgement]) -> list[_Changed]:
    found: dict[str, dict[str, CellJudgement]] = {}
    for workload in workloads:
        for cell in workload.cells:
            if not cell.is_baseline:
                found.setdefault(cell.name, {})[workload.figures.name] = cell
    return [_Changed(first=next(iter(each.values())), cells=each) for each in found.values()]


def _axis(workloads: Sequence[WorkloadJudgement]) -> Axis:
    """Return the axis of every mark: it ends at the widest block."""
    drawn = [
        change
        for workload in workloads
        for cell in workload.cells
        if (change := cell.changes.get(workload.primary.key)) and change.relative
    ]
    return of_changes(
        [
            share
            for change in drawn
            for share in (*change.by_block.values(), change.low, change.high)
            if share is not None
        ]
    )


def _table(
    changed: Sequence[_Changed], workloads: Sequence[WorkloadJudgement], axis: Axis, id_: str
) -> Table:
    grouped = len(workloads) <= MOST_GROUPS
    heads = workloads if grouped else workloads[:1]
    columns = [column for each in heads for column in _columns(each, axis, alone=not grouped)]
    return Table(
        id=id_,
        caption="What each change does to the time that cells are ranked by, and to its price",
        head="Change",
        columns=tuple(columns),
        rows=tuple(
            row
            for each in changed
            for row in (_wide(each, workloads, axis) if grouped else _long(each, workloads, axis))
        ),
        cards="changes",
    )  # fmt: skip


def _columns(workload: WorkloadJudgement, axis: Axis, *, alone: bool) -> tuple[Column, ...]:
    name, metric = workload.figures.name, workload.primary
    group = "" if alone else name
    href = "" if alone else f"#{section_id(name)}"
    return (
        Column(
            title=metric.title[0].upper() + metric.title[1:],
            group=group,
            group_href=href,
            axis=axis.labels("ch"),
            numeric=False,
            kind="change",
        ),
        Column(title=short_title(metric), group=group, group_href=href),
        Column(title="Server CPU", group=group, group_href=href, card="CPU"),
    )  # fmt: skip


def short_title(metric: Metric) -> str:
    """Return a metric's title without its time: `p99`."""
    return metric.title.rpartition(" ")[2] if metric.percentile is not None else metric.title


def section_id(workload: str) -> str:
    """Return the id of a workload's section; names are safe as file names."""
    return f"w-{workload}"


def _wide(changed: _Changed, workloads: Sequence[WorkloadJudgement], axis: Axis) -> tuple[Row, ...]:
    entries = tuple(
        entry
        for workload in workloads
        for entry in _entries(changed.cells.get(workload.figures.name), workload, axis)
    )
    failing = naming.failing(list(changed.cells.items()))
    return (_row(changed, entries, failing),)


def _row(changed: _Changed, entries: tuple[Entry, ...], failing: tuple[str, ...]) -> Row:
    return Row(
        names=naming.short_names(changed.first),
        over=naming.above(changed.first),
        soft=naming.beside(changed.first),
        state=State.FAILS if failing else None,
        reasons=failing,
        entries=entries,
    )


def _long(changed: _Changed, workloads: Sequence[WorkloadJudgement], axis: Axis) -> tuple[Row, ...]:
    rows = [_row(changed, (), ())]
    for workload in workloads:
        name = workload.figures.name
        cell = changed.cells.get(name)
        failing = naming.failing([(name, cell)]) if cell else ()
        rows.append(
            Row(
                names=(name,),
                href=f"#{section_id(name)}",
                state=State.FAILS if failing else None,
                reasons=failing,
                entries=_entries(cell, workload, axis),
            )
        )
    return tuple(rows)


def _entries(
    cell: CellJudgement | None, workload: WorkloadJudgement, axis: Axis
) -> tuple[Entry, Entry, Entry]:
    if cell is None:
        none = Entry(text=text.NA, hint="not measured under this workload", tone=Tone.MUTED)
        return Entry(), none, none
    primary = cell.changes.get(workload.primary.key)
    drawn = Entry() if primary is None else Entry(drawing=mark(primary, axis))
    return drawn, change_entry(primary), change_entry(cell.changes.get(workload.price.key))


def change_entry(change: Change | None) -> Entry:
    """Return a change with its doubt beneath it; coloured only where its side is told."""
    if change is None:
        return Entry(text=text.NA, hint="too little is valid to compare", tone=Tone.MUTED)
    tone = _TONES.get(change.side)
    sign = f"{change.side.mark} " if tone else ""
    if tone is None:
        over_none = change.low is not None and change.high is not None
        tone = Tone.MUTED if over_none or change.written == text.NA else Tone.PLAIN
    return Entry(text=change.written, detail=sign + change.doubt, tone=tone)


def change_detail(change: Change | None) -> str:
    """Return a change as the second line of a figure: `▲ ×2.46`."""
    if change is None or change.written == text.NA:
        return ""
    told = change.side in _TONES
    return f"{change.side.mark} {change.written}" if told else change.written


def tone_of(change: Change | None) -> Tone:
    """Return how a figure stands out by what it changes."""
    return Tone.PLAIN if change is None else _TONES.get(change.side, Tone.PLAIN)


def _key(workloads: Sequence[WorkloadJudgement]) -> Markup:
    blocks = max(
        (
            len(change.by_block)
            for workload in workloads
            for cell in workload.cells
            for change in cell.changes.values()
        ),
        default=0,
    )
    dots = Markup("○ one block, against the baseline in the same block · ")
    drawn = [
        dots if blocks <= MOST_DOTS else Markup(),
        Markup("┃ their mean · "),
        Markup("thick bar: 90 % interval, allowed for every comparison of the run · ")
        if blocks >= MIN_BLOCKS
        else Markup(),
        Markup("shaded: within {}. ").format(_SIZE),
        Markup("{}").format(_CHANCE if blocks < MIN_BLOCKS else _TOLD),
    ]
    return Markup().join(drawn)


_SIZE = text.size_of(MARGIN)
_CHANCE = (
    f"Coloured: over {_SIZE}, and every block on one side. Of two blocks, equal settings do that "
    "half of the time; from three on an interval stands here."
)
_TOLD = f"Coloured: over {_SIZE}, and the whole interval on one side."
