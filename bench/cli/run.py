"""`jetbench run`: measure a matrix, save each trial as it ends, and write the report."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from bench.analysis.figures import RunFigures, WorkloadFigures
from bench.analysis.summary import summarise
from bench.analysis.validity import reproach_of_workload
from bench.broker.server import binary_version
from bench.cli.console import errors, output
from bench.cli.contest import with_repeats
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
    interruptible,
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
from bench.cli.progress import make_watcher
from bench.cli.reporting import judged, write_report
from bench.cli.typed import command_line
from bench.core.errors import BenchError, ExitCode, RecordError, UsageError, worst
from bench.gate.files import forget_result
from bench.gate.unasked import falls_short, may_fall_short
from bench.gate.verdict import EXIT_CODES
from bench.plan.build import make_plan
from bench.plan.estimate import estimate
from bench.plan.model import Plan
from bench.record.lock import measuring
from bench.record.schema import Environment
from bench.record.store import RunStore
from bench.report import terminal
from bench.runner import environment, preflight
from bench.runner.matrix import Run, run_matrix
from bench.runner.quiet import Patience
from bench.runner.target import EmbeddedTarget, Target
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _How:
    """What concerns this invocation and not the plan."""

    results: Path
    reports: Path
    tui: bool
    patience: Patience


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
    how = _How(results=results, reports=reports, tui=tui, patience=patience_of(patience))
    if resume is not None:
        if matrix is not None or quick or blocks is not None or seed is not None:
            raise UsageError(
                "--resume goes on with a run as planned; leave out MATRIX, "
                "--quick, --blocks and --seed"
            )
        store = find_run(resume, results)
        with measuring(store.path):
            plan = store.read_plan()
            _require_whole(store, plan)
            code = _measure(plan, store, target, how)
    else:
        loaded = load_matrix(matrix or DEFAULT_MATRIX)
        if isinstance(target, EmbeddedTarget):  # with file and line; preflight asks any server
            version = binary_version(target.binary)
            check_server(loaded, version=version, servers=1, embedded=True)
        plan = make_plan(loaded, quick=quick, blocks=blocks, seed=seed)
        print_cautions(loaded, plan, errors())
        store = new_store(results, plan.label)
        with measuring(store.path):
            code = _measure(plan, store, target, how)
    raise typer.Exit(code)


def _measure(plan: Plan, store: RunStore, target: Target, how: _How) -> ExitCode:
    console = errors()
    expected = estimate(plan)
    fitness = interruptible(preflight.check(plan, target, store, expected))
    for warning in fitness.warnings:
        console.print(f"warning: {warning}", markup=False, soft_wrap=True)
    print_estimate(plan, console)
    found = environment.describe(target, fitness.server_version, command_line())
    if (store.path / "plan.json").exists():
        _require_same(store.read_environment(), found)
    else:
        store.write_environment(found)
        store.write_plan(plan)
    try:
        figures = _walked(plan, store, target, how)
        wanted = {workload.name: plan.blocks for workload in figures.workloads}
        while (more := with_repeats(plan, figures, wanted)) is not plan:
            plan = more
            store.write_plan(plan)
            figures = _walked(plan, store, target, how)
    except (KeyboardInterrupt, BenchError) as error:
        _say_how_to_go_on(plan, store, target, error)
        raise
    return _conclude(figures, store, how)


def _walked(plan: Plan, store: RunStore, target: Target, how: _How) -> RunFigures:
    if len(store.kept(plan)) < len(plan.trials):
        forget_result(store)
    with make_watcher(errors(), estimate(plan), live=how.tui) as watcher:
        walk = Run(plan=plan, store=store, target=target, watcher=watcher, patience=how.patience)
        interruptible(run_matrix(walk))
    return summarise(store)


def _require_same(before: Environment, now: Environment) -> None:
    """A run is one comparison: its parts must come from one host, server and jetbench."""
    for what in ("host", "server", "server_version", "jetbench"):
        was, found = getattr(before, what), getattr(now, what)
        if was != found:
            raise UsageError(
                f"--resume: the run was begun with {what} {was}, and this is {found}; "
                "its trials would not be comparable. Start a new run"
            )


def _require_whole(store: RunStore, plan: Plan) -> None:
    """A broken record is told before the rest is measured, not after."""
    for trial in store.kept(plan):
        try:
            store.read_whole(trial, plan.cell(trial.cell_id).cast)
        except RecordError as error:
            advice = "remove the trial's directory to have it measured again"
            raise RecordError(f"{error}; {advice}") from error


def _say_how_to_go_on(plan: Plan, store: RunStore, target: Target, error: BaseException) -> None:
    kept, planned = len(store.kept(plan)), len(plan.trials)
    broke = isinstance(error, BenchError)
    if broke and kept == planned:
        return  # nothing is left to go on with
    said = f"{'broke off' if broke else 'interrupted'}: {kept} of {planned} trials are kept"
    mended = " when what is told below is mended" if broke else ""
    errors().print(
        f"{said} in {store.path}; go on with `{_resuming(store, target)}`{mended}",
        markup=False,
        soft_wrap=True,
    )


def _resuming(store: RunStore, target: Target) -> str:
    """Return the command that goes on with a run; a server's address is left to who typed it."""
    elsewhere = store.path.parent.resolve() != DEFAULT_RESULTS.resolve()
    out = f" --out {shlex.quote(str(store.path.parent))}" if elsewhere else ""
    server = "" if isinstance(target, EmbeddedTarget) else " --server …"
    return f"jetbench run --resume {store.run_id}{out}{server}"


def _conclude(figures: RunFigures, store: RunStore, how: _How) -> ExitCode:
    judgement = judged(figures, how.results)
    terminal.print_judgement(judgement, output())
    output().print(f"results:  {store.path}", markup=False, soft_wrap=True)
    write_report(judgement, how.results, how.reports)
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
