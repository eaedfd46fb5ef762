"""What a run may find beside changes and goals: plain data, made from figures, placed by views.

Parts of a workload, checks of what must always hold, a disturbance, what limits a cell, a capacity,
a tuning.
"""

from dataclasses import dataclass

from bench.analysis.figures import Array
from bench.core.marks import State
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
class Step:
    """A load that was tried.

    Attributes:
        rate_per_s: offered.
        time_ns: what the goal is about; None where it cannot be told.
        low_ns, high_ns: its 90 % interval; None for an end that cannot be told.
        keeps_up: the cell kept up with it.
    """

    rate_per_s: float
    time_ns: float | None
    low_ns: float | None
    high_ns: float | None
    keeps_up: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """What was found of one variant.

    Attributes:
        variant: its name.
        goal: in words: `p99 ≤ 10 ms`.
        goal_ns: the limit.
        steps: tried, by rising rate; at least one.
        rate_per_s: highest at which the goal holds; None where it held at none.
        low_per_s, high_per_s: its 90 % interval; None for an end that cannot be told.
        at_least: the goal held at the highest load that was tried.
    """

    variant: str
    goal: str
    goal_ns: float
    steps: tuple[Step, ...]
    rate_per_s: float | None
    low_per_s: float | None
    high_per_s: float | None
    at_least: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A set of settings that was tried.

    Attributes:
        name: of it, in words: `batch 100, 2 requests`.
        settings: each that was turned, and its value.
        time_ns: what was to be short.
        price: what it costs, in the unit of the tuning.
        chosen: the shortest of all.
        equal: it cannot be told from the chosen one.
    """

    name: str
    settings: tuple[tuple[str, str], ...]
    time_ns: float
    price: float
    chosen: bool = False
    equal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """What a search found.

    Attributes:
        time: what was to be short: `p99`.
        price: what it was held against: `server CPU, µs a message`.
        tried: whose figures may be relied on; exactly one is chosen, or none.
        failed: how many more were tried and lost messages, fell behind or were invalid.
    """

    time: str
    price: str
    tried: tuple[Tried, ...]
    failed: int

    @property
    def front(self) -> tuple[Tried, ...]:
        """Those that nothing else beats in both: each is shorter than all that cost less."""
        by_price = sorted(self.tried, key=lambda each: (each.price, each.time_ns))
        found: list[Tried] = []
        for each in by_price:
            if not found or each.time_ns < found[-1].time_ns:
                found.append(each)
        return tuple(found)
