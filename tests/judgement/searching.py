"""Made-up searches of known truth, walked as the bracket walks them, and their judgement."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bench.analysis.figures import CellFigures, Diagnosis, LagVerdict, Limit, RunFigures
from bench.judgement.judge import judge
from bench.judgement.kinds import Capacity
from bench.judgement.model import Judgement
from bench.plan.model import Cell, Purpose, Search, Step, Trial
from bench.record.schema import ProcessUsage
from bench.seek.bracket import LEAST_SOAKS, Bounds, Next, Said, Tried, next_step
from bench.spec.workload import Phases
from tests.analysis import runs
from tests.gate.figures import counting, figures_of, spoilt, trial_of, with_trials

GOALS = ("end_to_end_p99 < 20ms",)
PHASES = Phases.model_validate({"warmup": "1s", "measure": "5s", "drain": "5s"})
NOISE = (1.0, 1.01, 0.99, 1.005, 0.995)

HANDLERS = Diagnosis(
    part="consume", limit=Limit.HANDLER, words="all workers were busy", knob="consume.workers"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What is so of a variant.

    Attributes:
        capacity_per_s: up to here its p99 is 10 ms, beyond 50 ms, and it falls behind.
        offered_per_s: more this host cannot offer.
        soaked_per_s: up to here soaks meet the goal; as far as probes do where None.
        hiccups: rates whose first probe misses.
        lost: messages that are lost beyond the capacity.
        cpu_per_s: up to here its server takes less of a core than a goal allows, which is the rate
            by 10 000.
        most: looks; the search is broken off then.
    """

    capacity_per_s: float
    offered_per_s: float = 1e9
    soaked_per_s: float | None = None
    hiccups: tuple[float, ...] = ()
    lost: int = 0
    cpu_per_s: float = math.inf
    most: int = 10_000

    def said(self, step: Next, again: int) -> Said:
        """What is to be said of a look."""
        if step.rate_per_s > self.offered_per_s:
            return Said.NOT_OFFERED
        hiccup = step.rate_per_s in self.hiccups and not again
        slow = self.slow(step) or hiccup or step.rate_per_s >= self.cpu_per_s
        return Said.MISSED if slow else Said.MET

    def slow(self, step: Next) -> bool:
        """Say whether it falls behind."""
        soaked = self.soaked_per_s or self.capacity_per_s
        limit = soaked if step.purpose is Purpose.SOAK else self.capacity_per_s
        return step.rate_per_s > limit


def walked(truth: Truth, bounds: Bounds) -> Iterator[tuple[Next, Said, int]]:
    """Yield each look of a search, with what it says and how often it was taken."""
    tried: list[Tried] = []
    while len(tried) < truth.most and (step := next_step(bounds, tried)) is not None:
        said = truth.said(step, sum(each.rate_per_s == step.rate_per_s for each in tried))
        trials = LEAST_SOAKS if step.purpose is Purpose.SOAK else 1
        tried.append(
            Tried(
                rate_per_s=step.rate_per_s,
                publishers=step.publishers,
                purpose=step.purpose,
                said=said,
                trials=trials,
            )
        )
        yield step, said, trials


def run_of(
    truths: Mapping[str, Truth],
    *,
    goals: Sequence[str] = GOALS,
    low_per_s: float = 100.0,
    high_per_s: float = 10_000.0,
    changed: Callable[[RunFigures], RunFigures] = lambda figures: figures,
) -> RunFigures:
    """The figures of a search for the capacity of variants, by their name."""
    bounds = Bounds(low_per_s=low_per_s, high_per_s=high_per_s)
    made: dict[str, list[CellFigures]] = {}
    bases, steps = [], []
    for name, truth in truths.items():
        base = replace(runs.cell(name), id=f"work--{name}", workload_name="work")
        bases.append(base)
        for place, (step, said, trials) in enumerate(walked(truth, bounds)):
            cell = _cell(base, step, place)
            steps.append(_step(cell, base, step))
            made.setdefault(cell.workload_name, []).append(
                _measured(cell, step, said, trials, truth)
            )
    search = Search(
        low_per_s=low_per_s,
        high_per_s=high_per_s,
        goals=tuple(goals),
        most_publishers=1,
        probe=PHASES,
        soak=PHASES,
        bases=tuple(bases),
        steps=tuple(steps),
    )
    cells = [each.cell for of in made.values() for each in of]
    plan = replace(runs.plan(cells, blocks=1), quick=False, success=tuple(goals), search=search)
    return changed(figures_of(replace(plan, trials=tuple(_trials(made))), made))


def _trials(made: Mapping[str, Sequence[CellFigures]]) -> Iterator[Trial]:
    records = [t.record for of in made.values() for cell in of for t in cell.trials]
    for index, each in enumerate(records, start=1):
        yield Trial(
            id=each.trial_id, index=index, cell_id=each.cell_id, block=each.block, seed=each.seed
        )


def _cell(base: Cell, step: Next, place: int) -> Cell:
    what = "soak" if step.purpose is Purpose.SOAK else f"probe-{place}"
    name = f"work-{what}-{step.rate_per_s:g}"
    return replace(base, id=f"{name}--{base.variants[0].variant}", workload_name=name)


def _step(cell: Cell, base: Cell, step: Next) -> Step:
    return Step(
        cell_id=cell.id,
        base_id=base.id,
        rate_per_s=step.rate_per_s,
        publishers=step.publishers,
        purpose=step.purpose,
    )


def _measured(cell: Cell, step: Next, said: Said, trials: int, truth: Truth) -> CellFigures:
    hungry = step.rate_per_s >= truth.cpu_per_s and not truth.slow(step)
    missed = said is Said.MISSED and not hungry
    ms = 50.0 if missed else 10.0
    each = []
    for block in range(1, trials + 1):
        trial = trial_of(cell, block, ms * NOISE[block % len(NOISE)])
        assert trial.lag is not None
        if missed:
            slope = replace(
                trial.lag, verdict=LagVerdict.GROWING, slope_msgs_per_s=0.1 * step.rate_per_s
            )
            trial = replace(trial, lag=slope, diagnoses=(HANDLERS,))
        if missed and truth.lost:
            trial = counting(trial, lost=truth.lost)
        if said is Said.NOT_OFFERED:
            trial = spoilt(trial, "offered-rate-missed")
        used = tuple(
            ProcessUsage(role=role, cpu_ns=1, cpu_share=step.rate_per_s / 10_000, rss_bytes_peak=1)
            for role in ("server", "publisher-0", "consumer-0")
        )
        each.append(replace(trial, record=replace(trial.record, processes=used)))
    return with_trials(cell, each)


def judged(truths: Mapping[str, Truth], **options: object) -> Judgement:
    """The judgement of such a search."""
    return judge(run_of(truths, **options))  # type: ignore[arg-type]


def capacity_of(truth: Truth, **options: object) -> Capacity:
    """What is found of one variant of that truth."""
    (found,) = judged({"one": truth}, **options).capacities
    return found
