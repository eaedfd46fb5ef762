"""A judgement made by hand, so that a view is tested on words and figures that are known."""

from collections.abc import Sequence

from bench.analysis import shortfalls
from bench.analysis.decision import Told
from bench.analysis.figures import CellFigures, RunFigures, WorkloadFigures
from bench.core.marks import State
from bench.judgement.model import (
    Box,
    Boxes,
    CellJudgement,
    Change,
    Difference,
    Goal,
    Judgement,
    Notice,
    Pace,
    Side,
    WorkloadJudgement,
)
from bench.spec.metrics import Metric, metric_of
from tests.report.factory import run_figures

PRIMARY, PRICE = metric_of("end_to_end_ns_p99"), metric_of("server_cpu_us_per_msg")
BOXES = Boxes(
    choose=Box(asks="What to choose", state=None, word="Keep the baseline", text="Batch 50."),
    sure=Box(
        asks="How sure",
        state=State.DOUBTFUL,
        word="A hint, not a decision",
        text="2 of the 5 blocks a decision needs.",
    ),
    failed=Box(asks="What failed", state=State.HOLDS, word="Nothing", text="20 of 20 valid."),
    keeps_up=Box(asks="Does it keep up", state=State.FAILS, word="1 falls behind", text="At 5000."),
)
NOTICE = Notice(state=State.DOUBTFUL, word="A quick look", text="Its phases were shortened.")


def judgement(
    figures: RunFigures | None = None,
    *,
    headline: str = "Two hints: batch 1 costs time and CPU",
    state: State | None = None,
    goals: Sequence[Goal] = (),
) -> Judgement:
    """A judgement of figures in which every cell but the baseline is 31 % slower by one block."""
    figures = figures or run_figures(workloads=("small-events",), blocks=2)
    return Judgement(
        figures=figures,
        state=state,
        headline=headline,
        subline="Asked: what does a batch cost?",
        boxes=BOXES,
        workloads=tuple(map(_workload, figures.workloads)),
        goals=tuple(goals),
        checks=(),
        notices=(NOTICE,),
        gate=None,
        answer=None,
    )


def goal(
    state: State,
    rule: str = "end_to_end_p99 < 10ms",
    *,
    workload: str = "small-events",
    candidate: str = "pull-batch/batch-10",
) -> Goal:
    """A goal in a state, with its word."""
    words = {State.HOLDS: "kept", State.FAILS: "missed", State.DOUBTFUL: "undecided"}
    return Goal(
        workload=workload,
        candidate=candidate,
        rule=rule,
        state=state,
        reading=words[state],
        reason="it is 12 ms in every block",
        found="12.1 ms",
    )


def _workload(figures: WorkloadFigures) -> WorkloadJudgement:
    base, *others = figures.cells
    return WorkloadJudgement(
        figures=figures,
        reproach="",
        primary=PRIMARY,
        price=PRICE,
        ranking_reason="",
        cells=(_cell(base, baseline=True), *(_cell(each, baseline=False) for each in others)),
        held=(),
        noted=(),
        limits=(),
        boxes=BOXES,
        sentence=f"Batch 1 costs time under {figures.name}",
    )


def _cell(figures: CellFigures, *, baseline: bool) -> CellJudgement:
    name, *others = map(str, figures.cell.variants)
    return CellJudgement(
        cell=figures,
        name=name,
        short=name.partition("/")[2],
        others=tuple(others),
        question="How large should a pull batch be?",
        is_baseline=baseline,
        differs=()
        if baseline
        else (Difference(setting="pull.batch", value="1", baseline_value="50"),),
        state=State.FAILS if baseline else State.HOLDS,
        reasons=("it falls behind",) if baseline else (),
        contends=not baseline,
        pace=Pace.FALLS_BEHIND if baseline else Pace.KEEPS_UP,
        pace_words="falls behind by 120 msg/s" if baseline else "keeps up",
        short_msgs=shortfalls.of_cell(figures),
        twice=0,
        lost=0,
        changes={} if baseline else {each.key: _slower(each) for each in (PRIMARY, PRICE)},
    )


def _slower(metric: Metric) -> Change:
    return Change(
        metric=metric,
        told=Told.NOTHING,
        by_block={1: 0.31},
        relative=True,
        change=0.31,
        low=None,
        high=None,
        at_least=(False, False),
        side=Side.WORSE,
        decided=False,
        written="+31 %",
        doubt="1 of 1 slower",
    )
