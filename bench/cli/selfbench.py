"""`jetbench selfbench`: what jetbench's own load generator costs on this host."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bench.broker import leftovers
from bench.cli.console import errors, output
from bench.cli.measuring import BinaryOption, StoreOption, interruptible, target_of
from bench.cli.typed import command_line
from bench.core.errors import UsageError
from bench.record.schema import Environment
from bench.runner import environment, preflight
from bench.runner.target import EmbeddedTarget
from bench.selfbench.cases import CASES, Case, chosen, in_repeat
from bench.selfbench.figures import Run, rows
from bench.selfbench.record import SCHEMA_VERSION, Selfbench, write
from bench.selfbench.suite import CaseEnds, run_suite
from bench.selfbench.tables import run_line, tables
from bench.selfbench.targets import standings

REPEATS = 5
QUICK_REPEATS = 2
QUICK_SCALE = 0.2
DEFAULT_FILE = Path("results/selfbench.json")


def selfbench(  # noqa: PLR0913, PLR0917 - each parameter is an option that the user sees
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only",
            metavar="PATTERN",
            help="Only cases whose name fits, such as 'publish/*' or '*/128B/memory'; may be "
            "given several times.",
        ),
    ] = None,
    repeats: Annotated[
        int | None,
        typer.Option("--repeats", min=1, max=100, help=f"How often each case runs; {REPEATS}."),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="A fifth of the messages, twice: for a look.")
    ] = False,
    file: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="Where all figures are kept, as JSON.")
    ] = DEFAULT_FILE,
    server_bin: BinaryOption = None,
    store_dir: StoreOption = None,
    scale: Annotated[
        float, typer.Option("--scale", min=0, max=1, hidden=True, help="Share of the messages.")
    ] = 1.0,
) -> None:
    """Measure what the load generator costs per message, client and server, and print the table.

    Whether a target is reached is told and changes no exit code; a lost message ends with 4.
    """
    scale = QUICK_SCALE * scale if quick else scale
    repeats = repeats or (QUICK_REPEATS if quick else REPEATS)
    cases = _cases(only or [], scale)
    preflight.check_replaceable(file)
    target = target_of(None, None, server_bin, store_dir)
    assert isinstance(target, EmbeddedTarget)  # noqa: S101 - no server was named
    leftovers.sweep(target.parent)
    found = environment.describe(target, interruptible(target.version()), command_line())
    with _watching(
        errors(), sum(len(in_repeat(cases, repeat)) for repeat in range(1, repeats + 1))
    ) as case_ends:
        runs = interruptible(run_suite(cases, repeats, target, case_ends))
    content = _content(runs, repeats, scale, found)
    write(file, content)
    console = output()
    if scale < 1:
        console.print(f"{scale:.3g} of the messages of each case: for a look, not for the record\n")
    console.print(tables(content.rows, content.targets), markup=False, soft_wrap=True)
    console.print(f"\nall figures: {file}", markup=False, soft_wrap=True)


def _cases(patterns: list[str], scale: float) -> tuple[Case, ...]:
    cases = chosen(patterns, scale)
    if not cases:
        names = ", ".join(case.name for case in CASES)
        raise UsageError(f"--only {' '.join(patterns)}: fits no case; there are {names}")
    return cases


def _content(runs: tuple[Run, ...], repeats: int, scale: float, found: Environment) -> Selfbench:
    return Selfbench(
        schema_version=SCHEMA_VERSION,
        environment=found,
        repeats=repeats,
        scale=scale,
        runs=runs,
        rows=rows(runs),
        targets=standings(runs),
    )


@contextmanager
def _watching(console: Console, total: int) -> Iterator[CaseEnds]:
    """Draw the progress on a terminal; elsewhere say one line for each case."""
    if not console.is_terminal:
        numbers = iter(range(1, total + 1))
        yield lambda run: console.print(
            f"[{next(numbers)}/{total}] {run_line(run)}", markup=False, soft_wrap=True
        )
        return
    columns = (
        MofNCompleteColumn(),
        TextColumn("{task.description}", markup=False),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("starting", total=total)
        yield lambda run: progress.update(task, advance=1, description=run_line(run))
