"""Made-up searches for the best settings, whose truth is known, and their judgement."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np

from bench.analysis.figures import CellFigures, RunFigures
from bench.analysis.metrics import measure_of
from bench.analysis.paired import Contrast, contrast
from bench.judgement.judge import of_tuning
from bench.judgement.model import Judgement
from bench.plan.model import Cell, Plan, TriedPoint, Tuning, VariantName
from bench.seek.tuned import Ending, Fate, Standing, Tuned
from bench.spec.metrics import find_metric
from bench.spec.space import Knob, Point, Value
from bench.spec.variant import Settings
from tests.analysis import runs
from tests.gate.figures import figures_of, trial_of, with_trials

LABEL = "orders"
KNOBS = (
    Knob(key="pull.batch", values=(1, 10, 100, 1000), ordered=True),
    Knob(key="pull.requests", values=(1, 2), ordered=True),
    Knob(key="consumer.max_ack_pending", values=(100, 1000), ordered=True),
)
OBJECTIVES = ("minimise end_to_end_p99",)
CONSTRAINTS = ("lost == 0", "server_cpu_mean < 80%")
SEARCHED, CONFIRMED = 5, 7
"""Blocks."""

Effects = Mapping[str, float]
"""What a setting does to the time: `pull.batch 1` -> times 3."""

EFFECTS: Effects = {
    "pull.batch 1": 3.0,
    "pull.batch 10": 1.4,
    "pull.batch 1000": 1.05,
    "pull.requests 1": 1.25,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What is so.

    Attributes:
        effects: of values.
        noise: of a trial, on the scale of logarithms.
        ending: of the search.
        breaks: values under which a constraint is broken.
        invalid: values of which no trial is valid.
        objectives: as written.
        knobs: of the space.
        points: that were tried, of those; all where None.
        confirmed: there are confirming blocks.
        drift: what confirming blocks add to what looked best.
    """

    effects: Effects
    noise: float = 0.04
    ending: Ending = Ending.BETTER
    breaks: tuple[str, ...] = ()
    invalid: tuple[str, ...] = ()
    objectives: tuple[str, ...] = OBJECTIVES
    knobs: tuple[Knob, ...] = KNOBS
    points: int | None = None
    confirmed: bool = True
    drift: float = 0.0


def points_of(knobs: Sequence[Knob]) -> list[Point]:
    """Every point of a space without conditions."""
    keys = [knob.key for knob in knobs]
    return [
        Point(values=tuple(zip(keys, values, strict=True)))
        for values in product(*(knob.values for knob in knobs))
    ]


def settings_of(point: Point) -> Settings:
    """A point laid over the defaults."""
    nested: dict[str, Any] = {}
    for key, value in point.values:
        section, name = key.split(".")
        nested.setdefault(section, {})[name] = value
    return Settings.model_validate(nested)


BASE = Point(values=())
BASE_VALUES: tuple[tuple[str, Value], ...] = (
    ("pull.batch", 100),
    ("pull.requests", 1),
    ("consumer.max_ack_pending", 1000),
)
"""What the defaults set."""


def cell_of(point: Point, number: int) -> Cell:
    """The cell of a point."""
    variant = "base" if point == BASE else f"t{number:03d}"
    name = VariantName(config="pull-batch" if point == BASE else LABEL, variant=variant)
    made = runs.cell(variant, settings=settings_of(point))
    return replace(made, variants=(name,))


class World:
    """Trials of a truth, as they come about."""

    def __init__(self, truth: Truth, seed: int) -> None:
        self.truth = truth
        self.rng = np.random.default_rng(seed)

    def ms(self, point: Point) -> float:
        values = point.values or BASE_VALUES
        effects = (self.truth.effects.get(f"{key} {value}", 1.0) for key, value in values)
        return 2.0 * math.prod(effects)

    def has(self, point: Point, marked: Sequence[str]) -> bool:
        return any(f"{key} {value}" in marked for key, value in point.values)

    def trials(self, point: Point, cell: Cell, blocks: Sequence[int], best: bool) -> CellFigures:
        spoilt = self.has(point, self.truth.invalid)
        made = []
        for block in blocks:
            drift = self.truth.drift if best and block > SEARCHED else 0.0
            ms = self.ms(point) * math.exp(self.rng.normal(drift, self.truth.noise))
            made.append(trial_of(cell, block, None if spoilt else ms * (1 + 0.05 * (block % 3))))
        return with_trials(cell, made)


def found_of(truth: Truth, seed: int = 1) -> tuple[RunFigures, Tuned]:
    """The figures of a search of that truth, and what it found."""
    world = World(truth, seed)
    points = [BASE, *points_of(truth.knobs)[: truth.points]]
    cells = {point: cell_of(point, n) for n, point in enumerate(points)}
    sound = [p for p in points[1:] if not world.has(p, (*truth.breaks, *truth.invalid))]
    ranked = sorted(sound, key=world.ms)
    nothing = truth.ending is Ending.NOTHING_HOLDS
    first = None if nothing or not ranked else ranked[0]
    finalists = ranked[:3] if truth.confirmed and not nothing else []
    searched = range(1, SEARCHED + 1)
    confirming = range(SEARCHED + 1, SEARCHED + CONFIRMED + 1)
    standings = []
    for point in points:
        confirms = truth.confirmed and point in (BASE, *finalists)
        cell = world.trials(point, cells[point], searched, best=point == first)
        more = world.trials(point, cells[point], confirming, best=point == first)
        standings.append(
            _standing(point, cell, more if confirms else None, _fate(world, point, finalists))
        )
    return _put(truth, standings, finalists, first)


def _fate(world: World, point: Point, finalists: Sequence[Point]) -> Fate:
    if point == BASE:
        return Fate.BASE
    if world.has(point, world.truth.breaks):
        return Fate.BREAKS
    if world.has(point, world.truth.invalid):
        return Fate.INVALID
    if point in finalists:
        return Fate.INCUMBENT if point == finalists[0] else Fate.FINALIST
    return Fate.LEFT if world.ms(point) > 2.3 else Fate.OPEN


_WHY = {
    Fate.BREAKS: "server_cpu_mean < 80%: 92.1 %",
    Fate.INVALID: "It ended.",
    Fate.LEFT: "end-to-end p99 +62 % against what leads",
}


def _standing(point: Point, cell: CellFigures, more: CellFigures | None, fate: Fate) -> Standing:
    return Standing(
        point=point,
        cell=cell,
        valid=sum(trial.record.valid for trial in cell.trials),
        trials=len(cell.trials),
        changes=(),
        fate=fate,
        why=_WHY.get(fate, ""),
        confirmed=more,
    )


def _gains(truth: Truth, base: Standing, first: Standing | None) -> Iterator[Contrast]:
    if first is None or base.confirmed is None or first.confirmed is None:
        return
    for rule in truth.objectives:
        metric = find_metric(rule.partition(" ")[2])
        assert metric is not None
        found = contrast(measure_of(metric.key), base.confirmed, first.confirmed)
        if found is not None:
            yield found


def _put(
    truth: Truth,
    standings: Sequence[Standing],
    finalists: Sequence[Point],
    leads: Point | None,
) -> tuple[RunFigures, Tuned]:
    by_point = {each.point: each for each in standings}
    base, first = by_point[BASE], None if leads is None else by_point[leads]
    several = len(truth.objectives) > 1
    tuning = Tuning(
        base=base.cell.cell,
        knobs=truth.knobs,
        points=len(points_of(truth.knobs)),
        objectives=truth.objectives,
        constraints=CONSTRAINTS,
        budget_ns=20 * 60 * 10**9,
        raced=truth.points is None,
        tried=tuple(TriedPoint(point=s.point, cell_id=s.cell.cell.id) for s in standings),
        confirms_from=SEARCHED + 1 if truth.confirmed else None,
    )
    found = Tuned(
        tuning=tuning,
        standings=tuple(standings),
        base=base,
        incumbent=first,
        finalists=tuple(by_point[each] for each in finalists),
        front=(base, *(by_point[each] for each in finalists[:2])) if several else (),
        gains=tuple(_gains(truth, base, first)),
        near=len(finalists),
        fell_back=1 if len(finalists) > 1 else 0,
        blocks=(CONFIRMED if truth.confirmed else 0, CONFIRMED),
        missing=0,
        wanted=None,
        spent_ns=17 * 60 * 10**9,
        ending=truth.ending,
    )
    return _figures(found), found


def _figures(found: Tuned) -> RunFigures:
    whole = [_whole(each) for each in found.standings]
    plan = runs.plan([each.cell for each in whole], blocks=SEARCHED)
    plan = replace(
        plan,
        label=LABEL,
        question="Which settings deliver orders soonest?",
        quick=False,
        baseline="pull-batch/base",
        tuning=found.tuning,
    )
    return figures_of(_with_trials(plan, whole), {"small-events": whole}, contested=False)


def _whole(standing: Standing) -> CellFigures:
    """All trials of a point, those that confirm among them."""
    more = () if standing.confirmed is None else standing.confirmed.trials
    return with_trials(standing.cell.cell, [*standing.cell.trials, *more])


def _with_trials(plan: Plan, cells: Sequence[CellFigures]) -> Plan:
    records = [trial.record for cell in cells for trial in cell.trials]
    first = plan.trials[0]
    trials = tuple(
        replace(first, id=each.trial_id, index=n, cell_id=each.cell_id, block=each.block)
        for n, each in enumerate(records, start=1)
    )
    return replace(plan, trials=trials)


def judged(
    truth: Truth, *, seed: int = 1, changed: Callable[[Tuned], Tuned] = lambda found: found
) -> Judgement:
    """The judgement of a search of that truth."""
    figures, found = found_of(truth, seed)
    return of_tuning(figures, changed(found))


BETTER = Truth(effects=EFFECTS, breaks=("consumer.max_ack_pending 100",))
SAME = Truth(effects={}, ending=Ending.NO_BETTER)
UNDECIDED = Truth(effects={**EFFECTS, "pull.requests 1": 1.02}, ending=Ending.UNDECIDED)
NOTHING = Truth(
    effects=EFFECTS,
    ending=Ending.NOTHING_HOLDS,
    breaks=("pull.requests 1", "pull.requests 2"),
    confirmed=False,
)
BROKEN_OFF = Truth(effects=EFFECTS, ending=Ending.NOT_OVER, confirmed=False, points=9)
TWO = Truth(effects=EFFECTS, objectives=(*OBJECTIVES, "maximise acked_rate"))
