"""What must always hold in a workload, and what came of it over all of its trials.

A check is an entry of a ledger that says so (`bench.spec.cast.Entry`): 0 in every trial that counts
means that it holds. A trial that cannot tell leaves it untried, unless another one broke it. What
must hold of each of many parts is told in one line.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from bench.analysis import shortfalls
from bench.analysis.figures import CellFigures
from bench.core import text
from bench.judgement.kinds import Checked
from bench.spec.cast import entries


def checks_of(cells: Sequence[CellFigures]) -> tuple[Checked, ...]:
    """Return the checks of the cells of a workload, in the order of their ledgers."""
    every = dict(chain.from_iterable(map(_of_cell, cells))).values()
    times = Counter(each.sentence for each in every)
    groups: dict[str, list[Asked]] = {}
    for each in every:
        many = times[each.sentence] > MOST_APART
        groups.setdefault(each.sentence if many else each.name, []).append(each)
    return tuple(_of_group(cells, group) for group in groups.values())


MOST_APART = 8
"""Of more parts what must hold of each is one line, and the first that breaks it is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A check of a part.

    Attributes:
        name: of its entry, flat.
        sentence: what must hold.
        part: whose it is; empty where it is of one alone.
    """

    name: str
    sentence: str
    part: str


def _of_cell(cell: CellFigures) -> Iterator[tuple[str, Asked]]:
    for name, (part, entry) in entries(cell.cell.cast).items():
        if entry.check:
            of = "" if name == entry.name else part.name
            yield name, Asked(name=name, sentence=entry.check, part=of)


def _of_group(cells: Sequence[CellFigures], asked: Sequence[Asked]) -> Checked:
    """Return what came of a check of one part, or of many together."""
    each = [_checked(cells, one) for one in asked]
    if len(each) == 1:
        return each[0]
    broken = [one for one in each if one.broken]
    untried = [one for one in each if not one.tried]
    return Checked(
        name=f"{asked[0].sentence} ({text.plural(len(each), 'part')})",
        tried=not untried,
        broken=sum(one.broken for one in broken),
        first=next((f"{_part_of(one, asked)}, {one.first}" for one in broken), ""),
        reason=untried[0].reason if untried else "",
    )


def _part_of(checked: Checked, asked: Sequence[Asked]) -> str:
    return next(each.part for each in asked if _said(each) == checked.name)


def _said(asked: Asked) -> str:
    return f"{asked.sentence} ({asked.part})" if asked.part else asked.sentence


def _checked(cells: Sequence[CellFigures], asked: Asked) -> Checked:
    name = asked.name
    found = [(cell, count) for cell in cells for count in _counts(cell, name)]
    broken = [(cell, count) for cell, count in found if count.sure]
    untold = [cell for cell, count in found if not count.known]
    first = f"{broken[0][0].cell.variants[0]}, trial {broken[0][1].trial_id}" if broken else ""
    return Checked(
        name=_said(asked),
        tried=bool(found) and not untold,
        broken=sum(count.sure for _, count in broken),
        first=first,
        reason=_reason(untold) if found else "no trial that counts",
    )


def _counts(cell: CellFigures, name: str) -> tuple[shortfalls.Count, ...]:
    """Return what a cell counts of a check that it makes; of others the count is no check."""
    held = entries(cell.cell.cast)
    return shortfalls.counts(cell, name) if name in held and held[name][1].check else ()


def _reason(untold: Sequence[CellFigures]) -> str:
    names = dict.fromkeys(str(cell.cell.variants[0]) for cell in untold)
    return f"nobody can tell for {text.listed(list(names))}" if names else ""
