"""What a search for the best settings has found so far; plain data."""

from dataclasses import dataclass
from enum import StrEnum

from bench.analysis.figures import CellFigures
from bench.analysis.paired import Contrast
from bench.plan.model import Tuning
from bench.seek.figured import Fate
from bench.spec.space import Point

__all__ = ["Ending", "Fate", "Round", "Standing", "Tuned"]


class Ending(StrEnum):
    """How a search ended."""

    BETTER = "confirmed better"
    NO_BETTER = "no better"
    UNDECIDED = "not decided"
    NOTHING_HOLDS = "nothing holds"
    NOT_OVER = "not over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A point that was tried, and how it stands.

    Attributes:
        point: what is set.
        cell: its figures, of the blocks of the search alone.
        valid, trials: of those blocks.
        changes: against the base, one for each objective, as a share of it (-0.2 is a fifth less),
            as the search saw it; empty where that cannot be told.
        fate: `left` what is clearly worse, `breaks` what does not hold a constraint, lost messages
            or fell behind, `invalid` what could not be measured, `open` what else was seen,
            `finalist` what is confirmed beside the incumbent.
        why: of that, in words; may be empty.
        confirmed: its figures of the confirming blocks alone; None where it has none there.
    """

    point: Point
    cell: CellFigures
    valid: int
    trials: int
    changes: tuple[float, ...]
    fate: Fate
    why: str
    confirmed: CellFigures | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """A block of trials that a search wants next.

    Attributes:
        points: each once, the base among them where it is wanted.
        confirms: they confirm what was found; else they seek.
    """

    points: tuple[Point, ...]
    confirms: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuned:
    """A search for the best settings.

    Attributes:
        tuning: what is sought.
        standings: of every point that was tried, base first, in the order they first were.
        base: that gains are held against.
        incumbent: the best that holds all constraints as far as is known, which may be the base;
            None where none does.
        finalists: that are confirmed, the incumbent first, the base not among them.
        front: of two objectives, the finalists and the base as far as none beats them in both; of
            one, empty.
        gains: what was confirmed against the base, one for each objective, by the confirming
            blocks alone: of the first finalist that holds, or may hold, all constraints. Empty
            where none does, and with too few blocks.
        near: finalists that were better than the base by 5 % or more as the search saw them, and of
            which the confirmation tells something.
        fell_back: of those, how many lost 30 % or more of that gain, or broke a constraint.
        blocks: confirming ones that were run, and that there are to be in all.
        missing: trials that are planned and have no record: the others may be a choice.
        wanted: what is to follow; None where all was tried.
        spent_ns: what the trials so far took, or those without a record will.
        ending: how it ended.
    """

    tuning: Tuning
    standings: tuple[Standing, ...]
    base: Standing
    incumbent: Standing | None
    finalists: tuple[Standing, ...]
    front: tuple[Standing, ...]
    gains: tuple[Contrast, ...]
    near: int
    fell_back: int
    blocks: tuple[int, int]
    missing: int
    wanted: Round | None
    spent_ns: int
    ending: Ending

    @property
    def over(self) -> bool:
        """Whether all that was to be tried was."""
        return self.ending is not Ending.NOT_OVER

    @property
    def gain(self) -> Contrast | None:
        """The gain in the first objective; None without one."""
        return self.gains[0] if self.gains else None
