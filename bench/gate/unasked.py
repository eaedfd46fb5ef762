"""Rules that nobody has to write: no message lost, refused, unconfirmed or left unsent (R16, R17).

A rule of the user's about the same count takes the place of the unwritten one, so that it may
allow some: `refused <= 0.1%`.
"""

from collections.abc import Iterable, Sequence

from bench.analysis.figures import CellFigures, WorkloadFigures
from bench.analysis.shortfalls import SHORTFALLS, words_of
from bench.gate.rules import Case, look
from bench.spec.cast import tail
from bench.spec.criteria import Criterion, parse_criterion
from bench.stats.compare import Verdict


def unmet_unwritten(
    rules: Sequence[Criterion], cells: Iterable[CellFigures]
) -> tuple[Criterion, ...]:
    """Return the unwritten rules that some cell does not surely hold.

    A count that one of `rules` is about is left to that one.
    """
    unmet = (
        rule
        for cell in cells
        for rule in _unnamed(rules, [cell])
        if _broken(rule, cell) or _untold(rule, cell)
    )
    return tuple(dict.fromkeys(unmet))


def concerns(rule: Criterion, cell: CellFigures) -> bool:
    """Say whether an unwritten rule is one of this cell: what it counts is a fault there."""
    return rule.subject in words_of([cell])


def falls_short(rules: Sequence[Criterion], workload: WorkloadFigures) -> bool:
    """Say whether in any cell more messages fell short than the rules, or none, allow."""
    return any(_broken(rule, cell) for cell in workload.cells for rule in _asked(rules, [cell]))


def may_fall_short(rules: Sequence[Criterion], workload: WorkloadFigures) -> bool:
    """Say whether of some cell nobody can tell if more fell short than is allowed."""
    return any(_untold(rule, cell) for cell in workload.cells for rule in _asked(rules, [cell]))


def _asked(rules: Sequence[Criterion], cells: Sequence[CellFigures]) -> tuple[Criterion, ...]:
    """Return what is asked about shortfalls of these cells, written or not."""
    words = {*SHORTFALLS, *words_of(cells)}
    return (*(rule for rule in rules if rule.subject in words), *_unnamed(rules, cells))


def _unnamed(rules: Sequence[Criterion], cells: Sequence[CellFigures]) -> Sequence[Criterion]:
    """Return the unwritten rules: of each count that no rule names, by itself or of all parts."""
    named = {rule.subject for rule in rules}
    return [
        parse_criterion(f"{word} == 0")
        for word in words_of(cells)
        if not named & {word, tail(word)}
    ]


def _broken(rule: Criterion, cell: CellFigures) -> bool:
    """Say whether a cell has more of a count than a rule allows; fewer are not a shortfall."""
    found = look(Case(workload=cell.cell.workload_name, rule=rule, candidate=cell, baseline=None))
    return found.verdict is Verdict.FAIL and bool(found.value)


def _untold(rule: Criterion, cell: CellFigures) -> bool:
    """Say whether a cell has trials with the count, and nobody can tell it in some of them."""
    found = look(Case(workload=cell.cell.workload_name, rule=rule, candidate=cell, baseline=None))
    return found.verdict is Verdict.INCONCLUSIVE and found.blocks > 0
