"""Whether the handlers of two variants came to one state over the same messages, block by block."""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from bench.core import text
from bench.core.direction import isolated
from bench.core.marks import State
from bench.judgement.model import CellJudgement, Notice
from bench.judgement.names import listed, spoken
from bench.plan.model import Cell
from bench.record.finals import Final
from bench.record.schema import TrialRecord

FIRST_KEYS = 3
_UNCALLED = "no function of yours is called"
_UNMEASURED = "not measured in this block"
_NEVER = "not measured"


def finals(cells: Sequence[CellJudgement]) -> tuple[str, ...]:
    """Return a line for each part whose handlers tell a state: equal, or who differs and where.

    And one for each further cell that others differ from where those before it tell none.
    """
    parts = _parts(cells)
    if len(cells) < 2:
        return ()
    return tuple(
        _line(part, cell, held, alone=len(parts) == 1)
        for part in parts
        for cell, held in [(cells[0], _all_held(part, cells)), *_beyond(part, cells)]
    )


def notices(workload: str, cells: Sequence[CellJudgement]) -> Iterator[Notice]:
    """Yield that states differ, before all figures: two versions that were to do the same do not.

    Args:
        workload: its name.
        cells: of it, the one that others are held against first.
    """
    for part in _parts(cells):
        for cell, held in [(cells[0], _all_held(part, cells)), *_beyond(part, cells)]:
            differing = [f"{spoken(e.cell.short)} ({e.told})" for e in held if e.differ]
            if differing:
                yield Notice(
                    state=State.DOUBTFUL,
                    word="Final states differ",
                    text=f"Under {spoken(workload)}, from {spoken(cell.short)}: "
                    f"{text.listed(differing)}.",
                )


def _parts(cells: Sequence[CellJudgement]) -> list[str]:
    """Return the parts that a state is told of; one without a name where no trial got so far."""
    records = [trial.record for cell in cells for trial in cell.cell.trials]
    told = dict.fromkeys(part for record in records for part in record.finals)
    if told or not any(called(cell.cell.cell) for cell in cells):
        return list(told)
    return [] if any(record.completed for record in records) else [""]  # older ones told none


def called(cell: Cell) -> bool:
    """Return whether a function of a user is called in its trials."""
    own = getattr(cell.workload.busy, "call", None)
    return cell.settings.handler.call is not None or own is not None


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
        if not blocks:
            return f"n/a: {_NEVER}"
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


def _line(part: str, first: CellJudgement, held: Sequence[_Held], *, alone: bool) -> str:
    whose = "" if alone else f" ({part})"
    if all(each.equal and not each.differ and not each.untold for each in held):
        blocks = text.plural(max(each.equal for each in held), "block")
        names = listed([first.short, *(each.cell.short for each in held)])
        return f"final states{whose} equal: {names}, in {blocks}"
    each = [f"{spoken(one.cell.short)} {one.told}" for one in held]
    word = "differ" if any(one.differ for one in held) else "n/a"
    return f"final states{whose} {word}, against {spoken(first.short)}: {'; '.join(each)}"


def _beyond(
    part: str, cells: Sequence[CellJudgement]
) -> Iterator[tuple[CellJudgement, Sequence[_Held]]]:
    """Yield cells that later ones differ from, and those, in blocks where none before is known.

    Held against the first alone, what two others came to would not be told where it has no state.
    """
    of_each = [_by_block(cell) for cell in cells]
    blocks = {block for records in of_each for block in records}
    for at in range(1, len(cells) - 1):
        before = of_each[at - 1]
        blocks = {block for block in blocks if _state(part, before.get(block)).untold}
        held = _all_held(part, cells[at:], blocks)
        if differing := [each for each in held if each.differ]:
            yield cells[at], differing


def _all_held(
    part: str, cells: Sequence[CellJudgement], chosen: Set[int] | None = None
) -> list[_Held]:
    """Return what cells but the first are beside it, in some of the blocks, or in all of them."""
    of_each = [_by_block(cell) for cell in cells]
    every = sorted({block for records in of_each for block in records})
    blocks = every if chosen is None else [block for block in every if block in chosen]
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
