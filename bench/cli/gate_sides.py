"""Measuring a baseline and a candidate in turns, and judging them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from bench.analysis.figures import RunFigures
from bench.cli.console import errors
from bench.cli.contest import Arena, measure
from bench.cli.gate_run import Judged
from bench.cli.measuring import new_store
from bench.cli.sides import Asked, check_clients, check_messages, contest_of
from bench.gate.calibration import knows, margin_warnings, objection
from bench.gate.files import read_calibration
from bench.gate.verdict import Sides, judge, looks_red
from bench.plan.model import Cell
from bench.plan.sides import sides_plan
from bench.runner.quiet import Patience
from bench.runner.target import Target
from bench.spec.decidable import too_few_blocks
from bench.spec.gates import Gates

_CALIBRATE = "jetbench calibrate --rules"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """On what two sides are measured, where that is kept, and how.

    Attributes:
        baseline, candidate: servers and clients of the sides.
        results: directory of the runs.
        tui: draw the running trial on a terminal.
        patience: with a host that the hypervisor keeps from us.
    """

    baseline: Target
    candidate: Target
    results: Path
    tui: bool
    patience: Patience


def judge_sides(gates: Gates, asked: Asked, field: Field) -> Judged:
    """Measure two sides, red ones again on as many more blocks, and return the verdict.

    Raises:
        BenchError: what is asked for is wrong, cannot be decided or cannot be measured.
    """
    contest, results = contest_of(gates, asked), field.results
    gates = gates.only(contest.baseline.workloads)
    plan = sides_plan(contest, blocks=asked.blocks, seed=asked.seed, quick=asked.quick)
    check_messages(gates, plan.cells)
    check_clients(contest, (field.baseline, field.candidate))
    sides = Sides(baseline=contest.baseline.name, candidates=(contest.candidate.name,))
    store = new_store(results, plan.label)
    warnings = list(_by_calibration(gates, plan.cells, results, asked.blocks))
    for warning in (*too_few_blocks(gates.rules, asked.blocks), *warnings):
        errors().print(f"warning: {warning}", markup=False, soft_wrap=True)
    arena = Arena(
        store=store,
        baseline=field.baseline,
        candidate=field.candidate,
        live=field.tui,
        patience=field.patience,
    )
    figures = measure(plan, arena, lambda seen: looks_red(seen, gates, sides))
    result = judge(figures, gates, sides)
    result = replace(
        result, warnings=(*result.warnings, *_now_known(figures, gates, results, warnings))
    )
    return Judged(store=store, figures=figures, result=result)


def _by_calibration(
    gates: Gates, cells: tuple[Cell, ...], results: Path, blocks: int
) -> Iterator[str]:
    if not gates.compares:
        return
    calibration = read_calibration(results)
    if calibration is None:
        yield f"`{_CALIBRATE} {gates.file}` says what this host can see; it was not run here"
        return
    workloads = {cell.workload_name: cell.workload for cell in cells}
    if not knows(calibration, gates, workloads):
        yield f"`{_CALIBRATE} {gates.file}` is due: the last one was of other workloads or windows"
    yield from margin_warnings(calibration, gates, workloads, blocks=blocks)


def _now_known(
    figures: RunFigures, gates: Gates, results: Path, before: list[str]
) -> Iterator[str]:
    """Yield the warnings of a calibration, or why it did not hold after all."""
    calibration = read_calibration(results)
    why = objection(calibration, figures.environment, datetime.now(UTC)) if calibration else ""
    if why:
        yield f"the calibration says nothing: {why}; `{_CALIBRATE} {gates.file}` makes another"
    else:
        yield from before
