"""`jetbench calibrate`: what equal cells differ by on this host, and so what a gate can see."""

from typing import Annotated

import typer

from bench.cli.console import output
from bench.cli.contest import Arena, measure
from bench.cli.judged import print_calibration
from bench.cli.measuring import (
    BinaryOption,
    StoreOption,
    new_store,
    target_of,
)
from bench.cli.options import (
    DEFAULT_MATRIX,
    DEFAULT_REPORTS,
    DEFAULT_RESULTS,
    MatrixArgument,
    QuickOption,
    ReportsOption,
    ResultsOption,
)
from bench.core.errors import MeasurementError
from bench.gate.calibration import MAX_AGE, POOLED_BLOCKS, calibrate
from bench.gate.files import write_calibration
from bench.plan.build import make_plan
from bench.plan.model import VariantName
from bench.plan.names import cells_of, find_variant
from bench.plan.sides import BASELINE, CANDIDATE, Contest, Side, sides_plan
from bench.report import html
from bench.spec.load import load_matrix


def calibrate_host(  # noqa: PLR0913, PLR0917 - each parameter is an option that the user sees
    matrix: MatrixArgument = DEFAULT_MATRIX,
    variant: Annotated[
        str | None,
        typer.Option("--variant", metavar="VARIANT", help="Of the matrix; else its first."),
    ] = None,
    blocks: Annotated[
        int, typer.Option("--blocks", min=5, max=50, help="The more, the surer the spread.")
    ] = POOLED_BLOCKS,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of order and load.")] = 1,
    quick: QuickOption = False,
    server_bin: BinaryOption = None,
    store_dir: StoreOption = None,
    results: ResultsOption = DEFAULT_RESULTS,
    reports: ReportsOption = DEFAULT_REPORTS,
) -> None:
    """Measure a variant against itself and keep what equal cells differ by.

    It holds for this host and for windows as long as these, for 30 days.
    """
    plan = make_plan(load_matrix(matrix), blocks=1)
    name = find_variant(plan, variant) if variant else plan.cells[0].variants[0]
    cells = cells_of(plan, name)
    settings = next(iter(cells.values())).settings
    one, other = (
        Side(
            name=VariantName(config=role, variant=f"{name.config}.{name.variant}"),
            settings=settings,
            workloads={workload: cell.workload for workload, cell in cells.items()},
        )
        for role in (BASELINE, CANDIDATE)
    )
    contest = Contest(
        label="calibration",
        question="How much do equal cells differ on this host?",
        baseline=one,
        candidate=other,
    )
    target = target_of(None, None, server_bin, store_dir)
    store = new_store(results, contest.label)
    arena = Arena(store=store, baseline=target, candidate=target)
    figures = measure(
        sides_plan(contest, blocks=blocks, seed=seed, quick=quick), arena, lambda _: ()
    )
    found = calibrate(figures)
    console = output()
    if not found.scatters:
        raise MeasurementError(
            f"{store.path}: too few valid blocks to tell how much equal cells differ; "
            f"`jetbench show {store.run_id}` says why"
        )
    print_calibration(found, console)
    path = write_calibration(results, found)
    report = html.write(figures, reports)
    console.print(f"kept for {MAX_AGE.days} days: {path}", markup=False, soft_wrap=True)
    console.print(f"report:  {report}", markup=False, soft_wrap=True)
