"""`jetbench run`: measure a matrix, save each trial as it ends, and write the report."""

import asyncio
import shlex
import signal
import sys
import tempfile
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
import uvloop
from rich.console import Console

from bench.analysis.summary import summarise
from bench.broker.endpoint import Endpoint, masked, parse_server_url
from bench.broker.server import find_server_binary
from bench.cli.console import errors, output
from bench.cli.options import (
    DEFAULT_MATRIX,
    DEFAULT_REPORTS,
    DEFAULT_RESULTS,
    BlocksOption,
    QuickOption,
    ReportsOption,
    ResultsOption,
    SeedOption,
    find_run,
)
from bench.cli.plan import print_cautions, print_estimate
from bench.cli.progress import make_watcher
from bench.core.errors import ExitCode, UsageError, worst
from bench.core.ids import run_id
from bench.plan.build import make_plan
from bench.plan.estimate import estimate
from bench.plan.model import Plan
from bench.record.schema import TrialRecord
from bench.record.store import RunStore
from bench.report import html, terminal
from bench.runner import environment, preflight
from bench.runner.matrix import Run, run_matrix
from bench.runner.target import EmbeddedTarget, RemoteTarget, Target
from bench.spec.load import load_matrix

MatrixOption = Annotated[
    str | None,
    typer.Argument(
        metavar="[MATRIX]",
        help="Name of a matrix in configs/matrices, or a path to one; quickstart when left out.",
    ),
]
ServerOption = Annotated[
    str | None,
    typer.Option(
        "--server",
        metavar="URL",
        help="Measure this server (nats://HOST:PORT) instead of an embedded one for each trial.",
    ),
]
CredsOption = Annotated[
    Path | None, typer.Option("--creds", metavar="FILE", help="A .creds file for --server.")
]
BinaryOption = Annotated[
    Path | None,
    typer.Option(
        "--server-bin", metavar="FILE", help="The embedded nats-server; else the installed one."
    ),
]
StoreOption = Annotated[
    Path | None,
    typer.Option(
        "--store-dir", metavar="DIR", help="Where embedded stores live while a trial runs."
    ),
]
ResumeOption = Annotated[
    str | None,
    typer.Option("--resume", metavar="RUN", help="Run the trials that this run still lacks."),
]

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Where:
    """Directories of one invocation."""

    results: Path
    reports: Path


def run(  # noqa: PLR0913, PLR0917 - each parameter is an option that the user sees
    matrix: MatrixOption = None,
    server: ServerOption = None,
    creds: CredsOption = None,
    server_bin: BinaryOption = None,
    store_dir: StoreOption = None,
    quick: QuickOption = False,
    blocks: BlocksOption = None,
    seed: SeedOption = None,
    resume: ResumeOption = None,
    results: ResultsOption = DEFAULT_RESULTS,
    reports: ReportsOption = DEFAULT_REPORTS,
) -> None:
    """Run a matrix against a real server and write the report.

    Ends with 0 when every trial is valid, 1 when messages were lost, 4 when a trial is invalid.
    """
    target = _target(server, creds, server_bin, store_dir)
    if resume is not None:
        if matrix is not None or quick or blocks is not None or seed is not None:
            raise UsageError(
                "--resume goes on with a run as planned; leave out MATRIX, "
                "--quick, --blocks and --seed"
            )
        store = find_run(resume, results)
        plan = store.read_plan()
    else:
        loaded = load_matrix(matrix or DEFAULT_MATRIX)
        print_cautions(loaded, errors())
        plan = make_plan(loaded, quick=quick, blocks=blocks, seed=seed)
        store = _new_store(results, plan.label)
    raise typer.Exit(_measure(plan, store, target, _Where(results=results, reports=reports)))


def _target(
    server: str | None, creds: Path | None, server_bin: Path | None, store_dir: Path | None
) -> Target:
    parent = store_dir or Path(tempfile.gettempdir())
    if store_dir is not None:
        preflight.check_writable(store_dir)
    if server is None:
        if creds is not None:
            raise UsageError("--creds: goes with --server URL; the embedded server needs none")
        return EmbeddedTarget(binary=server_bin or find_server_binary(), parent=parent)
    if server_bin is not None:
        raise UsageError("--server-bin: names an embedded server; leave it or --server out")
    if creds is not None and not creds.is_file():
        raise UsageError(f"--creds {creds}: no such file")
    endpoint = Endpoint(url=parse_server_url(server), creds_file=str(creds or ""))
    return RemoteTarget(endpoint=endpoint, parent=parent)


def _new_store(results: Path, label: str) -> RunStore:
    base = run_id(label, datetime.now(UTC))
    names = (base, *(f"{base}-{number}" for number in range(2, 100)))
    return RunStore(next(results / name for name in names if not (results / name).exists()))


def _measure(plan: Plan, store: RunStore, target: Target, where: _Where) -> ExitCode:
    console = errors()
    expected = estimate(plan)
    fitness = _interruptible(preflight.check(plan, target, store, expected))
    for warning in fitness.warnings:
        console.print(f"warning: {warning}", markup=False, soft_wrap=True)
    print_estimate(plan, console)
    command = shlex.join(["jetbench", *(_without_secret(word) for word in sys.argv[1:])])
    if not (store.path / "plan.json").exists():
        store.write_environment(environment.describe(target, fitness.server_version, command))
        store.write_plan(plan)
    try:
        with make_watcher(console, expected) as watcher:
            walk = Run(plan=plan, store=store, target=target, watcher=watcher)
            _interruptible(run_matrix(walk))
    except KeyboardInterrupt:
        _say_how_to_go_on(plan, store, console)
        raise
    return _conclude(store, where)


def _without_secret(word: str) -> str:
    option, separator, value = word.partition("=")
    if option == "--server" and separator:
        return f"{option}={masked(value)}"
    return masked(word) if "@" in word else word


def _interruptible(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end; Ctrl-C or SIGTERM cancels the work, which cleans up, and is raised then."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        # The runner turns the first SIGINT into a cancellation; a polite end is no different.
        signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
        return runner.run(work)


def _say_how_to_go_on(plan: Plan, store: RunStore, console: Console) -> None:
    kept = len(store.trial_ids())
    console.print(
        f"interrupted: {kept} of {len(plan.trials)} trials are kept in {store.path}; "
        f"go on with `jetbench run --resume {store.run_id}`",
        markup=False,
        soft_wrap=True,
    )


def _conclude(store: RunStore, where: _Where) -> ExitCode:
    figures = summarise(store)
    console = output()
    terminal.print_summary(figures, console)
    path = html.write(figures, where.reports)
    console.print(f"results: {store.path}", markup=False, soft_wrap=True)
    console.print(f"report:  {path}", markup=False, soft_wrap=True)
    cells = [cell for workload in figures.workloads for cell in workload.cells]
    return worst([_exit_code(trial.record) for cell in cells for trial in cell.trials])


def _exit_code(record: TrialRecord) -> ExitCode:
    if record.ledger is not None and record.ledger.lost and record.valid:
        return ExitCode.FAILED
    return ExitCode.OK if record.valid else ExitCode.INVALID
