"""What a run may find beside changes and goals: plain data, made from figures, placed by views.

Parts of a workload, checks of what must always hold, a disturbance, what limits a cell, a capacity.
What a search for the best settings finds is `bench.judgement.tried`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bench.analysis.figures import Array
from bench.core.marks import State
from bench.plan.model import Purpose
from bench.seek.bracket import Ending, Said
from bench.seek.state import Break
from bench.spec.metrics import Metric
from bench.stats.shape import Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """The times of one cell, or of a part of it, as they spread.

    Attributes:
        shape: of all valid trials together.
        p50_ns, p99_ns: None where they cannot be told.
        range_ns: the p99's interval, or from its least to its largest block; None without one.
    """

    shape: Shape
    p50_ns: float | None
    p99_ns: float | None
    range_ns: tuple[float, float] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one kind of operation came to.

    Attributes:
        name: `watch`.
        note: more of it: `3 watchers`.
        time: kind of its time; parts of one kind share an axis.
        times: None where it has no time.
        rate_per_s: operations that came about, a second.
        lag_peak: None where it keeps no lag.
        state: whether it is within its bounds.
        ledger: what was due and what came of it: `600 000 due, 600 000 seen`.
    """

    name: str
    note: str
    time: str
    times: Times | None
    rate_per_s: float
    lag_peak: int | None
    state: State
    ledger: str

    @property
    def p99_ns(self) -> float | None:
        """Its p99; None where it cannot be told."""
        return self.times.p99_ns if self.times else None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartsOfCell:
    """A variant and its parts, in the workload's order.

    Attributes:
        name, note: of the variant.
        is_baseline: others are held against it.
        parts: at least one.
    """

    name: str
    note: str
    is_baseline: bool
    parts: tuple[Part, ...]

    @property
    def worst(self) -> Part | None:
        """The part with the longest p99; one whose p99 cannot be told is worse than any other."""
        timed = [part for part in self.parts if part.times is not None]
        return max(timed, key=lambda part: part.p99_ns or float("inf"), default=None)

    @property
    def state(self) -> State:
        """The worst of its parts' states."""
        states = {part.state for part in self.parts}
        order = (State.FAILS, State.DOUBTFUL, State.UNKNOWN, State.HOLDS)
        return next(state for state in order if state in states)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """Something that must always hold, and what came of it.

    Attributes:
        name: what must hold: `Every watcher sees the last revision of each key`.
        tried: it could have been broken at all in this run.
        broken: instances that break it.
        of: instances that were looked at, and what they are: `4 000 keys`.
        first: the first broken one: where, when, in which trial.
        href: where that is seen; empty without such a place.
        reason: why it was not tried.
    """

    name: str
    tried: bool
    broken: int = 0
    of: str = ""
    first: str = ""
    href: str = ""
    reason: str = ""

    @property
    def state(self) -> State:
        """What came of it; one that was not tried does not hold."""
        if self.broken:
            return State.FAILS
        return State.HOLDS if self.tried else State.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """How long after a fault's end the lag was back at its old level.

    Attributes:
        time_s: typical over the blocks.
        low_s, high_s: its 90 % interval; None for an end that cannot be told.
    """

    time_s: float
    low_s: float | None
    high_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Disturbance:
    """A fault in one trial, and what the run found of it.

    Attributes:
        what: leads the sentence: `Consumer killed`.
        began, ended: words at the fault's two lines: `consumer killed`, `back`.
        begin_s, end_s: when, from the trial's start.
        length_s: of the trial.
        recovery: None where it was not back when the trial ended.
        lost, twice: messages; None where nobody can tell.
        t_s: instants of the trial, shape (n,), ascending.
        acked_per_s, lag_msgs: at those, shape (n,), NaN where not told.
        done: what is told a second, where it is not `acked`.
    """

    what: str
    began: str
    ended: str
    begin_s: float
    end_s: float
    length_s: float
    recovery: Recovery | None
    lost: int | None
    twice: int | None
    t_s: Array
    acked_per_s: Array
    lag_msgs: Array
    done: str = "acked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """How full a resource was.

    Attributes:
        resource: `Workers busy`.
        full: share of what there is; None where it was not recorded.
        at_limit: it is what limits the cell.
        reading: more: `from 620 msg/s`.
    """

    resource: str
    full: float | None
    at_limit: bool = False
    reading: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What was found.

    Attributes:
        limit: `The consumer's workers`; empty where nothing was found to limit.
        advice: what to turn next; commands and settings stand between backticks.
        evidence: every resource that is looked at, always in the same order.
    """

    limit: str
    advice: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure at a rate that was tried, over the valid trials.

    Attributes:
        value: in the metric's unit.
        low, high: its 90 % interval; None with fewer than 3 trials.
        at_least: it is longer and cannot be told: messages never came.
    """

    value: float
    low: float | None = None
    high: float | None = None
    at_least: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A rate that was tried.

    Attributes:
        rate_per_s: offered.
        purpose: a short or a long probe, or soaks.
        said: what it says of the goals.
        trials, valid: so many.
        falls_behind: its lag grows.
        figures: metric key -> figure; absent where no valid trial tells it.
        why: which goal is not met and by what; why it is no evidence; empty where all is met.
    """

    rate_per_s: float
    purpose: Purpose
    said: Said
    trials: int
    valid: int
    falls_behind: bool
    figures: Mapping[str, Figure]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A figure against the offered rate.

    Attributes:
        metric: of it.
        rule: goal that limits it, as written; empty without one.
        limit: of that goal, in the metric's unit; None without one.
    """

    metric: Metric
    rule: str = ""
    limit: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostCeiling:
    """The most that one client process brings through on this host, messages of 128 B.

    Attributes:
        what: `publish to a memory store`.
        rate_msgs_per_s: so many.
    """

    what: str
    rate_msgs_per_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """What was found of one variant.

    Attributes:
        variant, short: its name, and the same without its config where that is unique.
        state: HOLDS where a rate was confirmed, FAILS where the lowest is missed, else DOUBTFUL.
        goals: as written.
        curves: the goal that breaks first, then the others that limit a figure; at least one.
        roles: of its processes, the server's first.
        steps: tried, by rising rate.
        ending: how the search ended.
        over: there was nothing left to try.
        confirmed_per_s: highest rate that soaks bore out; None where none did.
        above_per_s: the lowest above it that was not confirmed; None where none was tried.
        missed_per_s: the lowest above it that surely missed; None where none did.
        holds, told: how far it holds, in a clause and in few words.
        apart: where each of several goals breaks, the first to break first; empty of one alone.
        parted: the same, a sentence.
        breaks: which goal breaks first, a sentence; empty where none was seen to.
        limits: what limits it then, a sentence; empty where that cannot be told.
        limited: the same in a word or two.
        ceilings: of the host by itself, where it was looked at.
        host: what it does by itself, a sentence; empty where it was not.
    """

    variant: str
    short: str
    state: State
    goals: tuple[str, ...]
    curves: tuple[Curve, ...]
    roles: tuple[str, ...]
    steps: tuple[Step, ...]
    ending: Ending
    over: bool
    confirmed_per_s: float | None
    above_per_s: float | None
    missed_per_s: float | None
    holds: str
    told: str
    apart: tuple[Break, ...]
    parted: str
    breaks: str
    limits: str
    limited: str
    ceilings: tuple[HostCeiling, ...] = ()
    host: str = ""

    def having(self, *said: Said) -> tuple[Step, ...]:
        """Return the steps that say so."""
        return tuple(step for step in self.steps if step.said in said)
