"""The plan of a search: it begins without trials, and grows by what is to be known next."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bench.core.units import format_rate
from bench.plan.expand import cell_id
from bench.plan.model import PLAN_SCHEMA_VERSION, Cell, Plan, Purpose, Search, Step
from bench.plan.order import further
from bench.spec import looks
from bench.spec.criteria import parse_criterion
from bench.spec.disturbances import in_proportion
from bench.spec.offered import offering
from bench.spec.variant import Settings
from bench.spec.workload import Phases


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A trial that a search wants.

    Attributes:
        base: the cell whose capacity is sought.
        rate_per_s: to offer.
        publishers: processes that offer it, at least.
        purpose: of the trial.
    """

    base: Cell
    rate_per_s: float
    publishers: int
    purpose: Purpose


def search_plan(label: str, question: str, search: Search, seed: int) -> Plan:
    """Return a plan that has nothing to do yet."""
    return Plan(
        schema_version=PLAN_SCHEMA_VERSION,
        label=label,
        question=question,
        config_questions=(),
        seed=seed,
        blocks=1,
        quick=False,
        cells=(),
        trials=(),
        success=search.goals,
        search=search,
    )


def with_wanted(plan: Plan, wanted: Iterable[Wanted]) -> Plan:
    """Return the plan with a trial more of each, in one block, in an order of its own.

    Raises:
        MisfitError: a rate offers too much, or too little, in the phases of its purpose.
    """
    search = search_of(plan)
    each = [(one, cell_of(search, one)) for one in wanted]
    known = {cell.id for cell in plan.cells}
    cells = (*plan.cells, *(cell for _, cell in each if cell.id not in known))
    grown = replace(plan, cells=cells, search=_with_steps(search, each))
    return further(grown, [cell for _, cell in each], blocks=1)


def search_of(plan: Plan) -> Search:
    """Return what a plan seeks; ValueError where it seeks nothing."""
    if plan.search is None:
        raise ValueError(f"{plan.label} seeks nothing")
    return plan.search


def _with_steps(search: Search, each: Sequence[tuple[Wanted, Cell]]) -> Search:
    known = {step.cell_id for step in search.steps}
    new = tuple(
        Step(
            cell_id=cell.id,
            base_id=one.base.id,
            rate_per_s=one.rate_per_s,
            publishers=one.publishers,
            purpose=one.purpose,
        )
        for one, cell in each
        if cell.id not in known
    )
    return replace(search, steps=(*search.steps, *new))


def cell_of(search: Search, wanted: Wanted) -> Cell:
    """Return the cell of a trial: all soaks of a rate are of one, each probe is one of its own.

    Raises:
        MisfitError: the rate offers too much, or too little, in the phases of its purpose.
    """
    base = wanted.base
    rules = tuple(map(parse_criterion, search.goals))
    name = _name(base, wanted)
    probes = sum(step.purpose is not Purpose.SOAK for step in search.steps)
    if wanted.purpose is not Purpose.SOAK:
        name = f"{name}-{probes + 1}"
    given = search.soak if wanted.purpose is Purpose.SOAK else search.probe
    length = _LENGTHS[wanted.purpose]
    phases = looks.phases_at(base.workload, wanted.rate_per_s, given, rules, length)
    return replace(
        base,
        id=cell_id(name, base.variants[0]),
        workload_name=name,
        workload=offering(base.workload, wanted.rate_per_s, phases, wanted.publishers),
        settings=_settings(base, phases),
    )


def _settings(base: Cell, phases: Phases) -> Settings:
    """Return the settings with what is done to the system where it was in the window."""
    own = base.settings.disturbances
    if own is None:
        return base.settings
    fitting = in_proportion(own, base.workload.phases.measure_ns, phases.measure_ns)
    return base.settings.model_copy(update={"disturbances": fitting})


def _name(base: Cell, wanted: Wanted) -> str:
    rate = format_rate(wanted.rate_per_s).removesuffix("/s").replace("/", "-per-")
    what = "soak" if wanted.purpose is Purpose.SOAK else "probe"
    return f"{base.workload_name}-{what}-{rate}"


_LENGTHS = {Purpose.SHORT: looks.SHORT, Purpose.LONG: looks.LONG, Purpose.SOAK: looks.SOAK}
