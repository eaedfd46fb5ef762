"""The verdict on a run: every gate in its family, and what is final (MEASUREMENT.md R9).

A gate that looks red on the first blocks is measured again on as many more. Red is final when it is
still so on all of them, and after Holm's allowance for every gate of the file. Everything is told
from the records, so a run can be judged again at any time and comes out the same.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bench.analysis import shortfalls
from bench.analysis.figures import CellFigures, RunFigures, WorkloadFigures
from bench.analysis.validity import reproach_of_workload
from bench.core import text
from bench.core.direction import isolated
from bench.core.errors import ExitCode, UsageError, worst
from bench.core.words import nearest
from bench.gate.rules import Case, Look, look
from bench.gate.unasked import unmet_unwritten
from bench.plan.model import VariantName
from bench.spec.acking import misleads
from bench.spec.criteria import Criterion
from bench.spec.gates import Gates
from bench.stats.compare import MIN_PAIRS_TO_FAIL, Verdict, holm

GATE_SCHEMA_VERSION = 1

P_WORDS = "p, no worse"
P_MEANING = 'of "no worse than the baseline" or "the limit holds", one-sided, after Holm'
P_MARGIN_WORDS = "p, margin"
P_MARGIN_MEANING = 'of "worse by the margin or more" or "the limit is broken", one-sided'
"""What every view calls the two p of a gate: a fail needs the first below 0.05, a pass the other.
"""

ALPHA = 0.05

EXIT_CODES = {
    Verdict.PASS: ExitCode.OK,
    Verdict.FAIL: ExitCode.FAILED,
    Verdict.INCONCLUSIVE: ExitCode.INCONCLUSIVE,
    Verdict.INVALID: ExitCode.INVALID,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """Who is judged.

    Attributes:
        baseline: what candidates are compared with; None where no rule compares.
        candidates: who must hold the rules; empty for every variant but the baseline.
    """

    baseline: VariantName | None
    candidates: tuple[VariantName, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GateOutcome:
    """One rule under one workload for one candidate; changes are shares, or in the unit.

    Attributes:
        workload, rule, baseline, candidate: names; baseline is empty where nothing is compared.
        figure: what is gated, for people.
        metric: its key; for counts and the lag verdict the word of the rule.
        unit: of the values; empty where there is none.
        verdict: pass, fail, inconclusive or invalid; final.
        reason: why, in a sentence.
        blocks: valid blocks behind it.
        baseline_value, candidate_value: means over those; None where there is none.
        relative: changes are shares of the baseline; else in the unit.
        change, low, high: of the candidate, with its 90 % interval; positive is more.
        margin: the share that the rule allows.
        limit: the fixed value of the rule, in the unit; None where it compares, or gates a count.
        smallest_visible: size of the smallest worsening that so many blocks find in 80 % of cases.
        p: one-sided, of "no worse than the baseline", or of "the limit holds" where the rule has a
            fixed one; a fail needs it below 0.05.
        p_adjusted: the same after Holm over all gates; 1 where the screen was not red.
        p_margin: one-sided, of "worse by the margin or more", or of "the limit is broken"; a pass
            has it below 0.05. It takes no part in Holm's allowance, which guards against reds.
        p_by_ranks: two-sided, of "no change", by ranks.
        baseline_at_least, candidate_at_least: the figure is more than its value; it fell behind.
    """

    workload: str
    rule: str
    baseline: str
    candidate: str
    figure: str
    metric: str
    unit: str
    verdict: Verdict
    reason: str
    blocks: int
    baseline_value: float | None = None
    candidate_value: float | None = None
    relative: bool = True
    change: float | None = None
    low: float | None = None
    high: float | None = None
    margin: float | None = None
    limit: float | None = None
    smallest_visible: float | None = None
    p: float | None = None
    p_adjusted: float | None = None
    p_by_ranks: float | None = None
    p_margin: float | None = None
    baseline_at_least: bool = False
    candidate_at_least: bool = False

    @property
    def blind(self) -> bool:
        """Whether the margin is below what could have been seen."""
        if self.margin is None or self.smallest_visible is None or not self.relative:
            return False
        return abs(self.margin) < self.smallest_visible


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """What `gate.json` holds: the verdict on a run.

    Attributes:
        schema_version: of gate.json.
        run_id: what was judged.
        gates_file: rules, as the user named the file.
        description: of the file; may be empty.
        verdict: over all gates: fail, else invalid, else inconclusive, else pass.
        sentence: what to tell a person who reads one line.
        quick: the phases were shortened for a look.
        outcomes: worst first.
        warnings: what a reader must know before relying on it.
    """

    schema_version: int
    run_id: str
    gates_file: str
    description: str
    verdict: Verdict
    sentence: str
    quick: bool
    outcomes: tuple[GateOutcome, ...]
    warnings: tuple[str, ...]

    def count(self, verdict: Verdict) -> int:
        """Return how many gates came out so."""
        return sum(outcome.verdict is verdict for outcome in self.outcomes)


def judge(figures: RunFigures, gates: Gates, sides: Sides) -> GateResult:
    """Return the verdict on a run.

    Raises:
        UsageError: a rule needs a baseline and there is none, or nothing is left to judge.
    """
    cases = cases_of(figures, gates, sides)
    screen = [look(case, first=figures.plan.blocks) for case in cases]
    pooled = [look(case) for case in cases]
    adjusted = _adjusted(screen, pooled)
    final = [_final(seen, now, p) for seen, now, p in zip(screen, pooled, adjusted, strict=True)]
    outcomes = [_outcome(case, now, p) for case, now, p in zip(cases, final, adjusted, strict=True)]
    order = list(_PRECEDENCE)
    outcomes.sort(key=lambda outcome: order.index(outcome.verdict))
    overall = outcomes[0].verdict
    return GateResult(
        schema_version=GATE_SCHEMA_VERSION,
        run_id=figures.run_id,
        gates_file=gates.file,
        description=gates.description,
        verdict=overall,
        sentence=_sentence(outcomes),
        quick=figures.plan.quick,
        outcomes=tuple(outcomes),
        warnings=(*_warnings(figures, outcomes), *_of_baselines(cases), *_of_acks(cases)),
    )


def looks_red(figures: RunFigures, gates: Gates, sides: Sides) -> tuple[str, ...]:
    """Return the workloads that have a gate whose first blocks look red and need confirming.

    Counts and lag verdicts need none: they are not left to chance, or have a margin of their own.
    """
    screened = figures.plan.blocks
    red = [
        case.workload
        for case in cases_of(figures, gates, sides)
        if (seen := look(case, first=screened)).verdict is Verdict.FAIL
        and seen.p is not None
        and case.blocks <= screened
    ]
    return tuple(dict.fromkeys(red))


def exit_code(result: GateResult, *, inconclusive_fails: bool) -> ExitCode:
    """Return how a command that judged ends."""
    codes = [EXIT_CODES[outcome.verdict] for outcome in result.outcomes]
    if not inconclusive_fails:
        codes = [code for code in codes if code is not ExitCode.INCONCLUSIVE]
    return worst(codes)


def cases_of(figures: RunFigures, gates: Gates, sides: Sides) -> tuple[Case, ...]:
    """Return every rule with the cells that it is asked about.

    Raises:
        UsageError: a rule needs a baseline and there is none, or nothing is left to judge.
    """
    names = [workload.name for workload in figures.workloads]
    for name in gates.own:
        if name not in names and gates.own[name]:
            near = nearest(name, names)
            advice = f"; did you mean '{near}'?" if near else ""
            raise UsageError(
                f"{gates.file}: workloads.{name}: this run has no such workload; it has "
                f"{', '.join(names)}{advice}"
            )
    cases = tuple(
        Case(
            workload=workload.name,
            rule=rule,
            candidate=candidate,
            baseline=_baseline(workload, rule, sides, gates),
            spoilt=reproach_of_workload(workload, figures.plan.baseline),
        )
        for workload in figures.workloads
        for rule in gates.rules_for(workload.name)
        for candidate in _candidates(workload, sides)
    )
    if not cases:
        raise UsageError(f"{gates.file}: no rule is about a cell of run {figures.run_id}")
    return (*cases, *_unwritten(figures, gates, sides))


def _unwritten(figures: RunFigures, gates: Gates, sides: Sides) -> Iterator[Case]:
    """Yield what a candidate does not surely hold unasked: messages that were refused, say."""
    for workload in figures.workloads:
        written = gates.rules_for(workload.name)
        for candidate in _candidates(workload, sides) if gates.covers(workload.name) else ():
            for rule in unmet_unwritten(written, [candidate]):
                yield Case(workload=workload.name, rule=rule, candidate=candidate, baseline=None)


def _baseline(
    workload: WorkloadFigures, rule: Criterion, sides: Sides, gates: Gates
) -> CellFigures | None:
    if not rule.versus_baseline:
        return None
    if sides.baseline is None:
        raise UsageError(
            f"{gates.file}: '{rule}' compares with a baseline; name it: --baseline CONFIG/VARIANT"
        )
    cell = _cell(workload, sides.baseline)
    if cell is None:
        raise UsageError(f"baseline {sides.baseline} was not measured under {workload.name}")
    return cell


def _candidates(workload: WorkloadFigures, sides: Sides) -> Iterator[CellFigures]:
    for cell in workload.cells:
        names = cell.cell.variants
        wanted = not sides.candidates or any(name in sides.candidates for name in names)
        if wanted and sides.baseline not in names:
            yield cell


def _cell(workload: WorkloadFigures, variant: VariantName) -> CellFigures | None:
    return next((cell for cell in workload.cells if variant in cell.cell.variants), None)


def _adjusted(screen: Sequence[Look], pooled: Sequence[Look]) -> list[float | None]:
    """Return the p values after Holm over all statistical gates.

    What was not red in the screen takes part with p = 1, so that looking twice costs nothing.
    """
    family = [index for index, now in enumerate(pooled) if now.p is not None]
    p_values = [
        p if screen[index].verdict is Verdict.FAIL and (p := pooled[index].p) is not None else 1.0
        for index in family
    ]
    adjusted: list[float | None] = [None] * len(pooled)
    for index, p in zip(family, holm(p_values), strict=True):
        adjusted[index] = p
    return adjusted


def _final(seen: Look, now: Look, adjusted: float | None) -> Look:
    if now.verdict is not Verdict.FAIL or adjusted is None or adjusted < ALPHA:
        return now
    if seen.verdict is not Verdict.FAIL:
        reason = f"{now.reason}; but the first {seen.blocks} blocks did not say so"
    else:
        reason = f"{now.reason}; but with all goals allowed for it may be chance"
    return replace(now, verdict=Verdict.INCONCLUSIVE, reason=reason)


def _outcome(case: Case, now: Look, adjusted: float | None) -> GateOutcome:
    rule, metric, found = case.rule, case.rule.metric, now.contrast
    outcome = GateOutcome(
        workload=case.workload,
        rule=str(rule),
        baseline="" if case.baseline is None else label(case.baseline),
        candidate=label(case.candidate),
        figure=rule.title,
        metric=rule.subject if metric is None else metric.key,
        unit="" if metric is None else metric.unit,
        verdict=now.verdict,
        reason=now.reason,
        blocks=now.blocks,
        candidate_value=now.value,
        candidate_at_least=now.at_least,
        margin=rule.limit if rule.versus_baseline else None,
        limit=None if rule.versus_baseline or metric is None else rule.limit,
        p=now.p,
        p_adjusted=adjusted,
        p_margin=now.p_margin,
    )
    if found is None:
        return outcome
    return replace(
        outcome,
        baseline_value=found.baseline,
        baseline_at_least=found.at_least[0],
        relative=found.relative,
        change=found.change,
        low=found.low,
        high=found.high,
        smallest_visible=found.smallest_visible,
        p_by_ranks=found.p_by_ranks,
    )


def label(cell: CellFigures) -> str:
    """Return the name that a cell goes by: its first variant's."""
    return str(cell.cell.variants[0])


_PRECEDENCE = {
    Verdict.FAIL: "missed",
    Verdict.INVALID: "not measured",
    Verdict.INCONCLUSIVE: "undecided",
    Verdict.PASS: "kept",
}


def _sentence(outcomes: Sequence[GateOutcome]) -> str:
    """Say the verdict and its first reason; outcomes stand worst first."""
    first, total = outcomes[0], len(outcomes)
    alike = [outcome for outcome in outcomes if outcome.verdict is first.verdict]
    of = f"{len(alike)} of {text.plural(total, 'goal')}"
    if first.verdict is Verdict.PASS:
        return f"All {total} goals are kept." if total > 1 else "The goal is kept."
    under = f"{first.rule} under {isolated(first.workload)}"
    return f"{of} {_PRECEDENCE[first.verdict]}: {under}: {first.reason}."


def _warnings(figures: RunFigures, outcomes: Sequence[GateOutcome]) -> Iterator[str]:
    if figures.plan.quick:
        yield "The phases were shortened (--quick): this is a look, not evidence for a decision."
    if figures.missing:
        yield (
            f"{text.plural(len(figures.missing), 'planned trial')} of {len(figures.plan.trials)} "
            f"{'has' if len(figures.missing) == 1 else 'have'} no record; "
            f"`jetbench run --resume {figures.run_id}` measures the rest."
        )
    few = [o.blocks for o in outcomes if o.p is not None and o.blocks < MIN_PAIRS_TO_FAIL]
    if few:
        yield (
            f"{text.plural(min(few), 'valid block')} can show a difference but fail nothing; "
            f"that takes {MIN_PAIRS_TO_FAIL}."
        )
    red = [o for o in outcomes if o.verdict is Verdict.FAIL and o.p is not None]
    if unconfirmed := [o for o in red if o.blocks <= figures.plan.blocks]:
        first = unconfirmed[0]
        yield (
            f"{first.workload}, {first.rule}: red on {text.plural(first.blocks, 'block')}, and not "
            "confirmed on as many more: near the margin a single look is red more often. "
            "`jetbench gate` without RUN measures and confirms."
        )
    for outcome in outcomes:
        if outcome.verdict is Verdict.FAIL:
            continue  # what was seen was large enough to be seen
        if outcome.blind and outcome.smallest_visible is not None and outcome.margin is not None:
            visible = text.size_beside(outcome.smallest_visible, outcome.margin)
            yield (
                f"{outcome.workload}, {outcome.rule}: the margin of "
                f"{text.share_limit(outcome.margin)} is below {visible}, the smallest worsening "
                f"that {text.plural(outcome.blocks, 'block')} with this scatter show."
            )


def _of_baselines(cases: Sequence[Case]) -> Iterator[str]:
    """Yield what is wrong with that which others are compared with."""
    compared = {
        (case.workload, label(case.baseline)): case.baseline for case in cases if case.baseline
    }
    for (workload, name), cell in compared.items():
        if fell_short := shortfalls.of_cell(cell):
            had = shortfalls.written(fell_short, [cell])
            yield f"{workload}: the baseline {name} itself had {had}; no rule fails for that."


def _of_acks(cases: Sequence[Case]) -> Iterator[str]:
    """Yield the comparisons in which an ack that comes sooner looks like work done sooner."""
    for case in cases:
        sides = [side.cell.settings for side in (case.baseline, case.candidate) if side is not None]
        if why := misleads(case.rule.metric, sides):
            yield f"{case.workload}, {case.rule}, {label(case.candidate)}: {why}."
