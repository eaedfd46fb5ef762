"""`jetbench capacity --plan`: what a load that is planned comes to with what was measured."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bench.analysis.figures import RunFigures
from bench.analysis.summary import summarise
from bench.cli.console import errors, output
from bench.cli.going_on import say_how_to_go_on
from bench.cli.kept import find_run
from bench.cli.measuring import interruptible
from bench.cli.reporting import judged, write_report
from bench.core.errors import BenchError, ExitCode, UsageError, worst
from bench.core.marks import State
from bench.judgement.outlook import Outlook
from bench.plan.model import Plan
from bench.plan.seeking import search_of
from bench.record.lock import measuring
from bench.record.planned import SCHEMA_VERSION, Planned, write_planned
from bench.record.storage import read_storage, write_storage
from bench.record.store import RunStore
from bench.report.terminal import print_judgement
from bench.runner.storing import measure_storage
from bench.runner.target import EmbeddedTarget, Target
from bench.spec.capacity_plan import LoadedPlan, load_capacity_plan

PLAN_PANEL = "What is planned"

PlanOption = Annotated[
    str | None,
    typer.Option(
        "--plan",
        metavar="PLAN",
        help="Hold a capacity plan against it: a file in configs/capacity/plans, or a path.",
        rich_help_panel=PLAN_PANEL,
    ),
]
OfOption = Annotated[
    str | None,
    typer.Option(
        "--of",
        metavar="RUN",
        help="Plan with what this run measured, and measure nothing.",
        rich_help_panel=PLAN_PANEL,
    ),
]


def plan_with(
    name: str | None, run: str, others: Sequence[object], results: Path, reports: Path
) -> ExitCode:
    """Hold a plan against a run that is kept, and measure nothing.

    Args:
        name: of the plan.
        run: whose capacity is planned with.
        others: what else was asked for; nothing goes with it.
        results: where runs are kept.
        reports: where their reports are.

    Raises:
        UsageError: no plan was named, something else was asked for, or the run sought no capacity.
        SpecError: the plan is wrong, or for variants that the run has not.
        RecordError: the run's records are broken.
    """
    if name is None:
        raise UsageError("--of RUN re-reads a run for a plan; name it by --plan PLAN")
    if any(each is not None for each in others):
        raise UsageError(
            "--of RUN measures nothing; leave out FILE, --resume, the server and what is sought"
        )
    loaded, store = load_capacity_plan(name), find_run(run, results)
    plan = store.read_plan()
    if plan.search is None:
        raise UsageError(f"--of: {store.run_id} sought no capacity; see `jetbench capacity --help`")
    check_plan(loaded, plan)
    with measuring(store.path):
        keep_plan(loaded, store)
    judgement = judged(summarise(store), results)
    print_judgement(judgement, output())
    write_report(judgement, results, reports)
    return code_of(judgement.outlook)


def asked_plan(name: str | None) -> LoadedPlan | None:
    """Return the plan that was asked for; None without one. SpecError with all that is wrong."""
    return None if name is None else load_capacity_plan(name)


def check_plan(loaded: LoadedPlan | None, plan: Plan) -> None:
    """Raise SpecError where a plan is for variants that a run has not."""
    if loaded is not None:
        loaded.require_variants(search_of(plan).variants)


def keep_plan(loaded: LoadedPlan | None, store: RunStore) -> None:
    """Keep a plan with the run that it is held against, in place of an older one."""
    if loaded is None:
        return
    now = datetime.now(UTC)
    as_of = loaded.plan.as_of or now.date().isoformat()
    kept = Planned(
        schema_version=SCHEMA_VERSION,
        file="".join(each if each.isprintable() else "?" for each in loaded.document.file),
        planned_utc=now.isoformat(timespec="seconds"),
        plan=loaded.plan.model_copy(update={"as_of": as_of}),
    )
    write_planned(store.path, kept)


def with_storage(figures: RunFigures, store: RunStore, target: Target) -> RunFigures:
    """Measure what messages take on disk, where a plan is kept with a run that asks for it.

    What was measured before is not measured again, and what cannot be costs no capacity that was.

    Raises:
        KeyboardInterrupt: a signal came; how to go on is said.
    """
    if figures.planned is None or figures.storage is not None:
        return figures
    try:
        _lay(figures.plan, store, target)
    except KeyboardInterrupt as error:
        say_how_to_go_on(figures.plan, store, target, error)
        raise
    return replace(figures, storage=read_storage(store.path))


def _lay(plan: Plan, store: RunStore, target: Target) -> None:
    if not isinstance(target, EmbeddedTarget):
        _say("note: bytes on disk are measured on the embedded server alone; the plan has none")
        return
    try:
        found = interruptible(measure_storage(target, search_of(plan).bases, _looking))
    except BenchError as error:
        _say(f"warning: bytes on disk could not be measured: {error}")
        return
    write_storage(store.path, found)


def with_plan_code(code: ExitCode, outlook: Outlook | None) -> ExitCode:
    """Return the worse of the exit code of a search and of what its plan comes to."""
    return worst((code, code_of(outlook)))


def code_of(outlook: Outlook | None) -> ExitCode:
    """Return 0 where some variant surely leaves the headroom, 1 where surely none does, else 3."""
    if outlook is None or outlook.state is State.HOLDS:
        return ExitCode.OK
    return ExitCode.FAILED if outlook.state is State.FAILS else ExitCode.INCONCLUSIVE


def _looking(what: str) -> None:
    _say(f"looking at: {what}")


def _say(text: str) -> None:
    errors().print(text, markup=False, soft_wrap=True)
