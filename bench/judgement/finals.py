"""Whether the handlers of two variants came to one state over the same messages, block by block."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.core import text
from bench.core.direction import isolated
from bench.core.marks import State
from bench.judgement.model import CellJudgement, Notice
from bench.judgement.names import listed, spoken
from bench.record.finals import Final
from bench.record.schema import TrialRecord

FIRST_KEYS = 3
_UNCALLED = "no function of yours is called"
_UNMEASURED = "not measured in this block"


def finals(cells: Sequence[CellJudgement]) -> tuple[str, ...]:
    """Return a line for each part whose handlers tell a state: equal, or who differs and where."""
    parts = _parts(cells)
    if len(cells) < 2:
        return ()
    return tuple(_line(part, cells, alone=len(parts) == 1) for part in parts)


def notices(workload: str, cells: Sequence[CellJudgement]) -> Iterator[Notice]:
    """Yield that states differ, before all figures: two versions that were to do the same do not.

    Args:
        workload: its name.
        cells: of it, the one that others are held against first.
    """
    for part in _parts(cells):
        differing = [each for each in _all_held(part, cells) if each.differ]
        if differing:
            words = text.listed([f"{spoken(each.cell.short)} ({each.told})" for each in differing])
            yield Notice(
                state=State.DOUBTFUL,
                word="Final states differ",
                text=f"Under {spoken(workload)}, from {spoken(cells[0].short)}: {words}.",
            )


def _parts(cells: Sequence[CellJudgement]) -> list[str]:
    records = (trial.record for cell in cells for trial in cell.cell.trials)
    return list(dict.fromkeys(part for record in records for part in record.finals))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """What a cell's states are beside those of the first one.

    Attributes:
        cell: it.
        equal, differ: so many blocks.
        first: keys that differ, in the first block in which any is known to.
        untold: why there was nothing to compare, by block.
    """

    cell: CellJudgement
    equal: int
    differ: int
    first: tuple[str, ...]
    untold: tuple[str, ...]

    @property
    def told(self) -> str:
        """What came of it, in words."""
        blocks = self.equal + self.differ + len(self.untold)
        each = []
        if self.differ:
            each.append(f"differs in {self.differ} of {text.plural(blocks, 'block')}{self._keys}")
        if self.equal:
            each.append(f"equal in {self.equal} of {text.plural(blocks, 'block')}")
        if self.untold:
            why = "; ".join(dict.fromkeys(self.untold))
            each.append(f"n/a in {len(self.untold)} of {text.plural(blocks, 'block')}: {why}")
        return ", ".join(each)

    @property
    def _keys(self) -> str:
        if not self.first:
            return ""
        more = " …" if len(self.first) > FIRST_KEYS else ""
        return f", first keys {', '.join(map(isolated, self.first[:FIRST_KEYS]))}{more}"


def _line(part: str, cells: Sequence[CellJudgement], *, alone: bool) -> str:
    held = _all_held(part, cells)
    whose = "" if alone else f" ({part})"
    if all(each.equal and not each.differ and not each.untold for each in held):
        blocks = text.plural(max(each.equal for each in held), "block")
        return f"final states{whose} equal: {listed([c.short for c in cells])}, in {blocks}"
    each = [f"{spoken(one.cell.short)} {one.told}" for one in held]
    word = "differ" if any(one.differ for one in held) else "n/a"
    return f"final states{whose} {word}, against {spoken(cells[0].short)}: {'; '.join(each)}"


def _all_held(part: str, cells: Sequence[CellJudgement]) -> list[_Held]:
    of_each = [_by_block(cell) for cell in cells]
    blocks = sorted({block for records in of_each for block in records})
    return [
        _held(part, cell, [(of_each[0].get(block), own.get(block)) for block in blocks])
        for cell, own in zip(cells[1:], of_each[1:], strict=True)
    ]


def _by_block(cell: CellJudgement) -> Mapping[int, TrialRecord]:
    return {trial.record.block: trial.record for trial in cell.cell.trials}


def _held(
    part: str,
    cell: CellJudgement,
    pairs: Sequence[tuple[TrialRecord | None, TrialRecord | None]],
) -> _Held:
    equal, differ = 0, 0
    first: tuple[str, ...] = ()
    untold: list[str] = []
    for one, other in pairs:
        state, own = _state(part, one), _state(part, other)
        if why := state.untold or own.untold:
            untold.append(why)
        elif state.digest == own.digest and state.size == own.size:
            equal += 1
        else:
            differ += 1
            first = first or unlike(state, own)
    return _Held(cell=cell, equal=equal, differ=differ, first=first, untold=tuple(untold))


def _state(part: str, record: TrialRecord | None) -> Final:
    if record is None:
        return Final(untold=_UNMEASURED)
    if not record.completed:
        return Final(untold="the trial broke off")
    return record.finals.get(part, Final(untold=_UNCALLED))


def unlike(one: Final, other: Final) -> tuple[str, ...]:
    """Return the keys whose values differ, or that one of two states has alone, sorted.

    Empty where either keeps the digest of the whole alone, unless it has no key at all.
    """
    if not all(each.keys or each.size == 0 for each in (one, other)):
        return ()
    every = sorted({*one.keys, *other.keys})
    return tuple(key for key in every if one.keys.get(key) != other.keys.get(key))
