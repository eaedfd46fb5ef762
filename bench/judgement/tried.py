"""What a run that sought the best settings is judged to have found: plain data, placed by views."""

from collections.abc import Mapping
from dataclasses import dataclass

from bench.core.marks import State
from bench.judgement.kinds import Figure
from bench.seek.tuned import Ending, Fate
from bench.spec.metrics import Better, Metric
from bench.spec.space import Knob


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """What the best settings are best at.

    Attributes:
        rule: as written: `minimise end_to_end_p99`.
        metric: of it.
        better: which of its values are.
    """

    rule: str
    metric: Metric
    better: Better


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What settings change of an objective against the base, by the confirming blocks alone.

    Attributes:
        told: the change and its 90 % interval, as far as any can be told.
        said: as the end of a sentence: `38 % faster (90 % interval −41 % to −35 %)`.
        brief: the same without its interval.
        low, high: ends of the interval; shares of the base where `relative`.
        relative: they are shares.
        blocks: that both have.
    """

    told: str
    said: str
    brief: str
    low: float
    high: float
    relative: bool
    blocks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """Settings that were tried.

    Attributes:
        name: `pull.batch 100, pull.requests 2`; `base` of what the others are held against.
        values: knob -> what it was set to, as written; absent where it was not turned at all.
        fate: what became of them.
        why: what they break, or why they are invalid; empty of others.
        trials, valid: of the search, so many.
        figures: metric key of an objective -> what the search saw; absent where no trial tells it.
        confirmed: the same, of the confirming blocks alone; empty where they have none.
        changes: likewise, of the confirming blocks: against the base.
        on_front: of two objectives: nothing else is better at both.
    """

    name: str
    values: Mapping[str, str]
    fate: Fate
    why: str
    trials: int
    valid: int
    figures: Mapping[str, Figure]
    confirmed: Mapping[str, Figure]
    changes: Mapping[str, Change]
    on_front: bool = False

    @property
    def stands(self) -> bool:
        """Whether nothing speaks against them but that others are better."""
        return self.fate not in (Fate.BREAKS, Fate.INVALID)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mattered:
    """How much of what differs between trials a knob explains, or two beyond each by itself.

    Attributes:
        names: of the knob, or of both.
        share: of the variance; may lie below 0, where chance explains more.
        low, high: its 90 % interval; None with too few blocks.
        clear: it surely explains something, allowed for every one that is looked at.
        levels: value -> change against the knob's best value, as a share; the best first. Of one
            knob, and where it clearly explains something, alone.
    """

    names: tuple[str, ...]
    share: float
    low: float | None
    high: float | None
    clear: bool
    levels: tuple[tuple[str, float], ...] = ()

    @property
    def name(self) -> str:
        """Of the knob; of two `pull.batch × pull.requests`."""
        return " × ".join(self.names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Importance:
    """What mattered to an objective.

    Attributes:
        metric: of the objective.
        trials, blocks: that it is read from.
        main: each knob, that which explains most first; empty where nothing can be said.
        pairs: two knobs whose effects clearly depend on each other, likewise.
        unexplained: share that no knob explains by itself: noise, and what depends on others.
    """

    metric: Metric
    trials: int
    blocks: int
    main: tuple[Mattered, ...]
    pairs: tuple[Mattered, ...]
    unexplained: float

    @property
    def clear(self) -> tuple[Mattered, ...]:
        """Of the knobs those that surely matter."""
        return tuple(each for each in self.main if each.clear)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pasted:
    """Settings as they are pasted elsewhere.

    Attributes:
        name: of them.
        file: that the config is to stand in.
        config: YAML of a config with what was and what is best.
        commands: lines for a shell.
        by_client: what the reader's own client has to do, key and value.
        unsaid: settings that no command says.
    """

    name: str
    file: str
    config: str
    commands: tuple[str, ...]
    by_client: tuple[tuple[str, str], ...]
    unsaid: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """What was found.

    Attributes:
        state: HOLDS where it is decided what to take, FAILS where nothing holds the constraints,
            else DOUBTFUL.
        ending: of the search.
        over: there is nothing left to try.
        label: of the run.
        objectives: one or two.
        constraints: as written.
        knobs: that were turned.
        points: valid points of the space.
        raced: each of them was tried; else an optimiser chose.
        tried: the base first, then in the order they were first tried.
        chosen: what is best of those that were confirmed, if only in sum; None where nothing is.
        compared: what has confirming blocks, the base and `chosen` first; of two objectives the
            front as well.
        fell_back, near: of so many that looked better than the base, so many lost 30 % or more of
            that when they were confirmed.
        importance: of each objective for which something can be said.
        pasted: what to take; None where nothing is.
        open_points: what could not be decided, a sentence each.
        spent_ns, budget_ns: of time.
        holds: what came out, a clause.
    """

    state: State
    ending: Ending
    over: bool
    label: str
    objectives: tuple[Objective, ...]
    constraints: tuple[str, ...]
    knobs: tuple[Knob, ...]
    points: int
    raced: bool
    tried: tuple[Tried, ...]
    chosen: Tried | None
    compared: tuple[Tried, ...]
    fell_back: int
    near: int
    importance: tuple[Importance, ...]
    pasted: Pasted | None
    open_points: tuple[str, ...]
    spent_ns: int
    budget_ns: int
    holds: str

    @property
    def base(self) -> Tried:
        """What gains are held against."""
        return self.tried[0]

    @property
    def goal(self) -> Objective:
        """The first objective."""
        return self.objectives[0]

    def having(self, *fates: Fate) -> tuple[Tried, ...]:
        """Return what of it came to these ends."""
        return tuple(each for each in self.tried if each.fate in fates)
