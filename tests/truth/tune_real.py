"""Whether a tuning on a real server names settings as good as the best of the whole grid.

The grid is a run of its own: every valid point once in each block, however bad. What the tuning
named is held against the best of it within those blocks, so that no drift of the host counts.
"""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from bench.analysis.deciding import contends
from bench.analysis.figures import CellFigures, RunFigures
from bench.analysis.metrics import Measure
from bench.analysis.paired import contrast, typical
from bench.analysis.summary import summarise
from bench.cli.growing import How, grown
from bench.cli.kept import run_directories
from bench.cli.measuring import DEFAULT_PATIENCE, new_store, patience_of, target_of
from bench.core.ids import label_of
from bench.plan.model import Plan
from bench.plan.points import valid_points
from bench.plan.tuned import BASE, tuning_of, tuning_plan, with_round
from bench.record.lock import measuring
from bench.record.store import RunStore
from bench.seek.tuned import Tuned, measures_of, tuned
from bench.spec.metrics import Better
from bench.spec.space import Point
from bench.spec.tuning import load_tuning

DIRECTORY = Path("results/tune-truth")

NEAR = 0.05
"""So much worse than the best of the grid, and what was named is good enough."""

GRID = "grid-of-"


def against_grid(file: str, blocks: int) -> int:
    """Tune, measure the grid, and say whether what was named is as good as its best.

    A tuning or a grid that is there already is taken as it is; one that broke off goes on.

    Args:
        file: a tuning, as `jetbench tune` takes it.
        blocks: of the grid.
    """
    plan = tuning_plan(load_tuning(file))
    found = _tuned(file, plan.label)
    cells = _cells(_grid(plan, blocks))
    named = None if found.incumbent is None else found.incumbent.point
    _say(f"{found.tuning.points} points; the tuning ended: {found.ending}; it names {named}")
    far = [_off(measure, cells, named) for measure in measures_of(found.tuning)]
    # Of two objectives something is as good as the best of the grid in one of them.
    holds = any(off is not None and off <= NEAR for off in far)
    _say("holds" if holds else "does not hold")
    return 0 if holds else 1


def _off(measure: Measure, cells: Mapping[Point, CellFigures], named: Point | None) -> float | None:
    """Return by what share what was named is worse than the best of the grid; None of nothing."""
    figures = {
        point: found.value
        for point, cell in cells.items()
        if contends(cell) and (found := typical(measure, cell)) and not found.fell_behind
    }
    if named not in figures:
        _say(f"{measure.metric.title}: nothing of the grid to hold it against")
        return None
    less = measure.metric.better is Better.LOWER
    best = min(figures, key=lambda point: figures[point] if less else -figures[point])
    gain = contrast(measure, cells[best], cells[named]) if best != named else None
    apart = "the same" if best == named else "too few blocks" if gain is None else gain.told
    _say(f"{measure.metric.title}: {apart} against the best of the grid, {best}")
    if best == named:
        return 0.0
    return None if gain is None else gain.change * (1 if less else -1)


def _cells(figures: RunFigures) -> dict[Point, CellFigures]:
    found = {cell.cell.id: cell for work in figures.workloads for cell in work.cells}
    return {each.point: found[each.cell_id] for each in tuning_of(figures.plan).tried}


def _tuned(file: str, label: str) -> Tuned:
    kept = _kept(label)
    if kept is None or not tuned(summarise(kept)).over:
        words = (file,) if kept is None else ("--resume", str(kept.path))
        command = (sys.executable, "-m", "bench.cli.main", "tune", *words, "--no-tui")
        reports = ("--reports", str(DIRECTORY / "reports"))
        subprocess.run([*command, "--out", str(DIRECTORY), *reports], check=False)
        kept = _kept(label)
    if kept is None:
        raise SystemExit(f"{label} left no run")
    return tuned(summarise(kept))


def _kept(label: str) -> RunStore | None:
    """Return the last run of a label; None without one."""
    alike = [path for path in run_directories(DIRECTORY) if label_of(path.name) == label]
    return RunStore(alike[-1]) if alike else None


def _grid(plan: Plan, blocks: int) -> RunFigures:
    label = f"{GRID}{plan.label}"
    kept = _kept(label)
    store = kept or new_store(DIRECTORY, label)
    whole = _gridded(plan, label, blocks) if kept is None else kept.read_plan()
    patience = patience_of(DEFAULT_PATIENCE)
    how = How(store=store, target=target_of(None, None, None, None), tui=False, patience=patience)
    with measuring(store.path):
        return grown(whole, how, lambda _: None)


def _gridded(plan: Plan, label: str, blocks: int) -> Plan:
    """Return the plan of the whole grid, the base among it."""
    points = (BASE, *valid_points(tuning_of(plan)))
    grid = replace(plan, label=label)
    for _ in range(blocks):
        grid = with_round(grid, points, confirms=False)
    return grid


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
