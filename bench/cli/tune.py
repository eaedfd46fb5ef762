"""`jetbench tune`: which settings are best for a workload, and how sure that is."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from bench.analysis.figures import RunFigures
from bench.broker.server import binary_version
from bench.cli.console import errors, output
from bench.cli.going_on import kept_plan
from bench.cli.growing import How, grown
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
    DEFAULT_REPORTS,
    DEFAULT_RESULTS,
    MEASURING_PANEL,
    ReportsOption,
    ResultsOption,
)
from bench.cli.reporting import judged, write_report
from bench.cli.sought import (
    SOUGHT_PANEL,
    ResumeSearchOption,
    begun_search,
    file_of,
    given_of,
)
from bench.core import text
from bench.core.errors import ExitCode, UsageError
from bench.plan.allotment import trial_ns
from bench.plan.estimate import Ahead, ahead_of
from bench.plan.model import Plan
from bench.plan.tuned import planned, tuning_of, with_round
from bench.record.lock import measuring
from bench.report.terminal import print_judgement
from bench.runner.target import EmbeddedTarget, Target
from bench.seek.optimiser import require_optimiser
from bench.seek.tuned import Ending, Round, Tuned, begun, tuned
from bench.spec.space import Point
from bench.spec.tuning import load_tuning
from bench.spec.tuning_cautions import cautions_of, check_tuning_server
from bench.spec.yaml_tree import read_plain

DEFAULT_FILE = "consumer"

_WorkloadOption = Annotated[
    str | None,
    typer.Option(
        "--workload",
        metavar="NAME",
        help="That the settings are to carry.",
        rich_help_panel=SOUGHT_PANEL,
    ),
]
_BaseOption = Annotated[
    str | None,
    typer.Option(
        "--base",
        metavar="CONFIG/VARIANT",
        help="What settings are laid over, and gains told against; all defaults without it.",
        rich_help_panel=SOUGHT_PANEL,
    ),
]
_KnobOption = Annotated[
    list[str] | None,
    typer.Option(
        "--knob",
        metavar="KEY=VALUES",
        help="A setting and what it may be, such as 'pull.batch=1,10,100'; may be given again.",
        rich_help_panel=SOUGHT_PANEL,
    ),
]
_MinimiseOption = Annotated[
    list[str] | None,
    typer.Option(
        "--minimise",
        metavar="FIGURE",
        help="That is to be small, such as end_to_end_p99; two objectives make a front.",
        rich_help_panel=SOUGHT_PANEL,
    ),
]
_MaximiseOption = Annotated[
    list[str] | None,
    typer.Option(
        "--maximise",
        metavar="FIGURE",
        help="That is to be large, such as acked_rate.",
        rich_help_panel=SOUGHT_PANEL,
    ),
]
_ConstraintOption = Annotated[
    list[str] | None,
    typer.Option(
        "--constraint",
        metavar="RULE",
        help="That what is taken has to hold, such as 'p99 < 20ms'; may be given again.",
        rich_help_panel=SOUGHT_PANEL,
    ),
]
_BudgetOption = Annotated[
    str | None,
    typer.Option(
        "--budget",
        metavar="DURATION",
        help="How long all may take, the confirmation included.",
        rich_help_panel=SOUGHT_PANEL,
    ),
]
_TrialOption = Annotated[
    str | None,
    typer.Option(
        "--trial",
        metavar="DURATION",
        help="Window of each trial.",
        rich_help_panel=MEASURING_PANEL,
    ),
]


def tune(  # noqa: PLR0913, PLR0917 - each parameter is an option that the user sees
    file: Annotated[
        str | None,
        typer.Argument(
            metavar="[FILE]", help="Name of a file in configs/tuning, or a path to one."
        ),
    ] = None,
    workload: _WorkloadOption = None,
    base: _BaseOption = None,
    knob: _KnobOption = None,
    minimise: _MinimiseOption = None,
    maximise: _MaximiseOption = None,
    constraint: _ConstraintOption = None,
    budget: _BudgetOption = None,
    trial: _TrialOption = None,
    server: ServerOption = None,
    creds: CredsOption = None,
    context: ContextOption = None,
    server_bin: BinaryOption = None,
    store_dir: StoreOption = None,
    resume: ResumeSearchOption = None,
    tui: TuiOption = True,
    patience: PatienceOption = DEFAULT_PATIENCE,
    results: ResultsOption = DEFAULT_RESULTS,
    reports: ReportsOption = DEFAULT_REPORTS,
) -> None:
    """Find which settings are best for a workload, and how sure that is.

    What looks best is held against the base in fresh blocks, and what is told of a gain is from
    those alone. Ends with 0 when it is decided what to take, be it the base; 1 when nothing holds
    the constraints, 3 when it cannot be told.
    """
    target = target_of(server, creds, server_bin, store_dir, context)
    waits = patience_of(patience)
    given = given_of(
        {
            "workload": workload,
            "base": base,
            "space": _space(knob or ()),
            "objective": [f"minimise {each}" for each in minimise or ()]
            + [f"maximise {each}" for each in maximise or ()],
            "constraints": constraint,
            "budget": budget,
            "trial": trial and {"warmup": "2s", "measure": trial, "drain": "5s"},
        }
    )
    if resume is not None:
        store, fresh = begun_search(resume, file, given, results), None
    else:
        fresh = _planned(file, given, target)
        store = new_store(results, fresh.label)
    with measuring(store.path):
        plan = fresh or kept_plan(store, "tune")
        how = How(store=store, target=target, tui=tui, patience=waits)
        figures = grown(_begun(plan), how, _further, _ahead)
    judgement = judged(figures, results)
    print_judgement(judgement, output())
    output().print(f"results:  {store.path}", markup=False, soft_wrap=True)
    write_report(judgement, results, reports)
    raise typer.Exit(_exit_code(tuned(figures).ending))


def _space(knobs: Sequence[str]) -> dict[str, list[Any]]:
    """Return `pull.batch=1,10` as a file has it; UsageError with all that cannot be read so."""
    found: dict[str, list[Any]] = {}
    wrong = []
    for each in knobs:
        key, equals, values = (part.strip() for part in each.partition("="))
        if not (key and equals and values):
            wrong.append(f"'{each}' is not KEY=VALUES")
        elif key in found:
            wrong.append(f"{key} is given twice")
        else:
            found[key] = [read_plain(value.strip()) for value in values.split(",")]
    if wrong:
        raise UsageError(f"--knob: {'; '.join(wrong)}; write --knob 'pull.batch=1,10,100'")
    return found


def _planned(file: str | None, given: Mapping[str, Any], target: Target) -> Plan:
    """Return the plan of a search that begins; SpecError with all that is wrong with it."""
    whole = {"workload", "space", "objective", "budget"} <= given.keys()
    loaded = load_tuning(file_of(file, DEFAULT_FILE, whole=whole), given)
    if isinstance(target, EmbeddedTarget):
        version = binary_version(target.binary)
        check_tuning_server(loaded, version=version, servers=1, embedded=True)
    begins = planned(loaded)
    for caution in (*cautions_of(loaded), *begins.cautions()):
        _say(f"caution: {caution}")
    _say(begins.outlook)
    return _begun(begins.plan)


def _begun(plan: Plan) -> Plan:
    """Return a plan with a trial at least; UsageError where what is to choose is not installed."""
    if not tuning_of(plan).raced:
        require_optimiser()
    return plan if plan.trials else _with(plan, begun(plan))


def _with(plan: Plan, wanted: Round) -> Plan:
    return with_round(plan, wanted.points, confirms=wanted.confirms)


def _further(figures: RunFigures) -> Plan | None:
    """Return the plan with the next round; None where the search is over."""
    found = tuned(figures)
    if found.wanted is None:
        return None
    _say(_next(found, found.wanted))
    return _with(figures.plan, found.wanted)


def _ahead(plan: Plan, figures: RunFigures | None) -> Ahead:
    """Return what the budget leaves; what is planned is told without it."""
    tuning = tuning_of(plan)
    spent_ns = 0 if figures is None else tuned(figures).spent_ns
    left = max(0, tuning.budget_ns - spent_ns) // trial_ns(tuning.base)
    return ahead_of([(tuning.base, left)])


def _next(found: Tuned, wanted: Round) -> str:
    """Say how far the search is, and what it tries next: `17 of 60 tried, pull.batch 100 leads`."""
    tried = f"{text.count(len(found.standings) - 1)} of {text.count(found.tuning.points)} tried"
    lead = f", {_named(found.incumbent.point)} leads so far" if found.incumbent else ""
    settings = text.plural(len(wanted.points), "setting")
    if wanted.confirms:
        done, due = found.blocks
        return f"{tried}{lead}; next: block {done + 1} of {due} that confirm, {settings}"
    return f"{tried}{lead}; next: {settings}"


def _named(point: Point) -> str:
    return str(point) if point.values else "the base"


_EXIT_CODES = {
    Ending.BETTER: ExitCode.OK,
    Ending.NO_BETTER: ExitCode.OK,
    Ending.NOTHING_HOLDS: ExitCode.FAILED,
}


def _exit_code(ending: Ending) -> ExitCode:
    return _EXIT_CODES.get(ending, ExitCode.INCONCLUSIVE)


def _say(text: str) -> None:
    errors().print(text, markup=False, soft_wrap=True)
