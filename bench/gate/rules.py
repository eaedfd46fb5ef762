"""What one rule says about one cell: by interval and margin, by count, or by lag verdict.

Statistical rules need 3 valid blocks to pass and 5 to fail; fewer are a look (MEASUREMENT.md R8).
Counts need none: one lost message is a fact, not a sample.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bench.analysis import shortfalls
from bench.analysis.figures import CellFigures, LagVerdict
from bench.analysis.metrics import Measure, measure_of
from bench.analysis.paired import Contrast, Reading, contrast, lacking, readings
from bench.analysis.shortfalls import Count
from bench.analysis.validity import reproach_of, whole_blocks
from bench.core import text
from bench.spec.criteria import LAG_VERDICT, Criterion, Operator, count_word
from bench.spec.decidable import shortfall
from bench.spec.metrics import MIN_BEYOND_GATED, Better, Metric
from bench.spec.telling import is_left_undone
from bench.stats.compare import (
    MIN_PAIRS,
    MIN_PAIRS_TO_FAIL,
    Change,
    Verdict,
    change,
    p_reaching,
    verdict,
)
from bench.stats.estimate import arithmetic_mean, geometric_mean


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One rule and the cells that it is asked about.

    Attributes:
        workload: name.
        rule: as read.
        candidate: the cell that must hold it.
        baseline: what it is compared with; None where the rule compares with nothing.
        spoilt: why nothing of the workload can be relied on; empty when it can.
    """

    workload: str
    rule: Criterion
    candidate: CellFigures
    baseline: CellFigures | None
    spoilt: str = ""

    @property
    def blocks(self) -> int:
        """How many blocks the rule can go by."""
        return len(whole_blocks(self._cells))

    @property
    def reproach(self) -> str:
        """Why nothing should be concluded from them; empty when something may."""
        return self.spoilt or next(filter(None, map(reproach_of, self._cells)), "")

    @property
    def _cells(self) -> list[CellFigures]:
        return [cell for cell in (self.baseline, self.candidate) if cell is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a rule says.

    Attributes:
        verdict: by this rule alone, before other rules are allowed for.
        reason: why, in a sentence.
        blocks: valid blocks that it goes by.
        p: one-sided, of "no worse than the baseline", or of "the limit holds"; what fails has it
            below 5 %. None where nothing is left to chance.
        p_margin: one-sided, of "worse by the margin or more", or of "the limit is broken"; what
            passes has it below 5 %. None likewise, and where values are known as "at least" only.
        value: the candidate's figure, in the metric's unit; None where there is none.
        at_least: the figure is more than that value.
        contrast: with the baseline; None without one.
    """

    verdict: Verdict
    reason: str
    blocks: int
    p: float | None = None
    p_margin: float | None = None
    value: float | None = None
    at_least: bool = False
    contrast: Contrast | None = None


def look(case: Case, *, first: int | None = None) -> Look:
    """Return what a rule says about a case.

    Args:
        case: the rule and its cells.
        first: go by so many valid blocks, the earliest; by all when None.
    """
    metric = case.rule.metric
    if metric is None:
        return _look_at_lag(case) if case.rule.subject == LAG_VERDICT else _look_at_count(case)
    measure = measure_of(metric.key)
    if barred := _too_few_valid(case) or _too_rough(case, measure):
        return barred
    if case.rule.versus_baseline:
        found = _look_at_baseline(case, measure, first)
    else:
        found = _look_at_limit(case.rule, measure, readings(measure, case.candidate), first)
    return _of_all(case, measure, found)


def _of_all(case: Case, measure: Measure, found: Look) -> Look:
    """Let no rule pass by what some trials say and others cannot."""
    cells = {"candidate": case.candidate, "baseline": case.baseline}
    for whose, cell in cells.items():
        silent = 0 if cell is None else lacking(measure, cell)
        if silent and found.verdict is Verdict.PASS:
            reason = (
                f"{found.reason}, but {text.plural(silent, 'valid trial')} of the {whose} "
                f"{'has' if silent == 1 else 'have'} no {measure.metric.title}"
            )
            return replace(found, verdict=Verdict.INCONCLUSIVE, reason=reason)
    return found


def _too_few_valid(case: Case) -> Look | None:
    why = case.reproach
    return Look(verdict=Verdict.INVALID, reason=why, blocks=case.blocks) if why else None


def _too_rough(case: Case, measure: Measure) -> Look | None:
    """Return why a percentile is not decided by; None where enough messages lie beyond it."""
    cells = [case.candidate, *([case.baseline] if case.baseline is not None else [])]
    beyond = [
        reading.beyond
        for cell in cells
        for reading in readings(measure, cell).values()
        if reading.beyond is not None
    ]
    if min(beyond, default=MIN_BEYOND_GATED) >= MIN_BEYOND_GATED:
        return None
    # What the window alone explains is one reason for all cells, whatever each of them counted.
    reason = shortfall(case.rule, case.candidate.cell.workload) or (
        f"{min(beyond):.0f} messages of a trial lie beyond it, too few to decide by; "
        f"{MIN_BEYOND_GATED} are needed: a longer window, or a lower percentile"
    )
    return Look(verdict=Verdict.INCONCLUSIVE, reason=reason, blocks=case.blocks)


def _too_few_blocks(blocks: int, metric: Metric) -> Look:
    return Look(
        verdict=Verdict.INCONCLUSIVE,
        reason=f"{text.plural(blocks, 'valid block')} with {metric.title}; "
        f"at least {MIN_PAIRS} are needed",
        blocks=blocks,
    )


def _look_at_baseline(case: Case, measure: Measure, first: int | None) -> Look:
    if case.baseline is None:
        reason = "the baseline was not measured under this workload"
        return Look(verdict=Verdict.INCONCLUSIVE, reason=reason, blocks=0)
    found = contrast(measure, case.baseline, case.candidate, first=first)
    if found is None:
        shared = readings(measure, case.baseline).keys() & readings(measure, case.candidate).keys()
        return _too_few_blocks(len(shared), measure.metric)
    return _look_at_change(case.rule, found)


def _look_at_change(rule: Criterion, found: Contrast) -> Look:
    margin = found.margin(rule.limit)
    shown = found.beside(rule.limit)
    limit = text.share_limit(rule.limit)
    judged = Look(
        verdict=Verdict.INCONCLUSIVE,
        reason="",
        blocks=found.found.pairs,
        p=found.found.p_worse,
        value=found.candidate,
        at_least=found.at_least[1],
        contrast=found,
    )
    if margin is None:
        reason = f"the baseline is 0, so no change is a share of it ({shown}); set a fixed limit"
        return replace(judged, reason=reason)
    said = verdict(found.found, margin)
    before, after = found.fell_behind
    if not before and not after:
        judged = replace(judged, p_margin=p_reaching(found.differences, margin))
    if before or (after and said is Verdict.PASS):
        whose = "baseline" if before else "candidate"
        reason = f"the {whose} fell behind, and its true figure is worse than can be told"
        return replace(judged, reason=reason)
    more = _behind(found.metric, at_least=found.at_least[1]) if after else ""
    if found.ranks_disagree:
        more += f"; the rank test does not see it so (p {text.p_value(found.p_by_ranks)})"
    return replace(judged, verdict=said, reason=_of_change(found, said, shown, limit) + more)


def _of_change(found: Contrast, said: Verdict, shown: str, limit: str) -> str:
    if said is Verdict.PASS:
        return f"{shown}: within {limit}"
    if said is Verdict.FAIL:
        return f"{shown}: worse, and by {limit} or more"
    if found.found.low > 0 and found.found.pairs < MIN_PAIRS_TO_FAIL:
        return f"{shown}: {_smoke(found.found.pairs)}"
    if found.found.low > 0:
        return f"{shown}: worse, but perhaps by less than {limit}"
    return f"{shown}: could be no change, could be {limit} or more"


def _behind(metric: Metric, *, at_least: bool) -> str:
    if not at_least:
        return "; it fell behind: in a block nothing came at all"
    still = "longer" if metric.unit == "ns" else "more"
    return f"; it fell behind, and the true figure is {still} still"


def _smoke(blocks: int) -> str:
    return (
        f"{text.plural(blocks, 'block')} can show a difference but fail nothing; "
        f"that takes {MIN_PAIRS_TO_FAIL}"
    )


def _look_at_limit(
    rule: Criterion, measure: Measure, found: Mapping[int, Reading], first: int | None
) -> Look:
    metric = measure.metric
    each = list(found.values())[:first]
    values = [reading.value for reading in each]
    distances = beyond_limit(rule, measure, values)
    beyond = change(distances)
    if beyond is None:
        return _too_few_blocks(len(values), metric)
    mean = geometric_mean if _logarithmic(rule, measure, values) else arithmetic_mean
    estimate = mean(values, confidence=0.90)
    shown = metric.written(estimate.value, limit=rule.limit)
    if estimate.low is not None and estimate.high is not None:
        ends = metric.written_ends(estimate.low, estimate.high, limit=rule.limit)
        shown += f" (90 % interval {ends})"
    behind = any(reading.fell_behind for reading in each)
    said = _by_limit(rule, beyond)
    asks_for_better = rule.operator.limits_above is not (metric.better is Better.HIGHER)
    if behind and said is Verdict.PASS and asks_for_better:
        said = Verdict.INCONCLUSIVE
    reason = f"{shown}: {_LIMIT_WORDS[said]}"
    if said is Verdict.INCONCLUSIVE and beyond.low > 0:
        reason = f"{shown}: {_smoke(beyond.pairs)}"
    if behind:
        reason += _behind(metric, at_least=any(reading.at_least for reading in each))
    return Look(
        verdict=said,
        reason=reason,
        blocks=beyond.pairs,
        p=beyond.p_worse,
        p_margin=None if behind else p_reaching(distances, 0.0),
        value=estimate.value,
        at_least=any(reading.at_least for reading in each),
    )


_LIMIT_WORDS = {
    Verdict.PASS: "the rule holds",
    Verdict.FAIL: "the rule is broken",
    Verdict.INCONCLUSIVE: "could be on either side of the limit",
}


def beyond_limit(rule: Criterion, measure: Measure, values: Sequence[float]) -> list[float]:
    """Return how far values lie beyond the limit of a rule; positive breaks it."""
    sign = 1.0 if rule.operator.limits_above else -1.0
    if _logarithmic(rule, measure, values):
        return [sign * math.log(value / rule.limit) for value in values]
    return [sign * (value - rule.limit) for value in values]


def _logarithmic(rule: Criterion, measure: Measure, values: Sequence[float]) -> bool:
    return measure.logarithmic and rule.limit > 0 and all(value > 0 for value in values)


def _by_limit(rule: Criterion, beyond: Change) -> Verdict:
    if beyond.high < 0 or (beyond.high == 0 and not rule.operator.strict):
        return Verdict.PASS
    if beyond.low > 0 and beyond.pairs >= MIN_PAIRS_TO_FAIL:
        return Verdict.FAIL
    return Verdict.INCONCLUSIVE


def _look_at_count(case: Case) -> Look:
    rule, counts = case.rule, shortfalls.counts(case.candidate, case.rule.subject)
    known = [each for each in counts if each.known]
    broken = [each for each in counts if _breaks(rule, each)]
    if broken:
        worst = max(broken, key=lambda each: _counted(rule, each))
        of = f"{len(broken)} of {text.plural(len(counts), 'trial')}"
        reason = f"broken in {of}; {count_word(rule.subject)} {_written(worst)} in {worst.trial_id}"
        return _by_count(Verdict.FAIL, reason, counts, worst)
    if invalid := _too_few_valid(case):
        return invalid
    if not counts:
        return _look_at_nothing(case)
    if len(known) < len(counts):
        reason = (
            f"nobody can tell in {len(counts) - len(known)} of "
            f"{text.plural(len(counts), 'valid trial')}"
        )
        return _by_count(Verdict.INCONCLUSIVE, reason, counts, None)
    worst = max(known, key=lambda each: _counted(rule, each))
    reason = f"at most {_written(worst)} in {text.plural(len(counts), 'trial')}"
    return _by_count(Verdict.PASS, reason, counts, worst)


def _look_at_nothing(case: Case) -> Look:
    """Return what a rule says about a count that no valid trial has."""
    rule, records = case.rule, [trial.record for trial in case.candidate.trials]
    told = [each for each in records if each.valid and each.ledger is not None]
    if not told:
        return Look(verdict=Verdict.INCONCLUSIVE, reason="no valid trial has a ledger", blocks=0)
    cell = case.candidate.cell
    if is_left_undone(rule.subject, cell.settings) and rule.operator.holds(0.0, rule.limit):
        reason = "nothing of its settings brings it about"
        return Look(verdict=Verdict.PASS, reason=reason, blocks=len(told), value=0.0)
    known = cell.cast.having(rule.subject)  # records of older versions lack it
    reason = "its records do not tell" if known else "it is not counted under its settings"
    return Look(verdict=Verdict.INCONCLUSIVE, reason=reason, blocks=0)


def _by_count(said: Verdict, reason: str, counts: Sequence[Count], worst: Count | None) -> Look:
    value = None if worst is None else float(worst.msgs)
    return Look(verdict=said, reason=reason, blocks=len(counts), value=value)


def _breaks(rule: Criterion, count: Count) -> bool:
    """Say whether a count surely breaks a rule; one that may be more still breaks upper limits."""
    counted, limit = _counted(rule, count), rule.limit
    if count.known:
        return not rule.operator.holds(counted, limit)
    if rule.operator is Operator.EQUAL:
        return count.at_least and counted > limit
    return count.at_least and rule.operator.limits_above and not rule.operator.holds(counted, limit)


def _counted(rule: Criterion, count: Count) -> float:
    return count.share if rule.of_planned else count.msgs


def _written(count: Count) -> str:
    """Write a count, and what share of the planned messages it is: `5 879 (49.0 %)`."""
    of_planned = f" ({text.percent(count.share)})" if count.msgs else ""
    return f"{'at least ' if count.at_least else ''}{text.count(count.msgs)}{of_planned}"


def _look_at_lag(case: Case) -> Look:
    if invalid := _too_few_valid(case):
        return invalid
    told, rule = case.candidate.lag_verdict, case.rule
    blocks = sum(t.record.valid and t.lag is not None for t in case.candidate.trials)
    if told is None:
        return Look(verdict=Verdict.INCONCLUSIVE, reason="the lag was not sampled", blocks=0)
    is_word = told == rule.word
    if told is LagVerdict.INCONCLUSIVE and not is_word:
        said, reason = Verdict.INCONCLUSIVE, "the lag's slope could be on either side of the margin"
    elif is_word is (rule.operator is Operator.EQUAL):
        said, reason = Verdict.PASS, f"the lag is {told}"
    else:
        said, reason = Verdict.FAIL, f"the lag is {told}"
    least = MIN_PAIRS_TO_FAIL if said is Verdict.FAIL else MIN_PAIRS
    if blocks < least and said is not Verdict.INCONCLUSIVE:
        said = Verdict.INCONCLUSIVE
        reason = f"{reason} in {text.plural(blocks, 'block')}, but it takes {least} to say so"
    unseen = sum(t.record.valid and t.lag is None for t in case.candidate.trials)
    if unseen and said is Verdict.PASS:
        said = Verdict.INCONCLUSIVE
        reason = f"{reason}, but in {text.plural(unseen, 'valid trial')} it was not sampled"
    return Look(verdict=said, reason=reason, blocks=blocks)
