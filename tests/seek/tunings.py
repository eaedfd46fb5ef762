"""Made-up runs of tunings: trials of a truth, block by block, until nothing more is wanted."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from bench.analysis.figures import CellFigures, RunFigures, TrialFigures
from bench.plan.allotment import trial_ns
from bench.plan.model import Cell, Plan, Trial, TriedPoint, Tuning
from bench.seek.tuned import Round, Tuned, begun, tuned
from bench.spec.space import Knob, Point
from bench.spec.workload import Phases
from tests.analysis import runs
from tests.gate.figures import figures_of, trial_of, with_trials

BASE = Point(values=())


def _cell(name: str) -> Cell:
    """A cell whose trials are planned to take as long as the made-up ones do."""
    cell = runs.cell(name)
    phases = Phases.model_validate({"warmup": "2s", "measure": "12s", "drain": "1s"})
    return replace(cell, workload=cell.workload.model_copy(update={"phases": phases}))


WHOLE = _cell("base")

BATCH = Knob(key="pull.batch", values=(1, 5, 10, 50, 100, 500), ordered=True)
REQUESTS = Knob(key="pull.requests", values=(1, 2, 4), ordered=True)

Truth = Callable[[Point], float]
"""Returns the p99 of a point, ms."""

Befalls = Callable[[TrialFigures, Point], TrialFigures]
"""Returns a trial with what else befell it."""


def as_it_is(trial: TrialFigures, point: Point) -> TrialFigures:
    del point
    return trial


def batch_of(point: Point) -> int:
    """The batch of a point; of the base that of the defaults."""
    found = dict(point.values).get("pull.batch", 100)
    assert isinstance(found, int)
    return found


@dataclass(kw_only=True)
class Run:
    """A run that grows by what is wanted of it.

    Attributes:
        truth: of each point.
        befalls: what else does.
        plan: so far.
        scatter: of trials, on the scale of logarithms.
        drift: of blocks, likewise.
        cells: figures so far, by point.
    """

    truth: Truth
    plan: Plan
    befalls: Befalls = as_it_is
    scatter: float = 0.01
    drift: float = 0.05
    seed: int = 1
    cells: dict[Point, CellFigures] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)

    @property
    def figures(self) -> RunFigures:
        return figures_of(self.plan, {"small-events": list(self.cells.values())}, contested=False)

    @property
    def tuning(self) -> Tuning:
        assert self.plan.tuning is not None
        return self.plan.tuning

    def whole(self) -> Tuned:
        """Run all that is wanted; return what was found."""
        self.run(begun(self.plan))
        for _ in range(200):
            found = tuned(self.figures)
            if found.wanted is None:
                return found
            self.run(found.wanted)
        raise AssertionError("a search without an end")

    def blocks(self, count: int) -> Tuned:
        """Run so many blocks; return what is found so far."""
        self.run(begun(self.plan))
        for _ in range(count - 1):
            wanted = tuned(self.figures).wanted
            assert wanted is not None
            self.run(wanted)
        return tuned(self.figures)

    def run(self, wanted: Round) -> None:
        block = max((trial.block for trial in self.plan.trials), default=0) + 1
        drift = self.rng.normal(0.0, self.drift)
        for point in dict.fromkeys((BASE, *wanted.points)):
            self._meet(point)
        if wanted.confirms and self.tuning.confirms_from is None:
            self.plan = replace(self.plan, tuning=replace(self.tuning, confirms_from=block))
        trials = [self._trial(point, block, drift) for point in wanted.points]
        self.plan = replace(self.plan, trials=(*self.plan.trials, *self._planned(trials)))

    def _meet(self, point: Point) -> None:
        """Give a point a cell where it has none yet."""
        if point in self.cells:
            return
        cell = WHOLE if point == BASE else _cell(f"t{len(self.cells):03d}")
        self.cells[point] = with_trials(cell, [])
        self.plan = replace(
            self.plan,
            cells=(*self.plan.cells, cell),
            tuning=replace(
                self.tuning,
                tried=(*self.tuning.tried, TriedPoint(point=point, cell_id=cell.id)),
            ),
        )

    def _trial(self, point: Point, block: int, drift: float) -> TrialFigures:
        old = self.cells[point]
        value = self.truth(point) * math.exp(drift + self.rng.normal(0.0, self.scatter))
        made = self.befalls(trial_of(old.cell, block, value), point)
        self.cells[point] = with_trials(old.cell, [*old.trials, made])
        return made

    def _planned(self, trials: Iterable[TrialFigures]) -> Sequence[Trial]:
        begin = len(self.plan.trials) + 1
        return [
            Trial(
                id=each.record.trial_id,
                index=index,
                cell_id=each.record.cell_id,
                block=each.record.block,
                seed=1,
            )
            for index, each in enumerate(trials, start=begin)
        ]


def run_of(
    truth: Truth,
    *,
    knobs: tuple[Knob, ...] = (BATCH,),
    trials: int = 150,
    constraints: tuple[str, ...] = (),
    raced: bool = True,
    befalls: Befalls = as_it_is,
    objectives: tuple[str, ...] = ("minimise end_to_end_p99",),
    seed: int = 1,
) -> Run:
    """A run that has a plan and nothing else yet.

    Args:
        truth: of each point.
        knobs: that are turned.
        trials: that there is time for.
        constraints: as written.
        raced: every point is tried.
        befalls: what else befalls a trial.
        objectives: as written.
        seed: of all that scatters.
    """
    plan = replace(runs.plan([WHOLE], blocks=1), cells=(), trials=())
    tuning = Tuning(
        base=WHOLE,
        knobs=knobs,
        points=math.prod(len(knob.values) for knob in knobs) - 1,
        objectives=objectives,
        constraints=constraints,
        budget_ns=trials * trial_ns(WHOLE),
        raced=raced,
    )
    return Run(truth=truth, plan=replace(plan, tuning=tuning), befalls=befalls, seed=seed)
