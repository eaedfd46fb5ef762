"""`jetbench report`, `list` and `show`: what was measured, from the results alone."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from bench.analysis.figures import TrialFigures
from bench.analysis.summary import summarise, summarise_trial
from bench.cli.console import output, write
from bench.cli.kept import find_run, run_directories
from bench.cli.message import show_message
from bench.cli.options import (
    DEFAULT_REPORTS,
    DEFAULT_RESULTS,
    FILES_PANEL,
    ReportsOption,
    ResultsOption,
    RunArgument,
)
from bench.cli.reporting import Wanted, judged, write_report
from bench.core import text
from bench.core.errors import RecordError, UsageError
from bench.core.marks import State
from bench.core.words import nearest
from bench.gate.files import read_result
from bench.judgement import serial
from bench.plan.model import Trial
from bench.record.store import RunStore
from bench.report import run_summary, terminal
from bench.report.trial_text import print_trial


def report(  # noqa: PLR0913, PLR0917 - each parameter is an option that the user sees
    run: RunArgument = "latest",
    opened: Annotated[
        bool, typer.Option("--open", help="Open the report in the browser when it is written.")
    ] = False,
    light: Annotated[
        bool,
        typer.Option(
            "--light",
            help="Leave out what draws the plots of the folds: small enough to attach.",
            rich_help_panel=FILES_PANEL,
        ),
    ] = False,
    markdown: Annotated[
        Path | None,
        typer.Option(
            "--markdown",
            metavar="FILE",
            help="Also write the answers and tables as Markdown.",
            rich_help_panel=FILES_PANEL,
        ),
    ] = None,
    results: ResultsOption = DEFAULT_RESULTS,
    reports: ReportsOption = DEFAULT_REPORTS,
) -> None:
    """Rebuild the HTML report of a run from its results alone."""
    store = find_run(run, results)
    judgement = judged(summarise(store), results, read_result(store))
    wanted = Wanted(light=light, markdown=markdown, opened=opened)
    write_report(judgement, results, reports, wanted)


def list_runs(
    results: ResultsOption = DEFAULT_RESULTS, reports: ReportsOption = DEFAULT_REPORTS
) -> None:
    """List the runs, oldest first, with what came out of each as its report says."""
    console = output()
    directories = run_directories(results)
    if not directories:
        console.print(f"no run is in {results}; start one with `jetbench run`", markup=False)
        return
    console.print(*(_entry(RunStore(path), reports) for path in directories), sep="\n")


def _entry(store: RunStore, reports: Path) -> RenderableType:
    """Return what is told of a run: its name and start in a line, and beneath what came of it.

    A run's name is what one copies into the next command, its start what one knows it by.
    """
    try:
        plan, environment = store.read_plan(), store.read_environment()
        records = [
            store.read_trial(trial, plan.cell(trial.cell_id).cast) for trial in store.kept(plan)
        ]
    except RecordError as error:
        return _told(store.run_id, (f"not readable: {error}",))
    invalid = sum(not record.valid for record in records)
    measured = (
        f"{len(records)}/{len(plan.trials)} trials, {invalid} invalid, "
        f"{environment.server} {environment.server_version}"
    )
    head = f"{store.run_id}  {text.minute(environment.started_utc)} UTC"
    return _told(head, (*_came_out(store, reports, len(records)), plan.question, measured))


def _told(head: str, lines: Sequence[str]) -> RenderableType:
    beneath = Padding(Text("\n".join(filter(None, lines))), (0, 0, 0, 4), expand=False)
    return Group(Text(head, style="bold", no_wrap=True), beneath)


def _came_out(store: RunStore, reports: Path, trials: int) -> tuple[str, ...]:
    """Return what a run's report says came out; nothing where it does not know all trials."""
    try:
        summary = run_summary.read(reports / store.run_id / "index.html")
    except RecordError:
        summary = None
    if summary is None or summary.valid + summary.invalid != trials:
        return (f"{State.UNKNOWN.mark} no report of all its trials",)
    return (summary.outcome, *summary.doubts)


def show(
    run: RunArgument = "latest",
    trial: Annotated[
        str | None,
        typer.Argument(metavar="[TRIAL]", help="A trial's id or its number, for all its details."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Write what the run says as JSON instead.")
    ] = False,
    message: Annotated[
        int | None,
        typer.Option(
            "--message",
            metavar="ID",
            min=0,
            help="Tell what became of one message instead, in TRIAL or in all that have it.",
        ),
    ] = None,
    results: ResultsOption = DEFAULT_RESULTS,
) -> None:
    """Show what a run says in the terminal, or everything about one of its trials or messages."""
    store = find_run(run, results)
    if message is not None:
        all_kept = store.kept(store.read_plan())
        chosen = all_kept if trial is None else (_trial(store, trial),)
        show_message(store, message, chosen, plain=as_json)
        return
    if trial is not None:
        if as_json:
            raise UsageError("--json: is of a whole run; leave out TRIAL, or see `jetbench export`")
        print_trial(_trial_figures(store, trial), output())
        return
    judgement = judged(summarise(store), results, read_result(store))
    if as_json:
        write(f"{json.dumps(serial.as_json(judgement), indent=1)}\n".encode())
    else:
        terminal.print_judgement(judgement, output())


def _trial(store: RunStore, trial: str) -> Trial:
    """Return a trial by its id, the begin of one, or its number; UsageError where there is none."""
    plan = store.read_plan()
    kept = {each.id: each for each in store.kept(plan)}
    wanted = trial.zfill(3) + "-" if trial.isdigit() else trial
    chosen = next((each for id_, each in kept.items() if id_.startswith(wanted)), None)
    if chosen is None:
        near = nearest(trial, kept)
        advice = f"; did you mean '{near}'?" if near else f"; it has {len(kept)} trials"
        raise UsageError(f"run {store.run_id} has no trial '{trial}'{advice}")
    return chosen


def _trial_figures(store: RunStore, trial: str) -> TrialFigures:
    chosen, plan = _trial(store, trial), store.read_plan()
    cell = plan.cell(chosen.cell_id)
    whole = store.read_whole(chosen, cell.cast)
    return summarise_trial(whole.record, whole.intervals, whole.samples, cell)
