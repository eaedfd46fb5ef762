"""What a probe, or the soaks of a rate, say of the goal: by the rules that judge everything else.

A probe is one trial, so a figure is held against its limit as it is; soaks are judged as a matrix
judges its cells, by the upper bound. Rules that nobody has to write go for both: nothing lost,
refused, unconfirmed or not sent, and no lag that grows. What the generator could not offer is no
evidence about the server.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.analysis.figures import CellFigures, LagVerdict
from bench.analysis.metrics import measure_of
from bench.analysis.paired import readings
from bench.analysis.validity import reproach_of
from bench.core.text import slope
from bench.gate.rules import Case, Look, look
from bench.gate.unasked import unmet_unwritten
from bench.record.schema import Finding, Level
from bench.seek.bracket import LEAST_SOAKS, Said
from bench.spec.asked import has
from bench.spec.criteria import LAG_VERDICT, Criterion, parse_criterion
from bench.spec.metrics import Better
from bench.stats.compare import Verdict

HOPELESS = 3
"""Soaks of a rate that each miss a rule, before the fifth: the others are spared."""

KEEPS_UP = parse_criterion(f"{LAG_VERDICT} != growing")
"""Asked of every workload that has a lag."""

NOT_OFFERED = frozenset({"offered-rate-missed", "window-too-small", "generator-saturated"})
"""Findings that say that the load was not what it was to be: no evidence about the server."""

OVERWHELMED = frozenset({"server-ended", "broken-off", "server-silent", "unanswered"})
"""Findings that say that the server did not stand it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is said of the goal.

    Attributes:
        said: in a word.
        rule: that is not surely met, as written; empty where all are, or none was asked.
        why: with its figures, for a person.
    """

    said: Said
    rule: str = ""
    why: str = ""


def asked(goals: Sequence[Criterion], cell: CellFigures) -> tuple[Criterion, ...]:
    """Return the rules that a cell has to meet, written or not."""
    kept_up = any(rule.subject == LAG_VERDICT and not allows_growing(rule) for rule in goals)
    lag = () if kept_up else (KEEPS_UP,)
    own = tuple(rule for rule in lag if has(cell.cell.workload, rule.subject))
    return (*goals, *own, *unmet_unwritten(goals, [cell]))


def of_probe(goals: Sequence[Criterion], cell: CellFigures) -> Told:
    """Return what the last trial of a cell says; a probe is judged by nothing else.

    Args:
        goals: as read.
        cell: with one trial.
    """
    if fallen := next(_fallen(goals, cell), None):
        return fallen
    spoilt = tuple(_invalid(cell))
    if overwhelmed := next((f for f in spoilt if f.code in OVERWHELMED), None):
        return Told(said=Said.MISSED, rule="", why=overwhelmed.text)
    if spoilt:
        offered = next((f for f in spoilt if f.code in NOT_OFFERED), None)
        said = Said.SPOILT if offered is None else Said.NOT_OFFERED
        return Told(said=said, why=(offered or spoilt[0]).text)
    if why := reproach_of(cell):
        return Told(said=Said.SPOILT, why=why)
    for rule in asked(goals, cell):
        if missed := _missed_once(rule, cell):
            return Told(said=Said.MISSED, rule=str(rule), why=missed)
    return Told(said=Said.MET)


def of_each(goals: Sequence[Criterion], cell: CellFigures, *, soaked: bool) -> dict[str, Said]:
    """Return what a probe, or the soaks of a rate, say of each rule that is asked, as written.

    Several goals are sought in one pass: the search goes by the first that is missed, and where the
    others break is told as far as its looks saw it. Nothing of one that is no evidence.
    """
    said = (of_soaks if soaked else of_probe)(goals, cell).said
    if said in (Said.NOT_OFFERED, Said.SPOILT):
        return {}
    tell = _soaked if soaked else _probed
    return {str(rule): tell(rule, cell) for rule in asked(goals, cell)}


def _probed(rule: Criterion, cell: CellFigures) -> Said:
    return Said.MISSED if _missed_once(rule, cell) else Said.MET


def _soaked(rule: Criterion, cell: CellFigures) -> Said:
    found = look(_case(rule, cell))
    if _is_missed(rule, found) or _is_hopeless(rule, cell):
        return Said.MISSED
    enough = sum(trial.record.valid for trial in cell.trials) >= LEAST_SOAKS
    return Said.MET if found.verdict is Verdict.PASS and enough else Said.OPEN


def of_soaks(goals: Sequence[Criterion], cell: CellFigures) -> Told:
    """Return what the soaks of a rate say: met where every rule surely holds.

    A rule that may hold is open, and the rate is soaked on; one that looks broken by what was
    measured is missed.
    """
    looks = [(rule, look(_case(rule, cell))) for rule in asked(goals, cell)]
    missed = next(((rule, found) for rule, found in looks if _is_missed(rule, found)), None)
    if missed is not None:
        return Told(said=Said.MISSED, rule=str(missed[0]), why=missed[1].reason)
    trusted = [rule for rule, found in looks if found.verdict is not Verdict.INVALID]
    hopeless = next((rule for rule in trusted if _is_hopeless(rule, cell)), None)
    if hopeless is not None:
        return Told(said=Said.MISSED, rule=str(hopeless), why=_missed_once(hopeless, cell))
    if overwhelmed := next((f for f in _invalid(cell) if f.code in OVERWHELMED), None):
        return Told(said=Said.MISSED, why=overwhelmed.text)
    unsure = next(((r, found) for r, found in looks if found.verdict is not Verdict.PASS), None)
    valid = sum(trial.record.valid for trial in cell.trials)
    if unsure is None and valid >= LEAST_SOAKS:
        return Told(said=Said.MET)
    short = next((f for f in _invalid(cell) if f.code in NOT_OFFERED), None)
    if short is not None and not valid:
        return Told(said=Said.NOT_OFFERED, why=short.text)
    rule, why = ("", "") if unsure is None else (str(unsure[0]), unsure[1].reason)
    return Told(said=Said.OPEN, rule=rule, why=why)


def _fallen(goals: Sequence[Criterion], cell: CellFigures) -> Iterator[Told]:
    """Yield the counts that are broken: a fact, whatever else befell a trial."""
    for rule in asked(goals, cell):
        if rule.metric is None and rule.subject != LAG_VERDICT:
            found = look(_case(rule, cell))
            if found.verdict is Verdict.FAIL:
                yield Told(said=Said.MISSED, rule=str(rule), why=found.reason)


def _invalid(cell: CellFigures) -> Iterator[Finding]:
    for trial in cell.trials:
        yield from (f for f in trial.record.findings if f.level is Level.INVALID)


def _case(rule: Criterion, cell: CellFigures) -> Case:
    return Case(workload=cell.cell.workload_name, rule=rule, candidate=cell, baseline=None)


def _missed_once(rule: Criterion, cell: CellFigures) -> str:
    """Return why one trial misses a rule; empty where it does not."""
    if rule.metric is not None:
        return _missed_limit(rule, cell)
    if rule.subject == LAG_VERDICT:
        return _missed_lag(rule, cell)
    found = look(_case(rule, cell))
    return found.reason if found.verdict is not Verdict.PASS else ""


def _missed_lag(rule: Criterion, cell: CellFigures) -> str:
    """Return why the lag of one trial misses a rule: a short one may leave it open."""
    lag = cell.trials[-1].lag
    if lag is None or lag.verdict is not LagVerdict.GROWING or allows_growing(rule):
        return ""
    return f"it grows by {slope(lag.steepest.slope_msgs_per_s)} msg/s"


def allows_growing(rule: Criterion) -> bool:
    """Say whether a rule of the lag's verdict holds for one that grows."""
    return (rule.operator == "==") is (rule.word == "growing")


def _missed_limit(rule: Criterion, cell: CellFigures) -> str:
    assert rule.metric is not None  # noqa: S101 - whoever calls looked
    measure = measure_of(rule.metric.key)
    found = list(readings(measure, cell).values())
    if not found:
        return f"no {rule.metric.title}: too few messages came so far"
    value, behind = found[-1].value, found[-1].fell_behind
    asks_for_better = rule.operator.limits_above is not (rule.metric.better is Better.HIGHER)
    if rule.operator.holds(value, rule.limit) and not (behind and asks_for_better):
        return ""
    more = ", and more" if behind else ""
    return f"{rule.metric.written(value, limit=rule.limit)}{more}"


def _is_hopeless(rule: Criterion, cell: CellFigures) -> bool:
    """Say whether each of several soaks misses a rule by itself."""
    valid = [trial for trial in cell.trials if trial.record.valid]
    if rule.metric is not None:
        found = readings(measure_of(rule.metric.key), cell).values()
        missed = [not rule.operator.holds(each.value, rule.limit) for each in found]
    elif rule.subject == LAG_VERDICT and not allows_growing(rule):
        missed = [each.lag is not None and each.lag.verdict == "growing" for each in valid]
    else:
        return False
    return len(missed) >= HOPELESS and all(missed)


def _is_missed(rule: Criterion, found: Look) -> bool:
    """Say whether what was measured breaks a rule, surely or by its mean."""
    if found.verdict is Verdict.FAIL:
        return True
    if found.value is None or rule.metric is None or found.verdict is not Verdict.INCONCLUSIVE:
        return False
    enough = found.blocks >= LEAST_SOAKS
    return enough and not rule.operator.holds(found.value, rule.limit)
