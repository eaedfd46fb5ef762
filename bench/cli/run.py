"""`jetbench run`: measure a matrix, save each trial as it ends, and write the report."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from bench.analysis.figures import RunFigures, WorkloadFigures
from bench.analysis.validity import reproach_of_workload
from bench.broker.server import binary_version
from bench.cli.console import errors, output
from bench.cli.contest import with_repeats
from bench.cli.going_on import kept_plan
from bench.cli.growing import How, grown
from bench.cli.kept import find_run
from bench.cli.measuring import (
    DEFAULT_PATIENCE,
    BinaryOption,
    ContextOption,
    CredsOption,
    PatienceOption,
    ServerOption,
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
    BlocksOption,
    QuickOption,
    ReportsOption,
    ResultsOption,
    SeedOption,
)
from bench.cli.plan import print_cautions, print_estimate
from bench.cli.reporting import judged, write_report
from bench.core.errors import ExitCode, UsageError, worst
from bench.gate.unasked import falls_short, may_fall_short
from bench.gate.verdict import EXIT_CODES
from bench.plan.build import make_plan
from bench.plan.model import Plan
from bench.record.lock import measuring
from bench.record.store import RunStore
from bench.report import terminal
from bench.runner.target import EmbeddedTarget
from bench.spec.criteria import Criterion, parse_criterion
from bench.spec.load import check_server, load_matrix

MatrixOption = Annotated[
    str | None,
    typer.Argument(
        metavar="[MATRIX]",
        help="Name of a matrix in configs/matrices, or a path to one; quickstart when left out.",
    ),
]
ResumeOption = Annotated[
    str | None,
    typer.Option(
        "--resume",
        metavar="RUN",
        help="Run the trials that this run still lacks.",
        rich_help_panel=MEASURING_PANEL,
    ),
]


def run(  # noqa: PLR0913, PLR0917 - each parameter is an option that the user sees
    matrix: MatrixOption = None,
    server: ServerOption = None,
    creds: CredsOption = None,
    context: ContextOption = None,
    server_bin: BinaryOption = None,
    store_dir: StoreOption = None,
    quick: QuickOption = False,
    blocks: BlocksOption = None,
    seed: SeedOption = None,
    resume: ResumeOption = None,
    tui: TuiOption = True,
    patience: PatienceOption = DEFAULT_PATIENCE,
    results: ResultsOption = DEFAULT_RESULTS,
    reports: ReportsOption = DEFAULT_REPORTS,
) -> None:
    """Run a matrix against a real server and write the report.

    Ends with 0 when it could be measured and every message went all the way, 1 when more were lost,
    refused, unconfirmed or not sent than a criterion allows or every variant breaks the matrix's
    criteria, 3 when none surely meets them or nobody can tell whether messages were lost, 4 when
    the baseline or too many cells are invalid.
    """
    target = target_of(server, creds, server_bin, store_dir, context)
    waits = patience_of(patience)
    if resume is not None:
        if matrix is not None or quick or blocks is not None or seed is not None:
            raise UsageError(
                "--resume goes on with a run as planned; leave out MATRIX, "
                "--quick, --blocks and --seed"
            )
        store, fresh = find_run(resume, results), None
    else:
        loaded = load_matrix(DEFAULT_MATRIX if matrix is None else matrix)
        if isinstance(target, EmbeddedTarget):  # with file and line; preflight asks any server
            version = binary_version(target.binary)
            check_server(loaded, version=version, servers=1, embedded=True)
        fresh = make_plan(loaded, quick=quick, blocks=blocks, seed=seed)
        print_cautions(loaded, fresh, errors())
        store = new_store(results, fresh.label)
    with measuring(store.path):
        plan = fresh or kept_plan(store, "run")
        print_estimate(plan, errors())
        how = How(store=store, target=target, tui=tui, patience=waits)
        wanted = dict.fromkeys((cell.workload_name for cell in plan.cells), plan.blocks)
        figures = grown(plan, how, partial(_repeats, wanted))
        code = _conclude(figures, store, results, reports)
    raise typer.Exit(code)


def _repeats(wanted: Mapping[str, int], figures: RunFigures) -> Plan | None:
    """Return the plan with what came out invalid once more; None where nothing is lacking."""
    more = with_repeats(figures.plan, figures, wanted)
    return None if more is figures.plan else more


def _conclude(figures: RunFigures, store: RunStore, results: Path, reports: Path) -> ExitCode:
    judgement = judged(figures, results)
    terminal.print_judgement(judgement, output())
    output().print(f"results:  {store.path}", markup=False, soft_wrap=True)
    write_report(judgement, results, reports)
    rules = tuple(map(parse_criterion, figures.plan.success))
    codes = [_exit_code(each, rules, figures.plan.baseline) for each in figures.workloads]
    answer = judgement.answer
    return worst(codes if answer is None else [*codes, EXIT_CODES[answer.verdict]])


def _exit_code(workload: WorkloadFigures, rules: Sequence[Criterion], baseline: str) -> ExitCode:
    if falls_short(rules, workload):
        return ExitCode.FAILED
    if reproach_of_workload(workload, baseline):
        return ExitCode.INVALID
    return ExitCode.INCONCLUSIVE if may_fall_short(rules, workload) else ExitCode.OK
