"""`jetbench compare`: what variants change against a baseline, or a run against an older one."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

import typer

from bench.analysis.decision import NOTHING_TOLD, Told
from bench.analysis.figures import CellFigures, RunFigures
from bench.analysis.hosts import differences
from bench.analysis.metrics import Measure, measure_of
from bench.analysis.paired import Contrast, contrast, contrast_between, readings, typical
from bench.analysis.summary import summarise
from bench.analysis.validity import reproach_of
from bench.cli.console import output
from bench.cli.kept import find_matrix
from bench.cli.options import DEFAULT_RESULTS, ResultsOption, RunArgument
from bench.cli.tables import Line, print_contrasts
from bench.core import text
from bench.core.errors import RecordError, UsageError
from bench.core.words import alike, nearest
from bench.judgement.judge import judge
from bench.judgement.model import Judgement, WorkloadJudgement
from bench.plan.model import VariantName
from bench.plan.names import find_variant
from bench.spec.acking import misleads
from bench.spec.metrics import LISTED, View, find_metric, metric_names, metric_shorts
from bench.stats.compare import CONFIDENCE, holm
from bench.stats.simultaneous import MIN_BLOCKS


def compare(
    run: RunArgument = "latest",
    other: Annotated[
        str | None,
        typer.Argument(metavar="[RUN2]", help="A later run, to compare with RUN cell by cell."),
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option("--baseline", metavar="VARIANT", help="What the others are compared with."),
    ] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option("--metric", metavar="FIGURE", help="These figures only, or `all`."),
    ] = None,
    results: ResultsOption = DEFAULT_RESULTS,
) -> None:
    """Compare variants within the blocks that they share, or two runs for a look.

    Says by how much each figure changes, with an interval, whether the blocks tell the two apart,
    and from what size on a change would have been seen. It judges nothing; `jetbench gate` does.
    """
    named = None if metric is None or "all" in metric else _measures(metric)
    before = judge(summarise(find_matrix(run, results, "compare")))
    measures = named or [
        measure_of(each.key)
        for each in before.figures.metrics
        if metric or View.COMPARE in each.shown
    ]
    if other is None:
        _within(before, baseline, measures)
    else:
        _between(
            before, judge(summarise(find_matrix(other, results, "compare"))), baseline, measures
        )


def _measures(names: Sequence[str]) -> list[Measure]:
    found = []
    for name in names:
        metric = find_metric(name)
        if metric is None:
            near = nearest(name, metric_names())
            advice = f"; did you mean '{near}'?" if near else ""
            raise UsageError(
                f"--metric: no figure is called '{name}'; allowed: {_alike(name)}{advice}"
            )
        found.append(measure_of(metric.key))
    return found


def _alike(name: str) -> str:
    return alike(name, metric_shorts(), LISTED)


def _within(judged: Judgement, baseline: str | None, measures: Sequence[Measure]) -> None:
    figures = judged.figures
    name = baseline or figures.plan.baseline
    if not name:
        raise UsageError(_unnamed(judged))
    variant = find_variant(figures.plan, name)
    for workload in judged.workloads:
        cells = [cell.cell for cell in workload.cells]
        base = next((cell for cell in cells if variant in cell.cell.variants), None)
        if base is None:
            continue
        lines = [
            _line_within(workload, measure, base, cell)
            for measure in measures
            for cell in cells
            if cell is not base
        ]
        title = (
            f"{workload.figures.name}, against {variant}, paired within blocks; intervals that "
            "hold for all comparisons of the run together"
        )
        print_contrasts(title, lines, output())
        _warn(_doubts(workload))
        sides = [cell.cell.settings for cell in cells]
        _warn(filter(None, (misleads(measure.metric, sides) for measure in measures)))


def _unnamed(judged: Judgement) -> str:
    """Return that a baseline is to be named: which there are, and what the report goes by."""
    plan = judged.figures.plan
    variants = dict.fromkeys(str(name) for cell in plan.cells for name in cell.variants)
    shown = dict.fromkeys(str(w.baseline.cell.cell.variants[0]) for w in judged.workloads)
    return (
        f"--baseline VARIANT: say which of {', '.join(variants)}; the matrix names none, and the "
        f"report holds the others against {text.listed(list(shown))}"
    )


def _doubts(workload: WorkloadJudgement, only: VariantName | None = None) -> Iterator[str]:
    """Yield what speaks against cells and stands in no figure of those compared."""
    for cell in workload.cells:
        if only is None or only in cell.cell.cell.variants:
            yield from (f"{cell.name}: {reason}" for reason in cell.reasons)
    if workload.reproach:
        yield f"conclude nothing from {workload.figures.name}: {workload.reproach}"


def _warn(warnings: Iterable[str]) -> None:
    for words in warnings:
        output().print(f"warning: {words}", markup=False, soft_wrap=True)


def _line_within(
    workload: WorkloadJudgement, measure: Measure, base: CellFigures, cell: CellFigures
) -> Line:
    """Return what a cell changes; whether it differs is decided as the report decides it."""
    found, metric = contrast(measure, base, cell), measure.metric
    name = str(cell.cell.variants[0])
    decision = workload.figures.decisions.get(metric.key)
    told = decision.between(cell.cell.id, base.cell.id) if decision else NOTHING_TOLD
    if found is None or told.told is Told.NOTHING:
        shared = len(readings(measure, base).keys() & readings(measure, cell).keys())
        few = f"{text.plural(shared, 'valid block')} shared; {MIN_BLOCKS} are needed"
        few = few if shared else "no valid block has it on both sides"
        return Line(
            candidate=name,
            figure=metric.title,
            contrast=None,
            why=reproach_of(base) or reproach_of(cell) or workload.reproach or few,
            before=_written(measure, base),
            after=_written(measure, cell),
            shown=told.written(metric),
        )
    return Line(
        candidate=name,
        figure=metric.title,
        contrast=found,
        before=_side(found, candidate=False),
        after=_side(found, candidate=True),
        shown=f"{told.written(metric)} ({told.interval(metric)})",
        visible=told.visible(metric),
        differs=told.told in {Told.MORE, Told.LESS},
    )


def _side(found: Contrast, *, candidate: bool) -> str:
    """Write the figure of a side, over the trials that are compared."""
    longer = "≥ " if found.at_least[candidate] else ""
    return longer + found.metric.written(found.candidate if candidate else found.baseline)


def _between(
    earlier: Judgement, later: Judgement, only: str | None, measures: Sequence[Measure]
) -> None:
    before, after = earlier.figures, later.figures
    if apart := differences(before.environment, after.environment):
        raise RecordError(
            f"{before.run_id} and {after.run_id} cannot be compared; they differ in "
            f"{'; '.join(apart)}"
        )
    variant = find_variant(before.plan, only) if only else None
    pairs = list(_namesakes(before, after, variant))
    if not pairs:
        raise RecordError(f"{before.run_id} and {after.run_id} have no cell in common")
    for name, old, new in pairs:
        _require_same_settings(name, old, new)
    console = output()
    for workload in dict.fromkeys(old.cell.workload_name for _, old, _ in pairs):
        found = [
            _Between(name=name, measure=measure, old=old, new=new)
            for measure in measures
            for name, old, new in pairs
            if old.cell.workload_name == workload
        ]
        title = f"{workload}: {after.run_id} against {before.run_id}; each 90 % interval by itself"
        print_contrasts(title, list(_lines_between(found)), console)
        for run in (earlier, later):
            _warn(f"{run.figures.run_id}: {words}" for words in _doubts_of(run, workload, variant))
    console.print(
        "For a look: the runs share no blocks, so a drift of the host between them counts as a "
        "change. A stored run is no baseline for a gate; `jetbench gate` measures both in turns.",
        soft_wrap=True,
    )


def _doubts_of(run: Judgement, name: str, only: VariantName | None) -> Iterator[str]:
    """Yield what speaks against a workload of a run that is compared with another."""
    for workload in run.workloads:
        if workload.figures.name == name:
            yield from _doubts(workload, only)


def _namesakes(
    before: RunFigures, after: RunFigures, only: VariantName | None
) -> Iterator[tuple[str, CellFigures, CellFigures]]:
    later = {
        (cell.cell.workload_name, name): cell
        for workload in after.workloads
        for cell in workload.cells
        for name in cell.cell.variants
    }
    for workload in before.workloads:
        for cell in workload.cells:
            for name in cell.cell.variants:
                found = later.get((workload.name, name))
                if found is not None and only in (None, name):
                    yield str(name), cell, found
                    break


def _require_same_settings(name: str, old: CellFigures, new: CellFigures) -> None:
    for what, one, other in (
        ("settings", old.cell.settings, new.cell.settings),
        ("the workload", old.cell.workload, new.cell.workload),
    ):
        if one != other:
            raise RecordError(
                f"{name} under {old.cell.workload_name}: {what} changed between the runs, so "
                "their figures answer different questions"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Between:
    """A metric of one cell in two runs."""

    name: str
    measure: Measure
    old: CellFigures
    new: CellFigures


def _lines_between(pairs: Sequence[_Between]) -> Iterator[Line]:
    """Yield what changed; Holm allows for all that is compared."""
    reproaches = [reproach_of(each.old) or reproach_of(each.new) for each in pairs]
    contrasts = [
        None if why else contrast_between(each.measure, each.old, each.new)
        for each, why in zip(pairs, reproaches, strict=True)
    ]
    adjusted = iter(holm([found.p for found in contrasts if found is not None]))
    for each, found, why in zip(pairs, contrasts, reproaches, strict=True):
        title = each.measure.metric.title
        if found is None:
            yield Line(
                candidate=each.name,
                figure=title,
                contrast=None,
                why=why or "3 valid trials of each run are needed",
                before=_written(each.measure, each.old),
                after=_written(each.measure, each.new),
            )
            continue
        yield Line(
            candidate=each.name,
            figure=title,
            contrast=found,
            before=_side(found, candidate=False),
            after=_side(found, candidate=True),
            shown=found.told,
            visible=found.visible,
            differs=next(adjusted) <= 1 - CONFIDENCE and found.tellable,
        )


def _written(measure: Measure, cell: CellFigures) -> str:
    """Write what a cell's valid trials have of a metric, on the mean; n/a where one has none."""
    found = typical(measure, cell)
    if found is None:
        return text.NA
    return ("≥ " if found.at_least else "") + measure.metric.written(found.value)
