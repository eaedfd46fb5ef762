"""How far a search is: what was tried, what it says, and what is to be tried next."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bench.analysis.diagnosis import of_cell
from bench.analysis.figures import CellFigures, Diagnosis, Limit, RunFigures
from bench.core.text import listed
from bench.plan.model import Cell, Plan, Purpose, Search, Step
from bench.plan.seeking import Wanted, search_of
from bench.seek.bracket import Bounds, Found, Said, Tried, found, next_step
from bench.seek.said import Told, of_each, of_probe, of_soaks
from bench.spec.criteria import parse_criterion


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A rate that was tried, and what came of it.

    Attributes:
        step: of the plan.
        cell: figures of its trials.
        told: what they say of the goals together.
        each: what they say of each rule that is asked, as written; nothing where they are no
            evidence.
    """

    step: Step
    cell: CellFigures
    told: Told
    each: Mapping[str, Said]

    @property
    def tried(self) -> Tried:
        """What the search goes by."""
        return Tried(
            rate_per_s=self.step.rate_per_s,
            publishers=self.step.publishers,
            purpose=self.step.purpose,
            said=self.told.said,
            trials=len(self.cell.trials),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Limiting:
    """What limits a configuration beyond its capacity.

    Attributes:
        at: the attempt that says so.
        parts: what limits each part that is limited, at least one.
    """

    at: Attempt
    parts: tuple[Diagnosis, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """Where one of several goals breaks, as far as looks at rates saw.

    Attributes:
        rule: as written.
        met_per_s: the highest rate at which it was met; None where it never was.
        missed_per_s: the lowest above it at which it was missed; None where it never was.
    """

    rule: str
    met_per_s: float | None
    missed_per_s: float | None


def _limits(attempt: Attempt) -> Iterator[Diagnosis]:
    for each in of_cell(attempt.cell):
        if each.limit not in (Limit.NONE, Limit.UNTOLD):
            yield each


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """The search for one capacity.

    Attributes:
        base: whose capacity it is, as written.
        bounds: within what.
        goals: that it has to meet, as written.
        attempts: in the order they began; those without a trial are none.
        missing: trials of it that are planned and have no record: the others may be a choice.
    """

    base: Cell
    bounds: Bounds
    goals: tuple[str, ...]
    attempts: tuple[Attempt, ...]
    missing: int = 0

    @property
    def name(self) -> str:
        """Whose capacity it is: every variant that comes to these settings."""
        return listed([str(each) for each in self.base.variants])

    @property
    def over(self) -> bool:
        """Whether all that was to be tried was, and there is nothing left."""
        return not self.missing and self.wanted is None

    @property
    def wanted(self) -> Wanted | None:
        """The trial that is to follow; None where it is over."""
        step = next_step(self.bounds, [each.tried for each in self.attempts])
        if step is None:
            return None
        return Wanted(
            base=self.base,
            rate_per_s=step.rate_per_s,
            publishers=step.publishers,
            purpose=step.purpose,
        )

    @property
    def found(self) -> Found:
        """What was found so far; final where it is over."""
        return found(self.bounds, [each.tried for each in self.attempts])

    @property
    def first_missed(self) -> Attempt | None:
        """The attempt that says what breaks first: at the lowest rate above what is confirmed.

        Where all that missed lies below a rate that met the goals, the lowest of it.
        """
        beyond = list(self._beyond(Said.MISSED, Said.OPEN))
        return next(filter(self._is_sure, beyond), next(iter(beyond), None))

    def _beyond(self, *said: Said) -> Iterator[Attempt]:
        """Yield the attempts above what is confirmed that say so, the lowest rate first."""
        confirmed = self.found.confirmed_per_s or 0.0
        for each in sorted(self.attempts, key=lambda attempt: attempt.step.rate_per_s):
            if each.step.rate_per_s > confirmed and each.told.said in said and each.told.why:
                yield each

    @property
    def breaks(self) -> tuple[Break, ...]:
        """Where each goal breaks, and each rule that nobody wrote and that was missed."""
        rules = dict.fromkeys(rule for each in self.attempts for rule in each.each)
        known = [self._break(rule) for rule in rules]
        written = {str(parse_criterion(goal)) for goal in self.goals}
        return tuple(b for b in known if b.rule in written or b.missed_per_s is not None)

    def _break(self, rule: str) -> Break:
        """Return where a rule breaks: a miss below a rate that meets it may have been a hiccup."""
        told = [(a.step.rate_per_s, a.each[rule]) for a in self.attempts if rule in a.each]
        met = max((rate for rate, said in told if said is Said.MET), default=None)
        missed = (rate for rate, said in told if said is Said.MISSED and rate > (met or 0.0))
        return Break(rule=rule, met_per_s=met, missed_per_s=min(missed, default=None))

    @property
    def missed_per_s(self) -> float | None:
        """The lowest rate above what is confirmed that surely misses; None where none does."""
        sure = filter(self._is_sure, self._beyond(Said.MISSED))
        return min((each.step.rate_per_s for each in sure), default=None)

    def _is_sure(self, attempt: Attempt) -> bool:
        """Say whether it is no hiccup: a soak, or a probe above all that met the goals."""
        met = (a.step.rate_per_s for a in self.attempts if a.told.said is Said.MET)
        return attempt.step.purpose is Purpose.SOAK or attempt.step.rate_per_s > max(met, default=0)

    @property
    def limiting(self) -> Limiting | None:
        """What limits it where it first misses and something can be told; None where nothing is.

        At the very edge nothing may be full yet: then the next rate that misses says it.
        """
        beyond = (Limiting(at=a, parts=tuple(_limits(a))) for a in self._beyond(Said.MISSED))
        return next((each for each in beyond if each.parts), None)


def sought(figures: RunFigures) -> tuple[Sought, ...]:
    """Return the searches of a run, in the order of its bases; ValueError of one without any."""
    search = search_of(figures.plan)
    cells = {cell.cell.id: cell for work in figures.workloads for cell in work.cells}
    missing = set(figures.missing)
    due = Counter(trial.cell_id for trial in figures.plan.trials if trial.id in missing)
    return tuple(_sought(base, search, cells, due) for base in search.bases)


def _sought(
    base: Cell, search: Search, cells: Mapping[str, CellFigures], missing: Mapping[str, int]
) -> Sought:
    own = [step for step in search.steps if step.base_id == base.id]
    tried = ((step, cells[step.cell_id]) for step in own if step.cell_id in cells)
    return Sought(
        base=base,
        bounds=_bounds(base, search),
        goals=search.goals,
        attempts=tuple(_attempt(step, cell, search) for step, cell in tried if cell.trials),
        missing=sum(missing.get(step.cell_id, 0) for step in own),
    )


def _bounds(base: Cell, search: Search) -> Bounds:
    publishers = max((each.publishers for each in base.workload.offers.values()), default=1)
    return Bounds(
        low_per_s=search.low_per_s,
        high_per_s=search.high_per_s,
        publishers=publishers,
        most_publishers=max(publishers, search.most_publishers),
    )


def _attempt(step: Step, cell: CellFigures, search: Search) -> Attempt:
    goals = tuple(map(parse_criterion, search.goals))
    soaked = step.purpose is Purpose.SOAK
    told = (of_soaks if soaked else of_probe)(goals, cell)
    return Attempt(step=step, cell=cell, told=told, each=of_each(goals, cell, soaked=soaked))


def unbegun(search: Search) -> tuple[Sought, ...]:
    """Return the searches of a run before anything is tried."""
    return tuple(
        Sought(base=base, bounds=_bounds(base, search), goals=search.goals, attempts=())
        for base in search.bases
    )


def begun(plan: Plan) -> Iterator[Wanted]:
    """Yield the first trial of each search of a plan that has none yet."""
    for each in unbegun(search_of(plan)):
        if each.wanted is not None:
            yield each.wanted
