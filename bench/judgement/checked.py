"""What must always hold in a workload, and what came of it over all of its trials.

A check is an entry of a ledger that says so (`bench.spec.cast.Entry`): 0 in every trial that counts
means that it holds. A trial that cannot tell leaves it untried, unless another one broke it.
"""

from collections.abc import Iterator, Sequence
from itertools import chain

from bench.analysis import shortfalls
from bench.analysis.figures import CellFigures
from bench.core import text
from bench.judgement.kinds import Checked
from bench.spec.cast import entries


def checks_of(cells: Sequence[CellFigures]) -> tuple[Checked, ...]:
    """Return the checks of the cells of a workload, in the order of their ledgers."""
    return tuple(_checked(cells, name, sentence) for name, sentence in _sentences(cells).items())


def _sentences(cells: Sequence[CellFigures]) -> dict[str, str]:
    """Return what each check says by its entry's flat name; of several parts, whose it is."""
    return dict(chain.from_iterable(map(_of_cell, cells)))


def _of_cell(cell: CellFigures) -> Iterator[tuple[str, str]]:
    for name, (part, entry) in entries(cell.cell.cast).items():
        if entry.check:
            yield name, entry.check if name == entry.name else f"{entry.check} ({part.name})"


def _checked(cells: Sequence[CellFigures], name: str, sentence: str) -> Checked:
    found = [(cell, count) for cell in cells for count in _counts(cell, name)]
    broken = [(cell, count) for cell, count in found if count.sure]
    untold = [cell for cell, count in found if not count.known]
    first = f"{broken[0][0].cell.variants[0]}, trial {broken[0][1].trial_id}" if broken else ""
    return Checked(
        name=sentence,
        tried=bool(found) and not untold,
        broken=sum(count.sure for _, count in broken),
        first=first,
        reason=_reason(untold) if found else "no trial that counts",
    )


def _counts(cell: CellFigures, name: str) -> tuple[shortfalls.Count, ...]:
    return shortfalls.counts(cell, name) if name in entries(cell.cell.cast) else ()


def _reason(untold: Sequence[CellFigures]) -> str:
    names = dict.fromkeys(str(cell.cell.variants[0]) for cell in untold)
    return f"nobody can tell for {text.listed(list(names))}" if names else ""
