"""What a search for the best settings found, from the records of its run and nothing else."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from bench.analysis.figures import CellFigures, RunFigures
from bench.analysis.metrics import Measure, measure_of
from bench.analysis.validity import reproach_of
from bench.core.units import NS_PER_S
from bench.plan.allotment import Allotment, allotted, trial_ns
from bench.plan.estimate import TRIAL_OVERHEAD_S
from bench.plan.model import Cell, Plan, Tuning
from bench.plan.tuned import BASE, tuning_of
from bench.record.schema import TrialRecord
from bench.seek import attested
from bench.seek.attested import Attested
from bench.seek.constrained import Held, Holds, held
from bench.seek.figured import Fate, Figured, borne, figured, known, within
from bench.seek.known import effects
from bench.seek.outcome import Ending, Round, Standing, Tuned
from bench.seek.pool import space_of
from bench.seek.searching import Searching, beats
from bench.spec.criteria import Criterion, parse_criterion
from bench.spec.metrics import Better
from bench.spec.objective import parse_objective
from bench.spec.space import Point

__all__ = ["Ending", "Fate", "Round", "Standing", "Tuned", "begun", "tuned"]


def tuned(figures: RunFigures) -> Tuned:
    """Return what a search found so far; ValueError of a run that tunes nothing."""
    return _Told(figures=figures).tuned


def begun(plan: Plan) -> Round:
    """Return the first block of a plan that has none yet."""
    tuning = tuning_of(plan)
    empty = _Told.of_nothing(tuning.base)
    first = Figured(point=BASE, cell=empty, fate=Fate.OPEN, why="", beyond=())
    search = Searching(
        known=tuple(known([first], measures_of(tuning))),
        raced=tuning.raced,
        left=allotted(tuning.base, tuning.budget_ns).searching,
        seed=plan.seed,
        space=space_of(tuning),
    )
    return Round(points=search.wanted, confirms=False)


def measures_of(tuning: Tuning) -> tuple[Measure, ...]:
    """Return how each objective is read."""
    return tuple(measure_of(parse_objective(text).metric.key) for text in tuning.objectives)


def rules_of(tuning: Tuning) -> tuple[Criterion, ...]:
    """Return the constraints as read."""
    return tuple(map(parse_criterion, tuning.constraints))


@dataclass(frozen=True, kw_only=True)  # without slots, so that each answer is found once
class _Told:
    """The records of a tuning, and what follows from them step by step."""

    figures: RunFigures

    @cached_property
    def tuned(self) -> Tuned:
        standings = tuple(self._standings())
        by_point = {each.point: each for each in standings}
        best = self._best
        return Tuned(
            tuning=self.tuning,
            standings=standings,
            base=standings[0],
            incumbent=None if best is None else by_point[best],
            finalists=tuple(by_point[point] for point in self.finalists),
            front=tuple(by_point[point] for point in self._front()),
            gains=() if self._chosen is None else self._chosen.gains,
            near=len(self._near),
            fell_back=sum(map(self._fell_back, self._near)),
            blocks=(len(self._confirming_blocks), self.allotment.blocks),
            missing=len(self.figures.missing),
            wanted=self.wanted,
            spent_ns=self.spent_ns,
            ending=self.ending,
        )

    @cached_property
    def plan(self) -> Plan:
        return self.figures.plan

    @cached_property
    def tuning(self) -> Tuning:
        return tuning_of(self.plan)

    @cached_property
    def measures(self) -> tuple[Measure, ...]:
        return measures_of(self.tuning)

    @cached_property
    def rules(self) -> tuple[Criterion, ...]:
        return rules_of(self.tuning)

    @cached_property
    def allotment(self) -> Allotment:
        return allotted(self.tuning.base, self.tuning.budget_ns)

    # Figures.

    @cached_property
    def _last_block(self) -> int:
        return max((trial.block for trial in self.plan.trials), default=0)

    @cached_property
    def _searched_blocks(self) -> range:
        return range(1, self.tuning.confirms_from or self._last_block + 1)

    @cached_property
    def _confirmed_blocks(self) -> range:
        return range(self._searched_blocks.stop, self._last_block + 1)

    @cached_property
    def cells(self) -> Mapping[Point, CellFigures]:
        found = {cell.cell.id: cell for work in self.figures.workloads for cell in work.cells}
        planned = {cell.id: cell for cell in self.plan.cells}
        return {
            each.point: found.get(each.cell_id) or self.of_nothing(planned[each.cell_id])
            for each in self.tuning.tried
        }

    @staticmethod
    def of_nothing(cell: Cell) -> CellFigures:
        return CellFigures(
            cell=cell, trials=(), estimates={}, lag_verdict=None, times={}, shapes={}
        )

    @cached_property
    def figured(self) -> tuple[Figured, ...]:
        return tuple(
            figured(point, within(cell, self._searched_blocks), self.measures, self.rules)
            for point, cell in self.cells.items()
        )

    @cached_property
    def confirmed(self) -> Mapping[Point, CellFigures]:
        each = {p: within(cell, self._confirmed_blocks) for p, cell in self.cells.items()}
        return {point: cell for point, cell in each.items() if cell.trials}

    @cached_property
    def base(self) -> Point:
        return self.figured[0].point

    # The search.

    @cached_property
    def search(self) -> Searching:
        return Searching(
            known=tuple(known(self.figured, self.measures)),
            raced=self.tuning.raced,
            left=self._left,
            seed=self.plan.seed,
            space=space_of(self.tuning),
        )

    @cached_property
    def _records(self) -> Mapping[str, TrialRecord]:
        return {
            trial.record.trial_id: trial.record
            for cell in self.cells.values()
            for trial in cell.trials
        }

    @cached_property
    def spent_ns(self) -> int:
        return sum(self._took_ns(self._records.get(trial.id)) for trial in self.plan.trials)

    def _took_ns(self, record: TrialRecord | None) -> int:
        if record is None or not record.slices:
            return trial_ns(self.tuning.base)
        seconds = max(len(each) for each in record.slices.values())
        return round((seconds + TRIAL_OVERHEAD_S) * NS_PER_S)

    @property
    def _left(self) -> int:
        """How many trials the search may still make: the confirmation has its own."""
        made = len(self.plan.trials)
        each_ns = self.spent_ns / made if made else trial_ns(self.tuning.base)
        kept_ns = self.allotment.confirming * each_ns
        return int(max(0.0, self.tuning.budget_ns - self.spent_ns - kept_ns) / each_ns)

    @cached_property
    def finalists(self) -> tuple[Point, ...]:
        """What is, or is to be, confirmed; none while the search is not over."""
        if self.tuning.confirms_from is None:
            return () if self._seeks else self.search.finalists(self.allotment.finalists)
        ids = {t.cell_id for t in self.plan.trials if t.block in self._confirmed_blocks}
        named = {each.point for each in self.tuning.tried if each.cell_id in ids}
        order = [each.point for each in self.search.order]
        rest = [point for point in self.cells if point not in order]
        return tuple(p for p in (*order, *rest) if p in named and p != self.base)

    @cached_property
    def _seeks(self) -> tuple[Point, ...]:
        return () if self.tuning.confirms_from is not None else self.search.wanted

    # The confirmation.

    @cached_property
    def wanted(self) -> Round | None:
        if self.figures.missing:
            return None
        if self._seeks:
            return Round(points=self._seeks, confirms=False)
        if not self.finalists or self._is_confirmed:
            return None
        return Round(points=(self.base, *self.finalists), confirms=True)

    @property
    def _is_confirmed(self) -> bool:
        share = self.allotment
        run = {t.block for t in self.plan.trials if t.block in self._confirmed_blocks}
        return len(self._confirming_blocks) >= share.blocks or len(run) >= share.most_blocks

    @cached_property
    def _confirming_blocks(self) -> frozenset[int]:
        """Blocks in which the base and the first finalist have a valid trial."""
        if not self.finalists:
            return frozenset()
        pair = [self.confirmed.get(point) for point in (self.base, self.finalists[0])]
        valid = [
            {trial.record.block for trial in cell.trials if trial.record.valid} if cell else set()
            for cell in pair
        ]
        return frozenset(set.intersection(*valid))

    @cached_property
    def attested(self) -> tuple[Attested, ...]:
        return tuple(
            self._attested(point, self.confirmed[point])
            for point in self.finalists
            if point in self.confirmed
        )

    def _attested(self, point: Point, cell: CellFigures) -> Attested:
        base = self._confirmed_base
        return Attested(
            point=point,
            cell=cell,
            held=borne(self.measures, self.rules, cell),
            gains=attested.gains_of(self.measures, base, cell),
            is_sound=not reproach_of(base) and not reproach_of(cell),
        )

    @property
    def _confirmed_base(self) -> CellFigures:
        return self.confirmed.get(self.base) or within(
            self.cells[self.base], self._confirmed_blocks
        )

    @cached_property
    def _base_holds(self) -> Holds:
        """What may be kept held in the search as well: what it lost there it lost."""
        if self.figured[0].fate is Fate.BREAKS:
            return Holds.BREAKS
        return borne(self.measures, self.rules, self._confirmed_base).holds

    @cached_property
    def _chosen(self) -> Attested | None:
        place = attested.first_holding(self.attested)
        return None if place is None else self.attested[place]

    @cached_property
    def ending(self) -> Ending:
        if self.figures.missing or self.wanted is not None:
            return Ending.NOT_OVER
        return self._of_confirmation() if self.attested else self._of_search()

    def _of_confirmation(self) -> Ending:
        if self._chosen is None:
            return _WITHOUT_ANY[self._base_holds]
        if self._chosen.held.holds is not Holds.HOLDS:
            return Ending.UNDECIDED
        breaks = held(self.rules, self._confirmed_base).holds is Holds.BREAKS
        if breaks or attested.better(self.measures, self._chosen):
            return Ending.BETTER
        little = attested.surely_little(self.measures, self._chosen) and not self._has_better
        return Ending.NO_BETTER if little and self._base_holds is Holds.HOLDS else Ending.UNDECIDED

    @property
    def _has_better(self) -> bool:
        """Whether any finalist is surely better, be it not the one to judge: none is taken so."""
        holding = (each for each in self.attested if each.held.holds is Holds.HOLDS)
        return any(attested.better(self.measures, each) for each in holding)

    def _of_search(self) -> Ending:
        """Return how a search ended that had nothing to confirm: nothing stood beside the base."""
        base, *others = self.figured
        told = all(e.fate is Fate.BREAKS or e.point in self.search.gone for e in others)
        if base.fate is Fate.OPEN and others and told:
            return _WITHOUT_ANY[held(self.rules, base.cell).holds]
        every = all(each.fate is Fate.BREAKS for each in self.figured)
        return Ending.NOTHING_HOLDS if every else Ending.UNDECIDED

    # What is told of it.

    @property
    def _best(self) -> Point | None:
        if self.ending is Ending.NOTHING_HOLDS:
            return None
        if self.ending is Ending.NO_BETTER:
            return self.base
        if self._chosen is not None:
            return self._chosen.point
        if self.attested:  # all of them break
            return None if self._base_holds is Holds.BREAKS else self.base
        return next((e.point for e in self.search.order if not e.looks_broken), None)

    @cached_property
    def _near(self) -> tuple[Attested, ...]:
        told = (e for e in self.attested if e.gains or e.held.holds is Holds.BREAKS)
        return tuple(e for e in told if self._looked_better(self._changes[e.point]))

    def _looked_better(self, changes: Sequence[float]) -> bool:
        ways = zip(self.measures, changes, strict=False)
        return any(attested.seems_to_gain(m, change) for m, change in ways)

    def _fell_back(self, found: Attested) -> bool:
        return attested.fell_back(self.measures, self._changes[found.point], found)

    @cached_property
    def _changes(self) -> Mapping[Point, tuple[float, ...]]:
        """How each point differs from the base as the search saw it, as shares."""
        seen = self.search.known
        columns = [effects(seen, place) for place in range(len(self.measures))]
        each = {}
        for row, one in enumerate(seen):
            worse = [float(column[row] - column[0]) for column in columns]
            told = not any(map(math.isnan, worse))
            pairs = zip(self.measures, worse, strict=True)
            each[one.point] = tuple(_share(m, bad) for m, bad in pairs) if told else ()
        return each

    def _front(self) -> Iterator[Point]:
        """Yield what nothing beats in both objectives, of what was confirmed and holds."""
        if len(self.measures) < 2 or not self.attested:
            return
        bad = {self.base: tuple(0.0 for _ in self.measures)}
        for each in self.attested:
            if each.gains and each.held.holds is not Holds.BREAKS:
                bad[each.point] = tuple(gain.found.worse for gain in each.gains)
        if self._base_holds is Holds.BREAKS:
            del bad[self.base]
        for point, own in bad.items():
            if not any(beats(other, own) for other in bad.values()):
                yield point

    def _standings(self) -> Iterator[Standing]:
        attested_of = {each.point: each for each in self.attested}
        for each in self.figured:
            fate, why = self._fate(each, attested_of.get(each.point))
            yield Standing(
                point=each.point,
                cell=each.cell,
                valid=sum(trial.record.valid for trial in each.cell.trials),
                trials=len(each.cell.trials),
                changes=self._changes[each.point],
                fate=fate,
                why=why,
                confirmed=self.confirmed.get(each.point),
            )

    def _fate(self, each: Figured, found: Attested | None) -> tuple[Fate, str]:
        if each.point == self.base:
            own = self.confirmed.get(self.base, each.cell)
            return Fate.BASE, each.why or held(self.rules, own).why
        if each.point in self.finalists:
            said = Held(holds=Holds.OPEN) if found is None else found.held
            is_best = each.point == self._best
            return Fate.INCUMBENT if is_best else Fate.FINALIST, said.why
        if each.fate is not Fate.OPEN:
            return each.fate, each.why
        if each.point in self.search.gone:
            return Fate.LEFT, f"clearly worse after {self.search.gone[each.point]} blocks"
        return Fate.INCUMBENT if each.point == self._best else Fate.OPEN, ""


_WITHOUT_ANY = {
    Holds.HOLDS: Ending.NO_BETTER,
    Holds.OPEN: Ending.UNDECIDED,
    Holds.BREAKS: Ending.NOTHING_HOLDS,
}
"""How a search ended of which no other point is left, by what the base does."""


def _share(measure: Measure, worse: float) -> float:
    change = -worse if measure.metric.better is Better.HIGHER else worse
    return math.expm1(min(change, 700.0)) if measure.logarithmic else change
