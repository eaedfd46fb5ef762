"""The answer to a matrix's question: which variants meet its criteria, and which to take.

Each rule is judged by its own interval. A matrix explores; a build is failed by a gate, which also
allows for how many rules it looks at.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.analysis.decision import Decision
from bench.analysis.figures import CellFigures, LagVerdict, RunFigures, WorkloadFigures
from bench.analysis.metrics import measure_of
from bench.analysis.paired import lacking, readings
from bench.analysis.ranking import primary_of, secondary_of
from bench.analysis.validity import reproach_of_workload
from bench.core import text
from bench.gate.rules import Case, look
from bench.gate.unasked import concerns, unmet_unwritten
from bench.gate.verdict import label
from bench.spec.criteria import Criterion, parse_criterion
from bench.spec.metrics import Better, Metric
from bench.stats.compare import Verdict

_IS_BASELINE = "it is the baseline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What one criterion says about a variant under one workload."""

    workload: str
    rule: str
    verdict: Verdict
    reason: str

    @property
    def said(self) -> str:
        """The rule, where, and why, as a sentence has it."""
        return f"{self.rule} under {self.workload}: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a variant stands.

    Attributes:
        variant: its first name; variants of the same settings share a standing.
        names: all of them.
        verdict: the worst of its marks: fail, else invalid, else inconclusive, else pass.
        marks: one for each criterion and workload, in the order of the files.
    """

    variant: str
    names: tuple[str, ...]
    verdict: Verdict
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a run says to its question.

    Attributes:
        question: of the matrix; may be empty.
        rules: criteria, as rules are written, and the unwritten ones that a variant does not
            surely hold.
        unwritten: of those, the ones that nobody wrote.
        primary: title of the figure that the recommendation goes by.
        standings: of every variant, in the order of the files.
        recommended: name of a variant; empty where none surely meets the criteria.
        alike: that meet them too and cannot be told from it by any figure that decides.
        undecided: that may or may not meet them.
        shared: marks that are not passed and say the same of every variant but the baseline.
        sentence: all of it for a person.
    """

    question: str
    rules: tuple[str, ...]
    unwritten: tuple[str, ...]
    primary: str
    standings: tuple[Standing, ...]
    recommended: str
    alike: tuple[str, ...]
    undecided: tuple[str, ...]
    shared: tuple[Mark, ...]
    sentence: str

    @property
    def verdict(self) -> Verdict:
        """Pass when a variant meets the criteria, fail when each surely breaks one."""
        if self.recommended:
            return Verdict.PASS
        verdicts = {standing.verdict for standing in self.standings}
        if verdicts == {Verdict.FAIL}:
            return Verdict.FAIL
        return Verdict.INCONCLUSIVE if Verdict.INCONCLUSIVE in verdicts else Verdict.INVALID


_Cells = Mapping[str, CellFigures]
"""A variant's cells by workload."""

_Told = Mapping[str, Mapping[str, Decision]]
"""What the blocks tell of the cells, by workload and metric key."""


def answer(figures: RunFigures) -> Answer | None:
    """Return what a run says to its question; None where its matrix has no criteria."""
    written = tuple(map(parse_criterion, figures.plan.success))
    if not written:
        return None
    cells = [cell for workload in figures.workloads for cell in workload.cells]
    unwritten = unmet_unwritten(written, cells)
    rules = (*written, *unwritten)
    variants = _variants(figures)
    standings = tuple(
        _standing(cells, rules, figures, variants.get(_baseline_key(figures)))
        for cells in variants.values()
    )
    meeting = [
        cells
        for standing, cells in zip(standings, variants.values(), strict=True)
        if standing.verdict is Verdict.PASS
    ]
    ranking = [primary_of(figures.plan), *secondary_of(figures.plan)]
    told = {workload.name: workload.decisions for workload in figures.workloads}
    # The times of what falls behind depend on how long was measured, whoever asked for them.
    choice = [cells for cells in meeting if not _growing(cells)] or meeting
    best, alike, decisive = _ranked(choice, ranking, told) if choice else (None, (), None)
    undecided = tuple(
        s.variant for s in standings if s.verdict in (Verdict.INCONCLUSIVE, Verdict.INVALID)
    )
    shared = _shared(standings)
    recommended = "" if best is None else _name(best)
    return Answer(
        question=figures.plan.question,
        rules=tuple(map(str, rules)),
        unwritten=tuple(map(str, unwritten)),
        primary=ranking[0].title,
        standings=standings,
        recommended=recommended,
        alike=tuple(map(_name, alike)),
        undecided=undecided,
        shared=shared,
        sentence=" ".join(
            [
                *_recommendation(best, alike, decisive, len(written)),
                *_behind(best),
                *_rest(standings, shared, recommended),
            ]
        ),
    )


def _variants(figures: RunFigures) -> dict[tuple[str, ...], _Cells]:
    groups: dict[tuple[str, ...], dict[str, CellFigures]] = {}
    for workload in figures.workloads:
        for cell in workload.cells:
            names = tuple(map(str, cell.cell.variants))
            groups.setdefault(names, {})[workload.name] = cell
    return dict(groups)


def _baseline_key(figures: RunFigures) -> tuple[str, ...]:
    for cell in figures.plan.cells:
        names = tuple(map(str, cell.variants))
        if figures.plan.baseline in names:
            return names
    return ()


def _standing(
    cells: _Cells, rules: Sequence[Criterion], figures: RunFigures, baseline: _Cells | None
) -> Standing:
    written = {*map(parse_criterion, figures.plan.success)}
    marks = tuple(
        _mark(cells, rule, workload, baseline, figures.plan.baseline)
        if rule in written or concerns(rule, cells[workload.name])
        else _no_fault(rule, workload)
        for workload in figures.workloads
        if workload.name in cells
        for rule in rules
    )
    verdicts = {mark.verdict for mark in marks}
    order = (Verdict.FAIL, Verdict.INVALID, Verdict.INCONCLUSIVE, Verdict.PASS)
    names = next(iter(cells.values())).cell.variants
    return Standing(
        variant=str(names[0]),
        names=tuple(map(str, names)),
        verdict=next(verdict for verdict in order if verdict in verdicts),
        marks=marks,
    )


def _no_fault(rule: Criterion, workload: WorkloadFigures) -> Mark:
    """Return what an unwritten rule says of a variant of which its count is no fault."""
    reason = "it is no fault of this variant"
    return Mark(workload=workload.name, rule=str(rule), verdict=Verdict.PASS, reason=reason)


def _mark(
    cells: _Cells,
    rule: Criterion,
    workload: WorkloadFigures,
    baseline: _Cells | None,
    named: str,
) -> Mark:
    candidate = cells[workload.name]
    against = baseline.get(workload.name) if baseline is not None and rule.versus_baseline else None
    case = Case(
        workload=workload.name,
        rule=rule,
        candidate=candidate,
        baseline=against,
        spoilt=reproach_of_workload(workload, named),
    )
    itself = against is not None and against.cell.id == candidate.cell.id
    if itself and not case.reproach:
        said, reason = _of_itself(rule, candidate)
    else:
        found = look(case)
        said, reason = found.verdict, found.reason
    return Mark(workload=workload.name, rule=str(rule), verdict=said, reason=reason)


def _of_itself(rule: Criterion, baseline: CellFigures) -> tuple[Verdict, str]:
    """Return what a rule says of the baseline beside itself: it decides nothing if it fell behind.

    Else it alone would meet the rule, for no candidate can be told from it.
    """
    assert rule.metric is not None  # noqa: S101 - the grammar compares nothing else
    measure = measure_of(rule.metric.key)
    if any(reading.fell_behind for reading in readings(measure, baseline).values()):
        said = "and fell behind, so its true figure is worse than can be told"
        return Verdict.INCONCLUSIVE, f"{_IS_BASELINE} {said}"
    if silent := lacking(measure, baseline):
        lack = f"{text.plural(silent, 'valid trial')} without {rule.metric.title}"
        return Verdict.INCONCLUSIVE, f"{_IS_BASELINE} and has {lack}"
    return Verdict.PASS, _IS_BASELINE


def _ranked(
    meeting: Sequence[_Cells], ranking: Sequence[Metric], told: _Told
) -> tuple[_Cells, tuple[_Cells, ...], Metric | None]:
    """Return the best, those that cannot be told from it, and the metric that decided last."""
    left, best, decisive = list(meeting), meeting[0], None
    for metric in ranking:
        having = [cells for cells in left if _distance(cells, left, metric) is not None]
        if not having:
            continue
        best = min(having, key=lambda cells: _distance(cells, left, metric) or 0.0)
        close = [cells for cells in left if not _worse(cells, best, metric, told)]
        if decisive is None or len(close) < len(left):
            decisive = metric
        left = close
        if len(left) == 1:
            break
    return best, tuple(cells for cells in left if cells is not best), decisive


def _distance(cells: _Cells, others: Sequence[_Cells], metric: Metric) -> float | None:
    """Return how far a variant is from the best of each workload, on average, in logarithms.

    A figure that may be 0 counts as it is.
    """
    sign = -1.0 if metric.better is Better.HIGHER else 1.0
    found = []
    for workload, cell in cells.items():
        estimate = cell.estimates.get(metric.key)
        if estimate is None:
            return None
        values = [
            other[workload].estimates[metric.key].value
            for other in others
            if metric.key in other[workload].estimates
        ]
        positive = all(value > 0 for value in values)
        found.append(sign * (math.log(estimate.value) if positive else estimate.value))
    return sum(found) / len(found)


def _worse(cells: _Cells, best: _Cells, metric: Metric, told: _Told) -> bool:
    """Say whether a variant lacks a figure or is told to be worse than the best by it, anywhere.

    The best has the metric everywhere, so there is always something to tell by.
    """
    if cells is best:
        return False
    for workload, cell in cells.items():
        decision = told[workload][metric.key]
        if cell.cell.id not in decision.ids:
            return True
        if decision.worse(cell.cell.id, best[workload].cell.id):
            return True
    return False


def _name(cells: _Cells) -> str:
    return label(next(iter(cells.values())))


def _recommendation(
    best: _Cells | None, alike: Sequence[_Cells], decisive: Metric | None, rules: int
) -> Iterator[str]:
    if best is None:
        return
    meets = f"meets {'the criterion' if rules == 1 else f'all {rules} criteria'}"
    if decisive is None:
        yield f"Recommended: {_name(best)}. It {meets}."
        return
    figures = ", ".join(
        f"{decisive.written(cell.estimates[decisive.key].value)} under {workload}"
        for workload, cell in best.items()
    )
    # First is a rank; best is said only where the blocks tell it from all others that meet them.
    stands = "is first by" if alike else "is best by"
    yield f"Recommended: {_name(best)}. It {meets} and {stands} {decisive.title} ({figures})."
    if alike:
        names = ", ".join(map(_name, alike))
        yield f"Not to be told from it: {names}."


def _behind(best: _Cells | None) -> Iterator[str]:
    """Yield where what is recommended falls behind, which no criterion may have asked."""
    if growing := _growing(best or {}):
        yield (
            f"But its lag is growing under {', '.join(growing)}: the longer it runs, the longer "
            "its messages wait."
        )


def _growing(cells: _Cells) -> list[str]:
    """Return the workloads under which a variant's lag is growing."""
    return [name for name, cell in cells.items() if cell.lag_verdict is LagVerdict.GROWING]


def _shared(standings: Sequence[Standing]) -> tuple[Mark, ...]:
    """Return what is not passed and the same for all of several variants, to be said once."""
    found: list[Mark] = []
    for alike in zip(*(standing.marks for standing in standings), strict=True):
        others = [mark for mark in alike if not mark.reason.startswith(_IS_BASELINE)]
        same = len(others) > 1 and len(set(others)) == 1
        if same and others[0].verdict is not Verdict.PASS:
            found.append(others[0])
    return tuple(found)


def _rest(standings: Sequence[Standing], shared: Sequence[Mark], recommended: str) -> Iterator[str]:
    failed = [s for s in standings if s.verdict is Verdict.FAIL]
    undecided = [s for s in standings if s.verdict in (Verdict.INCONCLUSIVE, Verdict.INVALID)]
    if not recommended:
        none = (
            "No variant surely meets the criteria" if undecided else "No variant meets the criteria"
        )
        yield f"{none}{'' if undecided else ': each breaks at least one'}."
    for mark in shared:
        word = "Broken" if mark.verdict is Verdict.FAIL else "Undecided"
        yield f"{word} for every variant that it is asked of: {mark.said}."
    by_reason: dict[str, list[str]] = {}
    for s in undecided:
        own = [m for m in s.marks if m.verdict is not Verdict.PASS and m not in shared]
        if own:
            by_reason.setdefault(own[0].said, []).append(s.variant)
    for said, variants in by_reason.items():
        yield f"Undecided: {', '.join(variants)} ({said})."
    if failed and (recommended or undecided):
        yield f"At least one criterion is broken by {', '.join(s.variant for s in failed)}."
