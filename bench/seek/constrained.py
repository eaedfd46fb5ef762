"""Whether the trials of a point hold what the best has to hold; the gate's own looks say it.

What nobody has to write goes for every point: nothing lost, refused, unconfirmed or not sent, and
no lag that grows, be it in one trial. A server that does not stand it breaks every rule.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bench.analysis.deciding import trials_behind
from bench.analysis.figures import CellFigures
from bench.analysis.metrics import measure_of
from bench.analysis.paired import readings
from bench.analysis.validity import reproach_of
from bench.core import text
from bench.gate.rules import Case, Look, beyond_limit, look
from bench.record.schema import Level
from bench.seek.said import KEEPS_UP, OVERWHELMED, allows_growing, asked
from bench.spec.criteria import LAG_VERDICT, Criterion
from bench.stats.compare import Verdict

BROKEN = 1.0
"""How far a rule that is no limit is broken: what has no distance is far."""


class Holds(StrEnum):
    """What trials say of the constraints."""

    HOLDS = "holds"
    OPEN = "open"
    BREAKS = "breaks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What is said, and why.

    Attributes:
        holds: in a word.
        why: with the rule and its figures; empty where all hold.
    """

    holds: Holds
    why: str = ""


def held(rules: Sequence[Criterion], cell: CellFigures) -> Held:
    """Return what the trials of a cell say: breaks what surely does, holds what all rules pass.

    Where too many are invalid the others bear out nothing, whatever is asked.
    """
    if why := next(_broken(rules, cell), None):
        return Held(holds=Holds.BREAKS, why=why)
    if why := next(_unsure(rules, cell), None):
        return Held(holds=Holds.OPEN, why=why)
    return Held(holds=Holds.HOLDS)


def _broken(rules: Sequence[Criterion], cell: CellFigures) -> Iterator[str]:
    for rule, found in _looks(rules, cell):
        if found.verdict is Verdict.FAIL:
            yield f"{rule}: {found.reason}"
    behind = trials_behind(cell)
    if behind and not any(r.subject == LAG_VERDICT and allows_growing(r) for r in rules):
        yield f"it falls behind: its lag grew in {text.plural(behind, 'trial')}"
    for trial in cell.trials:
        for finding in trial.record.findings:
            if finding.level is Level.INVALID and finding.code in OVERWHELMED:
                yield finding.text


def _unsure(rules: Sequence[Criterion], cell: CellFigures) -> Iterator[str]:
    for rule, found in _looks(rules, cell):
        # That a lag may stand is asked of nobody: only one that grows was told above.
        if found.verdict is not Verdict.PASS and rule is not KEEPS_UP:
            yield f"{rule}: {found.reason}"
    if why := reproach_of(cell):
        yield why


def _looks(rules: Sequence[Criterion], cell: CellFigures) -> Iterator[tuple[Criterion, Look]]:
    for rule in asked(rules, cell):
        case = Case(workload=cell.cell.workload_name, rule=rule, candidate=cell, baseline=None)
        yield rule, look(case)


def beyond(rules: Sequence[Criterion], cell: CellFigures) -> tuple[float, ...]:
    """Return by how much each rule looks to be broken, however few trials there are.

    It decides nothing but what is tried next. Of limits the mean distance to the value, as a
    logarithm where the figure is compared by logarithms; 0 and less hold.
    """
    return tuple(_beyond(rule, cell) for rule in rules)


def _beyond(rule: Criterion, cell: CellFigures) -> float:
    if rule.metric is None:
        case = Case(workload=cell.cell.workload_name, rule=rule, candidate=cell, baseline=None)
        return BROKEN if look(case).verdict is Verdict.FAIL else 0.0
    measure = measure_of(rule.metric.key)
    found = list(readings(measure, cell).values())
    if not found:
        return 0.0
    distances = beyond_limit(rule, measure, [each.value for each in found])
    mean = sum(distances) / len(distances)
    if any(each.fell_behind for each in found):
        return max(mean, BROKEN)
    scale = 1.0 if measure.logarithmic and rule.limit > 0 else max(abs(rule.limit), 1.0)
    return mean / scale
