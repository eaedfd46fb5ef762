"""Rules that nobody has to write: no message lost, refused, unconfirmed or left unsent (R16, R17).

A rule of the user's about the same count takes the place of the unwritten one, so that it may
allow some: `refused <= 0.1%`.
"""

from collections.abc import Iterable, Sequence

from bench.analysis.figures import CellFigures, WorkloadFigures
from bench.analysis.shortfalls import SHORTFALLS
from bench.gate.rules import Case, look
from bench.spec.criteria import Criterion, parse_criterion
from bench.stats.compare import Verdict

UNWRITTEN = tuple(parse_criterion(f"{word} == 0") for word in SHORTFALLS)


def broken_unwritten(
    rules: Sequence[Criterion], cells: Iterable[CellFigures]
) -> tuple[Criterion, ...]:
    """Return the unwritten rules that a cell breaks, but for those about a count of `rules`."""
    named, asked = {rule.subject for rule in rules}, list(cells)
    return tuple(
        rule
        for rule in UNWRITTEN
        if rule.subject not in named and any(_broken(rule, cell) for cell in asked)
    )


def falls_short(rules: Sequence[Criterion], workload: WorkloadFigures) -> bool:
    """Say whether in any cell more messages fell short than the rules, or none, allow."""
    written = [rule for rule in rules if rule.subject in SHORTFALLS]
    if broken_unwritten(rules, workload.cells):
        return True
    return any(_broken(rule, cell) for rule in written for cell in workload.cells)


def _broken(rule: Criterion, cell: CellFigures) -> bool:
    """Say whether a cell has more of a count than a rule allows; fewer are not a shortfall."""
    found = look(Case(workload=cell.cell.workload_name, rule=rule, candidate=cell, baseline=None))
    return found.verdict is Verdict.FAIL and bool(found.value)
