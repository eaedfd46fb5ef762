"""`jetbench calibrate`: what equal cells differ by on this host, and so what a gate can see."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import typer

from bench.cli.console import output
from bench.cli.contest import Arena, measure
from bench.cli.measuring import (
    DEFAULT_PATIENCE,
    BinaryOption,
    PatienceOption,
    StoreOption,
    TuiOption,
    new_store,
    patience_of,
    target_of,
)
from bench.cli.options import (
    DEFAULT_MATRIX,
    DEFAULT_REPORTS,
    DEFAULT_RESULTS,
    MEASURING_PANEL,
    QuickOption,
    ReportsOption,
    ResultsOption,
)
from bench.cli.reporting import judged, write_report
from bench.cli.tables import print_calibration
from bench.core.errors import MeasurementError, UsageError
from bench.gate.calibration import MAX_AGE, POOLED_BLOCKS, calibrate
from bench.gate.files import write_calibration
from bench.plan.build import make_plan
from bench.plan.model import VariantName
from bench.plan.names import cells_of, find_variant
from bench.plan.sides import BASELINE, CANDIDATE, Contest, Side, sides_plan
from bench.spec.choose import check_all, check_crossing, choose_variant, load_workloads
from bench.spec.gates import load_gates, phased
from bench.spec.load import load_matrix
from bench.spec.variant import Settings
from bench.spec.workload import Workload


@dataclass(frozen=True, slots=True, kw_only=True)
class _Subject:
    """What is measured against itself."""

    name: str
    settings: Settings
    workloads: Mapping[str, Workload]


def calibrate_host(  # noqa: PLR0913, PLR0917 - each parameter is an option that the user sees
    matrix: Annotated[
        str | None,
        typer.Argument(
            metavar="[MATRIX]", help="Calibrate for its workloads and phases; else quickstart's."
        ),
    ] = None,
    rules: Annotated[
        str | None,
        typer.Option("--rules", metavar="FILE", help="Calibrate for a gate file instead."),
    ] = None,
    variant: Annotated[
        str | None,
        typer.Option(
            "--variant",
            metavar="CONFIG/VARIANT",
            help="Settings; else the matrix's first, or the defaults.",
        ),
    ] = None,
    blocks: Annotated[
        int,
        typer.Option(
            "--blocks",
            min=5,
            max=50,
            help="The more, the surer the spread.",
            rich_help_panel=MEASURING_PANEL,
        ),
    ] = POOLED_BLOCKS,
    seed: Annotated[
        int,
        typer.Option("--seed", min=0, help="Of order and load.", rich_help_panel=MEASURING_PANEL),
    ] = 1,
    quick: QuickOption = False,
    server_bin: BinaryOption = None,
    store_dir: StoreOption = None,
    tui: TuiOption = True,
    patience: PatienceOption = DEFAULT_PATIENCE,
    results: ResultsOption = DEFAULT_RESULTS,
    reports: ReportsOption = DEFAULT_REPORTS,
) -> None:
    """Measure a variant against itself and keep what equal cells differ by.

    It holds for this host and for windows as long as these, for 30 days.
    """
    if matrix is not None and rules is not None:
        raise UsageError("MATRIX and --rules both say what to measure; leave one out")
    subject = (
        _of_matrix(matrix or DEFAULT_MATRIX, variant)
        if rules is None
        else _of_gates(rules, variant)
    )
    target = target_of(None, None, server_bin, store_dir)
    store = new_store(results, "calibration")
    arena = Arena(
        store=store, baseline=target, candidate=target, live=tui, patience=patience_of(patience)
    )
    plan = sides_plan(_against_itself(subject), blocks=blocks, seed=seed, quick=quick)
    figures = measure(plan, arena, lambda _: ())
    found = calibrate(figures)
    if not found.scatters:
        raise MeasurementError(
            f"{store.path}: too few valid blocks to tell how much equal cells differ; "
            f"`jetbench show {store.run_id}` says why"
        )
    print_calibration(found, output())
    path = write_calibration(results, found)
    output().print(f"kept for {MAX_AGE.days} days: {path}", markup=False, soft_wrap=True)
    write_report(judged(figures, results), results, reports)


def _of_matrix(matrix: str, variant: str | None) -> _Subject:
    plan = make_plan(load_matrix(matrix), blocks=1)
    name = find_variant(plan, variant) if variant else plan.cells[0].variants[0]
    cells = cells_of(plan, name)
    return _Subject(
        name=f"{name.config}.{name.variant}",
        settings=next(iter(cells.values())).settings,
        workloads={workload: cell.workload for workload, cell in cells.items()},
    )


def _of_gates(rules: str, variant: str | None) -> _Subject:
    check_all(
        lambda: load_gates(rules),
        *(partial(choose_variant, text) for text in (variant,) if text),
    )
    gates = load_gates(rules)
    if not gates.own:
        raise UsageError(f"{gates.file}: names no workloads to measure")
    workloads = phased(load_workloads(gates.own), gates)
    if variant is None:
        return _Subject(name="default", settings=Settings(), workloads=workloads)
    config = choose_variant(variant)
    check_crossing([config], workloads)
    ((chosen, settings),) = config.variants.items()
    return _Subject(name=f"{config.name}.{chosen}", settings=settings, workloads=workloads)


def _against_itself(subject: _Subject) -> Contest:
    one, other = (
        Side(
            name=VariantName(config=role, variant=subject.name),
            settings=subject.settings,
            workloads=subject.workloads,
        )
        for role in (BASELINE, CANDIDATE)
    )
    return Contest(
        label="calibration",
        question="How much do equal cells differ on this host?",
        baseline=one,
        candidate=other,
    )
