"""`jetbench capacity`: the highest rate that meets the goals, and what breaks first beyond it."""

from collections.abc import Sequence
from functools import partial
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
from bench.cli.plan import cautions_in
from bench.cli.planned import (
    OfOption,
    PlanOption,
    asked_plan,
    check_plan,
    keep_plan,
    plan_with,
    with_plan_code,
    with_storage,
)
from bench.cli.reporting import judged, write_report
from bench.cli.sought import (
    SOUGHT_PANEL,
    ResumeSearchOption,
    begun_search,
    file_of,
    given_of,
)
from bench.core.cpus import usable
from bench.core.errors import ExitCode
from bench.core.units import format_rate
from bench.plan.expand import expand
from bench.plan.model import Plan, Search
from bench.plan.publishers import most_publishers
from bench.plan.seeking import Wanted, search_plan, with_wanted
from bench.record.lock import measuring
from bench.report.terminal import print_judgement
from bench.runner.target import EmbeddedTarget
from bench.seek.ahead import ahead
from bench.seek.bracket import Ending
from bench.seek.state import Sought, begun, sought
from bench.seek.words import decided
from bench.spec.capacity import LoadedCapacity, load_capacity
from bench.spec.load import check_server

DEFAULT_FILE = "work-queue"


_WorkloadOption = Annotated[
    str | None,
    typer.Option(
        "--workload",
        metavar="NAME",
        help="Whose parts share what is tried.",
        rich_help_panel=SOUGHT_PANEL,
    ),
]
_VariantOption = Annotated[
    list[str] | None,
    typer.Option(
        "--variant",
        metavar="CONFIG/VARIANT",
        help="Whose capacity is sought; may be given again.",
        rich_help_panel=SOUGHT_PANEL,
    ),
]
_GoalOption = Annotated[
    list[str] | None,
    typer.Option(
        "--goal",
        metavar="RULE",
        help="That a capacity meets, such as 'p99 < 20ms'; may be given again.",
        rich_help_panel=SOUGHT_PANEL,
    ),
]
_FromOption = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="RATE",
        help="The lowest rate that is of use, such as 100/s.",
        rich_help_panel=SOUGHT_PANEL,
    ),
]
_ToOption = Annotated[
    str | None,
    typer.Option(
        "--to",
        metavar="RATE",
        help="The highest, such as 50000/s.",
        rich_help_panel=SOUGHT_PANEL,
    ),
]
_ProbeOption = Annotated[
    str | None,
    typer.Option(
        "--probe",
        metavar="DURATION",
        help="Window of a short probe.",
        rich_help_panel=MEASURING_PANEL,
    ),
]
_SoakOption = Annotated[
    str | None,
    typer.Option(
        "--soak",
        metavar="DURATION",
        help="Window of each soak that confirms a rate.",
        rich_help_panel=MEASURING_PANEL,
    ),
]


def capacity(  # noqa: PLR0913, PLR0917 - each parameter is an option that the user sees
    file: Annotated[
        str | None,
        typer.Argument(
            metavar="[FILE]", help="Name of a file in configs/capacity, or a path to one."
        ),
    ] = None,
    workload: _WorkloadOption = None,
    variant: _VariantOption = None,
    goal: _GoalOption = None,
    from_rate: _FromOption = None,
    to_rate: _ToOption = None,
    probe: _ProbeOption = None,
    soak: _SoakOption = None,
    server: ServerOption = None,
    creds: CredsOption = None,
    context: ContextOption = None,
    server_bin: BinaryOption = None,
    store_dir: StoreOption = None,
    resume: ResumeSearchOption = None,
    plan_file: PlanOption = None,
    of_run: OfOption = None,
    tui: TuiOption = True,
    patience: PatienceOption = DEFAULT_PATIENCE,
    results: ResultsOption = DEFAULT_RESULTS,
    reports: ReportsOption = DEFAULT_REPORTS,
) -> None:
    """Find how many messages a second a configuration carries before it misses a goal.

    Short probes bracket the rate, and soaks that the search did not see confirm it. Ends with 0
    when some rate was confirmed, 1 when every variant misses the goals at the lowest rate, 4 when
    nothing could be told. With --plan it ends with 1 where surely no variant leaves the headroom
    that the plan wants, and with 3 where that cannot be told.
    """
    sought_too = (workload, variant, goal, from_rate, to_rate, probe, soak, file, resume)
    if of_run is not None:
        others = (*sought_too, server, creds, context, server_bin, store_dir)
        raise typer.Exit(plan_with(plan_file, of_run, others, results, reports))
    asked = asked_plan(plan_file)
    target = target_of(server, creds, server_bin, store_dir, context)
    waits = patience_of(patience)
    given = given_of(
        {
            "workload": workload,
            "configs": list(map(_choice, variant or ())),
            "goals": goal,
            "rate": _pair("from", from_rate, "to", to_rate),
            "probe": probe and {"warmup": "2s", "measure": probe, "drain": "5s"},
            "soak": soak and {"warmup": "5s", "measure": soak, "drain": "10s"},
        }
    )
    if resume is not None:
        store, fresh = begun_search(resume, file, given, results), None
    else:
        whole = {"workload", "configs", "rate"} <= given.keys()
        loaded = load_capacity(file_of(file, DEFAULT_FILE, whole=whole), given)
        if isinstance(target, EmbeddedTarget):
            version = binary_version(target.binary)
            check_server(loaded.matrix, version=version, servers=1, embedded=True)
        for caution in cautions_in(loaded.matrix):
            _say(f"caution: {caution}")
        fresh = _plan(loaded)
        store = new_store(results, fresh.label)
    with measuring(store.path):
        plan = fresh or kept_plan(store, "capacity")
        keep = partial(keep_plan, asked, store)
        how = How(store=store, target=target, tui=tui, patience=waits, keep=keep)
        begin = plan if plan.trials else with_wanted(plan, begun(plan))
        check_plan(asked, plan)
        figures = with_storage(grown(begin, how, _further, ahead), store, target)
    found = sought(figures)
    judgement = judged(figures, results)
    print_judgement(judgement, output())
    output().print(f"results:  {store.path}", markup=False, soft_wrap=True)
    write_report(judgement, results, reports)
    raise typer.Exit(with_plan_code(_exit_code(found), judgement.outlook))


def _pair(one: str, first: str | None, other: str, second: str | None) -> dict[str, str]:
    return {key: value for key, value in ((one, first), (other, second)) if value is not None}


def _choice(name: str) -> dict[str, Any] | str:
    """Return a variant as a file has it; a name without one is a whole config."""
    config, slash, chosen = name.partition("/")
    return {"config": config, "variants": [chosen]} if slash else config


def _plan(loaded: LoadedCapacity) -> Plan:
    file, bases = loaded.file, expand(loaded.matrix)
    search = Search(
        low_per_s=file.rate.from_per_s,
        high_per_s=file.rate.to_per_s,
        goals=tuple(dict.fromkeys(map(str, file.goals))),
        most_publishers=most_publishers(bases, usable()),
        probe=file.probe,
        soak=file.soak,
        bases=bases,
    )
    return search_plan(file.label, file.question, search, file.seed)


def _further(figures: RunFigures) -> Plan | None:
    """Return the plan with the next trial of each search that is not over; None where all are."""
    found = sought(figures)
    due = [wanted for each in found if (wanted := each.wanted) is not None]
    if not due:
        return None
    for each in found:
        _say(f"{each.name}: {decided(each)}{_next(each.wanted)}")
    return with_wanted(figures.plan, due)


def _next(wanted: Wanted | None) -> str:
    if wanted is None:
        return "; its search is over"
    return f"; next: {wanted.purpose} at {format_rate(wanted.rate_per_s)}"


def _exit_code(found: Sequence[Sought]) -> ExitCode:
    endings = {each.found.ending for each in found}
    if endings & {Ending.CONFIRMED, Ending.AT_LEAST}:
        return ExitCode.OK
    if endings == {Ending.BELOW}:
        return ExitCode.FAILED
    return ExitCode.INCONCLUSIVE if Ending.UNCONFIRMED in endings else ExitCode.INVALID


def _say(text: str) -> None:
    errors().print(text, markup=False, soft_wrap=True)
