"""The judgement of a run: frozen, whole, and worded; plain data.

`bench.judgement.judge` makes it from the figures of a run, a gate's result and a calibration. Views
place it and ask nothing anew. Everything is told against one baseline.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bench.analysis import shortfalls
from bench.analysis.decision import Told
from bench.analysis.figures import CellFigures, RunFigures, WorkloadFigures
from bench.core.marks import State
from bench.gate.criteria import Answer
from bench.gate.verdict import GateResult
from bench.judgement.check import Check
from bench.judgement.kinds import Capacity, Checked
from bench.judgement.outlook import Outlook
from bench.judgement.tried import Tuning
from bench.spec.metrics import Metric

MARGIN = 0.10
"""A smaller change than this is not worth a change of settings; it colours nothing."""


class Side(StrEnum):
    """Where a change leads, said only of one that stands out."""

    WORSE = "worse"
    BETTER = "better"
    SAME = "same"
    UNTOLD = "untold"

    @property
    def mark(self) -> str:
        """The sign before a change: for worse, for better, for the same; else none."""
        return {"worse": "▲", "better": "▼", "same": "≈"}.get(self.value, "")

    @property
    def stands_out(self) -> bool:
        """Whether it is for worse or for better."""
        return self in {Side.WORSE, Side.BETTER}


class Pace(StrEnum):
    """Whether a cell keeps up."""

    KEEPS_UP = "keeps up"
    TAKES_LESS = "does not take all"
    FALLS_BEHIND = "falls behind"
    UNTOLD = "not told"

    @property
    def state(self) -> State:
        """What a cell of this pace is, by its pace alone."""
        states = {Pace.KEEPS_UP: State.HOLDS, Pace.UNTOLD: State.DOUBTFUL}
        return states.get(self, State.FAILS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a cell changes against the baseline by one metric.

    Attributes:
        metric: compared.
        told: what the one decider says, allowed for every comparison of the run.
        by_block: block -> change in that block; of blocks that both have. A share of the baseline
            where `relative`, else in the metric's unit.
        relative: changes are shares.
        change: mean over those blocks (geometric for times and CPU); None without one.
        low, high: the decider's interval; None with fewer than 3 blocks or for an open end.
        at_least: whether the cell's, and whether the baseline's value is too low, as messages
            never came.
        side: WORSE or BETTER where the change exceeds the margin and the whole interval (below 3
            blocks: every block) lies on one side of no change; SAME where the whole interval lies
            within the margin; else UNTOLD. Never BETTER of a cell that may not contend.
        decided: the side is told by an interval; else it is a hint.
        written: the change: `×2.46`, `+31 %`, `≥ +80 %`, `n/a`.
        doubt: the line beneath it: `2 of 2 slower`, `+14 % to +23 %`, `no shared block`.
    """

    metric: Metric
    told: Told
    by_block: Mapping[int, float]
    relative: bool
    change: float | None
    low: float | None
    high: float | None
    at_least: tuple[bool, bool]
    side: Side
    decided: bool
    written: str
    doubt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A setting that a cell has otherwise than the baseline."""

    setting: str
    value: str
    baseline_value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CellJudgement:
    """One cell beside its baseline.

    Attributes:
        cell: its figures.
        name: its first variant's.
        short: the same without its config, where that is unique under the workload.
        others: further names of the same settings.
        question: of the config that it is a variant of; may be empty.
        is_baseline: it is what the others are held against.
        differs: its settings that differ from the baseline's, in the order of the YAML.
        state: HOLDS; DOUBTFUL where something cannot be told; FAILS where messages fell short, it
            falls behind, or too many of its trials are invalid.
        reasons: why it is not HOLDS, each a sentence without full stop, worst first.
        contends: it may stand before others by any figure.
        pace: whether it keeps up, over its valid trials.
        pace_words: `keeps up`, `falls behind, +120 msg/s`, `not told`.
        short_msgs: word of a count (`lost`, `refused`, …) -> messages that fell short.
        lost: messages; None where nobody can tell.
        twice: deliveries that came again, by our own ids or by the server's word.
        changes: metric key -> change; empty of the baseline, and of a workload that is invalid.
    """

    cell: CellFigures
    name: str
    short: str
    others: tuple[str, ...]
    question: str
    is_baseline: bool
    differs: tuple[Difference, ...]
    state: State
    reasons: tuple[str, ...]
    contends: bool
    pace: Pace
    pace_words: str
    short_msgs: Mapping[str, int]
    lost: int | None
    twice: int
    changes: Mapping[str, Change]

    @property
    def falls_short(self) -> bool:
        """Whether some message fell short, may have, or came twice."""
        return bool(self.short_msgs) or bool(self.untold) or self.twice > 0

    @property
    def untold(self) -> tuple[str, ...]:
        """Counts that may be above 0, and nobody can tell."""
        lost = self.cell.cell.cast.counting("lost") if self.lost is None else ()
        return tuple(dict.fromkeys((*lost, *shortfalls.untold(self.cell))))

    def total(self, word: str) -> int | None:
        """Return a count over all trials; None where it may be above 0 and nobody can tell."""
        if word in self.untold:
            return None
        if word in shortfalls.words_of([self.cell]):
            return self.short_msgs.get(word, 0)
        records = [trial.record for trial in self.cell.trials]
        return sum(
            record.known(each) or 0 for record in records for each in record.cast.having(word)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One of the four answers.

    Attributes:
        asks: `What to choose`.
        state: of its mark; None where no mark belongs there (what to choose).
        word: the answer: `Keep the baseline`.
        text: the second line: why.
    """

    asks: str
    state: State | None
    word: str
    text: str

    @property
    def marked(self) -> str:
        """The word after its mark, where it has one."""
        return f"{self.state.mark} {self.word}" if self.state else self.word


@dataclass(frozen=True, slots=True, kw_only=True)
class Boxes:
    """The four answers, of a run or of one workload."""

    choose: Box
    sure: Box
    failed: Box
    keeps_up: Box

    @property
    def each(self) -> tuple[Box, Box, Box, Box]:
        """In the order of reading; what failed comes first where something did not hold."""
        return (self.choose, self.sure, self.failed, self.keeps_up)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadJudgement:
    """The cells of one workload, the baseline first, then in the plan's order.

    Attributes:
        figures: of the workload.
        reproach: why nothing can be concluded from any cell; empty when something can.
        primary: the metric that cells are ranked by.
        price: the metric of what it costs: the server's CPU per message.
        ranking_reason: why they are ranked by completion; empty where they are not.
        cells: judged.
        held: what must always hold, and what came of it.
        noted: what is no failure and worth telling, a line each.
        limits: what keeps each cell from taking more, and which knob to turn, a line each.
        boxes: of this workload alone.
        sentence: what came out, in one sentence that holds by itself.
    """

    figures: WorkloadFigures
    reproach: str
    primary: Metric
    price: Metric
    ranking_reason: str
    cells: tuple[CellJudgement, ...]
    held: tuple[Checked, ...]
    noted: tuple[str, ...]
    limits: tuple[str, ...]
    boxes: Boxes
    sentence: str

    @property
    def baseline(self) -> CellJudgement:
        """What the others are held against."""
        return self.cells[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A rule of a gate, or a criterion of the matrix, and what came of it.

    Attributes:
        workload, candidate, rule: names.
        state: HOLDS kept, FAILS missed or not measured, DOUBTFUL undecided.
        reading: `kept`, `missed`, `undecided`, `not measured`.
        reason: why, in a sentence.
        found: the figure or the change, written; empty where there is none.
        chances: both p of a gate, each with its name; empty where nothing is left to chance.
        change, low, high, margin: shares, where the rule compares; else None.
    """

    workload: str
    candidate: str
    rule: str
    state: State
    reading: str
    reason: str
    found: str
    chances: str = ""
    change: float | None = None
    low: float | None = None
    high: float | None = None
    margin: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something to know before the figures: missing trials, warnings, a quick look."""

    state: State
    word: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A whole run, judged.

    Attributes:
        figures: what it was judged from.
        state: of the headline: FAILS or HOLDS of a gate or criteria, DOUBTFUL where undecided; None
            where nothing was asked to hold.
        headline: one sentence, without its mark.
        subline: what belongs right below it: the question, or how real a failure is.
        boxes: the four answers over all workloads.
        workloads: in the plan's order.
        goals: missed first, then undecided, then kept; empty where none was set.
        checks: whether the run may be believed, in the order in which a doubt would matter.
        notices: most important first.
        gate: what a gate says; None without one.
        answer: to the matrix's criteria; None without any.
        capacities: of a run that sought them, one for each variant; its workloads are then the
            rates that were tried.
        tuning: of a run that sought the best settings; its cells are then those that were tried.
        outlook: what a capacity plan comes to with them; None without one.
    """

    figures: RunFigures
    state: State | None
    headline: str
    subline: str
    boxes: Boxes
    workloads: tuple[WorkloadJudgement, ...]
    goals: tuple[Goal, ...]
    checks: tuple[Check, ...]
    notices: tuple[Notice, ...]
    gate: GateResult | None
    answer: Answer | None
    capacities: tuple[Capacity, ...] = ()
    tuning: Tuning | None = None
    outlook: Outlook | None = None

    @property
    def sought(self) -> bool:
        """Whether its trials were chosen by what those before found: none stands by itself."""
        return bool(self.capacities) or self.tuning is not None
