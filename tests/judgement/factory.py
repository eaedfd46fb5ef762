"""Made-up runs by what is so of each cell, and their judgement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from bench.analysis.figures import CellFigures, LagVerdict, RunFigures, TrialFigures
from bench.core.marks import State
from bench.gate.verdict import Sides
from bench.gate.verdict import judge as judge_gate
from bench.judgement.judge import judge
from bench.judgement.model import CellJudgement, Judgement
from bench.plan.model import VariantName
from bench.record.schema import Finding, Level
from bench.spec.variant import Settings
from tests.analysis import runs
from tests.gate.figures import counting, figures_of, gates, trial_of, with_trials

BASELINE = VariantName(config="pull-batch", variant="base")
NOISE = (1.0, 1.01, 0.99, 1.005, 0.995, 1.0, 1.01, 0.99)
"""Of a cell's trials, from block to block."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What is so of a cell.

    Attributes:
        ms: its times.
        cpu_us: the server's CPU per message; None where it cannot be read.
        blocks: how often it ran.
        wobble, cpu_wobble: how far time, or CPU, lies off in block after block, as a share.
        counts: of the ledger of its first trial; below 0 where nobody can tell.
        slope_share: by which its lag grows each second.
        stalls: of its last trial the lag grows by a fifth of the rate, each second.
        cpu_unread: the server's CPU could not be read in its last trial.
        unsampled: the lag of its last trial was not sampled.
        undrained: its last trial ended before all was done.
        invalid: so many of its trials are, the last ones.
        settings: of the variant.
    """

    ms: float = 10.0
    cpu_us: float | None = 100.0
    blocks: int = 5
    wobble: float = 1.0
    cpu_wobble: float = 1.0
    counts: Mapping[str, int] = field(default_factory=dict)
    slope_share: float = 0.0
    stalls: bool = False
    cpu_unread: bool = False
    unsampled: bool = False
    undrained: bool = False
    invalid: int = 0
    settings: Mapping[str, object] = field(default_factory=dict)


BASE = Made()
Cells = Mapping[str, Made]


def run_of(*workloads: Cells, changes: Mapping[str, object] | None = None) -> RunFigures:
    """The figures of a run: `w1`, `w2` and so on, each with these cells, the baseline first."""
    named = {f"w{number}": cells for number, cells in enumerate(workloads, start=1)}
    made = {
        workload: [_cell(name, workload, each, place) for place, (name, each) in enumerate(of)]
        for workload, of in ((name, list(cells.items())) for name, cells in named.items())
    }
    cells = [each.cell for of in made.values() for each in of]
    blocks = max(each.blocks for of in workloads for each in of.values())
    plan = replace(runs.plan(cells, blocks=blocks), quick=False, baseline=str(BASELINE))
    return figures_of(replace(plan, **(changes or {})), made)  # type: ignore[arg-type]


def judged(
    *workloads: Cells, changes: Mapping[str, object] | None = None, rules: Sequence[str] = ()
) -> Judgement:
    """The judgement of a run of these cells; by a gate of these rules, where there are any."""
    figures = run_of(*workloads, changes=changes)
    if not rules:
        return judge(figures)
    return judge(figures, judge_gate(figures, gates(*rules), Sides(baseline=BASELINE)))


def cell_of(found: Judgement, name: str, workload: int = 1) -> CellJudgement:
    """A judged cell by its variant."""
    cells = found.workloads[workload - 1].cells
    return next(cell for cell in cells if cell.short == name)


def states(found: Judgement) -> tuple[State | None, ...]:
    """The marks of how sure, what failed and does it keep up."""
    return (found.boxes.sure.state, found.boxes.failed.state, found.boxes.keeps_up.state)


def _cell(name: str, workload: str, made: Made, place: int) -> CellFigures:
    settings = made.settings or {"pull": {"batch": 50 + place}}
    cell = runs.cell(name, workload=workload, settings=Settings.model_validate(settings))
    cell = replace(cell, id=f"{workload}--{name}")
    blocks = range(1, made.blocks + 1)
    return with_trials(cell, [_trial(cell, block, made, place) for block in blocks])


def _trial(cell: object, block: int, made: Made, place: int) -> TrialFigures:
    noise = NOISE[(block + 3 * place) % len(NOISE)]
    value = made.ms * noise * (made.wobble if block % 2 else 1 / made.wobble)
    cpu_off = made.cpu_wobble if block % 2 else 1 / made.cpu_wobble
    trial = trial_of(cell, block, value, slope_share=made.slope_share)  # type: ignore[arg-type]
    unread = made.cpu_unread and block == made.blocks
    cpu = None if made.cpu_us is None or unread else made.cpu_us * noise * cpu_off
    trial = replace(trial, cpu_us_per_msg={"server": cpu})
    if block == 1 and made.counts:
        trial = counting(trial, **made.counts)
    if made.stalls and block == made.blocks and trial.lag is not None:
        grew = replace(trial.lag, slope_share_per_s=0.2, verdict=LagVerdict.GROWING)
        trial = replace(trial, lag=grew)
    if made.unsampled and block == made.blocks:
        trial = replace(trial, lag=None)
    if made.undrained and block == made.blocks:
        left = Finding(level=Level.WARNING, code="not-drained", text="Some were left.")
        trial = replace(trial, record=replace(trial.record, findings=(left,)))
    if block > made.blocks - made.invalid:
        finding = Finding(level=Level.INVALID, code="made-up", text="It is made up so.")
        trial = replace(trial, record=replace(trial.record, findings=(finding,)))
    return trial
