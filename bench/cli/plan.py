"""`jetbench plan`: what a run would do, how long it takes and what it costs, without running it."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bench.analysis import nouns
from bench.cli.console import errors, output
from bench.cli.options import (
    DEFAULT_MATRIX,
    BlocksOption,
    MatrixArgument,
    QuickOption,
    SeedOption,
)
from bench.core import text
from bench.core.errors import Problem
from bench.core.units import NS_PER_S, human_clock, human_size
from bench.plan.build import make_plan
from bench.plan.estimate import Estimate, estimate
from bench.plan.model import Cell, Plan
from bench.spec.asked import is_counted
from bench.spec.criteria import Criterion, parse_criterion
from bench.spec.decidable import undecidable
from bench.spec.kinds.registry import KINDS
from bench.spec.load import LoadedMatrix, cautions_of, load_matrix

SHOWN_CELLS = 30
"""With more cells `plan` tells how many there are of each kind: a screen is read, a list is not."""


def plan(
    matrix: MatrixArgument = DEFAULT_MATRIX,
    quick: QuickOption = False,
    blocks: BlocksOption = None,
    seed: SeedOption = None,
    every: Annotated[
        bool,
        typer.Option("--all", help=f"Every cell and trial, also beyond {SHOWN_CELLS} cells."),
    ] = False,
) -> None:
    """Print the cells, the order of the trials and an estimate of time, messages and disk."""
    loaded = load_matrix(matrix)
    made = make_plan(loaded, quick=quick, blocks=blocks, seed=seed)
    console = output()
    print_cautions(loaded, made, errors())
    if every or len(made.cells) <= SHOWN_CELLS:
        console.print(_cells(made))
        console.print(_trials(made))
    else:
        console.print(_groups(made))
    print_estimate(made, console)


def print_estimate(made: Plan, console: Console) -> None:
    """Print in one line what the plan takes."""
    expected = estimate(made)
    cells, trials = len(made.cells), len(made.trials)
    noun = nouns.of_casts(cell.cast for cell in made.cells)
    console.print(
        f"{made.label}: {text.plural(cells, 'cell')} x {text.plural(made.blocks, 'block')} = "
        f"{text.plural(trials, 'trial')}, "
        f"about {human_clock(expected.duration_s)}{_laying(expected)}, "
        f"{text.plural(expected.messages, noun)}, "
        f"{human_size(expected.stored_bytes)} stored "
        f"(at most {human_size(expected.peak_store_bytes)} at once), "
        f"{human_size(expected.results_bytes)} of results; seed {made.seed}",
        markup=False,
        soft_wrap=True,
    )


def _laying(expected: Estimate) -> str:
    """Return how much of the time goes into pasts of streams; empty where none is to have one."""
    if not expected.laying_s:
        return ""
    return f" (of which laying histories takes some {human_clock(expected.laying_s)}, reckoned)"


def print_cautions(loaded: LoadedMatrix, made: Plan, console: Console) -> None:
    """Print what does not stop a run, but may not be what its author wants."""
    for name, workload in loaded.workloads.items():
        for note in KINDS[workload.kind].notes(name, workload):
            console.print(f"note: {note}", markup=False, soft_wrap=True)
    for caution in (*cautions_in(loaded), *undecided(made)):
        console.print(f"caution: {caution}", markup=False, soft_wrap=True)


def cautions_in(loaded: LoadedMatrix) -> tuple[str, ...]:
    """Return what may surprise in a matrix and stops nothing, what is said of many places once."""
    return tuple(_once(cautions_of(loaded)))


def _once(cautions: Iterable[Problem]) -> Iterator[str]:
    """Yield what is said of many places once, with the first of them."""
    alike: dict[str, list[Problem]] = {}
    for caution in cautions:
        alike.setdefault(caution.what, []).append(caution)
    for first, *others in alike.values():
        yield f"{first}; likewise {len(others)} more" if others else str(first)


def undecided(made: Plan) -> tuple[str, ...]:
    """Return why criteria of a plan cannot be decided, before anybody waits for them."""
    rules = tuple(map(parse_criterion, made.success))
    workloads = {cell.workload_name: cell.workload for cell in made.cells}
    return (*_uncounted(made, rules), *undecidable(rules, workloads, made.blocks))


def _uncounted(made: Plan, rules: Iterable[Criterion]) -> Iterator[str]:
    """Yield the criteria about what only settings count that no variant has."""
    for rule in rules:
        if not any(is_counted(rule.subject, cell.cast, cell.settings) for cell in made.cells):
            yield f"'{rule}' cannot be decided: no variant of this matrix counts it"


def _groups(made: Plan) -> Table:
    """Return how many cells each workload has of each config; --all prints them one by one."""
    counts = Counter((cell.workload_name, cell.variants[0].config) for cell in made.cells)
    of_workload = {cell.workload_name: cell for cell in made.cells}
    table = Table("workload", "config", "cells", "rate", "phases (s)", title="Cells", box=None)
    for (workload, config), count in counts.items():
        cell = of_workload[workload]
        table.add_row(workload, config, text.count(count), _rate(cell), _phases(cell))
    table.caption = "One by one, with the order of the trials: --all"
    table.caption_justify = "left"
    return table


def _rate(cell: Cell) -> str:
    return cell.workload.amount


def _cells(made: Plan) -> Table:
    table = Table("cell", "variants", "rate", "phases (s)", title="Cells", box=None)
    for cell in made.cells:
        variants = ", ".join(str(name) for name in cell.variants)
        table.add_row(cell.id, variants, _rate(cell), _phases(cell))
    return table


def _phases(cell: Cell) -> str:
    phases = cell.workload.phases
    spans_ns = (phases.warmup_ns, phases.measure_ns, phases.drain_ns)
    return " + ".join(f"{ns / NS_PER_S:g}" for ns in spans_ns)


def _trials(made: Plan) -> Table:
    table = Table("#", "block", "cell", title="Order of the trials", box=None)
    for trial in made.trials:
        table.add_row(str(trial.index), str(trial.block), trial.cell_id)
    return table
